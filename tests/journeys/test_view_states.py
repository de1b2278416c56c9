"""Wait, cancel, fail, try again, freeze and locate in every kind of view, by clicks."""

from unittest.mock import Mock

import pytest
from journeys.gate import Gate
from journeys.sizes import LARGE_FIRST
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_phy.core.errors import NapariPhyError
from napari_phy.widgets.lists import similar_panel
from napari_phy.widgets.panels import picture_stack
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.window.kinds import KINDS, LISTS
from napari_phy.widgets.window.workspace import Workspace

OTHERS = ("Actions", "Detect and sort", "Link time", "Place probe")  # show no clusters
VIEWS = [title for title, kind in KINDS.items() if issubclass(kind.panel, ViewPanel) and title not in OTHERS]
NEED_RAW = [title for title in VIEWS if KINDS[title].panel.needs_raw_data and title != "Amplitude"]
SOME = ("Features", "Traces")
SOME_FIRST = pytest.mark.parametrize("views", [SOME, pytest.param(VIEWS, marks=pytest.mark.soak)], ids=["some", "all"])
EVENTS_S = range(1, 50)
CAUSE = "sample.kwx has 400 feature rows but sample.kwik has 441 spikes."


def click(button):
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseMove(button)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().center())


def texts(panel):
    return [] if panel.stack.shows_picture else [button.text() for button in panel.stack.page.buttons]


def push(person, panel, text):
    """Wait for a button of a view, and click it."""
    person.wait(lambda: text in texts(panel), f"{text} in {panel.title}")
    click(panel.stack.page.buttons[texts(panel).index(text)])


def shows(person, panel):
    person.wait(lambda: panel.stack.shows_picture and not panel.busy, panel.title)
    assert panel.data is not None
    assert not panel.stack.edge.busy
    assert not panel.stack.veil.isVisible()


@LARGE_FIRST
@SOME_FIRST
def test_what_waits_is_cancelled_and_what_fails_is_tried_again(person, kwik_copy, monkeypatch, caplog, views):
    monkeypatch.setattr(picture_stack, "PATIENT_MS", 250)
    person.open(kwik_copy)
    person.session.events.add("light", EVENTS_S)
    person.session.compare_with(clustering="original")
    gate = Gate()
    for title in views:
        panel = person.workspace.board.open(title)
        shows(person, panel)
        gate.watch(panel)
        with gate.closed(42):
            panel.read_again()
            person.wait(lambda panel=panel: panel.stack.edge.busy, "the line below the header")
            assert panel.stack.shows_picture
            assert panel.stack.veil.isVisible()
            push(person, panel, "Cancel")
            words = panel.working.rstrip("…")
            assert panel.stack.page.text == f"{words} was cancelled. Nothing was changed."
        push(person, panel, "Try again")
        shows(person, panel)
        with gate.failing(NapariPhyError(CAUSE)):
            panel.read_again()
            push(person, panel, "Copy details")
            assert panel.stack.page.text == f"{panel.failed} {CAUSE}"
            assert QApplication.clipboard().text().endswith(f"NapariPhyError: {CAUSE}\n")
        push(person, panel, "Try again")
        shows(person, panel)
    assert not person.session.is_dirty


def test_similar_clusters_that_fail_are_tried_again(person, kwik_copy, monkeypatch, caplog):
    person.open(kwik_copy)
    panel, rows = person.workspace.panels["Similar"], person.listed("Similar")
    with monkeypatch.context() as patch:
        patch.setattr(similar_panel, "compute_similar", Mock(side_effect=NapariPhyError(CAUSE)))
        panel.read_again()
        assert panel.page.text == f"{panel.failed} {CAUSE}"
        again, copy = panel.page.buttons
        person.wait(lambda: copy.isVisible(), "the buttons")
        click(copy)
        assert QApplication.clipboard().text().endswith(f"NapariPhyError: {CAUSE}\n")
    click(again)
    person.settle()
    assert person.listed("Similar") == rows
    assert panel.list.isVisible()


@SOME_FIRST
def test_a_view_is_frozen_and_set_free_by_its_lock(person, kwik_copy, views):
    person.open(kwik_copy)
    person.session.events.add("light", EVENTS_S)
    before = person.chosen
    for title in [title for title in views if KINDS[title].panel.has_freeze]:
        person.click(before[0])
        panel = person.workspace.board.open(title)
        shows(person, panel)
        lock = panel.header.freeze_button
        assert lock.toolTip() == "Freeze: keep these clusters in this view"
        click(lock)
        other = next(cluster for cluster in person.listed() if cluster not in before)
        person.click(other)
        assert panel.clusters == before[:1]
        assert panel.stack.edge.grab().toImage().pixelColor(50, 0) == QColor(panel.theme.warning)
        click(lock)
        person.settle()
        assert panel.clusters == (other,)
        assert not panel.stack.edge.isVisible()
        shows(person, panel)


@LARGE_FIRST
def test_views_without_raw_data_ask_where_they_are(person, kwik_copy, own_dialogs, notes):
    kwik_copy.with_suffix(".dat").unlink()
    person.open(kwik_copy)
    for n, title in enumerate(NEED_RAW, 1):
        panel = person.workspace.board.open(title)
        person.answer(lambda dialog: dialog.reject())
        push(person, panel, "Locate raw data…")
        person.wait(lambda n=n: person.titles == n * ["Locate sample.dat"], "the dialog")


def test_without_spikes_every_view_says_so_and_the_keys_are_in_the_list(person, tmp_path):
    path = write_klusta(tmp_path, make_truth(groups=((0, (0, 1)),), n_spikes=0))
    person.viewer.open(str(path), plugin="napari-phy")
    person.wait(lambda: Workspace.find(person.viewer) is not None and person.session is not None, "the workspace")
    person.settle()
    board = person.workspace.board
    assert person.focused() is board.panels["Clusters"].page
    for title in [*LISTS, *VIEWS, "Actions"]:
        panel = board.open(title)
        person.settle()
        page = panel.page if title in LISTS else panel.stack.page
        if title in LISTS or not panel.stack.shows_picture:
            assert page.text == "This clustering has no clusters.", title
        else:
            assert title in ("Traces", "Probe", "Wizard", "History", "Actions", "Drift")
    person.press(Qt.Key.Key_Space)
    assert person.viewer.status == "This clustering has no clusters."
