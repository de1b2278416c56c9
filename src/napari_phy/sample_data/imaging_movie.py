"""The two-photon movie: cells that light up after spikes, row by row, among neuropil and photon noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.sample_data.imaging_recipe import DECAY_S, MOVIE_SIZE, PEAK_DFF, RISE_S

Floats = npt.NDArray[np.float64]

_DISTANCE_PX = 17.0  # between the middles of cells
_MARGIN_PX = 9.0
_REACH_S = 8 * DECAY_S  # after a spike
_PHOTONS_OF_CELL, _PHOTONS_OF_NEUROPIL = 22.0, 7.0
_UNITS_PER_PHOTON, _OFFSET, _READ_NOISE = 14.0, 120.0, 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Where the cells are.

    Attributes
    ----------
    weights : ndarray of float32, shape (n_cells, n_rows, n_columns)
        How bright each cell is in a pixel, at most 1.
    labels : ndarray of uint8, shape (n_rows, n_columns)
        Number of the cell in a pixel, from 1; 0 where there is none.
    """

    weights: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]


def place_cells(n_cells: int, rng: np.random.Generator) -> Cells:
    """Draw ellipses with dark nuclei, none upon another."""
    middles: list[Floats] = []
    while len(middles) < n_cells:
        middle = rng.uniform(_MARGIN_PX, np.array(MOVIE_SIZE) - _MARGIN_PX)
        if all(np.hypot(*(middle - other)) > _DISTANCE_PX for other in middles):
            middles.append(middle)
    rows, columns = np.mgrid[: MOVIE_SIZE[0], : MOVIE_SIZE[1]]
    weights = np.empty((n_cells, *MOVIE_SIZE), dtype=np.float32)
    for cell, (row, column) in enumerate(middles):
        angle, (long, short) = rng.uniform(0, np.pi), rng.uniform([5.2, 4.2], [6.2, 5.2])
        along = (rows - row) * np.cos(angle) + (columns - column) * np.sin(angle)
        across = (columns - column) * np.cos(angle) - (rows - row) * np.sin(angle)
        radius = np.hypot(along / long, across / short)
        weights[cell] = _soft_below(radius, 1.0) * (1 - 0.55 * _soft_below(radius, 0.5))
    weights[weights < 0.01] = 0
    brightest = weights.argmax(axis=0)
    labels = np.where(weights.max(axis=0) > 0.4, brightest + 1, 0).astype(np.uint8)
    return Cells(weights, labels)


def compute_dff(spike_times_s: Floats, times_s: Floats) -> Floats:
    """Return ΔF/F of the indicator at ascending times."""
    peak_s = np.log(DECAY_S / RISE_S) * DECAY_S * RISE_S / (DECAY_S - RISE_S)
    peak = np.exp(-peak_s / DECAY_S) - np.exp(-peak_s / RISE_S)
    total = np.zeros(len(times_s))
    for spike_s in spike_times_s.tolist():
        first, last = np.searchsorted(times_s, [spike_s, spike_s + _REACH_S])
        elapsed = times_s[first:last] - spike_s
        total[first:last] += np.exp(-elapsed / DECAY_S) - np.exp(-elapsed / RISE_S)
    total *= PEAK_DFF / peak
    return total


def make_movie(
    cells: Cells, trains_s: list[Floats], row_times_s: Floats, rng: np.random.Generator
) -> npt.NDArray[np.uint16]:
    """Return (n_frames, n_rows, n_columns) uint16.

    Parameters
    ----------
    cells : Cells
        Where the cells are.
    trains_s : list of ndarray of float64
        Spike times of each cell, in seconds.
    row_times_s : ndarray of float64, shape (n_frames, n_rows)
        When each row is scanned, in seconds of the same clock.
    rng : numpy.random.Generator
        Of chance.
    """
    photons = _neuropil(row_times_s, rng)
    for weights, train_s in zip(cells.weights, trains_s, strict=True):
        seen_rows, seen_columns = (np.flatnonzero(weights.any(axis=axis)) for axis in (1, 0))
        rows = slice(seen_rows[0], seen_rows[-1] + 1)
        columns = slice(seen_columns[0], seen_columns[-1] + 1)
        times_s = row_times_s[:, rows]
        light = _PHOTONS_OF_CELL * rng.uniform(0.5, 1.0) * (1 + compute_dff(train_s, times_s.ravel()))
        photons[:, rows, columns] += light.reshape(times_s.shape)[..., None].astype(np.float32) * weights[rows, columns]
    movie = rng.poisson(photons).astype(np.float32) * np.float32(_UNITS_PER_PHOTON)
    movie += rng.normal(_OFFSET, _READ_NOISE, movie.shape).astype(np.float32)
    return np.asarray(np.rint(movie, out=movie).clip(0, 65535), dtype=np.uint16)


def _neuropil(row_times_s: Floats, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return the light between the cells: uneven in space, slowly changing, bleaching."""
    from scipy.ndimage import gaussian_filter, gaussian_filter1d

    field = gaussian_filter(rng.standard_normal(MOVIE_SIZE), 5)
    texture = gaussian_filter(rng.standard_normal(MOVIE_SIZE), 1)
    field = 1 + 0.3 * field / field.std() + 0.12 * texture / texture.std()
    wandering = gaussian_filter1d(rng.standard_normal(row_times_s.shape[0]), 15)
    level = 1 + 0.08 * (wandering - wandering.mean()) / wandering.std()
    times_s = row_times_s[:, 0]
    level_of_rows = np.interp(row_times_s.ravel(), times_s, level).reshape(row_times_s.shape)
    level_of_rows *= np.exp(-row_times_s / 400.0)
    photons = _PHOTONS_OF_NEUROPIL * level_of_rows[..., None] * np.maximum(field, 0.15)
    return np.asarray(photons, dtype=np.float32)


def _soft_below(radius: Floats, edge: float) -> Floats:
    return np.asarray(1 / (1 + np.exp((radius - edge) / 0.08)))
