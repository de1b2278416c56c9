"""Open a data set whose raw data moved, point at them in the dialog, and see waveforms and traces."""

import shutil

import numpy as np
import pytest
from napari.layers import Image
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_phy.layers.session_tag import session_of

NEEDS = "Waveforms and traces need sample.dat, which is not beside sample.kwik. Everything else works."


@pytest.fixture
def moved(kwik_copy, tmp_path):
    """Return the data set and its raw data, which are in another folder under another name."""
    (tmp_path / "raw").mkdir()
    place = tmp_path / "raw" / "renamed.bin"
    shutil.move(kwik_copy.with_suffix(".dat"), place)
    return kwik_copy, place


def traces_of(person):
    return [layer for layer in person.viewer.layers if isinstance(layer, Image) and session_of(layer) is person.session]


def locate_button(person):
    page = person.workspace.panels["Waveforms"].stack.page
    (button,) = [button for button in page.buttons if button.text() == "Locate raw data…"]
    assert button.isVisible()
    return button


def open_without_raw(person, kwik):
    person.open(kwik)
    assert NEEDS in person.session.messages
    assert traces_of(person) == []
    assert person.workspace.panels["Waveforms"].data is None


def check_is_shown(person, raw):
    session = person.session
    person.wait(lambda: session.model.traces is not None, "the raw data")
    person.settle()
    person.wait(lambda: person.workspace.panels["Waveforms"].data is not None, "the waveforms")
    (layer,) = traces_of(person)
    assert person.viewer.layers.index(layer) == 0  # below the spikes
    assert NEEDS not in session.messages
    assert person.workspace.panels["Waveforms"].data.waveforms.any()
    model = person.workspace.panels["Clusters"].list.cluster_model
    person.wait(lambda: not np.isnan([row.value("amplitude") for row in model.rows]).any(), "the amplitudes")
    assert person.viewer.status == f"Waveforms and traces are read from {raw.name}."


def test_raw_data_that_moved_are_pointed_at_in_the_dialog(person, moved, own_dialogs, notes):
    kwik, raw = moved
    before = kwik.read_bytes()
    open_without_raw(person, kwik)
    chosen = person.chosen
    person.answer(lambda dialog: person.choose_file(dialog, raw))
    QTest.mouseClick(locate_button(person), Qt.MouseButton.LeftButton)
    check_is_shown(person, raw)
    assert person.chosen == chosen
    assert person.titles == ["Locate sample.dat"]
    assert kwik.read_bytes() == before

    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    notes.clear()
    person.open(kwik)  # the next time nothing is asked
    assert notes == []
    assert person.session.messages == ()
    assert len(traces_of(person)) == 1


def test_a_file_that_cannot_be_it_is_refused_and_the_right_one_taken(person, moved, own_dialogs, notes):
    kwik, raw = moved
    open_without_raw(person, kwik)
    wrong = raw.with_name("wrong.dat")
    wrong.write_bytes(raw.read_bytes()[: 1 << 20])
    person.answer(lambda dialog: person.choose_file(dialog, wrong))
    QTest.mouseClick(locate_button(person), Qt.MouseButton.LeftButton)
    person.wait(lambda: len(notes) == 2, "the complaint")
    assert str(notes[1].message).startswith("wrong.dat ends after ")
    assert str(notes[1].message).endswith("; choose another file.")
    assert traces_of(person) == []
    person.answer(lambda dialog: dialog.reject())
    QTest.mouseClick(locate_button(person), Qt.MouseButton.LeftButton)
    assert traces_of(person) == []
    person.answer(lambda dialog: person.choose_file(dialog, raw))
    dict(notes[0].actions)["Locate raw data…"](None)  # the notification offers the same
    check_is_shown(person, raw)


def test_what_a_script_finds_is_shown_too(person, moved):
    kwik, raw = moved
    open_without_raw(person, kwik)
    person.session.locate_raw(raw)
    check_is_shown(person, raw)
