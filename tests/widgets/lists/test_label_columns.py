"""Labels are columns of the list by themselves: shown, sorted, chosen, undone."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMenu

from napari_phy.widgets.lists.clusters_panel import ClustersPanel


def titles(panel):
    model = panel.list.cluster_model
    return [column.title for column in model.columns if column.key.startswith("label ")]


def cells(panel, title):
    model = panel.list.cluster_model
    column = next(place for place, column in enumerate(model.columns) if column.title == title)
    return {row.cluster_id: model.index(place, column).data() for place, row in enumerate(model.rows)}


def sort(panel, title, order):
    model = panel.list.cluster_model
    model.sort(next(place for place, column in enumerate(model.columns) if column.title == title), order)
    return panel.cluster_ids


def test_a_field_is_a_column_while_any_cluster_has_a_value(panel, session):
    assert titles(panel) == []
    session.label([3, 5], "note", "axon")
    session.label([3], "snr", 4.25)
    assert titles(panel) == ["note", "snr"]
    assert {c: text for c, text in cells(panel, "note").items() if text} == {3: "axon", 5: "axon"}
    assert cells(panel, "snr")[3] == "4.25"
    session.undo()
    session.undo()
    assert titles(panel) == []
    session.redo()
    assert cells(panel, "note")[5] == "axon"


def test_a_merged_cluster_inherits_its_labels(panel, session):
    session.label([3], "note", "axon")
    merged = session.merge([3, 4]).added[0]
    assert cells(panel, "note")[merged] == "axon"


def test_labels_sort_clusters_without_one_last(panel, session):
    for cluster, value in ((3, "beta"), (4, "Alpha"), (5, "gamma"), (6, 12), (7, 3)):
        session.label([cluster], "note", value)
    up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
    assert sort(panel, "note", up) == [7, 6, 4, 3, 5, 0, 1, 2]
    assert sort(panel, "note", down) == [5, 3, 4, 6, 7, 0, 1, 2]
    session.label([0], "snr", 2)
    session.label([1], "snr", 10)
    assert sort(panel, "snr", down)[:2] == [1, 0]
    session.undo()
    session.undo()
    assert panel.list.cluster_model.columns[panel.list.cluster_model.sort_column].key == "spikes"


def test_selected_rows_stay_selected_when_a_column_comes(panel, session):
    session.selection.select([4, 6], n_best=2)
    session.label([4], "note", "axon")
    assert set(panel.list.shown_selection) == {4, 6}


def test_columns_are_chosen_in_a_menu_and_kept(panel, session, qtbot):
    session.label([3], "note", "axon")
    menu = QMenu(panel)
    panel.list.fill_columns_menu(menu)
    entries = {entry.text(): entry for entry in menu.actions()}
    assert "Cluster id" not in entries
    kept = []
    panel.options_changed.connect(lambda: kept.append(panel.options()))
    entries["Depth (µm)"].trigger()
    entries["Your label note"].trigger()
    assert kept[-1]["columns"] == {"depth": False, "label note": False}
    hidden = {
        column.key
        for place, column in enumerate(panel.list.cluster_model.columns)
        if column.is_usual and panel.list.isColumnHidden(place)
    }
    assert hidden == {"depth", "label note"}

    other = ClustersPanel(session)
    qtbot.addWidget(other)
    other.set_options({"columns": {"depth": "yes"}})
    assert other.options()["columns"] == {}
    other.set_options(kept[-1])
    other.resize(700, 400)
    other.show()
    depth = [column.key for column in other.list.cluster_model.columns].index("depth")
    assert other.list.isColumnHidden(depth)
    other.set_session(None)
    entries["The usual columns"].trigger()
    assert panel.options()["columns"] == {}


def in_sight(panel):
    view, columns = panel.list, panel.list.cluster_model.columns
    places = sorted(range(len(columns)), key=view.horizontalHeader().visualIndex)
    width = view.viewport().width()
    return [
        columns[place].title
        for place in places
        if view.columnWidth(place) and view.columnViewportPosition(place) + view.columnWidth(place) <= width
    ]


def test_many_labels_leave_every_usual_column_in_a_list_of_434_px(panel, session):
    panel.resize(434, 400)
    for place in range(6):
        session.label([3], f"field {place}", place)
    panel.list._fit_columns()
    usual = ["id", "group", "ch", "depth", "spikes", "rate", "amp", "refr."]
    assert in_sight(panel) == usual
    panel.list.choose_columns({"label field 1": True})
    assert in_sight(panel) == ["id", "group", "ch", "spikes", "rate", "amp", "refr.", "field 1"]
    panel.resize(1000, 400)
    assert in_sight(panel) == [*usual, *(f"field {place}" for place in range(6))]


def test_columns_that_were_chosen_by_their_former_names_stay_chosen(panel):
    panel.set_options({"columns": {"amp": False, "n_spikes": False, "label note": True}})
    assert panel.list.chosen_columns == {"amplitude": False, "spikes": False, "label note": True}
    hidden = [
        column.key
        for place, column in enumerate(panel.list.cluster_model.columns)
        if column.is_usual and panel.list.isColumnHidden(place)
    ]
    assert {"amplitude", "spikes"} <= set(hidden)
    assert panel.options()["columns"] == panel.list.chosen_columns
