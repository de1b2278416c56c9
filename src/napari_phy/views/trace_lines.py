"""Which parts of which traces are drawn as lines, on screen and on paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.color_space import rgb_of
from napari_phy.views.trace_layout import TraceLayout
from napari_phy.views.traces_reading import TracesViewData

N_LINE_FIELDS = 9
LEAST_ALPHA = 0.25  # of a spike on a channel that hardly took part
MAX_POINTS = 300_000  # of polylines, some 4 MB of SVG; more are drawn as a picture

Float32 = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """How bins lie in the columns of a picture.

    Attributes
    ----------
    first_bin : float
        The bin, with its fraction, at the left edge.
    bins_per_column : float
        How many of them a column covers.
    """

    first_bin: float
    bins_per_column: float


def make_lines(
    rows: npt.ArrayLike,
    first_bins: npt.ArrayLike,
    n_bins: npt.ArrayLike,
    zeros: npt.ArrayLike,
    gain: float,
    colors: npt.ArrayLike,
    alphas: npt.ArrayLike,
) -> npt.NDArray[np.float64]:
    """Return (n, 9) lines to draw.

    Parameters
    ----------
    rows : array_like, shape (n,)
        Row of the extremes that each line draws.
    first_bins, n_bins : array_like, shape (n,)
        The part that is drawn.
    zeros : array_like, shape (n,)
        Pixel row of the value 0.
    gain : float
        Pixels per unit of the values.
    colors : array_like, shape (n, 3)
        Red, green and blue, 0…255.
    alphas : array_like, shape (n,)
        Opacity, 0…1.
    """
    rows = np.asarray(rows)
    lines = np.empty((len(rows), N_LINE_FIELDS))
    lines[:, 0], lines[:, 1], lines[:, 2], lines[:, 3], lines[:, 4] = rows, first_bins, n_bins, zeros, gain
    lines[:, 5:8] = colors
    lines[:, 8] = alphas
    return lines


def spike_lines(
    data: TracesViewData,
    layout: TraceLayout,
    rows: npt.NDArray[np.int64],
    zeros: npt.NDArray[np.float64],
    gain: float,
    colors: Sequence[str],
) -> npt.NDArray[np.float64]:
    """Return the lines of the spikes on some rows, those of the best cluster last and so on top.

    Parameters
    ----------
    zeros : ndarray of float64, shape (n_rows,)
        Pixel row of the value 0 of each row.
    colors : sequence of str
        Colours of the clusters, as far as their spikes are drawn.
    """
    spikes, traces, rate = data.spikes, data.traces, data.source.sample_rate
    inside = (spikes.samples >= layout.start_s * rate - spikes.after) & (
        spikes.samples <= layout.stop_s * rate + spikes.before
    )
    chosen = np.flatnonzero(inside & (spikes.places < len(colors)))
    chosen = chosen[np.argsort(-spikes.places[chosen], kind="stable")]
    masks = spikes.masks[chosen][:, layout.order[rows]]
    spike, row = np.nonzero(masks > 0)
    if not len(spike):
        return np.empty((0, N_LINE_FIELDS))
    first = (spikes.samples[chosen] - spikes.before) // traces.factor - traces.first_bin
    length = -(-(spikes.before + spikes.after) // traces.factor) + 1
    palette = np.rint(255 * rgb_of(colors))
    alphas = LEAST_ALPHA + (1 - LEAST_ALPHA) * masks[spike, row]
    return make_lines(
        layout.order[rows[row]], first[spike], length, zeros[row], gain, palette[spikes.places[chosen][spike]], alphas
    )


def trace_polylines(
    low: Float32, high: Float32, lines: npt.NDArray[np.float64], columns: Columns, n_columns: float
) -> list[Points] | None:
    """Return the (n, 2) points of each line, None where they were more than `MAX_POINTS` even at two a pixel.

    Parameters
    ----------
    low, high : ndarray of float32, shape (n_rows, n_bins)
        The smallest and the largest value of each bin; the same array where bins are samples.
    lines : ndarray of float64
        Lines of `make_lines`; parts that lie beyond the columns are left out.
    columns : Columns
        How bins lie in px; x is counted from the first column in sight.
    n_columns : float
        How many columns are in sight.
    """
    first = columns.first_bin - 1
    in_sight = max(0, int(first)), min(low.shape[1], int(np.ceil(first + n_columns * columns.bins_per_column)) + 2)
    begins = np.clip(lines[:, 1], *in_sight).astype(np.int64)
    ends = np.clip(lines[:, 1] + lines[:, 2], *in_sight).astype(np.int64)
    lengths = np.maximum(ends - begins, 0)
    step = 1
    if (lengths.sum() if low is high else 2 * lengths.sum()) > MAX_POINTS:
        step = max(1, int(np.ceil(columns.bins_per_column)))
        if 2 * np.ceil(lengths / step).sum() > MAX_POINTS:
            return None
    return [
        _polyline(low[int(row), begin:end], high[int(row), begin:end], begin, step, zero, gain, columns, low is high)
        for row, begin, end, zero, gain in zip(lines[:, 0], begins, ends, lines[:, 3], lines[:, 4], strict=True)
    ]


def _polyline(
    low: Float32, high: Float32, begin: int, step: int, zero: float, gain: float, columns: Columns, is_single: bool
) -> Points:
    """Return the points of one line: values lie in the middle of their bins."""
    starts = np.arange(0, len(low), step)
    x = (begin + starts + np.minimum(step, len(low) - starts) / 2 - columns.first_bin) / columns.bins_per_column
    if is_single and step == 1:
        return np.column_stack([x, zero - low * gain])
    if len(starts):
        low, high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    both = np.stack([low, high], axis=1).reshape(-1)
    return np.column_stack([np.repeat(x, 2), zero - both * gain])
