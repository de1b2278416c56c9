"""Read a 1080p film frame by frame and at random, and play it and a two-photon movie in napari's canvas."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from data_set import RESULTS
from harness import SEED, TINY, Limit, Row, Side, Size, Watch

SIZE = Size(n_spikes=200_000, n_clusters=100, n_repeats=5)
HAS_PEER = False
ON_DISPLAY = True
_SIZE_PX, _MOVIE_PX, _N_FRAMES, _RATE = (1080, 1920), 512, 300, 30
_CODEC = {"g": "60", "bf": "2", "crf": "26", "preset": "veryfast"}
_PLAYED_S = 8.0
_CONTRAST = (0, 4000)
_FILM, _MOVIE = Limit(1 / 15), Limit(1 / 10)
ROWS = (
    Row("1080p, all frames in turn (theirs: PyAV alone)", "in turn", Limit(1 / 0.9, "ours / theirs"), "PyAV"),
    Row("a frame at random, with a keyframe every 60", "random"),
    Row("1080p plays beside the docks of With imaging: a frame on the canvas", "film docks", _FILM),
    Row("  napari alone, a canvas as large (theirs: 30 frames in memory)", "film", _FILM, "frames"),
    Row("512 × 512 uint16 plays beside the docks: a frame on the canvas", "movie docks", _MOVIE),
    Row("  napari alone, a canvas as large", "movie", _MOVIE),
    Row("  linked, each row at its own time (theirs: linked, frames alone)", "rows", _MOVIE, "linked"),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    from napari_phy.formats.video import open_film

    is_tiny = size.n_spikes <= TINY.n_spikes
    n_frames, played_s = (40, 0.5) if is_tiny else (_N_FRAMES, _PLAYED_S)
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        film = _write_film(Path(folder) / "film.mp4", n_frames, (120, 160) if is_tiny else _SIZE_PX)
        _read(film, n_frames, size.n_repeats, watch)
        movie = np.load(_write_movie(Path(folder) / "movie.npy", n_frames), mmap_mode="r")
        with ExitStack() as stack:
            viewer = _docked(stack, size)
            _play(viewer, "film docks", partial(viewer.open, str(film), plugin="napari-phy"), played_s, watch)
            add_movie = partial(viewer.add_image, movie, contrast_limits=_CONTRAST)
            _play(viewer, "movie docks", add_movie, played_s, watch)
            for key, row_s in (("linked", 0.0), ("rows", 0.9 / _RATE / _MOVIE_PX)):
                _play(viewer, key, partial(_link, viewer, add_movie, row_s), played_s, watch)
            canvas = viewer.window._qt_viewer.canvas.native.size()
        with ExitStack() as stack:
            viewer = _alone(stack, canvas)
            frames = open_film(film)[: min(30, n_frames)]
            _play(viewer, "film", partial(viewer.open, str(film), plugin="napari-phy"), played_s, watch)
            _play(viewer, "frames", partial(viewer.add_image, frames, rgb=True), played_s, watch)
            _play(viewer, "movie", partial(viewer.add_image, movie, contrast_limits=_CONTRAST), played_s, watch)


def _read(path: Path, n_frames: int, n_repeats: int, watch: Watch) -> None:
    import av

    from napari_phy.formats.video import open_film

    def alone() -> None:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                frame.to_ndarray(format="rgb24")

    def in_turn() -> None:
        film = open_film(path)
        for number in range(n_frames):
            film[number]
        film.close()

    for turn in range(n_repeats + 1):
        watch.time("PyAV" if turn else "warm-up", alone)
        watch.time("in turn" if turn else "warm-up", in_turn)
    film = open_film(path)
    for number in np.random.default_rng(SEED).integers(0, n_frames, 4 * n_repeats).tolist():
        watch.time("random", film.__getitem__, number)
    film.close()


def _play(viewer: Any, key: str, add: Any, seconds: float, watch: Watch) -> None:
    """Let napari play what `add` adds as fast as it can; keep how long a frame takes that comes on the canvas."""
    from qtpy.QtWidgets import QApplication

    viewer.layers.clear()
    add()
    qt_viewer = viewer.window._qt_viewer
    shown: list[int] = []

    def note(event: Any = None) -> None:
        if not shown or shown[-1] != viewer.dims.current_step[0]:
            shown.append(viewer.dims.current_step[0])

    def go_on(seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            QApplication.processEvents()
            time.sleep(0.0002)

    go_on(1.0)
    drawn = qt_viewer.canvas._scene_canvas.events.draw
    drawn.connect(note)
    qt_viewer.dims.play(0, 60)
    go_on(0.2)
    shown.clear()
    begin, cpu = time.perf_counter(), time.process_time()
    go_on(seconds)
    n_shown = max(1, len(shown))
    watch.add(key, (time.perf_counter() - begin) / n_shown, (time.process_time() - cpu) / n_shown)
    drawn.disconnect(note)
    qt_viewer.dims.stop()
    go_on(0.5)
    viewer.layers.clear()


def _link(viewer: Any, add: Any, row_s: float) -> None:
    """Add a movie and put it on the clock of the recording, its rows one after the other where they take time."""
    from napari_phy.timeline import TimeBase
    from napari_phy.widgets.window.workspace import Workspace

    layer = add()
    clock = TimeBase.from_rate(len(layer.data), _RATE)
    Workspace.find(viewer).overview.time_links.link(layer, clock.with_rows(_MOVIE_PX, row_s) if row_s else clock)


def _alone(stack: ExitStack, canvas: Any) -> Any:
    """Open napari with a canvas of that size."""
    import napari
    from qtpy.QtWidgets import QApplication

    os.environ["XDG_CONFIG_HOME"] = stack.enter_context(tempfile.TemporaryDirectory())
    viewer = napari.Viewer()
    stack.callback(viewer.close)
    viewer.add_image(np.zeros((2, 2, 2)))  # with the slider that the canvas makes room for
    window = viewer.window._qt_window
    for _ in range(3):
        QApplication.processEvents()
        window.resize(window.size() + canvas - viewer.window._qt_viewer.canvas.native.size())
    return viewer


def _docked(stack: ExitStack, size: Size) -> Any:
    from recorded_set import recorded_set
    from window import open_window

    path = stack.enter_context(recorded_set(replace(size, n_repeats=1)))
    return stack.enter_context(open_window(path)).viewer


def _write_film(path: Path, n_frames: int, size_px: tuple[int, int]) -> Path:
    """Write a film of a texture that moves, with B-frames."""
    import av

    height, width = size_px
    rng = np.random.default_rng(SEED)
    texture = np.kron(rng.integers(40, 200, (height // 8, width // 8), dtype=np.uint8), np.ones((8, 8), np.uint8))
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=_RATE, options=_CODEC)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for number in range(n_frames):
            picture = np.roll(texture, 3 * number, axis=1)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, _RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _write_movie(path: Path, n_frames: int) -> Path:
    movie = np.lib.format.open_memmap(path, "w+", np.uint16, (n_frames, _MOVIE_PX, _MOVIE_PX))
    rng = np.random.default_rng(SEED)
    noise = rng.poisson(800, (_MOVIE_PX, _MOVIE_PX)).astype(np.uint16)
    for number in range(n_frames):
        movie[number] = np.roll(noise, 7 * number, axis=0)
    movie.flush()
    return path
