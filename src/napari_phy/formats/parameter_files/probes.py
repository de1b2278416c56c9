"""Reads probes of any kind: klusta's probe files, and those of probeinterface, whose library has many by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.core.probe import Probe
from napari_phy.core.sentences import cause_of
from napari_phy.formats.parameter_files.literals import read_text
from napari_phy.formats.parameter_files.prb import ProbeFile, built_in_probe, read_prb

JSON = ".json"
_UM = {"um": 1.0, "mm": 1e3, "m": 1e6}
_NEAR_UM = 50.0  # contacts that see the same spikes
_NEAR_STEPS = 1.6  # times the distance of nearest contacts, where that is more


def read_probe(name: str | Path) -> ProbeFile:
    """Return the probe of a file, of a name that klusta knows, or of one in probeinterface's library.

    Parameters
    ----------
    name : str or Path
        A `.prb`, or a `.json` of probeinterface; `1x32_buzsaki`; or maker and probe, as in
        `neuronexus/A1x32-Poly3-10mm-50-177`.

    Raises
    ------
    MissingDataError
        There is no such file or probe, or the library needs a package that is not installed.
    KwikFormatError
        The file is not that of a probe.
    """
    path, built_in = Path(name), built_in_probe(str(name))
    if path.is_file():
        return _parse_json(read_text(path), path.name) if path.suffix.lower() == JSON else read_prb(path)
    if built_in is not None:
        return built_in
    maker, _, probe = str(name).partition("/")
    if maker and probe and "/" not in probe and not path.suffix and not path.is_absolute():
        return _from_library(maker, probe)
    raise MissingDataError(f"There is no probe file {path}; correct its name, or put it there.")


def _from_library(maker: str, probe: str) -> ProbeFile:
    try:
        import probeinterface
    except ImportError:
        raise MissingDataError('The library of probes needs probeinterface: pip install "napari-phy[probe]".') from None
    try:
        found = probeinterface.get_probe(maker, probe).to_dict(array_as_list=True)
    except Exception as error:  # whatever a download raises
        raise MissingDataError(f"The library has no probe {maker}/{probe}: {cause_of(error)}.") from error
    return _probe_file({"probes": [found]}, f"{maker}/{probe}")


def _parse_json(text: str, file_name: str) -> ProbeFile:
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KwikFormatError(f"{file_name} is no JSON: {error}.") from None
    return _probe_file(stored, file_name)


def _probe_file(stored: Any, name: str) -> ProbeFile:
    """Return the probes of probeinterface, each a channel group; one with several shanks has a group for each."""
    probes = stored.get("probes") if isinstance(stored, Mapping) else None
    if not isinstance(probes, list) or not probes:
        raise KwikFormatError(f"{name} has no probes of probeinterface; use a .prb, or a file that it wrote.")
    groups: dict[int, Probe] = {}
    first = 0
    for one in probes:
        try:
            positions = np.array(one["contact_positions"], dtype=np.float64)
            if positions.ndim != 2 or positions.shape[1] < 2 or not len(positions):
                raise ValueError
            positions = positions[:, :2] * _UM[one.get("si_units", "um")]
            given = one.get("device_channel_indices")
            columns = np.array(np.arange(first, first + len(positions)) if given is None else given, dtype=np.int64)
            shanks = np.array([str(shank) for shank in one.get("shank_ids") or [""] * len(positions)])
            if not len(columns) == len(shanks) == len(positions):
                raise ValueError
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise KwikFormatError(f"{name} has a probe whose contacts cannot be read; write it anew.") from None
        first += len(positions)
        for shank in dict.fromkeys(shanks.tolist()):
            mine = (shanks == shank) & (columns >= 0)  # −1: not wired
            ids, places = columns[mine], positions[mine]
            if len(np.unique(ids)) < len(ids):
                raise KwikFormatError(f"{name} has contacts on the same channel; wire each to one of its own.")
            if len(ids):
                groups[len(groups)] = Probe(ids, places, _near_pairs(ids, places))
    if not groups:
        raise KwikFormatError(f"{name} has no contact that is wired to a channel; set its device channels.")
    return ProbeFile(name, MappingProxyType(groups))


def _near_pairs(ids: npt.NDArray[np.int64], positions: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return `(n, 2)` channels that are neighbours."""
    if len(ids) < 2:
        return np.empty((0, 2), dtype=np.int64)
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    reach = max(_NEAR_UM, _NEAR_STEPS * float(np.median(apart.min(axis=1))))
    one, other = np.nonzero(np.triu(apart <= reach))
    return np.column_stack([ids[one], ids[other]])
