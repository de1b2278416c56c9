"""Rows in groups: under any edits, sorts, filters and folds they are the rows of the flat list; keys pass headings."""

import csv
import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QAbstractItemModelTester, QTest
from qtpy.QtWidgets import QApplication, QMenu
from widgets.light_session import light_session
from widgets.lists.rows import make_row
from widgets.svg_reading import Svg

from napari_phy.core.errors import ClusteringError
from napari_phy.widgets.lists.cluster_columns import Row, cluster_columns
from napari_phy.widgets.lists.cluster_model import ClusterModel, Heading
from napari_phy.widgets.lists.clusters_panel import ClustersPanel

CLUSTER_COLUMNS = cluster_columns()
LEFT, PLAIN, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
GROUPS = ("noise", "mua", "good", "unsorted", "axon", "bursting")
IN_ORDER = ("good", "mua", "unsorted", "noise", "axon", "bursting")


def row(cluster, n_spikes, group):
    return make_row(cluster, n_spikes, group)


clusters = st.dictionaries(st.integers(0, 20), st.tuples(st.integers(0, 9), st.sampled_from(GROUPS)))
steps = st.one_of(
    st.tuples(st.just("set_rows"), clusters),
    st.tuples(st.just("put"), clusters),
    st.tuples(st.just("remove"), st.sets(st.integers(0, 20))),
    st.tuples(st.just("sort"), st.tuples(st.sampled_from([0, 1, 4]), st.booleans())),
    st.tuples(st.just("fold"), st.sets(st.sampled_from(GROUPS))),
    st.tuples(st.just("groups"), st.booleans()),
)


def do(model, kind, value):
    if kind == "set_rows":
        model.set_rows([row(cluster, *values) for cluster, values in value.items()])
    elif kind == "put":
        model.put([row(cluster, *values) for cluster, values in value.items()])
    elif kind == "remove":
        model.remove(value)
    elif kind == "sort":
        model.sort(value[0], Qt.SortOrder.DescendingOrder if value[1] else Qt.SortOrder.AscendingOrder)
    elif kind == "fold":
        model.show_groups(model.in_groups, value)
    else:
        model.show_groups(value, model.folded)


@given(st.lists(steps, min_size=1, max_size=12))
def test_the_rows_of_the_groups_are_those_of_the_flat_list_whatever_is_done(taken):
    flat, model = ClusterModel(CLUSTER_COLUMNS, "spikes"), ClusterModel(CLUSTER_COLUMNS, "spikes")
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_groups(True)
    followed = {}
    for kind, value in taken:
        do(model, kind, value)
        if kind not in ("fold", "groups"):
            do(flat, kind, value)
        lines = [model.line(place) for place in range(model.rowCount())]
        groups = {group: [one for one in flat.rows if one.group == group] for group in IN_ORDER}
        in_order = [one for group in IN_ORDER for one in groups[group]] if model.in_groups else list(flat.rows)
        assert list(model.rows) == in_order
        if model.in_groups:
            assert [line for line in lines if isinstance(line, Heading)] == [
                Heading(group, len(rows), group in model.folded) for group, rows in groups.items() if rows
            ]
        shown = [one for one in in_order if not (model.in_groups and one.group in model.folded)]
        assert [line for line in lines if isinstance(line, Row)] == shown
        assert [one for one in model.rows if not model.is_away(one.cluster_id)] == shown
        for one in model.rows:
            assert model.group_of(one.cluster_id) == one.group
            place = model.find_row(one.cluster_id)
            assert (place is None) == (one not in shown)
            assert place is None or lines[place] == one
        for cluster, index in followed.items():
            assert not index.isValid() or model.line(index.row()).cluster_id == cluster
        followed = {one.cluster_id: _persistent(model, one.cluster_id) for one in shown}
    del tester


def _persistent(model, cluster):
    return QPersistentModelIndex(model.index(model.find_row(cluster), 0))


@pytest.fixture
def session():
    session = light_session(with_raw=False)  # 0 good, 1 mua, 2 noise, others unsorted
    session.move([5, 6], "good")
    return session


@pytest.fixture
def panel(session, qtbot):
    panel = ClustersPanel(session)
    qtbot.addWidget(panel)
    panel.resize(434, 400)
    panel.show()
    panel.set_groups(True)
    yield panel
    panel.set_session(None)


def lines(panel):
    model = panel.list.cluster_model
    shown = [model.line(place) for place in range(model.rowCount())]
    return [line.title if isinstance(line, Heading) else line.cluster_id for line in shown]


def click(panel, line, modifier=PLAIN):
    view = panel.list
    place = view.visualRect(view.cluster_model.index(lines(panel).index(line), 1)).center()
    QTest.mouseClick(view.viewport(), LEFT, modifier, place)


def by_size(session, *clusters):
    return sorted(clusters, key=lambda cluster: (-session.manager.n_spikes(cluster), cluster))


def test_rows_stand_under_headings_sorted_within_each_group(panel, session):
    good, unsorted = by_size(session, 0, 5, 6), by_size(session, 3, 4, 7)
    assert lines(panel) == ["Good", *good, "MUA", 1, "Unsorted", *unsorted, "Noise", 2]
    panel.list.cluster_model.sort(0, Qt.SortOrder.DescendingOrder)
    assert lines(panel) == ["Good", 6, 5, 0, "MUA", 1, "Unsorted", 7, 4, 3, "Noise", 2]


def test_moves_and_undo_put_rows_where_they_belong(panel, session):
    before = lines(panel)
    session.move([2], "axon")
    assert lines(panel)[-2:] == ["axon", 2]
    assert "Noise" not in lines(panel)
    merged = session.merge([3, 4]).added[0]
    assert set(lines(panel)[-4:-2]) == {7, merged}
    session.undo()
    session.undo()
    assert lines(panel) == before


def test_the_filter_hides_headings_without_rows(panel):
    panel.set_filter("id in (1, 5)")
    assert lines(panel) == ["Good", 5, "MUA", 1]
    assert panel.count_label.text() == "2 of 8 clusters"


def test_a_click_on_a_heading_folds_it_and_another_shows_it(panel, session):
    before, chosen = lines(panel), session.selection.clusters
    click(panel, "Good")
    assert lines(panel) == [line for line in before if line not in (0, 5, 6)]
    assert panel.cluster_ids == [line for line in before if isinstance(line, int)]
    assert panel.count_label.text().startswith("8 clusters")
    click(panel, "Good")
    assert lines(panel) == before
    assert session.selection.clusters == chosen


def test_a_double_click_on_a_heading_is_one(panel):
    view, before = panel.list, lines(panel)
    click(panel, "Good")
    place = QPointF(view.visualRect(view.cluster_model.index(0, 1)).center())
    second = QMouseEvent(QEvent.Type.MouseButtonDblClick, place, place, LEFT, LEFT, PLAIN)
    QApplication.sendEvent(view.viewport(), second)
    assert lines(panel) == [line for line in before if line not in (0, 5, 6)]


def test_what_is_selected_and_folded_away_stays_selected_and_its_heading_has_the_chips(panel, session):
    click(panel, 5)
    click(panel, 6, Qt.KeyboardModifier.ControlModifier)
    click(panel, "Good")
    assert session.selection.clusters == (5, 6)
    assert panel.list.cluster_model.chips(0) == [0, 1]
    click(panel, 4, Qt.KeyboardModifier.ControlModifier)
    assert session.selection.clusters == (5, 6, 4)
    click(panel, "Good")
    assert set(panel.list.shown_selection) == {4, 5, 6}
    assert panel.list.cluster_model.chips(0) == []
    click(panel, "Good")
    click(panel, 4)
    assert session.selection.clusters == (4,)


def test_the_heading_of_what_is_selected_and_folded_away_comes_into_sight(qtbot):
    session = light_session(60, 1200, with_raw=False, cluster_groups=dict.fromkeys(range(50), "good"))
    panel = ClustersPanel(session)
    qtbot.addWidget(panel)
    panel.resize(434, 300)
    panel.show()
    panel.set_groups(True)
    panel.list.fold("unsorted", True)
    heading = panel.list.cluster_model.index(51, 0)
    assert panel.list.visualRect(heading).top() > panel.list.viewport().height()
    session.selection.select([55])
    assert panel.list.viewport().rect().contains(panel.list.visualRect(heading).center())
    panel.list.scrollToTop()
    panel.list.fold("mua", True)
    assert panel.list.verticalScrollBar().value() == 0  # who scrolls away stays there
    panel.set_session(None)


def test_arrows_fold_the_group_of_the_best_cluster_and_with_shift_all(panel, session):
    before = lines(panel)
    click(panel, 5)
    QTest.keyClick(panel.list, Qt.Key.Key_Left)
    assert lines(panel) == [line for line in before if line not in (0, 5, 6)]
    assert session.selection.clusters == (5,)
    QTest.keyClick(panel.list, Qt.Key.Key_Left)
    assert "Good" in lines(panel)
    assert 5 not in lines(panel)
    QTest.keyClick(panel.list, Qt.Key.Key_Right)
    assert lines(panel) == before
    QTest.keyClick(panel.list, Qt.Key.Key_Left, SHIFT)
    assert lines(panel) == ["Good", "MUA", "Unsorted", "Noise"]
    QTest.keyClick(panel.list, Qt.Key.Key_Right, SHIFT)
    assert lines(panel) == before
    assert session.selection.clusters == (5,)


def test_keys_go_through_rows_that_are_shown(panel, session):
    panel.list.cluster_model.sort(0, Qt.SortOrder.AscendingOrder)
    assert panel.walked_ids == [0, 5, 6, 1, 3, 4, 7, 2]
    panel.list.fold("unsorted", True)
    assert panel.walked_ids == [0, 5, 6, 1, 2]
    session.selection.select([4])
    assert panel.walked_ids == [0, 5, 6, 1, 4, 2]  # from where it is, keys go on to what is shown
    session.selection.select([6])
    QTest.keyClick(panel.list, Qt.Key.Key_Down, SHIFT)  # past the headings
    QTest.keyClick(panel.list, Qt.Key.Key_Down, SHIFT)
    assert session.selection.clusters == (6, 1, 2)


def test_a_range_of_rows_does_not_choose_headings_nor_what_is_folded_away(panel, session):
    panel.list.cluster_model.sort(0, Qt.SortOrder.AscendingOrder)
    panel.list.fold("mua", True)
    click(panel, 6)
    click(panel, 3, SHIFT)
    assert session.selection.clusters == (6, 3)


def test_groups_and_folds_are_remembered(panel, session, qtbot):
    kept = []
    panel.options_changed.connect(lambda: kept.append(panel.options()))
    click(panel, "Noise")
    assert kept[-1]["in_groups"] is True
    assert kept[-1]["folded"] == ["noise"]
    other = ClustersPanel(session)
    qtbot.addWidget(other)
    other.set_options({**kept[-1]})
    assert lines(other) == lines(panel)
    other.set_options({"in_groups": "yes", "folded": [3]})
    assert lines(other) == lines(panel)
    other.set_session(None)


def test_the_menus_offer_it(panel):
    entry = next(action for action in panel.header.more_menu.actions() if action.text() == "Show in groups")
    assert entry.isChecked()
    entry.trigger()
    assert panel.list.cluster_model.rowCount() == 8
    menu = QMenu(panel)
    panel.list.fill_header_menu(menu)
    assert entry in menu.actions()


def test_the_menu_of_columns_stays_open_while_columns_are_ticked(panel, qtbot):
    menu = next(action.menu() for action in panel.header.more_menu.actions() if action.text() == "Columns")
    menu.popup(panel.mapToGlobal(panel.rect().topLeft()))
    ticks, usual = [action for action in menu.actions() if action.isCheckable()], menu.actions()[-1]
    before = [tick.isChecked() for tick in ticks]

    def click(entry):
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())

    for tick in ticks[:3]:
        click(tick)
        assert menu.isVisible()
    assert [tick.isChecked() for tick in ticks] == [not was for was in before[:3]] + before[3:]
    assert list(panel.list.chosen_columns.values()) == [not was for was in before[:3]]
    click(usual)
    assert not menu.isVisible()
    assert panel.list.chosen_columns == {}


def test_the_saved_list_has_the_order_shown_also_of_what_is_folded_away(panel, tmp_path):
    panel.list.fold("good", True)
    panel.save_table(tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(newline="", encoding="utf-8") as file:
        saved = [int(line["id"]) for line in csv.DictReader(file)]
    assert saved == panel.cluster_ids
    assert set(saved[:3]) == {0, 5, 6}


def test_a_heading_is_painted_in_its_group_s_colour_over_all_columns(panel, session):
    session.add_group("axon", "#ff00ff")
    session.move([7], "axon")
    view, place = panel.list, lines(panel).index("axon")
    image = view.viewport().grab().toImage()
    rect = view.visualRect(view.cluster_model.index(place, 0))
    y = rect.center().y()
    colors = {image.pixelColor(x, y).name() for x in range(rect.left(), rect.left() + 40)}
    assert "#ff00ff" in colors
    assert image.pixelColor(view.viewport().width() - 3, rect.top() + 3) == view.theme.color("panel")


def test_a_long_name_is_cut_short_before_the_count(panel, session):
    session.move([7], "axons of neurons that nobody has ever seen before, at least not in this part of the brain")
    texts = Svg(panel.figure().svg()).texts
    assert any(text.startswith("axons") and text.endswith("…") for text in texts)
    counts = [mark for mark in Svg(panel.figure().svg()).all("text") if mark.text == "1"]
    assert max(mark.points[0][0] for mark in counts) < panel.list.viewport().width() - 10
    tips = [panel.list.cluster_model.index(place, 0).data(Qt.ItemDataRole.ToolTipRole) for place in (0, 11)]
    assert tips[0] == "Good: click to fold away 3 clusters (←)"
    assert tips[1].endswith("part of the brain: click to fold away 1 cluster (←)")


def test_nothing_but_folds_comes_of_a_press_on_a_heading(panel, session):
    session.selection.select([4])
    view = panel.list
    place = view.visualRect(view.cluster_model.index(0, 1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, PLAIN, place)
    assert lines(panel)[1] != "MUA"
    assert session.selection.clusters == (4,)
    assert not view.cluster_model.flags(QModelIndex()) & Qt.ItemFlag.ItemIsSelectable
    assert view.indexAt(place).flags() == Qt.ItemFlag.NoItemFlags


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_after_any_edits_filters_folds_and_clicks_it_is_as_a_fresh_list(session, qtbot, panel, seed):
    rng = random.Random(seed)
    for _ in range(80):
        ids = session.manager.cluster_ids.tolist()
        some = rng.sample(ids, 2)
        act = rng.choice(["merge", "split", "undo", "redo", "move", "label", "filter", "fold", "click", "sort", "flat"])
        with suppress(ClusteringError):  # they are in that group already
            if act == "merge" and len(ids) > 4:
                session.merge(some)
            elif act == "split" and session.manager.n_spikes(some[0]) > 2:
                session.split(session.manager.spikes(some[0])[::2])
            elif act in ("undo", "redo"):
                getattr(session, act)()
            elif act == "move":
                session.move(some, rng.choice(GROUPS))
            elif act == "label":
                session.label(some, "note", rng.choice(["a", "b", None]))
        if act == "filter":
            panel.set_filter(rng.choice(["", "spikes > 100", 'group == "unsorted"', "id in (0, 2, 9)"]))
        elif act == "fold":
            panel.list.fold(rng.choice(GROUPS), rng.random() < 0.6)
        elif act == "flat":
            panel.set_groups(rng.random() < 0.3)
        elif act == "sort":
            panel.list.cluster_model.sort(rng.choice([0, 1, 4]), rng.choice(list(Qt.SortOrder)))
        elif act == "click" and lines(panel):
            click(panel, rng.choice(lines(panel)), rng.choice([PLAIN, SHIFT, Qt.KeyboardModifier.ControlModifier]))
        best = set(session.selection.best)
        assert set(panel.list.shown_selection) == best & {line for line in lines(panel) if isinstance(line, int)}
    model, fresh = panel.list.cluster_model, ClustersPanel(session)
    qtbot.addWidget(fresh)
    fresh.list.cluster_model.sort(model.sort_column, Qt.SortOrder(int(model.descending)))
    fresh.set_options(panel.options())
    assert lines(fresh) == lines(panel)
    assert fresh.walked_ids == panel.walked_ids
    fresh.set_session(None)
