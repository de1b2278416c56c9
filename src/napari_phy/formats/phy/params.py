"""What `params.py` says of the raw data of a folder; it is read, never run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.core.sentences import on_one_line
from napari_phy.files.platform_files import is_file, is_folder
from napari_phy.formats import parameters
from napari_phy.formats.hdf5.values import as_int
from napari_phy.formats.parameter_files.literals import read_assignments

PARAMS, SPIKE_TIMES = "params.py", "spike_times.npy"
_LOW_HZ = 300.0  # from which waveforms are shown, as Kilosort filters
_NO_FILE = "None"  # what SpikeInterface calls raw data that are in no file
_WHITENED = re.compile(r"temp_wh", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of a folder.

    Attributes
    ----------
    values : mapping of str to object
        All of them, as the file has them.
    sample_rate : float
        In Hz.
    dtype : dtype
        Type of a raw sample.
    n_channels : int
        Columns of the raw data; 0 where the file does not say.
    offset : int
        Bytes at the beginning of each raw file that are no samples.
    is_filtered : bool
        Whether the raw data are filtered already.
    dat_path : tuple of str
        Raw files as the file names them, in the order of time.
    """

    values: Mapping[str, Any]
    sample_rate: float
    dtype: np.dtype[Any]
    n_channels: int
    offset: int
    is_filtered: bool
    dat_path: tuple[str, ...]

    @property
    def is_whitened(self) -> bool:
        """Whether the raw file is the whitened one that Kilosort makes for itself."""
        return any(_WHITENED.search(_name_of(file)) for file in self.dat_path)

    def detection(self, n_samples: int | None) -> dict[str, Any]:
        """Return parameters that tell how waveforms are cut: as templates are, which have the spike in their middle.

        Parameters
        ----------
        n_samples : int or None
            Length of the templates; None where there are none.
        """
        cut: dict[str, Any] = {"waveform_filter": 0} if self.is_filtered else {"filter_low": _LOW_HZ}
        if n_samples is not None:
            cut |= {"extract_s_before": n_samples // 2, "extract_s_after": n_samples - n_samples // 2}
        return {**cut, **self.values}


def find_folder(path: Path) -> Path | None:
    """Return the folder of a phy data set that a path is, or is a file of; None where it is none."""
    if is_folder(path):
        return path if is_file(path / PARAMS) or is_file(path / SPIKE_TIMES) else None
    if path.name == PARAMS:
        return path.absolute().parent
    is_inside = path.suffix.lower() == ".npy" and is_file(path)
    return path.absolute().parent if is_inside and is_file(path.absolute().parent / PARAMS) else None


def read_params(path: Path) -> Params:
    """Read a `params.py`.

    Raises
    ------
    MissingDataError
        There is no such file.
    KwikFormatError
        It has a line that is no assignment, or a value that cannot be right.
    """
    values = read_assignments(path)
    rate = parameters.sample_rate(values)
    if rate is None:
        raise KwikFormatError(f"{path.name} gives no sample rate; add a line such as sample_rate = 30000.")
    dtype = parameters.sample_type(values)
    if dtype is None:
        raise KwikFormatError(f"{path.name}: dtype is {on_one_line(values['dtype'])}, no type of numbers; correct it.")
    dat = values.get("dat_path")
    given = dat if isinstance(dat, (list, tuple)) else [dat]
    named = [str(one).strip() for one in given if isinstance(one, str | Path)]
    files = tuple(file for file in named if file and file != _NO_FILE)
    n_channels, offset = (_count_of(values, name, path.name) for name in ("n_channels_dat", "offset"))
    return Params(values, rate, dtype, n_channels, offset, bool(values.get("hp_filtered")), files)


def _count_of(values: Mapping[str, Any], name: str, file: str) -> int:
    """Return a number of channels or bytes, 0 where the file does not say."""
    value = values.get(name)
    if isinstance(value, (list, tuple)) and len(value) == 1:  # a comma too many
        value = value[0]
    found = 0 if value is None else as_int(value)
    if found is None:
        raise KwikFormatError(f"{file}: {name} is {on_one_line(value)}, no whole number; correct it.")
    if found < 0:
        raise KwikFormatError(f"{file}: {name} is below 0; correct it.")
    return found


def find_raw(folder: Path, named: str) -> Path | None:
    """Return where a raw file is: as named, from the folder or the working directory, or by its name in the folder."""
    own = _name_of(named)
    places = [folder / named, folder / named.replace("\\", "/"), Path(named), folder / own, folder.parent / own]
    return next((place for place in places if own and is_file(place)), None)


def choose_raw(paths: Any, named: Sequence[str]) -> dict[str, Path]:
    """Return {raw file as named: file} of what the user chose: a mapping, a file, several, or a folder.

    Raises
    ------
    MissingDataError
        One of the files is not among them, or is not there.
    """
    if isinstance(paths, Mapping):
        chosen = {str(name): Path(path).absolute() for name, path in paths.items()}
    else:
        given = [Path(path).absolute() for path in ([paths] if isinstance(paths, str | Path) else paths)]
        inside = [path / _name_of(name) for path in given if is_folder(path) for name in named]
        files = [path for path in given if not is_folder(path)]
        if len(files) == len(named) == 1:
            chosen = {named[0]: files[0]}
        else:
            places = {path.name: path for path in [*inside, *files] if is_file(path)}
            chosen = {name: places[_name_of(name)] for name in named if _name_of(name) in places}
    lost = [str(path) for path in chosen.values() if not is_file(path)]
    lost += [] if chosen else [", ".join(map(_name_of, named)) or "raw data"]
    if lost:
        raise MissingDataError(f"There is no {lost[0]} there; choose the file itself.")
    return chosen


def _name_of(file: str) -> str:
    """Return the name of a file without its folders, whatever system wrote it."""
    return re.split(r"[/\\]", file.rstrip("/\\"))[-1]
