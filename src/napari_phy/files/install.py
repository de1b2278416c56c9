"""Puts several new files in place so that half written ones are never taken for whole."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from napari_phy.core.errors import SaveError
from napari_phy.core.sentences import on_one_line
from napari_phy.files.atomic import sync_file
from napari_phy.files.platform_files import is_folder, sync_folder


def install(
    folder: Path, name: str, write: Callable[[Path], None], suffixes: Sequence[str], staging: Path | None = None
) -> Path:
    """Let `write` fill a hidden folder with new files and move them into `folder`; return the path of the last.

    Parameters
    ----------
    folder : Path
        Made where it is not there.
    name : str
        Name of the files without their suffixes.
    write : callable
        Gets the hidden folder; what else it leaves there is removed.
    suffixes : sequence of str
        Of all files, in the order in which they appear: the last is what one opens.
    staging : Path, optional
        The hidden folder, which stays where `write` fails: who gives it removes it. If None, a new one.

    Raises
    ------
    SaveError
        One of the files is there already.
    """
    check_free(folder, name, suffixes)
    folder.mkdir(parents=True, exist_ok=True)
    hidden = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder)) if staging is None else staging
    try:
        write(hidden)
        for suffix in suffixes:
            sync_file(hidden / f"{name}{suffix}")
        for suffix in suffixes:
            (hidden / f"{name}{suffix}").rename(folder / f"{name}{suffix}")
        sync_folder(folder)
    finally:
        if staging is None:
            shutil.rmtree(hidden, ignore_errors=True)
    return folder / f"{name}{suffixes[-1]}"


def check_folder(path: Path) -> None:
    """Raise SaveError where the folder of a file that is to be written is not there, or no file can have its name."""
    try:
        path.lstat()
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) or error.errno == errno.ENAMETOOLONG:
            raise SaveError(f"No file can be called {on_one_line(path.name)}; choose another name.") from None
    if not is_folder(path.parent):
        raise SaveError(f"{path.name} cannot be written: there is no folder {path.parent}; make it first.")


def check_free(folder: Path, name: str, suffixes: Sequence[str]) -> None:
    """Raise SaveError where one of the files is there already."""
    present = [f"{name}{suffix}" for suffix in suffixes if (folder / f"{name}{suffix}").exists()]
    if present:
        raise SaveError(f"{folder} already holds {', '.join(present)}; choose another folder or name.")
