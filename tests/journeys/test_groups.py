"""The list in groups, by the menu, the mouse and the keys; folds are there again in the next window."""

from journeys.person import LEFT, PLAIN
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_phy.storage.view_options import load_view_options
from napari_phy.widgets.lists.cluster_model import Heading


def shown(panel):
    model = panel.list.cluster_model
    found = [model.line(place) for place in range(model.rowCount())]
    return [line.title if isinstance(line, Heading) else line.cluster_id for line in found]


def test_a_list_in_groups(person, kwik_copy):
    person.open(kwik_copy)
    panel, session = person.workspace.panels["Clusters"], person.session
    session.move(session.manager.cluster_groups, "unsorted")
    person.settle()
    first, second, third, *_ = person.listed()
    person.pick(panel.header.more_button, "Show in groups")
    assert shown(panel) == ["Unsorted", *person.listed()]

    person.click(second)
    person.press(Qt.Key.Key_G, Qt.KeyboardModifier.AltModifier)
    assert shown(panel)[:3] == ["Good", second, "Unsorted"]
    person.press(Qt.Key.Key_Home)
    assert person.chosen[0] == second
    person.press(Qt.Key.Key_Down)  # past the heading
    assert person.chosen == (first,)
    person.press(Qt.Key.Key_Up)
    assert person.chosen == (second,)

    person.press(Qt.Key.Key_Left)
    assert shown(panel)[:3] == ["Good", "Unsorted", first]
    assert person.chosen == (second,)
    assert QApplication.focusWidget() is panel.list
    person.press(Qt.Key.Key_Down)
    assert person.chosen == (first,)
    person.press(Qt.Key.Key_Home)
    assert person.chosen == (first,)  # what is folded away is passed over

    person.click(third)
    person.press(Qt.Key.Key_G, Qt.KeyboardModifier.AltModifier)
    assert shown(panel)[:3] == ["Good", "Unsorted", first]
    person.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert third in shown(panel)
    assert person.chosen[0] == third

    view = panel.list
    QTest.mouseClick(view.viewport(), LEFT, PLAIN, view.visualRect(view.cluster_model.index(0, 1)).center())
    assert shown(panel)[:3] == ["Good", second, "Unsorted"]
    QTest.mouseClick(view.viewport(), LEFT, PLAIN, view.visualRect(view.cluster_model.index(2, 1)).center())
    assert shown(panel) == ["Good", second, "Unsorted"]
    person.filter(f"id == {first}")
    assert shown(panel) == ["Unsorted"]
    assert session.listed.clusters == {first}
    person.workspace.memory.save()
    assert load_view_options()["Clusters"]["folded"] == ["unsorted"]
    assert load_view_options()["Clusters"]["in_groups"] is True
