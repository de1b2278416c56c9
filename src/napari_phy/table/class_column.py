"""The column of automatic classes: noise, MUA, good, non-somatic, by rules on other columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.core.signals import signal
from napari_phy.stats.automatic_classes import CLASSES, DEFAULT_RULES, Rule, classify
from napari_phy.table.column import OWN_UNIT, Column
from napari_phy.table.session_like import SessionLike

Float64 = npt.NDArray[np.float64]

CLASS_KEY = "class"


class ClassRules:
    """The rules by which the clusters of a session are classed."""

    changed = signal()

    def __init__(self) -> None:
        self._rules: tuple[Rule, ...] = DEFAULT_RULES

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules with their thresholds."""
        return self._rules

    @rules.setter
    def rules(self, rules: Sequence[Rule]) -> None:
        if tuple(rules) != self._rules:
            self._rules = tuple(rules)
            self.changed.emit()


def rule_column(session: SessionLike, rule: Rule) -> Column | None:
    """Return the column of a rule's metric; None where the data set lacks it, or its voltages are not in µV."""
    from napari_phy.table.columns import column_named  # which has the column that is declared here

    column = column_named(rule.metric)
    if column is None or not column.is_in(session):
        return None
    return None if OWN_UNIT in column.unit and session.model.unit != OWN_UNIT else column


def usable_rules(session: SessionLike, rules: Sequence[Rule] = DEFAULT_RULES) -> tuple[Rule, ...]:
    """Return the rules with a threshold whose metric is known of a data set."""
    return tuple(
        rule for rule in rules if (rule.least, rule.most) != (None, None) and rule_column(session, rule) is not None
    )


def rule_values(
    session: SessionLike,
    clusters: Sequence[int],
    rules: Sequence[Rule] = DEFAULT_RULES,
    on_progress: OnProgress = no_progress,
) -> Mapping[str, Float64]:
    """Return {metric: (n_clusters,) its values} of the rules that can be used; nan where one is not known."""
    from napari_phy.table.cluster_table import compute_values  # which knows all columns

    found, used = {}, usable_rules(session, rules)
    for place, rule in enumerate(used):
        column = rule_column(session, rule)
        if column is not None:
            of_one = part_of(on_progress, place / len(used), (place + 1) / len(used))
            values = compute_values(session, column.key, clusters, of_one)
            found[rule.metric] = np.array([values.get(cluster, np.nan) for cluster in clusters], dtype=np.float64)
    return found


def _classes(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    rules = session.class_rules.rules
    values = rule_values(session, clusters, rules, on_progress)
    return classify(values, rules) if values else np.full(len(clusters), np.nan)


CLASS_COLUMN = Column(
    CLASS_KEY,
    "class",
    _classes,
    "Automatic class\nnoise, mua, good or non-somatic, by the thresholds of Classes",
    "automatic class",
    kind="lazy",
    in_background=True,
    is_usual=False,
    is_quantity=False,
    is_whole=True,
    width=84,
    small_width=76,
    keep=1,
    in_small=False,
    state=lambda session: session.class_rules.rules,
    uses_periods=True,
    categories=CLASSES,
)
