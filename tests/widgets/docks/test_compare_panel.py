"""Compare: what differs from a second curation, walked through and taken over by clicks."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QColor
from qtpy.QtTest import QTest
from widgets.light_session import light_session
from widgets.svg_reading import Svg

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.session.comparison import Curation
from napari_phy.widgets.docks.compare_panel import NO_SECOND, ComparePanel
from napari_phy.widgets.docks.difference_table import BY, WORDS

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot):
    session = light_session()
    panel = ComparePanel(session)
    qtbot.addWidget(panel)
    panel.resize(420, 520)
    panel.show()
    return panel


def compare_with_theirs(qtbot, panel):
    """Have theirs split 3, merge 4 and 5 and move 6; ours merges 1 and 2 and splits 7, which they split otherwise."""
    session = panel.session
    base = session.opened.snapshot().clustering
    theirs = ClusterManager(base.spike_clusters, base.cluster_groups)
    theirs.split(theirs.spikes(3)[:4])
    theirs.merge([4, 5])
    theirs.move([6], "mua")
    theirs.split(theirs.spikes(7)[:2])
    session.merge([1, 2])
    session.split(session.manager.spikes(7)[1:4])
    stored = ClusterManager(theirs.spike_clusters, theirs.cluster_groups)
    session.comparison.open(Curation("main of theirs.kwik", stored, base, "original"))
    settle(qtbot, panel)


def settle(qtbot, panel):
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)


def rows(panel):
    table = panel.page.table.differences
    return [(table.text(row, BY), table.text(row, WORDS)) for row in range(table.rowCount())]


def push(qtbot, panel, button):
    assert button.isEnabled()
    QTest.mouseClick(button, LEFT)
    settle(qtbot, panel)


def click_row(qtbot, panel, row):
    table = panel.page.table
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.differences.index(row, WORDS)).center())
    settle(qtbot, panel)


def test_without_a_second_curation_it_offers_to_open_one(panel, qtbot):
    qtbot.waitUntil(lambda: NO_SECOND in panel.stack.page.text)
    assert [button.text() for button in panel.stack.page.buttons] == ["File or journal…"]


def test_differences_are_listed_taken_and_kept(panel, qtbot):
    compare_with_theirs(qtbot, panel)
    session, page = panel.session, panel.page
    assert {by for by, _ in rows(panel)} == {"theirs", "conflict", "mine"}
    theirs = [words for by, words in rows(panel) if by == "theirs"]
    assert len(theirs) == 3
    assert any(words.startswith("Merge 4 and 5 → ") for words in theirs)
    assert "Move 6 to mua (here unsorted)" in theirs
    assert page.agreement.text().startswith("Agreement ")
    assert page.base.text() == "Common base: original."
    assert page.take_all.text() == "Take all 3"
    split = next(row for row, (_, words) in enumerate(rows(panel)) if words.startswith("Split 3 → "))
    spikes = session.manager.spikes(3)
    click_row(qtbot, panel, split)
    assert session.selection.clusters == (3,)
    assert session.selection.spikes.tolist() == spikes[:4].tolist()
    n_done = session.manager.n_done
    push(qtbot, panel, page.take)
    assert session.manager.n_done == n_done + 1
    assert len(set(session.manager.clusters_of(spikes[:4]).tolist())) == 1
    assert len(rows(panel)) == 4
    push(qtbot, panel, page.next)
    chosen = page.table.chosen_difference
    push(qtbot, panel, page.keep)
    assert chosen in session.comparison.kept
    assert page.take_all.text() == "Take all 1"
    push(qtbot, panel, page.take_all)
    assert [by for by, _ in rows(panel)] == ["kept", "conflict", "mine"]
    assert not page.take_all.isEnabled()
    click_row(qtbot, panel, 0)
    assert page.keep.text() == "Reconsider"
    push(qtbot, panel, page.keep)
    assert rows(panel)[0][0] == "theirs"
    while session.manager.n_done > n_done:
        session.undo()
    settle(qtbot, panel)
    assert page.take_all.text() == "Take all 3"
    session.comparison.close()
    qtbot.waitUntil(lambda: NO_SECOND in panel.stack.page.text)


def test_a_click_in_the_matrix_goes_to_the_difference_of_the_cluster(panel, qtbot):
    compare_with_theirs(qtbot, panel)
    matrix = panel.data.matrix
    assert len(matrix.levels) == max(len(matrix.ours), len(matrix.theirs))
    frame = panel.frame(panel.plot.size(), panel.theme)
    row = matrix.ours.tolist().index(4)
    QTest.mouseClick(panel.plot, LEFT, pos=QPointF(*frame.cell(row, row).center).toPoint())
    assert panel.page.table.chosen_difference.ours == (4, 5)
    assert panel.session.selection.clusters == (4, 5)
    same = next(int(one) for one in matrix.ours if not any(int(one) in d.ours for d in panel.data.compared.differences))
    row = matrix.ours.tolist().index(same)
    QTest.mouseMove(panel.plot, QPointF(*frame.cell(row, row).center).toPoint())
    QTest.mouseClick(panel.plot, LEFT, pos=QPointF(*frame.cell(row, row).center).toPoint())
    assert panel.session.selection.clusters == (same,)
    assert panel.read_out(*frame.cell(row, row).center).startswith(f"{same} here, ")
    assert panel.read_out(1, 1) == ""


def test_a_cell_of_a_cluster_that_was_rearranged_selects_the_spikes_of_theirs_to_be_split_off(panel, qtbot):
    compare_with_theirs(qtbot, panel)
    matrix, session = panel.data.matrix, panel.session
    conflict = next(one for one in panel.data.compared.differences if one.changed_by == "both")
    theirs = session.comparison.curation.clustering.spike_clusters
    other = min(conflict.theirs, key=lambda one: int((theirs == one).sum()))
    column = matrix.theirs.tolist().index(other)
    row = next(row for row, one in matrix.counts if one == column)
    frame = panel.frame(panel.plot.size(), panel.theme)
    QTest.mouseClick(panel.plot, LEFT, pos=QPointF(*frame.cell(row, column).center).toPoint())
    assert session.selection.clusters == conflict.ours
    assert session.selection.spikes.tolist() == np.flatnonzero(theirs == other).tolist()
    new = session.split(session.selection.spikes).added[0]
    assert session.manager.spikes(new).tolist() == np.flatnonzero(theirs == other).tolist()


def test_the_wheel_zooms_and_a_double_click_shows_all(panel, qtbot):
    compare_with_theirs(qtbot, panel)
    n = len(panel.data.matrix.levels)
    frame = panel.frame(panel.plot.size(), panel.theme)
    assert frame.span == n
    place = QPointF(*frame.cell(3, 3).center)
    panel.plot.mouse.scrolled.emit(place, 2, Qt.KeyboardModifier.NoModifier)
    zoomed = panel.frame(panel.plot.size(), panel.theme)
    assert zoomed.span < n
    assert zoomed.cell_at(place.x(), place.y()) == (3, 3)
    panel.plot.mouse.dragged.emit(1000, 1000)
    moved = panel.frame(panel.plot.size(), panel.theme)
    assert (moved.first_row, moved.first_column, moved.span) == (0, 0, zoomed.span)
    panel.session.merge(panel.session.manager.cluster_ids)  # one cluster is left here, theirs stay
    settle(qtbot, panel)
    panel.plot.mouse.double_clicked.emit(place)
    assert panel.frame(panel.plot.size(), panel.theme).span == len(panel.data.matrix.levels)
    panel.grab()


def test_keys_step_through_the_list_and_the_shape_follows_the_dock(panel, qtbot):
    compare_with_theirs(qtbot, panel)
    table = panel.page.table
    table.setFocus()
    for key, row in ((Qt.Key.Key_Down, 0), (Qt.Key.Key_Down, 1), (Qt.Key.Key_Up, 0), (Qt.Key.Key_Up, 0)):
        QTest.keyClick(table, key)
        assert table.chosen_row == row
    assert panel.page.split.orientation() == Qt.Orientation.Vertical
    panel.resize(900, 320)
    qtbot.waitUntil(lambda: panel.page.split.orientation() == Qt.Orientation.Horizontal)
    image = panel.plot.grab().toImage()
    frame = panel.frame(panel.plot.size(), panel.theme)
    middle = QPoint(*(round(one) for one in frame.cell(0, 0).center))
    ink = image.pixelColor(middle * image.devicePixelRatio())
    assert ink != QColor(panel.theme.view)
    assert panel.figure() is not None
    assert np.array_equal(panel.data.matrix.ours, panel.session.manager.cluster_ids)


def test_words_are_whole_in_a_narrow_dock(panel, qtbot):
    compare_with_theirs(qtbot, panel)
    table = panel.page.table
    usual = table.verticalHeader().defaultSectionSize()
    heights = {}
    for width in (420, 225):
        panel.resize(width, 520)
        qtbot.waitUntil(lambda: sum(table.columnWidth(column) for column in range(3)) <= table.viewport().width())
        heights[width] = [table.rowHeight(row) for row in range(table.differences.rowCount())]
        for row, height in enumerate(heights[width]):
            words, metrics = table.differences.text(row, WORDS), table.fontMetrics()
            n_lines = 1 + (height - usual) // metrics.lineSpacing()
            assert metrics.horizontalAdvance(words) <= n_lines * table.columnWidth(WORDS)
    assert set(heights[420]) == {usual}
    assert max(heights[225]) > usual


def test_the_matrix_has_the_ids_of_yours_beside_rows_and_of_theirs_below_columns(panel, qtbot, tmp_path):
    compare_with_theirs(qtbot, panel)
    panel.save_picture(str(tmp_path / "compare.svg"))
    words = {mark.text for mark in Svg((tmp_path / "compare.svg").read_bytes()).marks}
    matrix = panel.data.matrix
    assert {str(cluster) for cluster in (*matrix.ours.tolist(), *matrix.theirs.tolist())} <= words
