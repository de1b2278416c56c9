"""Times from a column of a text table or of a NumPy file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import cause_of, on_one_line
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
    """

    name: str
    columns: dict[str, Float64]

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
            There is no such column, or the unit is not known.
        """
        name = self._usual() if column is None else column
        if name not in self.columns:
            there = ", ".join(on_one_line(one) for one in self.columns)
            raise TimelineError(f"{self.name} has no column {on_one_line(name)} of numbers. There are {there}.")
        return np.asarray(to_seconds(self.columns[name], unit, sample_rate), dtype=np.float64)

    def _usual(self) -> str:
        names = list(self.columns)
        of_time = [name for name in names if any(word in name.lower() for word in ("time", "stamp", "onset"))]
        ascending = [name for name in names if len(self.columns[name]) > 1 and (np.diff(self.columns[name]) > 0).all()]
        both = [name for name in of_time if name in ascending]
        return next(iter([*both, *of_time, *ascending, *names]))


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
        columns = _numpy_columns(path) if path.suffix.lower() == ".npy" else _text_columns(path)
    except OSError as error:
        raise TimelineError(f"{path.name} cannot be read: {cause_of(error)}.") from error
    if not columns:
        raise TimelineError(f"{path.name} has no column of numbers.")
    return TimeColumns(path.name, {name: read_only(values) for name, values in columns.items()})


def _numpy_columns(path: Path) -> dict[str, Float64]:
    try:
        found = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise TimelineError(f"{path.name} is no array of numbers ({on_one_line(error)}).") from error
    if not isinstance(found, np.ndarray) or found.size > _MOST_TIMES:
        raise TimelineError(f"{path.name} is no list of times.")
    if found.dtype.names is not None:
        named = {str(name): found[name] for name in found.dtype.names}
        return {
            name: one.astype(np.float64) for name, one in named.items() if one.ndim == 1 and one.dtype.kind in "iuf"
        }
    if found.dtype.kind not in "iuf" or found.ndim not in (1, 2):
        raise TimelineError(f"{path.name} is no list of numbers: it has the shape {found.shape} of {found.dtype}.")
    if found.ndim == 1:
        return {path.stem: found.astype(np.float64)}
    if min(found.shape) > _MOST_COLUMNS:
        raise TimelineError(f"{path.name} is no list of times: it has the shape {found.shape}.")
    table = found if found.shape[0] >= found.shape[1] else found.T
    return {f"column {place}": table[:, place].astype(np.float64) for place in range(table.shape[1])}


def _text_columns(path: Path) -> dict[str, Float64]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise TimelineError(f"{path.name} is no text in UTF-8; save the table as UTF-8.") from None
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
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
    has_names = not any(_is_number(cell, decimal) for cell in rows[0])
    names = rows[0] if has_names else [f"column {place}" for place in range(n_columns)]
    whole = rows[1:] if has_names else rows
    if any(len(row) != n_columns for row in whole):
        wrong = next(place for place, row in enumerate(whole) if len(row) != n_columns)
        raise TimelineError(
            f"{path.name}: line {wrong + 1 + has_names} has {len(whole[wrong])} cells, the first {n_columns}."
        )
    found = {}
    for place, name in enumerate(names):
        cells = [row[place] for row in whole]
        if cells and all(_is_number(cell, decimal) for cell in cells):
            found[name or f"column {place}"] = np.array([float(cell.replace(decimal, ".")) for cell in cells])
    return found


def _cells(line: str, delimiter: str) -> list[str]:
    return line.split() if delimiter == " " else next(csv.reader([line], delimiter=delimiter))


def _delimiter(line: str) -> str:
    return next((one for one in ("\t", ";", ",") if one in line), " ")


def _is_number(cell: str, decimal: str) -> bool:
    try:
        return bool(np.isfinite(float(cell.replace(decimal, "."))))
    except ValueError:
        return False
