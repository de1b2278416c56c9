"""Through the recording by mouse and keys: the frame in the overview, pages, spikes, moments; the summary on disk."""

import json

import numpy as np
import pytest
from journeys.person import ALT, LARGE, LEFT, PLAIN, SHIFT, Person
from journeys.sizes import LARGE_FIRST
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLineEdit

from napari_phy.core.arrays import evenly_spaced
from napari_phy.session import open_session
from napari_phy.stats.extremes import bin_extremes
from napari_phy.widgets.window import background_builds, data_files


@pytest.fixture
def newcomer(kept_window):
    """Somebody before a window in which nothing is open."""
    return Person(kept_window.take(LARGE, "dark"))


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    return person


def canvas_of(person):
    return person.viewer.window._qt_viewer.canvas.native


def click_overview(person, time_s):
    """Click where a moment is in napari's canvas."""
    camera, canvas = person.viewer.scene.camera, canvas_of(person)
    x = canvas.width() / 2 + (time_s - camera.center[2]) * camera.zoom
    place = QPoint(round(x), canvas.height() // 2)
    QTest.mouseMove(canvas, place)
    QTest.mouseClick(canvas, LEFT, PLAIN, place)
    person.settle()


@LARGE_FIRST
def test_through_the_recording(person):
    session, panel = person.session, person.workspace.panels["Traces"]
    assert panel.isVisible()
    assert session.time.shown_s == (0.0, 0.25)
    click_overview(person, 30.0)
    tolerance = 2 / person.viewer.scene.camera.zoom
    assert session.time.time_s == pytest.approx(30.0, abs=tolerance)
    assert sum(session.time.shown_s) / 2 == pytest.approx(session.time.time_s, abs=1e-6)

    frame = person.workspace.overview.frame.rectangle()
    image = person.workspace.window.centralWidget().grab().toImage()
    yellow = QColor(person.workspace.theme.warning)
    edge = [image.pixelColor(round(frame.left()) + dx, round(frame.center().y())) for dx in (-1, 0, 1)]
    assert yellow.name() in [color.name() for color in edge]

    start_s = session.time.shown_s[0]
    person.press(Qt.Key.Key_Right, ALT)
    assert session.time.shown_s[0] == pytest.approx(start_s + 0.25)
    person.press(Qt.Key.Key_Left, ALT)
    assert session.time.shown_s[0] == pytest.approx(start_s)

    now = session.time.time_s
    person.press(Qt.Key.Key_PageDown, ALT)
    (spike,) = session.selection.spikes.tolist()
    samples = session.model.spike_samples
    own = np.sort(np.concatenate([session.manager.spikes(cluster) for cluster in person.chosen]))
    assert samples[spike] == samples[own][samples[own] > round(now * session.model.sample_rate)].min()
    assert session.time.time_s == pytest.approx(samples[spike] / session.model.sample_rate)
    assert spike in panel.data.spikes.spike_ids

    camera, layer = person.viewer.scene.camera, person.viewer.layers["traces"]
    zoom, height_px = camera.zoom, layer.scale[0] * camera.zoom
    person.press(Qt.Key.Key_Equal, ALT)
    assert camera.zoom == pytest.approx(1.5 * zoom)
    assert layer.scale[0] * camera.zoom == pytest.approx(height_px)
    for _ in range(3):  # no more than all of it
        person.press(Qt.Key.Key_Minus, ALT)
        assert camera.zoom == pytest.approx(zoom)
        assert layer.scale[0] * camera.zoom == pytest.approx(height_px)
        assert camera.center[2] == pytest.approx(session.model.duration / 2)

    def type_time(dialog):
        line = dialog.findChild(QLineEdit)
        line.clear()
        QTest.keyClicks(line, "0:45.5")
        QTest.keyClick(line, Qt.Key.Key_Return)

    person.workspace.focus_clusters()
    person.answer(type_time)
    person.press(Qt.Key.Key_T)
    assert person.titles[-1] == "Go to time"
    assert session.time.time_s == 45.5

    def type_spike(dialog):
        line = dialog.findChild(QLineEdit)
        line.clear()
        QTest.keyClicks(line, "#99999999")
        assert not dialog.act_button.isEnabled()
        line.clear()
        QTest.keyClicks(line, "#1234")
        QTest.keyClick(line, Qt.Key.Key_Return)

    person.answer(type_spike)
    person.press(Qt.Key.Key_T)
    assert session.selection.spikes.tolist() == [1234]
    assert session.time.time_s == pytest.approx(samples[1234] / session.model.sample_rate)


def test_what_is_drawn_is_in_the_file(person):
    """The traces of the dock are those of the raw file, free of their median."""
    session, panel = person.session, person.workspace.panels["Traces"]
    session.time.show(12.0, 12.05)
    person.settle()
    data = panel.data.traces
    assert data.factor == 1
    start = data.first_bin
    channels = session.model.probe.channel_ids
    raw = session.model.traces[start : start + data.low.shape[1]][:, channels] * session.model.microvolts_per_unit
    difference = raw.T - data.low
    assert np.abs(difference - np.median(difference, axis=1, keepdims=True)).max() < 1e-2


def test_the_summary_is_built_kept_and_used(newcomer, kwik_copy, monkeypatch):
    monkeypatch.setattr(background_builds, "WORTH_BYTES", 0)
    newcomer.open(kwik_copy)
    pyramid = newcomer.session.trace_pyramid(newcomer.session.model)
    folder = kwik_copy.with_suffix(".napari-phy") / "traces"
    newcomer.wait(lambda: pyramid.is_complete and (folder / "state.json").exists(), "the summary")
    newcomer.settle()
    traces = newcomer.session.model.traces
    assert json.loads((folder / "state.json").read_text())["n_done"] == len(traces)
    assert pyramid.n_bytes <= 0.18 * traces.size * traces.dtype.itemsize
    level = newcomer.viewer.layers["traces"].data[-1]
    baseline, channels = level._baseline, newcomer.session.model.probe.channel_ids
    for column in evenly_spaced(level.shape[1], 7).tolist():
        samples = traces[column * level.factor : (column + 1) * level.factor][:, channels]
        own = samples * np.float32(newcomer.session.model.microvolts_per_unit) - baseline
        wanted = np.where(own.max(axis=0) > -own.min(axis=0), own.max(axis=0), own.min(axis=0))
        assert np.allclose(level[:, column], wanted, atol=1e-2)


def test_a_large_summary_is_asked_for(newcomer, kwik_copy, monkeypatch):
    monkeypatch.setattr(background_builds, "WORTH_BYTES", 0)
    monkeypatch.setattr(background_builds, "ASK_BYTES", 0)
    asked = []
    monkeypatch.setattr(background_builds, "notify", lambda words, severity, choices: asked.append((words, choices)))
    newcomer.open(kwik_copy)
    ((sentence, choices),) = asked
    assert sentence.startswith("Moving through all of sample.kwik is fast once a summary of its traces is stored")
    assert not (kwik_copy.with_suffix(".napari-phy") / "traces").exists()
    dict(choices)["Build"]()
    pyramid = newcomer.session.trace_pyramid(newcomer.session.model)
    newcomer.wait(lambda: pyramid.is_complete, "the summary")


def test_cancelled_it_goes_on_another_time(newcomer, kwik_copy, monkeypatch):
    monkeypatch.setattr(background_builds, "WORTH_BYTES", 0)
    monkeypatch.setattr("napari_phy.storage.trace_pyramid._CHUNK_BYTES", 2**18)
    newcomer.open(kwik_copy)
    work, pyramid = newcomer.workspace.overview.summary.work, newcomer.session.trace_pyramid(newcomer.session.model)
    if work.job is not None:
        newcomer.workspace.overview.summary.bar.button.click()
    newcomer.wait(lambda: work.job is None, "the end")
    done = pyramid.n_done
    pyramid.build()
    assert pyramid.is_complete
    assert pyramid.n_done >= done


def test_a_raw_file_that_is_cut_short_and_comes_back(newcomer, kwik_copy, monkeypatch):
    """The views say so, nothing crashes, and all is as before when the file is whole again."""
    raw = kwik_copy.with_suffix(".dat")
    whole = raw.read_bytes()
    raw.unlink()  # shared with other tests
    raw.write_bytes(whole)
    monkeypatch.setattr(data_files, "LOOK_AGAIN_MS", 100)
    said = []
    monkeypatch.setattr(data_files, "notify", lambda sentence, severity: said.append(sentence))
    newcomer.open(kwik_copy)
    panel, layer = newcomer.workspace.panels["Traces"], newcomer.viewer.layers["traces"]
    before = np.asarray(layer.data[0][:, 1_000_000:1_000_100])

    with raw.open("r+b") as file:
        file.truncate(len(whole) // 2)
    newcomer.session.time.show(50.0, 50.25)
    newcomer.wait(lambda: not panel.stack.shows_picture and not panel.busy, "the words")
    assert "sample.dat ends before row" in panel.stack.page.explanation.text()
    assert not np.asarray(layer.data[0][:, 1_000_000:1_000_100]).any()
    assert len(said) == 1
    assert said[0].endswith("The traces are shown again when the file is back.")
    newcomer.session.time.show(5.0, 5.25)
    newcomer.wait(lambda: panel.stack.shows_picture and not panel.busy, "what is left")

    newcomer.session.time.show(50.0, 50.25)
    newcomer.wait(lambda: not panel.stack.shows_picture and not panel.busy, "the words again")
    raw.unlink()
    raw.write_bytes(whole)
    newcomer.wait(lambda: panel.stack.shows_picture and not panel.busy, "the traces")
    assert np.array_equal(np.asarray(layer.data[0][:, 1_000_000:1_000_100]), before)


@pytest.mark.soak
def test_a_raw_file_that_is_rewritten_is_summarised_anew(make_napari_viewer, kwik_copy, monkeypatch):
    """Cut short it cannot be summarised; as soon as it is whole again, other samples are in the summary."""
    raw = kwik_copy.with_suffix(".dat")
    whole = np.fromfile(raw, np.int16)
    raw.unlink()  # shared with other tests
    whole.tofile(raw)
    monkeypatch.setattr(data_files, "LOOK_AGAIN_MS", 100)
    monkeypatch.setattr(data_files, "notify", lambda sentence, severity: None)
    monkeypatch.setattr(background_builds, "WORTH_BYTES", 0)
    person = Person(make_napari_viewer(show=True))
    person.resize(*LARGE)  # a page of samples is drawn from the file itself
    person.open(kwik_copy)
    summary, traces = person.workspace.overview.summary, person.session.model.traces
    pyramid = person.session.trace_pyramid(person.session.model)
    person.wait(lambda: pyramid.is_complete, "the summary")

    with raw.open("r+b") as file:
        file.truncate(whole.nbytes // 2)
    person.session.time.show(50.0, 50.25)
    panel = person.workspace.panels["Traces"]
    person.wait(lambda: not panel.stack.shows_picture and not panel.busy, "the words")
    (whole // 2).tofile(raw)
    person.wait(lambda: panel.stack.shows_picture and not panel.busy, "the traces")
    person.wait(lambda: summary.work.job is None and pyramid.is_complete, "the new summary")
    last = len(traces) // 16
    assert np.array_equal(pyramid.read(16, last - 50, last), bin_extremes(traces[16 * (last - 50) : 16 * last], 16))
    assert np.array_equal(traces[16 * (last - 50) :], (whole // 2).reshape(traces.shape)[16 * (last - 50) :])


def test_a_filter_acts_on_the_canvas_too_where_samples_are_shown(newcomer, kwik_copy):
    newcomer.open(kwik_copy)
    panel, level = newcomer.workspace.panels["Traces"], newcomer.viewer.layers["traces"].data[0]
    overview = newcomer.workspace.overview
    raw = np.asarray(level[:, 200_000:201_000])
    panel.choose(filter_name="common median")
    newcomer.settle()
    assert overview.binder.shows_raw_for_width
    camera = newcomer.viewer.scene.camera
    camera.center = (0, camera.center[1], 10.0)
    camera.zoom = canvas_of(newcomer).width() / 0.5
    assert not overview.binder.shows_raw_for_width
    newcomer.wait(lambda: not np.array_equal(level[:, 200_000:201_000], raw), "the filter")
    filtered = np.asarray(level[:, 200_000:201_000])
    assert np.abs(np.median(filtered, axis=0)).max() < 1e-3
    panel.choose(filter_name="raw")
    assert np.array_equal(level[:, 200_000:201_000], raw)


def test_the_residual_is_shown_in_the_dock_and_in_the_canvas_and_follows_a_merge(newcomer, kwik_copy):
    newcomer.open(kwik_copy)
    panel, level = newcomer.workspace.panels["Traces"], newcomer.viewer.layers["traces"].data[0]
    manager = newcomer.session.manager
    newcomer.press(Qt.Key.Key_Colon, SHIFT)
    line = newcomer.workspace.command_line
    newcomer.wait(line.field.hasFocus, "the command line")
    QTest.keyClicks(line.field, "tp residual")
    QTest.keyClick(line.field, Qt.Key.Key_Return)
    newcomer.settle()
    assert panel.header.note_label.text().startswith("residual")
    camera = newcomer.viewer.scene.camera
    camera.center = (0, camera.center[1], 10.0)
    camera.zoom = canvas_of(newcomer).width() / 0.5
    stretch = np.s_[:, 200_000:210_000]
    raw = np.asarray(level[stretch])
    newcomer.wait(lambda: np.asarray(level[stretch]).std() < 0.9 * raw.std(), "the residual")
    residual = np.asarray(level[stretch])
    first, last = np.searchsorted(newcomer.session.model.spike_samples, [200_000, 210_000])
    several = [one for one in np.unique(manager.clusters_of(np.arange(first, last))) if manager.group(one) != "noise"]
    newcomer.session.merge(several)
    newcomer.wait(lambda: np.asarray(level[stretch]).std() > 1.1 * residual.std(), "the residual of the merge")
    newcomer.session.undo()
    newcomer.wait(lambda: np.array_equal(level[stretch], residual), "the residual as it was")
    panel.choose(part="traces", filter_name="raw")
    assert np.array_equal(level[stretch], raw)


def test_where_slow_waves_are_strong_traces_and_canvas_are_band_passed_at_first(newcomer, kwik_copy):
    with_waves = kwik_copy.with_suffix(".dat")
    with open_session(kwik_copy, read_only=True) as session:
        raw = np.asarray(session.model.traces[0 : session.model.traces.shape[0]])
        slow = 3000 * np.sin(2 * np.pi * 3 * np.arange(len(raw)) / session.model.sample_rate)
    with_waves.unlink()  # it is that of all tests
    (raw + slow[:, None]).astype(np.int16).tofile(with_waves)
    newcomer.open(kwik_copy)
    newcomer.settle()
    layer, panel = newcomer.viewer.layers["traces"], newcomer.workspace.panels["Traces"]
    assert panel.data.traces.is_filtered
    assert panel.header.drop_downs[1].text().startswith("Band-pass")
    wide = layer.contrast_limits[1]
    camera = newcomer.viewer.scene.camera
    camera.center = (0, camera.center[1], 10.0)
    camera.zoom = canvas_of(newcomer).width() / 0.5
    newcomer.wait(lambda: np.abs(layer.data[0][:, 200_000:201_000]).max() < 2000, "the filter")
    newcomer.wait(lambda: layer.contrast_limits[1] < wide / 5, "the contrast of filtered traces")
    panel.choose(filter_name="raw")
    assert layer.contrast_limits[1] == wide
