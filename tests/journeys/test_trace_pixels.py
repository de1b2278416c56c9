"""Pixels of the Traces dock and of the canvas, read back, are what klusta's raw files say."""

import shutil

import numpy as np
import pytest
from qtpy.QtGui import QColor

from napari_phy.core.colors import selection_color
from napari_phy.layers.traces import LOUD, QUIET, QUIET_FRACTION

pytestmark = pytest.mark.real_data
NAMES = ["klusta_4ch/test4", "klusta_synth32/synth32"]


@pytest.fixture(params=[NAMES[1], pytest.param(NAMES[0], marks=pytest.mark.soak)])
def person(person, request, data_folder, tmp_path):
    source = data_folder / request.param
    for file in source.parent.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    person.open(tmp_path / f"{source.name}.kwik")
    person.workspace.panels["Traces"].choose(filter_name="raw")
    return person


def test_the_lines_of_the_dock(person):
    session, panel = person.session, person.workspace.panels["Traces"]
    model, rate = session.model, session.model.sample_rate
    start, n_samples = round(0.4 * rate), 60
    session.selection.select([])
    session.time.show(start / rate, (start + n_samples) / rate)
    person.settle()
    drawn = panel.data.traces
    raw = model.traces[start : start + n_samples][:, model.probe.channel_ids].T
    values = drawn.low[:, start - drawn.first_bin :][:, :n_samples]
    baseline = raw * (model.microvolts_per_unit or 1.0) - values
    assert np.abs(baseline - baseline[:, :1]).max() < 0.05  # the same but for the resting voltage

    layout, scale = panel.layout_now, panel.plot.devicePixelRatioF()
    image = panel.plot.grab().toImage()
    background = np.array(QColor(panel.theme.view).getRgb()[:3])
    n_seen = 0
    for row in layout.rows:
        heights = -values[layout.order[row]] * panel.px_per_unit + float(layout.zero_of(row))
        for number in range(2, n_samples - 2):
            y, steepness = heights[number], np.abs(np.diff(heights[number - 1 : number + 2])).max()
            if steepness > 40 or not layout.top + 8 < y < layout.top + layout.height - 8:
                continue
            x = layout.x_of((start + number + 0.5) / rate)
            rows = np.arange(round(y) - 4, round(y) + 5)
            colors = [image.pixelColor(int(x * scale), int(r * scale)).getRgb()[:3] for r in rows]
            ink = np.abs(np.array(colors) - background).sum(axis=1)
            assert ink.max() > 30, f"nothing is drawn at sample {number} of row {row}"
            n_seen += 1
    assert n_seen > 50


def test_ticks_of_spikes_are_thin_and_leave_other_channels_and_the_frame_in_sight(person):
    session, viewer = person.session, person.viewer
    cluster = max(session.manager.cluster_ids.tolist(), key=session.manager.n_spikes)
    session.selection.select([cluster])
    person.settle()
    person.rest(0.3)
    canvas, camera = viewer.window._qt_viewer.canvas.native, viewer.scene.camera
    image = canvas.grabFramebuffer()
    scale = image.width() / canvas.width()
    ink = np.array(QColor(selection_color(0)).getRgb()[:3])
    pixels = np.array(
        [[image.pixelColor(x, y).getRgb()[:3] for x in range(image.width())] for y in range(image.height())], dtype=int
    )
    rows, columns = np.nonzero(np.abs(pixels - ink).max(axis=-1) < 12)
    assert len(rows)
    assert np.ptp(rows) + 1 <= 4 * scale
    times_s = session.model.spike_times[session.manager.spikes(cluster)]
    spikes_px = canvas.width() / 2 + (times_s - camera.center[2]) * camera.zoom
    away = np.abs(columns[:, None] + 0.5 - spikes_px * scale)
    assert away.min(axis=1).max() <= 2 * scale  # of 2 px each
    assert (away.min(axis=0) <= 2 * scale).all()  # and none is missing
    frame = person.workspace.overview.frame.rectangle()
    yellow = QColor(person.workspace.panels["Traces"].theme.warning).getRgb()[:3]
    seen = person.viewer.window._qt_window.centralWidget().grab().toImage()
    edge = [seen.pixelColor(round(frame.left() * scale), y).getRgb()[:3] for y in range(4, seen.height() - 4)]
    assert np.mean([np.abs(np.subtract(color, yellow)).max() < 12 for color in edge]) > 0.9


def test_the_picture_of_the_canvas(person):
    """Loud samples are bright and quiet ones dark, each at its own channel and sample."""
    model, layer = person.session.model, person.viewer.layers["traces"]
    person.viewer.layers["spikes"].visible = False
    canvas = person.viewer.window._qt_viewer.canvas.native
    level = layer.data[0]
    limit = layer.contrast_limits[1]
    values = np.asarray(level[:, 0 : min(level.shape[1], 200_000)])
    n_samples = 40
    starts = range(0, values.shape[1] - n_samples, n_samples)
    start = max(starts, key=lambda at: np.clip(np.abs(values[:, at : at + n_samples]) / limit, 0.4, 1).std())
    shown = values[:, start : start + n_samples]
    pitch = n_samples / model.sample_rate / model.n_channels * canvas.height() / canvas.width()
    layer.scale = (pitch, 1 / model.sample_rate)
    camera = person.viewer.scene.camera
    camera.center = (0, pitch * (model.n_channels - 1) / 2, (start + (n_samples - 1) / 2) / model.sample_rate)
    camera.zoom = canvas.width() / n_samples * model.sample_rate
    person.settle()
    person.rest(0.3)
    image = canvas.grabFramebuffer()
    scale = image.width() / canvas.width()
    width, height = canvas.width() / n_samples, canvas.height() / model.n_channels
    brightness = np.array(
        [
            [
                image.pixelColor(int((column + 0.5) * width * scale), int((row + 0.5) * height * scale)).lightness()
                for column in range(2, n_samples - 2)
            ]
            for row in range(model.n_channels)
        ]
    )
    loudness = np.abs(shown[:, 2 : n_samples - 2]) / limit
    dark, bright = QColor(QUIET[True]).lightness(), QColor(LOUD[True]).lightness()
    expected = dark + np.clip((loudness - QUIET_FRACTION) / (1 - QUIET_FRACTION), 0, 1) * (bright - dark)
    assert expected.max() - expected.min() > 100
    assert np.abs(brightness - expected).max() < 12


@pytest.mark.parametrize("person", NAMES[:1], indirect=True)
def test_the_whole_of_a_short_recording_is_filtered_where_slow_waves_are_strong(person):
    canvas = person.viewer.window._qt_viewer.canvas.native

    def share_of_loud():
        image = canvas.grabFramebuffer()
        places = [(x, y) for x in range(20, image.width() - 20, 7) for y in range(8, image.height() - 8, 7)]
        return np.mean([image.pixelColor(x, y).lightness() > 150 for x, y in places])

    person.workspace.panels["Traces"].choose(filter_name="automatic")
    person.settle()
    person.wait(lambda: share_of_loud() < 0.3, "filtered traces: noise is background")
