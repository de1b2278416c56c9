"""Where the channels of one group sit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import as_ids, read_only
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.probe_geometry import known_positions
from napari_phy.core.probe_svg import probe_svg

ASSUMED_PITCH_UM = 20.0  # between channels whose positions are not known
UNKNOWN_POSITIONS = "Positions are unknown: channels in the order of the file."


def _nothing() -> npt.NDArray[Any]:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Channel layout of one channel group; a notebook shows it as a picture.

    Attributes
    ----------
    channel_ids : ndarray of int64, shape (n_channels,)
        The columns of the raw data, in the order of features and waveforms.
    positions : ndarray of float64, shape (n_channels, 2)
        x and y in µm; nan where not known, also given as None.
    edges : ndarray of int64, shape (n_edges, 2)
        Pairs of neighbouring channel ids (may be empty).
    is_known : ndarray of bool, shape (n_channels,)
        False where a position was only assumed; where not given, positions are known that are finite, and none when all
        are the same.
    shanks : ndarray of int64, shape (n_channels,)
        Shank of each channel; empty where the file does not say: gaps between positions part shanks then.

    Raises
    ------
    NapariPhyError
        The channels are no integers, or there is not one position for each.
    """

    channel_ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float64] = field(default_factory=_nothing)
    edges: npt.NDArray[np.int64] = field(default_factory=_nothing)
    is_known: npt.NDArray[np.bool_] = field(default_factory=_nothing)
    shanks: npt.NDArray[np.int64] = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        ids = as_ids(self.channel_ids)
        if ids is None:
            raise NapariPhyError("The channels of a probe are a list of integers.")
        positions = _positions(self.positions, len(ids))
        edges = np.array(self.edges, dtype=np.int64).reshape(-1, 2)
        given = np.asarray(self.is_known, dtype=np.bool_)
        is_known = known_positions(positions) & (given if len(given) else True)
        shanks = np.array(self.shanks, dtype=np.int64).reshape(-1)
        arrays = {"channel_ids": ids, "positions": positions, "edges": edges, "is_known": is_known, "shanks": shanks}
        for name, array in arrays.items():
            object.__setattr__(self, name, read_only(array))

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.channel_ids)

    @property
    def knows_positions(self) -> bool:
        """Whether depths and distances mean anything: positions were not only assumed."""
        return bool(self.is_known.sum() >= min(2, self.n_channels))

    @property
    def from_top(self) -> npt.NDArray[np.int64]:
        """(n_channels,) places of the channels in the order of pictures of all of them: the highest first."""
        return np.argsort(-self.positions[:, 1], kind="stable")

    def _repr_html_(self) -> str:
        """Return the picture for a notebook: an inline SVG."""
        return probe_svg(self.channel_ids, self.positions, self.is_known, self.shanks)


def assumed_line(n_channels: int) -> npt.NDArray[np.float64]:
    """Return (n_channels, 2) positions for channels whose own are not known: a line in the order of the file."""
    return np.column_stack([np.zeros(n_channels), ASSUMED_PITCH_UM * np.arange(n_channels)])


def _positions(given: Any, n_channels: int) -> npt.NDArray[np.float64]:
    if given is None or (isinstance(given, np.ndarray) and not given.size):
        return np.full((n_channels, 2), np.nan)
    rows = [(np.nan, np.nan) if row is None else row for row in given] if isinstance(given, Iterable) else given
    try:
        positions = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError):
        positions = np.zeros(0)
    if positions.shape != (n_channels, 2) and (n_channels or positions.size):
        raise NapariPhyError(f"A probe needs x and y of each of its {n_channels} channels.")
    return positions.reshape(-1, 2)


def least_axis(positions: npt.NDArray[np.float64]) -> int:
    """Return the axis along which (n, 3) positions differ least; the last one where several do."""
    return 2 - int(np.argmin(np.ptp(positions, axis=0)[::-1]))
