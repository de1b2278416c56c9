"""The detected spikes of an electrode, as whoever keeps their edits sees them: there is no place for a sorting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.errors import ReadOnlyError
from napari_phy.formats.open_ephys.files import content_hash


@dataclass(frozen=True, slots=True)
class OpenEphysClusteringFile:
    """Fulfils `ClusteringFile`, and as there is little to read, `ClusteringReader`.

    Attributes
    ----------
    path : Path
        The file of the spikes, links followed.
    channel_group : int
        The channel group that is open.
    clustering : str
        The clustering that is open.
    source : Path
        The file that was opened.
    """

    path: Path
    channel_group: int
    clustering: str
    source: Path

    def why_not_saved(self) -> str:
        """Return the sentence that tells why."""
        return (
            f"{self.path.name} has no place for a sorting. Edits are kept in the journal; save a copy to have them in "
            "a .kwik."
        )

    @contextmanager
    def reading(self) -> Iterator[OpenEphysClusteringFile]:
        """Give the file itself: it is opened for its hash only."""
        yield self

    def content_hash(self) -> str:
        """Return a hash of the spikes, as far as a clustering needs them."""
        return content_hash(self.path, self.channel_group)

    def first_free_id(self) -> int:
        """Return 0: the file knows no clusters."""
        return 0

    def original(self) -> None:
        """Return None: no sorter wrote anything."""

    def write(self, copy: Path, clustering: StoredClustering) -> str:
        """Raise ReadOnlyError."""
        raise ReadOnlyError(self.why_not_saved())

    def finish(self) -> None:
        """Do nothing: nothing is saved."""

    def save_copy(self, target: Path, clustering: StoredClustering, raw_places: Mapping[str, Path]) -> None:
        """Write a `.kwik` that holds a clustering."""
        from napari_phy.formats.conversion.convert import convert_data_set

        names = (*clustering.group_names, *(group.name for group in clustering.user_groups))
        shown = replace(clustering, group_names=names)
        convert_data_set(self.source, target, sorted_now={self.channel_group: shown}, copies_raw=False)
