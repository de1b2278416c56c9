"""A clustering to which edits are applied, and from which they are taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import ClusterIds
from napari_phy.core.clustering import Clustering
from napari_phy.core.errors import ClusteringError, ReplayError
from napari_phy.core.history import GlobalHistory, Step
from napari_phy.core.signals import signal
from napari_phy.core.update_info import UpdateInfo

Commit = Callable[[UpdateInfo], None]


class EditableClustering(Clustering):
    """Applies records of edits, has each committed, tells of it, and keeps them for undo and redo.

    `ClusterManager` makes it, and knows which edits there are.
    """

    changed = signal(UpdateInfo)

    _history: GlobalHistory
    _commit: Commit | None
    _next_id: int

    @property
    def spike_slots(self) -> npt.NDArray[np.int32]:
        """(n_spikes,) read-only slot of each spike; merges leave them as they are, `n_cuts` tells when they change."""
        return self._partition.slots

    @property
    def n_cuts(self) -> int:
        """How often spikes were given other slots, by splits and their undo."""
        return self._partition.n_cuts

    @property
    def slot_clusters(self) -> ClusterIds:
        """(n_slots,) cluster of each slot, −1 where none has it."""
        return self._partition.slot_clusters

    def slots_since(self, n_cuts: int | None) -> tuple[int, npt.NDArray[np.int32] | None, ClusterIds]:
        """Return (`n_cuts` now, `spike_slots` or None where they are those of `n_cuts`, `slot_clusters`) of one moment.

        Safe in worker threads; the slots are a copy.
        """
        return self._partition.slots_since(n_cuts)

    @property
    def next_id(self) -> int:
        """The id that the next new cluster gets."""
        return self._next_id

    # ---- records

    def apply(self, records: Sequence[UpdateInfo]) -> None:
        """Do the edits of records, all or none, each as if it had just been made."""
        self._perform([replace(record, cause="edit") for record in records])

    def restore(self, records: Sequence[UpdateInfo], n_done: int, next_id: int = 0) -> None:
        """Replay records that were committed earlier: the first `n_done` hold, the others wait for redo.

        New clusters get ids from `next_id` on, if that is larger than any id in use.

        Raises
        ------
        ReplayError
            A record does not fit; the manager is of no use then.
        """
        if not 0 <= n_done <= len(records):
            raise ClusteringError(f"Of {len(records)} records {n_done} can't be done.")
        for n_fit, record in enumerate(records):
            try:
                record.check()
                self._keep(self._applied(record))
            except ClusteringError as error:
                raise ReplayError(f"Edit {n_fit + 1} does not fit the clusters: {error}", n_fit) from error
        for _ in range(len(records) - n_done):
            step = self._history.last
            if step is None:
                raise ClusteringError(f"The history keeps fewer than the {len(records) - n_done} undone records.")
            self._take_back(step)
            self._history.back()
        self._next_id = max(self._next_id, next_id)

    # ---- undo

    @property
    def n_done(self) -> int:
        """Number of edits that hold now."""
        return self._history.n_done

    @property
    def n_dropped(self) -> int:
        """Number of edits that hold and are too old to be undone."""
        return self._history.n_dropped

    @property
    def history(self) -> tuple[UpdateInfo, ...]:
        """Records that are kept, in the order of doing; the first ones hold, redo would bring the others."""
        return tuple(step.update for step in self._history.steps)

    @property
    def undo_record(self) -> UpdateInfo | None:
        """The edit that undo would take back."""
        step = self._history.last
        return step.update if step else None

    @property
    def redo_record(self) -> UpdateInfo | None:
        """The edit that redo would do again."""
        step = self._history.next
        return step.update if step else None

    def undo(self) -> UpdateInfo | None:
        """Take back the last edit; return the record of doing so, or None when there is nothing to undo."""
        step = self._history.last
        if step is None:
            return None
        record = step.update.inverse()
        self._take_back(step)
        try:
            self._committed(record)
        except BaseException:
            self._do_again(step)
            raise
        self._history.back()
        self.changed.emit(record)
        return record

    def redo(self) -> UpdateInfo | None:
        """Do the last undone edit again; return its record, or None when there is nothing to redo."""
        step = self._history.next
        if step is None:
            return None
        record = step.update.inverse().inverse()
        self._do_again(step)
        try:
            self._committed(record)
        except BaseException:
            self._take_back(step)
            raise
        self._history.forward()
        self.changed.emit(record)
        return record

    # ---- how it is done

    def _perform(self, records: Sequence[UpdateInfo]) -> None:
        """Apply and commit records, then tell of them; those that could not be committed do not hold."""
        steps: list[Step] = []
        n_kept = 0
        try:
            steps.extend(map(self._applied, records))
            for step in steps:
                self._committed(step.update)
                self._keep(step)
                n_kept += 1
        except BaseException:
            self._drop(steps[n_kept:])
            raise
        finally:
            for step in steps[:n_kept]:
                self.changed.emit(step.update)

    def _drop(self, steps: Sequence[Step]) -> None:
        for step in reversed(steps):
            self._take_back(step)
        self._partition.release([step.edit for step in steps])
        self._next_id = min([self._next_id, *(new for step in steps for new in step.update.added)])

    def _applied(self, record: UpdateInfo) -> Step:
        if record.added and min(record.added) < self._next_id:
            raise ClusteringError(
                f"Cluster id {min(record.added)} was used before; the next free one is {self._next_id}."
            )
        step = Step(record, self._partition.plan(record))
        self._do_again(step)
        if record.added:
            self._next_id = max(record.added) + 1
        return step

    def _keep(self, step: Step) -> None:
        self._partition.release([lost.edit for lost in self._history.push(step)])

    def _do_again(self, step: Step) -> None:
        self._partition.apply(step.edit)
        self._meta.apply(step.update.metadata_changed)
        self._groups.apply(step.update.groups_changed)

    def _take_back(self, step: Step) -> None:
        inverse = step.update.inverse()
        self._meta.apply(inverse.metadata_changed)
        self._groups.apply(inverse.groups_changed)
        self._partition.revert(step.edit)

    def _committed(self, record: UpdateInfo) -> None:
        if self._commit is not None:
            self._commit(record)
