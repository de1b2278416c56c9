"""Checks what an HDF5 file says of its sizes against what is on the disk, before memory is taken."""

from __future__ import annotations

import math
import os
from functools import cache
from pathlib import Path

import h5py

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.hdf5.links import HDF5_ERRORS, reason

SMALL = 2**26  # bytes that are read without asking how much of them is on the disk
_MOST_PACKED = 64  # bytes that one stored byte may stand for, unless the size was known from elsewhere
_MAX_PACKED_CHUNK = 2**28  # a compressed chunk is unpacked whole


def check_dataset(dataset: h5py.Dataset, file: Path, path: str) -> None:
    """Raise KwikFormatError unless a dataset lies within its file and can be read piece by piece."""
    try:
        outside = bool(dataset.external) or dataset.is_virtual
        n_bytes = math.prod(dataset.shape or ()) * dataset.dtype.itemsize
        offset = dataset.id.get_offset()
        size = file.stat().st_size
        packed = n_bytes and dataset.chunks and dataset.id.get_create_plist().get_nfilters()
        chunk_bytes = math.prod(dataset.chunks) * dataset.dtype.itemsize if packed else 0
    except HDF5_ERRORS as error:
        raise KwikFormatError(
            f"{file.name}: {path} cannot be read ({reason(error)}); the file is damaged, use another copy of it."
        ) from error
    if outside:
        raise KwikFormatError(f"{file.name}: {path} keeps its values in other files, which is not followed.")
    if offset is not None and offset + n_bytes > size:
        raise KwikFormatError(
            f"{file.name}: {path} should have {_amount(n_bytes)} but the file has {_amount(size)}; "
            "it was cut short or is damaged, use another copy of it."
        )
    if chunk_bytes > _MAX_PACKED_CHUNK:
        raise KwikFormatError(
            f"{file.name}: {path} is compressed in pieces of {_amount(chunk_bytes)}; "
            f"pieces of up to {_amount(_MAX_PACKED_CHUNK)} can be read, repack the file."
        )


def check_memory(dataset: h5py.Dataset, file: Path, path: str, shape: tuple[int, ...] | None = None) -> None:
    """Raise KwikFormatError unless it is safe to read a dataset as a whole.

    Parameters
    ----------
    dataset : Dataset
        The dataset, checked by `check_dataset` already.
    file : Path
        File of the dataset, for messages.
    path : str
        Path of the dataset in the file, for messages.
    shape : tuple of int, optional
        What it must be; a dataset of a known shape may be packed as tightly as it likes.
    """
    found = tuple(dataset.shape or ())
    if shape is not None and found != shape:
        raise KwikFormatError(f"{file.name}: {path} has shape {found} and should have {shape}.")
    n_bytes = math.prod(found) * dataset.dtype.itemsize
    if n_bytes <= SMALL:
        return
    if n_bytes > _physical_memory():
        raise KwikFormatError(f"{file.name}: {path} needs {_amount(n_bytes)} of memory; this computer has less.")
    if shape is not None:
        return
    if not is_written(dataset):
        stored = min(int(dataset.id.get_storage_size()), file.stat().st_size)
        raise KwikFormatError(
            f"{file.name}: {path} should have {_amount(n_bytes)} but only {_amount(stored)} were written; "
            "the file is damaged or was not finished, use another copy of it."
        )


def is_written(dataset: h5py.Dataset) -> bool:
    """Tell whether as many values were written, packed or not, as the shape of a dataset says."""
    n_bytes = math.prod(dataset.shape or ()) * dataset.dtype.itemsize
    file = Path(os.fsdecode(h5py.h5f.get_name(dataset.id)))
    return bool(n_bytes <= _MOST_PACKED * min(int(dataset.id.get_storage_size()), file.stat().st_size))


@cache
def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return 2**40


def _amount(n_bytes: int) -> str:
    if n_bytes >= 1e15:
        return f"{n_bytes:.0e} bytes"
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:.3g} {unit}"
    return f"{n_bytes} bytes"
