"""Finds the raw data of a recording: a flat file, or a dataset in a `.kwd`."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_phy.core.errors import KwikFormatError, NapariPhyError
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.hdf5.sizes import is_written
from napari_phy.formats.hdf5.values import as_texts
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.companions import homes

_SIBLING = re.compile(r"\{([\w.-]+)\}(/.*)?", re.DOTALL)
_KWD = re.compile(r"(.*?\.kwd)(/.*)?", re.DOTALL | re.IGNORECASE)
_RECORDING = re.compile(rf"{schema.RECORDINGS}/(\d{{1,18}})(/data)?/?")
_NO_RAW = (".kwik", ".kwx", ".kwe")
_MAX_FOLDERS = 3
_MANY_COLUMNS = 2**13  # more than any recording has


@dataclass(frozen=True, slots=True)
class RawLink:
    """What a Kwik file says of the raw data of one recording.

    Attributes
    ----------
    file : str
        Path or name of the file, as stored.
    node : str, optional
        Group or dataset in it; None for a flat file.
    """

    file: str
    node: str | None = None

    @property
    def name(self) -> str:
        """Name of the file without its folders, whatever system wrote it."""
        return re.split(r"[/\\]", self.file.rstrip("/\\"))[-1]

    def seen_from(self, home: Path, folder: Path) -> str:
        """Return the link as a `.kwik` in `folder` has to say it, to lead where it leads from `home`."""
        is_relative = not re.match(r"[/\\]|[A-Za-z]:", self.file)
        moves = is_relative and home.resolve() != folder.resolve()
        return f"{home.resolve() / self.file if moves else self.file}{self.node or ''}"

    @property
    def recording(self) -> int | None:
        """Number of the recording that the link names; None where it names none."""
        match = _RECORDING.fullmatch(self.node or "")
        return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class RawData:
    """Raw samples that were found.

    Attributes
    ----------
    path : Path
        Path of the file.
    node : str or None
        Their dataset; None in a flat file.
    n_rows, n_channels : int
        How many samples of how many channels; of a dataset with far more columns than any recording has, only as many
        as the channels of the `.kwik` need.
    dtype : dtype
        Type of a value.
    n_spare_bytes : int, default 0
        Bytes of a flat file after the last whole row.
    is_transposed : bool, default False
        The dataset is (n_channels, n_rows), and is not read.
    n_passed_over : int, default 0
        Columns of the dataset that are not among `n_channels`.
    offset : int, default 0
        Byte of a flat file at which they begin.
    """

    path: Path
    node: str | None
    n_rows: int
    n_channels: int
    dtype: np.dtype[Any]
    n_spare_bytes: int = 0
    is_transposed: bool = False
    n_passed_over: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class FlatLayout:
    """How rows lie in a flat file; the type is None where the Kwik file names one that is no number.

    `n_needed` is how many columns the channels of the file need at least.
    """

    n_channels: int
    dtype: np.dtype[Any] | None
    n_needed: int = 1


@dataclass(frozen=True, slots=True)
class RawPlaces:
    """Where raw files are that the `.kwik` does not lead to, by their names in it.

    Attributes
    ----------
    chosen : mapping of str to Path, optional
        Where the user says they are.
    remembered : mapping of str to sequence of Path, optional
        Where the user once found them.
    lengths : mapping of int to int, optional
        {recording: samples}, as long as they were when the user found them.
    """

    chosen: Mapping[str, Path] = field(default_factory=dict)
    remembered: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    lengths: Mapping[int, int] = field(default_factory=dict)


def is_kwd(text: str) -> bool:
    """Tell whether a stored path is that of a `.kwd` or of a node in one."""
    return _KWD.fullmatch(text) is not None


def read_link(attributes: Mapping[str, Any], fallback: str, kwik: Path, recording_id: int) -> RawLink:
    """Return the link in the attributes of `/recordings/R/raw`.

    Parameters
    ----------
    attributes : mapping of str to object
        With `dat_path`, or `hdf5_path`: the path of a `.kwd`, or `{raw.kwd}/path/of/node` for the file of that type
        beside the `.kwik`.
    fallback : str
        Path of a file where there is neither.
    kwik : Path
        Path of the `.kwik`.
    recording_id : int
        Number of the recording.
    """
    stored = [*as_texts(attributes.get("dat_path")), *as_texts(attributes.get("hdf5_path")), fallback]
    text = stored[0].replace("\0", "")
    node = schema.recording_path(recording_id)
    if match := _SIBLING.fullmatch(text):
        return RawLink(f"{kwik.stem}.{match[1]}", match[2] or node)
    if match := _KWD.fullmatch(text):
        return RawLink(match[1], match[2] or node)
    return RawLink(text)


def find_raw(
    kwik: Path, link: RawLink, recording_id: int, flat: FlatLayout, places: RawPlaces, *, alone: bool
) -> tuple[RawData | None, str | None]:
    """Return the raw data of a recording, None if they are nowhere, and why a file of that name is not read.

    Looked at in turn: where the user says they are; the stored path; that name beside the `.kwik`, and below the last
    folders of the stored path beside it; where the user once found them; `<base>.raw.kwd`; `<base>.dat`. Where the
    `.kwik` is a link, beside what it links to counts as beside it. The name may differ in case or Unicode normal form.

    Parameters
    ----------
    kwik : Path
        Path of the `.kwik`.
    link : RawLink
        What the `.kwik` says of the raw data.
    recording_id : int
        Number of the recording.
    flat : FlatLayout
        Layout of flat files.
    places : RawPlaces
        Places of files that moved.
    alone : bool
        No other recording has another file, so that `<base>.dat` is that of this one.
    """
    candidates = [places.chosen[link.name]] if link.name in places.chosen else []
    candidates += [place for home in homes(kwik) for place in _stored_places(home.parent, link)]
    candidates += places.remembered.get(link.name, ())
    candidates += [home.with_name(f"{home.stem}.raw.kwd") for home in homes(kwik)]
    if alone:
        candidates += [home.with_name(f"{home.stem}.dat") for home in homes(kwik)]
    problems: list[str] = []
    for place in candidates:
        file = find_file(place)
        try:
            if file is not None:
                return open_raw(file, link, recording_id, flat), None
            problem = _why_no_file(place)
        except NapariPhyError as error:
            problem = str(error)
        if problem is not None and (
            place == places.chosen.get(link.name) or fold_name(place.name) == fold_name(link.name)
        ):
            problems.append(problem)
    return None, next(iter(problems), None)


def open_raw(path: Path, link: RawLink, recording_id: int, flat: FlatLayout) -> RawData:
    """Return the raw data of a recording in a file.

    Those in a `.kwd` are where the link says; of the recording of that number where it names no recording.

    Raises
    ------
    KwikFormatError
        It cannot be read, or has none.
    """
    if path.suffix.lower() in _NO_RAW:
        raise KwikFormatError(f"{path.name} has no raw data of recording {recording_id}; use another file.")
    if path.suffix.lower() != ".kwd":
        return _flat_data(path, flat)
    nodes = [link.node] if link.node else []
    if link.recording is None:
        nodes.append(schema.recording_path(recording_id))
    with open_h5(path) as file:
        found = next((data for node in nodes if (data := kwd_data(file, node)) is not None), None)
        if found is None:
            raise KwikFormatError(_why_no_data(file, nodes, recording_id))
        if flat.n_channels <= found.n_rows < found.n_channels != flat.n_channels:
            if not is_written(file.dataset(str(found.node))):
                shape = f"shape ({found.n_rows}, {found.n_channels})"
                raise KwikFormatError(
                    f"{path.name}: {found.node} has {shape}, samples and channels are swapped, and next to nothing was "
                    "written of it; use another copy of it."
                )
            return replace(found, n_rows=found.n_channels, n_channels=found.n_rows, is_transposed=True)
    if found.n_channels > _MANY_COLUMNS:
        n_channels = min(flat.n_needed, found.n_channels)
        return replace(found, n_channels=n_channels, n_passed_over=found.n_channels - n_channels)
    return found


def _stored_places(folder: Path, link: RawLink) -> list[Path]:
    """Return where a stored path may lead from a folder; it may be of another system or another computer."""
    if not link.name:
        return []
    parts = [part for part in re.split(r"[/\\]", link.file) if part not in ("", ".")]
    places = [folder / link.file, folder.joinpath(*parts), folder / link.name]
    for n_parts in range(2, min(len(parts), _MAX_FOLDERS + 1) + 1):
        tail = parts[-n_parts:]
        if ".." in tail or ":" in tail[0]:
            break
        places += [folder.joinpath(*tail), folder.parent.joinpath(*tail)]
    return list(dict.fromkeys(places))


def find_file(path: Path) -> Path | None:
    """Return the path where there is a file, else the only file beside it whose name differs in case or normal form."""
    try:
        alike = [path] if path.is_file() else _files_alike(path)
    except (OSError, ValueError):  # no such folder, or a name that no file can have
        return None
    return alike[0] if len(alike) == 1 else None


def _files_alike(path: Path) -> list[Path]:
    wanted = fold_name(path.name)
    return sorted(file for file in path.parent.iterdir() if fold_name(file.name) == wanted and file.is_file())


def _why_no_file(path: Path) -> str | None:
    """Return why there is no file to read at a path, None where there is nothing."""
    name = path.name
    try:
        if path.is_dir():
            return f"{name} is a folder, not a file; put the file in its place."
        if path.exists():
            return f"{name} is a device or a pipe, not a file; put the file in its place."
        if path.is_symlink():
            return f"{name} is a link that leads nowhere; put the file in its place."
        alike = [file.name for file in _files_alike(path)]
    except PermissionError:
        return f"{name} cannot be opened: its folder is closed to you; have its owner open it."
    except (OSError, ValueError):
        return None
    return f"{name} may be {' or '.join(alike)}; rename the one that it is." if alike else None


def fold_name(name: str) -> str:
    """Return what names of files that differ only in case or Unicode normal form have in common."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _flat_data(path: Path, flat: FlatLayout) -> RawData:
    dtype = flat.dtype or np.dtype(np.int16)
    try:
        with path.open("rb") as stream:
            n_bytes = os.fstat(stream.fileno()).st_size
    except OSError as error:
        closed = isinstance(error, PermissionError)
        why = "its permissions do not allow it" if closed else (error.strerror or error)
        then = "have its owner make it readable" if closed else "use another copy of it"
        raise KwikFormatError(f"{path.name} cannot be opened: {why}; {then}.") from error
    n_rows, n_spare_bytes = divmod(n_bytes, dtype.itemsize * flat.n_channels)
    return RawData(path, None, n_rows, flat.n_channels, dtype, n_spare_bytes)


def kwd_data(file: H5File, node: str) -> RawData | None:
    """Return the raw data at a node (the dataset, or the group that has it as `data`); None if they are not there.

    The number of a recording may be padded with zeros in the node or in the file.
    """
    found = _dataset_at(file, node)
    if found is None:
        return None
    dataset = file.dataset(found)
    if dataset.ndim != 2 or dataset.dtype.kind not in "iuf" or not dataset.shape[1]:
        return None
    return RawData(file.path, found, int(dataset.shape[0]), int(dataset.shape[1]), dataset.dtype.newbyteorder("="))


def _dataset_at(file: H5File, node: str) -> str | None:
    match = _RECORDING.fullmatch(node)
    if match and not file.has(node):
        node = schema.recording_nodes(file).get(int(match[1]), node)
    return next((path for path in (node, f"{node}/data") if file.is_dataset(path)), None)


def _why_no_data(file: H5File, nodes: Sequence[str], recording_id: int) -> str:
    found = next((path for node in nodes if (path := _dataset_at(file, node)) is not None), None)
    if found is None:
        return f"{file.path.name} has no raw data of recording {recording_id}; use a whole copy of it."
    dataset = file.dataset(found)
    return (
        f"{file.path.name}: {found} has shape {dataset.shape} of {dataset.dtype} and should be a table of numbers, "
        "a row for each sample; use another copy of it."
    )
