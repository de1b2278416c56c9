"""Puts the files of a sample in place so that a half written one is never taken for whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from napari_phy.core.errors import SaveError
from napari_phy.files.atomic import copy_file, sync_file
from napari_phy.files.platform_files import sync_folder

SUFFIXES = (".dat", ".kwx", ".truth.npz", ".kwik")  # the .kwik is what one opens: it appears last
IMAGING_SUFFIXES = (".movie.tif", ".cells.tif", ".film.mp4", ".setup.json", ".imaging.npz", *SUFFIXES)


def install(folder: Path, name: str, write: Callable[[Path], None], suffixes: Sequence[str] = SUFFIXES) -> Path:
    """Let `write` fill a hidden folder with the files of a sample, move them into `folder`, return the `.kwik`.

    Raises
    ------
    SaveError
        One of the files is there already.
    """
    present = [f"{name}{suffix}" for suffix in suffixes if (folder / f"{name}{suffix}").exists()]
    if present:
        raise SaveError(f"{folder} already holds {', '.join(present)}; choose another folder or name for the sample.")
    folder.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
    try:
        write(staging)
        for suffix in suffixes:
            sync_file(staging / f"{name}{suffix}")
        for suffix in suffixes:
            (staging / f"{name}{suffix}").rename(folder / f"{name}{suffix}")
        sync_folder(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder / f"{name}.kwik"


def copy_sample(source: Path, folder: Path, suffixes: Sequence[str] = SUFFIXES) -> Path:
    """Copy the sample whose `.kwik` is `source` into a folder; return the copy's `.kwik`.

    Raises
    ------
    SaveError
        One of the files is there already.
    """

    def write(staging: Path) -> None:
        for suffix in suffixes:
            copy_file(source.with_suffix(suffix), staging / f"{source.stem}{suffix}")

    return install(folder, source.stem, write, suffixes)
