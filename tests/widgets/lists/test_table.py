"""A list of clusters: rows, order, selection, widths."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QEvent, QObject, QPoint, QRect, Qt
from qtpy.QtGui import QFontMetricsF
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from widgets.lists.rows import make_row as row

from napari_phy.core.colors import selection_color
from napari_phy.table.numbers import THIN_SPACE
from napari_phy.widgets.base.plain_table import CHIP_PX
from napari_phy.widgets.lists.cluster_columns import GROUP, cluster_columns, label_columns, similar_columns
from napari_phy.widgets.lists.cluster_model import ClusterModel, runs_of
from napari_phy.widgets.lists.table import ClusterList

CLUSTER_COLUMNS, SIMILAR_COLUMNS = (
    tuple(column for column in columns if column.is_usual) for columns in (cluster_columns(), similar_columns())
)
N_COLUMNS = len(CLUSTER_COLUMNS)


@pytest.fixture
def model():
    return ClusterModel(CLUSTER_COLUMNS, "spikes")


@pytest.fixture
def view(qtbot):
    view = ClusterList(CLUSTER_COLUMNS, "spikes")
    qtbot.addWidget(view)
    view.resize(434, 300)
    view.show()
    view.cluster_model.set_rows([row(c, 100 - c) for c in range(8)])
    return view


def texts(model, place):
    return [model.data(model.index(place, column)) for column in range(model.columnCount())]


def test_a_row_reads_as_on_the_ux_page(model):
    model.set_rows([row(20, 7444, depth=270.4, rate=4.32, amplitude=104.2, refractory=7.44)])
    assert texts(model, 0) == ["20", "unsorted", "4", "270", f"7{THIN_SPACE}444", "4.3", "104", "7.4"]


def test_what_is_unknown_is_a_dash(model):
    model.set_rows([row(1, channel=math.nan, depth=math.nan, amplitude=math.nan, refractory=math.nan)])
    assert texts(model, 0)[2:] == ["–", "–", "10", "4.3", "–", "–"]


def test_similarity_below_half_a_per_cent_is_a_dash():
    model = ClusterModel(SIMILAR_COLUMNS, "similar")
    model.set_rows([row(7, similarity=0.987)])
    assert texts(model, 0)[1] == "0.99"
    model.set_rows([row(7, similarity=0.004)])
    assert texts(model, 0)[1] == "–"


def test_largest_first_and_the_arrow_before_the_word(model):
    model.set_rows([row(1, 5), row(2, 50), row(3, 20)])
    assert model.cluster_ids == [2, 3, 1]
    header = [model.headerData(c, Qt.Orientation.Horizontal) for c in range(N_COLUMNS)]
    assert header == ["id", "group", "ch", "depth", "▾ spikes", "rate", "amp", "refr."]
    model.sort(4, Qt.SortOrder.AscendingOrder)
    assert model.cluster_ids == [1, 3, 2]
    assert model.headerData(4, Qt.Orientation.Horizontal) == "▴ spikes"


def test_unknown_values_stay_last_in_both_orders(model):
    model.set_rows([row(1, amplitude=math.nan), row(2, amplitude=5.0), row(3, amplitude=9.0)])
    model.sort(6, Qt.SortOrder.DescendingOrder)
    assert model.cluster_ids == [3, 2, 1]
    model.sort(6, Qt.SortOrder.AscendingOrder)
    assert model.cluster_ids == [2, 3, 1]


def test_groups_sort_good_mua_noise_unsorted_then_own(model):
    groups = ["unsorted", "noise", "axon", "good", "mua", "bursting"]
    model.set_rows([row(c, group=group) for c, group in enumerate(groups)])
    model.sort(1, Qt.SortOrder.AscendingOrder)
    assert [model.line(place).group for place in range(6)] == ["good", "mua", "noise", "unsorted", "axon", "bursting"]


def test_units_are_in_the_header_tooltip(model):
    model.unit = "a.u."
    tips = [model.headerData(c, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) for c in range(N_COLUMNS)]
    assert [tip.partition("\n")[0] for tip in tips[3:]] == [
        "Depth (µm)", "Number of spikes", "Mean firing rate (Hz)", "Amplitude (a.u.)", "Intervals within 2 ms (%)",
    ]  # fmt: skip
    assert tips[6].endswith("\nPeak to peak of the mean waveform × mask on the best channel; single spikes differ")


def test_an_edit_touches_only_its_rows(model, qtbot):
    model.set_rows([row(c, 100 - c) for c in range(6)])
    removed, inserted, reset = [], [], []
    model.rowsRemoved.connect(lambda _p, first, last: removed.append((first, last)))
    model.rowsInserted.connect(lambda _p, first, last: inserted.append((first, last)))
    model.layoutChanged.connect(lambda *_: reset.append("layout"))
    model.modelReset.connect(lambda: reset.append("reset"))
    model.remove([1, 2])
    model.put([row(9, 97)])
    assert removed == [(1, 2)]
    assert inserted == [(2, 2)]
    assert reset == []
    assert model.cluster_ids == [0, 3, 9, 4, 5]


@given(
    st.lists(st.dictionaries(st.integers(0, 12), st.integers(0, 9)), min_size=1, max_size=6),
    st.sampled_from([0, 4]),
    st.booleans(),
)
def test_after_any_updates_the_rows_are_those_asked_for_in_order(states, column, descending):
    model = ClusterModel(CLUSTER_COLUMNS, "spikes")
    model.sort(column, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)
    for state in states:
        model.set_rows([row(cluster, n_spikes) for cluster, n_spikes in state.items()])
        sign = -1 if descending else 1
        expected = sorted(state, key=lambda c: (sign * (c if column == 0 else state[c]), c))
        assert model.cluster_ids == expected
        assert [model.find_row(cluster) for cluster in expected] == list(range(len(expected)))


def test_runs():
    assert runs_of([0, 1, 2, 5, 7, 8]) == [(0, 2), (5, 5), (7, 8)]
    assert runs_of([]) == []


def click(view, cluster, modifiers=Qt.KeyboardModifier.NoModifier):
    place = view.cluster_model.find_row(cluster)
    center = view.visualRect(view.cluster_model.index(place, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifiers, center)


@pytest.fixture
def chosen(view):
    chosen = []
    view.chosen.connect(chosen.append)
    return chosen


def test_click_ctrl_click_and_shift_click_choose_in_order(view, chosen):
    click(view, 5)
    click(view, 2, Qt.KeyboardModifier.ControlModifier)
    click(view, 0, Qt.KeyboardModifier.ControlModifier)
    click(view, 2, Qt.KeyboardModifier.ControlModifier)
    assert chosen == [[5], [5, 2], [5, 2, 0], [5, 0]]
    click(view, 3)
    click(view, 6, Qt.KeyboardModifier.ShiftModifier)
    assert chosen[-1] == [3, 4, 5, 6]


def test_shift_with_an_arrow_extends(view, chosen):
    click(view, 3)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert chosen[-1] == [3, 4, 5]


def test_letters_never_search(view, chosen):
    click(view, 3)
    QTest.keyClicks(view, "15")
    assert chosen == [[3]]


def test_showing_a_selection_says_nothing_back(view, chosen):
    view.show_selection([4, 6])
    assert view.shown_selection == (4, 6)
    assert chosen == []


def test_the_selection_stays_with_its_clusters_through_sorting_and_edits(view, chosen):
    view.show_selection([2, 5])
    view.cluster_model.sort(0, Qt.SortOrder.DescendingOrder)
    view.cluster_model.remove([3, 4])
    view.cluster_model.put([row(30), row(1, 1000)])
    assert set(view.shown_selection) == {2, 5}
    assert chosen == []


def test_an_edit_keeps_the_scroll_position(view):
    view.cluster_model.set_rows([row(c, 1000 - c) for c in range(200)])
    view.verticalScrollBar().setValue(2200)
    top = view.rowAt(0)
    cluster = view.cluster_model.line(top).cluster_id
    view.cluster_model.remove([180, 181])
    view.cluster_model.put([row(300, 1)])
    assert view.cluster_model.line(view.rowAt(0)).cluster_id == cluster


def test_a_header_click_sorts_and_a_second_one_turns_round(view):
    header = view.horizontalHeader()

    def click_header(section):
        place = header.sectionViewportPosition(section) + 10
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place, 8))

    click_header(0)
    assert view.cluster_model.cluster_ids == list(range(8))
    click_header(0)
    assert view.cluster_model.cluster_ids == list(range(7, -1, -1))


def shown_columns(view):
    return [c.key for place, c in enumerate(CLUSTER_COLUMNS) if not view.isColumnHidden(place)]


def in_sight(view):
    """Return the columns that are wholly in sight, from the left."""
    header, columns = view.horizontalHeader(), view.cluster_model.columns
    order = sorted((c for c in range(len(columns)) if not view.isColumnHidden(c)), key=header.visualIndex)
    edges = {c: (header.sectionViewportPosition(c), header.sectionSize(c)) for c in order}
    width = view.viewport().width()
    return [columns[c].key for c in order if edges[c][0] >= 0 and sum(edges[c]) <= width]


def test_widths_of_the_large_form(view):
    assert shown_columns(view) == ["id", "group", "channel", "depth", "spikes", "rate", "amplitude", "refractory"]
    widths = {c.key: view.columnWidth(place) for place, c in enumerate(CLUSTER_COLUMNS)}
    assert widths.pop("group") >= 84
    assert widths == {"id": 58, "channel": 32, "depth": 48, "spikes": 60, "rate": 44, "amplitude": 44, "refractory": 46}
    assert view.rowHeight(0) == 22


def test_the_small_form_has_no_depth_and_no_refractory(view):
    view.resize(302, 300)
    view.apply_theme(view.theme, small=True)
    assert shown_columns(view) == ["id", "group", "channel", "spikes", "rate", "amplitude"]
    assert view.rowHeight(0) == 20


@pytest.mark.parametrize("width", [220, 260, 300, 360, 434, 700])
@pytest.mark.parametrize("small", [True, False])
def test_at_any_width_nothing_is_cut(view, width, small):
    view.cluster_model.put([row(1234, 1_234_567, depth=3840.0, rate=123.4, amplitude=1234.0, refractory=12.3)])
    view.resize(width, 300)
    view.apply_theme(view.theme, small=small)
    QApplication.sendPostedEvents()
    bar, seen = view.horizontalScrollBar(), in_sight(view)
    assert seen[0] == "id"
    assert bool(bar.maximum()) == (len(seen) < len(shown_columns(view)))
    while bar.value() < bar.maximum():
        bar.setValue(bar.value() + 40)
        seen += in_sight(view)
    assert set(seen) == set(shown_columns(view))  # each can be scrolled to
    metrics = view.fontMetrics()
    for place, column in enumerate(CLUSTER_COLUMNS):
        if view.isColumnHidden(place) or column is GROUP:
            continue
        header = view.cluster_model.headerData(place, Qt.Orientation.Horizontal)
        assert view.columnWidth(place) >= view.horizontalHeader().fontMetrics().horizontalAdvance(header)
        for cluster in view.cluster_model.rows:
            assert view.columnWidth(place) >= metrics.horizontalAdvance(column.text(cluster)), column.key


@pytest.mark.parametrize(("columns", "keys"), [
    (CLUSTER_COLUMNS, ["id", "group", "spikes"]), (SIMILAR_COLUMNS, ["id", "similar", "group"]),
])  # fmt: skip
def test_with_large_type_in_a_narrow_list_no_number_is_cut(qtbot, columns, keys):
    view = ClusterList(columns, columns[1].key)
    qtbot.addWidget(view)
    view.resize(290, 300)
    view.show()
    view.cluster_model.set_rows([row(c, 400 + c) for c in range(4)])
    view.apply_theme(replace(view.theme, scale=16 / 9), small=True)
    assert in_sight(view) == keys


def test_in_a_narrow_list_labels_go_behind_first_and_refr_last(view):
    view.cluster_model.set_columns((*CLUSTER_COLUMNS, *label_columns({"note": ["axon"], "snr": [4.5]})))
    standard = [column.key for column in CLUSTER_COLUMNS]
    behind = []
    for width in range(700, 200, -5):
        view.resize(width, 300)
        behind += [key for key in (*standard, "label note", "label snr") if key not in in_sight(view) + behind]
        if width >= 434:
            assert set(standard) <= set(in_sight(view))
    assert behind == ["label note", "label snr", "depth", "amplitude", "rate", "channel"]


def test_rows_are_gone_to_with_the_columns_that_are_in_sight(view):
    view.resize(220, 100)
    QApplication.sendPostedEvents()
    bar = view.horizontalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value()
    view.show_selection([7])
    view.show_selection([0])
    assert bar.value() == bar.maximum()


def test_a_column_grows_with_an_edit_and_shrinks_with_other_rows(view, qtbot):
    spikes = next(place for place, column in enumerate(CLUSTER_COLUMNS) if column.key == "spikes")
    usual = view.columnWidth(spikes)
    view.cluster_model.put([row(1234, 1_234_567_890)])
    qtbot.waitUntil(lambda: view.columnWidth(spikes) > usual)
    wide = view.columnWidth(spikes)
    view.cluster_model.put([row(1235, 12)])
    qtbot.wait(20)
    assert view.columnWidth(spikes) == wide
    view.cluster_model.set_rows([row(1, 12), row(2, 13)])
    qtbot.waitUntil(lambda: view.columnWidth(spikes) == usual)


class Painted(QObject):
    """Notes when the rows and the header of a list are painted."""

    def __init__(self, rows, header):
        super().__init__()
        self.order, self.names = [], {rows: "rows", header: "header"}
        for widget in self.names:
            widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.order.append(self.names[watched])
        return False


def test_other_rows_and_their_header_are_painted_in_one_frame(view, qtbot):
    qtbot.waitExposed(view)
    qtbot.wait(100)
    painted = Painted(view.viewport(), view.horizontalHeader().viewport())
    view.cluster_model.set_rows([row(c, 100 - c) for c in range(50, 58)])
    QApplication.sendPostedEvents()  # paints; timers come later
    assert set(painted.names.values()) == set(painted.order)
    n_painted = len(painted.order)
    qtbot.wait(100)
    assert len(painted.order) == n_painted


def test_an_edit_tells_which_rows_are_new_or_other(model):
    model.set_rows([row(c, 100 - c) for c in range(6)])
    told = []
    model.rows_changed.connect(lambda rows: told.append([one.cluster_id for one in rows]))
    model.put([row(1, 99), row(2, 7), row(9, 3)])
    model.remove([3])
    model.put([row(9, 3)])
    model.set_rows(model.rows)
    assert told == [[2, 9], []]


def test_chips_are_painted_in_the_colour_of_the_place(view):
    view.cluster_model.set_chips({3: 1})
    view.show_selection([3])
    image = view.viewport().grab().toImage()
    rect = view.visualRect(view.cluster_model.index(view.cluster_model.find_row(3), 0))
    assert image.pixelColor(rect.left() + 11, rect.center().y()).name() == selection_color(1, view.theme.dark)
    assert image.pixelColor(rect.right(), rect.top() + 2).name() == view.theme.selected_row


def test_from_the_thirteenth_place_on_chips_are_hollow(view):
    view.cluster_model.set_chips({3: 13})
    image = view.viewport().grab().toImage()
    rect = view.visualRect(view.cluster_model.index(view.cluster_model.find_row(3), 0))
    row = [image.pixelColor(x, rect.center().y()).name() for x in range(rect.left() + 5, rect.left() + 18)]
    assert row[len(row) // 2] == view.theme.view
    assert selection_color(13, view.theme.dark) == selection_color(1, view.theme.dark) in row


def test_current_row_follows_what_is_shown(view):
    view.show_selection([6])
    assert view.currentIndex().row() == view.cluster_model.find_row(6)
    view.show_selection([])
    assert view.shown_selection == ()


def test_many_rows_come_and_go_at_once():
    model = ClusterModel(CLUSTER_COLUMNS, "spikes")
    rows = [row(cluster, n_spikes=cluster * 7919 % 5000) for cluster in range(5000)]
    told = []
    for signal, name in ((model.rowsInserted, "in"), (model.rowsRemoved, "out"), (model.modelReset, "anew")):
        signal.connect(lambda *_, name=name: told.append(name))
    model.set_rows(rows)
    model.set_rows(one for one in rows if one.cluster_id % 5)
    model.set_rows(rows)
    assert told == ["anew"] * 3
    assert model.cluster_ids == sorted(range(5000), key=lambda cluster: (-(cluster * 7919 % 5000), cluster))


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("cluster", [3177, 1_234_567_890])
def test_ids_stand_whole_beside_their_chip(view, cluster, small):
    view.apply_theme(view.theme, small)
    view.cluster_model.set_rows([row(cluster), row(2)])
    view._fit_columns()
    room = view.columnWidth(0) - view.theme.px(5 + CHIP_PX) - view.theme.px(5)
    assert QFontMetricsF(view.cell_font(bold=True)).horizontalAdvance(str(cluster)) <= room


def test_the_id_stays_in_sight_in_a_list_that_is_scrolled_to_the_right(view, qtbot):
    view.resize(180, 300)
    bar, header = view.horizontalScrollBar(), view.horizontalHeader()
    qtbot.waitUntil(lambda: bar.maximum() > view.columnWidth(0))
    view.show_selection([3])
    ids = QRect(0, 0, view.columnWidth(0) - 1, header.height() + 8 * view.rowHeight(0))
    there = view.grab(ids).toImage()
    bar.setValue(bar.maximum())
    assert view.columnViewportPosition(0) < 0
    assert view.grab(ids).toImage() == there
    view.cluster_model.set_chips({5: 0})
    with_chip = view.grab(ids).toImage()
    assert with_chip != there
    bar.setValue(0)
    assert view.grab(ids).toImage() == with_chip


def test_the_frozen_id_can_be_clicked(view, qtbot):
    view.resize(180, 300)
    bar = view.horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > view.columnWidth(0))
    bar.setValue(bar.maximum())
    place = view.cluster_model.find_row(2)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, view.rowViewportPosition(place) + 5))
    assert view.shown_selection == (2,)
    QTest.mouseClick(view.horizontalHeader().viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 8))
    assert view.cluster_model.columns[view.cluster_model.sort_column].key == "id"
