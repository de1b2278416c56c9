"""What a new Kwik file is to hold of one channel group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import MAX_ID
from napari_phy.core.errors import SaveError
from napari_phy.core.probe import Probe


class Rows(Protocol):
    """An array, or what is read block by block as if it were one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Full shape; the first axis is the spikes."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a value."""
        ...

    def __getitem__(self, rows: slice, /) -> npt.NDArray[Any]:
        """Return the rows of a slice."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class KwikGroup:
    """One channel group to write.

    Attributes
    ----------
    probe : Probe
        Channels of the group; their order is that of features and masks.
    spike_samples : ndarray of integer, shape (n_spikes,)
        Integers, ascending, on the joined time line.
    spike_clusters : ndarray of integer, shape (n_spikes,)
        Integers, 0 or more.
    features : Rows, shape (n_spikes, n_channels, n_features_per_channel) or None
        Features of the spikes.
    masks : Rows, shape (n_spikes, n_channels) or None
        Masks of the spikes, 0…1; None where there are no features.
    cluster_groups : mapping of int to str, optional
        {cluster: group name}; those left out are unsorted.
    group_names : sequence of str, optional
        All group names by id; the first four are noise, mua, good, unsorted.
    cluster_colors : mapping of int to str, optional
        {cluster: '#rrggbb'}; those left out have none.
    cluster_labels : mapping of str to mapping of int to object, optional
        {field: {cluster: value}}.
    time_fractional : ndarray of uint8, shape (n_spikes,), optional
        How far behind its sample a spike is in 255ths of one; None is 0.
    waveforms : mapping of str to Rows, optional
        {"waveforms_raw" or "waveforms_filtered": (n_spikes, n_samples, n_channels)} to keep in the `.kwx`.
    """

    probe: Probe
    spike_samples: npt.NDArray[np.integer[Any]]
    spike_clusters: npt.NDArray[np.integer[Any]]
    features: Rows | None
    masks: Rows | None
    cluster_groups: Mapping[int, str] = field(default_factory=dict)
    group_names: Sequence[str] = ("noise", "mua", "good", "unsorted")
    cluster_colors: Mapping[int, str] = field(default_factory=dict)
    cluster_labels: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    time_fractional: npt.NDArray[np.uint8] | None = None
    waveforms: Mapping[str, Rows] = field(default_factory=dict)

    @property
    def n_per_channel(self) -> int | None:
        """Features of a channel; None without features."""
        return self.features.shape[2] if self.features is not None and len(self.features.shape) == 3 else None

    def problem(self) -> str | None:
        """Return what contradicts itself, to be said after "channel group 0 has"; None if nothing does."""
        n_spikes, n_channels = len(self.spike_samples), self.probe.n_channels
        size = f"for {n_spikes} spikes on {n_channels} channels"
        features, masks = (None if rows is None else rows.shape for rows in (self.features, self.masks))
        waveforms = {name: rows.shape for name, rows in self.waveforms.items()}
        odd = [name for name, shape in waveforms.items() if (shape[0], shape[2]) != (n_spikes, n_channels)]
        if len(self.spike_clusters) != n_spikes:
            return f"{len(self.spike_clusters)} cluster ids for {n_spikes} spikes"
        if features is not None and (len(features) != 3 or features[:2] != (n_spikes, n_channels)):
            return f"features of shape {features} {size}"
        if masks != (None if features is None else (n_spikes, n_channels)):
            return f"masks of shape {masks} {size}"
        if odd:
            return f"{odd[0]} of shape {waveforms[odd[0]]} {size}"
        if self.time_fractional is not None and len(self.time_fractional) != n_spikes:
            return f"{len(self.time_fractional)} values of time_fractional for {n_spikes} spikes"
        if n_spikes and (np.diff(self.spike_samples.astype(np.int64)) < 0).any():
            return "spikes that are not ascending in time"
        if n_spikes and not 0 <= int(self.spike_clusters.min()) <= int(self.spike_clusters.max()) <= MAX_ID:
            return "cluster ids that do not fit the file"
        return None

    def check(self, name: str, channel_group: int) -> None:
        """Raise SaveError where something contradicts itself; `name` is that of the file."""
        problem = self.problem()
        if problem:
            raise SaveError(f"{name}: channel group {channel_group} has {problem}.")
