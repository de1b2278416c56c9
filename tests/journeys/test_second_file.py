"""A second data set opened in the same window takes the place of the first."""

import shutil

import h5py
import pytest
from journeys.person import CTRL
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.layers import Points
from qtpy.QtCore import Qt

from napari_phy.layers.session_tag import session_of
from napari_phy.widgets.window import background_builds


def test_a_second_file_in_the_same_window_can_be_clicked_through(person, kwik_copy, tmp_path):
    folder = tmp_path / "second"
    folder.mkdir()
    for suffix in (".kwik", ".kwx"):
        shutil.copy(kwik_copy.with_suffix(suffix), folder)
    person.open(kwik_copy)
    first = person.session
    for cluster in person.listed()[:3]:
        person.click(cluster)
        person.rest(0.1)
    for path in (folder / kwik_copy.name, kwik_copy, folder / kwik_copy.name):
        person.open(path)
        assert person.session is not first
        assert {session_of(layer) for layer in person.viewer.layers} == {person.session}
        assert isinstance(person.viewer.layers[-1], Points)  # above the traces
        for cluster in person.listed()[:4]:
            person.click(cluster)
            person.rest(0.1)
            assert person.chosen == (cluster,)
            assert len(person.viewer.layers[-1].data) == min(person.session.manager.n_spikes(cluster), 20_000)


def test_docks_beside_the_canvas_share_their_place_also_with_a_second_file(person, kwik_copy, tmp_path):
    second = tmp_path / "second.kwik"
    shutil.copy(kwik_copy, second)
    person.open(kwik_copy)
    for title in ("Raster", "Drift"):
        person.workspace.board.open(title)
    person.settle()
    window, docks = person.workspace.window, person.workspace.docks

    def shared():
        return {title for title in docks if docks[title] in window.tabifiedDockWidgets(docks["Drift"])}

    before = shared()
    assert before >= {"Raster"}
    person.open(second)
    assert shared() == before


def test_what_was_said_of_raw_data_goes_with_them(person, kwik_copy, monkeypatch, notes):
    monkeypatch.setattr(background_builds, "WORTH_BYTES", 0)
    monkeypatch.setattr(background_builds, "ASK_BYTES", 0)
    person.open(kwik_copy)
    person.session.tell_raw_trouble(OSError("sample.dat went away."))
    window = person.workspace.window

    def said():
        return [dialog.message.text() for dialog in window.findChildren(NapariQtNotification) if dialog.isVisible()]

    person.wait(lambda: len(notes) == 2 and len(said()) == 2, "the question and the trouble")
    person.viewer.layers.clear()
    person.wait(lambda: not said(), "silence")


@pytest.mark.soak
def test_the_same_file_opened_again_stays_open_for_editing(person, kwik_copy, notes):
    person.open(kwik_copy)
    session = person.session
    person.press(Qt.Key.Key_G)
    for path in (kwik_copy, kwik_copy.with_suffix(".kwx")):
        person.viewer.open(str(path), plugin="napari-phy")
        person.wait(lambda: person.viewer.status == f"{kwik_copy.name} is open already.", "the words")
        assert person.session is session
        assert {session_of(layer) for layer in person.viewer.layers} == {session}
    person.press(Qt.Key.Key_Z, CTRL)
    assert (session.n_unsaved, notes) == (0, [])


@pytest.mark.soak
def test_the_same_file_opened_again_is_read_again_if_another_program_changed_it(person, kwik_copy, notes):
    person.open(kwik_copy)
    session = person.session
    with h5py.File(kwik_copy, "r+") as file:
        file["/channel_groups/0/spikes/clusters/main"][:] = 3
    person.viewer.open(str(kwik_copy), plugin="napari-phy")
    person.wait(lambda: person.listed() == [3], "what is in the file now")
    assert person.session is not session
    assert not person.session.store.read_only
    assert notes == []
