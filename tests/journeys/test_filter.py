"""Filtering the list with the keyboard: views, keys and wizard keep to what the filter lets through."""

import pytest
from journeys.person import ALT, CTRL, LEFT, PLAIN, Person
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    return person


def unsorted(person: Person) -> list[int]:
    manager = person.session.manager
    ids = [cluster for cluster in manager.cluster_ids.tolist() if manager.group(cluster) == "unsorted"]
    return sorted(ids, key=lambda cluster: -manager.n_spikes(cluster))


def test_sorting_what_is_unsorted(person):
    everything = person.listed()
    names = ("Grid", "Templates", "Raster", "Similarity", "Scatter")
    for name in names:
        person.workspace.board.open(name)
    person.settle()
    person.filter('group == "unsorted"')
    rows = unsorted(person)
    assert person.listed() == rows
    clusters = person.workspace.panels["Clusters"]
    assert clusters.count_label.text() == f"{len(rows)} of {len(everything)} clusters"
    for name in names:
        person.workspace.docks[name].raise_()
        person.settle()
        assert set(person.workspace.panels[name].data.cluster_ids.tolist()) == set(rows), name

    QTest.keyClick(person.focused(), Qt.Key.Key_Return)
    for key, place in ((Qt.Key.Key_Home, 0), (Qt.Key.Key_Down, 1), (Qt.Key.Key_End, -1), (Qt.Key.Key_Up, -2)):
        person.press(key)
        assert person.chosen == (rows[place],)

    person.press(Qt.Key.Key_Home)
    person.press(Qt.Key.Key_G, Qt.KeyboardModifier.AltModifier)
    assert person.listed() == rows[1:] == unsorted(person)
    assert person.chosen[0] == rows[1]
    person.press(Qt.Key.Key_Z, CTRL)
    assert person.listed() == rows

    person.press(Qt.Key.Key_Escape)
    assert person.listed() == everything
    for name in names:
        person.workspace.docks[name].raise_()
        person.settle()
        assert set(person.workspace.panels[name].data.cluster_ids.tolist()) == set(everything), name


def test_filing_through_lists_of_decided_clusters(person):
    session = person.session
    session.move(person.listed(), "mua")
    header = person.workspace.panels["Clusters"].list.horizontalHeader()
    QTest.mouseClick(header.viewport(), LEFT, PLAIN, QPoint(header.sectionViewportPosition(0) + 12, 8))  # by id
    person.filter('group == "mua"')
    QTest.keyClick(person.focused(), Qt.Key.Key_Return)
    rows = person.listed()
    assert rows in (sorted(rows), sorted(rows, reverse=True))
    person.press(Qt.Key.Key_Home)
    person.press(Qt.Key.Key_Down)
    filed = [*rows[1:], rows[0]]
    for place, cluster in enumerate(filed):
        assert person.chosen == (cluster,)
        person.press(Qt.Key.Key_G, ALT)
        assert session.manager.group(cluster) == "good"
        assert set(person.listed()) == set(filed[place + 1 :])

    person.filter('group == "good"')
    QTest.keyClick(person.focused(), Qt.Key.Key_Return)
    person.press(Qt.Key.Key_Home)
    for _ in range(2):
        best, following = person.listed()[:2]
        assert person.chosen[0] == best
        person.press(Qt.Key.Key_M, ALT)
        assert person.chosen[0] == following
        assert set(person.chosen) <= set(person.listed())


def test_space_keeps_to_what_is_listed(person):
    session = person.session
    largest = unsorted(person)[0]
    alike = [one for one, _ in session.similar_to(largest) if session.manager.group(one) == "unsorted"]
    session.move(alike[:1], "good")
    person.filter('group == "unsorted"')
    QTest.keyClick(person.focused(), Qt.Key.Key_Return)
    person.press(Qt.Key.Key_Home)
    assert person.chosen == (largest,)
    assert alike[0] in person.listed("Similar")
    person.click(alike[0], "Similar")
    person.press(Qt.Key.Key_Space)
    assert person.chosen == (largest, alike[1])
    person.press(Qt.Key.Key_G, ALT)
    assert len(person.chosen) == 2
    assert set(person.chosen) <= set(person.listed())


def test_an_error_a_completed_word_and_no_hits(person):
    everything = person.listed()
    person.filter('group = "good"')
    line = person.workspace.panels["Clusters"].filter_line
    assert line.reason.text() == "Column 7: use == to compare. The list is unchanged."
    assert person.listed() == everything

    QTest.keyClick(person.focused(), Qt.Key.Key_A, CTRL)
    QTest.keyClicks(person.focused(), "ra")
    person.wait(lambda: QApplication.activePopupWidget() is not None, "words that are offered")
    QTest.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Tab)
    assert line.text == "rate"
    QTest.keyClicks(person.focused(), " > 9999")
    person.wait(lambda: not person.listed(), "an empty list")
    QTest.keyClick(person.focused(), Qt.Key.Key_Return)
    person.press(Qt.Key.Key_Down)
    assert person.viewer.status == "No cluster matches. Clear the filter (Esc)."
    QTest.keyClick(person.focused(), Qt.Key.Key_Escape, PLAIN)
    person.settle()
    assert person.listed() == everything
