"""Slider and clock of a window: no movement is lost, clocks of scripts are followed, playback keeps real time."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from napari.components import ViewerModel
from support import ArrayModel
from waiting import run_until

from napari_phy.core.time_cursor import TimeCursor
from napari_phy.session.clocks import SessionClocks
from napari_phy.storage.side_files import SideFiles
from napari_phy.timeline import TimeBase

BASE = TimeBase.from_rate(300, 10.0, 0.5, sample_rate=1000.0)


@pytest.fixture
def session(tmp_path):
    model = ArrayModel(np.zeros(10, dtype=int), sample_rate=1000.0, duration=60.0, path=tmp_path / "memory.kwik")
    return SimpleNamespace(
        time=TimeCursor(60.0), clocks=SessionClocks(lambda: model, SideFiles(model.edited_file)), model=model
    )


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def movie(viewer):
    return viewer.add_image(np.zeros((300, 4, 5), dtype=np.uint8), name="movie")


def frame(viewer):
    return round((viewer.dims.point[0] - 0.55) / 0.1)


def test_the_last_of_many_movements_is_followed(links, viewer, session, movie):
    links.link(movie, BASE)
    for time_s in np.linspace(5, 25, 50).tolist():
        session.time.move_to(time_s)
        viewer.dims.events.range()  # says nothing new
    run_until(lambda: frame(viewer) == 245, "the slider")
    assert session.time.time_s == 25.0
    for step in range(20, 200, 3):
        viewer.dims.set_current_step(0, step)
        viewer.dims.events.range()
    run_until(lambda: session.time.time_s == pytest.approx(0.55 + 19.7), "the clock")
    assert frame(viewer) == 197


def test_few_of_many_movements_reach_the_views(links, viewer, session, movie):
    links.link(movie, BASE)
    moved = []
    session.time.moved.connect(lambda: moved.append(session.time.time_s))
    begun = time.monotonic()
    for step in range(200):
        viewer.dims.set_current_step(0, step)
        run_until(lambda: True)
    run_until(lambda: session.time.time_s == pytest.approx(0.55 + 19.9), "the clock")
    assert len(moved) <= 3 + 30 * (time.monotonic() - begun)


def test_a_clock_that_a_script_sets_links_the_layer(links, viewer, session, movie):
    session.clocks["movie"] = BASE
    assert links.linked.clock_of(movie) == BASE
    assert viewer.dims.axis_labels[0] == "time"
    session.clocks["movie"] = TimeBase.from_rate(300, 20.0, sample_rate=1000.0)
    assert movie.scale[0] == pytest.approx(0.05)
    del session.clocks["movie"]
    assert links.linked.layers == ()
    assert movie.scale[0] == 1


def test_a_clock_of_another_length_waits_for_another_layer(links, viewer, session, movie):
    session.clocks["movie"] = TimeBase.from_rate(299, 20.0)
    assert links.linked.layers == ()


def test_where_the_clock_was_never_moved_the_first_frame_is_seen(links, viewer, session, movie):
    links.link(movie, BASE)
    assert session.time.time_s == 0.5
    assert frame(viewer) == 0


def test_playback_keeps_time_and_follows_who_moves_it(links, viewer, session, movie):
    links.link(movie, BASE)
    playback = links.playback
    playback.set_speed(8.0)
    playback.play()
    begun, start_s = time.monotonic(), session.time.time_s
    run_until(lambda: session.time.time_s > start_s + 4, "time to go on")
    assert (session.time.time_s - start_s) <= 8 * (time.monotonic() - begun) + 0.01
    viewer.dims.set_current_step(0, 200)
    run_until(lambda: session.time.time_s > 20.5, "it to go on from there")
    session.time.move_to(10.0)
    run_until(lambda: 10.0 < session.time.time_s < 20.0, "it to go on from there")
    playback.stop()
    assert not playback.is_playing
    assert links.linked.now_s == session.time.time_s
    session.time.move_to(59.9)
    playback.play()
    run_until(lambda: not playback.is_playing, "the end")
    assert session.time.time_s == 60.0
    playback.play()
    assert session.time.time_s == 0.0
