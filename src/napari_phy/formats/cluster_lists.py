"""Clusterings as plain lists: a cluster for each spike in `.npy`, `.csv` or `.tsv`, groups of clusters beside it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.cluster_groups import UNSORTED
from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.errors import ClusteringError
from napari_phy.core.sentences import cause_of, listed, on_one_line

Int64 = npt.NDArray[np.int64]

SUFFIXES = (".npy", ".csv", ".tsv")
SPIKE_CLUSTERS, SPIKE_TIMES = "spike_clusters.npy", "spike_times.npy"  # of phy and Kilosort
GROUP_FILES = ("cluster_group.tsv", "cluster_group.csv", "cluster_groups.csv")
_CLUSTER_NAMES = ("cluster", "clusters", "cluster_id", "spike_clusters", "spike_cluster", "unit", "unit_id", "label")
_GROUP_NAMES = ("group", "quality", "label", "kslabel")
_LARGEST_ID = 2**31 - 1
_MOST_GROUP_BYTES = 50_000_000


def is_cluster_list(path: Path) -> bool:
    """Return whether a path is a folder, or a file that may hold a cluster for each spike."""
    return path.suffix.lower() in SUFFIXES or path.is_dir()


def find_groups(path: Path) -> Path | None:
    """Return the table with the groups of the clusters of a list; None where there is none."""
    folder = path if path.is_dir() else path.parent
    is_array = path.is_dir() or path.suffix.lower() == ".npy"
    names = GROUP_FILES if is_array else (f"{path.stem}.groups.tsv", f"{path.stem}.groups.csv")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def read_cluster_list(path: Path, spike_samples: npt.ArrayLike) -> StoredClustering:
    """Read the cluster of each spike, in the order of the file of these spikes, and the groups of clusters.

    A folder is one of phy or Kilosort: `spike_clusters.npy`, and `spike_times.npy` where it is there, which must be the
    same. A table has one column, or one that is named `cluster`, with a row for each spike. Groups are read from
    `cluster_group.tsv` in the same folder, or from `<name>.groups.tsv` or `.csv` beside a table: two columns, cluster
    and group.

    Parameters
    ----------
    path : Path
        The folder or the file.
    spike_samples : array_like of int, shape (n_spikes,)
        Samples of the spikes in the order of the file.

    Raises
    ------
    ClusteringError
        It cannot be read, or is not of these spikes.
    """
    samples = np.asarray(spike_samples)
    folder = path if path.is_dir() else path.parent
    file = path / SPIKE_CLUSTERS if path.is_dir() else path
    clusters, column = (_read_array(file), "") if file.suffix.lower() == ".npy" else _read_column(file)
    if len(clusters) != len(samples):
        entries = f"{len(clusters)} {'entry' if len(clusters) == 1 else 'entries'}"
        where = f" in column {column}" if column else ""
        raise ClusteringError(
            f"{file.name} has {entries}{where}, one for each spike, and the data set has {len(samples)} spikes; only "
            "curations of the same spikes can be compared."
        )
    if len(clusters) and not 0 <= clusters.min() <= clusters.max() <= _LARGEST_ID:
        raise ClusteringError(f"{file.name} has clusters below 0 or above {_LARGEST_ID}; it cannot be compared.")
    if (times := folder / SPIKE_TIMES).is_file() and file.name == SPIKE_CLUSTERS:
        found = _read_array(times)
        n_other = len(samples) if len(found) != len(samples) else int(np.count_nonzero(found != samples))
        if n_other:
            raise ClusteringError(
                f"{times.name} has {n_other} of {len(samples)} spikes at other samples; only curations of the same "
                "spikes can be compared."
            )
    table = find_groups(path)
    groups = {} if table is None else _read_groups(table)
    alive = set(np.unique(clusters).tolist())
    decided = {one: group for one, group in groups.items() if one in alive and group != UNSORTED}
    return StoredClustering(read_only(clusters.astype(np.int32)), decided, {}, {}, ())


def _read_array(path: Path) -> Int64:
    """Return the whole numbers of a `.npy` file of one dimension, or of one column."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise ClusteringError(f"There is no {path.name} in {path.parent}.") from error
    except (OSError, ValueError, EOFError) as error:
        raise ClusteringError(f"{path.name} cannot be read: it is no array of numbers of NumPy.") from error
    if (
        not isinstance(values, np.ndarray)
        or values.dtype.kind not in "iu"
        or values.size != max(values.shape, default=0)
    ):
        raise ClusteringError(f"{path.name} is no list of whole numbers, one for each spike.")
    return np.asarray(values, dtype=np.int64).reshape(-1)


def _read_column(path: Path) -> tuple[Int64, str]:
    """Return the column of clusters of a table, and its name if it has one."""
    rows = _rows(path)
    head = [cell.strip().lower() for cell in rows[0]]
    has_names = not all(_is_whole(cell) for cell in head)
    place = next((head.index(name) for name in _CLUSTER_NAMES if name in head), 0 if len(head) == 1 else -1)
    if place < 0:
        there = listed([on_one_line(name) or "blank" for name in head]) if has_names else f"{len(head)} without names"
        raise ClusteringError(
            f"{path.name} has no column cluster with the cluster of each spike. Its columns are {there}."
        )
    cells = [row[place] if place < len(row) else "" for row in rows[1 if has_names else 0 :]]
    wrong = next((number for number, cell in enumerate(cells) if not _is_whole(cell)), None)
    if wrong is not None:
        line = wrong + (2 if has_names else 1)
        raise ClusteringError(f"{path.name}: the cluster in line {line} is {on_one_line(cells[wrong]) or 'empty'}.")
    values = np.array([min(int(float(cell)), _LARGEST_ID + 1) for cell in cells], dtype=np.int64)
    return values, on_one_line(head[place]) if has_names else ""


def _read_groups(path: Path) -> dict[int, str]:
    """Return {cluster: group in lower case} of a table of two columns; rows that cannot be understood are left out."""
    if path.stat().st_size > _MOST_GROUP_BYTES:
        raise ClusteringError(f"{path.name} is too long for a table of groups.")
    rows = _rows(path)
    head = [cell.strip().lower() for cell in rows[0]]
    cluster = next((head.index(name) for name in _CLUSTER_NAMES if name in head), 0)
    group = next((head.index(name) for name in _GROUP_NAMES if name in head and head.index(name) != cluster), 1)
    whole = [row for row in rows if len(row) > max(cluster, group) and _is_whole(row[cluster])]
    return {int(float(row[cluster])): on_one_line(row[group]).strip().lower() for row in whole if row[group].strip()}


def _rows(path: Path) -> list[list[str]]:
    """Return the rows of a table that are not blank, cells apart by tabs, semicolons or commas."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ClusteringError(f"{path.name} cannot be read: {cause_of(error)}.") from error
    except UnicodeDecodeError as error:
        raise ClusteringError(f"{path.name} is no text in UTF-8; save the table as UTF-8.") from error
    first = text.partition("\n")[0]
    delimiter = next((one for one in "\t;" if one in first), ",")
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise ClusteringError(f"{path.name} is no table ({error}).") from error
    if not rows:
        raise ClusteringError(f"{path.name} is empty: it is to have a row for each spike.")
    return rows


def _is_whole(cell: str) -> bool:
    try:
        return float(cell).is_integer()
    except (ValueError, OverflowError):
        return False
