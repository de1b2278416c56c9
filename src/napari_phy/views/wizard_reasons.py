"""Why two clusters may be one neuron: similarity, refractory time, amplitude, position."""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.wizard import HIDDEN_GROUPS
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.cluster_table import compute_values
from napari_phy.table.columns import refractory_share
from napari_phy.table.numbers import UNKNOWN, format_number, format_similarity
from napari_phy.table.session_like import ClusterSumsLike, SessionLike

TOO_MANY_PERCENT = 1.0  # of intervals within the refractory time: the lists warn from there on
FAR_APART_PERCENT, FAR_APART_UM = 30.0, 50.0  # of amplitudes, of positions: more than that speaks against one neuron
NEEDS_FEATURES = "needs features"
N_REASONS = 4
DIFFERENCES = {
    "similarity": "little alike",
    "refractory": "refractory violated",
    "amplitude": "amplitudes differ",
    "position": "far apart",
}


class Reason(NamedTuple):
    """One reason as it is shown: `amplitude`, `104 / 105 µV`, `1 % apart`."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class PairReasons:
    """What speaks for and against a merge of two clusters; nan and −1 stand for what is not known.

    Attributes
    ----------
    similarity : float
        Similarity by the measure that clusters are ranked by.
    rank, n_ranked : int
        Place of the candidate among all that may be proposed, 1 for the most similar, and how many these are.
    merged_percent : float
        Per cent of the intervals of both trains taken together that are within 2 ms.
    alone_percent : tuple of float
        The same of each train.
    amplitudes : tuple of float
        Amplitudes of the best cluster and the candidate.
    unit : str
        Unit of the amplitudes.
    distance_um : float
        Distance between the centres of mass of their amplitudes on the probe.
    channels : tuple of int
        Ids of their largest channels.
    has_features : bool
        Whether similarity and position could be computed.
    little_alike, much_alike : float
        Similarity below which two clusters are little alike, and from which they are much alike.
    """

    similarity: float
    rank: int
    n_ranked: int
    merged_percent: float
    alone_percent: tuple[float, float]
    amplitudes: tuple[float, float]
    unit: str
    distance_um: float
    channels: tuple[int, int]
    has_features: bool
    little_alike: float = 0.5
    much_alike: float = 0.9

    @property
    def keeps_refractory(self) -> bool:
        """Whether the merged train has few violations, or no larger share of them than one of the two has alone."""
        return self.merged_percent < TOO_MANY_PERCENT or self.merged_percent <= np.nanmax([0.0, *self.alone_percent])

    @property
    def apart_percent(self) -> float:
        """How far the smaller amplitude is below the larger one, in per cent of it."""
        small, large = sorted(self.amplitudes)
        return 100 * (1 - small / large) if large > 0 else math.nan

    @property
    def against(self) -> tuple[str, ...]:
        """Names of the reasons that speak against one neuron; what is not known doesn't speak."""
        speaks = {
            "similarity": self.similarity < self.little_alike,
            "refractory": not (math.isnan(self.merged_percent) or self.keeps_refractory),
            "amplitude": self.apart_percent > FAR_APART_PERCENT,
            "position": self.distance_um > FAR_APART_UM,
        }
        return tuple(name for name, is_against in speaks.items() if is_against)

    @property
    def strength(self) -> str:
        """How likely they are one neuron: `Likely`, `Plausible`, `Unlikely`, or `Open` where likeness is not known."""
        against = self.against
        if len(against) > 1 or {"similarity", "refractory"}.intersection(against):
            return "Unlikely"
        if math.isnan(self.similarity):
            return "Open"
        return "Likely" if self.similarity >= self.much_alike and not against else "Plausible"

    @property
    def verdict(self) -> str:
        """`Likely: nothing speaks against it`, `Plausible: amplitudes differ`, of one neuron."""
        against = self.against
        if against:
            what = ", ".join(DIFFERENCES[name] for name in against)
        elif self.strength == "Open":
            what = "how alike they are is not known"
        else:
            what = "nothing speaks against it"
        return f"{self.strength}: {what}"

    def as_rows(self) -> tuple[Reason, ...]:
        """Return the four reasons as values and plain words."""
        return (
            Reason("similarity", *self._similarity()),
            Reason("refractory", *self._refractory()),
            Reason("amplitude", *self._amplitude()),
            Reason("position", *self._position()),
        )

    def _similarity(self) -> tuple[str, str]:
        if math.isnan(self.similarity):
            return UNKNOWN, NEEDS_FEATURES
        return format_similarity(self.similarity), f"{_ordinal(self.rank)} of {format_number(self.n_ranked)}"

    def _refractory(self) -> tuple[str, str]:
        if math.isnan(self.merged_percent):
            return UNKNOWN, "too few spikes"
        value = "ok" if self.keeps_refractory else "violated"
        if self.merged_percent == 0:
            return value, "none within 2 ms"
        alone = " and ".join(format_number(share, 1) for share in self.alone_percent)
        return value, f"{format_number(self.merged_percent, 1)} % within 2 ms; alone {alone} %"

    def _amplitude(self) -> tuple[str, str]:
        if math.isnan(self.apart_percent):
            return UNKNOWN, "needs raw data"
        best, candidate = (format_number(amplitude) for amplitude in self.amplitudes)
        return f"{best} / {candidate} {self.unit}", f"{format_number(self.apart_percent)} % apart"

    def _position(self) -> tuple[str, str]:
        if not self.has_features:
            return UNKNOWN, NEEDS_FEATURES
        value = "unknown" if math.isnan(self.distance_um) else f"{format_number(self.distance_um)} µm"
        best, candidate = self.channels
        if -1 in self.channels:
            return value, "masked on all channels"
        if best == candidate:
            return value, f"same peak channel {best}"
        return value, f"peak channels {best} and {candidate}"


def compute_reasons(
    session: SessionLike,
    best: int,
    candidate: int,
    on_progress: OnProgress = no_progress,
    *,
    reads_features: bool,
    hidden: Container[int] = (),
) -> PairReasons:
    """Return what speaks for and against a merge of two clusters; reads up to 200 waveforms.

    What cannot be read is not known. Clusters that are `hidden` have no place among the candidates.

    Raises
    ------
    ClusteringError
        One of the clusters does not exist.
    """
    pair = (best, candidate)
    trains = [session.manager.spikes(cluster) for cluster in pair]
    merged = np.sort(np.concatenate(trains), kind="stable")
    merged_percent, *alone = (100 * refractory_share(session, spikes) for spikes in (merged, *trains))
    has_features = reads_features and session.sums is not None
    similarity, rank, n_ranked = _rank(session, best, candidate, hidden) if has_features else (math.nan, 0, 0)
    scale = session.similarities.ranked_by
    distance_um, channels = _positions(session, pair) if has_features else (math.nan, (-1, -1))
    try:
        amplitudes = compute_values(session, "amplitude", pair, on_progress)
    except MissingDataError:
        amplitudes = {}
    return PairReasons(
        similarity=similarity,
        rank=rank,
        n_ranked=n_ranked,
        merged_percent=merged_percent,
        alone_percent=(alone[0], alone[1]),
        amplitudes=(amplitudes.get(best, math.nan), amplitudes.get(candidate, math.nan)),
        unit=session.model.unit,
        distance_um=distance_um,
        channels=channels,
        has_features=has_features,
        little_alike=scale.little,
        much_alike=scale.much,
    )


def _rank(session: SessionLike, best: int, candidate: int, hidden: Container[int]) -> tuple[float, int, int]:
    """Return similarity and place of a candidate among all that may be proposed, and how many these are."""
    group_of = session.manager.group
    ranking = [
        (other, value)
        for other, value in session.similar_to(best)
        if other == candidate or (other not in hidden and group_of(other) not in HIDDEN_GROUPS)
    ]
    found = ((value, place) for place, (other, value) in enumerate(ranking, 1) if other == candidate)
    value, place = next(found, (math.nan, 0))
    return value, place, len(ranking)


def _positions(session: SessionLike, pair: tuple[int, int]) -> tuple[float, tuple[int, int]]:
    """Return the distance of two clusters in µm, and their largest channels."""
    assert session.sums is not None
    sums = session.sums.get(pair)
    probe = session.model.probe
    best, candidate = (sums[cluster].abs_sum for cluster in pair)
    channels = (_peak(probe.channel_ids, sums[pair[0]]), _peak(probe.channel_ids, sums[pair[1]]))
    if -1 in channels or not probe.knows_positions:
        return math.nan, channels
    centers = [weights @ probe.positions / weights.sum() for weights in (best, candidate)]
    return float(np.linalg.norm(centers[0] - centers[1])), channels


def _peak(channel_ids: npt.NDArray[np.int64], sums: ClusterSumsLike) -> int:
    own = channels_by(sums)
    return int(channel_ids[own[0]]) if len(own) else -1


def _ordinal(place: int) -> str:
    """Return `highest`, `2nd`, `3rd`, `11th`."""
    if place == 1:
        return "highest"
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{format_number(place)}{ending}"
