"""Closing, saving, recovering: what is asked and told, what each button does, and that no edit is lost."""

import resource
from contextlib import closing, contextmanager

import h5py
import numpy as np
import pytest
from journeys.person import ALT, CTRL, PLAIN, SHIFT, SMALL
from journeys.sizes import LARGE_FIRST
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QDesktopServices
from qtpy.QtTest import QTest

from napari_phy import open_session
from napari_phy.files.side_folder import side_folder
from napari_phy.formats.kwik.model import KwikModel

RECOVERED = "2 edits from {} were recovered. They are not yet saved."
CHANGED = "sample.kwik was changed by another program"


@pytest.fixture
def screen_size():
    return SMALL


def edit_twice(person):
    """Merge the two clusters that are proposed, file the result; return the clusters of the spikes."""
    person.press(Qt.Key.Key_G)
    person.press(Qt.Key.Key_G, Qt.KeyboardModifier.AltModifier)
    assert person.session.n_unsaved == 2
    return person.session.manager.spike_clusters


def edit_once(person):
    """Merge the two clusters that are proposed; return the clusters of the spikes."""
    person.press(Qt.Key.Key_G)
    assert person.session.n_unsaved == 3
    return person.session.manager.spike_clusters


class Closings(QObject):
    """Counts the times a window would close, and keeps it open: napari's fixture closes it in the end."""

    def __init__(self, window):
        super().__init__(window)
        self.n = 0
        window.installEventFilter(self)  # before the guard, so that it is asked after it

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Close and watched is self.parent():
            self.n += 1
            event.ignore()
            return True
        return False


@pytest.fixture
def closings(make_napari_viewer, person):
    window = person.viewer.window._qt_window
    closings = Closings(window)
    yield closings
    window.removeEventFilter(closings)
    person.workspace.close_session()  # without a question, also when the test has failed


def ask_to_close(person, answer):
    """Press Ctrl+W, and do something with the dialog that asks."""
    asked = []

    def look(dialog):
        asked.append((dialog.question.text(), [button.text() for button in dialog.buttons.values()]))
        assert dialog.focusWidget() is dialog.buttons["save"]
        answer(dialog)

    person.answer(look)
    QTest.keyClick(person.focused(), Qt.Key.Key_W, CTRL)
    person.wait(lambda: asked, "the question")
    assert asked == [
        ("Save 2 edits to sample.kwik before closing?", ["Save and close", "Close and keep edits", "Discard", "Cancel"])
    ]


def leave(person):
    """Let go of the data set, as removing its layers does: nothing is asked, edits stay in the journal."""
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")


def in_file(path):
    with closing(KwikModel(path)) as model:
        return np.array(model.spike_clusters)


def recovered(session):
    return RECOVERED.format(f"{session.store.recovered_at:%H:%M}")


@LARGE_FIRST
def test_closing_asks_and_edits_that_are_kept_return(person, closings, kwik_copy):
    before = kwik_copy.read_bytes()
    person.open(kwik_copy)
    labels = edit_twice(person)
    ask_to_close(person, lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    ask_to_close(person, lambda dialog: person.click_button(dialog, "Cancel"))
    assert closings.n == 0
    assert person.session.n_unsaved == 2
    ask_to_close(person, lambda dialog: person.click_button(dialog, "Close and keep edits"))
    assert closings.n == 1
    assert kwik_copy.read_bytes() == before

    leave(person)
    person.open(kwik_copy)
    person.respond(recovered(person.session), "Keep")
    assert np.array_equal(person.session.manager.spike_clusters, labels)
    assert person.session.n_unsaved == 2
    assert person.workspace.window.windowTitle().startswith("sample.kwik*")
    assert person.focused() is person.workspace.panels["Clusters"].list


def test_return_saves_and_closes(person, closings, kwik_copy):
    person.open(kwik_copy)
    labels = edit_twice(person)
    ask_to_close(person, lambda dialog: QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return))
    assert closings.n == 1
    assert not person.session.is_dirty
    assert np.array_equal(in_file(kwik_copy), labels)


def test_recovered_edits_are_discarded_brought_back_by_redo_and_saved(person, kwik_copy):
    person.open(kwik_copy)
    as_in_file = person.session.manager.spike_clusters
    labels = edit_twice(person)
    leave(person)
    person.open(kwik_copy)
    person.respond(recovered(person.session), "Discard all")
    assert np.array_equal(person.session.manager.spike_clusters, as_in_file)
    assert not person.session.is_dirty
    person.press(Qt.Key.Key_Z, CTRL | SHIFT)
    person.press(Qt.Key.Key_Y, CTRL)
    assert np.array_equal(person.session.manager.spike_clusters, labels)
    assert person.session.n_unsaved == 2

    leave(person)
    person.open(kwik_copy)
    person.respond(recovered(person.session), "Save now")
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")
    person.wait(lambda: person.viewer.status == "Saved 2 edits to sample.kwik.", "the sentence")
    assert np.array_equal(in_file(kwik_copy), labels)


def test_edits_made_since_opening_are_asked_for_before_all_are_discarded(person, kwik_copy):
    person.open(kwik_copy)
    edit_twice(person)
    leave(person)
    person.open(kwik_copy)
    found = recovered(person.session).split(".")[0]
    labels = edit_once(person)
    asked = []

    def agree(dialog):
        asked.extend([dialog.question.text(), dialog.explanation.text()])
        person.click_button(dialog, "Discard all")

    person.answer(agree)
    person.respond(f"{found}, 1 was made since. 3 edits are not yet saved.", "Discard all")
    assert asked == ["Discard all 3 edits, 1 of them made since opening?", "Redo brings them back."]
    person.wait(lambda: person.viewer.status == "Discarded 3 edits. Redo brings them back.", "the sentence")
    assert not person.session.is_dirty
    for _ in range(3):
        person.press(Qt.Key.Key_Y, CTRL)
    assert np.array_equal(person.session.manager.spike_clusters, labels)


def test_what_is_said_of_recovered_edits_holds_whatever_is_done(person, kwik_copy):
    person.open(kwik_copy)
    edit_twice(person)
    leave(person)
    person.open(kwik_copy)
    sentence = recovered(person.session)
    found = sentence.split(".")[0]
    person.wait(lambda: person.told == [sentence], "the card")
    said = [
        (Qt.Key.Key_G, PLAIN, f"{found}, 1 was made since. 3 edits are not yet saved."),
        (Qt.Key.Key_M, ALT, f"{found}, 2 were made since. 4 edits are not yet saved."),
        *[
            (Qt.Key.Key_Z, CTRL, words)
            for words in (f"{found}, 1 was made since. 3 edits are not yet saved.", sentence)
        ],
        (Qt.Key.Key_Z, CTRL, f"{found}. 1 edit is not yet saved."),
        (Qt.Key.Key_Y, CTRL, sentence),
    ]
    for key, modifier, words in said:
        person.press(key, modifier)
        person.wait(lambda words=words: person.told == [words], words)
    for _ in range(2):
        person.press(Qt.Key.Key_Z, CTRL)
    person.wait(lambda: person.told == [], "the card to go")
    assert not person.session.is_dirty
    person.press(Qt.Key.Key_Y, CTRL)
    assert person.told == []


def test_what_is_said_of_a_file_that_changed_follows_the_edits(person, kwik_copy):
    person.open(kwik_copy)
    change(kwik_copy)
    person.workspace.file_watch.look()
    person.wait(lambda: person.told == [f"{CHANGED}. Open it again before you edit it; it cannot be saved to."], "it")
    edit_twice(person)
    stay = "Your 2 edits stay in the journal; save a copy to keep them in a file."
    person.wait(lambda: person.told == [f"{CHANGED} and cannot be saved to. {stay}"], "the other words")


def change(path):
    with h5py.File(path, "r+") as file:
        file["/channel_groups/0/spikes/clusters/main"][:10] = 3


def test_edits_of_a_file_that_changed_between_two_sessions_are_set_aside(person, kwik_copy, monkeypatch):
    person.open(kwik_copy)
    edit_twice(person)
    leave(person)
    change(kwik_copy)
    shown = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()))
    person.open(kwik_copy)
    person.respond(f"{CHANGED}. 2 unsaved edits were set aside, not applied.", "Show file")
    assert shown == [str(side_folder(kwik_copy))]
    assert [path.name for path in side_folder(kwik_copy).glob("*set-aside*")] == [person.session.store.set_aside.name]
    assert np.array_equal(person.session.manager.spike_clusters, in_file(kwik_copy))
    assert not person.session.is_dirty


def test_a_change_that_only_saving_notices_leads_to_a_copy(person, kwik_copy, tmp_path, own_dialogs):
    person.open(kwik_copy)
    labels = edit_twice(person)
    change(kwik_copy)
    after = kwik_copy.read_bytes()
    person.press(Qt.Key.Key_S, CTRL)
    failed = f"Could not save: {CHANGED}. Nothing was changed; your 2 edits stay in the journal."
    person.answer(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    person.respond(failed, "Save a copy…")
    assert person.session.n_unsaved == 2

    asked = []

    def save_a_copy(dialog):
        asked.append(dialog.question.text())
        person.answer(lambda dialog: person.choose_file(dialog, tmp_path / "mine.kwik"))
        person.click_button(dialog, "Save a copy…")

    person.answer(save_a_copy)
    assert person.workspace.guard.may_close()
    assert asked == ["Save a copy with your 2 edits before closing?"]
    assert kwik_copy.read_bytes() == after
    with open_session(tmp_path / "mine.kwik") as copy:
        assert np.array_equal(copy.manager.spike_clusters, labels)


def test_a_file_that_changed_before_any_edit_is_opened_again(person, kwik_copy):
    person.open(kwik_copy)
    session = person.session
    change(kwik_copy)
    person.workspace.file_watch.look()
    sentence = f"{CHANGED}. Open it again before you edit it; it cannot be saved to."
    person.respond(sentence, "Open again")
    person.wait(lambda: person.session not in (None, session), "the file as it is now")
    person.settle()
    assert np.array_equal(person.session.manager.spike_clusters, in_file(kwik_copy))
    assert person.told == []
    edit_twice(person)
    assert person.session.can_save


def test_edits_of_a_file_that_was_renamed_return_with_its_name(person, kwik_copy):
    person.open(kwik_copy)
    labels = edit_twice(person)
    kwik_copy.rename(kwik_copy.with_name("other.kwik"))
    asked = []

    def keep(dialog):
        asked.append(dialog.question.text())
        person.click_button(dialog, "Close and keep edits")

    person.answer(keep)
    assert person.workspace.guard.may_close()
    assert asked == ["sample.kwik was moved or deleted. Close it?"]
    leave(person)
    kwik_copy.with_name("other.kwik").rename(kwik_copy)
    person.open(kwik_copy)
    person.respond(recovered(person.session), "Save now")
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")
    assert np.array_equal(in_file(kwik_copy), labels)


@contextmanager
def no_room(n_bytes):
    """Let no file grow beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_without_room_nothing_is_half_saved(person, kwik_copy):
    person.open(kwik_copy)
    labels = edit_twice(person)
    before = kwik_copy.read_bytes()
    beside = {path.name for path in kwik_copy.parent.iterdir()}
    with no_room(100_000):
        person.press(Qt.Key.Key_S, CTRL)
        person.wait(lambda: person.told, "the complaint")
    (sentence,) = person.told
    assert sentence.startswith("Could not save: ")
    assert sentence.endswith(". Nothing was changed; your 2 edits stay in the journal.")
    assert kwik_copy.read_bytes() == before
    assert {path.name for path in kwik_copy.parent.iterdir()} == beside
    assert person.session.n_unsaved == 2
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")
    assert np.array_equal(in_file(kwik_copy), labels)


def test_an_edit_that_finds_no_room_is_not_made(person, kwik_copy):
    person.open(kwik_copy)
    labels = edit_twice(person)
    listed = person.listed()
    person.click(listed[0])
    person.click(listed[1], modifier=CTRL)
    with no_room(1024):
        person.press(Qt.Key.Key_G)
    (sentence,) = person.told
    assert sentence.startswith("Could not keep the edit: ")
    assert sentence.endswith(" Nothing was changed.")
    assert person.listed() == listed
    assert person.chosen == tuple(listed[:2])
    assert np.array_equal(person.session.manager.spike_clusters, labels)
    assert person.session.n_unsaved == 2
    person.press(Qt.Key.Key_G)
    assert person.session.n_unsaved == 3
    labels = person.session.manager.spike_clusters
    leave(person)
    person.open(kwik_copy)
    assert np.array_equal(person.session.manager.spike_clusters, labels)


def test_what_is_wrong_with_a_file_is_said_whole(person, kwik_copy, tmp_path):
    bad = tmp_path / "bad.kwik"
    with h5py.File(bad, "w") as file:
        file["nothing"] = 1
    person.open(kwik_copy)
    person.viewer.open(str(bad), plugin="napari-phy")
    person.wait(lambda: person.told == ["bad.kwik is not a Kwik file: it has no group /channel_groups."], "the words")
    assert person.session.model.path == kwik_copy
