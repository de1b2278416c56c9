"""Probe and the views of all clusters in a real window: opened by the menu, linked by clicks."""

import numpy as np
import pytest
from journeys.person import LEFT, PLAIN
from qtpy.QtCore import QPointF
from qtpy.QtTest import QTest


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    person.settle()
    return person


def opened(person, title):
    """Open a view by the Layout menu and return its panel."""
    menu = person.workspace.toolbar.layout_button.menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == title).trigger()
    panel = person.workspace.panels[title]
    person.wait(lambda: panel.data is not None and not panel.busy, title)
    person.settle()
    return panel


def click(person, panel, x_px, y_px, modifier=PLAIN):
    QTest.mouseClick(panel.plot, LEFT, modifier, QPointF(x_px, y_px).toPoint())
    person.settle()


def test_a_channel_clicked_on_the_probe_is_shown_in_features(person):
    probe = opened(person, "Probe")
    features = person.workspace.panels["Features"]
    before = features.data.features.request
    click(person, probe, *probe.layout_now.centers[3])
    request = features.data.features.request
    assert (request.x.channel_index, request.x.component) == (3, 0)
    assert (request.y.channel_index, request.y.component) == (3, 1)
    click(person, probe, *probe.layout_now.centers[3])
    assert features.data.features.request == before


def test_a_cell_of_the_matrix_selects_the_pair_everywhere(person):
    panel = opened(person, "Similarity")
    row, column = 2, 5
    best, similar = (int(panel.data.cluster_ids[place]) for place in (row, column))
    center = panel.frame_now.cell(row, column).center
    click(person, panel, *center)
    assert person.chosen == (best, similar)
    assert person.workspace.panels["Features"].data.features.request.clusters == (best, similar)
    person.session.merge([best, similar])
    person.settle()
    assert similar not in panel.data.cluster_ids
    assert person.chosen[0] in panel.data.cluster_ids
    person.session.undo()
    person.settle()
    assert {best, similar} <= set(panel.data.cluster_ids.tolist())


def test_a_click_in_the_scatter_selects_the_cluster_in_the_list(person):
    panel = opened(person, "Scatter")
    data = panel.data
    index = int(np.argmax(_alone(panel)))
    cluster = int(data.cluster_ids[index])
    click(person, panel, *_places(panel)[index])
    assert person.chosen[0] == cluster
    before = len(data.cluster_ids)
    person.session.discard([cluster])
    person.settle()
    assert len(panel.data.cluster_ids) == before - 1


@pytest.mark.soak
def test_a_tile_selects_its_cluster_and_the_list_sets_their_order(person):
    panel = opened(person, "Grid")
    panel.choose(order="list")
    person.settle()
    assert panel.data.cluster_ids.tolist() == person.listed()
    cluster = int(panel.data.cluster_ids[2])
    center = panel.layout_now.tile(2).center
    click(person, panel, *center)
    assert person.chosen[0] == cluster
    clusters = person.workspace.panels["Clusters"].list
    header = clusters.horizontalHeader()
    header.sectionClicked.emit(0)
    person.settle()
    assert panel.data.cluster_ids.tolist() == person.listed()


def _places(panel):
    return panel.frame_now.to_px(np.column_stack([panel.data.x, panel.data.y]))


def _alone(panel):
    """Return how far each cluster is from the nearest other one, in px."""
    places = _places(panel)
    distances = np.hypot(*(places[:, None] - places).T)
    np.fill_diagonal(distances, np.inf)
    return distances.min(axis=0)
