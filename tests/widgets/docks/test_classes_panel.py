"""Classes: groups and classes side by side, why, thresholds that act at once, and moving only what is asked for."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from widgets.light_session import light_session

from napari_phy.table.columns import registry
from napari_phy.widgets.docks.classes_panel import ClassesPanel, MoveByClassDialog

LEFT = Qt.MouseButton.LeftButton
ONLY_SPIKES = {"num_spikes_least": 100.0}


@pytest.fixture
def panel(qtbot):
    session = light_session(8, 2000)
    session.move(session.manager.cluster_ids, "unsorted")
    settings = session.views["classes"]
    off = dict.fromkeys(settings.value.described())
    settings.update(**{**off, **ONLY_SPIKES})
    panel = ClassesPanel(session)
    qtbot.addWidget(panel)
    panel.resize(420, 420)
    panel.show()
    settle(qtbot, panel)
    yield panel
    registry.clear()


def settle(qtbot, panel):
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)


def cells(panel):
    model = panel.table.agreement_model
    return [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]


def test_groups_and_classes_are_counted_and_thresholds_act_at_once(panel, qtbot):
    session = panel.session
    n = len(session.manager.cluster_ids)
    assert cells(panel) == [["unsorted", str(n), "·", "·", "·"]]
    session.move([0], "noise")
    settle(qtbot, panel)
    assert cells(panel) == [["noise", "1", "·", "·", "·"], ["unsorted", str(n - 1), "·", "·", "·"]]
    assert panel.agreement_label.text() == "0 of 1 decided cluster in the group of their class"
    session.views["classes"].num_spikes_least = 100_000.0
    settle(qtbot, panel)
    assert cells(panel) == [["noise", "·", "1", "·", "·"], ["unsorted", "·", str(n - 1), "·", "·"]]
    session.selection.select([0])
    n_spikes = session.manager.n_spikes(0)
    assert panel.reason_label.text() == f"0 is mua: spikes {n_spikes} is below 100000."
    assert set(session.table["class"].values()) == {"mua"}


def test_a_click_lists_the_clusters_of_a_cell(panel, qtbot):
    session = panel.session
    session.move([1, 2], "mua")
    settle(qtbot, panel)
    table = panel.table
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.agreement_model.index(0, 1)).center())
    assert session.listed.text == 'group == "mua" and class == "good"'
    assert set(session.listed.clusters) == {1, 2}


def test_the_dialog_counts_first_and_moves_in_one_edit(panel, qtbot):
    session, manager = panel.session, panel.session.manager
    session.move([0], "noise")
    settle(qtbot, panel)
    before, n = dict(manager.cluster_groups), len(manager.cluster_ids)
    dialog = MoveByClassDialog(session, panel.data, panel.theme, panel)
    qtbot.addWidget(dialog)
    assert dialog.explanation.text() == f"{n - 1} clusters move: {n - 1} to good."
    dialog.fields["good"].value = False
    assert not dialog.act_button.isEnabled()
    dialog.fields["good"].value = True
    dialog.fields["decided"].value = True
    assert dialog.explanation.text().endswith(" 1 of them leave the group that you gave them.")
    dialog.fields["decided"].value = False
    assert dict(manager.cluster_groups) == before
    dialog.accept()
    assert manager.group(0) == "noise"
    assert set(manager.groups_of(range(1, n))) == {"good"}
    session.undo()
    assert dict(manager.cluster_groups) == before
