"""What every data set offers to a session, whatever its format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import ClusterIds
from napari_phy.core.cluster_groups import ClusterGroup, numbered
from napari_phy.core.clustering_file import ClusteringFile, ClusteringSummary, StoredClustering
from napari_phy.core.errors import MissingDataError, NotInFileError
from napari_phy.core.event_times import EventTimes
from napari_phy.core.probe import Probe
from napari_phy.core.recording_order import Order, RecordingOrder
from napari_phy.core.sentences import visible
from napari_phy.core.summaries import model_html


class SpikeRows(Protocol):
    """Per-spike rows that stay on disk until asked for: features, masks, waveforms."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Full shape; the first axis is the spikes."""
        ...

    def __getitem__(self, spike_ids: Any) -> npt.NDArray[np.float32]:
        """Return the rows of a slice or an integer array of spike ids, in that order."""
        ...


class Samples(Protocol):
    """Raw voltage `(n_samples, n_channels)`, all recordings joined; only what is asked for is read."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of samples and of channels."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a sample."""
        ...

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Return `[start:stop]` or `[start:stop, channels]` as an array."""
        ...


@dataclass(frozen=True, slots=True)
class Recording:
    """One uninterrupted acquisition: its place on the data set's time line."""

    recording_id: int
    name: str
    start_sample: int
    n_samples: int


class BaseModel(ABC):
    """One channel group and one clustering of a data set, as read from disk; nothing here is edited.

    Arrays handed out are read-only. `features`, `masks`, `waveforms` and `traces` are None when their
    file is missing; `missing` then holds one sentence for each. `unreadable` has one for each channel group
    (clustering None) and each clustering that is there but cannot be opened.
    """

    path: Path
    channel_group: int
    clustering: str
    channel_groups: tuple[int, ...]
    clusterings: tuple[str, ...]

    sample_rate: float
    duration: float  # s, of all recordings
    recordings: tuple[Recording, ...]
    probe: Probe
    n_features_per_channel: int
    microvolts_per_unit: float | None  # None: the gain is unknown or implausible, show a.u.

    spike_samples: npt.NDArray[np.int64]  # on the joined time line, ascending
    spike_recordings: npt.NDArray[np.int64]
    spike_clusters: ClusterIds
    cluster_groups: Mapping[int, str]  # lower-case names; missing: unsorted
    cluster_colors: Mapping[int, str]  # '#rrggbb' of clusters that have one
    cluster_labels: Mapping[str, Mapping[int, Any]]  # field -> {cluster: value}
    group_names: tuple[str, ...]  # in the file's order: noise, mua, good, unsorted, the user's own

    features: SpikeRows | None  # (n_spikes, n_channels * n_features_per_channel), channel-major
    computes_features: bool = False  # whether they are computed from the raw data, since no file has them
    masks: SpikeRows | None  # (n_spikes, n_channels), 0…1
    waveforms: SpikeRows | None  # (n_spikes, n_samples, n_channels), filtered, in µV where the gain is known
    traces: Samples | None  # raw units, all channels of the file
    has_quick_rows: bool = False  # whether features and masks of a spike lie together, so that few bytes are read
    spike_values: Mapping[str, SpikeRows] = MappingProxyType({})  # (n_spikes,) further numbers, by what they are called
    spike_templates: npt.NDArray[np.int64] | None = None  # (n_spikes,) template of the sorter; -1 where not known
    template_features: SpikeRows | None = None  # (n_spikes, n_templates): how far a spike is like each template
    similar_templates: npt.NDArray[np.float32] | None = None  # (n_templates, n_templates), as the sorter has it
    events: Mapping[str, EventTimes] = MappingProxyType({})  # by kind; only kinds that have any
    metadata: Mapping[str, Any] = MappingProxyType({})  # parameters of detection, as the file has them
    missing: tuple[str, ...]
    doubts: tuple[str, ...] = ()  # those of them that tell what was assumed; nothing lacks there
    recording_order: RecordingOrder | None = None  # where the numbers of spikes can be read in two ways
    journal_places: npt.NDArray[np.int64] | None = None  # of each spike among those of journal and save; None: the same
    holds_clusterings: bool = False  # whether the file has a place for several
    unreadable: Mapping[tuple[int, str | None], str] = MappingProxyType({})  # (channel group, clustering): why
    part_sentences: tuple[str, ...] = ()  # those of `missing` that say what is unreadable

    @property
    def name(self) -> str:
        """File name, for titles and messages."""
        return self.path.name

    @property
    def edited_file(self) -> Path:
        """The file that edits are kept for: the same one whichever file of the data set was opened."""
        return self.path

    @property
    @abstractmethod
    def clustering_file(self) -> ClusteringFile:
        """What edits are kept for and saved into."""

    def prepare_for_edits(self) -> None:  # noqa: B027  # most files are there
        """Make the file that a save replaces where there is none yet, and that can be."""

    @property
    def feature_file(self) -> Path | None:
        """The file of features and masks, None where there is none of their own."""
        return None

    @property
    def features_identity(self) -> Mapping[str, Any] | None:
        """What tells these features from others of the same spikes, as plain values; None where nothing does."""
        if self.feature_file is None:
            return None
        status = self.feature_file.stat()
        return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}

    @property
    def file_order(self) -> npt.NDArray[np.int64] | None:
        """(n_spikes,) row of the file of each spike, or None where the file has them in the order of time."""
        return None

    @property
    def n_spikes(self) -> int:
        """Number of spikes of the channel group."""
        return len(self.spike_samples)

    @property
    def n_channels(self) -> int:
        """Number of channels of the channel group."""
        return self.probe.n_channels

    @property
    def spike_times(self) -> npt.NDArray[np.float64]:
        """(n_spikes,) seconds on the joined time line."""
        return self.spike_samples / self.sample_rate

    @property
    def unit(self) -> str:
        """Unit of waveforms and amplitudes."""
        return "a.u." if self.microvolts_per_unit is None else "µV"

    @property
    def user_groups(self) -> tuple[ClusterGroup, ...]:
        """Groups besides the standard ones, in the order of the file."""
        return numbered(self.group_names)

    @property
    def waveforms_identity(self) -> Mapping[str, Any] | None:
        """What must be the same for values computed from waveforms and masks to hold, as plain values.

        None where that is not known: such values are not stored.
        """
        return None

    def opened_at(self, channel_group: int | None, clustering: str | None) -> BaseModel:
        """Return another channel group or clustering of the same data set as a model of its own.

        Raises
        ------
        NotInFileError
            There is no such part.
        """
        raise NotInFileError(f"{self.name} has no channel group or clustering besides this one.")

    def count_spikes(self, channel_group: int) -> int:
        """Return the number of spikes of any channel group of the data set."""
        return self.n_spikes if channel_group == self.channel_group else 0

    @property
    def missing_raw(self) -> tuple[str, ...]:
        """Names of raw files that were not found."""
        return ()

    @property
    def raw_places(self) -> Mapping[str, Path]:
        """{name of a raw file: where it was found}."""
        return {}

    def with_raw(self, paths: Any) -> BaseModel:
        """Return this data set with waveforms and traces from raw files that moved; it shares all else with this one.

        Raises
        ------
        MissingDataError
            They are not there.
        """
        raise MissingDataError(f"{self.name} reads no raw data from other files.")

    def close_traces(self) -> None:  # noqa: B027  # most models have none of their own
        """Release what another model, made by `with_raw`, has now."""

    # ---- other clusterings of the file, where it holds several; else each of these raises NotInFileError

    def sibling(self, channel_group: int, clustering: str | None) -> BaseModel:
        """Return another channel group or clustering; it shares what it can with this one, as `shares_files` tells."""
        return self.opened_at(channel_group, clustering)

    def shares_files(self, other: BaseModel) -> bool:
        """Tell whether closing a model that `sibling` returned closes this one too."""
        return False

    def reserve(self, owner: str) -> None:  # noqa: B027  # most models cannot be changed
        """Refuse to be switched or written by its own methods from now on: `owner` names what does that instead."""

    def saved_as(self, clustering: str) -> bool:
        """Take the name of the clustering that this one was saved as; return whether it is another name."""
        return False

    def refresh(self) -> None:  # noqa: B027  # most files hold one clustering
        """Read again which clusterings the file has."""

    def check_holds_clusterings(self) -> None:
        """Raise NotInFileError where the file has no place for several."""
        if not self.holds_clusterings:
            raise NotInFileError(f"{self.name} has one clustering; only a .kwik holds several.")

    def places(self) -> tuple[tuple[int, str], ...]:
        """Return channel group and name of every clustering of the file."""
        return ((self.channel_group, self.clustering),)

    def read_summaries(self) -> list[ClusteringSummary]:
        """Return how far each clustering of the file is, as saved."""
        return []

    def add_clustering(self, name: str, spike_clusters: npt.ArrayLike) -> None:
        """Add a clustering of this channel group; `spike_clusters` is (n_spikes,)."""
        self.check_holds_clusterings()

    def copy_clustering(self, name: str, new_name: str, shown: StoredClustering | None = None) -> None:
        """Add a copy of a clustering, with what `shown` has in place of what is saved."""
        self.check_holds_clusterings()

    def rename_clustering(self, name: str, new_name: str) -> None:
        """Rename a clustering that is not the one in use; the edits kept for it go along."""
        self.check_holds_clusterings()

    def rename_to(self, new_name: str) -> None:
        """Rename the clustering in use, for which no edits are kept now; the model is to be opened again then."""
        self.check_holds_clusterings()

    def delete_clustering(self, name: str) -> None:
        """Delete a clustering that is not the one in use; edits kept for it are set aside."""
        self.check_holds_clusterings()

    def reset_clustering(self, name: str | None = None) -> None:
        """Make a clustering (None: the one in use) what "original" is; edits kept for it are set aside."""
        self.check_holds_clusterings()

    def keep_recording_order(self, order: Order) -> None:
        """Remember the order that was chosen, for the next openings; asked only where there is a `recording_order`."""
        raise NotImplementedError

    def __repr__(self) -> str:
        what = f"{self.name}, channel group {self.channel_group}, {self.clustering}"
        sizes = f"{self.n_spikes} spikes, {self.n_channels} channels, {self.duration:g} s"
        return visible(f"<{type(self).__name__} {what}: {sizes}>")

    def _repr_html_(self) -> str:
        """Return what the data set has and lacks, for a notebook."""
        return model_html(self)

    @abstractmethod
    def describe(self) -> str:
        """Return a readable summary."""

    @abstractmethod
    def close(self) -> None:
        """Release every file."""
