"""Noise, multi-unit activity, good and non-somatic units by thresholds on metrics, and which threshold decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Part = Literal["noise", "mua", "width", "ratio", "main peak"]

CLASSES = ("noise", "mua", "good", "non-somatic")
NOISE, MUA, GOOD, NON_SOMATIC = range(len(CLASSES))


@dataclass(frozen=True, slots=True)
class Rule:
    """The range that a metric has to be in.

    Attributes
    ----------
    metric : str
        Name of the metric, as SpikeInterface has it.
    part : {"noise", "mua", "width", "ratio", "main peak"}
        What a cluster outside the range may be: noise; multi-unit activity; or one of the signs of a non-somatic unit:
        narrow, with a large peak before the trough, or with a main peak that is large beside the trough.
    least, most : float or None
        Ends of the range, both in it; None for none.
    is_absolute : bool
        Whether the sign of the metric does not count.
    unknown_breaks : bool
        Whether a metric that is not known breaks it, as one that is only known of clusters that pass a test.
    """

    metric: str
    part: Part
    least: float | None = None
    most: float | None = None
    is_absolute: bool = False
    unknown_breaks: bool = False

    def is_broken(self, values: npt.ArrayLike) -> Bools:
        """Return where values are outside the range."""
        found = np.asarray(values, dtype=np.float64)
        found = np.abs(found) if self.is_absolute else found
        found = np.where(np.isnan(found), math.inf, found) if self.unknown_breaks else found
        low, high = -math.inf if self.least is None else self.least, math.inf if self.most is None else self.most
        return np.asarray((found < low) | (found > high))


DEFAULT_RULES: tuple[Rule, ...] = (
    Rule("num_positive_peaks", "noise", most=2),
    Rule("num_negative_peaks", "noise", most=1),
    Rule("peak_to_trough_duration", "noise", 0.1, 1.15),  # ms, as all durations here
    Rule("waveform_baseline_flatness", "noise", most=0.5),
    Rule("peak_after_to_trough_ratio", "noise", most=0.8),
    Rule("exp_decay", "noise", 0.01, 0.1),
    Rule("amplitude_median", "mua", 30, is_absolute=True),
    Rule("snr", "mua", 5),
    Rule("amplitude_cutoff", "mua", most=0.2),
    Rule("num_spikes", "mua", 300),
    Rule("sliding_rp_violation", "mua", most=0.1, unknown_breaks=True),
    Rule("rp_contamination", "mua"),
    Rule("presence_ratio", "mua", 0.7),
    Rule("drift_ptp", "mua", most=100),
    Rule("isolation_distance", "mua", 20),
    Rule("l_ratio", "mua", most=0.3),
    Rule("peak_before_width", "width", 0.15),
    Rule("trough_width", "width", 0.2),
    Rule("peak_before_to_trough_ratio", "ratio", most=3),
    Rule("peak_before_to_peak_after_ratio", "ratio", most=3),
    Rule("main_peak_to_trough_ratio", "main peak", most=0.8),
)


def classify(values: Mapping[str, npt.ArrayLike], rules: Sequence[Rule] = DEFAULT_RULES) -> npt.NDArray[np.int8]:
    """Return the class of each cluster.

    The rules are those of SpikeInterface's `bombcell_label_units`, after Fabre et al., Bombcell (2023): noise breaks a
    rule of noise, or a metric of one is not known; else a unit is non-somatic that keeps no rule of width and breaks
    one of ratio, or breaks that of the main peak; else multi-unit activity breaks a rule of its own, where a metric
    that is not known breaks none, but for that of the sliding test; the others are good.

    Parameters
    ----------
    values : mapping of str to array_like, shape (n,)
        Metrics by name; nan where one is not known. Rules whose metric is not there are left out.
    rules : sequence of Rule
        Thresholds; those of SpikeInterface by default. Its other choice for violations, `rp_contamination`, is off.

    Returns
    -------
    ndarray of int8, shape (n,)
        Places in `CLASSES`.
    """
    known = {name: np.asarray(of, dtype=np.float64) for name, of in values.items()}
    n = max((len(of) for of in known.values()), default=0)
    used = [rule for rule in rules if rule.metric in known and (rule.least, rule.most) != (None, None)]

    def some(part: Part, *, counts_unknown: bool = False) -> Bools:
        broken = np.zeros(n, dtype=np.bool_)
        for rule in (rule for rule in used if rule.part == part):
            broken |= rule.is_broken(known[rule.metric]) | (counts_unknown & np.isnan(known[rule.metric]))
        return broken

    widths = [rule for rule in used if rule.part == "width"]
    is_narrow = np.full(n, bool(widths))
    for rule in widths:
        is_narrow &= rule.is_broken(known[rule.metric]) | np.isnan(known[rule.metric])
    is_non_somatic = (is_narrow & some("ratio")) | some("main peak")
    found = np.where(some("mua"), MUA, GOOD)
    found = np.where(is_non_somatic, NON_SOMATIC, found)
    return np.where(some("noise", counts_unknown=True), NOISE, found).astype(np.int8)


def deciding_rules(values: Mapping[str, float], rules: Sequence[Rule] = DEFAULT_RULES) -> tuple[Rule, ...]:
    """Return the rules that decide the class of one cluster, those that it breaks; () for a good one.

    Parameters
    ----------
    values : mapping of str to float
        Its metrics by name; nan where one is not known.
    """
    found = int(classify({name: [value] for name, value in values.items()}, rules)[0]) if values else GOOD
    used = [rule for rule in rules if rule.metric in values and (rule.least, rule.most) != (None, None)]
    broken = [rule for rule in used if bool(rule.is_broken(values[rule.metric]))]
    unknown = [rule for rule in used if math.isnan(values[rule.metric])]
    if found == NOISE:
        return tuple(rule for rule in used if rule.part == "noise" and (rule in broken or rule in unknown))
    if found == MUA:
        return tuple(rule for rule in broken if rule.part == "mua")
    if found == NON_SOMATIC:
        main = tuple(rule for rule in broken if rule.part == "main peak")
        return main or tuple(rule for rule in broken if rule.part in ("width", "ratio"))
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class ClassAgreement:
    """How many clusters of each group are of each class.

    Attributes
    ----------
    groups : tuple of str
        Groups of the rows.
    counts : ndarray of int64, shape (n_groups, n_classes)
        Numbers of clusters, the classes in the order of `CLASSES`.
    """

    groups: tuple[str, ...]
    counts: npt.NDArray[np.int64]

    @property
    def n_decided(self) -> int:
        """Clusters whose group has the name of a class: those that can agree."""
        return int(sum(row.sum() for group, row in zip(self.groups, self.counts, strict=True) if group in CLASSES))

    @property
    def n_same(self) -> int:
        """Clusters whose group is their class."""
        pairs = zip(self.groups, self.counts, strict=True)
        return int(sum(row[CLASSES.index(group)] for group, row in pairs if group in CLASSES))


def class_agreement(groups: Sequence[str], classes: npt.ArrayLike, order: Sequence[str] = CLASSES) -> ClassAgreement:
    """Count clusters by group and class.

    Parameters
    ----------
    groups : sequence of str
        Group of each cluster.
    classes : array_like, shape (n,)
        Class of each cluster, places in `CLASSES`.
    order : sequence of str
        Groups that come first, as far as there are any; the others follow by name.
    """
    codes = np.asarray(classes, dtype=np.int64)
    names = (*(group for group in order if group in groups), *sorted(set(groups).difference(order)))
    rows = np.array([names.index(group) for group in groups], dtype=np.int64)
    counts = np.zeros((len(names), len(CLASSES)), dtype=np.int64)
    np.add.at(counts, (rows, codes), 1)
    return ClassAgreement(names, counts)
