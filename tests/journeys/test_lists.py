"""The menus of the lists and rows that are dragged, by clicks and keys."""

import csv

import pytest
from journeys.person import CTRL, LEFT, PLAIN, Person
from journeys.sizes import LARGE_FIRST
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel

from napari_phy import open_session


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    return person


def shown(person: Person) -> set[str]:
    view = person.workspace.panels["Clusters"].list
    return {column.key for place, column in enumerate(view.cluster_model.columns) if not view.isColumnHidden(place)}


@LARGE_FIRST
def test_columns_keys_candidates_and_a_table(person, own_dialogs, tmp_path):
    clusters, similar = person.workspace.panels["Clusters"], person.workspace.panels["Similar"]
    manager, more = person.session.manager, clusters.header.more_button
    before = shown(person)
    person.pick(more, "Columns", "Mean firing rate (Hz)")
    assert shown(person) == before - {"rate"}
    person.pick(more, "Columns", "The usual columns")
    assert shown(person) == before

    person.pick(more, "Keys skip noise and MUA")
    passed_over = {cluster for cluster in person.listed() if manager.group(cluster) in ("noise", "mua")}
    person.press(Qt.Key.Key_Home)
    came = [person.chosen[0]]
    for _ in person.listed():
        person.press(Qt.Key.Key_Down)
        came.append(person.chosen[0])
    assert passed_over
    assert set(came) == set(person.listed()) - passed_over

    person.press(Qt.Key.Key_Home)
    person.pick(similar.header.more_button, "Select the most similar", "3 clusters")
    assert person.chosen == (person.listed()[0], *person.listed("Similar")[:3])
    assert person.workspace.toolbar.button("merge").isEnabled()
    listed = set(person.listed("Similar"))
    QTest.mouseClick(similar.side_label, LEFT, PLAIN, similar.side_label.rect().center())
    person.settle()
    assert set(person.listed("Similar")) - listed <= passed_over
    assert len(person.listed("Similar")) == len(person.listed()) - 1

    person.filter('"unsorted" in group and spikes > 50')
    path = tmp_path / "list"
    person.answer(lambda dialog: person.choose_file(dialog, path))
    person.pick(more, "Save the list as CSV…")
    with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["id"]) for row in rows] == person.listed()
    assert {row["group"] for row in rows} == {"unsorted"}
    n_clusters = f"{len(rows)} clusters"
    assert person.viewer.status == f"Saved {n_clusters} to list.csv."


@LARGE_FIRST
def test_rows_are_dragged_onto_a_group_of_ones_own_and_saved(person, kwik_copy):
    clusters, manager = person.workspace.panels["Clusters"], person.session.manager
    person.answer(lambda dialog: add_group(person, dialog, "fibres"))
    person.pick(clusters.header.more_button, "Groups…")
    first, second = person.listed()[:2]
    person.click(first)
    person.click(second, modifier=CTRL)
    view, targets = clusters.list, clusters.drag.targets
    row = view.visualRect(view.cluster_model.index(person.listed().index(second), 1)).center()

    def over_fibres():
        assert targets.isVisible()
        (label,) = [label for label in targets.findChildren(QLabel) if label.text().endswith("fibres")]
        return view.viewport().mapFromGlobal(label.mapToGlobal(label.rect().center()))

    person.drag(view.viewport(), row, over_fibres)
    assert not targets.isVisible()
    assert [manager.group(cluster) for cluster in (first, second)] == ["fibres", "fibres"]
    assert person.viewer.status == f"Moved {min(first, second)} and {max(first, second)} to fibres."
    person.press(Qt.Key.Key_Z, CTRL)
    person.press(Qt.Key.Key_Y, CTRL)
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")
    with open_session(kwik_copy, read_only=True) as saved:
        assert [saved.manager.group(cluster) for cluster in (first, second)] == ["fibres", "fibres"]


def add_group(person: Person, dialog, name: str) -> None:
    QTest.keyClicks(dialog.field, name)
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert dialog.current == name
    person.click_button(dialog, "Close")
