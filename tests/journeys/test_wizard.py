"""The Wizard dock in a real window: a whole review by keys alone, and by clicks."""

import threading

import pytest
from journeys.person import ALT, CTRL, LEFT, PLAIN, SHIFT
from journeys.sizes import LARGE_FIRST
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_phy.table.cluster_cuts import ClusterCuts

SPACE = Qt.Key.Key_Space


@pytest.fixture
def panel(person, kwik_copy):
    person.open(kwik_copy)
    person.push("wizard")
    panel = person.workspace.panels["Wizard"]
    assert panel.isVisible()
    person.wait(lambda: panel.data is not None and panel.data.reasons is not None, "the reasons")
    return panel


def click(person, button):
    assert button.enabled, button.tooltip
    QTest.mouseClick(button.native, LEFT, PLAIN, button.native.rect().center())
    person.settle()


def says(person, panel, best, candidate):
    person.wait(lambda: panel.page.pair.text == f"Best {best}, candidate {candidate}", "the pair")


@LARGE_FIRST
def test_a_whole_review_by_keys_alone(person, panel):
    session = person.session
    half, other = person.chosen
    says(person, panel, half, other)
    assert not panel.page.verticalScrollBar().isVisible()
    kept = next(labels for labels in panel.page.reasons if labels[0].text() == "refractory")
    assert [label.text() for label in kept[1:]] == ["ok", "none within 2 ms"]  # two halves of one neuron
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    assert {half, other}.isdisjoint(session.manager.cluster_ids.tolist())
    person.press(Qt.Key.Key_G, ALT)
    assert session.manager.group(merged) == "good"
    best, candidate = person.chosen
    person.press(SPACE)
    assert person.chosen[0] == best
    assert person.chosen[1] != candidate
    person.press(SPACE, SHIFT)
    assert person.chosen == (best, candidate)
    says(person, panel, best, candidate)
    person.press(Qt.Key.Key_M, ALT)
    person.press(Qt.Key.Key_Z, CTRL)
    person.wait(lambda: panel.data.request.undone == (f"Move {best} to mua",), "the step that was undone")
    assert panel.data.request.done == (f"Merge {half} and {other} → {merged}", f"Move {merged} to good") or (
        panel.data.request.done == (f"Merge {other} and {half} → {merged}", f"Move {merged} to good")
    )
    n_open = len([c for c in session.manager.cluster_ids.tolist() if session.manager.group(c) == "unsorted"])
    for _ in range(200):
        if session.wizard.is_finished:
            break
        person.press(SPACE)
    n_clusters = len(session.manager.cluster_ids)
    sentence = f"All {n_clusters} clusters are decided. {n_open} were skipped."
    person.wait(lambda: panel.page.progress.text() == sentence, "the end")
    assert person.viewer.status == sentence
    person.press(Qt.Key.Key_W, SHIFT)
    person.wait(lambda: panel.page.pair.text == "Paused", "the pause")
    person.press(Qt.Key.Key_W)
    person.wait(lambda: panel.page.pair.text != "Paused", "the start")
    review = panel.page.review.native
    for _ in range(40):
        if review.hasFocus():
            break
        QTest.keyClick(person.focused(), Qt.Key.Key_Tab)
        QApplication.processEvents()
    assert review.hasFocus()
    person.press(SPACE)
    assert session.wizard.skipped == ()
    assert session.manager.group(person.chosen[0]) == "unsorted"


def test_a_review_by_clicks(person, panel):
    session = person.session
    buttons = panel.page.buttons
    pair = person.chosen
    click(person, buttons["next_candidate"])
    assert person.chosen[0] == pair[0]
    assert person.chosen[1] != pair[1]
    click(person, buttons["previous_candidate"])
    assert person.chosen == pair
    click(person, buttons["merge"])
    merged = person.chosen[0]
    assert session.n_unsaved == 1
    assert person.focused() is person.workspace.panels["Clusters"].list
    click(person, buttons["move_best_good"])
    assert session.manager.group(merged) == "good"
    person.wait(lambda: panel.page.progress.text().startswith("6 of 10 decided"), "the progress")
    place = session.wizard.place
    click(person, buttons["pause_wizard"])
    assert session.wizard.is_paused
    click(person, buttons["pause_wizard"])
    assert session.wizard.place == place == person.chosen
    click(person, buttons["reset_wizard"])
    assert session.wizard.history == []
    assert session.n_unsaved == 2
    other = person.listed("Similar")[-1]
    person.click(other, "Similar")
    says(person, panel, person.chosen[0], other)


def test_the_key_finds_the_candidate_of_the_largest_cluster_that_was_clicked(person, panel):
    largest = person.chosen[0]
    person.click(person.listed()[-1])
    person.click(largest)
    assert person.chosen == (largest,)
    person.press(Qt.Key.Key_W)
    best, candidate = person.chosen
    assert best == largest
    says(person, panel, best, candidate)


def test_after_a_click_into_empty_space_the_key_goes_to_the_largest_undecided_cluster(person, panel):
    session, clusters = person.session, person.workspace.panels["Clusters"].list
    largest = person.chosen
    person.press(SPACE)
    other = next(cluster for cluster in person.listed() if cluster not in (*largest, *person.chosen))
    person.click(other)
    empty = clusters.viewport().rect().bottomLeft() + QPoint(60, -9)
    QTest.mouseClick(clusters.viewport(), LEFT, PLAIN, empty)
    person.settle()
    assert person.chosen == ()
    person.wait(lambda: panel.page.pair.text == "Nothing selected", "no names")
    person.press(Qt.Key.Key_W)
    best, candidate = person.chosen
    assert best == largest[0]
    says(person, panel, best, candidate)
    assert person.workspace.toolbar.button("merge").isEnabled()
    person.click(other)
    person.press(Qt.Key.Key_W)
    assert person.chosen[0] == best
    click(person, panel.page.buttons["move_best_mua"])
    click(person, panel.page.buttons["move_best_noise"])
    assert session.manager.group(best) == "mua"
    assert [session.manager.group(cluster) for cluster in session.wizard.history[-1][1]] == ["noise"]


def command(person, line):
    """Type a command line."""
    person.press(Qt.Key.Key_Colon, SHIFT)
    QTest.keyClicks(person.focused(), line)
    person.press(Qt.Key.Key_Return)


def test_a_cut_is_shown_split_and_taken_back_by_keys_alone(person, panel):
    session = person.session
    person.press(Qt.Key.Key_G)  # two halves of one neuron
    whole = person.chosen[0]
    command(person, "n 2")
    assert len(person.chosen) == 3
    person.press(Qt.Key.Key_S, SHIFT)
    alike = person.chosen
    person.press(Qt.Key.Key_D, SHIFT)
    assert person.chosen[0] == whole
    assert not set(person.chosen[1:]) & set(alike[1:])
    command(person, "wo gain")
    assert session.views["wizard"].order == "gain"
    joined = session.merge(different_neurons(session, whole)).added[0]
    show_cut(person)
    assert person.chosen == (joined,)
    cut = session.wizard.cut
    assert session.selection.spikes.tolist() == cut.spikes.tolist()
    person.wait(lambda: "Two clouds" in panel.page.hint.text() and not panel.page.gives_reasons, "the words")
    assert not panel.page.verticalScrollBar().isVisible()
    person.press(Qt.Key.Key_K)
    assert joined not in session.manager
    assert len(person.chosen) == 2
    person.press(Qt.Key.Key_Z, CTRL)
    assert person.chosen == (joined,)
    show_cut(person)
    assert session.wizard.cut is not None
    person.press(SPACE)
    assert session.wizard.is_one(joined)
    assert person.chosen[0] != joined


def show_cut(person):
    person.press(Qt.Key.Key_K, SHIFT)
    person.wait(lambda: not person.workspace.controller.busy, "the cut of the cluster")
    person.settle()


def different_neurons(session, cluster):
    """Return a cluster and the one of similar size that is least like it."""
    n_spikes = session.manager.n_spikes
    alike = [one for one, _ in session.similar_to(cluster) if 3 * n_spikes(one) > n_spikes(cluster)]
    return [cluster, alike[-1]]


def test_space_never_waits_for_a_cut(person, panel, monkeypatch):
    session, is_free = person.session, threading.Event()
    cuts = session.opened.cuts
    last = session.wizard.best
    person.session.listed.show(f"id == {last}", [last])
    person.settle()
    assert session.wizard.coming is None
    found = ClusterCuts.__call__
    monkeypatch.setattr(ClusterCuts, "knows", lambda _, cluster: is_free.is_set())
    monkeypatch.setattr(ClusterCuts, "__call__", lambda self, cluster: is_free.wait() and found(self, cluster))
    try:
        for _ in range(3):
            person.press(SPACE)
        assert session.wizard.best == last
        assert session.wizard.skipped == ()
    finally:
        is_free.set()
    person.wait(lambda: session.wizard.cut is not None or session.wizard.is_finished or session.wizard.skipped, "it")
    assert cuts.knows(last)
