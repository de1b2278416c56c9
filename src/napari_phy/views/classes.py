"""Automatic classes beside the person's groups: how far they agree, which threshold decides, and what would move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.sentences import listed
from napari_phy.core.time_cursor import spans_of
from napari_phy.stats.automatic_classes import (
    CLASSES,
    ClassAgreement,
    Rule,
    class_agreement,
    classify,
    deciding_rules,
)
from napari_phy.stats.contamination import can_rule_out
from napari_phy.table.class_column import CLASS_KEY, rule_column, rule_values, usable_rules
from napari_phy.table.cluster_table import HIDDEN_GROUP, compute_cluster_table, compute_values
from napari_phy.table.columns import column_named
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import SessionLike

UNDECIDED = "unsorted"
CLASS_UNKNOWN = "not classed yet: open Classes, or show the column class"
GROUP_ORDER = ("good", "mua", "noise", "non-somatic", UNDECIDED)


@dataclass(frozen=True, slots=True)
class ClassesRequest:
    """The clusters to be classed, and by which rules."""

    clusters: tuple[int, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ClassesData:
    """What is shown.

    Attributes
    ----------
    request : ClassesRequest
        What was asked for.
    classes : mapping of int to str
        {cluster: its class}; empty where no metric is known.
    reasons : mapping of int to str
        {cluster: which threshold decides}.
    left_out : tuple of str
        Names of the metrics whose rules cannot be used with this data set.
    """

    request: ClassesRequest
    classes: Mapping[int, str]
    reasons: Mapping[int, str]
    left_out: tuple[str, ...]


def compute_classes(
    session: SessionLike, request: ClassesRequest, on_progress: OnProgress = no_progress
) -> ClassesData:
    """Compute the metrics that rules need, and class clusters by them.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    values = rule_values(session.whole, request.clusters, request.rules, on_progress)
    codes = classify(values, request.rules) if values else np.empty(0, dtype=np.int8)
    compute_values(session, CLASS_KEY, request.clusters)  # so that lists have them, too
    classes, reasons = {}, {}
    for place, (cluster, code) in enumerate(zip(request.clusters, codes.tolist(), strict=False)):
        own = {metric: float(of[place]) for metric, of in values.items()}
        classes[cluster] = CLASSES[code]
        reasons[cluster] = reason_words(session, own, request.rules, session.manager.n_spikes(cluster))
    return ClassesData(
        request, MappingProxyType(classes), MappingProxyType(reasons), left_out_metrics(session, request.rules)
    )


def known_reason(session: SessionLike, cluster: int, rules: Sequence[Rule]) -> str:
    """Return which threshold decides the class of a cluster by what was computed before; "" while it was not."""
    whole, used = session.whole, usable_rules(session, rules)
    columns = {rule.metric: column for rule in used if (column := rule_column(session, rule)) is not None}
    keys = [CLASS_KEY, *(column.key for column in columns.values())]
    table = compute_cluster_table(whole, [cluster], keys, reads="nothing")
    if not columns or not np.isfinite(table[CLASS_KEY][0]):
        return ""
    values = {metric: float(table[of.key][0]) for metric, of in columns.items()}
    return reason_words(session, values, rules, session.manager.n_spikes(cluster))


def reason_words(
    session: SessionLike, values: Mapping[str, float], rules: Sequence[Rule], n_spikes: int | None = None
) -> str:
    """Return `mua: signal to noise 3.2 is below 5` or `good: it keeps all 12 thresholds`.

    Parameters
    ----------
    values : mapping of str to float
        Metrics of one cluster by name.
    n_spikes : int, optional
        How many spikes it has, to tell whether they are too few to rule contamination out.
    """
    name = CLASSES[int(classify({metric: [value] for metric, value in values.items()}, rules)[0])]
    deciding = deciding_rules(values, rules)
    if not deciding:
        n_rules = sum(rule.metric in values for rule in rules)
        return f"{name}: it keeps all {n_rules} thresholds"
    return f"{name}: {listed([broken_words(session, rule, values[rule.metric], n_spikes) for rule in deciding], 8)}"


def broken_words(session: SessionLike, rule: Rule, value: float, n_spikes: int | None = None) -> str:
    """Return which threshold a value breaks: `signal to noise 3.2 is below 5`."""
    is_sliding, most = rule.metric == "sliding_rp_violation", rule.most
    if is_sliding and most is not None and n_spikes is not None and not can_rule_out(most, n_spikes, _used_s(session)):
        found = "" if np.isnan(value) else f" ({format_number(value, 3)} > {most:g})"
        return f"too few spikes to rule contamination out{found}"
    column = rule_column(session, rule)
    words, unit = (rule.metric, "") if column is None else (column.name, column.unit_in(session.model.unit))
    if np.isnan(value):
        return f"{words} is not known"
    size = abs(value) if rule.is_absolute else value
    is_low = rule.least is not None and size < rule.least
    end = rule.least if is_low else rule.most
    number = format_number(size, 0 if column is None or column.is_whole else max(column.decimals, _decimals(size, end)))
    return f"{words} {number} is {'below' if is_low else 'above'} {end:g} {unit}".rstrip()


def _used_s(session: SessionLike) -> float:
    """Return the seconds of all times, those of metrics."""
    return sum(stop_s - start_s for start_s, stop_s in spans_of(session.whole.range_s))


def _decimals(value: float, end: float | None) -> int:
    """Return how many decimals tell a value from a threshold."""
    for decimals in range(6):
        if end is not None and round(value, decimals) != round(end, decimals):
            return decimals
    return 6


def left_out_metrics(session: SessionLike, rules: Sequence[Rule]) -> tuple[str, ...]:
    """Return the names of metrics whose rules have thresholds but cannot be used with a data set."""
    used = usable_rules(session, rules)
    left_out = [rule.metric for rule in rules if (rule.least, rule.most) != (None, None) and rule not in used]
    columns = [(metric, column_named(metric)) for metric in left_out]
    return tuple(metric if column is None else column.name for metric, column in columns)


def left_out_words(left_out: Sequence[str]) -> str:
    """Return `Left out, as they are not known: exp_decay and drift_ptp.`, "" for nothing."""
    return f"Left out, as they are not known: {listed(left_out)}." if left_out else ""


def agreement_of(data: ClassesData, groups: Mapping[int, str]) -> ClassAgreement:
    """Return how many clusters of each group are of each class."""
    known = [cluster for cluster in data.classes if groups.get(cluster, HIDDEN_GROUP) != HIDDEN_GROUP]
    codes = [CLASSES.index(data.classes[cluster]) for cluster in known]
    return class_agreement([groups[cluster] for cluster in known], codes, GROUP_ORDER)


def agreement_words(agreement: ClassAgreement) -> str:
    """Return `18 of 22 decided clusters are in the group of their class`."""
    if not agreement.n_decided:
        return "No cluster has been moved to good, mua or noise yet"
    n = format_count(agreement.n_decided, "decided cluster")
    return f"{format_number(agreement.n_same)} of {n} in the group of their class"


def moves_by_class(
    data: ClassesData, groups: Mapping[int, str], names: Sequence[str] = CLASSES, *, with_decided: bool = False
) -> dict[int, str]:
    """Return {cluster: the group of its class} of the clusters that would move.

    Parameters
    ----------
    groups : mapping of int to str
        The group of each cluster.
    names : sequence of str
        The classes that move clusters.
    with_decided : bool
        Whether clusters move that are in another group than "unsorted".
    """
    return {
        cluster: name
        for cluster, name in data.classes.items()
        if name in names
        and groups.get(cluster, HIDDEN_GROUP) not in (name, HIDDEN_GROUP)
        and (with_decided or groups[cluster] == UNDECIDED)
    }


def moves_words(moves: Mapping[int, str], groups: Mapping[int, str]) -> str:
    """Return `12 clusters move: 5 to good, 4 to mua and 3 to noise.`, and how many leave a group."""
    if not moves:
        return "No cluster would move."
    counts = Counter(moves.values())
    words = listed(f"{counts[name]} to {name}" for name in CLASSES if counts[name])
    n_decided = sum(groups[cluster] != UNDECIDED for cluster in moves)
    more = f" {format_number(n_decided)} of them leave the group that you gave them." if n_decided else ""
    verb = "moves" if len(moves) == 1 else "move"
    return f"{format_count(len(moves), 'cluster')} {verb}: {words}.{more}"
