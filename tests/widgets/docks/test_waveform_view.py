"""Waveforms in arrays are shown like those of a data set; selection, colours and geometry can be set."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_phy.core.errors import TracesError
from napari_phy.widgets import WaveformView

N = 60


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    clusters = np.arange(N) % 3
    shape = -80 * np.exp(-(((np.arange(20) - 8) / 2.0) ** 2))
    gains = np.array([[1, 0.5, 0, 0], [0, 1, 0.5, 0], [0, 0, 0.6, 1]])[clusters]
    waveforms = shape[:, None] * gains[:, None, :] + rng.normal(0, 3, (N, 20, 4))
    return waveforms.astype(np.float32), clusters, (gains > 0).astype(float)


def shown(qtbot, view):
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show()
    panel = view.panel
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None and panel._request == panel.make_request())
    return panel


def test_arrays_are_shown_where_their_channels_are(qtbot, arrays):
    waveforms, clusters, masks = arrays
    positions = np.array([(0, 0), (0, 20), (40, 0), (40, 20)])
    view = WaveformView(waveforms, clusters, positions, masks, sample_rate=1000.0, unit="mV")
    panel = shown(qtbot, view)
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
    panel = shown(qtbot, view)
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


def test_keys_and_channels_work_without_a_session(qtbot, arrays):
    waveforms, clusters, masks = arrays
    view = WaveformView(waveforms, clusters, masks=masks)
    panel = shown(qtbot, view)
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
def test_what_does_not_fit_is_refused(qtbot, arrays, change, sentence):
    waveforms, clusters, masks = arrays
    given = {"waveforms": waveforms, "clusters": clusters, "masks": masks, **change}
    with pytest.raises(TracesError, match=sentence):
        WaveformView(given.pop("waveforms"), given.pop("clusters"), **given)
