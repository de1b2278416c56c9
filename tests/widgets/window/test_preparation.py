"""The features of a large data set are read in the background; that can be stopped and begun again."""

import threading
from math import isnan

import pytest
from patience import PATIENCE_S
from qtpy.QtCore import QObject, Qt, QThreadPool
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLabel
from widgets.light_session import light_session

from napari_phy.table import feature_sums
from napari_phy.widgets.docks.cluster_scatter_panel import ClusterScatterPanel
from napari_phy.widgets.docks.features_panel import FeaturesPanel
from napari_phy.widgets.docks.grid_panel import GridPanel
from napari_phy.widgets.docks.proposals_panel import ProposalsPanel
from napari_phy.widgets.docks.similarity_panel import NOT_READ, SimilarityPanel
from napari_phy.widgets.docks.wizard_panel import WizardPanel
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.lists.similar_panel import SimilarPanel
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.window.background_jobs import Preparation, is_large
from napari_phy.widgets.window.read_ahead import ReadAhead

CANCELLED = "Reading features was cancelled. Nothing was changed."


class Gate:
    """Features that are read only while it is open; counts the reads of whole blocks."""

    def __init__(self, sums, monkeypatch):
        self.open = threading.Event()
        self.n_blocks = 0
        terms = sums._terms

        def wait(spikes):
            self.n_blocks += 1
            assert self.open.wait(PATIENCE_S)
            return terms(spikes)

        monkeypatch.setattr(sums, "_terms", wait)


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(feature_sums, "BLOCK_BYTES", 2**13)
    monkeypatch.setattr("napari_phy.widgets.window.background_jobs.LARGE", 1000)
    made = light_session()
    yield made
    made.close()


@pytest.fixture
def gate(session, monkeypatch):
    gate = Gate(session.sums, monkeypatch)
    yield gate
    gate.open.set()
    QThreadPool.globalInstance().waitForDone()


@pytest.fixture
def preparation(session, gate, qtbot):
    return Preparation(session.opened)


@pytest.fixture
def lists(session, preparation, qtbot):
    """Return Clusters and Similar, which wait for a preparation."""
    panels = ClustersPanel(), SimilarPanel()
    for panel in panels:
        qtbot.addWidget(panel)
        panel.resize(302, 400)
        panel.show()
        panel.follow_preparation(preparation)
        panel.set_session(session)
    yield panels
    for panel in panels:
        panel.set_session(None)


def rows(panel):
    return panel.list.cluster_model.rows


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_only_what_is_large_and_not_yet_read_is_prepared(session):
    assert is_large(session.opened)
    session.prepare()
    assert not is_large(session.opened)
    assert not is_large(light_session(features=None, masks=None).opened)
    assert not is_large(light_session(n_spikes=900).opened)


def test_lists_say_how_far_it_is_and_show_everything_at_the_end(lists, session, preparation, gate, qtbot):
    clusters, similar = lists
    preparation.start()
    assert clusters.strip.label.text() == "Reading features: 0 %"
    assert similar.page.text == "Reading features: 0 %"
    assert len(rows(clusters)) == 8
    heard = []
    preparation.progressed.connect(lambda _: heard.append((clusters.strip.label.text(), similar.page.text)))
    preparation.progressed.connect(lambda _: heard.append(clusters.strip.progress.value()))
    gate.open.set()
    qtbot.waitUntil(lambda: preparation.state == "done")
    assert len(heard) > 10
    percent = heard[-1]
    assert heard[-2] == (f"Reading features: {percent} %", f"Reading features: {percent} %")
    assert all(row.value("channel") >= 0 for row in rows(clusters))
    assert clusters.strip.isHidden()
    session.selection.select([3])
    qtbot.waitUntil(lambda: similar.list.cluster_model.cluster_ids[:1] == [session.similar_to(3)[0][0]])


def test_after_cancel_nothing_more_is_read_and_what_is_known_stays(lists, session, preparation, gate, qtbot):
    clusters, similar = lists
    preparation.start()
    qtbot.waitUntil(lambda: gate.n_blocks == 1)
    click(clusters.strip.button)
    gate.open.set()
    QThreadPool.globalInstance().waitForDone()
    QApplication.processEvents()
    assert gate.n_blocks == 1
    assert preparation.state == "cancelled"
    for panel in lists:
        assert panel.strip.isVisible()
        assert panel.strip.label.text() == CANCELLED
        assert panel.strip.button.text() == "Read features"
        assert panel.strip.progress.isHidden()
    assert all(isnan(row.value(key)) for row in rows(clusters) for key in ("channel", "depth"))
    assert all(row.value("refractory") >= 0 for row in rows(clusters))
    session.selection.select([3])
    qtbot.waitUntil(lambda: len(rows(similar)) > 0)
    sizes = [row.value("spikes") for row in rows(similar)]
    assert sizes == sorted(sizes, reverse=True)
    assert {row.similarity for row in rows(similar)} == {0}


def test_edits_and_proposals_after_a_cancel_read_no_features(lists, session, preparation, gate):
    preparation.start()
    preparation.cancel()
    gate.open.set()
    QThreadPool.globalInstance().waitForDone()
    before = gate.n_blocks
    session.start_wizard()
    assert len(session.selection.clusters) == 1
    session.wizard.next()
    session.merge([3, 4])
    session.move([5], "good")
    session.undo()
    QApplication.processEvents()
    assert gate.n_blocks == before
    assert session.similar_to(6) == []


def test_what_was_cancelled_begins_again(lists, session, preparation, gate, qtbot):
    clusters, similar = lists
    preparation.start()
    qtbot.waitUntil(lambda: gate.n_blocks == 1)
    (cancel,) = similar.page.buttons
    click(cancel)
    assert similar.strip.label.text() == CANCELLED
    click(similar.strip.button)
    assert preparation.state == "reading"
    assert similar.page.text == "Reading features: 0 %"
    assert similar.strip.isHidden()
    gate.open.set()
    qtbot.waitUntil(lambda: preparation.state == "done")
    assert all(row.value("channel") >= 0 for row in rows(clusters))
    assert session.similar_to(6)


def test_edits_made_while_features_are_read_show_at_the_end(lists, session, preparation, gate, qtbot):
    clusters, _ = lists
    preparation.start()
    qtbot.waitUntil(lambda: gate.n_blocks == 1)
    session.selection.select([3, 4])
    session.merge([3, 4])
    assert gate.n_blocks == 1
    gate.open.set()
    qtbot.waitUntil(lambda: preparation.state == "done")
    n_blocks = gate.n_blocks
    assert {row.cluster_id for row in rows(clusters)} == {0, 1, 2, 5, 6, 7, 8}
    assert all(row.value("channel") >= 0 for row in rows(clusters))
    assert gate.n_blocks == n_blocks  # a merged cluster is the sum of its parts


def test_what_is_dropped_ends_and_tells_nobody(session, preparation, gate, qtbot):
    heard = []
    preparation.changed.connect(lambda: heard.append(preparation.state))
    preparation.start()
    qtbot.waitUntil(lambda: gate.n_blocks == 1)
    preparation.drop()
    gate.open.set()
    QThreadPool.globalInstance().waitForDone()
    QApplication.processEvents()
    assert gate.n_blocks == 1
    assert heard == []


def test_a_view_of_features_says_that_they_are_read(session, preparation, gate, qtbot):
    panel = FeaturesPanel()
    qtbot.addWidget(panel)
    panel.follow_preparation(preparation)
    panel.set_session(session)
    panel.show()
    preparation.start()
    qtbot.waitUntil(lambda: panel.stack.page.text == "Reading features: 0 %")
    assert panel.stack.page.progress.isVisible()
    preparation.cancel()
    qtbot.waitUntil(lambda: panel.stack.page.text.startswith("Select a cluster to see its features."))
    assert panel.stack.page.progress.isHidden()


@pytest.fixture
def show(session, preparation, qtbot):
    """Return a function that opens a view that waits for a preparation."""

    def show(kind):
        panel = kind()
        qtbot.addWidget(panel)
        panel.follow_preparation(preparation)
        panel.set_session(session)
        panel.show()
        return panel

    return show


def test_the_wizard_says_that_a_candidate_comes(show, session, preparation, gate, qtbot):
    preparation.start()
    session.start_wizard()
    panel = show(WizardPanel)
    qtbot.waitUntil(lambda: panel.page.hint.text() == "A candidate is proposed as soon as the features are read.")
    gate.open.set()
    qtbot.waitUntil(lambda: panel.page.hint.text().startswith("Press Space, or click a row in Similar"))


@pytest.mark.parametrize("kind", [SimilarityPanel, ClusterScatterPanel])
def test_views_that_wait_for_features_say_how_far_they_are_whatever_is_selected(
    show, session, preparation, gate, qtbot, kind
):
    session.selection.select([3])
    panel = show(kind)
    preparation.start()
    qtbot.waitUntil(lambda: panel.stack.page.text == "Reading features: 0 %")
    heard = []
    preparation.progressed.connect(lambda percent: heard.append((panel.stack.page.text, percent)))
    gate.open.set()
    qtbot.waitUntil(lambda: preparation.state == "done")
    assert len(heard) > 5
    assert [text for text, _ in heard] == [f"Reading features: {percent} %" for _, percent in heard]


def test_similarity_waits_for_features_and_after_a_cancel_offers_to_read_them(show, preparation, gate, qtbot):
    panel = show(SimilarityPanel)
    preparation.start()
    qtbot.waitUntil(lambda: panel.stack.page.text == "Reading features: 0 %")
    preparation.cancel()
    qtbot.waitUntil(lambda: panel.stack.page.text.startswith(NOT_READ))
    assert gate.n_blocks <= 1
    (button,) = panel.stack.page.buttons
    gate.open.set()
    click(button)
    qtbot.waitUntil(lambda: panel.stack.shows_picture)
    assert len(panel.data.cluster_ids) == 8


def test_proposals_are_looked_for_once_the_features_are_read_also_after_a_cancel(show, preparation, gate, qtbot):
    panel = show(ProposalsPanel)
    preparation.start()
    panel.begin()
    assert panel.page.message.text == "Reading features… Proposals are looked for as soon as they are read."
    preparation.cancel()
    qtbot.waitUntil(lambda: panel.page.message.text == "Proposals need the features, which are not read.")
    assert not panel.is_searching
    gate.open.set()
    click(panel.page.message.buttons[0])
    qtbot.waitUntil(lambda: panel.session.proposals.settings is not None and not panel.is_searching)


@pytest.mark.parametrize("kind", [ClusterScatterPanel, GridPanel])
def test_views_of_all_clusters_read_no_features_after_a_cancel_and_know_depths_at_the_end(
    show, preparation, gate, qtbot, kind
):
    panel = show(kind)
    if kind is GridPanel:
        panel.choose(content="rate")
        panel.choose(order="depth")
    preparation.start()
    preparation.cancel()
    n_blocks = gate.n_blocks
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
    assert gate.n_blocks <= max(n_blocks, 1)
    assert len(panel.data.cluster_ids) == 8
    gate.open.set()
    preparation.start()
    qtbot.waitUntil(lambda: preparation.state == "done" and not panel.busy and panel.data is not None)
    assert panel.data.request.reads_features
    assert len(panel.data.cluster_ids) == 8
    if kind is GridPanel:
        # cluster c is largest on channel (3 c + 1) modulo 8; the highest first
        assert panel.data.cluster_ids.tolist() == [2, 7, 4, 1, 6, 3, 0, 5]


class Broken(ViewPanel):
    """A view that cannot tell what it would show."""

    title = "Broken"
    reads_ahead = True

    def make_content(self):
        return QLabel()

    def make_request(self):
        raise RuntimeError("no request")


def test_a_view_that_fails_ends_it_without_an_error_beyond_the_log(qtbot, caplog):
    session, parent = light_session(), QObject()
    panel = Broken(session)
    qtbot.addWidget(panel)
    panel.show()
    ahead = ReadAhead({"Broken": panel}, parent)
    ahead.follow(session)
    session.selection.select([3])
    assert ahead.busy
    qtbot.waitUntil(lambda: not ahead.busy)
    assert "What comes next could not be updated." in caplog.text
    ahead.follow(None)


def test_the_cut_of_what_the_wizard_proposes_is_looked_for_once_nothing_is_done(qtbot):
    session, parent = light_session(), QObject()
    joined = session.merge([3, 6]).added[0]
    ahead = ReadAhead({}, parent)
    ahead.follow(session)
    session.start_wizard()
    session.selection.select([joined])
    assert not session.whole.cuts.knows(joined)
    qtbot.waitUntil(lambda: not ahead.busy)
    assert session.wizard.best == joined
    assert session.whole.cuts.knows(joined)
    ahead.follow(None)
