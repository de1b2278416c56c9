"""Principal components of spikes on the channels of their template, as rows of all channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import is_measured
from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.kwik.windows import in_order, sorted_ids
from napari_phy.formats.phy.arrays import NpyArray, as_integers
from napari_phy.formats.phy.templates import Templates


@dataclass(frozen=True, slots=True, eq=False)
class SparseRows:
    """Features that are stored for a few channels of each spike.

    Attributes
    ----------
    stored : NpyArray
        (n_rows, n_pcs, n_near), or (n_rows, n_near, n_pcs).
    is_pcs_first : bool
        Which of the two.
    near : ndarray of int64, shape (n_templates, n_near)
        Channels of each template; those that are none are `n_channels`.
    templates : ndarray of int64, shape (n_spikes,)
        Template of each spike; -1 for one without channels.
    rows : ndarray of int64, shape (n_spikes,)
        Stored row of each spike; -1 for one without.
    n_channels : int
        Channels of the folder.
    """

    stored: NpyArray
    is_pcs_first: bool
    near: npt.NDArray[np.int64]
    templates: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    n_channels: int

    @property
    def n_near(self) -> int:
        """Channels of a template."""
        return int(self.near.shape[1])

    @property
    def n_pcs(self) -> int:
        """Features of a channel."""
        return self.stored.shape[1 if self.is_pcs_first else 2]

    @property
    def reads_columns(self) -> bool:
        """Whether few bytes are read for single features of a spike."""
        return not self.stored.is_by_column

    def values_of(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return (n, n_near, n_pcs) of spikes that have features."""
        rows, order = self.rows[ids], None
        if len(rows) > 1 and not bool((rows[1:] > rows[:-1]).all()):
            rows, order = np.unique(rows, return_inverse=True)
        found = self.stored.take(rows)
        values = found.swapaxes(1, 2) if self.is_pcs_first else found
        return np.asarray(values if order is None else values[order], dtype=np.float32)


class NearRows(Protocol):
    """Features of a few channels of each spike, wherever they come from."""

    @property
    def templates(self) -> npt.NDArray[np.int64]:
        """(n_spikes,) template of each spike; -1 for one without channels."""
        ...

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """(n_spikes,) row of each spike; -1 for one without."""
        ...

    @property
    def near(self) -> npt.NDArray[np.int64]:
        """(n_templates, n_near) channels of each template; those that are none are `n_channels`."""
        ...

    @property
    def n_near(self) -> int:
        """Channels of a template, known without reading."""
        ...

    @property
    def n_channels(self) -> int:
        """Channels of the folder."""
        ...

    @property
    def n_pcs(self) -> int:
        """Features of a channel."""
        ...

    @property
    def reads_columns(self) -> bool:
        """Whether single features of a spike take no longer than all would."""
        ...

    def values_of(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return (n, n_near, n_pcs) of ascending spikes that have features."""
        ...


class PcFeatures:
    """`(n_spikes, n_channels * n_pcs)` float32, channel-major; 0 on channels that are not stored, nan where nothing is.

    Parameters
    ----------
    sparse : NearRows
        What is stored, or computed.
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, sparse: NearRows) -> None:
        self._sparse = sparse
        self.shape: tuple[int, ...] = (len(sparse.rows), sparse.n_channels * sparse.n_pcs)

    @property
    def reads_columns(self) -> bool:
        """Whether `columns` makes no rows of all channels."""
        return self._sparse.reads_columns

    @property
    def n_at_most(self) -> int:
        """How many values of a row are not 0, at most."""
        return self._sparse.n_near * self._sparse.n_pcs

    def few(self, spike_ids: slice | npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the columns and values of spikes, (n, n_at_most) each; nan where nothing is."""
        ids, order = sorted_ids(spike_ids, self.shape[0])
        has, templates, values, lost = self._read(ids)
        values[lost] = np.nan
        out = np.full((len(ids), *values.shape[1:]), np.nan, dtype=np.float32)
        out[has] = values
        channels = np.zeros(out.shape[:2], dtype=np.int64)
        channels[has] = channels_near(self._sparse)[templates]
        columns = channels[:, :, None] * self._sparse.n_pcs + np.arange(self._sparse.n_pcs)
        flat = columns.reshape(len(ids), self.n_at_most), out.reshape(len(ids), self.n_at_most)
        return in_order(flat[0], order, spike_ids), in_order(flat[1], order, spike_ids)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        key, picked = key if isinstance(key, tuple) else (key, slice(None))
        ids, order = sorted_ids(key, self.shape[0])
        sparse = self._sparse
        has, templates, values, lost = self._read(ids)
        out = np.zeros((len(ids), sparse.n_channels, sparse.n_pcs), dtype=np.float32)
        rows, channels = np.flatnonzero(has), sparse.near[templates]
        if channels.max(initial=-1) < sparse.n_channels:
            out[rows[:, None], channels] = values
        else:
            spikes, places = np.nonzero(channels < sparse.n_channels)
            out[rows[spikes], channels[spikes, places]] = values[spikes, places]
        out[rows[lost]] = np.nan
        out[~has] = np.nan
        flat = out.reshape(len(ids), self.shape[1])
        return in_order(flat[:, picked], order, key)

    def columns(self, spike_ids: npt.NDArray[np.int64], columns: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return (n, n_columns) of some columns of spikes, in the order given."""
        ids, order = sorted_ids(spike_ids, self.shape[0])
        has, templates, values, lost = self._read(ids)
        rows, near = np.arange(len(values)), self._sparse.near
        out = np.full((len(ids), len(columns)), np.nan, dtype=np.float32)
        for number, column in enumerate(columns):
            channel, component = divmod(int(column), self._sparse.n_pcs)
            of_template = np.full(len(near), -1)
            has_channel, place = np.nonzero(near == channel)
            of_template[has_channel] = place
            places = of_template[templates]
            found = np.where(places < 0, np.float32(0), values[rows, places, component])
            found[lost] = np.nan
            out[has, number] = found
        return in_order(out, order, spike_ids)

    @cached_property
    def _is_no_channel(self) -> npt.NDArray[np.bool_] | None:
        """(n_templates, n_near), None where all are channels."""
        is_none = self._sparse.near == self._sparse.n_channels
        return is_none if is_none.any() else None

    def _read(
        self, ids: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Return which of ascending spikes have features; of those templates, values, and which are no numbers."""
        has, templates = having(self._sparse, ids)
        templates = templates[has]
        values = self._sparse.values_of(ids[has])
        if self._is_no_channel is not None:
            values[self._is_no_channel[templates]] = 0
        return has, templates, values, ~is_measured(values)


class PcMasks:
    """`(n_spikes, n_channels)` float32: how large the template of a spike is on the channels that are stored, else 0.

    Parameters
    ----------
    sparse : NearRows
        What is stored, or computed.
    templates : Templates or None
        The templates; None gives 1 on all channels that are stored.
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, sparse: NearRows, templates: Templates | None) -> None:
        self._sparse = sparse
        self._templates = templates
        self.shape: tuple[int, ...] = (len(sparse.rows), sparse.n_channels)

    @property
    def reads_columns(self) -> bool:
        """True: nothing is read."""
        return True

    @property
    def n_at_most(self) -> int:
        """How many values of a row are not 0, at most."""
        return self._sparse.n_near

    def few(self, spike_ids: slice | npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the columns and values of spikes, (n, n_at_most) each."""
        ids, order = sorted_ids(spike_ids, self.shape[0])
        templates = self._templates_of(ids)
        channels = channels_near(self._sparse)[templates]
        values = self._near_templates[templates]
        return in_order(channels, order, spike_ids), in_order(values, order, spike_ids)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        key, picked = key if isinstance(key, tuple) else (key, slice(None))
        ids, order = sorted_ids(key, self.shape[0])
        return in_order(self._of_templates[:, picked][self._templates_of(ids)], order, key)

    def columns(self, spike_ids: npt.NDArray[np.int64], columns: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return (n, n_columns) of some columns of spikes, in the order given."""
        return self[spike_ids, list(columns)]

    def _templates_of(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        has, templates = having(self._sparse, ids)
        return np.where(has, templates, -1)

    @cached_property
    def _of_templates(self) -> npt.NDArray[np.float32]:
        """(n_templates + 1, n_channels) masks of the spikes of each template; the last is that of spikes without."""
        near = self._sparse.near
        out = np.zeros((len(near) + 1, self.shape[1] + 1), dtype=np.float32)
        out[np.arange(len(near))[:, None], near] = 1
        if self._templates is not None:
            n = min(len(near), len(self._templates))
            out[:n, :-1] *= self._templates.shares[:n]
        return np.ascontiguousarray(out[:, :-1])

    @cached_property
    def _near_templates(self) -> npt.NDArray[np.float32]:
        """(n_templates + 1, n_near) of `_of_templates`, on the channels near."""
        near, masks = self._sparse.near, self._of_templates
        out = np.zeros((len(masks), self.n_at_most), dtype=np.float32)
        spikes, places = np.nonzero(near < self.shape[1])
        out[spikes, places] = masks[spikes, near[spikes, places]]
        return out


def channels_near(sparse: NearRows) -> npt.NDArray[np.int64]:
    """Return (n_templates, n_near) channels, 0 for those that are none."""
    return np.where(sparse.near < sparse.n_channels, sparse.near, 0)


def having(sparse: NearRows, ids: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return which spikes have features, and the template of each: (n,) and (n,)."""
    templates = sparse.templates[ids]
    return (sparse.rows[ids] >= 0) & (templates >= 0), templates


def sparse_rows(
    stored: NpyArray,
    near: NpyArray | None,
    numbers: NpyArray | None,
    templates: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
    n_channels: int,
    what: str = "channels",
) -> SparseRows:
    """Return the features of `pc_features.npy`, or of an array like it.

    Parameters
    ----------
    stored : NpyArray
        `pc_features.npy`.
    near : NpyArray or None
        `pc_feature_ind.npy`; None where all channels are stored.
    numbers : NpyArray or None
        `pc_feature_spike_ids.npy`: the spike of each row, in the order of the file; None where each has one.
    templates : ndarray of int64, shape (n_spikes,)
        Template of each spike, in the order of time.
    order : ndarray of int64, shape (n_spikes,)
        Row of the file of each spike.
    n_channels : int
        Channels of the folder.
    what : str, default "channels"
        What they are, for messages.

    Raises
    ------
    KwikFormatError
        Sizes do not fit each other.
    """
    n_spikes, name = len(templates), stored.path.name
    if len(stored.shape) == 2 and near is not None:  # one component, whose axis was squeezed out
        stored = NpyArray(stored.path, (stored.shape[0], 1, stored.shape[1]), *_rest_of(stored))
    if len(stored.shape) != 3:
        raise KwikFormatError(f"{name} has shape {stored.shape}; it should be spikes, components and channels.")
    if 0 in stored.shape[1:]:
        raise _nothing_in(stored)
    if near is not None and 0 in near.shape:
        raise _nothing_in(near)
    if near is None:
        channels = np.tile(np.arange(n_channels), (int(templates.max(initial=0)) + 1, 1))
    else:
        channels = as_integers(near.read(), near.path.name).reshape(near.shape[0], -1)
        channels = _each_once(np.where((channels >= 0) & (channels < n_channels), channels, n_channels), n_channels)
    n_near = channels.shape[1]
    if n_near not in stored.shape[1:]:
        there = f"{n_channels} {what}" if near is None else f"{n_near} {what} a template in {near.path.name}"
        raise KwikFormatError(f"{name} has shape {stored.shape}, but there are {there}; it is of another sorting.")
    rows = order
    if numbers is not None:
        of_file = np.full(n_spikes, -1)
        spikes = as_integers(numbers.row("rows", stored.shape[0]), numbers.path.name)
        if len(spikes) and not 0 <= spikes.min() <= spikes.max() < n_spikes:
            raise KwikFormatError(f"{numbers.path.name} has spike {spikes.max()}, but there are {n_spikes}.")
        of_file[spikes] = np.arange(len(spikes))
        rows = of_file[order]
    elif stored.shape[0] != n_spikes:
        raise KwikFormatError(
            f"{name} has features of {stored.shape[0]} spikes, but there are {n_spikes}; it is of another sorting."
        )
    known = templates
    if n_spikes and not 0 <= int(templates.min()) <= int(templates.max()) < len(channels):
        known = np.where((templates >= 0) & (templates < len(channels)), templates, -1)
    is_pcs_first = stored.shape[2] == n_near
    return SparseRows(stored, is_pcs_first, channels, known, rows, n_channels)


def _each_once(near: npt.NDArray[np.int64], n_channels: int) -> npt.NDArray[np.int64]:
    """Return channels of templates; where one has a channel several times, only the last counts."""
    order = np.argsort(near, axis=1, kind="stable")
    ordered = np.take_along_axis(near, order, axis=1)
    ordered[:, :-1][ordered[:, :-1] == ordered[:, 1:]] = n_channels
    out = np.empty_like(near)
    np.put_along_axis(out, order, ordered, axis=1)
    return out


def template_rows(
    stored: NpyArray,
    near: NpyArray | None,
    numbers: NpyArray | None,
    templates: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
) -> SparseRows:
    """Return `template_features.npy` as `sparse_rows` returns features: one number for each of a few templates."""
    if len(stored.shape) != 2:
        raise KwikFormatError(f"{stored.path.name} has shape {stored.shape}; it should be spikes and templates.")
    n_templates = stored.shape[1] if near is None else near.shape[0]
    stored = NpyArray(stored.path, (stored.shape[0], 1, stored.shape[1]), *_rest_of(stored))
    return sparse_rows(stored, near, numbers, templates, order, n_templates, "templates")


def _rest_of(stored: NpyArray) -> tuple[np.dtype[Any], bool, int]:
    return stored.dtype, stored.is_by_column, stored.offset


def _nothing_in(stored: NpyArray) -> KwikFormatError:
    return KwikFormatError(f"{stored.path.name} has shape {stored.shape}, which holds nothing; use another copy of it.")
