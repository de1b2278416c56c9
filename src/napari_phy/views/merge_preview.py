"""What clusters would be as one, or a cluster as two: the correlogram, refractory violations and amplitudes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced, read_only
from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.correlograms import bin_samples, count_pairs, half_window_bins, merged_autocorrelogram, symmetrise
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import first_spikes, moved_apart
from napari_phy.views.correlograms import CorrelogramRequest, CorrelogramSettings, compute_correlograms
from napari_phy.views.rectangles import TICK_PX, Rectangle, TypeSizes
from napari_phy.views.spike_amplitudes import amplitude_kinds, amplitude_unit, count_unread, spike_amplitudes
from napari_phy.views.violations import MergedViolations, merged_violations
from napari_phy.views.wizard_reasons import TOO_MANY_PERCENT

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

N_SPIKES, N_UNREAD = 500, 100  # of each part whose amplitudes are shown, and of which they are read from raw data
N_BINS = 40  # of amplitudes
SHOWN_SHARE, MARGIN = 0.99, 1.2  # of the amplitudes that are in sight, and the room above
GAP, LINE, AXIS = 10, 16, 15  # px: between two plots, of a line of words, of the numbers below a plot
LEAST_PLOT = 36  # px of height
_USUAL = CorrelogramSettings()


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """What a preview asks for.

    Attributes
    ----------
    clusters : tuple of int
        Clusters to be one, in the order of selection; or a single one that is to be cut.
    cut : ClusterCut or None
        Where the single one is cut.
    settings : CorrelogramSettings
        Only `bin_ms`, `window_ms` and `refractory_ms` matter.
    """

    clusters: tuple[int, ...]
    cut: ClusterCut | None = None
    settings: CorrelogramSettings = _USUAL


@dataclass(frozen=True, slots=True, eq=False)
class MergePreview:
    """Some parts, and the whole that they are, or would be, together.

    Attributes
    ----------
    request : PreviewRequest
        What was asked for.
    counts : ndarray of int64, shape (n, n_lags)
        Autocorrelogram of each part: each cluster to be merged; what a cut splits off, and the rest.
    whole : ndarray of int64, shape (n_lags,)
        That of all parts together.
    lags_ms : ndarray of float64, shape (n_lags,)
        Lags of the bars, as those of Correlograms.
    n_spikes : ndarray of int64, shape (n,)
        Number of spikes of each part.
    violations : MergedViolations
        Refractory violations of the parts, and of all as one.
    amplitudes : ndarray of float64, shape (n, N_BINS)
        Spikes of each part by amplitude, estimated from some of them; empty where there are no amplitudes.
    amplitude_width : float
        Width of a bin, from 0 on.
    amplitude_unit : str
        Unit of the amplitudes.
    """

    request: PreviewRequest
    counts: Int64
    whole: Int64
    lags_ms: Float64
    n_spikes: Int64
    violations: MergedViolations
    amplitudes: Float64
    amplitude_width: float
    amplitude_unit: str

    @property
    def is_split(self) -> bool:
        """Whether a whole is cut, instead of parts being joined."""
        return self.request.cut is not None

    @property
    def has_amplitudes(self) -> bool:
        """Whether amplitudes could be read."""
        return bool(self.amplitudes.size)

    @property
    def is_violated(self) -> bool:
        """Whether the whole has many violations, and a larger share of them than any part has alone."""
        found = self.violations
        most = max([0.0, *(one for one in found.each_percent if not math.isnan(one))])
        return found.together_percent >= TOO_MANY_PERCENT and found.together_percent > most


def compute_merge_preview(
    session: SessionLike, request: PreviewRequest, on_progress: OnProgress = no_progress
) -> MergePreview:
    """Count and read what a preview shows; correlograms that are kept are added up.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    parts = _parts(session, request)
    sizes = np.array([len(part) for part in parts], dtype=np.int64)
    whole = np.sort(np.concatenate(parts))
    counts, together, lags_ms = _correlograms(session, request, parts, whole)
    violations = merged_violations(session, parts, request.settings.refractory_ms)
    on_progress(0.3)
    amplitudes, width, unit = _amplitudes(session, parts)
    return MergePreview(
        request=request,
        counts=read_only(counts),
        whole=read_only(together),
        lags_ms=read_only(lags_ms),
        n_spikes=read_only(sizes),
        violations=violations,
        amplitudes=read_only(amplitudes),
        amplitude_width=width,
        amplitude_unit=unit,
    )


def _parts(session: SessionLike, request: PreviewRequest) -> list[Int64]:
    if request.cut is None:
        return [session.manager.spikes(cluster) for cluster in request.clusters]
    spikes = session.manager.spikes(request.clusters[0])
    is_cut_off = np.isin(spikes, request.cut.spikes, assume_unique=True)
    return [spikes[is_cut_off], spikes[~is_cut_off]]


def _correlograms(
    session: SessionLike, request: PreviewRequest, parts: list[Int64], whole: Int64
) -> tuple[Int64, Int64, Float64]:
    """Return (n, n_lags) of the parts, (n_lags,) of the whole, and the lags in ms."""
    if request.cut is None:
        data = compute_correlograms(session, CorrelogramRequest(request.clusters, request.settings.computed()))
        return np.einsum("iik->ik", data.counts).copy(), merged_autocorrelogram(data.counts), data.lags_ms
    asked, rate = CorrelogramRequest(request.clusters, request.settings), session.model.sample_rate
    bins = bin_samples(asked.bin_ms, rate), half_window_bins(asked.bin_ms, asked.window_ms)
    places = np.isin(whole, parts[1], assume_unique=True).astype(np.uint16)
    firsts = first_spikes(session.manager, whole)
    samples = moved_apart(session.model.spike_samples[whole], firsts, bins[0] * bins[1])
    counts = symmetrise(count_pairs(samples, places, 2, *bins))
    lags_ms = np.arange(1 - bins[1], bins[1], dtype=np.float64) * round(1000 * bins[0] / rate, 9)
    return np.einsum("iik->ik", counts).copy(), merged_autocorrelogram(counts), lags_ms


def _amplitudes(session: SessionLike, parts: list[Int64]) -> tuple[Float64, float, str]:
    """Return (n, N_BINS) spikes by amplitude, the width of a bin, and the unit; nothing where there are none."""
    kind = next(iter(amplitude_kinds(session)), None)
    nothing: tuple[Float64, float, str] = np.zeros((len(parts), 0)), 1.0, ""
    if kind is None:
        return nothing
    chosen = [part[evenly_spaced(len(part), N_SPIKES)] for part in parts]
    try:
        if count_unread(session, kind, np.concatenate(chosen)) > N_UNREAD:
            chosen = [part[evenly_spaced(len(part), N_UNREAD)] for part in parts]
        found = spike_amplitudes(session, kind, np.concatenate(chosen))
    except MissingDataError:
        return nothing
    of_part = np.split(found.astype(np.float64), np.cumsum([len(one) for one in chosen])[:-1])
    known = [one[np.isfinite(one)] for one in of_part]
    every = np.concatenate(known)
    if not len(every):
        return nothing
    top = float(np.quantile(every, SHOWN_SHARE)) * MARGIN or 1.0
    edges = np.linspace(0, top, N_BINS + 1)
    weights = [len(part) / max(1, len(one)) for one, part in zip(known, parts, strict=True)]
    histograms = [np.histogram(one, edges)[0] * weight for one, weight in zip(known, weights, strict=True)]
    return np.array(histograms, dtype=np.float64), top / N_BINS, amplitude_unit(session, kind)


# --- words ---


def preview_words(preview: MergePreview) -> tuple[str, str]:
    """Return a line on refractory violations before and after, and one on what that means."""
    found = preview.violations
    apart, together = (format_number(one, 1) for one in (found.apart_percent, found.together_percent))
    before, after = (together, apart) if preview.is_split else (apart, together)
    what, more = ("As two", "fewer") if preview.is_split else ("As one", "new")
    line = f"{what}: refractory violations {before} → {after} % ({found.refractory_ms:g} ms)"
    n = format_number(found.n_between) if found.n_between > 0 else "None"
    return line, f"{n} {more}; {_neurons(preview)} would have {found.chance_words} by chance"


def _neurons(preview: MergePreview) -> str:
    n = len(preview.n_spikes)
    return "two neurons" if n == 2 else format_count(n, "neuron")


# --- layout ---


@dataclass(frozen=True, slots=True)
class PreviewLayout:
    """Where the parts of a preview are, in px; those without room are None.

    Attributes
    ----------
    lines : tuple of Rectangle
        Of the words.
    correlogram : Rectangle or None
        Bars of the whole, and steps of the parts.
    amplitudes : Rectangle or None
        Bars of the parts upon each other.
    """

    lines: tuple[Rectangle, ...]
    correlogram: Rectangle | None
    amplitudes: Rectangle | None


def preview_layout(width: float, height: float, sizes: TypeSizes, *, has_amplitudes: bool) -> PreviewLayout:
    """Return where the parts of a preview are in a rectangle of a size; a low one has fewer lines, then no plots."""
    pad, line, axis = sizes.px(12), sizes.px(LINE), sizes.px(AXIS)
    least = sizes.px(LEAST_PLOT) + axis
    n_lines = 2 if height >= 2 * line + least else 1
    lines = tuple(Rectangle(pad, place * line, max(1.0, width - 2 * pad), line) for place in range(n_lines))
    top = n_lines * line + sizes.px(4)
    room = height - top - axis
    if room < sizes.px(LEAST_PLOT):
        return PreviewLayout(lines, None, None)
    inner, gap = max(2.0, width - 2 * pad), sizes.px(GAP)
    each = (inner - gap) / 2 if has_amplitudes else inner
    left = Rectangle(pad, top, round(each), room)
    right = Rectangle(round(pad + inner - each), top, round(each), room) if has_amplitudes else None
    return PreviewLayout(lines, left, right)


def bar_places(n: int, area: Rectangle) -> Float64:
    """Return (n + 1,) px where n bars of one width begin and end."""
    return area.left + np.arange(n + 1) * area.width / n


def axis_words(
    preview: MergePreview, sizes: TypeSizes, area: Rectangle, *, of_amplitudes: bool
) -> tuple[str, str, str]:
    """Return what stands below a plot at the left, in the middle and at the right, as far as there is room."""
    if of_amplitudes:
        top = preview.amplitude_width * preview.amplitudes.shape[1]
        words = ("0", f"amplitude ({preview.amplitude_unit})", format_number(top, 0 if top >= 10 else 1))
    else:
        outer = float(np.floor(preview.lags_ms[-1]))
        words = (format_number(-outer), "lag (ms)", format_number(outer))
    needed = sum(sizes.text_width(one, TICK_PX) for one in words) + 4 * sizes.px(4)
    return words if needed <= area.width else (words[0], "", words[2])


def preview_read_out(preview: MergePreview, layout: PreviewLayout, x_px: float, y_px: float) -> str:
    """Return `as one: 4 ms, 7 pairs`, or how many spikes are so large, for what is under a pixel; "" for nothing."""
    if layout.correlogram is not None and layout.correlogram.contains(x_px, y_px):
        lag = _bin_at(layout.correlogram, x_px, len(preview.whole))
        together = format_count(int(preview.whole[lag]), "pair")
        what = "undivided" if preview.is_split else "as one"
        decimals = 0 if float(preview.lags_ms[lag]).is_integer() else 1
        return f"{what}: {format_number(float(preview.lags_ms[lag]), decimals)} ms, {together}"
    if layout.amplitudes is not None and layout.amplitudes.contains(x_px, y_px):
        place = _bin_at(layout.amplitudes, x_px, preview.amplitudes.shape[1])
        edges = (preview.amplitude_width * one for one in (place, place + 1))
        low, high = (format_number(one, 0 if preview.amplitude_width >= 1 else 2) for one in edges)
        n = round(float(preview.amplitudes[:, place].sum()))
        return f"{low}–{high} {preview.amplitude_unit}: about {format_count(n, 'spike')}"
    return ""


def _bin_at(area: Rectangle, x_px: float, n: int) -> int:
    return min(max(int((x_px - area.left) / max(area.width, 1) * n), 0), n - 1)
