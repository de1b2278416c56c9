"""The behaviour film: an animal on a wheel, as fast as one unit fires; each frame carries its number."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.formats.video.av_files import load_av
from napari_phy.sample_data.frame_marks import burn_number
from napari_phy.sample_data.imaging_recipe import FILM_CAMERA, FILM_SIZE

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TICKS_PER_FRAME = 1000
_OPTIONS = {"g": "60", "bf": "2", "crf": "27", "preset": "veryfast", "threads": "1"}  # one: the same bytes everywhere
_SMOOTH_S = 0.6  # of the rate that the speed follows
_TURNS_PER_S = 0.5  # of the wheel, at the mean rate
_WHEEL = (250.0, 165.0, 130.0)  # row and column of its middle, and its radius, in px
_N_SPOKES = 12


def wheel_angles(spike_times_s: Floats, times_s: Floats) -> Floats:
    """Return how far the wheel has turned at each time, in radians; it turns as fast as the unit fires."""
    from scipy.ndimage import gaussian_filter1d

    step_s = 0.01
    grid_s = np.arange(times_s[0], times_s[-1] + step_s, step_s)
    counts = np.histogram(spike_times_s, np.append(grid_s, grid_s[-1] + step_s))[0].astype(np.float64)
    speed = gaussian_filter1d(counts, _SMOOTH_S / step_s)
    speed = np.maximum(speed / max(speed.mean(), 1e-9), 0.0) ** 2
    turned = np.cumsum(speed) * step_s * _TURNS_PER_S * 2 * np.pi
    return np.asarray(np.interp(times_s, grid_s, turned))


def draw_frames(numbers: Ints, angles: Floats) -> Iterable[npt.NDArray[np.uint8]]:
    """Give the (height, width) pictures of frames with their numbers in them."""
    rows, columns = np.mgrid[: FILM_SIZE[0], : FILM_SIZE[1]].astype(np.float32)
    row, column, radius = _WHEEL
    distance = np.hypot(rows - row, columns - column)
    direction = np.arctan2(rows - row, columns - column)
    scene = 70 - 0.12 * rows + 12 * np.cos(columns / 90)
    rim = np.exp(-(((distance - radius) / 3) ** 2))
    within = (distance < radius - 4) & (distance > 18)
    body = _animal(rows, columns)
    for number, angle in zip(numbers.tolist(), angles.tolist(), strict=True):
        spokes = within * np.maximum(np.cos(_N_SPOKES * (direction - angle)) - 0.9, 0) * 10
        picture = scene + 90 * rim + 60 * spokes
        paws = _paws(rows, columns, angle * radius / 14)
        picture = np.where(body > 0, 168 + 26 * body, picture)
        picture = np.where(paws > 0, 190, picture).clip(0, 255).astype(np.uint8)
        burn_number(picture, number)
        yield picture


def write_film(path: Path, numbers: Ints, angles: Floats, on_progress: OnProgress = no_progress) -> None:
    """Write the film; a frame is shown when the camera took it, by the camera's clock.

    Raises
    ------
    VideoError
        PyAV is not installed.
    """
    av = load_av()
    rate = round(FILM_CAMERA.rate_hz)
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=rate, options=_OPTIONS)
        stream.height, stream.width = FILM_SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, rate * _TICKS_PER_FRAME)
        for place, picture in enumerate(draw_frames(numbers, angles)):
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts = int(numbers[place]) * _TICKS_PER_FRAME
            frame.time_base = stream.codec_context.time_base
            output.mux(stream.encode(frame))
            on_progress(place / len(numbers))
        output.mux(stream.encode(None))


def _animal(rows: npt.NDArray[np.float32], columns: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return how bright the animal is on the wheel: body, head, ear and tail; 0 beside it."""

    def ellipse(row: float, column: float, height: float, width: float, turned: float = 0.0) -> npt.NDArray[np.float32]:
        down, right = rows - row, columns - column
        along = right * np.cos(turned) + down * np.sin(turned)
        across = down * np.cos(turned) - right * np.sin(turned)
        return np.asarray(np.maximum(1 - (along / width) ** 2 - (across / height) ** 2, 0))

    parts = (
        ellipse(98, 150, 24, 46, -0.05),
        ellipse(92, 204, 15, 24, 0.25),
        ellipse(75, 196, 9, 8),
        ellipse(108, 84, 3, 34, -0.25),
    )
    return np.asarray(np.sqrt(np.maximum.reduce(parts)))


def _paws(rows: npt.NDArray[np.float32], columns: npt.NDArray[np.float32], phase: float) -> npt.NDArray[np.float32]:
    """Return where the four paws are, which step as the wheel turns."""
    found = np.zeros_like(rows)
    for column, late in ((122, 0.0), (134, np.pi), (176, np.pi / 2), (186, -np.pi / 2)):
        ahead, up = 9 * np.cos(phase + late), 5 * max(0.0, np.sin(phase + late))
        found += ((rows - 122 + up) / 6) ** 2 + ((columns - column - ahead) / 5) ** 2 < 1
    return found
