"""Makes the sample with imaging: the recording, a two-photon movie, a film of behaviour, and what is true of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.files.install import install
from napari_phy.formats.video.av_files import load_av
from napari_phy.sample_data.imaging_clocks import KIND, exposure_samples, frames_at, kept_frames, rows_at, ttl_events
from napari_phy.sample_data.imaging_film import wheel_angles, write_film
from napari_phy.sample_data.imaging_movie import make_movie, place_cells
from napari_phy.sample_data.imaging_recipe import (
    CELL_UNITS,
    FILM_CAMERA,
    IMAGING_S,
    MICROMETRES_PER_PIXEL,
    MICROSCOPE,
    MOVIE_SIZE,
    N_OTHER_CELLS,
    ROW_S,
)
from napari_phy.sample_data.imaging_truth import ImagingTruth, imaging_truth_path, write_imaging_truth
from napari_phy.sample_data.install import IMAGING_SUFFIXES
from napari_phy.sample_data.make import write_sample
from napari_phy.sample_data.recipe import SAMPLE_RATE, SEED, UNITS
from napari_phy.sample_data.trains import make_train
from napari_phy.sample_data.truth import Truth, read_truth, truth_path

Floats = npt.NDArray[np.float64]

RUNNING_UNIT = 0  # the wheel of the film turns as fast as it fires
_ORIGINAL_UNITS = (1, 4, 8, 10)  # neurons like these are what other cells show


def make_imaging_sample(folder: Path, name: str = "imaging", on_progress: OnProgress | None = None) -> Path:
    """Write the files of the sample into a folder; return the path of the `.kwik`.

    Beside those of `make_sample` there are `<name>.movie.tif`, `.cells.tif`, `.film.mp4`, the settings of both cameras
    `.setup.json`, and the truth `.imaging.npz`.

    Raises
    ------
    SaveError
        One of the files is there already.
    VideoError
        PyAV is not installed.
    """
    load_av()

    def write(staging: Path) -> None:
        _write(staging / f"{name}.kwik", on_progress or no_progress)

    return install(Path(folder), name, write, IMAGING_SUFFIXES)


def movie_path(kwik_path: Path) -> Path:
    """Return the movie that belongs to the sample."""
    return kwik_path.with_suffix(".movie.tif")


def cells_path(kwik_path: Path) -> Path:
    """Return the labels of the cells in the movie of the sample."""
    return kwik_path.with_suffix(".cells.tif")


def film_path(kwik_path: Path) -> Path:
    """Return the film of behaviour that belongs to the sample."""
    return kwik_path.with_suffix(".film.mp4")


def _write(path: Path, on_progress: OnProgress) -> None:
    events = ttl_events((MICROSCOPE, FILM_CAMERA))
    write_sample(path, IMAGING_S, part_of(on_progress, 0.0, 0.6), {KIND: events})
    spikes = read_truth(truth_path(path))
    trains_s = [spikes.event_samples[spikes.event_units == unit] / SAMPLE_RATE for unit in range(len(UNITS))]
    movie_samples = exposure_samples(MICROSCOPE, kept_frames(MICROSCOPE))
    labels, cell_units = _write_movie(path, trains_s, movie_samples)
    on_progress(0.75)
    numbers = kept_frames(FILM_CAMERA)
    film_samples = exposure_samples(FILM_CAMERA, numbers)
    angles = wheel_angles(trains_s[RUNNING_UNIT], film_samples / SAMPLE_RATE)
    write_film(film_path(path), numbers, angles, part_of(on_progress, 0.75, 1.0))
    _write_setup(path)
    write_imaging_truth(
        imaging_truth_path(path), _collect_truth(spikes, movie_samples, film_samples, labels, cell_units)
    )
    on_progress(1.0)


def _write_movie(
    path: Path, trains_s: list[Floats], movie_samples: Floats
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Write movie and cells as TIFF; return the cell of each pixel, and the unit of each cell."""
    from tifffile import imwrite

    rng = np.random.default_rng((SEED, 100))
    cell_units = np.array([*CELL_UNITS, *[-1] * N_OTHER_CELLS], dtype=np.int64)
    cells = place_cells(len(cell_units), rng)
    others = [make_train(UNITS[unit], IMAGING_S, rng) for unit in np.resize(_ORIGINAL_UNITS, N_OTHER_CELLS).tolist()]
    row_times_s = movie_samples[:, None] / SAMPLE_RATE + ROW_S * np.arange(MOVIE_SIZE[0])
    movie = make_movie(cells, [*(trains_s[unit] for unit in CELL_UNITS), *others], row_times_s, rng)
    per_micrometre = 1 / MICROMETRES_PER_PIXEL
    shared: dict[str, Any] = {"imagej": True, "resolution": (per_micrometre, per_micrometre), "software": "napari-phy"}
    axes = {"axes": "TYX", "unit": "um", "finterval": 1 / MICROSCOPE.rate_hz, "tunit": "s"}
    imwrite(movie_path(path), movie, metadata=axes, **shared)
    imwrite(cells_path(path), cells.labels, metadata={"axes": "YX", "unit": "um"}, **shared)
    return cells.labels, cell_units


def _write_setup(path: Path) -> None:
    """Write what a person would note of the rig."""
    setup = {
        "movie": {
            "file": movie_path(path).name,
            "ttl_line": MICROSCOPE.line,
            "frames_per_s": MICROSCOPE.rate_hz,
            "row_s": ROW_S,
            "um_per_pixel": MICROMETRES_PER_PIXEL,
        },
        "film": {
            "file": film_path(path).name,
            "ttl_line": FILM_CAMERA.line,
            "frames_per_s": FILM_CAMERA.rate_hz,
        },
    }
    path.with_suffix(".setup.json").write_text(json.dumps(setup, indent=2) + "\n", encoding="utf-8")


def _collect_truth(
    spikes: Truth,
    movie_samples: Floats,
    film_samples: Floats,
    labels: npt.NDArray[np.uint8],
    cell_units: npt.NDArray[np.int64],
) -> ImagingTruth:
    frames = frames_at(spikes.event_samples, movie_samples, MICROSCOPE)
    rows = rows_at(spikes.event_samples, movie_samples, frames, MOVIE_SIZE[0])
    return ImagingTruth(
        movie_samples=movie_samples,
        movie_row_s=np.arange(MOVIE_SIZE[0], dtype=np.float64) * ROW_S,
        movie_false_pulses=np.floor(exposure_samples(MICROSCOPE, MICROSCOPE.false_pulses)).astype(np.int64),
        film_samples=film_samples,
        film_numbers=kept_frames(FILM_CAMERA),
        film_dropped=np.array(FILM_CAMERA.dropped, dtype=np.int64),
        cell_labels=labels,
        cell_units=cell_units,
        spike_frames=frames,
        spike_rows=rows,
        spike_row_samples=np.where(rows >= 0, movie_samples[frames] + rows * ROW_S * SAMPLE_RATE, np.nan),
        spike_film_frames=frames_at(spikes.event_samples, film_samples, FILM_CAMERA),
    )
