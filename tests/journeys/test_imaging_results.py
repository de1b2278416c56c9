"""What a movie shows around the spikes: asked for by clicks, shown over the movie, and following the sorting."""

import os

import numpy as np
import pytest
from journeys.person import LEFT, PLAIN, SMALL, Person
from qtpy.QtCore import QPoint
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel

from napari_phy.layers.session_tag import RESULT
from napari_phy.sample_data import imaging_truth_path, read_imaging_truth
from napari_phy.widgets.docks.slider_lag import NAME

pytestmark = pytest.mark.usefixtures("make_napari_viewer")


def test_a_map_pairs_and_an_average_come_and_go_with_the_selection(person: Person, imaging_kwik, tmp_path):
    for path in imaging_kwik.parent.iterdir():
        os.link(path, tmp_path / path.name)
    person.resize(*SMALL)
    viewer = person.viewer
    viewer.open_sample("napari-phy", "imaging", kwik=tmp_path / imaging_kwik.name)
    names = ["two-photon", "cells", "behaviour"]
    person.wait(lambda: [layer.name for layer in viewer.layers] == names, "the stacks and the cells")
    person.wait(lambda: len(person.workspace.overview.time_links.linked.layers) == 2, "both clocks")
    person.settle()
    panel = person.workspace.board.open("Imaging")
    person.rest(0.2)
    form, movie = panel.form, viewer.layers["two-photon"]
    labels = read_imaging_truth(imaging_truth_path(imaging_kwik)).cell_labels
    cells = viewer.layers["cells"]
    assert np.array_equal(cells.data, labels)
    assert cells.contour == 1
    assert cells.data_to_world((3, 5)) == movie.data_to_world((0, 3, 5))[1:]
    assert form.chosen_movie is movie
    assert form.chosen_cells is cells

    def click(what: str) -> None:
        button = form.buttons[what]
        person.wait(button.isEnabled, f"{what} can be pressed")
        assert panel.rect().contains(button.mapTo(panel, button.rect().bottomRight()))
        QTest.mouseClick(button, LEFT, PLAIN)
        person.wait(lambda: form.progress.isHidden(), what)
        person.settle()

    def results() -> list[str]:
        return [layer.name for layer in viewer.layers if RESULT in layer.metadata]

    def seen() -> list[str]:
        return [layer.name for layer in viewer.layers if RESULT in layer.metadata and layer.visible]

    cluster, other = person.listed()[:2]
    person.session.selection.select([])
    assert not form.buttons["average"].isEnabled()
    assert panel.plot.empty_words.endswith(form.buttons["average"].toolTip())
    person.click(cluster)
    click("correlation")
    assert seen() == [f"correlation with {cluster}"]
    click("cells")
    assert seen() == [f"correlation of cells with {cluster}"]
    assert len(results()) == 2
    rows = panel.table.pair_model
    assert rows.rowCount() == labels.max()
    place = panel.table.visualRect(rows.index(1, 0)).center()
    QTest.mouseClick(panel.table.viewport(), LEFT, PLAIN, QPoint(place))
    assert panel.table.chosen_row == 1
    assert panel.plot.traces.change_name == f"cell {rows.text(1, 1)}, ΔF/F"
    assert panel.plot.traces.rate_name == f"cluster {cluster}, spikes/s"

    person.session.selection.select([cluster, other])
    person.push("merge")
    person.settle()
    assert rows.rowCount() == 0
    assert panel.plot.traces is None
    assert "not compared yet" in panel.plot.empty_words
    person.push("undo")
    person.settle()
    person.session.selection.select([cluster])
    assert rows.rowCount() == labels.max()
    assert panel.plot.traces.rate_name == f"cluster {cluster}, spikes/s"

    click("average")
    assert seen() == [f"STA of {cluster}, cells: change of brightness"]
    viewer.dims.set_point(0, 200.0)
    person.wait(lambda: [label.text() for label in lags(person)] == ["200 ms"], "the lag in ms")
    average = viewer.layers[f"STA of {cluster}, cells: change of brightness"]
    average.visible = False
    person.wait(lambda: not lags(person), "no slider of lags without an average")
    average.visible = True
    person.wait(lambda: [label.text() for label in lags(person)] == ["200 ms"], "the lag again")
    viewer.layers.remove(f"STA of {cluster}, cells: change of brightness")
    person.wait(lambda: not lags(person), "no lag")
    assert not person.told
    viewer.layers.clear()


def lags(person: Person) -> list[QLabel]:
    return [label for label in person.workspace.window.findChildren(QLabel, NAME) if label.isVisible()]
