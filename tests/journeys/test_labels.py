"""Labels of any field: typed, seen as columns, sorted and filtered by, undone, saved and read again."""

import pytest
from journeys.person import CTRL, LEFT, PLAIN, Person
from journeys.sizes import LARGE_FIRST
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_phy import open_session


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    return person


def label(person: Person, cluster: int, field: str, value: str) -> None:
    person.click(cluster)

    def fill(dialog) -> None:
        box, line = (dialog.fields[name].native for name in ("field", "value"))
        box.setFocus()
        box.lineEdit().selectAll()
        QTest.keyClicks(box.lineEdit(), field)
        line.selectAll()
        QTest.keyClicks(line, value)
        QTest.keyClick(line, Qt.Key.Key_Return)

    person.answer(fill)
    person.press(Qt.Key.Key_L)


def shown_columns(person: Person) -> list[str]:
    view = person.workspace.panels["Clusters"].list
    return [column.title for place, column in enumerate(view.cluster_model.columns) if not view.isColumnHidden(place)]


@LARGE_FIRST
def test_labels_are_columns_that_sort_and_filter_and_are_saved(person, kwik_copy):
    first, second, third = person.listed()[:3]
    label(person, second, "type", "axon")
    label(person, third, "type", "soma")
    label(person, first, "snr", "4.5")
    person.settle()
    assert shown_columns(person)[-1] == "snr"
    person.workspace.panels["Clusters"].list.choose_columns(
        {"label type": True}
    )  # else it has no room in small windows
    assert "type" in shown_columns(person)

    header = person.workspace.panels["Clusters"].list.horizontalHeader()
    section = len(person.workspace.panels["Clusters"].list.cluster_model.columns) - 2
    place = header.sectionViewportPosition(section) + header.sectionSize(section) // 2
    QTest.mouseClick(header.viewport(), LEFT, PLAIN, QPoint(place, 8))
    assert person.listed()[:2] == [second, third]

    person.filter('type == "soma"')
    QTest.keyClick(person.focused(), Qt.Key.Key_Return)
    assert person.listed() == [third]
    person.press(Qt.Key.Key_Escape)

    person.press(Qt.Key.Key_Z, CTRL)
    assert "snr" not in shown_columns(person)
    person.press(Qt.Key.Key_Y, CTRL)
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the save")
    with open_session(kwik_copy, read_only=True) as session:
        assert session.manager.cluster_labels["type"] == {second: "axon", third: "soma"}
        assert session.manager.cluster_labels["snr"] == {first: 4.5}


def test_true_and_the_text_true_are_two_values_also_in_the_file(person, kwik_copy):
    first, second = person.listed()[:2]
    label(person, first, "checked", "true")
    label(person, second, "checked", '"true"')
    person.filter("checked == true")
    assert person.listed() == [first]  # as typed, though "true" in quotes could be offered
    QTest.keyClick(person.focused(), Qt.Key.Key_Return)
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the save")
    with open_session(kwik_copy, read_only=True) as session:
        checked = session.manager.cluster_labels["checked"]
        assert checked == {first: True, second: "true"}
        assert type(checked[first]) is bool
