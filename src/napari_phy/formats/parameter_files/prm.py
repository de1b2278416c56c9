"""Reads parameter files of klusta (`.prm`) and phy (`params.py`), which are never run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shown
from types import MappingProxyType
from typing import Any

import numpy as np

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.parameter_files.literals import parse_assignments, read_text

_SECTIONS = ("traces", "spikedetekt", "klustakwik2")
_OTHER_NAMES = {
    "raw_data_files": ("dat_path",),
    "n_channels": ("nchannels", "n_channels_dat"),
    "prb_file": ("prb",),
}


@dataclass(frozen=True, slots=True)
class ParameterFile:
    """What a parameter file says; None and empty where it says nothing.

    Attributes
    ----------
    path : Path
        The parameter file.
    experiment_name : str
        Base name of the data set; the file's own where it gives none.
    prb_file : str or None
        Probe file beside the parameter file, or the name of one that klusta knows.
    raw_data_files : tuple of Path
        Absolute paths; relative ones were meant from the folder of the parameter file.
    sample_rate : float or None
        In Hz.
    n_channels : int or None
        Columns of the raw data.
    dtype : dtype or None
        Type of a raw sample.
    voltage_gain : float or None
        As stored; often not in µV.
    spikedetekt, klustakwik2, traces : mapping of str to object
        All values of these sections, with keys in lower case.
    others : mapping of str to object
        All values outside of them, with keys in lower case.
    """

    path: Path
    experiment_name: str
    prb_file: str | None
    raw_data_files: tuple[Path, ...]
    sample_rate: float | None
    n_channels: int | None
    dtype: np.dtype[Any] | None
    voltage_gain: float | None
    traces: Mapping[str, Any]
    spikedetekt: Mapping[str, Any]
    klustakwik2: Mapping[str, Any]
    others: Mapping[str, Any]


def read_prm(path: str | Path) -> ParameterFile:
    """Read a parameter file.

    Raises
    ------
    MissingDataError
        If there is no such file.
    KwikFormatError
        If a line is no assignment, or a value cannot be right; the message says where and what to do.
    """
    path = Path(path)
    return parse_prm(read_text(path), path)


def parse_prm(text: str, path: Path) -> ParameterFile:
    """Read the text of a parameter file; paths in it are taken from the folder of `path`.

    Raises
    ------
    KwikFormatError
        If it is not one.
    """
    names = _lower(parse_assignments(text, path.name, path))
    sections: dict[str, Mapping[str, Any]] = {}
    for section in _SECTIONS:
        stored = names.pop(section, None)
        if stored is not None and not isinstance(stored, dict):
            raise KwikFormatError(f"{path.name}: {section} must be a dict, such as dict(sample_rate=20000).")
        sections[section] = MappingProxyType(_lower(stored or {}))
    look = _Look(path.name, {**names, **sections["spikedetekt"], **sections["traces"]})
    files = look.find("raw_data_files", _is_files, "a file name or a list of them")
    files = [files] if isinstance(files, str) else list(files or ())
    dtype = look.find("dtype", _is_dtype, "a type of numbers, such as 'int16'")
    rate = look.find("sample_rate", _is_positive, "a number of Hz above 0")
    gain = look.find("voltage_gain", _is_number, "a number")
    return ParameterFile(
        path=path,
        experiment_name=look.find("experiment_name", _is_text, "a name") or path.stem,
        prb_file=look.find("prb_file", _is_text, "the name of a probe file"),
        raw_data_files=tuple(_absolute(path, file) for file in files),
        sample_rate=None if rate is None else float(rate),
        n_channels=look.find("n_channels", _is_count, "a whole number above 0"),
        dtype=None if dtype is None else np.dtype(dtype),
        voltage_gain=None if gain is None else float(gain),
        others=MappingProxyType(names),
        **sections,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """Finds values under their present or older names, and says what is wrong with one that cannot be right."""

    file_name: str
    values: Mapping[str, Any]

    def find(self, name: str, is_right: Callable[[Any], bool], must_be: str) -> Any:
        for key in (name, *_OTHER_NAMES.get(name, ())):
            value = self.values.get(key)
            if value is None or value == "":
                continue
            if not is_right(value):
                raise KwikFormatError(f"{self.file_name}: {key} is {shown(value)}, but must be {must_be}; correct it.")
            return value
        return None


def _lower(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in values.items()}


def _absolute(path: Path, file: str) -> Path:
    return path.parent.absolute() / file


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_files(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, (list, tuple)) and all(_is_text(item) and item for item in value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_positive(value: Any) -> bool:
    return _is_number(value) and 0 < value < 1e9


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _is_dtype(value: Any) -> bool:
    try:
        return isinstance(value, str) and np.dtype(value).kind in "iuf"
    except (TypeError, ValueError, SyntaxError):
        return False
