"""The part of a Kwik data set that is looked at: spikes, clusters and features of a channel group and a clustering."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.clustering_file import MAIN
from napari_phy.core.errors import KwikFormatError, NotInFileError
from napari_phy.core.recording_order import RecordingOrder
from napari_phy.formats import parameters
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik import parts, schema, spikes
from napari_phy.formats.kwik.cluster_groups import read_user_groups
from napari_phy.formats.kwik.clustering_nodes import list_clusterings
from napari_phy.formats.kwik.clusters import read_clusters
from napari_phy.formats.kwik.companions import find_features
from napari_phy.formats.kwik.editable_model import EditableModel
from napari_phy.formats.kwik.features import FeatureFile, open_features
from napari_phy.formats.kwik.recordings import Timeline
from napari_phy.formats.kwik.spike_clusters import distinct, read_spike_clusters


class PartModel(EditableModel):
    """One channel group and one clustering, read from a file that is open.

    Attributes
    ----------
    part_sentences : tuple of str
        That sentence of `missing` that tells which channel groups and clusterings cannot be read.
    recording_order : RecordingOrder or None
        Which recordings the numbers of spikes mean, and why, where the file can be read in two ways.
    max_cluster_id : int
        The highest id that the file knows in any clustering of the channel group, -1 for none; nodes of clusters
        without spikes count.
    """

    recording_order: RecordingOrder | None
    max_cluster_id: int
    _order: npt.NDArray[np.int64] | None
    _spike_recordings: npt.NDArray[np.int64] | None
    _feature_file: FeatureFile | None

    @property
    def spike_recordings(self) -> npt.NDArray[np.int64]:  # type: ignore[override]  # made when asked for: 8 bytes a spike
        """(n_spikes,) number of the recording of each spike."""
        if self._spike_recordings is None:
            ids = np.array([recording.recording_id for recording in self.recordings], dtype=np.int64)
            starts = np.array([recording.start_sample for recording in self.recordings], dtype=np.int64)
            places = np.searchsorted(starts[1:], self.spike_samples, side="right") if len(ids) > 1 else None
            found = np.broadcast_to(ids[0], self.spike_samples.shape) if places is None else ids[places]
            self._spike_recordings = read_only(found)
        return self._spike_recordings

    @property
    def file_order(self) -> npt.NDArray[np.int64] | None:
        """(n_spikes,) row of the file of each spike, or None where the file has them in the order of time."""
        return self._order

    @property
    def feature_file(self) -> Path:
        """The `.kwx`; where there is none, the one that would be beside the `.kwik`."""
        return find_features(self.path)

    def read_clustering(self, clustering: str) -> npt.NDArray[np.int32]:
        """Return (n_spikes,) cluster ids of another clustering of this channel group, such as "original".

        Raises
        ------
        NotInFileError
            If the file has no such clustering.
        """
        with open_h5(self.path) as file:
            return self._read_clustering(file, clustering)

    def _open_part(
        self,
        file: H5File,
        groups: Mapping[int, parts.GroupScan],
        channel_group: int | None,
        clustering: str | None,
        timeline: Timeline,
    ) -> None:
        """Read spikes and clusters of what is asked for; None takes the first that can be read."""
        unreadable = {(number, name): why for number, group in groups.items() for name, why in group.problems.items()}
        errors: list[KwikFormatError] = []
        for number in parts.openable(groups, channel_group):
            group = groups[number]
            self._channel_group, self.clusterings, self.unreadable = number, group.clusterings, unreadable
            try:
                if None in group.problems:
                    raise KwikFormatError(group.problems.get(clustering, group.problems[None]))
                self._take_spikes(file, group, timeline)
                self._read_spike_clusters(file, clustering)
                break
            except KwikFormatError as error:
                unreadable[number, None] = str(error)
                errors.append(error)
        else:
            raise errors[0]
        first = next(number for number in groups if number == self.channel_group or (number, None) in self.unreadable)
        is_first = channel_group is not None or first == self.channel_group
        is_preferred = clustering is not None or self.clustering == parts.preferred(self.clusterings)[0]
        place = None if is_first and is_preferred else (self.channel_group, self.clustering)
        sentence = parts.tell_unreadable(self.name, self.unreadable, place)
        self.part_sentences = (sentence,) if sentence else ()
        self.missing += self.part_sentences

    def _take_spikes(self, file: H5File, group: parts.GroupScan, timeline: Timeline) -> None:
        timeline.check(self.name, group.ranges)
        samples = spikes.read_samples(file, self.channel_group)
        if any(timeline.starts_of(number) for number in group.ranges):
            for rows, numbers in spikes.recording_blocks(file, self.channel_group, len(samples)):
                samples[rows] += timeline.starts_of(numbers)
        order = self.recording_order
        ascending = group.ascending and (order is None or bool((np.diff(samples) >= 0).all()))
        self._order = None if ascending else np.argsort(samples, kind="stable")
        self.journal_places = None
        if order is not None and self._order is not None:
            kept = spikes.ascending_order(*spikes.read_times(file, self.channel_group))
            places_of_rows = spikes.to_file(np.arange(len(samples)), kept)
            self.journal_places = read_only(places_of_rows[self._order])
        self.spike_samples = read_only(spikes.to_program(samples, self._order))
        self._spike_recordings = None

    def _list_clusterings(self, file: H5File) -> None:
        """Read which clusterings the channel group has, and which of them cannot be read."""
        self.clusterings = list_clusterings(file, self.channel_group)
        others = {part: why for part, why in self.unreadable.items() if part[0] != self.channel_group}
        found = parts.clustering_problems(file, self.channel_group, self.clusterings, self.n_spikes)
        for name in self.clusterings:
            if name not in found and (self.channel_group, name) in self.unreadable:  # its values were at fault
                with parts.noting(found, name):
                    self._read_clustering(file, name)
        self.unreadable = {**others, **{(self.channel_group, name): why for name, why in found.items()}}

    def _read_spike_clusters(self, file: H5File, clustering: str | None) -> None:
        """Read a clustering; None takes the first that can be read."""
        if clustering is None and not self.clusterings:
            self._clustering = MAIN
            self.spike_clusters = read_only(np.zeros(self.n_spikes, dtype=np.int32))
            return
        found = parts.preferred(self.clusterings) if clustering is None else (clustering,)
        unreadable: dict[tuple[int, str | None], str] = {}
        for place, name in enumerate(found, 1):
            try:
                self.spike_clusters = self._read_clustering(file, name)
                self._clustering = name
                break
            except KwikFormatError as error:
                unreadable[self.channel_group, name] = str(error)
                if place == len(found):
                    raise
        self.unreadable = {**self.unreadable, **unreadable}

    def _read_clustering(self, file: H5File, clustering: str) -> npt.NDArray[np.int32]:
        if clustering not in self.clusterings:
            raise NotInFileError(
                f"{self.name}: channel group {self.channel_group} has no clustering {clustering}; "
                f"it has {', '.join(self.clusterings) or 'none'}."
            )
        return read_spike_clusters(file, self.channel_group, clustering, self.n_spikes, self._order)

    def _read_clusters(self, file: H5File) -> None:
        self.cluster_ids = read_only(distinct(self.spike_clusters))
        data = read_clusters(file, self.channel_group, self.clustering, self.cluster_ids)
        self._cluster_groups = dict(data.groups)
        self.cluster_colors = MappingProxyType(dict(data.colors))
        self.cluster_labels = MappingProxyType({field: MappingProxyType(dict(v)) for field, v in data.labels.items()})
        self.group_names = data.group_names
        self._user_groups = read_user_groups(file, self.channel_group, self.clustering)
        self.clustering_metadata = MappingProxyType(
            file.attrs(schema.clusters_path(self.channel_group, self.clustering))
        )
        known = [int(self.cluster_ids[-1])] if len(self.cluster_ids) else [-1]
        for clustering in self.clusterings:
            nodes = file.children(schema.clusters_path(self.channel_group, clustering))
            known += [node for node in nodes if isinstance(node, int) and node < schema.MAX_CLUSTERS]
        self.max_cluster_id = max(known)

    def _open_features(self) -> None:
        per_channel = parameters.integer(self.metadata, "n_features_per_channel")
        opened, problem = open_features(
            self.path,
            self.channel_group,
            n_spikes=self.n_spikes,
            n_channels=self.n_channels,
            n_per_channel=per_channel,
            order=self._order,
        )
        self._feature_file = opened
        self.has_quick_rows = opened is not None and opened.features.has_quick_rows
        self.features = opened.features if opened else None
        self.masks = opened.masks if opened else None
        self.features_masks = opened.features_masks if opened else None
        self.n_features_per_channel = opened.n_features_per_channel if opened else per_channel or 3
        self.missing += (problem,) if problem else ()
