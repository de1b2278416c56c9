"""The list of clusters follows the session, and the session follows the list."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.table.numbers import THIN_SPACE
from napari_phy.widgets.lists.clusters_panel import ClustersPanel


@pytest.fixture
def session():
    return light_session()


@pytest.fixture
def panel(session, qtbot):
    panel = ClustersPanel(session)
    qtbot.addWidget(panel)
    panel.resize(434, 400)
    panel.show()
    qtbot.waitUntil(lambda: not any(np.isnan(row.value("amplitude")) for row in panel.list.cluster_model.rows))
    yield panel
    panel.set_session(None)


def click(panel, cluster, modifiers=Qt.KeyboardModifier.NoModifier):
    view = panel.list
    center = view.visualRect(view.cluster_model.index(view.cluster_model.find_row(cluster), 1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifiers, center)


def test_all_clusters_largest_first(panel, session):
    sizes = {cluster: session.manager.n_spikes(cluster) for cluster in range(8)}
    assert panel.cluster_ids == sorted(sizes, key=lambda c: (-sizes[c], c))


def test_a_narrow_count_line_counts_the_user_s_groups_as_others(panel, session):
    session.move([5], "putative interneurons")
    session.move([6], "axons")
    panel.resize(1000, 400)
    assert panel.side_label.text() == "1 good   1 mua   1 noise   3 unsorted   1 axons   1 putative interneurons"
    panel.resize(434, 400)
    assert " ".join(panel.side_label.text().split()) == "1 good 1 mua 1 noise 3 unsorted 2 other"
    assert panel.side_label.shown_text() == panel.side_label.text()
    assert panel.side_label.toolTip().endswith("1 axons, 1 putative interneurons")


def test_the_count_line(panel, session):
    assert panel.count_label.text() == f"8 clusters   ·   1{THIN_SPACE}200 spikes"
    assert panel.side_label.text() == "1 good   1 mua   1 noise   5 unsorted"
    session.move([3, 4], "good")
    assert panel.side_label.text() == "3 good   1 mua   1 noise   3 unsorted"
    for width, words in ((302, "8 clusters"), (220, "")):
        panel.resize(width, 400)
        assert panel.count_label.text() == words
        assert panel.side_label.text().split() == ["3", "good", "1", "mua", "1", "noise", "3", "unsorted"]
        QApplication.processEvents()
        assert panel.side_label.shown_text() == panel.side_label.text()


def test_the_count_line_says_that_its_spikes_are_of_all_times(panel, session):
    panel.resize(600, 400)
    words = panel.count_label.text()
    session.time.set_range(2.0, 5.0)
    assert panel.count_label.text() == f"{words} in total"
    session.time.clear_range()
    assert panel.count_label.text() == words


def test_a_click_selects_in_the_session(panel, session):
    click(panel, 3)
    assert session.selection.clusters == (3,)
    click(panel, 5, Qt.KeyboardModifier.ControlModifier)
    assert (session.selection.clusters, session.selection.n_best) == ((3, 5), 2)
    click(panel, 5, Qt.KeyboardModifier.ControlModifier)
    assert session.selection.clusters == (3,)


def test_the_session_selects_rows(panel, session):
    changes = []
    session.selection.changed.connect(lambda: changes.append(session.selection.clusters))
    session.selection.select([4, 6, 2], n_best=2)
    assert set(panel.list.shown_selection) == {4, 6}
    assert changes == [(4, 6, 2)]


def test_chips_say_the_place_in_the_selection(panel, session):
    session.selection.select([4, 6, 2], n_best=2)
    model = panel.list.cluster_model
    chips = {c: model.chips(model.find_row(c)) for c in panel.cluster_ids}
    assert {c: place for c, place in chips.items() if place} == {4: [0], 6: [1]}


def test_edits_insert_and_remove_rows(panel, session):
    merged = session.merge([3, 4]).added[0]
    assert set(panel.cluster_ids) == {0, 1, 2, 5, 6, 7, merged}
    session.undo()
    assert set(panel.cluster_ids) == set(range(8))
    session.split(session.manager.spikes(5)[:7])
    assert set(panel.cluster_ids) == set(session.manager.cluster_ids.tolist())
    session.discard([6])
    assert 6 not in panel.cluster_ids
    session.undo()
    assert 6 in panel.cluster_ids


def test_discarded_clusters_can_be_listed_and_moved_back(panel, session):
    session.discard([6])
    panel.show_discarded(True)
    assert set(panel.cluster_ids) == set(range(8))
    row = next(row for row in panel.list.cluster_model.rows if row.cluster_id == 6)
    assert row.group == "discarded"
    session.discard([5])
    assert 5 in panel.cluster_ids
    session.move([6], "good")
    panel.show_discarded(False)
    assert set(panel.cluster_ids) == set(range(8)) - {5}


def test_keys_pass_over_discarded_clusters_as_over_noise(panel, session):
    session.discard([6])
    panel.show_discarded(True)
    session.selection.select([0])
    assert 6 in panel.walked_ids
    panel.set_skips(True)
    assert 6 not in panel.walked_ids


def test_a_cluster_shows_its_own_colour_at_the_edge_of_its_row(panel, session, qtbot):
    session.selection.select([0])
    session.recolor([4], "#12ab34")
    view = panel.list

    def edge(cluster):
        rect = view.visualRect(view.cluster_model.index(view.cluster_model.find_row(cluster), 0))
        return view.viewport().grab().toImage().pixelColor(rect.left() + 1, rect.center().y()).name()

    qtbot.waitUntil(lambda: edge(4) == "#12ab34")
    assert edge(5) != "#12ab34"


def test_after_any_edits_the_rows_equal_a_fresh_list(panel, session, qtbot):
    rng = np.random.default_rng(3)
    for _ in range(30):
        clusters = rng.choice(panel.cluster_ids, 2, replace=False).tolist()
        match rng.integers(4):
            case 0 if len(panel.cluster_ids) > 3:
                session.merge(clusters)
            case 1:
                spikes = session.manager.spikes(clusters[0])
                if len(spikes) > 1:
                    session.split(spikes[: len(spikes) // 2])
            case 2:
                session.undo()
            case _:
                session.redo()
    fresh = ClustersPanel(session)
    qtbot.addWidget(fresh)
    assert fresh.cluster_ids == panel.cluster_ids
    assert [(r.cluster_id, r.group, r.value("spikes"), r.value("channel")) for r in fresh.list.cluster_model.rows] == [
        (r.cluster_id, r.group, r.value("spikes"), r.value("channel")) for r in panel.list.cluster_model.rows
    ]
    fresh.set_session(None)


def test_a_moved_cluster_changes_its_word_in_place(panel, session):
    model = panel.list.cluster_model
    changed = []
    model.rowsInserted.connect(lambda *_: changed.append("inserted"))
    model.rowsRemoved.connect(lambda *_: changed.append("removed"))
    session.move([3], "good")
    assert model.line(model.find_row(3)).group == "good"
    assert changed == []


def test_new_clusters_get_their_amplitude_in_the_background(panel, session, qtbot):
    merged = session.merge([3, 4]).added[0]
    model = panel.list.cluster_model
    qtbot.waitUntil(lambda: model.line(model.find_row(merged)).value("amplitude") > 0)


def test_without_raw_data_the_amplitude_stays_a_dash(qtbot):
    panel = ClustersPanel(light_session(with_raw=False))
    qtbot.addWidget(panel)
    model = panel.list.cluster_model
    assert {model.data(model.index(place, 6)) for place in range(8)} == {"–"}
    panel.set_session(None)


def test_without_a_session_it_invites(qtbot):
    panel = ClustersPanel()
    qtbot.addWidget(panel)
    assert panel.page.text == "Open a Kwik file to begin: File > Open, or drop it here."


def test_an_error_shows_in_the_panel_and_the_session_goes_on(panel, session, monkeypatch):
    def gone(*_, **__):
        raise OSError("gone")

    monkeypatch.setattr("napari_phy.widgets.lists.clusters_panel.compute_cluster_table", gone)
    session.move([3], "good")
    assert session.manager.group(3) == "good"
    assert panel.page.text == "The list could not be computed. gone"


def test_letting_go_disconnects(panel, session):
    n_before = len(session.selection.changed) + len(session.manager.changed)
    panel.set_session(None)
    assert len(session.selection.changed) + len(session.manager.changed) == n_before - 2
    session.merge([3, 4])
    assert panel.cluster_ids == []
