"""A folder nobody may write to, a data set that is open elsewhere, a file that is replaced: nothing is lost."""

import os
from contextlib import closing

import h5py
import numpy as np
import pytest
from journeys.person import CTRL, Person
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from napari_phy import open_session
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.sample_data.install import copy_sample


@pytest.fixture
def screen_size():
    return (1600, 1000)


@pytest.fixture
def locked(monkeypatch):
    """Return a function that makes a folder read-only, also to the administrator."""
    access = os.access

    def lock(folder):
        def seen(path, mode, **options):
            inside = folder in (os.fspath(path), os.path.dirname(path))  # noqa: PTH120
            return access(path, mode, **options) and not (mode & os.W_OK and inside)

        folder = os.fspath(folder)
        monkeypatch.setattr(os, "access", seen)

    return lock


def contents(folder):
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_in_a_read_only_folder_everything_works_and_saving_asks_where_to(
    person, sample_kwik, tmp_path, locked, own_dialogs, notes
):
    kwik = copy_sample(sample_kwik, tmp_path / "data")
    (tmp_path / "mine").mkdir()
    copy = tmp_path / "mine" / "curated.kwik"
    before = contents(kwik.parent)
    locked(kwik.parent)
    person.open(kwik)
    session = person.session
    assert [str(note.message) for note in notes] == [
        "sample.kwik is read-only. Edits are kept in the journal; save a copy to keep them in a file."
    ]
    assert [text for text, _ in notes[0].actions] == ["Save a copy…"]
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    assert session.n_unsaved == 1
    labels = session.manager.spike_clusters

    person.answer(lambda dialog: person.choose_file(dialog, copy.with_suffix("")))  # the dialog adds .kwik
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(copy.exists, "the copy")
    person.wait(lambda: person.viewer.status == "Saved a copy of sample.kwik to curated.kwik.", "the sentence")
    assert person.titles == ["Save a copy"]
    assert session.is_dirty
    assert contents(kwik.parent) == before

    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    notes.clear()
    person.open(copy)
    assert notes == []
    assert np.array_equal(person.session.manager.spike_clusters, labels)
    assert person.session.can_save
    assert person.workspace.panels["Waveforms"].data is not None
    assert len(person.viewer.layers) == 2

    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    person.open(kwik)  # the edit is in the journal, in the cache
    assert merged in person.session.manager
    assert contents(kwik.parent) == before


def test_of_a_read_only_file_the_notification_offers_a_copy_and_cancelling_it_does_nothing(
    person, sample_kwik, tmp_path, locked, own_dialogs
):
    kwik = copy_sample(sample_kwik, tmp_path / "data")
    locked(kwik)
    person.answer(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    person.open(kwik)
    person.respond(
        "sample.kwik is read-only. Edits are kept in the journal; save a copy to keep them in a file.", "Save a copy…"
    )
    assert person.titles == ["Save a copy"]
    person.press(Qt.Key.Key_G)
    person.answer(lambda dialog: person.choose_file(dialog, tmp_path / "copy.kwik"))
    person.push("save")
    person.wait(lambda: person.viewer.status == "Saved a copy of sample.kwik to copy.kwik.", "the sentence")
    with closing(KwikModel(tmp_path / "copy.kwik")) as model:
        assert np.array_equal(model.spike_clusters, person.session.manager.spike_clusters)
        assert model.missing == ()


def test_what_is_open_in_another_window_opens_read_only(person, kwik_copy, make_napari_viewer, notes):
    person.open(kwik_copy)
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    another = Person(make_napari_viewer(show=True))
    another.resize(1600, 900)
    another.open(kwik_copy)
    assert [str(note.message) for note in notes] == [
        "sample.kwik is being edited in another window, so it opens read-only. Edits made there are not visible here."
    ]
    assert merged not in another.session.manager
    best = another.chosen[0]
    another.press(Qt.Key.Key_G)
    another.press(Qt.Key.Key_G)
    assert another.viewer.status == "sample.kwik is open read-only; it cannot be edited."
    assert len(notes) == 1
    assert another.workspace.toolbar.state_label.text() == "read-only"
    assert best in another.session.manager
    save = another.workspace.toolbar.button("save")
    assert not save.isEnabled()
    assert save.toolTip() == "Save (Ctrl+S). sample.kwik is open read-only; there is nothing to save."
    assert person.session.n_unsaved == 1


def look_elsewhere_and_come_back(person, qtbot):
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    person.wait(lambda: QApplication.activeWindow() is other, "the other window")
    person.workspace.window.activateWindow()
    person.wait(lambda: QApplication.activeWindow() is person.workspace.window, "the window")


def change(path):
    with h5py.File(path, "r+") as file:
        file["/channel_groups/0/spikes/clusters/main"][:10] = 3


def test_a_file_changed_by_another_program_is_noticed_and_never_saved_over(
    person, kwik_copy, tmp_path, own_dialogs, notes, qtbot
):
    person.open(kwik_copy)
    person.press(Qt.Key.Key_G)
    labels = person.session.manager.spike_clusters
    change(kwik_copy)
    after = kwik_copy.read_bytes()
    look_elsewhere_and_come_back(person, qtbot)
    person.wait(lambda: len(notes) == 1, "the notification")
    assert str(notes[0].message) == (
        "sample.kwik was changed by another program and cannot be saved to. "
        "Your 1 edit stays in the journal; save a copy to keep it in a file."
    )
    look_elsewhere_and_come_back(person, qtbot)
    person.rest(0.2)
    assert len(notes) == 1  # once for each change

    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: len(notes) == 2, "the complaint")
    assert str(notes[1].message) == (
        "Could not save: sample.kwik was changed by another program. "
        "Nothing was changed; your 1 edit stays in the journal."
    )
    assert kwik_copy.read_bytes() == after

    person.answer(lambda dialog: person.choose_file(dialog, tmp_path / "mine.kwik"))
    person.respond(str(notes[1].message), "Save a copy…")
    person.wait(lambda: (tmp_path / "mine.kwik").exists(), "the copy")
    person.settle()
    with open_session(tmp_path / "mine.kwik") as copy:
        assert np.array_equal(copy.manager.spike_clusters, labels)
    assert kwik_copy.read_bytes() == after


@pytest.mark.soak
def test_a_file_that_was_only_touched_is_as_good_as_before(person, kwik_copy, notes, qtbot):
    person.open(kwik_copy)
    person.press(Qt.Key.Key_G)
    os.utime(kwik_copy)
    look_elsewhere_and_come_back(person, qtbot)
    person.wait(lambda: not person.session.store.look_at_file(), "the look at the file")
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")
    person.settle()
    look_elsewhere_and_come_back(person, qtbot)  # our own save is no change of another program
    person.rest(0.2)
    assert notes == []
