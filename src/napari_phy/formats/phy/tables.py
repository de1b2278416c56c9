"""What a folder says of its clusters: `cluster_group.tsv` and other tables, a column a field."""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_phy.core.arrays import MAX_ID
from napari_phy.core.cluster_groups import UNSORTED
from napari_phy.core.sentences import listed, on_one_line

logger = logging.getLogger(__name__)

GROUP, COLOR = "group", "color"
_SUFFIXES = (".csv", ".tsv")  # in the order in which phy reads them: the latter count
_IDS = ("cluster_id", "id")
INFO = "cluster_info.tsv"  # of phy and for other programs: a row for each cluster with spikes, all fields
_MOST_BYTES = 50_000_000
_COLOR = re.compile(r"#[0-9a-f]{6}")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_OWN = re.compile(r"cluster_(.+)")
_LONGEST_NAME = 200  # bytes
_NO_NAME = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_LIKE_A_NUMBER = "[-.0-9eE+]+|[nN][aA][nN]"
_IN_QUOTES = re.compile(rf'(?<=[\t,;\n])"({_LIKE_A_NUMBER})"(?=[\t,;\r\n]|\Z)')
_MARKED = re.compile(rf"(?<=[\t\n])\x00({_LIKE_A_NUMBER})")
_MARK = "\x00"  # before a cell that is in quotes in the file, while the csv module is at work

Values = Mapping[int, Any]


class Text(str):
    """A cell in quotes: text, though it looks like a number."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One field of clusters.

    Attributes
    ----------
    file : str
        Name of the file that it is read from.
    cells : dict of int to str
        {cluster: text}, of clusters without spikes, too; blank ones left out. `Text` where it has quotes.
    """

    file: str
    cells: dict[int, str] = field(default_factory=dict)


def table_name(name: str) -> str:
    """Return the file that phy keeps a field in; another one where no file can be called by its name."""
    usual = f"cluster_{name}.tsv"
    if usual != INFO and len(usual.encode()) < _LONGEST_NAME and not _NO_NAME.search(name):
        return usual
    return f"cluster_{_NO_NAME.sub('-', name)[:40]}-{hashlib.sha1(name.encode()).hexdigest()[:8]}.tsv"


def is_table(path: Path) -> bool:
    """Tell whether a file of the folder may be a table of clusters, by its name."""
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")


def read_columns(files: Mapping[str, bytes]) -> tuple[dict[str, Column], tuple[str, ...]]:
    """Return {field: column} of tables, and a sentence for each that cannot be read.

    Of several with one field, `cluster_<field>.tsv` counts, else a `.tsv`, else the last by name.

    Parameters
    ----------
    files : mapping of str to bytes
        {name: content}.
    """
    found: dict[str, Column] = {}
    problems = []
    for name in sorted(_without_info(files), key=lambda name: (_SUFFIXES.index(Path(name).suffix.lower()), name)):
        try:
            columns, bad_rows = _columns_of(name, files[name])
        except (ValueError, OverflowError, csv.Error) as error:
            problems.append(f"{name} cannot be read as a table of clusters ({on_one_line(error)}) and is left out.")
            continue
        if bad_rows:
            problems.append(f"{name}: there is no cluster {listed(bad_rows)}; what is said of it is left out.")
        for title, column in columns.items():
            if title not in found or found[title].file != table_name(title):
                found[title] = column
    return found, tuple(problems)


def write_info(
    stored: bytes | None, n_spikes: Mapping[int, int], groups: Mapping[int, str], labels: Mapping[str, Values]
) -> bytes:
    """Return the content of `cluster_info.tsv`, which other programs read in place of all tables.

    What phy computed of clusters that are still there stays: an id means the same spikes.

    Parameters
    ----------
    stored : bytes or None
        What it holds.
    n_spikes : mapping of int to int
        {cluster: number of spikes}.
    groups, labels : mapping
        {cluster: group} and {field: {cluster: value}}.
    """
    try:
        columns = {} if stored is None else _columns_of(INFO, stored)[0]
    except (ValueError, OverflowError, csv.Error):
        columns = {}
    cells: dict[str, Values] = {title: column.cells for title, column in columns.items()}
    cells |= {**labels, GROUP: groups, "n_spikes": n_spikes}
    rows = ((cluster, *(values.get(cluster, "") for values in cells.values())) for cluster in sorted(n_spikes))
    return _table(["cluster_id", *cells], rows)


def _without_info(files: Iterable[str]) -> Iterator[str]:
    return (name for name in files if Path(name).stem != Path(INFO).stem)


def parse(cell: str) -> str | int | float:
    """Return a cell as phy does: a whole number, a number, else text; `007`, `+1`, `1_0` and `"1"` stay text."""
    bare = cell.strip()
    if isinstance(cell, Text) or not _NUMBER.fullmatch(bare):
        return str(cell)
    if _WHOLE.fullmatch(bare) and -(2**63) <= int(bare) < 2**63:
        return int(bare)
    value = float(bare)
    return value if math.isfinite(value) else cell


def _is_nothing(cell: str) -> bool:
    """Tell whether a cell is how pandas writes that there is no value."""
    return not isinstance(cell, Text) and cell.strip().lower() == "nan"


def groups_of(columns: Mapping[str, Column], alive: set[int]) -> dict[int, str]:
    """Return {cluster: group in lower case} of clusters that have spikes, unsorted ones left out."""
    cells = columns[GROUP].cells if GROUP in columns else {}
    groups = {one: on_one_line(cell).strip().lower() for one, cell in cells.items() if not _is_nothing(cell)}
    groups = {one: group for one, group in groups.items() if one in alive}
    return {cluster: group for cluster, group in groups.items() if group and group != UNSORTED}


def colors_of(columns: Mapping[str, Column], alive: set[int]) -> dict[int, str]:
    """Return {cluster: '#rrggbb'} of clusters that have spikes."""
    cells = columns[COLOR].cells if COLOR in columns else {}
    return {one: cell.lower() for one, cell in cells.items() if one in alive and _COLOR.fullmatch(cell.lower())}


def labels_of(columns: Mapping[str, Column], alive: set[int]) -> dict[str, dict[int, Any]]:
    """Return {field: {cluster: value}} of the other fields."""
    return {
        name: {one: parse(cell) for one, cell in column.cells.items() if one in alive and not _is_nothing(cell)}
        for name, column in columns.items()
        if name not in (GROUP, COLOR)
    }


def texts_of(labels: Mapping[str, Values], alive: set[int]) -> dict[tuple[str, int], str]:
    """Return {(field, cluster): text as it is written}; a blank one is none."""
    pairs = ((field, one, str(value)) for field, values in labels.items() for one, value in values.items())
    return {(field, one): text for field, one, text in pairs if one in alive and text.strip()}


def write_tables(
    columns: Mapping[str, Column],
    alive: set[int],
    groups: Mapping[int, str],
    colors: Mapping[int, str],
    labels: Mapping[str, Values],
    first_edited: int | None = None,
) -> dict[str, bytes]:
    """Return {name: content} of the files that have to be written, as phy does; only what changed.

    Rows of clusters without spikes stay, and so does the text of what did not change. But ids from `first_edited` on
    are of merges and splits, and phy gives those above all clusters to the next ones: rows that are left of edits that
    were undone would become theirs.
    """
    gone: set[int] = set()
    if first_edited is not None:
        free = max(first_edited, max(alive, default=-1) + 1)
        gone = {one for column in columns.values() for one in column.cells if one >= free}
    held = {GROUP: groups_of(columns, alive), COLOR: colors_of(columns, alive), **labels_of(columns, alive)}
    wanted: dict[str, Values] = {GROUP: groups, COLOR: colors, **labels}
    wanted = {name: {one: value for one, value in values.items() if one in alive} for name, values in wanted.items()}
    changed = {name for name in held | wanted if not _is_same(held.get(name, {}), wanted.get(name, {}))}
    changed |= {name for name, column in columns.items() if gone & column.cells.keys()}
    replaced = {table_name(name) for name in changed}
    moved = {name for name, column in columns.items() if column.file in replaced}  # KSLabel in cluster_group.tsv
    return {table_name(name): _written(name, columns, alive, gone, wanted) for name in sorted(changed | moved)}


def _written(
    name: str, columns: Mapping[str, Column], alive: set[int], gone: set[int], wanted: Mapping[str, Values]
) -> bytes:
    column = columns.get(name, Column(""))
    cells = {
        one: cell for one, cell in column.cells.items() if one not in gone and (one not in alive or _is_nothing(cell))
    }
    for cluster, value in wanted.get(name, {}).items():
        before = column.cells.get(cluster)
        same = before is not None and (
            before.strip().lower() == value if name in (GROUP, COLOR) else _is_equal(parse(before), value)
        )
        cells[cluster] = before if same and before is not None else _cell(value)
    return _table(["cluster_id", name], sorted(cells.items()))


def _cell(value: Any) -> str:
    text = str(value)
    is_like_none = _is_nothing(text) or not isinstance(parse(text), str)
    return Text(text) if isinstance(value, str) and is_like_none else text


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter="\t", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([f"{_MARK}{cell}" if isinstance(cell, Text) else cell for cell in row] for row in rows)
    return _MARKED.sub(r'"\1"', stream.getvalue()).encode()


def _is_same(one: Values, other: Values) -> bool:
    return one.keys() == other.keys() and all(_is_equal(value, other[key]) for key, value in one.items())


def _is_equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _columns_of(name: str, content: bytes) -> tuple[dict[str, Column], list[str]]:
    """Return {field: column}, and what stands for ids in rows that are of no cluster."""
    if len(content) > _MOST_BYTES:
        raise ValueError("it is too large")
    text = content.decode("utf-8-sig")
    first = text.partition("\n")[0]
    text = _IN_QUOTES.sub(rf"{_MARK}\1", text)
    separator = next((one for one in "\t;" if one in first), ",")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    place, head = _head_of(name, rows)
    if place is None:
        return {}, []  # some table, not of clusters
    columns = {title: Column(name) for number, title in enumerate(head) if title and number != place}
    bad_rows = []
    for row in rows[1:] if head == _stripped(rows[0]) else rows:
        if len(row) <= place or not row[place].strip():
            continue
        cluster = _cluster_of(row[place])
        if cluster is None:
            bad_rows.append(row[place].strip())
            continue
        for title, cell in zip(head, row, strict=False):
            if title in columns and cell.strip():
                columns[title].cells[cluster] = Text(cell[1:]) if cell.startswith(_MARK) else cell
    return columns, bad_rows


def _head_of(name: str, rows: list[list[str]]) -> tuple[int | None, list[str]]:
    """Return where ids are, None for nowhere, and the titles; those of phy's own tables are known without a head."""
    head = _stripped(rows[0]) if rows else []
    place = next((head.index(one) for one in _IDS if one in head), None)
    own = _OWN.fullmatch(Path(name).stem)
    if place is None and own is not None and len(head) > 1:  # phy goes by the place, not by the title
        is_head = _cluster_of(head[0]) is None
        return 0, head if is_head else ["cluster_id", own[1], *("" for _ in head[2:])]
    return place, head


def _stripped(row: list[str]) -> list[str]:
    return [cell.strip() for cell in row]


def _cluster_of(cell: str) -> int | None:
    """Return the cluster that a cell names, `3` or `3.0`; None for any other."""
    with suppress(ValueError, OverflowError):
        value = float(cell.removeprefix(_MARK))
        if value.is_integer() and 0 <= value <= MAX_ID:
            return int(value)
    return None
