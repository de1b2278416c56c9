"""Where the waveform of each channel goes: boxes that keep the probe's geometry and don't overlap."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_EMPTY = 4.0  # usual vertical pitches: more without a channel that is shown are left out
_CROWDED = 0.6  # of the usual vertical pitch: channels closer than this in one column need two


@dataclass(frozen=True, slots=True, eq=False)
class BoxLayout:
    """Boxes in a unit square.

    Attributes
    ----------
    columns : ndarray of int64, shape (n,)
        Column of each channel, 0 at the left.
    n_columns : int
        Number of columns.
    heights : ndarray of float64, shape (n,)
        Centre of each box, 0 at the bottom, 1 at the top.
    pitch : float
        Smallest vertical distance of two boxes in one column, 1 where there is none.
    """

    columns: npt.NDArray[np.int64]
    n_columns: int
    heights: npt.NDArray[np.float64]
    pitch: float


def probe_layout(positions: npt.NDArray[np.float64], shown: npt.NDArray[np.int64] | None = None) -> BoxLayout:
    """Lay channels out by their (n, 2) positions in µm: columns by x, height by y.

    The whole probe decides on columns; boxes are for the `shown` channels, which fill the square. Where there is none
    of them over a long stretch of the probe, the stretch is shortened.
    """
    chosen = np.arange(len(positions)) if shown is None else shown
    if not len(chosen):
        return BoxLayout(np.zeros(0, dtype=np.int64), 1, np.zeros(0), 1.0)
    columns = np.unique(_columns(positions)[chosen], return_inverse=True)[1].astype(np.int64)
    y = _closed_up(positions[chosen, 1], _EMPTY * _usual_pitch(positions[:, 1]))
    span = float(np.ptp(y))
    heights = (y - y.min()) / span if span else np.full(len(y), 0.5)
    pitch = _smallest_pitch(columns, heights)
    if pitch <= 0:
        return stacked_layout(positions[chosen])
    return BoxLayout(columns, int(columns.max()) + 1, heights, min(pitch, 1.0))


def _columns(positions: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    x, y = positions[:, 0], positions[:, 1]
    usual = _usual_pitch(y)
    columns = np.zeros(len(positions), dtype=np.int64)
    for share in (0.5, 0.25, 0.1, 0.0):
        columns = _split_at_gaps(x, share)
        if _smallest_pitch(columns, y) >= _CROWDED * usual:
            break
    return _without_lone_channels(columns, x, y)


def stacked_layout(positions: npt.NDArray[np.float64]) -> BoxLayout:
    """Lay channels out in one column, equally spaced, by depth and then by x."""
    n_channels = len(positions)
    order = np.lexsort([positions[:, 0], positions[:, 1]])
    heights = np.full(n_channels, 0.5)
    if n_channels > 1:
        heights[order] = np.arange(n_channels) / (n_channels - 1)
    pitch = 1 / (n_channels - 1) if n_channels > 1 else 1.0
    return BoxLayout(np.zeros(n_channels, dtype=np.int64), 1, heights, pitch)


def _split_at_gaps(x: npt.NDArray[np.float64], share: float) -> npt.NDArray[np.int64]:
    values = np.unique(x)
    gaps = np.diff(values)
    if not len(gaps):
        return np.zeros(len(x), dtype=np.int64)
    starts = gaps > share * gaps.max()
    if share and len(gaps) > 1 and gaps.max() < 1.5 * np.median(gaps):
        starts[:] = True
    column_of = np.concatenate([[0], np.cumsum(starts)])
    return column_of[np.searchsorted(values, x)].astype(np.int64)


def _without_lone_channels(
    columns: npt.NDArray[np.int64], x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Put a channel that has a column to itself, as at a probe's tip, into a neighbouring one with room for it."""
    columns = columns.copy()
    sizes = np.bincount(columns, minlength=1)
    if sizes.max(initial=0) < 2:
        return columns
    for column in np.flatnonzero(sizes == 1).tolist():
        (lone,) = np.flatnonzero(columns == column)
        for neighbour in sorted((column - 1, column + 1), key=lambda other: _distance(columns, x, other, x[lone])):
            members = y[columns == neighbour]
            if len(members) > 1:
                pitch = np.diff(np.sort(members)).min()
                if np.abs(members - y[lone]).min() >= _CROWDED * pitch:
                    columns[lone] = neighbour
                    break
    return np.unique(columns, return_inverse=True)[1].astype(np.int64)


def _distance(columns: npt.NDArray[np.int64], x: npt.NDArray[np.float64], column: int, x_um: float) -> float:
    return float(np.abs(x[columns == column] - x_um).min(initial=np.inf))


def _usual_pitch(y: npt.NDArray[np.float64]) -> float:
    gaps = np.diff(np.unique(y))
    return float(np.median(gaps)) if len(gaps) else 0.0


def _closed_up(y: npt.NDArray[np.float64], most: float) -> npt.NDArray[np.float64]:
    """Return the heights with no gap between neighbours of more than `most`."""
    values, place = np.unique(y, return_inverse=True)
    closed: npt.NDArray[np.float64] = np.concatenate([[0.0], np.cumsum(np.minimum(np.diff(values), most))])[place]
    return closed


def _smallest_pitch(columns: npt.NDArray[np.int64], y: npt.NDArray[np.float64]) -> float:
    gaps = [np.diff(np.sort(y[columns == column])) for column in np.unique(columns)]
    gaps = [gap for gap in gaps if len(gap)]
    return float(min(gap.min() for gap in gaps)) if gaps else 1.0
