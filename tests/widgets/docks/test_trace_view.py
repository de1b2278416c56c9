"""Traces in arrays are shown like those of a data set."""

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from qtpy.QtCore import Qt

from napari_phy.core.errors import TracesError
from napari_phy.widgets import TraceView

RATE = 1000.0


@pytest.fixture
def traces():
    return np.random.default_rng(0).normal(0, 10, (5000, 4)).astype(np.float32)


def shown(view, qtbot):
    qtbot.addWidget(view)
    view.resize(600, 240)
    view.show()
    panel = view.panel
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None and panel._request == panel.make_request())
    return panel


@pytest.mark.parametrize("kind", ["array", "turned", "memmap", "h5py", "h5py turned", "dask", "dask turned"])
def test_any_array(kind, traces, tmp_path, qtbot):
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
        panel = shown(view, qtbot)
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
    panel = shown(view, qtbot)
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
def test_what_does_not_fit_is_refused(traces, qtbot, spikes, sentence):
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
    panel = shown(view, qtbot)
    assert np.isfinite(panel.data.traces.low).all()
    assert panel.data.noise == pytest.approx(10.0, rel=0.5)
    assert not panel.plot.grab().isNull()
    panel.session.time.show(0.0, 5.0)
    qtbot.waitUntil(lambda: not panel.busy and panel._request == panel.make_request())
    assert np.isfinite(panel.data.traces.high).all()


def test_keys_turn_pages_and_go_from_spike_to_spike(traces, qtbot):
    view = TraceView(traces.tolist(), RATE, spikes=([900, 3000], [3, 3]))
    panel = shown(view, qtbot)
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
