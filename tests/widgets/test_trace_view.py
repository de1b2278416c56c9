"""Traces in arrays are shown like those of a data set."""

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from napari_phy.core.errors import TracesError
from napari_phy.widgets.trace_view import TraceView

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


@pytest.mark.parametrize("kind", ["array", "turned", "h5py"])
def test_any_array(kind, traces, tmp_path, qtbot):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        given = {"array": traces, "turned": traces.T, "h5py": file.create_dataset("x", data=traces)}[kind]
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
