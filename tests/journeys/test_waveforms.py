"""Waveforms and Templates in a real window: a click lights a spike up, a lasso splits, a channel goes to Features."""

import numpy as np
import pytest
from journeys.person import CTRL, LEFT, PLAIN, SHIFT
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtTest import QTest


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    person.settle()
    return person


@pytest.fixture
def panel(person):
    return person.workspace.panels["Waveforms"]


def best_box(panel):
    """Return the box in which the best cluster is largest."""
    heights = np.ptp(panel.data.means[0], axis=0)
    return int(np.argmax(heights * panel.boxes.takes_part[0]))


def test_a_lasso_around_troughs_splits_what_is_inside_and_undo_brings_it_back(person, panel):
    session, cluster = person.session, person.chosen[0]
    person.click(cluster)
    box = best_box(panel)
    column = box
    deepest = float(panel.data.means[0][:, column].min())
    sample = int(np.argmin(panel.data.means[0][:, column]))
    time_ms = panel.data.times_ms[sample]
    corners = [(time_ms - 0.04, deepest), (time_ms + 0.04, deepest), (time_ms, 3 * deepest)]
    points = panel.boxes.frame(box, 0, panel.data.times_ms, panel.canvas.extent).to_px(corners)
    places = [QPointF(*point).toPoint() for point in points.tolist()]
    canvas = panel.canvas.native
    QTest.mousePress(canvas, LEFT, CTRL, places[0])
    for place in (*places[1:], places[0]):
        QTest.mouseMove(canvas, place)
    QTest.mouseRelease(canvas, LEFT, CTRL, places[0])
    person.wait(lambda: len(session.selection.spikes) > 0, "the spikes inside")
    person.settle()
    spikes, channel = session.selection.spikes, panel.data.channels[column]
    voltage = session.model.waveforms[session.manager.spikes(cluster)][:, sample, channel]
    deeper = session.manager.spikes(cluster)[voltage < deepest * 1.02]
    assert np.isin(deeper, spikes).mean() > 0.8
    assert 0 < len(spikes) < session.manager.n_spikes(cluster)
    assert panel.lasso.tag.endswith("K splits")
    person.press(Qt.Key.Key_K)
    assert session.manager.spikes(person.chosen[0]).tolist() == spikes.tolist()
    assert panel.data.request.clusters == person.chosen
    assert not len(panel.lasso)
    session.undo()
    person.settle()
    assert panel.data.request.clusters == (cluster,)


def test_a_click_on_a_waveform_shows_its_spike_in_the_traces(person, panel):
    session, singles = person.session, panel.canvas._singles
    place, row = next(
        (QPoint(round(x), round(y)), int(row))
        for line, row in zip(singles.px, singles.rows, strict=True)
        for x, y in line.tolist()
        if panel.canvas.spike_at(round(x), round(y)) == row and panel.canvas.area.contains(x, y)
    )
    spike = int(panel.data.spike_ids[row])
    QTest.mouseClick(panel.canvas.native, LEFT, PLAIN, place)
    person.settle()
    assert session.selection.spikes.tolist() == [spike]
    time_s = session.model.spike_samples[spike] / session.model.sample_rate
    start_s, stop_s = session.time.shown_s
    assert start_s <= time_s <= stop_s
    assert panel.data.highlighted.spike_ids.tolist() == [spike]


@pytest.mark.soak
def test_a_channel_clicked_with_shift_is_shown_in_features(person, panel):
    box = 0
    line = panel.boxes.line(box, panel.data.means[0][:, box])
    QTest.mouseClick(panel.canvas.native, LEFT, SHIFT, QPointF(*line[2]).toPoint())
    person.settle()
    channel = panel.data.channels[box]
    request = person.workspace.panels["Features"].data.features.request
    assert (request.x.channel_index, request.y.channel_index) == (channel, channel)


@pytest.mark.soak
def test_a_column_of_templates_selects_its_cluster(person):
    menu = person.workspace.toolbar.layout_button.menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "Templates").trigger()
    panel = person.workspace.panels["Templates"]
    person.wait(lambda: panel.data is not None and not panel.busy, "the templates")
    person.settle()
    place = panel.layout_now.in_sight[1] - 2
    center = QPointF(*panel.layout_now.column(place).center).toPoint()
    QTest.mouseClick(panel.plot, LEFT, PLAIN, center)
    person.settle()
    assert person.chosen == (int(panel.data.cluster_ids[place]),)
    best = panel.data.templates[person.chosen[0]]
    waveforms = person.workspace.panels["Waveforms"].data
    assert best.channels[best.best] in waveforms.channels[waveforms.takes_part[0]]
