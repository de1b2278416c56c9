"""What a column of clusters is: one number of each, with its words, its unit and what it needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy.typing as npt

from napari_phy.core.progress import OnProgress
from napari_phy.table.numbers import UNKNOWN, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.table.value_range import ValueRange

Need = Literal["features", "positions", "waveforms", "traces", "similar templates"]
Compute = Callable[[SessionLike, Sequence[int], OnProgress], npt.ArrayLike]
State = Callable[[SessionLike], Hashable]

NEEDS: tuple[Need, ...] = ("features", "positions", "waveforms", "traces")
OWN_UNIT = "µV"  # stands for the unit of the data set's waveforms, which is "a.u." where the gain is unknown


@dataclass(frozen=True, slots=True, repr=False)
class Column:
    """One number that is known of each cluster.

    Attributes
    ----------
    key : str
        Its one name, in settings and scripts.
    title : str
        The word in the header of a list. Without a full stop at its end it is the word in filters, in the command
        `s` and in tables (`word`).
    compute : callable
        `compute(session, cluster_ids, on_progress)` returns (n,) numbers, nan where one is not known.
    tip : str
        The first line names it, with its unit; more of them explain it.
    name : str
        What menus and captions call it.
    axis : str
        The words along an axis, without the unit; "" where they are the name.
    unit : str
        "" for none; "µV", also before "/ms", stands for the unit of the data set's waveforms.
    decimals : int
        How many are shown.
    kind : {"plain", "additive", "lazy"}
        Known at once; made of sums that follow edits; or computed cluster by cluster, once for each.
    needs : tuple of str
        What a data set must have: "features", "positions", "waveforms", "traces".
    least_channels : int
        How many channels it must have.
    in_background : bool
        Whether lists compute it in the background.
    is_relative : bool
        Whether it depends on how the other spikes are divided into clusters, so that each edit may change it.
    state : callable, optional
        Returns what else the numbers depend on: those of each state are kept.
    uses_periods : bool
        Whether it can be that of the valid periods of a cluster only.
    is_usual : bool
        Whether lists show it before the user chooses columns.
    follows_time : bool
        Whether it is that of the spikes of the stretch of time that is looked at, not of whole clusters.
    is_quantity : bool
        Whether it can stand for size and colour; ids and channels cannot.
    is_whole : bool
        Whether its numbers are whole.
    is_lower_better : bool
        Whether small numbers speak for a cluster.
    is_log : bool
        Whether it may have a logarithmic axis.
    aliases : tuple of str
        Other names that filters, commands and settings understand.
    width, small_width : int
        In the large and in the small form of a list, in px.
    keep : int
        In a narrow list the column with the smallest number goes behind the others first.
    in_small, in_similar : bool
        Whether the small form and the list of similar clusters have it.
    warns_from : float
        From which value on it is in the colour of warnings.
    is_of_package : bool
        Whether `metric` declared it.
    categories : tuple of str
        The words that its numbers 0, 1, … stand for; () where they are numbers.
    """

    key: str
    title: str
    compute: Compute
    tip: str
    name: str
    unit: str = ""
    decimals: int = 0
    kind: Literal["plain", "additive", "lazy"] = "plain"
    needs: tuple[Need, ...] = ()
    least_channels: int = 0
    in_background: bool = False
    is_relative: bool = False
    state: State | None = None
    uses_periods: bool = False
    is_usual: bool = True
    follows_time: bool = False
    is_quantity: bool = True
    is_whole: bool = False
    is_lower_better: bool = False
    is_log: bool = False
    aliases: tuple[str, ...] = ()
    width: int = 60
    small_width: int = 54
    keep: int = 10
    axis: str = ""
    in_small: bool = True
    in_similar: bool = True
    warns_from: float = math.inf
    is_of_package: bool = False
    categories: tuple[str, ...] = ()

    def __repr__(self) -> str:
        summary = self.tip.partition("\n")[0]
        return f"<Column {self.key}: {summary[:1].lower() if summary[1:2].islower() else summary[:1]}{summary[1:]}>"

    @property
    def word(self) -> str:
        """How filters and commands name it."""
        word = self.title.removesuffix(".")
        return word if word.isidentifier() else self.key

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are understood."""
        return tuple(dict.fromkeys((self.key, self.word, *self.aliases, self.title)))

    def text(self, value: float) -> str:
        """Return a value as a list shows it: "7 444", "–"."""
        if self.categories:
            return self.categories[int(value)] if math.isfinite(value) else UNKNOWN
        if self.is_quantity:
            return format_number(value, self.decimals)
        return str(int(value)) if math.isfinite(value) else UNKNOWN

    def plain(self, value: float) -> float | str:
        """Return a value as a table has it: whole numbers as `int`, categories in words, "" where one is not known."""
        if self.categories:
            return self.categories[int(value)] if math.isfinite(value) else ""
        return int(value) if self.is_whole and math.isfinite(value) else value

    def unit_in(self, own_unit: str) -> str:
        """Return the unit in a data set whose waveforms have `own_unit`."""
        return self.unit.replace(OWN_UNIT, own_unit)

    def axis_title(self, own_unit: str) -> str:
        """Return the title of an axis: "rate (Hz)"."""
        title, unit = self.axis or self.name, self.unit_in(own_unit)
        return f"{title} ({unit})" if unit else title

    def value_words(self, value: float, own_unit: str) -> str:
        """Return "rate 4.3 Hz"."""
        return " ".join(filter(None, (self.name, format_number(value, self.decimals), self.unit_in(own_unit))))

    def range_labels(self, ends: ValueRange, own_unit: str) -> tuple[str, str]:
        """Return what the two ends of a ramp of colours stand for: "0.8" and "≥ 8.1 Hz"."""
        return ends.labels(self.unit_in(own_unit), self.decimals)

    def is_in(self, session: SessionLike) -> bool:
        """Return whether a data set has what it needs."""
        return has_needs(session, self.needs) and session.model.n_channels >= self.least_channels


def has_needs(session: SessionLike, needs: Sequence[Need]) -> bool:
    """Return whether a data set has all of some needs."""
    model = session.model
    has = {
        "features": session.sums is not None,
        "positions": model.probe.knows_positions,
        "waveforms": model.waveforms is not None,
        "traces": model.traces is not None,
        "similar templates": model.similar_templates is not None and model.spike_templates is not None,
    }
    return all(has[need] for need in needs)
