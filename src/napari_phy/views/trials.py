"""Moments that spikes are aligned to, with what is known of each: events, lines of digital inputs, epochs, trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.epoch_list import Epoch
from napari_phy.core.errors import TimelineError
from napari_phy.core.event_times import EventTimes, ttl_lines
from napari_phy.formats.trials import TrialTable

DURATION = "duration"  # the column of trials made of epochs
MOST_GROUPS = 24

Columns = Mapping[str, npt.NDArray[Any]]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Moments of one kind, ascending; two are equal where all that they hold is.

    Attributes
    ----------
    name : str
        What they are called.
    samples : ndarray of int64, shape (n_trials,)
        On the joined time line.
    columns : mapping of str to ndarray
        {name: (n_trials,) what is known of each}: numbers or text.
    """

    name: str
    samples: Int64
    columns: Columns = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.samples)

    def where(self, rows: npt.NDArray[Any], name: str) -> Trials:
        """Return some of the trials, in the order of time, under another name."""
        columns = {column: read_only(values[rows]) for column, values in self.columns.items()}
        return Trials(name, read_only(self.samples[rows]), MappingProxyType(columns))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Trials) or (self.name, list(self.columns)) != (other.name, list(other.columns)):
            return False
        return np.array_equal(self.samples, other.samples) and all(
            _same(values, other.columns[name]) for name, values in self.columns.items()
        )

    def __hash__(self) -> int:
        return hash((self.name, self.samples.tobytes()))


@dataclass(frozen=True, slots=True, eq=False)
class TrialGroup:
    """Trials that share a value of a column.

    Attributes
    ----------
    value : str
        Column and value: `contrast 0.5`; "" for all trials.
    rows : ndarray of int64, shape (n_trials,)
        Which of the trials, in the order in which they are shown.
    """

    value: str
    rows: Int64


def make_trials(name: str, samples: npt.ArrayLike, columns: Columns | None = None) -> Trials:
    """Return moments in the order of time.

    Parameters
    ----------
    name : str
        What they are called.
    samples : array_like of int
        On the joined time line, in any order.
    columns : mapping of str to ndarray, optional
        {name: a value for each}.

    Raises
    ------
    TimelineError
        There are not as many values as moments.
    """
    moments = np.asarray(samples, dtype=np.int64)
    order = np.argsort(moments, kind="stable")
    found = {}
    for column, values in (columns or {}).items():
        if len(values) != len(moments):
            raise TimelineError(f"{name} has {len(moments)} trials, but {len(values)} values of {column}.")
        found[column] = read_only(np.asarray(values)[order])
    return Trials(name, read_only(moments[order]), MappingProxyType(found))


def trials_of_times(name: str, times_s: npt.ArrayLike, sample_rate: float, columns: Columns | None = None) -> Trials:
    """Return moments in seconds as trials.

    Raises
    ------
    TimelineError
        A time is no finite number, or there are not as many values as times.
    """
    times = np.asarray(times_s, dtype=np.float64)
    if times.ndim != 1 or not np.isfinite(times).all():
        raise TimelineError(f"The times of {name} are to be finite numbers of seconds, in one row.")
    return make_trials(name, np.rint(times * sample_rate), columns)


def trials_of_events(events: EventTimes) -> Trials:
    """Return events of the file as trials; what the file says of each is a column."""
    return make_trials(events.name, events.samples, events.values)


def trials_of_epochs(name: str, epochs: Iterable[Epoch], sample_rate: float) -> Trials:
    """Return the starts of epochs as trials, with their duration in seconds as a column."""
    some = list(epochs)
    lengths = np.array([epoch.stop_s - epoch.start_s for epoch in some], dtype=np.float64)
    return trials_of_times(name, [epoch.start_s for epoch in some], sample_rate, {DURATION: lengths})


def trials_of_file(events: Mapping[str, EventTimes]) -> dict[str, Trials]:
    """Return {name: trials} of all kinds of events, and of each line of a digital input."""
    found = {name: trials_of_events(kind) for name, kind in events.items()}
    for kind in events.values():
        for name, line in ttl_lines(kind).items():
            found.setdefault(name, trials_of_events(line))
    return found


def epochs_of_trials(trials: Trials, sample_rate: float) -> tuple[Epoch, ...]:
    """Return the trials that last as epochs, those without a duration left out."""
    lengths = trials.columns.get(DURATION, np.empty(0))
    if lengths.dtype.kind not in "fiu":
        return ()
    times_s = (trials.samples / sample_rate).tolist()
    lasting = zip(times_s, lengths.astype(np.float64).tolist(), strict=False)
    return tuple(Epoch(start, start + length, trials.name) for start, length in lasting if 0 < length < np.inf)


def trials_of_table(table: TrialTable, sample_rate: float) -> tuple[Trials, ...]:
    """Return all trials of a table under its name, then those of each type where it has several."""
    whole = trials_of_times(table.name, table.onset_s, sample_rate, {**table.columns, DURATION: table.duration_s})
    types = np.unique(table.trial_type[table.trial_type != ""]).tolist() if table.trial_type is not None else []
    if len(types) < 2 or table.trial_type is None:
        return (whole,)
    order = np.argsort(np.rint(table.onset_s * sample_rate), kind="stable")
    of_type = table.trial_type[order]
    parts = [(name, np.flatnonzero(of_type == name)) for name in types[:MOST_GROUPS]]
    return (whole, *(whole.where(rows, name) for name, rows in parts))


def group_trials(trials: Trials, group_by: str = "", sort_by: str = "") -> tuple[TrialGroup, ...]:
    """Return the trials by the value of a column, each group sorted by another, then by time.

    Parameters
    ----------
    trials : Trials
        The trials.
    group_by : str, default ''
        A column of which each value has a group; "", or a column that is not there, gives one group.
    sort_by : str, default ''
        A column that ascends within each group; "", or a column that is not there, leaves the order of time.

    Raises
    ------
    TimelineError
        The column has too many values to be groups.
    """
    order = np.arange(len(trials))
    if sort_by in trials.columns:
        order = np.argsort(trials.columns[sort_by], kind="stable")
    if group_by not in trials.columns:
        return (TrialGroup("", read_only(order)),)
    of = trials.columns[group_by][order]
    values = np.unique(of, equal_nan=True) if of.dtype.kind in "fc" else np.unique(of)
    if len(values) > MOST_GROUPS:
        raise TimelineError(
            f"{group_by} of {trials.name} has {len(values)} values; group by a column of at most {MOST_GROUPS}, "
            "and sort by this one."
        )
    return tuple(TrialGroup(f"{group_by} {_text(value)}", read_only(order[_is(of, value)])) for value in values)


def common_columns(trials: Iterable[Trials], *, groups: bool = False) -> tuple[str, ...]:
    """Return the columns that any of several kinds of trials has, in their order; only those that can group trials."""
    names = [
        column
        for one in trials
        for column, values in one.columns.items()
        if not groups or 1 < len(np.unique(values, equal_nan=values.dtype.kind == "f")) <= MOST_GROUPS
    ]
    return tuple(dict.fromkeys(names))


def _same(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    is_number = one.dtype.kind == other.dtype.kind == "f"
    return np.array_equal(one, other, equal_nan=True) if is_number else np.array_equal(one, other)


def _is(values: npt.NDArray[Any], value: Any) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isnan(values) if value != value else values == value)


def _text(value: Any) -> str:
    if value != value or value == "":
        return "n/a"
    return f"{value:g}" if isinstance(value, np.floating) else str(value)
