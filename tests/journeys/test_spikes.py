"""One spike in all views: found in the list or in a scatter, lit up everywhere, split off by keys."""

import numpy as np
import pytest
from journeys.person import CTRL, LEFT, PLAIN
from journeys.test_raster_and_drift import choose, panel_of
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    person.settle()
    return person


def test_a_row_lights_up_in_every_view_and_keys_of_actions_act(person):
    choose(person, "Amplitude")
    amplitude = panel_of(person, "Amplitude")
    choose(person, "Spikes")
    spikes = panel_of(person, "Spikes")
    view, session = spikes.list, person.session
    QTest.mouseClick(view.viewport(), LEFT, PLAIN, view.visualRect(view.model().index(3, 1)).center())
    person.settle()
    person.press(Qt.Key.Key_Down)
    spike = int(session.selection.spikes[0])
    assert spikes.data.row_of(spike) == 4
    start, stop = session.time.shown_s
    assert start <= session.model.spike_times[spike] <= stop
    features = person.workspace.panels["Features"]
    for panel in (features, amplitude):
        person.wait(lambda panel=panel: len(panel.highlighted.points) == 1, panel.title)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    n_clusters = len(session.manager.cluster_ids)
    person.press(Qt.Key.Key_K)
    assert len(session.manager.cluster_ids) == n_clusters + 1
    assert session.n_unsaved == 1
    person.press(Qt.Key.Key_Z, CTRL)
    assert len(session.manager.cluster_ids) == n_clusters


def test_a_lasso_in_amplitude_splits(person):
    choose(person, "Amplitude")
    panel = panel_of(person, "Amplitude")
    session, best = person.session, person.chosen[0]
    session.selection.select([best])
    person.settle()
    person.wait(lambda: panel.data.clusters == (best,) and panel.data.n_shown == panel.data.n_total, "all spikes")
    frame = panel.frame
    middle = float(np.median(panel.data.x[panel.data.places == 0]))
    x = round(frame.to_px([[middle, 0]])[0, 0])
    right, low = round(frame.left + frame.width) - 1, round(frame.top + frame.height) - 1
    corners = [QPoint(x, round(frame.top) + 1), QPoint(right, round(frame.top) + 1), QPoint(right, low), QPoint(x, low)]
    QTest.mousePress(panel.canvas.native, LEFT, CTRL, corners[0])
    for corner in corners[1:]:
        QTest.mouseMove(panel.canvas.native, corner)
    QTest.mouseRelease(panel.canvas.native, LEFT, CTRL, corners[-1])
    person.settle()
    inside = session.selection.spikes
    times_s = session.model.spike_times[session.manager.spikes(best)]
    assert 0.3 < len(inside) / len(times_s) < 0.7
    person.press(Qt.Key.Key_K)
    assert sorted(person.chosen) == [int(c) for c in session.manager.cluster_ids[-2:]]
    assert len(panel.lasso) == 0
