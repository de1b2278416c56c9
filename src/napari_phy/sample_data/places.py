"""Where the samples are kept: each made once in the user's cache, opened as a working copy.

    <cache>/napari-phy/<sample>/v<version>/pristine/   never opened for editing; other copies are made from it
    <cache>/napari-phy/<sample>/v<version>/working/    what File > Open Sample opens

There is one working copy of each. It is made on the first opening and then opened again like any other data set, with
the edits that were made in it: so none is ever lost, and the cache never holds more than these two. Who wants to start
anew undoes the edits, deletes the folder `working`, or takes a `fresh_copy`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from napari_phy.files.atomic import copy_file
from napari_phy.files.platform_files import cache_folder
from napari_phy.sample_data.imaging import make_imaging_sample
from napari_phy.sample_data.imaging_recipe import IMAGING_VERSION
from napari_phy.sample_data.install import IMAGING_SUFFIXES, SUFFIXES, copy_sample
from napari_phy.sample_data.make import Progress, make_sample
from napari_phy.sample_data.recipe import GENERATOR_VERSION


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the samples: its name, the version of its bytes and the endings of its files."""

    name: str
    version: int
    suffixes: tuple[str, ...]

    def make(self, folder: Path, progress: Progress | None) -> None:
        """Make it in a folder."""
        make = make_sample if self.name == EPHYS.name else make_imaging_sample
        make(folder, self.name, progress)


EPHYS = Sample("sample", GENERATOR_VERSION, SUFFIXES)
IMAGING = Sample("imaging", IMAGING_VERSION, IMAGING_SUFFIXES)
SAMPLES = {"ephys": EPHYS, "imaging": IMAGING}  # by what one asks for

_ABANDONED_S = 3600.0
_MAKING = ".making-"


def sample_path(progress: Progress | None = None, sample: Sample = EPHYS) -> Path:
    """Return the `.kwik` of a pristine sample, made now if it is not in the cache; don't edit it.

    `progress` is called with the share that is done, only when it is made.
    """
    folder = _home(sample) / "pristine"
    if not _is_whole(folder, sample):
        _sweep(sample)
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=_MAKING, dir=folder.parent))
        try:
            sample.make(staging, progress)
            _put_in_place(staging, folder, sample)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return folder / f"{sample.name}.kwik"


def fresh_copy(folder: Path, progress: Progress | None = None, sample: Sample = EPHYS) -> Path:
    """Copy a pristine sample into a folder; return the copy's `.kwik`.

    Raises
    ------
    SaveError
        One of its files is there already.
    """
    return copy_sample(sample_path(progress, sample), Path(folder), sample.suffixes)


def working_copy(progress: Progress | None = None, sample: Sample = EPHYS) -> Path:
    """Return the `.kwik` of the user's own copy of a sample, with the edits made in it before."""
    pristine = sample_path(progress, sample)
    folder = _home(sample) / "working"
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in sample.suffixes:
        target = folder / f"{sample.name}{suffix}"
        if not target.exists():
            _copy_whole(pristine.with_suffix(suffix), target)
    return folder / f"{sample.name}.kwik"


def _home(sample: Sample) -> Path:
    return cache_folder() / sample.name / f"v{sample.version}"


def _is_whole(folder: Path, sample: Sample) -> bool:
    return all((folder / f"{sample.name}{suffix}").exists() for suffix in sample.suffixes)


def _put_in_place(staging: Path, folder: Path, sample: Sample) -> None:
    """Rename a finished folder; where another process was quicker, its equal one stays."""
    if folder.exists() and not _is_whole(folder, sample):
        shutil.rmtree(folder)
    try:
        staging.rename(folder)
    except OSError:
        if not _is_whole(folder, sample):
            raise


def _copy_whole(source: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        copy_file(source, temporary)
        if not target.exists():
            temporary.rename(target)
    finally:
        temporary.unlink(missing_ok=True)


def _sweep(sample: Sample) -> None:
    """Remove what killed processes left behind and pristine samples of other versions, never a working copy."""
    for home in cache_folder().glob(f"{sample.name}/v*"):
        for folder in home.glob(f"{_MAKING}*"):
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > _ABANDONED_S:
                    shutil.rmtree(folder, ignore_errors=True)
        if home != _home(sample):
            shutil.rmtree(home / "pristine", ignore_errors=True)
            with suppress(OSError):
                home.rmdir()
