"""How the sites of a probe lie to each other: shanks, distances, and a place for those without a position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_UNKNOWN_PITCH_UM = 20.0
_SHANK_GAP = 3.0  # a gap in x this many times as wide as sites usually lie apart parts two shanks
_N_BLOCK = 256


@dataclass(frozen=True, slots=True, eq=False)
class ProbeGeometry:
    """Places to draw the sites at, no two the same.

    Attributes
    ----------
    places : ndarray of float64, shape (n_channels, 2)
        x and y in µm; made up for channels whose position is not known.
    is_known : ndarray of bool, shape (n_channels,)
        Whether the position of each channel is known.
    shanks : ndarray of int64, shape (n_channels,)
        From 0 at the left; −1 for channels whose position is not known.
    pitch_um : float
        Smallest distance of two sites.
    """

    places: Float64
    is_known: npt.NDArray[np.bool_]
    shanks: Int64
    pitch_um: float

    @property
    def n_shanks(self) -> int:
        """Number of shanks."""
        return int(self.shanks.max(initial=-1)) + 1


def known_positions(positions: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return (n_channels,) bool: positions are not known where they are not finite, nowhere when all are the same."""
    is_known: npt.NDArray[np.bool_] = np.asarray(np.isfinite(positions).all(axis=1))
    if is_known.sum() > 1 and len(np.unique(positions[is_known], axis=0)) == 1:
        return np.zeros(len(positions), dtype=bool)
    return is_known


def probe_geometry(
    positions: npt.ArrayLike, is_known: npt.NDArray[np.bool_] | None = None, shanks: Int64 | None = None
) -> ProbeGeometry:
    """Return how the sites at (n_channels, 2) positions in µm lie.

    Channels whose position is not known (None: see `known_positions`) are put in a column of their own, the first at
    the bottom. Sites at the same place are moved apart. `shanks` is (n_channels,), any numbers; where there are none,
    wide gaps part shanks.
    """
    places = np.array(positions, dtype=np.float64).reshape(-1, 2)
    is_known = known_positions(places) if is_known is None else is_known
    given = None if shanks is None or len(shanks) != len(places) else np.asarray(shanks)[is_known]
    shanks = np.full(len(places), -1, dtype=np.int64)
    distances = _nearest(np.unique(places[is_known], axis=0))
    usual = float(np.median(distances)) if len(distances) else _UNKNOWN_PITCH_UM
    shanks[is_known] = _shanks(places[is_known, 0], usual) if given is None else _from_left(given, places[is_known, 0])
    places[is_known] = _apart(places[is_known], usual)
    unknown = np.flatnonzero(~is_known)
    right = places[is_known, 0].max() + 2 * usual if is_known.any() else 0.0
    bottom = places[is_known, 1].min() if is_known.any() else 0.0
    places[unknown] = np.column_stack([np.full(len(unknown), right), bottom + usual * np.arange(len(unknown))])
    pitch_um = float(_nearest(places).min(initial=np.inf))
    return ProbeGeometry(
        read_only(places), read_only(is_known), read_only(shanks), pitch_um if np.isfinite(pitch_um) else usual
    )


def _nearest(places: Float64) -> Float64:
    """Return (n,) distance of each place from the nearest other one; none for a single place."""
    if len(places) < 2:
        return np.zeros(0)
    found = np.empty(len(places))
    for start in range(0, len(places), _N_BLOCK):
        rows = np.arange(start, min(start + _N_BLOCK, len(places)))
        squares = ((places[rows, None] - places) ** 2).sum(axis=-1)
        squares[np.arange(len(rows)), rows] = np.inf
        found[rows] = np.sqrt(squares.min(axis=1))
    return found


def _shanks(x: Float64, usual: float) -> Int64:
    values = np.unique(x)
    starts = np.diff(values) > _SHANK_GAP * usual
    shank_of = np.concatenate([[0], np.cumsum(starts)]).astype(np.int64)
    return shank_of[np.searchsorted(values, x)]


def _from_left(shanks: Int64, x: Float64) -> Int64:
    """Return the numbers of shanks from 0 at the left."""
    numbers, place = np.unique(shanks, return_inverse=True)
    left = [x[place == number].min() for number in range(len(numbers))]
    return np.argsort(np.argsort(left, kind="stable"), kind="stable")[place]


def _apart(places: Float64, usual: float) -> Float64:
    """Return the places with those that coincide side by side."""
    unique, inverse, counts = np.unique(places, axis=0, return_inverse=True, return_counts=True)
    moved = places.copy()
    inverse = inverse.reshape(-1)
    for same in np.flatnonzero(counts > 1):
        members = np.flatnonzero(inverse == same)
        moved[members, 0] = unique[same, 0] + (np.arange(len(members)) / (len(members) - 1) - 0.5) * usual / 2
    return moved
