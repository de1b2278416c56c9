"""Firing rate of each selected cluster over the whole recording, or a stretch of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import SettingsError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.additive_sums import merged_from
from napari_phy.table.columns import mean_rates
from napari_phy.table.numbers import format_number, format_shown
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.views.frame import Frame
from napari_phy.views.rectangles import TypeSizes
from napari_phy.views.settings import Number, ViewSettings
from napari_phy.views.steps import bin_at, listed, step_frame

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

MOST_BINS = 20_000
LONGEST_S = 10_000_000
USUAL_BINS, SHORTEST_S = 100, 1.0  # about so many bins, of a second at least


@dataclass(frozen=True, slots=True)
class FiringRateSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    n_bins : int or None
        How many stretches the time shown is cut into; None: about 100 of 1, 2, 5, 10 … s.
    bin_s : float or None
        How long each is, instead; the last takes what is left, half a bin more or less.
    start_s, stop_s : float, float or None
        The time shown; where the recordings have nothing of it, or for None, up to their end.
    """

    view: ClassVar[str] = "Firing rate"

    n_bins: Annotated[
        int | None,
        Number(
            title="Bins", low=1, high=MOST_BINS, is_whole=True, offered=(None, 50, 100, 200, 500, 1000),
            pattern="{} bins", none="Automatic bins", tip="Automatically about 100, of at least one second.",
        ),
    ] = None  # fmt: skip
    bin_s: Annotated[
        float | None,
        Number(
            title="Width of bins", low=0.001, high=100_000, unit="s", offered=(None, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0),
            none="From the number of bins",
        ),
    ] = None  # fmt: skip
    start_s: Annotated[
        float,
        Number(title="Start", low=0, high=LONGEST_S, unit="s", offered=(0.0,), is_persistent=False),
    ] = 0.0
    stop_s: Annotated[
        float | None,
        Number(
            title="End", low=0.001, high=LONGEST_S, unit="s", offered=(None,), none="End of the recording",
            is_persistent=False,
        ),
    ] = None  # fmt: skip

    def __post_init__(self) -> None:
        ViewSettings.__post_init__(self)
        if self.stop_s is not None and self.stop_s <= self.start_s:
            raise SettingsError(
                f"{self.view}: nothing lies between start_s {self.start_s:g} and stop_s {self.stop_s:g}. "
                "Choose a later end."
            )

    def adapted(self, name: str, value: Any) -> Self:
        """Return settings with another one; a stretch that would be empty goes to the end, or begins at 0."""
        if name == "n_bins":
            return replace(self, n_bins=value, bin_s=None)
        if name == "start_s":
            return replace(self, start_s=value, stop_s=None if (self.stop_s or math.inf) <= value else self.stop_s)
        if name == "stop_s":
            return replace(self, stop_s=value, start_s=0.0 if (value or math.inf) <= self.start_s else self.start_s)
        return ViewSettings.adapted(self, name, value)


@dataclass(frozen=True, slots=True)
class FiringRateRequest:
    """What a view of firing rates asks for.

    Attributes
    ----------
    clusters : tuple of int
        The clusters in the order of selection, best first.
    settings : FiringRateSettings
        Bins and times.
    """

    clusters: tuple[int, ...]
    settings: FiringRateSettings = FiringRateSettings()


@dataclass(frozen=True, slots=True, eq=False)
class FiringRateData:
    """What a view of firing rates draws: step lines over common bins.

    Attributes
    ----------
    request : FiringRateRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        The clusters in the order of selection.
    edges_s : ndarray of float64, shape (n_bins + 1,)
        Whole samples in seconds, from the beginning to the end of the time shown.
    counts : ndarray of int64, shape (n, n_bins)
        Spikes; those of a bin are from its low edge to below the high one.
    rates : ndarray of float64, shape (n, n_bins)
        Rate in each bin, in Hz.
    mean_rates : ndarray of float64, shape (n,)
        Hz, of the spikes of the session over the time that they are from.
    caption : str
        The words below the picture.
    """

    request: FiringRateRequest
    cluster_ids: Int64
    edges_s: Float64
    counts: Int64
    rates: Float64
    mean_rates: Float64
    caption: str


_Key = tuple[int, FiringRateRequest, int]
_counted: SessionCache[_Key, Int64] = SessionCache(lambda counts: counts.nbytes)


def compute_firing_rates(
    session: SessionLike, request: FiringRateRequest, on_progress: OnProgress = no_progress
) -> FiringRateData:
    """Count the spikes of each bin, of all spikes of the clusters.

    The curves are those of all times, also where the session has only the spikes of a stretch; the means are its own.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    on_progress(0)
    model, whole = session.model, session.whole
    n_samples = max(1, round(model.duration * model.sample_rate))
    edges = _edges(request, n_samples, model.sample_rate)

    def count(keys: list[_Key]) -> dict[_Key, Int64]:
        found = {}
        for done, key in enumerate(keys):
            on_progress(done / len(keys))
            parents = _counted.known(whole, [(parent, *key[1:]) for parent in merged_from(whole.manager, key[0])])
            if parents and len(parents) == len(merged_from(whole.manager, key[0])):
                found[key] = read_only(np.sum(list(parents.values()), axis=0))
                continue
            samples = model.spike_samples[whole.manager.spikes(key[0])]
            found[key] = read_only(np.diff(np.searchsorted(samples, edges)))
        return found

    keys = {cluster: (cluster, replace(request, clusters=()), n_samples) for cluster in request.clusters}
    found = _counted.get(whole, keys.values(), count)
    counts = np.array([found[keys[cluster]] for cluster in request.clusters], dtype=np.int64)
    counts = counts.reshape(len(request.clusters), len(edges) - 1)
    n_total = sum(whole.manager.n_spikes(cluster) for cluster in request.clusters)
    n_spikes = np.array([session.manager.n_spikes(cluster) for cluster in request.clusters], dtype=np.int64)
    edges_s = edges / model.sample_rate
    return FiringRateData(
        request=request,
        cluster_ids=read_only(np.array(request.clusters, dtype=np.int64)),
        edges_s=read_only(edges_s),
        counts=read_only(counts),
        rates=read_only(counts / np.diff(edges_s)),
        mean_rates=read_only(mean_rates(session, n_spikes)),
        caption=f"{format_shown(counts.sum(), n_total)}; bins of {_seconds(_width_s(request, edges_s))}",
    )


def rate_frame(data: FiringRateData, width: int, height: int, sizes: TypeSizes) -> Frame:
    """Return the plot's rectangle and its ranges in seconds and Hz."""
    largest = float(data.rates.max()) if data.rates.size else 0.0
    return step_frame(width, height, sizes, (float(data.edges_s[0]), float(data.edges_s[-1])), largest)


def rate_words(data: FiringRateData, frame: Frame, x_px: float, y_px: float) -> str:
    """Return `31.2 s: 20: 4.5 Hz, 22: 3.0 Hz` for the bin under a pixel."""
    found = bin_at(frame, data.edges_s, x_px, y_px)
    if found is None:
        return ""
    time_s = float(frame.to_data([[x_px, y_px]])[0, 0])
    rates = zip(data.cluster_ids, data.rates[:, found], strict=True)
    words = listed([f"{cluster}: {format_number(rate, 1)} Hz" for cluster, rate in rates])
    return f"{format_number(time_s, 1)} s: {words}"


def rate_edges(n_samples: int, n_bins: int) -> Int64:
    """Return (n + 1,) ascending edges in samples that cut a time into `n_bins` equal parts, or single samples.

    Parts differ by one sample at most; there are no more of them than samples.
    """
    n = min(n_bins, n_samples)
    return -(-np.arange(n + 1, dtype=np.int64) * n_samples // n)


def usual_bin_s(length_s: float) -> float:
    """Return the round width of bins, a second or more, that cuts a time into about 100."""
    wanted = max(SHORTEST_S, length_s / USUAL_BINS)
    power = 10.0 ** math.floor(math.log10(wanted))
    return min((step * power for step in (1, 2, 5, 10)), key=lambda bin_s: abs(math.log(bin_s / wanted)))


def _edges(request: FiringRateRequest, n_samples: int, sample_rate: float) -> Int64:
    """Return (n + 1,) ascending edges in samples of the time shown."""
    settings = request.settings
    start = round(settings.start_s * sample_rate)
    stop = n_samples if settings.stop_s is None else min(round(settings.stop_s * sample_rate), n_samples)
    if start >= stop:
        start, stop = 0, n_samples
    if settings.bin_s is None and settings.n_bins is not None:
        return start + rate_edges(stop - start, settings.n_bins)
    bin_s = settings.bin_s or usual_bin_s((stop - start) / sample_rate)
    width = max(1, round(bin_s * sample_rate), -(-(stop - start) // MOST_BINS))
    n = max(1, round((stop - start) / width))
    return np.append(start + np.arange(n, dtype=np.int64) * width, stop)


def _width_s(request: FiringRateRequest, edges_s: Float64) -> float:
    is_equal = request.settings.bin_s is None and request.settings.n_bins is not None
    return float(edges_s[1] - edges_s[0] if not is_equal else (edges_s[-1] - edges_s[0]) / (len(edges_s) - 1))


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{format_number(1000 * seconds, 0 if seconds >= 0.1 else 1)} ms"
    return f"{format_number(seconds, 1 if seconds < 100 else 0)} s"
