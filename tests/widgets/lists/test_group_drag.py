"""Selected rows are dragged onto a group; a click on one of them is still a click."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from widgets.light_session import light_session

from napari_phy.widgets.lists.cluster_columns import Row
from napari_phy.widgets.lists.clusters_panel import ClustersPanel

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def session():
    session = light_session(with_raw=False)
    session.add_group("axon & dendrite", "#ff0000")
    return session


@pytest.fixture
def panel(session, qtbot):
    panel = ClustersPanel(session)
    qtbot.addWidget(panel)
    panel.resize(434, 500)
    panel.show()
    panel.move_requested.connect(session.move)
    yield panel
    panel.set_session(None)


def place_of(panel, cluster):
    view = panel.list
    return view.visualRect(view.cluster_model.index(view.cluster_model.find_row(cluster), 1)).center()


def drag(panel, cluster, group):
    """Press on the row of a cluster and release over a group, or where there is none."""
    viewport, start = panel.list.viewport(), place_of(panel, cluster)
    QTest.mousePress(viewport, LEFT, PLAIN, start)
    QTest.mouseMove(viewport, start + QPoint(3, 20))
    targets = panel.drag.targets
    assert targets.isVisible()
    over = QPoint(5, 5)
    if group is not None:
        row = targets._rows[group]
        over = viewport.mapFromGlobal(row.mapToGlobal(row.rect().center()))
    QTest.mouseMove(viewport, over)
    assert targets.target == group
    QTest.mouseRelease(viewport, LEFT, PLAIN, over)
    assert not targets.isVisible()


def test_selected_rows_go_to_the_group_they_are_dropped_on(panel, session):
    session.selection.select([4, 6], n_best=2)
    drag(panel, 6, "axon & dendrite")
    assert [session.manager.group(cluster) for cluster in (4, 5, 6)] == [
        "axon & dendrite",
        "unsorted",
        "axon & dendrite",
    ]
    session.undo()
    session.selection.select([4])
    drag(panel, 4, "good")
    assert [session.manager.group(cluster) for cluster in (4, 6)] == ["good", "unsorted"]


def test_dropped_elsewhere_nothing_is_moved(panel, session):
    session.selection.select([4, 6], n_best=2)
    n_before = session.manager.n_done
    drag(panel, 4, None)
    assert session.manager.n_done == n_before
    assert session.selection.clusters == (4, 6)


def test_a_click_on_a_selected_row_selects_it_alone(panel, session):
    session.selection.select([4, 6, 3], n_best=2)
    QTest.mouseClick(panel.list.viewport(), LEFT, PLAIN, place_of(panel, 6))
    assert session.selection.clusters == (6,)
    assert not panel.drag.targets.isVisible()


@pytest.mark.parametrize("onto", ["row", "heading"])
def test_in_groups_rows_and_headings_take_what_is_dropped_on_them(panel, session, onto):
    session.selection.select([4, 5], n_best=2)
    drag(panel, 5, None)
    panel.set_groups(True)
    session.selection.select([4])
    view, targets = panel.list, panel.drag.targets
    lines = [view.cluster_model.line(place) for place in range(view.cluster_model.rowCount())]
    places = {
        line.group: view.visualRect(view.cluster_model.index(place, 1)).center()
        for place, line in enumerate(lines)
        if isinstance(line, Row) == (onto == "row") and view.visualRect(view.cluster_model.index(place, 1)).top() < 250
    }
    assert {"good", "mua", "unsorted"} <= set(places)
    start = place_of(panel, 4)
    QTest.mousePress(view.viewport(), LEFT, PLAIN, start)
    QTest.mouseMove(view.viewport(), start + QPoint(3, 20))
    for group, place in places.items():
        QTest.mouseMove(view.viewport(), place)
        assert targets.target == (None if group == "unsorted" else group)  # where it is already
    QTest.mouseMove(view.viewport(), places["mua"])
    QTest.mouseRelease(view.viewport(), LEFT, PLAIN, places["mua"])
    assert session.manager.group(4) == "mua"
    assert view.cluster_model.folded == frozenset()
