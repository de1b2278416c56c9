"""A data set that takes long to open says how far it is, and can be cancelled: nothing of it is left."""

import shutil
import threading

import pytest
from journeys.person import CTRL, SMALL
from patience import PATIENCE_S
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel

from napari_phy import open_session
from napari_phy.layers.session_tag import session_of
from napari_phy.readers import opening as reading
from napari_phy.readers.kwik import read_kwik
from napari_phy.widgets.window.workspace import Workspace

CANCELLED = "Opening large.kwik was cancelled. Nothing was changed."


@pytest.fixture
def screen_size():
    return SMALL


@pytest.fixture
def large(kwik_copy, tmp_path):
    """Another data set."""
    folder = tmp_path / "large"
    folder.mkdir()
    for suffix in (".kwik", ".kwx"):
        shutil.copy(kwik_copy.with_suffix(suffix), folder / f"large{suffix}")
    return folder / "large.kwik"


class SlowOpening:
    """Opens data sets, and stays half-way with those named large until it may go on."""

    def __init__(self):
        self.may_go_on = threading.Event()

    def __call__(self, path, on_progress):
        def report(share):
            if path.stem == "large" and share >= 0.5:  # the edits are held now
                self.reached = share
                on_progress(share)
                self.may_go_on.wait(PATIENCE_S)
            on_progress(share)

        return open_session(path, on_progress=report)


@pytest.fixture
def opening(monkeypatch):
    opening = SlowOpening()
    monkeypatch.setattr("napari_phy.session.open_session", opening)
    monkeypatch.setattr(reading, "FIRM_S", 0.2)
    yield opening
    opening.may_go_on.set()
    wait_for_worker()


def wait_for_worker():
    reading._one_by_one.submit(int).result(PATIENCE_S)


def files(path):
    return sorted(file.name for file in path.parent.iterdir())


@pytest.mark.parametrize(
    "cancel",
    [
        lambda person, dialog: person.click_button(dialog, "Cancel"),
        pytest.param(lambda person, dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape), marks=pytest.mark.soak),
    ],
    ids=["click", "Esc"],
)
def test_cancel_half_way_leaves_all_as_it_was(person, kwik_copy, large, opening, cancel):
    person.open(kwik_copy)
    person.press(Qt.Key.Key_G)
    session, labels, before = person.session, person.session.manager.spike_clusters, files(large)
    said = []

    def answer(dialog):
        person.wait(lambda: dialog.progress.value() == 50, "half of it")
        said.extend([dialog.windowTitle(), *[label.text() for label in dialog.findChildren(QLabel) if label.text()]])
        assert dialog.windowModality() == Qt.WindowModality.WindowModal
        QTest.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Space)  # means the list
        assert dialog.isVisible()
        cancel(person, dialog)

    person.answer(answer)
    assert person.viewer.open(str(large), plugin="napari-phy") == []
    assert said == ["Opening", "Opening large.kwik: 50 %"]
    person.wait(lambda: person.viewer.status == CANCELLED, "the words")
    opening.may_go_on.set()
    wait_for_worker()
    assert files(large) == before
    with open_session(large) as again:
        assert not again.store.read_only
    person.settle()
    assert person.session is session
    assert {session_of(layer) for layer in person.viewer.layers} == {session}
    assert session.n_unsaved == 1
    assert session.manager.spike_clusters is labels
    person.press(Qt.Key.Key_Z, CTRL)
    person.open(large)
    assert not person.session.store.read_only


def test_cancel_of_the_first_data_set_says_so(make_napari_viewer, person, large, opening):
    person.answer(lambda dialog: person.click_button(dialog, "Cancel"))
    assert person.viewer.open(str(large), plugin="napari-phy") == []
    person.wait(lambda: person.viewer.status == CANCELLED, "the words")
    assert Workspace.find(person.viewer) is None


def test_who_waits_gets_the_data_set(make_napari_viewer, person, kwik_copy, large, opening):
    person.open(kwik_copy)
    person.answer(lambda _: opening.may_go_on.set())
    person.open(large)
    assert person.titles == ["Opening"]
    assert person.focused() is person.workspace.panels["Clusters"].list
    person.press(Qt.Key.Key_G)
    assert person.session.n_unsaved == 1


def test_another_file_waits_its_turn(person, kwik_copy, large, opening):
    asked = []

    def answer(dialog):
        asked.append(read_kwik(str(kwik_copy)))
        asked.append(person.viewer.status)
        opening.may_go_on.set()

    person.answer(answer)
    person.open(large)
    assert asked == [[(None,)], "large.kwik is being opened. Open sample.kwik after that."]


def test_a_window_that_is_closed_meanwhile_opens_nothing(person, large, opening):
    before = files(large)
    person.answer(lambda _: person.viewer.close())
    assert read_kwik(str(large)) == [(None,)]
    opening.may_go_on.set()
    wait_for_worker()
    assert files(large) == before
    assert list(Workspace.all()) == []
