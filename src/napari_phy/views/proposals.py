"""What may be done with clusters: groups of them to merge, clusters that may be noise, clusters to split, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.core.wizard import HIDDEN_GROUPS
from napari_phy.stats.automatic_classes import DEFAULT_RULES, Rule
from napari_phy.stats.refractory import REFRACTORY_MS
from napari_phy.table.class_column import rule_values, usable_rules
from napari_phy.table.numbers import format_number, format_similarity
from napari_phy.table.pair_evidence import PairEvidence, candidate_pairs, pair_evidence, parts_evidence
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import required
from napari_phy.views.classes import broken_words
from napari_phy.views.settings import Choice, Number, Switch, ViewSettings
from napari_phy.views.violations import MergedViolations, merged_violations
from napari_phy.views.wizard_review import cut_words

Kind = Literal["merge", "noise", "split"]
Shown = Literal["all", "merge", "noise", "split", "rejected"]
SHOWN = (("All", "all"), ("Merges", "merge"), ("Noise", "noise"), ("Splits", "split"), ("Rejected", "rejected"))
FindCut = Callable[[int], ClusterCut | None]
MayMerge = Callable[[int, int], bool]

NOISE = "noise"
LEAST_OF_OTHERS = 0.1  # score of two clusters in a group that were not joined by it
APART_IN_TIME = 0.25  # overlap in time below which that is said
OTHER_SIZE = 0.85  # ratio of sizes below which that is said
LEAST_BY_CHANCE = 1.0  # pairs, for their number to say anything
LITTLE = 0.5  # of log odds: less says nothing
AT_ONCE, SHARE_AT_ONCE, FEWEST_CHANNELS = (
    0.5,
    0.9,
    8,
)  # mean mask and share of channels of an artefact; on fewer none is told
DOUBT_AT_ONCE, DOUBT_OF_RULE = 0.1, 0.45  # what is left of the doubt that a cluster is noise


@dataclass(frozen=True, slots=True)
class Proposal:
    """One edit that is proposed.

    Attributes
    ----------
    kind : {"merge", "noise", "split"}
        What to do: join the clusters, move the cluster to noise, or cut it in two.
    clusters : tuple of int
        Ascending ids: two or more to merge, else one.
    score : float
        How sure it is, from 0 to 1.
    reasons : tuple of str
        Why, in a few words each, the strongest first.
    cut : ClusterCut or None
        Where a cluster is split.
    """

    kind: Kind
    clusters: tuple[int, ...]
    score: float
    reasons: tuple[str, ...] = ()
    cut: ClusterCut | None = None

    @property
    def key(self) -> tuple[Kind, tuple[int, ...]]:
        """What tells it from other proposals, however they are scored."""
        return self.kind, self.clusters

    @property
    def spikes(self) -> npt.NDArray[np.int64] | None:
        """(n,) ascending ids of the spikes that a split gives a cluster of their own; None of other kinds."""
        return None if self.cut is None else self.cut.spikes


@dataclass(frozen=True, slots=True)
class ProposalsSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    merges, noise, splits : bool
        Which kinds are proposed.
    least_score : float
        Least score of what is proposed, 0 to 1.
    least_spikes : int
        Least spikes of each cluster that is looked at.
    shown : str
        Which of them are listed: "all", those of one kind, or those that were "rejected" since opening.
    """

    view: ClassVar[str] = "Proposals"

    merges: Annotated[bool, Switch(title="Propose merges")] = True
    noise: Annotated[bool, Switch(title="Propose noise")] = True
    splits: Annotated[bool, Switch(title="Propose splits")] = True
    least_score: Annotated[
        float, Number(title="Least score", low=0, high=1, offered=(0.3, 0.5, 0.7, 0.9), tip="More are less sure.")
    ] = 0.5
    least_spikes: Annotated[
        int,
        Number(title="Least spikes of a cluster", low=2, high=1_000_000, offered=(10, 30, 100, 300), is_whole=True),
    ] = 30
    shown: Annotated[Shown, Choice(title="List", of=SHOWN, is_look=True, is_persistent=False)] = "all"


def compute_proposals(
    session: SessionLike,
    settings: ProposalsSettings,
    on_progress: OnProgress = no_progress,
    *,
    find_cut: FindCut | None = None,
    may_merge: MayMerge = lambda one, other: True,
    rules: Sequence[Rule] = DEFAULT_RULES,
) -> tuple[Proposal, ...]:
    """Return what is proposed, the surest first.

    Clusters in the groups noise, mua and discarded are left out: they were decided.

    Parameters
    ----------
    session : SessionLike
        The clustering, with the spikes of all times.
    settings : ProposalsSettings
        What is proposed.
    on_progress : OnProgress, default no_progress
        Hears how far it is; may raise CancelledError.
    find_cut : callable, optional
        Returns the cut of a cluster, or None; without it no splits are proposed.
    may_merge : callable, optional
        Returns whether two clusters may be one, as far as it was decided.
    rules : sequence of Rule
        Thresholds of noise.

    Raises
    ------
    MissingDataError
        There are no features.
    """
    required(session.model.features, session.model, "features")
    required(session.model.masks, session.model, "masks")
    every = session.manager.cluster_ids.tolist()
    groups = session.manager.groups_of(every)
    undecided = [
        one
        for one, group in zip(every, groups, strict=True)
        if group not in HIDDEN_GROUPS and session.manager.n_spikes(one) >= settings.least_spikes
    ]
    found: list[Proposal] = []
    if settings.merges:
        found += propose_merges(session, undecided, settings.least_score, part_of(on_progress, 0, 0.4), may_merge)
    if settings.noise:
        found += _propose_noise(session, undecided, rules, part_of(on_progress, 0.4, 0.7))
    if settings.splits and find_cut is not None:
        found += _propose_splits(session, undecided, find_cut, part_of(on_progress, 0.7, 1))
    sure = [one for one in found if one.score >= settings.least_score]
    return tuple(sorted(sure, key=lambda one: (-one.score, one.clusters)))


# ---- merges


def propose_merges(
    session: SessionLike,
    clusters: Sequence[int],
    least_score: float = 0.5,
    on_progress: OnProgress = no_progress,
    may_merge: MayMerge = lambda one, other: True,
) -> list[Proposal]:
    """Return groups of clusters that are one neuron each; no cluster is in two of them.

    Pairs are joined from the surest on, as long as no two clusters of a group speak against it.

    Parameters
    ----------
    clusters : sequence of int
        Ascending ids.
    least_score : float
        Score of pairs that are joined.
    on_progress : OnProgress, default no_progress
        Hears how far it is; may raise CancelledError.
    may_merge : callable, optional
        Returns whether two clusters may be one, as far as it was decided.
    """
    candidates = candidate_pairs(session, clusters, part_of(on_progress, 0, 0.5))
    pairs = [pair for pair in candidates if may_merge(*pair)]
    evidence = {one.clusters: one for one in pair_evidence(session, pairs, part_of(on_progress, 0.5, 1))}
    group_of: dict[int, frozenset[int]] = {}
    joined: dict[frozenset[int], list[PairEvidence]] = {}
    for one in sorted(evidence.values(), key=lambda one: (-one.score, one.clusters)):
        if one.score < least_score:
            break
        first, second = (group_of.get(cluster, frozenset({cluster})) for cluster in one.clusters)
        if first == second or not _agree(first, second, evidence):
            continue
        group = first | second
        joined[group] = [one, *joined.pop(first, []), *joined.pop(second, [])]
        group_of.update(dict.fromkeys(group, group))
    return [_merge(session, tuple(sorted(group)), links) for group, links in joined.items()]


def _agree(one: frozenset[int], other: frozenset[int], evidence: Mapping[tuple[int, int], PairEvidence]) -> bool:
    """Return whether no two clusters of two groups speak against one neuron; those that are little alike do."""
    pairs = [(min(a, b), max(a, b)) for a in one for b in other]
    return all(pair in evidence and evidence[pair].score >= LEAST_OF_OTHERS for pair in pairs)


def _merge(session: SessionLike, clusters: tuple[int, ...], links: Sequence[PairEvidence]) -> Proposal:
    weakest = min(links, key=lambda link: link.score)
    return Proposal("merge", clusters, weakest.score, _merge_reasons(session, clusters, weakest))


def _merge_reasons(session: SessionLike, clusters: tuple[int, ...], weakest: PairEvidence) -> tuple[str, ...]:
    """Return why clusters are one neuron, by the pair that is the least sure and by all their spikes together."""
    shape, time = weakest.shape, weakest.time
    found = merged_violations(session, [session.manager.spikes(cluster) for cluster in clusters], REFRACTORY_MS)
    after, before = (format_number(one, 1) for one in (found.together_percent, found.apart_percent))
    reasons = [f"shapes {format_similarity(shape.cosine)} alike", f"{after} % violations after, {before} % before"]
    if found.by_chance >= LEAST_BY_CHANCE:
        reasons.append(_chance_words(found, "new"))
    if time.overlap < APART_IN_TIME:
        reasons.append("active at different times")
    ratio = min(shape.size_ratio, 1 / shape.size_ratio) if shape.size_ratio > 0 else 0.0
    if ratio < OTHER_SIZE:
        reasons.append(f"same shape at {format_number(100 * ratio)} % of the size")
    if weakest.terms["gap"] > -LITTLE and shape.gap >= 0:
        reasons.append("no gap between their spikes")
    return tuple(reasons)


def _chance_words(found: MergedViolations, what: str) -> str:
    """Return `0 new within 2 ms, about 4 by chance`."""
    n = format_number(max(found.n_between, 0))
    return f"{n} {what} within {found.refractory_ms:g} ms, {found.chance_words} by chance"


# ---- noise


def _propose_noise(
    session: SessionLike, clusters: Sequence[int], rules: Sequence[Rule], on_progress: OnProgress
) -> list[Proposal]:
    """Return the clusters that break a rule of noise, or are on all channels at once."""
    assert session.sums is not None
    used = [rule for rule in usable_rules(session, rules) if rule.part == "noise"]
    values = rule_values(session, clusters, used, on_progress) if clusters else {}
    sums = session.sums.get(clusters)
    found = []
    for place, cluster in enumerate(clusters):
        reasons = []
        doubt = 1.0
        n_at_once = int((sums[cluster].mask_sum >= AT_ONCE * max(sums[cluster].n_spikes, 1)).sum())
        n_channels = session.model.n_channels
        if n_channels >= FEWEST_CHANNELS and n_at_once >= SHARE_AT_ONCE * n_channels:
            reasons.append(f"on {n_at_once} of {n_channels} channels at once")
            doubt *= DOUBT_AT_ONCE
        for rule in used:
            value = float(values[rule.metric][place])
            if bool(rule.is_broken(value)):
                reasons.append(broken_words(session, rule, value))
                doubt *= DOUBT_OF_RULE
        if reasons:
            found.append(Proposal("noise", (cluster,), 1 - doubt, tuple(reasons)))
    return found


# ---- splits


def _propose_splits(
    session: SessionLike, clusters: Sequence[int], find_cut: FindCut, on_progress: OnProgress
) -> list[Proposal]:
    """Return the clusters with two clouds of spikes that would not be proposed to be merged."""
    found = []
    for done, cluster in enumerate(clusters):
        on_progress(done / len(clusters))
        cut = find_cut(cluster)
        if cut is None:
            continue
        rest = np.setdiff1d(session.manager.spikes(cluster), cut.spikes, assume_unique=True)
        evidence = parts_evidence(session.model, cluster, cut.spikes, rest)
        reasons = [
            f"{cut_words(cut)[:1].lower()}{cut_words(cut)[1:]}",
            f"{format_number(cut.separation, 1)} standard deviations apart",
            f"shapes {format_similarity(evidence.shape.cosine)} alike",
        ]
        if evidence.terms["refractory"] < -LITTLE:
            violations = merged_violations(session, [cut.spikes, rest], REFRACTORY_MS)
            reasons.append(_chance_words(violations, "fewer"))
        found.append(Proposal("split", (cluster,), 1 - evidence.score, tuple(reasons), cut))
    return found
