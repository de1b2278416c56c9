"""Spikes of the selected clusters around events: each trial a row, and the firing rate over all trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import SettingsError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.peri_event import AlignedSpikes, Stretches, align_spikes, count_in_bins, recorded_around
from napari_phy.stats.response_latency import FEWEST_TRIALS, Response, find_response
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import used_samples
from napari_phy.views.settings import Choice, Names, Number, Switch, ViewSettings
from napari_phy.views.trials import TrialGroup, Trials, group_trials

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Shown = Literal["both", "trials", "rates"]

LONGEST_MS = 60_000
MOST_BINS = 5_000
MOST_TILES = 24
_A_SECOND_MS = 1000.0


@dataclass(frozen=True, slots=True)
class PsthSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    before_ms, after_ms : float
        Time before and after each event that is shown.
    bin_ms : float
        Width of the bins of the rate, of which one begins at the event; at least a sample, and not more than 5 000.
    baseline : bool
        Whether the mean rate before the events is subtracted.
    response_ms : float or None
        Time after an event in which a response is looked for; None: all that is shown.
    shown : str
        "both", or only "trials" or "rates".
    events : tuple of str
        Names of the events side by side, as `session.events` has them; none: the first of them.
    group_by, sort_by : str
        Columns of the trials, by whose values they are grouped and sorted; "" for one group in the order of time.
    """

    view: ClassVar[str] = "PSTH"

    before_ms: Annotated[
        float,
        Number(
            title="Before", low=0, high=LONGEST_MS, unit="ms", pattern="{:g} ms before",
            offered=(50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0),
        ),
    ] = 200.0  # fmt: skip
    after_ms: Annotated[
        float,
        Number(
            title="After", low=1, high=LONGEST_MS, unit="ms", pattern="{:g} ms after",
            offered=(50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0),
        ),
    ] = 500.0  # fmt: skip
    bin_ms: Annotated[
        float,
        Number(
            title="Width of bins", low=0.05, high=10_000, unit="ms",
            offered=(0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0),
        ),
    ] = 10.0  # fmt: skip
    baseline: Annotated[
        bool, Switch(title="Subtract the rate before the events", tip="The mean over the time before, by cluster.")
    ] = False
    response_ms: Annotated[
        float | None,
        Number(
            title="Response within", low=1, high=LONGEST_MS, unit="ms",
            offered=(None, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0), none="All of the time after",
            tip="Latency and jitter are those of spikes within this time after the events.",
        ),
    ] = None  # fmt: skip
    shown: Annotated[
        Shown,
        Choice(
            title="Shown", of=(("Trials and rates", "both"), ("Trials", "trials"), ("Rates", "rates")), is_look=True
        ),
    ] = "both"
    events: Annotated[tuple[str, ...], Names(title="Events")] = ()
    group_by: Annotated[str, Names(title="Group by", is_single=True)] = ""
    sort_by: Annotated[str, Names(title="Sort by", is_single=True)] = ""

    def __post_init__(self) -> None:
        ViewSettings.__post_init__(self)
        if self.bin_ms > self.before_ms + self.after_ms:
            raise SettingsError(
                f"{self.view}: a bin of {self.bin_ms:g} ms is longer than the "
                f"{self.before_ms + self.after_ms:g} ms shown. Choose a narrower one."
            )

    def adapted(self, name: str, value: Any) -> Self:
        """Return settings with another one; a bin is never longer than what is shown."""
        if name == "bin_ms" and value > self.before_ms + self.after_ms:
            return replace(self, bin_ms=value, after_ms=float(value))
        if name in ("before_ms", "after_ms"):
            other = self.after_ms if name == "before_ms" else self.before_ms
            return replace(self, **{name: value}, bin_ms=min(self.bin_ms, value + other))
        return ViewSettings.adapted(self, name, value)

    @property
    def inactive(self) -> dict[str, str]:
        """Without time before the events there is no rate to subtract, and none to compare with."""
        if self.before_ms:
            return {}
        return dict.fromkeys(("baseline", "response_ms"), "No time before the events is shown.")


@dataclass(frozen=True, slots=True)
class PsthRequest:
    """What a view of spikes around events asks for.

    Attributes
    ----------
    clusters : tuple of int
        The clusters in the order of selection, best first.
    trials : tuple of Trials
        The kinds of events that are shown side by side.
    settings : PsthSettings
        Times, bins and groups.
    """

    clusters: tuple[int, ...]
    trials: tuple[Trials, ...]
    settings: PsthSettings = PsthSettings()


@dataclass(frozen=True, slots=True, eq=False)
class PsthTile:
    """The clusters around the events of one group.

    Attributes
    ----------
    kind, value : str
        The kind of events, and the column and value that they share, "" for all of them.
    events : ndarray of int64, shape (n_trials,)
        Samples of the events, from the top.
    n_recorded : ndarray of int64, shape (n_bins,)
        Around how many of them all of a bin was recorded.
    counts : ndarray of int64, shape (n_clusters, n_bins)
        Spikes in each bin, around those events.
    rates : ndarray of float64, shape (n_clusters, n_bins)
        Hz, less `baselines` where that was asked for; NaN where nothing was recorded.
    baselines : ndarray of float64, shape (n_clusters,)
        Mean rate before the events, in Hz; NaN where no time before them was recorded.
    spikes : tuple of AlignedSpikes
        Of each cluster: `rows` are places of trials from the top, `lags` are samples.
    responses : tuple of Response or None
        Of each cluster, in samples.
    n_compared : int
        Events around which all that was looked at for a response was recorded.
    """

    kind: str
    value: str
    events: Int64
    n_recorded: Int64
    counts: Int64
    rates: Float64
    baselines: Float64
    spikes: tuple[AlignedSpikes, ...]
    responses: tuple[Response | None, ...]
    n_compared: int

    @property
    def name(self) -> str:
        """`light`, or `light · contrast 0.5`."""
        return f"{self.kind} · {self.value}" if self.value else self.kind

    @property
    def n_trials(self) -> int:
        """Number of events."""
        return len(self.events)


@dataclass(frozen=True, slots=True, eq=False)
class PsthData:
    """What a view of spikes around events draws.

    Attributes
    ----------
    request : PsthRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n_clusters,)
        The clusters in the order of selection.
    sample_rate : float
        Samples a second.
    window : tuple of int
        First sample shown, from the event, and the one after the last.
    edges_ms : ndarray of float64, shape (n_bins + 1,)
        Edges of the bins, whole samples in ms from the event.
    tiles : tuple of PsthTile
        Groups of events, side by side.
    caption : str
        The words below the picture.
    """

    request: PsthRequest
    cluster_ids: Int64
    sample_rate: float
    window: tuple[int, int]
    edges_ms: Float64
    tiles: tuple[PsthTile, ...]
    caption: str

    def ms(self, samples: float) -> float:
        """Return a number of samples in ms."""
        return _A_SECOND_MS * samples / self.sample_rate


def compute_psth(session: SessionLike, request: PsthRequest, on_progress: OnProgress = no_progress) -> PsthData:
    """Align the spikes of clusters to events, count them in bins, and look for responses.

    A spike belongs to an event when it lies in the same recording. A bin counts the events around which all of it was
    recorded, so that rates are right at the ends of recordings. Where the session has only the spikes of a stretch of
    time, events outside are left out, and nothing outside counts as recorded.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    TimelineError
        A column has too many values to group by.
    """
    on_progress(0)
    model, settings = session.model, request.settings
    rate = model.sample_rate
    edges = bin_edges(settings, rate)
    window = _samples(-settings.before_ms, rate), _samples(settings.after_ms, rate)
    starts, stops = _recorded(session)
    groups = [
        (trials, group)
        for trials in request.trials
        for group in group_trials(trials, settings.group_by, settings.sort_by)
    ]
    samples = [model.spike_samples[session.manager.spikes(cluster)] for cluster in request.clusters]
    tiles = []
    for done, (trials, group) in enumerate(groups[:MOST_TILES]):
        on_progress(done / len(groups))
        events = trials.samples[group.rows]
        place = np.searchsorted(starts, events, side="right")
        events = events[(place > 0) & (events < np.append(-1, stops)[place])]
        recorded = recorded_around(events, starts, stops)
        tiles.append(_tile(trials.name, group, samples, events, recorded, edges, window, settings, rate))
    return PsthData(
        request=request,
        cluster_ids=read_only(np.array(request.clusters, dtype=np.int64)),
        sample_rate=rate,
        window=window,
        edges_ms=read_only(np.asarray(_A_SECOND_MS * edges / rate, dtype=np.float64)),
        tiles=tuple(tiles),
        caption=_caption(tiles, len(groups), edges, rate),
    )


def bin_edges(settings: PsthSettings, sample_rate: float) -> Int64:
    """Return (n_bins + 1,) ascending edges in samples from the event, 0 among them; bins lie within what is shown."""
    before, after = _samples(settings.before_ms, sample_rate), _samples(settings.after_ms, sample_rate)
    narrowest = -(-(before + after) // MOST_BINS)
    width = max(1, narrowest, _samples(settings.bin_ms, sample_rate))
    edges = np.arange(-(before // width), after // width + 1, dtype=np.int64) * width
    return edges if len(edges) > 1 else np.array([-before, after], dtype=np.int64)


def response_words(data: PsthData, tile: PsthTile, place: int) -> str:
    """Return `7.2 ± 0.8 ms, 84 % of trials` for a cluster, or that it has no response, or that there is no telling."""
    response = tile.responses[place]
    if response is None and not data.request.settings.before_ms:
        return "no time before to compare with"
    if response is None:
        return "too few trials to tell" if tile.n_compared < FEWEST_TRIALS else "no response"
    jitter = "" if math.isnan(response.jitter) else f" ± {format_number(data.ms(response.jitter), 1)}"
    share = format_number(100 * response.reliability)
    return f"{format_number(data.ms(response.latency), 1)}{jitter} ms, {share} % of trials"


def _tile(
    kind: str,
    group: TrialGroup,
    samples: Sequence[Int64],
    events: Int64,
    recorded: Stretches,
    edges: Int64,
    window: tuple[int, int],
    settings: PsthSettings,
    rate: float,
) -> PsthTile:
    start, stop = window
    within = stop if settings.response_ms is None else _samples(settings.response_ms, rate)
    reach = max(stop, edges[-1], within)
    aligned = [align_spikes(spikes, events, start, reach, recorded) for spikes in samples]
    n_recorded = recorded.count(edges)
    whole = recorded.hold(start, within)
    counts = np.array([count_in_bins(one, edges, recorded) for one in aligned], dtype=np.int64)
    counts = counts.reshape(len(samples), len(edges) - 1)
    seconds = n_recorded * np.diff(edges) / rate
    rates: Float64 = np.divide(counts, seconds, out=np.full(counts.shape, np.nan), where=seconds > 0)
    baselines = np.array([_rate_before(one, start, recorded, rate) for one in aligned], dtype=np.float64)
    if settings.baseline and settings.before_ms:
        rates = rates - baselines[:, None]
    return PsthTile(
        kind=kind,
        value=group.value,
        events=read_only(events),
        n_recorded=read_only(n_recorded),
        counts=read_only(counts),
        rates=read_only(rates),
        baselines=read_only(baselines),
        spikes=tuple(one.where(one.lags < stop) for one in aligned),
        responses=tuple(_response(one, start, whole, within) for one in aligned),
        n_compared=int(np.count_nonzero(whole)),
    )


def _rate_before(aligned: AlignedSpikes, start: int, recorded: Stretches, rate: float) -> float:
    """Return the mean rate before the events, over all that was recorded then."""
    lengths = np.minimum(recorded.stop, 0) - np.maximum(recorded.first, start)
    seconds = float(np.maximum(lengths, 0).sum()) / rate
    return np.count_nonzero(aligned.lags < 0) / seconds if seconds else math.nan


def _response(aligned: AlignedSpikes, start: int, whole: npt.NDArray[np.bool_], window: int) -> Response | None:
    """Return the response to the events around which all that is compared was recorded."""
    return find_response(aligned.where(whole[aligned.rows]), int(np.count_nonzero(whole)), window, -start)


def _recorded(session: SessionLike) -> tuple[Int64, Int64]:
    """Return first and stop of each recording, in samples, within the time whose spikes the session has."""
    model = session.model
    spans = [(one.start_sample, one.start_sample + one.n_samples) for one in model.recordings if one.n_samples]
    edges = np.array(sorted(spans) or [(0, round(model.duration * model.sample_rate))], dtype=np.int64)
    if session.whole is not session:
        edges = np.concatenate([np.clip(edges, first, stop) for first, stop in used_samples(session)])
    edges = edges[edges[:, 0] < edges[:, 1]]
    return edges[:, 0], edges[:, 1]


def _samples(ms: float, rate: float) -> int:
    return round(ms * rate / _A_SECOND_MS)


def _caption(tiles: Sequence[PsthTile], n_groups: int, edges: Int64, rate: float) -> str:
    trials = format_count(sum(tile.n_trials for tile in tiles), "trial")
    width = format_number(_A_SECOND_MS * (edges[1] - edges[0]) / rate, 1)
    first = f"the first {len(tiles)} of {n_groups} groups; " if n_groups > len(tiles) else ""
    return f"{first}{trials}; bins of {width} ms"
