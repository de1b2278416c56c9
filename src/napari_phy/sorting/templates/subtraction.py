"""What workers do with one chunk: explain it by templates, spike by spike, until nothing is gained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from napari_phy.sorting.matched.kernel import Kernel, Neighbours
from napari_phy.sorting.spikedetekt.chunks import Chunk
from napari_phy.sorting.spikedetekt.parameters import SIDES
from napari_phy.sorting.spikedetekt.passes import Plan
from napari_phy.sorting.templates.parameters import TemplateParameters
from napari_phy.sorting.traces import TracePart
from napari_phy.stats.explained_traces import shifted

Bools = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

N_SHIFTS = 5  # between two samples
_REACH = 3  # samples around where the matched filter says a spike is
_PEAK_REACH = 3  # samples in which there is one peak
_MARGIN = 4  # columns beside those of a template, where it may grow
_STRONG, _WEAK_OF_BEST, _WEAK = 0.5, 0.3, 3.0  # responses, as shares of the best or in noise, that make a candidate
_MOST_ROUNDS = 20  # in a chunk
_SHARE_OVERLAPPED = 0.02  # in means: a small spike that explains the misfit of a large one would keep it
_MOST_PER_SAMPLE = 0.02  # spikes on a channel


class TemplateArrays(NamedTuple):
    """Templates as the loops read them.

    Attributes
    ----------
    shapes : ndarray of float32
        Templates moved by parts of a sample, `(n_shifts, n_samples, width)` of each, one template after the other.
    offsets : ndarray of int64, shape (n_templates,)
        Where those of each begin.
    firsts, widths : ndarray of int64, shape (n_templates,)
        The columns that each lies on.
    energies : ndarray of float64, shape (n_templates, n_shifts)
        Sums of squares.
    priors : ndarray of float64, shape (n_templates,)
        Logs of how often each is in a sample.
    starts, candidates : ndarray of int64
        The templates that a peak on each channel can be of, one channel after the other.
    lags : ndarray of int64, shape (n_templates, n_channels)
        Samples from its beginning to the peak on each channel.
    heights : ndarray of float32, shape (n_templates, n_channels)
        Of that peak, behind the kernel, in multiples of the noise there.
    spans : ndarray of int64, shape (n_templates, 4)
        The rows and columns of its shapes, from and to, beyond which each is 0.
    """

    shapes: Float32
    offsets: Int64
    firsts: Int64
    widths: Int64
    energies: Float64
    priors: Float64
    starts: Int64
    candidates: Int64
    lags: Int64
    heights: Float32
    spans: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Subtraction:
    """What workers know besides the samples.

    Attributes
    ----------
    plan : Plan
        How samples are filtered.
    kernel : Kernel
        The shape that peaks are looked for with.
    noise : ndarray of float32, shape (n_channels,)
        By which filtered voltage is divided.
    levels : ndarray of float32, shape (n_channels,)
        What a peak must be beyond, behind the kernel.
    neighbours : Neighbours
        Among whose channels there is one peak.
    templates : TemplateArrays
        The templates.
    touching : ndarray of bool, shape (n_templates, n_templates)
        Which templates have channels in common.
    window : tuple of int
        Samples of a template before the spike and from it on.
    apart : int
        Fewest samples between two spikes of a template.
    parameters : TemplateParameters
        What is asked for.
    """

    plan: Plan
    kernel: Kernel
    noise: Float32
    levels: Float32
    neighbours: Neighbours
    templates: TemplateArrays
    touching: Bools
    window: tuple[int, int]
    apart: int
    parameters: TemplateParameters

    def sums_of(self, sums: Float64) -> Float64:
        """Return `(n_templates, n_samples, n_channels)` of the sums that chunks give."""
        n_samples, arrays = sum(self.window), self.templates
        whole = np.zeros((len(arrays.widths), n_samples, len(self.noise)))
        begin = 0
        for template, (first, width) in enumerate(zip(arrays.firsts, arrays.widths, strict=True)):
            whole[template, :, first : first + width] = sums[begin : begin + n_samples * width].reshape(n_samples, -1)
            begin += n_samples * width
        return whole


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The spikes of a chunk, and what they add up to.

    Attributes
    ----------
    times : ndarray of float64, shape (n_spikes,)
        On the joined time line, in samples and parts of one, ascending.
    templates : ndarray of int32, shape (n_spikes,)
        The template of each.
    amplitudes : ndarray of float32, shape (n_spikes,)
        Multiples of it.
    sums : ndarray of float64
        Sums of waveforms without the other spikes, as `Subtraction.sums_of` reads them.
    counts : ndarray of float64, shape (n_templates, 2)
        Number of spikes in them, those that overlap counted in part, and the sum of the squares of these parts.
    squares : ndarray of float64, shape (n_channels,)
        Sum of squares of what is left in the samples that belong to the chunk.
    n_samples : int
        How many these are.
    """

    times: Float64
    templates: Int32
    amplitudes: Float32
    sums: Float64
    counts: Float64
    squares: Float64
    n_samples: int

    @classmethod
    def nothing(cls, given: Subtraction) -> Explained:
        """Return no spikes, and sums of none."""
        widths = given.templates.widths
        return cls(
            np.empty(0),
            np.empty(0, dtype=np.int32),
            np.empty(0, dtype=np.float32),
            np.zeros(int(sum(given.window) * widths.sum())),
            np.zeros((len(widths), 2)),
            np.zeros(len(given.noise)),
            0,
        )

    def __add__(self, other: Explained) -> Explained:
        """Return the sums of both, with the spikes of the first."""
        return replace(
            self,
            sums=self.sums + other.sums,
            counts=self.counts + other.counts,
            squares=self.squares + other.squares,
            n_samples=self.n_samples + other.n_samples,
        )

    def without_sums(self) -> Explained:
        """Return the spikes alone."""
        return replace(self, sums=np.empty(0))


def arrays_of(
    waveforms: Float32, counts: Int64, n_samples: int, kernel: Kernel, noise: Float32, sign: int
) -> TemplateArrays:
    """Return templates as the loops read them.

    Parameters
    ----------
    waveforms : ndarray of float32, shape (n_templates, n_samples, n_channels)
        In multiples of the noise; 0 on most channels.
    counts : ndarray of int64, shape (n_templates,)
        Spikes of each.
    n_samples : int
        Of the recording.
    kernel : Kernel
        The shape that peaks are looked for with.
    noise : ndarray of float32, shape (n_channels,)
        That behind the kernel.
    sign : {-1, 0, 1}
        Whether peaks are troughs, both, or peaks.
    """
    n_templates, len_of_each, n_channels = waveforms.shape
    columns, rows = (_spans(np.asarray((waveforms != 0).any(axis=axis))) for axis in (1, 2))
    firsts, stops = np.maximum(columns[:, 0] - _MARGIN, 0), np.minimum(columns[:, 1] + _MARGIN, n_channels)
    rows = np.clip(rows + np.array([-1, 1]), 0, len_of_each)  # those that are moved reach a sample further
    moved = _moved(waveforms)
    shapes = [
        np.ascontiguousarray(moved[one, :, :, firsts[one] : stops[one]]).reshape(-1) for one in range(n_templates)
    ]
    sizes = [len(shape) for shape in shapes]
    responses = np.array([kernel.apply(one) for one in waveforms]).reshape(waveforms.shape) / noise
    responses = responses * sign if sign else np.abs(responses)
    peaks = responses.max(axis=1)
    best = peaks.max(axis=1, initial=0, keepdims=True)
    can_be = (peaks >= _STRONG * best) | ((peaks >= _WEAK) & (peaks >= _WEAK_OF_BEST * best))
    return TemplateArrays(
        np.concatenate([np.empty(0, dtype=np.float32), *shapes]),
        np.cumsum([0, *sizes])[:-1].astype(np.int64),
        firsts.astype(np.int64),
        (stops - firsts).astype(np.int64),
        (moved.astype(np.float64) ** 2).sum(axis=(2, 3)),
        np.log(np.maximum(counts, 1) / n_samples),
        np.concatenate([[0], np.cumsum(can_be.sum(axis=0))]).astype(np.int64),
        np.nonzero(can_be.T)[1].astype(np.int64),
        responses.argmax(axis=1).astype(np.int64),
        peaks.astype(np.float32),
        np.hstack([rows, columns - firsts[:, None]]).astype(np.int64),
    )


def _spans(is_used: Bools) -> Int64:
    """Return `(n, 2)` from where to where each row is used; everywhere, where it is not at all."""
    n = is_used.shape[1]
    return np.column_stack([is_used.argmax(axis=1), n - is_used[:, ::-1].argmax(axis=1)]).astype(np.int64)


def _moved(waveforms: Float32) -> Float32:
    """Return `(n_templates, n_shifts, n_samples, n_channels)`, later by −2/5 … 2/5 of a sample."""
    return shifted(waveforms, (np.arange(N_SHIFTS) - N_SHIFTS // 2) / N_SHIFTS)


def explain(given: Subtraction, block: tuple[Chunk, TracePart]) -> Explained:
    """Return the spikes that explain a chunk best: the largest gain first, until there is none left."""
    from napari_phy.sorting.matched._loops import correlate, find_peaks
    from napari_phy.sorting.templates import _loops

    chunk, part = block
    before, after = given.window
    n_samples, arrays = before + after, given.templates
    residual = given.plan.band.apply(part.read()[0], given.plan.columns) / given.noise
    searched = np.empty_like(residual)
    room = int(residual.size * _MOST_PER_SAMPLE) + 1
    peaks, found, sizes = np.empty((room, 2), np.int64), np.empty((room, 3), np.int64), np.empty(room)
    gains, fits, amplitudes = np.empty(room), np.empty((room, 3), np.int64), np.empty(room)
    asked = given.parameters
    bounds = asked.amplitude_low, asked.amplitude_high, asked.amplitude_std**2
    starts, stops = np.array([0]), np.array([len(residual)])
    sign = SIDES[given.plan.parameters.detect_spikes]
    n_found, kernel = 0, given.kernel
    far = 2 * n_samples + len(kernel.values)  # where fits have changed, and those that were passed over are
    for _ in range(_MOST_ROUNDS):
        correlate(residual, kernel.values, kernel.before, starts, stops, searched)
        starts, stops = _widened(starts, stops, _PEAK_REACH, len(residual))
        n_peaks = find_peaks(
            searched, sign, given.levels, given.neighbours.offsets, given.neighbours.channels, _PEAK_REACH,
            starts, stops, peaks,
        )  # fmt: skip
        n_peaks = min(n_peaks, room)
        rows, channels = peaks[:n_peaks].T
        heights = searched[rows, channels] / (given.levels[channels] / given.parameters.threshold)
        heights = heights * sign if sign else np.abs(heights)
        _loops.fit_templates(
            residual, peaks[:n_peaks], heights, arrays, n_samples, before, _REACH, bounds,
            gains, fits, amplitudes,
        )  # fmt: skip
        order = np.argsort(-gains[:n_peaks], kind="stable")
        order = order[gains[order] >= given.parameters.least_gain]
        n_known = n_found
        n_found = _loops.subtract(
            residual, order, fits, amplitudes, arrays, n_samples, before, given.touching, given.apart, n_known,
            found, sizes,
        )  # fmt: skip
        if n_found == n_known:
            break
        rows = np.sort(found[n_known:n_found, 1])
        starts, stops = _widened(rows, rows, far, len(residual))
    return _explained(given, chunk, residual, found[:n_found], sizes[:n_found])


def _explained(given: Subtraction, chunk: Chunk, residual: Float32, found: Int64, sizes: Float64) -> Explained:
    """Return the spikes that belong to a chunk, of those that were found."""
    from napari_phy.sorting.templates import _loops

    arrays, n_samples = given.templates, sum(given.window)
    times = chunk.start + found[:, 1] + (found[:, 2] - N_SHIFTS // 2) / N_SHIFTS
    order = np.lexsort([found[:, 0], times])
    mine = order[(times[order] >= chunk.keep_start) & (times[order] < chunk.keep_stop)]
    lengths = n_samples * arrays.widths
    sums, counts = np.zeros(int(lengths.sum())), np.zeros((len(lengths), 2))
    places = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    in_time = np.argsort(found[:, 1], kind="stable")
    is_overlapped = np.zeros(len(found), dtype=np.bool_)
    overlaps = np.zeros(len(found), dtype=np.bool_)
    _loops.find_overlapped(found[in_time], given.touching, max(given.window), overlaps)
    is_overlapped[in_time] = overlaps
    shares = np.where(is_overlapped[mine], _SHARE_OVERLAPPED, 1.0)
    _loops.add_waveforms(
        residual, found[mine], sizes[mine], shares, arrays, n_samples, given.window[0], places, sums, counts
    )
    left = residual[chunk.keep_start - chunk.start : chunk.keep_stop - chunk.start]
    return Explained(
        times[mine],
        found[mine, 0].astype(np.int32),
        sizes[mine].astype(np.float32),
        sums,
        counts,
        np.einsum("ij,ij->j", left, left, dtype=np.float64),
        len(left),
    )


def _widened(starts: Int64, stops: Int64, by: int, n_samples: int) -> tuple[Int64, Int64]:
    """Return ascending stretches that are longer at either end; those that touch then are one."""
    starts, stops = np.maximum(starts - by, 0), np.minimum(stops + by, n_samples)
    is_first = np.concatenate([[True], starts[1:] > stops[:-1]])
    is_last = np.concatenate([is_first[1:], [True]])
    return starts[is_first], stops[is_last]
