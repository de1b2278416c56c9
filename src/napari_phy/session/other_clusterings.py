"""The clusterings of the file that are not open: how far they are, and which have unsaved edits."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from napari_phy.core.cluster_meta import DISCARDED, UNSORTED
from napari_phy.core.clustering_file import ORIGINAL, ClusteringSummary
from napari_phy.core.errors import NapariPhyError, SaveError
from napari_phy.files.replacing import identity_or_none
from napari_phy.session.current import Current
from napari_phy.session.open_clustering import OpenClustering
from napari_phy.storage.clustering_summaries import (
    LeftClusterings,
    Where,
    find_unsaved,
    load_left,
    read_summaries,
    save_left,
)


class OtherClusterings:
    """Knows them, keeps where the file is left, and saves them; one that another window edits is that window's.

    Attributes
    ----------
    waiting : mapping of Where to int
        {(channel group, clustering): unsaved edits} of those that a save may write, as of the last `look`.
    in_original : mapping of Where to int
        The same of `original`, into which nothing is ever written: they stay in the journal.
    """

    def __init__(self, current: Current) -> None:
        self._current = current
        self._noted = current.opened
        self._read: tuple[object, list[ClusteringSummary]] = (None, [])
        self.waiting: Mapping[Where, int] = MappingProxyType({})
        self.in_original: Mapping[Where, int] = MappingProxyType({})
        self.look()

    def look(self) -> None:
        """Look for unsaved edits again; not while a clustering is being opened, whose journal must be free."""
        opened = self._current.opened
        if opened.model.holds_clusterings and not opened.store.read_only:
            found = find_unsaved(opened.model, _place_of(opened))
            originals = {place: n_edits for place, n_edits in found.items() if place[1] == ORIGINAL}
            self.in_original = MappingProxyType(originals)
            self.waiting = MappingProxyType({place: n for place, n in found.items() if place not in originals})

    @property
    def savable(self) -> Mapping[Where, int]:
        """Those of `waiting` that a save can write: none of a file that is read-only."""
        path = self._current.opened.model.path
        is_writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)
        return self.waiting if is_writable else MappingProxyType({})

    def summaries(self) -> list[ClusteringSummary]:
        """Return what there is to know of every clustering of the file, the open one included."""
        opened = self._current.opened
        if not opened.model.holds_clusterings:
            return []
        state = identity_or_none(opened.model.path), opened, self.waiting
        if self._read[0] != state:
            self._read = state, read_summaries(opened.model)
        here = opened.model.channel_group, opened.model.clustering
        n_decided, n_clusters = _count_decided(opened)
        return [
            replace(one, n_decided=n_decided, n_clusters=n_clusters, n_unsaved=opened.store.n_unsaved, reason="")
            if (one.channel_group, one.clustering) == here
            else one
            for one in self._read[1]
        ]

    def note(self) -> None:
        """Keep which clustering is open, and how far the one is that was open at the last call."""
        left, opened = self._noted, self._current.opened
        self._noted = opened
        if not opened.model.holds_clusterings or opened.store.read_only:
            return
        known = load_left(opened.model.path)
        decided = {place: counts for place, counts in known.decided.items() if place in self.waiting}
        place = left.model.channel_group, left.model.clustering
        if place in self.waiting or (left is opened and opened.store.n_unsaved):
            decided[place] = _count_decided(left)
        last = opened.model.channel_group, opened.model.clustering
        is_first = last == (min(opened.model.channel_groups), "main") and known.last is None
        if not (is_first and not decided) and known != LeftClusterings(last, decided):
            save_left(opened.model.path, LeftClusterings(last, decided))

    def save(self, places: Iterable[Where]) -> None:
        """Write the edits that wait in these places into the file; raises SaveError with what was not written."""
        problems: list[str] = []
        for place in places:
            try:
                problems += self._save_at(place)
            except NapariPhyError as error:
                problems.append(str(error))
        self.look()
        if problems:
            raise SaveError(" ".join(problems))

    def _save_at(self, place: Where) -> tuple[str, ...]:
        """Write the edits of one clustering; return what is said where none are left, as when they were set aside."""
        opened = self._current.opened
        other = opened.sibling(*place, read_only=False)
        try:
            if not other.store.n_unsaved:
                return other.store.messages
            other.store.save(other.snapshot())
            return ()
        finally:
            other.close(but_not_of=opened)


def _place_of(opened: OpenClustering) -> Where:
    return opened.model.channel_group, opened.store.clustering


def _count_decided(opened: OpenClustering) -> tuple[int, int]:
    ids = opened.manager.cluster_ids.tolist()
    groups = [group for group in opened.manager.groups_of(ids) if group != DISCARDED]
    return sum(group != UNSORTED for group in groups), len(groups)
