"""The raw data of a data set that is written anew: named where they are, or copied out of HDF5 into a flat file."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import SaveError
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.raw_files import RawData, RawLink
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.formats.phy.model import PhyModel

_BLOCK_BYTES = 2**25


def raw_of(model: BaseModel) -> list[RawData | None]:
    """Return the raw data of each recording; [] where none were found."""
    return [segment.raw for segment in model.traces.segments] if isinstance(model.traces, JoinedTraces) else []


def is_hdf5(model: BaseModel) -> bool:
    """Tell whether raw data lie in HDF5 files."""
    return any(raw is not None and raw.node is not None for raw in raw_of(model))


def has_header(model: BaseModel) -> bool:
    """Tell whether raw files begin with something else than samples, which a `.kwik` has no words for."""
    return any(raw is not None and raw.offset for raw in raw_of(model))


def raw_files(model: BaseModel, path: Path, target: Path, *, copies_raw: bool) -> list[str]:
    """Return what the new file says of its raw data: one name, or one for each recording.

    Parameters
    ----------
    model : BaseModel
        The old data set.
    path : Path
        Where the new `.kwik` is written.
    target : Path
        Where that file will be in the end.
    copies_raw : bool
        Write raw data that lie in HDF5, or behind a header, to a `.dat` beside `path`.
    """
    if copies_raw and (is_hdf5(model) or has_header(model)):
        write_raw(model, path.with_suffix(".dat"), f"{target.stem}.dat")
        return [f"{target.stem}.dat"]
    links = _links(model, target)
    found = raw_of(model) or [None] * len(links)
    files = [
        link.seen_from(model.path.parent, target.parent) if raw is None else _named(raw, target)
        for raw, link in zip(found, links, strict=True)
    ]
    return files if len(set(files)) > 1 else files[:1]


def _links(model: BaseModel, target: Path) -> Sequence[RawLink]:
    """Return what the old data set says of the raw data of each recording."""
    if isinstance(model, KwikModel):
        return model.raw_links
    is_lost = isinstance(model, PhyModel) and len(model.missing_raw) == len(model.recordings)
    names = model.missing_raw if is_lost else [f"{target.stem}.dat"] * len(model.recordings)
    return [RawLink(name) for name in names]


def is_beside(file: Path, target: Path) -> bool:
    """Tell whether a file lies in the folder of a `.kwik`."""
    return file.resolve().parent == target.parent.resolve()


def _named(raw: RawData, target: Path) -> str:
    """Return how the new file names raw data: by their name if they are beside it."""
    named = raw.path.resolve().name if is_beside(raw.path, target) else str(raw.path.resolve())
    return named + ("" if raw.node is None else raw.node.removesuffix("/data"))


def write_raw(model: BaseModel, dat: Path, name: str) -> None:
    """Write the raw data of all recordings, one after the other, to a new flat file; `name` is for messages.

    Raises
    ------
    SaveError
        The disk has too little room.
    """
    assert isinstance(model.traces, JoinedTraces)
    traces = model.traces.stored
    n_samples, n_channels = traces.shape
    row_bytes = n_channels * traces.dtype.itemsize
    if shutil.disk_usage(dat.parent).free < n_samples * row_bytes:
        raise SaveError(f"{name} needs {n_samples * row_bytes / 1e9:.1f} GB, more than the disk has; make room first.")
    step = max(1, _BLOCK_BYTES // row_bytes)
    with dat.open("xb") as stream:
        for start in range(0, n_samples, step):
            np.ascontiguousarray(traces[start : start + step]).tofile(stream)
