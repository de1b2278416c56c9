"""Arrays are shown like the traces, waveforms and clusters of a data set."""

import gc
import weakref

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from qtpy.compat import isalive
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from widgets.docks.test_raster_panel import LEFT, PLAIN, columns_with, place_of

from napari_phy.core.errors import NapariPhyError, TracesError
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.widgets import RasterView, TraceView, WaveformView

RATE = 1000.0
N = 60  # waveforms


def shown(view, qtbot, size):
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    panel = view.panel
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None and panel._request == panel.make_request())
    return panel


# --- traces ---


@pytest.fixture
def traces():
    return np.random.default_rng(0).normal(0, 10, (5000, 4)).astype(np.float32)


@pytest.mark.parametrize("kind", ["array", "turned", "memmap", "h5py", "h5py turned", "dask", "dask turned"])
def test_traces_may_be_any_array(kind, traces, tmp_path, qtbot):
    import dask.array as da

    with h5py.File(tmp_path / "x.h5", "w") as file:
        traces.tofile(tmp_path / "x.dat")
        given = {
            "array": traces,
            "turned": traces.T,
            "memmap": np.memmap(tmp_path / "x.dat", np.float32, "r", shape=traces.shape),
            "h5py": file.create_dataset("x", data=traces, chunks=(500, 2)),
            "h5py turned": file.create_dataset("y", data=traces.T, chunks=(2, 500)),
            "dask": da.from_array(traces, chunks=(700, 3)),
            "dask turned": da.from_array(traces.T, chunks=(3, 700)),
        }[kind]
        view = TraceView(given, RATE)
        panel = shown(view, qtbot, (600, 240))
        found = panel.data.traces
        begin = found.first_bin
        baseline = np.median(traces, axis=0)
        n_samples = found.low.shape[1]
        assert np.abs(found.low.T - (traces[begin : begin + n_samples] - baseline)).max() < 1.0
        assert panel.header.isVisible()
        view.close()


def test_spike_trains_lie_over_the_traces(traces, qtbot):
    samples, labels = np.array([900, 100, 120]), np.array([3, 7, 3])
    masks = np.eye(3, 4)
    view = TraceView(traces, RATE, spikes=(samples, labels, masks))
    panel = shown(view, qtbot, (600, 240))
    assert view.selection.clusters == (3, 7)
    assert panel.data.spikes.samples.tolist() == [100, 120]
    assert panel.data.spikes.places.tolist() == [1, 0]
    assert_array_equal(panel.data.spikes.masks, masks[[1, 2]])
    view.time.show(0.8, 1.05)
    qtbot.waitUntil(lambda: 900 in panel.data.spikes.samples)


@pytest.mark.parametrize(
    ("spikes", "sentence"),
    [
        (([1, 2], [1]), "one integer sample and one label"),
        (([1.5], [1]), "one integer sample"),
        (([1], [-1]), "integers from 0"),
        (([1], [1], np.ones((1, 9))), r"shape \(1, 4\), not \(1, 9\)"),
        (([1],), "samples, labels"),
    ],
)
def test_spikes_that_do_not_fit_are_refused(traces, qtbot, spikes, sentence):
    with pytest.raises(TracesError, match=sentence):
        TraceView(traces, RATE, spikes=spikes)


def test_a_sample_rate_is_above_0(traces, qtbot):
    with pytest.raises(TracesError, match="above 0"):
        TraceView(traces, 0.0)


@pytest.mark.parametrize("shape", [(0, 4), (4, 0)])
def test_empty_arrays_are_refused(shape, qtbot):
    with pytest.raises(TracesError, match="a sample and a channel at least"):
        TraceView(np.zeros(shape), RATE)


def test_what_is_no_number_is_drawn_as_0(traces, qtbot):
    traces[100:140] = np.nan
    traces[:, 2] = np.nan
    view = TraceView(traces, RATE)
    panel = shown(view, qtbot, (600, 240))
    assert np.isfinite(panel.data.traces.low).all()
    assert panel.data.noise == pytest.approx(10.0, rel=0.5)
    assert not panel.plot.grab().isNull()
    panel.session.time.show(0.0, 5.0)
    qtbot.waitUntil(lambda: not panel.busy and panel._request == panel.make_request())
    assert np.isfinite(panel.data.traces.high).all()


def test_keys_turn_pages_and_go_from_spike_to_spike(traces, qtbot):
    view = TraceView(traces.tolist(), RATE, spikes=([900, 3000], [3, 3]))
    panel = shown(view, qtbot, (600, 240))
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(panel, Qt.Key.Key_Right, alt)
    assert view.time.shown_s == (pytest.approx(0.25), pytest.approx(0.5))
    qtbot.keyClick(panel.plot, Qt.Key.Key_Left, alt)
    assert view.time.shown_s == (pytest.approx(0.0), pytest.approx(0.25))
    for moment in (0.9, 3.0, 3.0):  # there is no third
        qtbot.keyClick(panel, Qt.Key.Key_PageDown, alt)
        assert view.time.time_s == pytest.approx(moment)
    qtbot.keyClick(panel, Qt.Key.Key_PageUp, alt)
    assert view.time.time_s == pytest.approx(0.9)


def test_without_being_told_it_takes_the_theme_of_the_open_viewer(traces, make_napari_viewer):
    viewer = make_napari_viewer()
    viewer.theme = "light"
    view = TraceView(traces, RATE)
    viewer.window.add_dock_widget(view, name="arrays")
    assert not view.panel.theme.dark


def test_trains_explain_the_traces_of_an_array(qtbot):
    rng = np.random.default_rng(0)
    traces, samples = rng.normal(0, 10, (20_000, 4)), np.arange(200, 19_800, 150)
    shape = -200 * np.exp(-0.5 * (np.arange(-10, 11) / 3) ** 2)
    traces[samples[:, None] + np.arange(-10, 11), 2] += shape
    view = TraceView(traces, 20_000.0, spikes=(samples, np.zeros(len(samples), int)))
    panel = shown(view, qtbot, (600, 240))
    spread = {}
    for part in ("traces", "model", "residual"):
        panel.choose(filter_name="band-pass", part=part)
        qtbot.waitUntil(lambda: not panel.busy and panel._request == panel.make_request())
        spread[part] = panel.data.traces.low.std(axis=1)
    assert spread["model"].argmax() == 2
    assert spread["traces"][2] > 2 * spread["traces"][0]
    assert spread["residual"] == pytest.approx(spread["traces"][0], rel=0.15)


# --- waveforms ---


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    clusters = np.arange(N) % 3
    shape = -80 * np.exp(-(((np.arange(20) - 8) / 2.0) ** 2))
    gains = np.array([[1, 0.5, 0, 0], [0, 1, 0.5, 0], [0, 0, 0.6, 1]])[clusters]
    waveforms = shape[:, None] * gains[:, None, :] + rng.normal(0, 3, (N, 20, 4))
    return waveforms.astype(np.float32), clusters, (gains > 0).astype(float)


def test_waveforms_are_shown_where_their_channels_are(qtbot, arrays):
    waveforms, clusters, masks = arrays
    positions = np.array([(0, 0), (0, 20), (40, 0), (40, 20)])
    view = WaveformView(waveforms, clusters, positions, masks, sample_rate=1000.0, unit="mV")
    panel = shown(view, qtbot, (400, 400))
    assert panel.data.request.clusters == (0, 1, 2)
    assert panel.data.n_shown == panel.data.n_total == N
    np.testing.assert_allclose(panel.data.means[1][:, 1], waveforms[1::3, :, 1].mean(axis=0), rtol=1e-5)
    left, top = panel.boxes.left, panel.boxes.center_y
    assert left[0] == left[1] < left[2] == left[3]
    assert top[1] == top[3] < top[0] == top[2]
    assert panel.boxes.takes_part.tolist() == (masks[:3] > 0).tolist()
    assert panel.data.unit == "mV"
    assert np.diff(panel.data.times_ms) == pytest.approx(1.0)


def test_selection_colours_and_geometry_can_be_set(qtbot, arrays):
    waveforms, clusters, masks = arrays
    view = WaveformView(waveforms, clusters, masks=masks, colors={2: "#ff00ff"})
    panel = shown(view, qtbot, (400, 400))
    tops = panel.boxes.center_y
    assert (np.diff(tops) > 0).all()
    view.selection.select([2, 0])
    qtbot.waitUntil(lambda: not panel.busy and panel.data.request.clusters == (2, 0))
    assert [entry.color for entry in panel.stack.legend.entries] == ["#ff00ff", panel.color_of(1)]
    view.show_as(kind="mean")
    box = int(np.flatnonzero(panel.data.channels == 3)[0])
    x, y = panel.boxes.line(box, panel.data.means[0, :, box])[8]
    image = panel.canvas.grab().toImage()
    red, green, blue, _ = image.pixelColor(round(x), round(y - 0.5)).getRgb()
    assert red > 200 > 80 > green
    assert blue > 200
    view.set_colors({0: "#00ff00"})
    view.set_positions([(0, 60), (0, 40), (0, 20), (0, 80)])
    qtbot.waitUntil(lambda: not panel.busy and panel.data.positions[3, 1] == 80)
    assert panel.stack.legend.entries[1].color == "#00ff00"
    assert panel.data.channels[np.argmin(panel.boxes.center_y)] == 3


def test_keys_and_channels_of_waveforms_work_without_a_session(qtbot, arrays):
    waveforms, clusters, masks = arrays
    view = WaveformView(waveforms, clusters, masks=masks)
    panel = shown(view, qtbot, (400, 400))
    qtbot.keyClick(panel, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert panel.look.scale.voltage == pytest.approx(1.2)
    point = QPoint(round(panel.boxes.left[3] + 2), round(panel.boxes.center_y[3]))
    qtbot.mouseClick(panel.canvas.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, point)
    assert panel.canvas.chosen_channel == 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"waveforms": np.zeros((N, 20))}, r"shape \(spikes, samples, channels\)"),
        ({"waveforms": np.zeros((N, 1, 4))}, "2 samples or more"),
        ({"clusters": np.zeros(3, int)}, "each of 60 spikes"),
        ({"clusters": np.full(N, -1)}, "integer from 0"),
        ({"clusters": np.zeros(N)}, "integer from 0"),
        ({"masks": np.ones((N, 3))}, r"shape \(60, 4\), not \(60, 3\)"),
        ({"positions": np.zeros((3, 2))}, "4 finite pairs"),
        ({"positions": np.full((4, 2), np.nan)}, "4 finite pairs"),
        ({"sample_rate": 0.0}, "above 0"),
    ],
)
def test_waveforms_that_do_not_fit_are_refused(qtbot, arrays, change, sentence):
    waveforms, clusters, masks = arrays
    given = {"waveforms": waveforms, "clusters": clusters, "masks": masks, **change}
    with pytest.raises(TracesError, match=sentence):
        WaveformView(given.pop("waveforms"), given.pop("clusters"), **given)


# --- rasters ---


def test_a_raster_of_arrays_has_a_row_a_neuron_from_the_highest_position(qtbot):
    clock = TimeCursor(10.0)
    view = RasterView([1.0, 9.0, 5.0, 5.5], [4, 2, 8, 8], positions=[10, 30, 20], marker="bar", time=clock)
    qtbot.addWidget(view)
    view.resize(500, 200)
    view.show()
    qtbot.waitExposed(view)
    assert view.plot.rows.tolist() == [4, 8, 2]
    clock.show(0, 10)
    color = view.plot._theme.dim
    layout = view.plot.layout_now
    found = [columns_with(view.plot, row, color) / layout.px_per_s for row in range(3)]
    for times, expected in zip(found, ([1.0], [5.0, 5.5], [9.0]), strict=True):
        np.testing.assert_allclose(times, expected, atol=2 / layout.px_per_s)
    QTest.mouseClick(view.plot, LEFT, PLAIN, place_of(view.plot, 6.0, 1))
    assert clock.time_s == pytest.approx(6.0, abs=0.05)


def test_positions_may_be_by_neuron_and_must_be_complete(qtbot):
    view = RasterView([1.0, 2.0], [4, 2], positions={4: 1.0, 2: 5.0})
    qtbot.addWidget(view)
    assert view.plot.rows.tolist() == [2, 4]
    with pytest.raises(NapariPhyError, match="Neuron 2 has no position"):
        RasterView([1.0, 2.0], [4, 2], positions={4: 1.0})
    with pytest.raises(NapariPhyError, match="2 neurons but positions of shape"):
        RasterView([1.0, 2.0], [4, 2], positions=[1, 2, 3])
    with pytest.raises(NapariPhyError, match='"bar" or "dot"'):
        RasterView([1.0, 2.0], [4, 2], marker="star")


def test_a_clock_outlives_the_raster_of_arrays(qtbot):
    clock = TimeCursor(10.0)
    view = RasterView([1.0, 2.0], [4, 2], time=clock)
    plot = view.plot
    view.deleteLater()
    qtbot.waitUntil(lambda: not isalive(plot))
    clock.move_to(5.0)
    clock.show(2.0, 3.0)
    assert clock.time_s == 5.0


def test_ids_below_0_are_refused(qtbot):
    with pytest.raises(NapariPhyError, match=r"from 0 to .* from -3 to 4"):
        RasterView([1.0, 2.0], [4, -3])


def test_a_view_that_is_shown_lives_until_it_is_closed(qtbot):
    view = RasterView([0.1, 0.2], [0, 1])
    view.show()
    seen = weakref.ref(view)
    del view
    gc.collect()
    assert seen() is not None
    assert seen().isVisible()
    seen().close()
    qtbot.waitUntil(lambda: gc.collect() >= 0 and seen() is None)
