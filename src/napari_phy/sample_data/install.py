"""The files of samples, and copies of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari_phy.files.atomic import copy_file
from napari_phy.files.install import install

SUFFIXES = (".dat", ".kwx", ".truth.npz", ".kwik")  # the .kwik is what one opens: it appears last
IMAGING_SUFFIXES = (".movie.tif", ".cells.tif", ".film.mp4", ".setup.json", ".imaging.npz", *SUFFIXES)


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
