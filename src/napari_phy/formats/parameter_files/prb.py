"""Reads probe files (`.prb`, and the older `probes = …`), which are never run."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shown
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError
from napari_phy.core.probe import Probe, assumed_line, least_axis
from napari_phy.formats.parameter_files.literals import parse_assignments, read_text

logger = logging.getLogger(__name__)

_HIGHEST_CHANNEL = 2**31 - 1
_NUMBER = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True, eq=False)
class ProbeFile:
    """The channel groups of a probe.

    Attributes
    ----------
    name : str
        Name of the file, for messages.
    groups : mapping of int to Probe
        {channel group: its channels}, ascending. A channel without a position sits on a line, 20 µm apart; edges to
        channels that are not in the group are left out.
    notes : tuple of str, default ()
        A sentence for each channel group whose positions in space were projected.
    """

    name: str
    groups: Mapping[int, Probe]
    notes: tuple[str, ...] = ()

    @property
    def n_columns(self) -> int:
        """Columns that the raw data must have at least."""
        return 1 + max((int(probe.channel_ids.max()) for probe in self.groups.values() if probe.n_channels), default=-1)


def read_prb(path: str | Path) -> ProbeFile:
    """Read a probe file.

    Raises
    ------
    MissingDataError
        If there is no such file.
    KwikFormatError
        If it is not a probe file; the message says where and what to do.
    """
    path = Path(path)
    return parse_prb(read_text(path), path.name)


def parse_prb(text: str, file_name: str) -> ProbeFile:
    """Read the text of a probe file, called `file_name` in messages.

    Raises
    ------
    KwikFormatError
        If it is not one.
    """
    names = parse_assignments(text, file_name)
    if "channel_groups" in names:
        stored = names["channel_groups"]
    elif "probes" in names:
        stored = _modern(names["probes"], names.get("geometry"), file_name)
    else:
        raise KwikFormatError(f"{file_name} is not a probe file: it sets no channel_groups; add `channel_groups = …`.")
    if not isinstance(stored, dict) or not stored:
        raise KwikFormatError(f"{file_name}: channel_groups must be a dict such as {{0: {{'channels': [0, 1]}}}}.")
    groups = {}
    notes: list[str] = []
    stored = _by_number(stored)
    for key in stored:
        if not isinstance(key, int) or isinstance(key, bool) or not 0 <= key <= _HIGHEST_CHANNEL:
            raise KwikFormatError(f"{file_name}: {shown(key)} is no number of a channel group; use 0, 1, 2 and so on.")
    for key in sorted(stored):
        groups[key] = _probe(stored[key], f"{file_name}: channel group {key}", notes)
    for note in notes:
        logger.warning(note)
    return ProbeFile(file_name, MappingProxyType(groups), tuple(notes))


def built_in_probe(name: str) -> ProbeFile | None:
    """Return the probe that klusta knows by name, `1x32_buzsaki`; None for other names."""
    if name.removesuffix(".prb") != "1x32_buzsaki":
        return None
    step = 31 - np.arange(32)
    x = np.where(step == 0, 0, (step + 4) * np.where(step % 2, 1, -1))
    edges = [(low, high) for low in range(32) for high in (low + 1, low + 2) if high < 32]
    probe = Probe(np.arange(32), np.column_stack([x, 10 * step]), np.array(edges))
    return ProbeFile("1x32_buzsaki", MappingProxyType({0: probe}))


def _modern(probes: Any, geometry: Any, file_name: str) -> dict[Any, Any]:
    """Return channel groups of the older form: an adjacency list a shank, one geometry for all or one a shank."""
    if not isinstance(probes, dict):
        raise KwikFormatError(f"{file_name}: probes must be a dict such as {{0: [(0, 1), (1, 2)]}}.")
    groups = {}
    for shank, graph in probes.items():
        where = f"{file_name}: channel group {shown(shank)}"
        positions = geometry.get(shank) if isinstance(geometry, dict) else None
        groups[shank] = {
            "channels": np.unique(_edges(graph, where)).tolist(),
            "graph": graph,
            "geometry": positions if isinstance(positions, dict) else geometry,
        }
    return groups


def _projected(positions: Sequence[tuple[float, ...]], where: str) -> tuple[npt.NDArray[np.float64], str]:
    """Return (n, 2) positions, those in space without the axis along which they differ least; and a sentence on it."""
    n_axes = max(map(len, positions), default=2)
    if n_axes == 2:
        return np.array(positions, dtype=np.float64).reshape(-1, 2), ""
    if any(len(position) != n_axes and np.isfinite(position).all() for position in positions):
        raise KwikFormatError(f"{where} has positions of two numbers and of three; write all of them alike.")
    placed = np.array([position if len(position) == 3 else (np.nan,) * 3 for position in positions])
    known = placed[np.isfinite(placed).all(axis=1)]
    left_out = least_axis(known)
    note = f"{where} has positions in space; they are shown without {'xyz'[left_out]}, along which they differ least."
    return np.delete(placed, left_out, axis=1), note


def _probe(stored: Any, where: str, notes: list[str]) -> Probe:
    if not isinstance(stored, dict) or "channels" not in stored:
        raise KwikFormatError(f"{where} has no channels; write {{'channels': [0, 1]}}.")
    channels = stored["channels"]
    if not isinstance(channels, (list, tuple)):
        raise KwikFormatError(f"{where}: channels must be a list of numbers, such as [0, 1].")
    ids = [_channel(channel, where) for channel in channels]
    if len(set(ids)) < len(ids):
        twice = next(channel for channel, count in Counter(ids).items() if count > 1)
        raise KwikFormatError(f"{where} names channel {twice} twice; name each channel once.")
    edges = _edges(stored.get("graph"), where)
    positions = stored.get("geometry")
    if isinstance(positions, (list, tuple)):
        if len(positions) > max(ids, default=0) and len(positions) > len(ids):
            positions = [positions[column] for column in ids]  # one for each column of the raw data
        if len(positions) != len(ids):
            raise KwikFormatError(f"{where} has {len(ids)} channels but {len(positions)} positions; give one to each.")
        positions = dict(zip(ids, positions, strict=True))
    if positions is not None and not isinstance(positions, dict):
        raise KwikFormatError(f"{where}: geometry must be positions by channel, such as {{0: (0, 20)}}.")
    positions = _by_number(positions or {})
    given = {channel: _position(positions, channel, where) for channel in ids}
    placed, note = _projected([given[channel] for channel in ids], where)
    if note:
        notes.append(note)
    is_known = np.asarray(np.isfinite(placed).all(axis=1))
    return Probe(
        np.array(ids, dtype=np.int64),
        np.where(is_known[:, None], placed, assumed_line(len(ids))),
        edges[np.isin(edges, ids).all(axis=1)],
        is_known,
    )


def _by_number(stored: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a dict with "0" as 0, as files that were JSON have it; a key that is both keeps the number's value."""
    named = {key: int(key) for key in stored if isinstance(key, str) and _NUMBER.fullmatch(key)}
    return {named[key]: stored[key] for key in named} | {key: stored[key] for key in stored if key not in named}


def _channel(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _HIGHEST_CHANNEL:
        raise KwikFormatError(f"{where}: {shown(value)} is no channel; use columns of the raw data, from 0 on.")
    return value


def _edges(graph: Any, where: str) -> npt.NDArray[np.int64]:
    if graph is None:
        return np.empty((0, 2), dtype=np.int64)
    if not isinstance(graph, (list, tuple, set)):
        raise KwikFormatError(f"{where}: graph must be a list of pairs, such as [(0, 1), (1, 2)].")
    pairs: list[Sequence[int]] = []
    for edge in graph:
        if not isinstance(edge, (list, tuple)) or len(edge) != 2:
            raise KwikFormatError(f"{where}: {shown(edge)} in the graph is no pair of channels; write it as (0, 1).")
        pairs.append([_channel(channel, where) for channel in edge])
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _position(positions: Mapping[Any, Any], channel: int, where: str) -> tuple[float, ...]:
    stored = positions.get(channel)
    if stored is None:
        return np.nan, np.nan
    if isinstance(stored, (list, tuple)) and len(stored) in (2, 3):
        numbers = [float(value) for value in stored if isinstance(value, (int, float))]
        if len(numbers) == len(stored) and np.isfinite(numbers).all():
            return tuple(numbers)
    raise KwikFormatError(
        f"{where}: channel {channel} has the position {shown(stored)}; write x and y in µm, as (0, 20)."
    )
