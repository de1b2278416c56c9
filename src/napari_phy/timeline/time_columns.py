"""Times from a column of a text table or of a NumPy file."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import cause_of, on_one_line
from napari_phy.table.numbers import format_count, format_number
from napari_phy.timeline.time_base import TimeBase
from napari_phy.timeline.units import TimeUnit, to_seconds

Float64 = npt.NDArray[np.float64]

SUFFIXES = (".csv", ".tsv", ".txt", ".npy")
_MOST_BYTES, _MOST_COLUMNS = 500_000_000, 1000
_MOST_TIMES = 10**8


@dataclass(frozen=True, slots=True, eq=False)
class TimeColumns:
    """Columns of numbers of a file.

    Attributes
    ----------
    name : str
        Name of the file.
    columns : dict of str to ndarray
        {name: (n,) numbers}, of the columns that hold ascending or any other numbers throughout.
    faults : dict of str to str
        {name: a sentence}, of columns that seem to be times, but in one row are no number.
    rows : sequence of int
        What a text editor, or NumPy, numbers each row.
    row : str
        What such a row is: "line" or "row".
    """

    name: str
    columns: dict[str, Float64]
    faults: dict[str, str] = field(default_factory=dict)
    rows: Sequence[int] = ()
    row: str = "row"

    def times_s(self, column: str | None = None, unit: TimeUnit = "s", sample_rate: float | None = None) -> Float64:
        """Return a column in seconds.

        Parameters
        ----------
        column : str, optional
            Its name; None: the only one, or the first whose name tells of time, else the first that ascends.
        unit : str, default "s"
            "s", "ms", "us" or "samples" of the session's clock.
        sample_rate : float, optional
            Samples per second, for "samples".

        Raises
        ------
        TimelineError
            There is no such column, it has a row that is no time, or the unit is not known.
        """
        name = self._usual() if column is None else column
        if name in self.faults:
            raise TimelineError(self.faults[name])
        if name not in self.columns:
            there = ", ".join(on_one_line(one) for one in self.columns)
            raise TimelineError(f"{self.name} has no column {on_one_line(name)} of numbers. There are {there}.")
        return np.asarray(to_seconds(self.columns[name], unit, sample_rate), dtype=np.float64)

    def clock(
        self, n_frames: int, column: str | None = None, unit: TimeUnit = "s", sample_rate: float | None = None
    ) -> TimeBase:
        """Return the clock of frames, each of which has its time in a column; parameters are those of `times_s`.

        Raises
        ------
        TimelineError
            There are more or fewer times than frames, they do not ascend, or `times_s` says so.
        """
        times_s = self.times_s(column, unit, sample_rate)
        name = self._usual() if column is None else column
        label = self.name if len(self.columns) == 1 else f"{self.name}, {on_one_line(name)}"
        if len(times_s) != n_frames:
            raise TimelineError(
                f"{label} has {format_count(len(times_s), 'time')}, the stack {format_count(n_frames, 'frame')}: each "
                f"frame needs one. Take them as pulses, or choose another column or file."
            )
        back = np.flatnonzero(np.diff(times_s) <= 0)
        if len(back):
            here = int(back[0]) + 1
            number = self.rows[here] if here < len(self.rows) else here
            raise TimelineError(
                f"{label}: the times of frames are in no order. In {self.row} {format_number(number)}, "
                f"{self.columns[name][here]:.10g} is no later than {self.columns[name][here - 1]:.10g} before it."
            )
        return TimeBase.from_times(times_s, n_frames, source=label, sample_rate=sample_rate)

    def _usual(self) -> str:
        return min([*self.columns, *self.faults], key=self._rank)

    def _rank(self, name: str) -> tuple[bool, bool, bool, bool]:
        """Return what speaks against a column as that of the times, the worst first."""
        values = self.columns.get(name, np.empty(0))
        steps = np.diff(values)
        is_count = len(steps) > 0 and values[0] in (0, 1) and bool((steps == 1).all())
        return not _tells_of_time(name), is_count, name in self.faults, not (len(steps) > 0 and (steps > 0).all())


def read_time_columns(path: str | Path) -> TimeColumns:
    """Read a table of numbers: a `.csv`, `.tsv` or `.txt` with or without a line of names, or a `.npy`.

    Raises
    ------
    TimelineError
        The file cannot be read, or holds no numbers.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "frames.npy"
    >>> np.save(file, [0.5, 0.6])
    >>> read_time_columns(file).columns["frames"].tolist()
    [0.5, 0.6]
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise TimelineError(f"{path.name} is too long for a list of times: more than {_MOST_BYTES // 10**6} MB.")
        return _numpy_columns(path) if path.suffix.lower() == ".npy" else _text_columns(path)
    except FileNotFoundError:
        raise TimelineError(f"{path.name} cannot be read: there is no such file.") from None
    except OSError as error:
        raise TimelineError(f"{path.name} cannot be read: {cause_of(error)}.") from error


def _tells_of_time(name: str) -> bool:
    return any(word in name.lower() for word in ("time", "stamp", "onset"))


def _checked(
    path: Path, cells: Mapping[str, Sequence[str] | npt.NDArray[Any]], rows: Sequence[int], row: str, decimal: str
) -> TimeColumns:
    """Return columns of cells, told apart by whether each of their cells is a number."""
    columns, faults = {}, {}
    for name, column in cells.items():
        if isinstance(column, np.ndarray):
            numbers = column.astype(np.float64)
        else:
            numbers = np.array([_number(cell, decimal) for cell in column], dtype=np.float64)
        wrong = np.flatnonzero(~np.isfinite(numbers))
        if len(numbers) and not len(wrong):
            columns[name] = read_only(numbers)
        elif len(wrong) < len(numbers) and (_tells_of_time(name) or len(wrong) <= len(numbers) / 2):
            first = int(wrong[0])
            said = on_one_line(column[first]) or "empty"
            faults[name] = (
                f"{path.name}: {row} {format_number(rows[first])} of {on_one_line(name)} is no time, but {said}. "
                f"Mend or remove it."
            )
    if not columns:
        raise TimelineError(next(iter(faults.values()), f"{path.name} has no column of numbers."))
    return TimeColumns(path.name, columns, faults, rows, row)


def _numpy_columns(path: Path) -> TimeColumns:
    try:
        found = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise TimelineError(f"{path.name} is no array of numbers ({on_one_line(error)}).") from error
    if not isinstance(found, np.ndarray) or found.size > _MOST_TIMES:
        raise TimelineError(f"{path.name} is no list of times.")
    if found.dtype.names is not None:
        named = {str(name): found[name] for name in found.dtype.names}
        columns = {name: one for name, one in named.items() if one.ndim == 1 and one.dtype.kind in "iuf"}
    elif found.dtype.kind not in "iuf" or found.ndim not in (1, 2):
        raise TimelineError(f"{path.name} is no list of numbers: it has the shape {found.shape} of {found.dtype}.")
    elif found.ndim == 1:
        columns = {path.stem: found}
    elif min(found.shape) > _MOST_COLUMNS:
        raise TimelineError(f"{path.name} is no list of times: it has the shape {found.shape}.")
    else:
        table = found if found.shape[0] >= found.shape[1] else found.T
        columns = {f"column {place}": table[:, place] for place in range(table.shape[1])}
    n_rows = max((len(one) for one in columns.values()), default=0)
    return _checked(path, columns, range(n_rows), "row", ".")


def _text_columns(path: Path) -> TimeColumns:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise TimelineError(f"{path.name} is no text in UTF-8; save the table as UTF-8.") from None
    numbered = enumerate(text.splitlines(), start=1)
    kept = [(number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]
    numbers, lines = [number for number, _ in kept], [line for _, line in kept]
    if not lines:
        raise TimelineError(f"{path.name} is empty.")
    delimiter = _delimiter(lines[0])
    decimal = "," if delimiter == ";" else "."
    try:
        rows = [[cell.strip() for cell in _cells(line, delimiter)] for line in lines]
    except csv.Error as error:
        raise TimelineError(f"{path.name} is no table ({on_one_line(error)}).") from error
    n_columns = len(rows[0])
    if n_columns > _MOST_COLUMNS:
        raise TimelineError(f"{path.name} has {n_columns} columns; a list of times has at most {_MOST_COLUMNS}.")
    has_names = not any(np.isfinite(_number(cell, decimal)) for cell in rows[0])
    names = rows[0] if has_names else [f"column {place}" for place in range(n_columns)]
    whole, numbers = (rows[1:], numbers[1:]) if has_names else (rows, numbers)
    if any(len(row) != n_columns for row in whole):
        wrong = next(place for place, row in enumerate(whole) if len(row) != n_columns)
        raise TimelineError(f"{path.name}: line {numbers[wrong]} has {len(whole[wrong])} cells, the first {n_columns}.")
    cells = {name or f"column {place}": [row[place] for row in whole] for place, name in enumerate(names)}
    return _checked(path, cells, numbers, "line", decimal)


def _cells(line: str, delimiter: str) -> list[str]:
    return line.split() if delimiter == " " else next(csv.reader([line], delimiter=delimiter))


def _delimiter(line: str) -> str:
    return next((one for one in ("\t", ";", ",") if one in line), " ")


def _number(cell: str, decimal: str) -> float:
    """Return what a cell says, not a number where it says none."""
    try:
        return float(cell.replace(decimal, "."))
    except ValueError:
        return float("nan")
