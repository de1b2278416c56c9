"""Metrics in a real window: columns that are chosen, limits in histograms, and the filter that they make."""

import numpy as np
import pytest
from journeys.person import LEFT, PLAIN
from qtpy.QtCore import QPoint
from qtpy.QtTest import QTest

from napari_phy.views.metric_histograms import histogram_parts


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    return person


def texts(panel, key):
    model = panel.list.cluster_model
    place = next(place for place, column in enumerate(model.columns) if column.key == key)
    return {row.cluster_id: model.columns[place].text(row) for row in model.rows}


def test_a_column_is_chosen_a_limit_dragged_and_the_list_filtered_by_it(person):
    clusters = person.workspace.panels["Clusters"]
    assert set(texts(clusters, "snr").values()) == {"–"}
    person.pick(clusters.header.more_button, "Columns", "Signal to noise")
    person.wait(lambda: "–" not in texts(clusters, "snr").values(), "the column")

    grid = person.workspace.board.open("Grid")
    person.wait(lambda: grid.data is not None and not grid.busy, "Grid")
    person.pick(grid.header.drop_downs[0], "Metrics")
    for metric in (
        "rate",
        "presence ratio",
        "isolation distance",
        "L-ratio",
        "amplitude cutoff",
        "contamination (Llobet)",
    ):
        person.pick(grid.header.more_button, "Metrics", metric)
    person.wait(lambda: grid.data is not None and grid.data.n_tiles == 2 and not grid.busy, "histograms")
    person.settle()
    (place,) = [place for place, one in enumerate(grid.data.histograms) if one.key == "snr"]
    area = histogram_parts(grid.layout_now.tile(place), grid.theme).bars
    middle = round(area.top + area.height / 2)
    start, stop = (QPoint(round(area.left + share * area.width), middle) for share in (0.2, 0.5))
    QTest.mousePress(grid.plot, LEFT, PLAIN, start)
    QTest.mouseMove(grid.plot, (start + stop) / 2)
    QTest.mouseMove(grid.plot, stop)
    QTest.mouseRelease(grid.plot, LEFT, PLAIN, stop)
    person.settle()
    (limit,) = grid.limits.values()
    values = grid.data.histograms[place].values
    n_passing = np.count_nonzero(values >= limit.value)
    assert 0 < n_passing < len(values)
    assert grid.limits_bar.label.text() == f"{n_passing} of {len(values)} clusters pass 1 limit"

    QTest.mouseClick(grid.limits_bar.filter_button, LEFT, PLAIN)
    person.settle()
    assert len(person.listed()) == n_passing
    assert clusters.filter_line.text == limit.text
    assert grid.data.n_tiles == 2
    assert len(grid.data.histograms[place].values) == len(values)
