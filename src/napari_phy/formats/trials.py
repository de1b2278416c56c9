"""Tables of trials: `events.tsv` of BIDS and other text tables with a time in each row, in; `events.tsv` out."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.epoch_list import Epoch
from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import cause_of, on_one_line
from napari_phy.files.exports import write_picture

Float64 = npt.NDArray[np.float64]

_ONSETS = ("onset", "onset_s", "start", "start_s", "start_time", "time", "time_s")
_DURATIONS = ("duration", "duration_s")
_STOPS = ("stop", "stop_s", "stop_time", "end", "end_s", "end_time")
_TYPES = ("trial_type", "event_type")
_MISSING = ("", "n/a", "na", "nan")
_MOST_BYTES, _MOST_COLUMNS = 200_000_000, 500
_N_NAMED = 3


@dataclass(frozen=True, slots=True, eq=False)
class TrialTable:
    """Trials of a text file, in its order.

    Attributes
    ----------
    name : str
        Name of the file without its suffix.
    onset_s, duration_s : ndarray of float64, shape (n_trials,)
        Seconds; NaN for a duration that is not known.
    trial_type : ndarray of str, shape (n_trials,), or None
        What each is, "" where that is missing; None without such a column.
    columns : mapping of str to ndarray
        {name: (n_trials,) values} of all columns but the onset: numbers, NaN where one is missing, or text.
    problems : tuple of str
        A sentence for rows that were left out, and for durations that are not used.
    """

    name: str
    onset_s: Float64
    duration_s: Float64
    trial_type: npt.NDArray[np.str_] | None
    columns: Mapping[str, npt.NDArray[Any]]
    problems: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.onset_s)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Sequence[str]


def read_trials(path: str | Path) -> TrialTable:
    """Read a table of trials: with tabs between its cells, or commas or semicolons in a `.csv`.

    The first line has the names of the columns. One of them is the onset of each trial in seconds: `onset`,
    `start_time` or `time`. `duration` (or `stop_time`) and `trial_type` are known by these names; all others are kept
    as they are. `n/a` and empty cells are values that are missing. Rows that cannot be used are left out.

    Raises
    ------
    TimelineError
        The file cannot be read, or is no table of trials.
    """
    path = Path(path)
    names, rows, decimal = _read_rows(path)
    onset = next((names.index(name) for name in _ONSETS if name in names), None)
    if onset is None:
        there = ", ".join(on_one_line(name) for name in names if name) or "blank"
        raise TimelineError(
            f"{path.name} has no column onset with the time of each trial in seconds. Its columns are {there}."
        )
    whole = [row for row in rows if len(row.cells) == len(names)]
    times = [_number(row.cells[onset], decimal) for row in whole]
    timed = [row for row, time in zip(whole, times, strict=True) if math.isfinite(time)]
    if not timed:
        raise TimelineError(f"{path.name} has no row with a number as {on_one_line(names[onset])}.")
    onset_s = np.array([time for time in times if math.isfinite(time)], dtype=np.float64)
    columns = {
        name: _values([row.cells[place] for row in timed], decimal)
        for place, name in enumerate(names)
        if name and place != onset
    }
    duration_s = _durations(columns, onset_s)
    is_below = duration_s < 0
    duration_s[is_below] = np.nan
    problems = [
        *_sentence(path, rows, whole, f"{len(names)} cells"),
        *_sentence(path, whole, timed, f"a number as {on_one_line(names[onset])}"),
        *([f"{path.name}: {is_below.sum()} durations are below 0 and not used."] if is_below.any() else []),
    ]
    of_type = next((columns[name] for name in _TYPES if name in columns), None)
    return TrialTable(
        path.stem,
        read_only(onset_s),
        read_only(duration_s),
        None if of_type is None else read_only(np.array([_text(value) for value in of_type.tolist()], dtype=np.str_)),
        MappingProxyType({name: read_only(values) for name, values in columns.items()}),
        tuple(problems),
    )


def write_events(path: str | Path, epochs: Iterable[Epoch]) -> None:
    """Write epochs as `events.tsv` of BIDS: onset and duration in seconds, and the name as `trial_type`.

    Raises
    ------
    SaveError
        It could not be written; what was there is there still.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(["onset", "duration", "trial_type"])
    for epoch in sorted(epochs):
        name = " ".join(epoch.name.split()) or "n/a"
        writer.writerow([_seconds(epoch.start_s), _seconds(epoch.stop_s - epoch.start_s), name])
    write_picture(Path(path), text.getvalue().encode("utf-8"))


def _read_rows(path: Path) -> tuple[list[str], list[_Row], str]:
    """Return the names of the columns, all rows that are not blank, and what stands before decimals."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise TimelineError(f"{path.name} is too long for a table of trials: more than {_MOST_BYTES // 10**6} MB.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TimelineError(f"{path.name} cannot be read: {cause_of(error)}.") from error
    except UnicodeDecodeError as error:
        raise TimelineError(f"{path.name} is no text in UTF-8; save the table as UTF-8.") from error
    delimiter = _delimiter(path, text.partition("\n")[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [_Row(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise TimelineError(f"{path.name}: line {reader.line_num} cannot be read ({error}).") from error
    rows = [row for row in rows if any(row.cells)]
    if not rows:
        raise TimelineError(f"{path.name} is empty: its first line is to name the columns, one of them onset.")
    names = [name if name in _MISSING else name.lstrip("#").strip() for name in rows[0].cells]
    if len(names) > _MOST_COLUMNS:
        raise TimelineError(f"{path.name} has {len(names)} columns; a table of trials has at most {_MOST_COLUMNS}.")
    twice = next((name for place, name in enumerate(names) if name and name in names[:place]), None)
    if twice is not None:
        raise TimelineError(f"{path.name} has two columns {on_one_line(twice)}; rename one of them.")
    return names, rows[1:], "," if delimiter == ";" else "."


def _delimiter(path: Path, head: str) -> str:
    """Return what separates the cells: tabs where there are any, else what is more frequent in the first line."""
    if "\t" in head or path.suffix.lower() == ".tsv":
        return "\t"
    return ";" if head.count(";") > head.count(",") else ","


def _number(cell: str, decimal: str) -> float:
    """Return the number of a cell, NaN where it is none."""
    if "_" in cell:  # which Python takes for a number
        return math.nan
    try:
        return float(cell.replace(decimal, ".") if decimal != "." else cell)
    except ValueError:
        return math.nan


def _values(cells: Sequence[str], decimal: str) -> npt.NDArray[Any]:
    """Return a column as numbers, NaN where one is missing, or as text where a cell is anything else."""
    numbers = np.array([_number(cell, decimal) for cell in cells], dtype=np.float64)
    is_missing = np.array([cell.lower() in _MISSING for cell in cells], dtype=np.bool_)
    if np.isfinite(numbers[~is_missing]).all() and not is_missing.all():
        return numbers
    return np.array(["" if missing else cell for cell, missing in zip(cells, is_missing, strict=True)], dtype=np.str_)


def _durations(columns: Mapping[str, npt.NDArray[Any]], onset_s: Float64) -> Float64:
    """Return how long each trial lasts, NaN where that is not known."""
    for names, origin in ((_DURATIONS, 0.0), (_STOPS, onset_s)):
        found = next((columns[name] for name in names if name in columns), None)
        if found is not None and found.dtype.kind == "f":
            return np.asarray(found - origin, dtype=np.float64)
    return np.full(len(onset_s), np.nan)


def _sentence(path: Path, rows: Sequence[_Row], used: Sequence[_Row], what: str) -> list[str]:
    """Return the sentence on rows that lack something, [] where none does."""
    of_used = {row.line for row in used}
    lines = [row.line for row in rows if row.line not in of_used]
    if not lines:
        return []
    named = ", ".join(map(str, lines[:_N_NAMED])) + (", …" if len(lines) > _N_NAMED else "")
    if len(lines) == 1:
        return [f"{path.name}: line {named} is left out; it does not have {what}."]
    return [f"{path.name}: {len(lines)} lines are left out, {named}; they do not have {what}."]


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:g}"
    return str(value)


def _seconds(seconds: float) -> str:
    """Return seconds to the nanosecond, without zeros at the end."""
    return f"{seconds:.9f}".rstrip("0").rstrip(".")
