"""A stack comes beside a recording with pulses: one click, and slider and traces run together, until it is unlinked."""

import numpy as np
import pytest
import tifffile
from journeys.person import LEFT, PLAIN
from napari._qt.widgets.qt_dims_slider import QtDimSliderWidget
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel, QLineEdit

from napari_phy.core.event_times import EventTimes
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.events import write_events
from napari_phy.timeline import TimeBase

N_FRAMES, RATE_HZ, OFFSET_S, LOST = 300, 10.0, 2.0, (120, 121)


@pytest.fixture
def pulsed(kwik_copy):
    """Return the sample with a pulse for each frame on line 3, but for two."""
    times_s = OFFSET_S + np.delete(np.arange(N_FRAMES), LOST) / RATE_HZ
    with open_h5(kwik_copy, "r+") as file:
        rate = float(file.read_attr("/recordings/0", "sample_rate"))
        samples = np.rint(times_s * rate).astype(np.int64)
        values = {"channel": np.full(len(samples), 3, np.uint8), "eventid": np.ones(len(samples), np.uint8)}
        write_events(file, {"TTL": EventTimes("TTL", samples, np.zeros_like(samples), values)}, {0: 0})
    return kwik_copy


@pytest.fixture
def movie(tmp_path):
    """Return a TIFF in which each pixel is the number of its frame."""
    frames = np.broadcast_to(np.arange(N_FRAMES, dtype=np.uint16)[:, None, None], (N_FRAMES, 60, 90))
    tifffile.imwrite(tmp_path / "neurons.tif", np.ascontiguousarray(frames))
    return tmp_path / "neurons.tif"


def shown(layer):
    return int(np.asarray(layer._slice.image.raw).flat[0])


def frame_at(time_s):
    return int(np.floor((time_s - OFFSET_S) * RATE_HZ + 1e-6))


def state(layer):
    return {name: tuple(getattr(layer, name)) for name in ("scale", "translate", "units", "axis_labels")}


def link(person, movie, pulsed):
    """Open both, and click the button of what is proposed; return the layer and how it was."""
    person.open(pulsed)
    viewer = person.viewer
    viewer.open(str(movie), plugin="napari")
    layer = viewer.layers["neurons"]
    before = state(layer)
    person.wait(lambda: any("2 missing" in told for told in person.told), "a proposal")
    sentence = next(told for told in person.told if "2 missing" in told)
    assert sentence.startswith("neurons fits TTL 3: 298 pulses, 300 frames")
    person.respond(sentence, "Link")
    person.wait(lambda: person.workspace.overview.time_links.linked.layers == (layer,), "the link")
    person.settle()
    return layer, before


def test_one_click_and_slider_and_traces_run_together(person, pulsed, movie):
    layer, before = link(person, movie, pulsed)
    session, viewer = person.session, person.viewer
    bar = next(bar for bar in person.workspace.window.findChildren(QtDimSliderWidget) if bar.isVisible())
    assert bar.axis_label.text() == "time"

    QTest.mouseClick(bar.slider, LEFT, PLAIN, QPoint(bar.slider.width() // 2, bar.slider.height() // 2))
    person.wait(lambda: session.time.time_s == pytest.approx(viewer.dims.point[0]), "the clock")
    for _ in range(5):
        QTest.keyClick(bar, Qt.Key.Key_Right)
    viewer.dims.set_current_step(0, 150)
    person.wait(lambda: session.time.time_s == pytest.approx(viewer.dims.point[0]), "the clock")
    assert shown(layer) == frame_at(session.time.time_s)
    person.settle()
    start_s, stop_s = session.time.shown_s
    assert start_s <= session.time.time_s <= stop_s

    person.workspace.commander.run("tg 10.02")
    person.wait(lambda: viewer.dims.point[0] == pytest.approx(10.02, abs=0.06), "the slider")
    person.settle()
    assert session.time.time_s == 10.02
    assert shown(layer) == frame_at(10.02) == 80

    spike = int(np.searchsorted(session.model.spike_samples, 25 * session.model.sample_rate))
    time_s = session.model.spike_samples[spike] / session.model.sample_rate
    person.workspace.commander.run(f"tg #{spike}")
    person.wait(lambda: viewer.dims.point[0] == pytest.approx(time_s, abs=0.06), "the slider")
    assert session.time.time_s == time_s
    assert shown(layer) == frame_at(time_s)

    strip = person.workspace.time_bar.strip
    assert strip.isVisible()
    place = strip.layout_px.x_of(20.0)
    QTest.mouseClick(strip, LEFT, PLAIN, QPoint(round(place), strip.height() // 2))
    person.wait(lambda: shown(layer) == frame_at(session.time.time_s), "the frame")
    assert session.time.time_s == pytest.approx(20.0, abs=0.1)

    field = bar.findChild(QLineEdit, "napari-phy-slider-time")
    assert field.text() == f"{session.time.time_s:.3f} s"
    QTest.mouseClick(field, LEFT, PLAIN)
    field.selectAll()
    QTest.keyClicks(field, "15.05")
    QTest.keyClick(field, Qt.Key.Key_Return)
    person.wait(lambda: shown(layer) == frame_at(15.05), "the frame")
    assert session.time.time_s == 15.05

    words = person.workspace.window.centralWidget().findChild(QLabel, "napari-phy-no-frame")
    assert not words.isVisible()
    for time_s in (0.35, 32.5):  # before the first frame, after the last one
        session.time.move_to(time_s)
        person.wait(words.isVisible, "words on the canvas")
        assert words.text() == "No frame of neurons at this time"
    session.time.move_to(15.05)
    person.wait(lambda: not words.isVisible(), "the words to go")

    person.workspace.overview.time_links.unlink(layer)
    person.settle()
    assert bar.findChild(QLineEdit, "napari-phy-slider-time") is None
    assert bar.curslice_label.isVisible()
    assert state(layer) == before
    assert session.clocks.get("neurons") is None
    assert shown(layer) == frame_at(session.time.time_s)


def test_what_was_linked_is_linked_when_it_is_opened_again(person, pulsed, movie):
    layer, before = link(person, movie, pulsed)
    links = person.workspace.overview.time_links
    base = links.linked.clock_of(layer)
    person.workspace.close_session()
    person.wait(lambda: person.session is None, "the session to close")
    assert state(layer) == before
    person.open(pulsed)
    person.wait(lambda: links.linked is not None and links.linked.clock_of(layer) == base, "the link")
    person.viewer.layers.remove(layer)
    assert state(layer) == before
    person.viewer.layers.append(layer)
    person.wait(lambda: links.linked.clock_of(layer) == base, "the link")


def test_playing_is_real_time_or_a_multiple(person, pulsed, movie):
    layer, _ = link(person, movie, pulsed)
    session, bar = person.session, person.workspace.time_bar
    session.time.move_to(5.0)
    person.settle()
    bar.speed.chosen.emit(8.0)
    QTest.mouseClick(bar.play_button, LEFT, PLAIN, bar.play_button.rect().center())
    person.wait(lambda: session.time.time_s > 12.0, "time to go on")
    assert person.workspace.overview.time_links.playback.is_playing
    QTest.mouseClick(bar.play_button, LEFT, PLAIN, bar.play_button.rect().center())
    person.wait(lambda: not person.workspace.overview.time_links.playback.is_playing, "it to stop")
    person.settle()
    assert shown(layer) == frame_at(person.workspace.overview.time_links.linked.now_s)


def test_an_epoch_is_drawn_on_the_time_bar(person, pulsed, movie):
    link(person, movie, pulsed)
    session, strip = person.session, person.workspace.time_bar.strip
    y = strip.height() // 2
    start, stop = (round(strip.layout_px.x_of(time_s)) for time_s in (10.0, 15.0))
    QTest.mousePress(strip, LEFT, PLAIN, QPoint(start, y))
    for x in np.linspace(start, stop, 5).round().astype(int).tolist():
        QTest.mouseMove(strip, QPoint(x, y))
    QTest.mouseRelease(strip, LEFT, PLAIN, QPoint(stop, y))
    (epoch,) = session.epochs.drawn
    assert (epoch.start_s, epoch.stop_s) == pytest.approx((10.0, 15.0), abs=0.1)
    person.settle()
    session.epochs.add(1.0, 2.0, epoch.name)
    entries = {entry.text(): entry for entry in strip.make_menu(epoch).actions() if entry.text()}
    assert list(entries) == ["Use only these 2 epochs, epoch", "Use only this epoch", "Rename…", "Remove"]
    entries["Use only these 2 epochs, epoch"].trigger()
    assert session.time.range_s.spans == ((1.0, 2.0), (epoch.start_s, epoch.stop_s))
    (entry,) = strip.make_menu(None).actions()
    assert entry.text() == "Use all times"
    entry.trigger()
    assert session.time.range_s is None
    assert not strip.make_menu(None).actions()
    person.settle()


def test_a_clock_by_hand(person, kwik_copy, movie):
    person.open(kwik_copy)
    person.viewer.open(str(movie), plugin="napari")
    layer = person.viewer.layers["neurons"]
    panel = person.workspace.board.open("Link time")
    person.wait(lambda: panel.form.layer.value is layer, "the layer")
    panel.form.source.value = "rate"
    panel.form.rate_hz.value = 20.0
    panel.form.offset_s.value = 1.5
    person.wait(lambda: panel.link_button.enabled, "the offer")
    person.click_button(panel, "Link")
    person.wait(lambda: person.session.clocks.get("neurons") is not None, "the clock")
    assert np.allclose(person.session.clocks["neurons"].frame_times_s, TimeBase.from_rate(300, 20.0, 1.5).frame_times_s)
    person.click_button(panel, "Unlink")
    assert "neurons" not in person.session.clocks
