"""Drift: pixels against spikes, real mouse events, one clock."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint
from qtpy.QtTest import QTest
from widgets.docks.test_raster_panel import CTRL, LEFT, PLAIN, SHIFT, pixels, rgb, wheel
from widgets.light_session import light_session

from napari_phy.views import drift
from napari_phy.views.spike_amplitudes import spike_amplitudes
from napari_phy.widgets.docks.drift_panel import DriftPanel


@pytest.fixture
def session():
    made = light_session(n_clusters=8, n_spikes=600)
    yield made
    made.close()


def shown(qtbot, session):
    made = DriftPanel(session)
    qtbot.addWidget(made)
    made.resize(620, 420)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: not made.busy)
    return made


@pytest.fixture
def panel(qtbot, session):
    session.selection.select([3, 5])
    made = shown(qtbot, session)
    assert made.data is not None
    made.plot.grab()
    return made


def place_of(panel, spike):
    time_s, depth = session_time(panel, spike), float(panel.data.columns.depths[spike])
    x, y = panel.frame.to_px([[time_s, depth]])[0]
    return QPoint(int(x), int(y))


def session_time(panel, spike):
    return float(panel.session.model.spike_times[spike])


def test_spikes_of_the_selection_are_drawn_again_when_the_view_is_no_longer_frozen(panel, session, qtbot):
    panel.header.freeze_button.click()
    session.selection.select([6])
    panel.plot.grab()
    assert panel._drawn == (3, 5)
    panel.header.freeze_button.click()
    qtbot.waitUntil(lambda: not panel.busy)
    image = pixels(panel.plot)
    places = [place_of(panel, spike) for spike in session.manager.spikes(6)]
    hits = [np.abs(image[p.y(), p.x()] - rgb(panel.color_of(0))).max() < 12 for p in places]
    assert np.mean(hits) > 0.9
    assert panel._drawn == (6,)


def test_selected_spikes_are_dots_in_their_colours_and_others_have_colours_of_the_ramp(panel, session):
    session.time.show(0, session.model.duration)
    image = pixels(panel.plot)
    best = session.manager.spikes(3)
    hits = [np.abs(image[p.y(), p.x()] - rgb(panel.color_of(0))).max() < 12 for p in (place_of(panel, s) for s in best)]
    assert np.mean(hits) > 0.95
    others = session.manager.spikes(0)
    view = np.array(rgb(panel.theme.view))
    highlighted = [np.abs(image[p.y(), p.x()] - view).max() > 12 for p in (place_of(panel, s) for s in others)]
    assert np.mean(highlighted) > 0.95


def test_places_without_spikes_are_empty(panel, session):
    session.time.show(0, session.model.duration)
    frame = panel.frame
    top = pixels(panel.plot)[int(frame.top) + 2, int(frame.left) + 4 : int(frame.left + frame.width) - 4]
    assert (np.abs(top - rgb(panel.theme.view)).max(axis=1) <= 3).all()


def test_a_selection_recolours_and_an_edit_keeps_the_window(panel, session):
    panel.show_window((5.0, 10.0), (0.0, 100.0))
    data = panel.data
    new = session.merge([3, 5]).added[0]
    panel.plot.grab()
    assert panel.clusters[0] == new
    assert panel.frame.x_range == (5.0, 10.0)
    assert panel.data is data


def test_the_caption_says_how_many_of_the_spikes_in_sight_are_drawn(panel, session, monkeypatch):
    n_spikes = session.manager.n_spikes(3) + session.manager.n_spikes(5)
    assert panel.stack.caption.text().startswith(f"all {n_spikes} spikes of the selection in sight")
    monkeypatch.setattr(drift, "N_POINTS_MAX", 20)
    panel.show_all()
    panel.plot.grab()
    assert f" of {n_spikes} spikes" in panel.stack.caption.text()


def test_a_click_moves_the_clock_ctrl_click_adds_the_spike_of_a_dot_and_shift_click_selects_its_cluster(panel, session):
    moves = []
    session.time.moved.connect(lambda: moves.append(session.time.time_s))
    spike = int(session.manager.spikes(5)[10])
    QTest.mouseClick(panel.plot, LEFT, PLAIN, place_of(panel, spike))
    assert moves == [pytest.approx(session_time(panel, spike), abs=0.1)]
    session.selection.select([3, 5])
    spike = int(panel._points.spike_ids[-1])
    QTest.mouseClick(panel.plot, LEFT, CTRL, place_of(panel, spike))
    assert session.selection.clusters == (3, 5)
    assert session.selection.spikes.tolist() == [spike]
    QTest.mouseClick(panel.plot, LEFT, SHIFT, place_of(panel, spike))
    assert session.selection.clusters == (3,)
    assert len(moves) == 1


def test_wheel_and_drag_zoom_and_move_within_the_recording(panel, session):
    place = QPoint(300, 150)
    time_s, depth = panel.frame.to_data([[300, 150]])[0]
    wheel(panel.plot, place, 4)
    assert np.ptp(panel.frame.x_range) == pytest.approx(session.model.duration / 1.25**4)
    assert panel.frame.y_range == panel.data.depth_range
    wheel(panel.plot, place, 2, CTRL)
    assert np.ptp(panel.frame.y_range) == pytest.approx(np.ptp(panel.data.depth_range) / 1.25**2)
    assert panel.frame.to_data([[300, 150]])[0] == pytest.approx([time_s, depth], rel=0.02)
    before = panel.frame
    QTest.mousePress(panel.plot, LEFT, PLAIN, place)
    QTest.mouseMove(panel.plot, place + QPoint(20, 5))
    QTest.mouseMove(panel.plot, place + QPoint(50, 30))
    QTest.mouseRelease(panel.plot, LEFT, PLAIN, place + QPoint(50, 30))
    moved = before.panned(50, 30)
    assert panel.frame.x_range == pytest.approx(moved.x_range)
    assert panel.frame.y_range == pytest.approx(moved.y_range)
    panel._on_dragged(1e6, 0)
    assert panel.frame.x_range[0] == 0
    QTest.mouseDClick(panel.plot, LEFT, PLAIN, place)
    assert panel.frame.x_range == (0, session.model.duration)


def test_a_single_selected_spike_has_a_ring_around_it(panel, session):
    spike = int(session.manager.spikes(0)[50])
    session.time.show(0, session.model.duration)
    place = place_of(panel, spike)
    before = pixels(panel.plot)
    session.selection.select_spikes([spike])
    changed = np.abs(pixels(panel.plot) - before).max(axis=2) > 30
    lines, columns = np.nonzero(changed)
    assert len(lines) > 8
    assert np.hypot(lines - place.y(), columns - place.x()).max() < 9
    session.selection.select_spikes([spike, spike + 1])
    assert np.array_equal(pixels(panel.plot), before)


def test_cells_may_show_the_number_of_spikes(panel, session):
    session.time.show(0, session.model.duration)
    before = pixels(panel.plot)
    panel.choose(color="number")
    assert not np.array_equal(pixels(panel.plot), before)
    assert panel.stack.caption.text().endswith("colour: number of spikes")
    panel.choose(color="amplitude")
    assert np.array_equal(pixels(panel.plot), before)


def test_a_moment_out_of_sight_is_brought_into_sight(panel, session):
    panel.show_window((2.0, 4.0), panel.data.depth_range)
    session.time.move_to(15.0)
    assert panel.frame.x_range == (14.0, 16.0)
    assert session.time.time_s == 15.0


def test_what_is_under_the_mouse_is_said(panel, session, qtbot):
    said = []
    panel.said.connect(said.append)
    spike = int(panel._points.spike_ids[-1])
    QTest.mouseMove(panel.plot, place_of(panel, spike))
    qtbot.waitUntil(lambda: len(said) > 0)
    assert said[-1].startswith("cluster 3, spike ")
    amplitude = spike_amplitudes(session, "peak to peak", np.array([spike]))[0]
    assert said[-1].endswith(f" µm, {amplitude:.0f} µV")
    assert panel.stack.caption.text().endswith("colour: mean amplitude (µV)")


def test_without_features_it_says_so(qtbot):
    session = light_session(features=None)
    panel = shown(qtbot, session)
    assert not panel.stack.shows_picture
    assert "memory.kwx is missing" in panel.stack.page.headline.text()
    session.close()


@pytest.mark.parametrize("size", [(220, 120), (40, 30)])
def test_it_paints_at_any_size(panel, size):
    panel.plot.resize(*size)
    assert not panel.plot.grab().isNull()
