"""Lists of proposals as SpikeInterface has them, in JSON: merge groups, and its curations.

A list of merge groups is `[[1, 2], [3, 4, 5]]`, what its `compute_merge_unit_groups` returns. A curation (its format,
version 2) is an object with `merges`, `splits`, `manual_labels` and `removed`; version 1 and sortingview's, which it
came from, are read too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.files.atomic import write_file

VERSION = "2"
QUALITY = "quality"
NOISE_LABELS = ("noise", "artifact", "artefact")
_MOST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class CurationList:
    """What is to be done with clusters.

    Attributes
    ----------
    merges : tuple of tuple of int
        Clusters that are one neuron, ascending.
    noise : tuple of int
        Clusters that are noise, or are to be removed.
    splits : mapping of int to ndarray of int64
        {cluster: (n,) places of some of its spikes, among those of the cluster}, which are to be another cluster.
    """

    merges: tuple[tuple[int, ...], ...] = ()
    noise: tuple[int, ...] = ()
    splits: Mapping[int, npt.NDArray[np.int64]] | None = None


def read_curation_list(path: str | Path) -> CurationList:
    """Read merge groups or a curation.

    Parameters
    ----------
    path : str or Path
        A JSON file.

    Raises
    ------
    MissingDataError
        There is no such file, or it cannot be read.
    KwikFormatError
        It is no such list.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise KwikFormatError(f"{path.name} is too long for a list of proposals.")
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MissingDataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise KwikFormatError(f"{path.name} is no JSON ({error}); a list of proposals is.") from error
    try:
        return _of_groups(read) if isinstance(read, list) else _of_curation(read)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise KwikFormatError(
            f"{path.name} is neither a list of merge groups, such as [[1, 2], [3, 4, 5]], nor a curation of "
            f"SpikeInterface: {error}."
        ) from error


def write_merge_groups(path: str | Path, groups: Iterable[Sequence[int]]) -> None:
    """Write a list of merge groups, in the place of a file that is there."""
    _write(Path(path), [[int(one) for one in group] for group in groups])


def write_curation(
    path: str | Path,
    clusters: Iterable[int],
    merges: Iterable[Sequence[int]] = (),
    noise: Iterable[int] = (),
    splits: Mapping[int, npt.ArrayLike] | None = None,
) -> None:
    """Write a curation of version 2, in the place of a file that is there.

    Parameters
    ----------
    path : str or Path
        A JSON file.
    clusters : iterable of int
        All clusters that there are.
    merges : iterable of sequence of int
        Clusters that are one neuron.
    noise : iterable of int
        Clusters that are noise.
    splits : mapping of int to array_like, optional
        {cluster: (n,) places of some of its spikes}, which are to be another cluster.
    """
    cut = {int(cluster): np.asarray(places).tolist() for cluster, places in (splits or {}).items()}
    _write(
        Path(path),
        {
            "format_version": VERSION,
            "unit_ids": [int(one) for one in clusters],
            "label_definitions": {QUALITY: {"label_options": ["good", "noise", "mua"], "exclusive": True}},
            "manual_labels": [{"unit_id": int(one), "labels": {QUALITY: ["noise"]}} for one in noise],
            "merges": [{"unit_ids": [int(one) for one in group]} for group in merges],
            "splits": [{"unit_id": one, "mode": "indices", "indices": [places]} for one, places in cut.items()],
            "removed": [],
        },
    )


def _write(path: Path, content: Any) -> None:
    write_file(path, lambda file: file.write((json.dumps(content) + "\n").encode("utf-8")))


def _of_groups(read: Sequence[Any]) -> CurationList:
    return CurationList(tuple(_group(group) for group in read))


def _of_curation(read: Any) -> CurationList:
    if not isinstance(read, dict) or not {"merges", "merge_unit_groups", "mergeGroups", "manual_labels",
                                          "labelsByUnit", "splits"}.intersection(read):  # fmt: skip
        raise ValueError("it has neither merges nor labels")
    merges = read.get("merges") or read.get("merge_unit_groups") or read.get("mergeGroups") or ()
    listed = merges.values() if isinstance(merges, dict) else merges
    groups = tuple(_group(one["unit_ids"] if isinstance(one, dict) else one) for one in listed)
    labels = {_id(one["unit_id"]): one.get("labels", one) for one in read.get("manual_labels") or ()}
    noise = {one for one, of in labels.items() if _is_noise(word for words in of.values() for word in _words(words))}
    noise.update(_id(one) for one, words in (read.get("labelsByUnit") or {}).items() if _is_noise(words))
    noise.update(_id(one) for one in read.get("removed") or read.get("removed_units") or ())
    splits = read.get("splits") or ()
    if isinstance(splits, dict):
        splits = [{"unit_id": one, "indices" if _is_nested(of) else "labels": of} for one, of in splits.items()]
    return CurationList(groups, tuple(sorted(noise)), {_id(one["unit_id"]): _places(one) for one in splits})


def _group(group: Iterable[Any]) -> tuple[int, ...]:
    found = tuple(sorted({_id(one) for one in group}))
    if len(found) < 2:
        raise ValueError(f"{list(found)} is no group of two clusters or more")
    return found


def _id(value: Any) -> int:
    """Return a cluster, which may be written as text."""
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and value.isdecimal())):
        raise ValueError(f"{value!r} is no cluster")
    return int(value)


def _words(words: Any) -> tuple[str, ...]:
    return tuple(word for word in words if isinstance(word, str)) if isinstance(words, list) else ()


def _is_noise(words: Iterable[str]) -> bool:
    return any(word.lower() in NOISE_LABELS for word in words)


def _is_nested(values: Sequence[Any]) -> bool:
    return bool(values) and isinstance(values[0], list)


def _places(split: Mapping[str, Any]) -> npt.NDArray[np.int64]:
    """Return the ascending places of the spikes of the first part; that of labels is the one of the largest label."""
    if split.get("indices") is not None:
        return np.unique(np.array(split["indices"][0], dtype=np.int64))
    labels = np.array(split["labels"], dtype=np.int64)
    return np.flatnonzero(labels == labels.max())
