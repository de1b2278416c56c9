"""Which clustering of which file edits belong to, and the names of the files that keep them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from napari_phy.files.side_folder import clustering_file


@dataclass(frozen=True, slots=True)
class ClusteringPlace:
    """One clustering of one file.

    Attributes
    ----------
    path : Path
        The file, links followed.
    channel_group : int
        Channel group of the clustering.
    clustering : str
        Name of the clustering, which a save writes.
    """

    path: Path
    channel_group: int
    clustering: str

    def journal_file(self, folder: Path) -> Path:
        """Return where the journal lies."""
        return clustering_file(folder, "journal", self.channel_group, self.clustering, ".sqlite")

    def labels_file(self, folder: Path) -> Path:
        """Return where the clusters that the edits began with lie, unless the file itself has them."""
        return clustering_file(folder, "base", self.channel_group, self.clustering, ".npy")


def put_aside(place: ClusteringPlace, folder: Path, aside: Path, rename: Callable[[Path], object]) -> None:
    """Rename the journal, the rest of a broken commit beside it and the clusters it began with."""
    rename(aside)
    path, labels = place.journal_file(folder), place.labels_file(folder)
    for old, new in (
        (path.with_name(f"{path.name}-journal"), aside.with_name(f"{aside.name}-journal")),
        (labels, free_name(aside.with_suffix(labels.suffix))),
    ):
        if old.exists():
            old.rename(new)


def aside_name(path: Path) -> Path:
    """Return a free name, with the time in it, for a journal that is set aside."""
    stamp = f"set-aside-{datetime.now(UTC).astimezone():%Y%m%dT%H%M%S}"
    return free_name(path.with_name(f"{path.stem}.{stamp}{path.suffix}"))


def free_name(path: Path) -> Path:
    """Return the path itself, or with a number where there is such a file."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate
