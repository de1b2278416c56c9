"""Which of the files that a user points at is which raw file, and whether it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.files.platform_files import is_folder
from napari_phy.formats.kwik.raw_files import FlatLayout, RawData, find_file, fold_name, open_raw
from napari_phy.formats.kwik.recordings import RawPart

Paths = str | Path | Sequence[str | Path] | Mapping[str, str | Path]


def choose_raw(
    kwik: Path,
    paths: Paths,
    parts: Sequence[RawPart],
    flat: FlatLayout,
    *,
    last_channel: int,
    sample_rate: float,
) -> dict[str, Path]:
    """Return {name of a raw file in the `.kwik`: the file that the user means}.

    Files are known by their names; a single one may have any name. Others that are missing are taken from the same
    folder.

    Parameters
    ----------
    kwik : Path
        The `.kwik`.
    paths : Paths
        A file, several, or a folder that has them; or {name in the `.kwik`: file}.
    parts : sequence of RawPart
        What the recordings need.
    flat : FlatLayout
        Layout of flat files.
    last_channel : int
        The highest channel that is needed.
    sample_rate : float
        In Hz.

    Raises
    ------
    MissingDataError
        There is no such file, or it is not known which is which.
    KwikFormatError
        A file cannot be the raw data of this data set: its size, its length or its channels don't fit.
    """
    wanted = _wanted(parts)
    chosen = _matched(kwik, paths, wanted)
    if not chosen:
        raise MissingDataError(f"{kwik.name} needs {_listed(wanted)}; none of them is there.")
    for name, path in chosen.items():
        for part in parts:
            if part.link.name == name:
                _check(kwik, path, part, flat, last_channel, sample_rate)
    return chosen


def _wanted(parts: Sequence[RawPart]) -> list[str]:
    """Return the names of raw files: those that are missing, or all where none is."""
    missing = dict.fromkeys(part.link.name for part in parts if part.found is None)
    return list(missing or dict.fromkeys(part.link.name for part in parts))


def _matched(kwik: Path, paths: Paths, wanted: list[str]) -> dict[str, Path]:
    if isinstance(paths, Mapping):
        chosen = {name: Path(path) for name, path in paths.items()}
        others: list[Path] = []
    else:
        given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
        folders = [path for path in given if is_folder(path)]
        files = [path for path in given if path not in folders]
        named = {fold_name(path.name): path for path in files}
        chosen = {name: named[fold_name(name)] for name in wanted if fold_name(name) in named}
        others = [path for path in files if path not in chosen.values()]
        chosen |= _in_folders(folders, [name for name in wanted if name not in chosen])
    for path in [*chosen.values(), *others]:
        if find_file(path) is None:
            raise MissingDataError(f"{path.name} is not there: no such file in {path.resolve().parent}.")
    left = [name for name in wanted if name not in chosen]
    if len(others) == 1 and (len(left) == 1 or others[0].suffix.lower() == ".kwd"):
        chosen |= dict.fromkeys(left, others[0])
    elif others and left:
        raise MissingDataError(
            f"{kwik.name} needs {_listed(left)}; which one is {others[0].name}? Choose files that have these names."
        )
    elif others:
        raise MissingDataError(f"{kwik.name} needs {_listed(wanted)}, and no {others[0].name}.")
    left = [name for name in wanted if name not in chosen]
    return chosen | _in_folders(list(dict.fromkeys(path.parent for path in chosen.values())), left)


def _in_folders(folders: Sequence[Path], names: Sequence[str]) -> dict[str, Path]:
    found = ((name, find_file(folder / name)) for name in names for folder in reversed(folders))
    return {name: file for name, file in found if file is not None}


def _check(kwik: Path, path: Path, part: RawPart, flat: FlatLayout, last_channel: int, sample_rate: float) -> None:
    if path.stat().st_size == 0:
        raise KwikFormatError(f"{path.name} is empty; choose another file.")
    try:
        raw = open_raw(path, part.link, part.recording_id, flat)
    except KwikFormatError as error:
        raise KwikFormatError(f"{str(error).partition('; ')[0].rstrip('.')}; choose another file.") from error
    if raw.node is None:
        _check_size(kwik, raw)
    if raw.n_channels <= last_channel:
        raise KwikFormatError(
            f"{path.name} has {raw.n_channels} channels, but {kwik.name} has channel {last_channel}; "
            "choose another file."
        )
    n_rows = part.n_rows + (part.first_row if raw.node is None else 0)
    if raw.n_rows < n_rows:
        raise KwikFormatError(
            f"{path.name} ends after {raw.n_rows / sample_rate:.3f} s, but {kwik.name} has a spike "
            f"at {(n_rows - 1) / sample_rate:.3f} s; choose another file."
        )


def _check_size(kwik: Path, raw: RawData) -> None:
    row_bytes = raw.n_channels * raw.dtype.itemsize
    size = raw.path.stat().st_size
    if size % row_bytes:
        raise KwikFormatError(
            f"{raw.path.name} has {size} bytes, which is no multiple of {row_bytes} ({raw.n_channels} channels "
            f"of {raw.dtype} in {kwik.name}); choose another file."
        )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
