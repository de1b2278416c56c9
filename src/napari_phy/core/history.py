"""One undo stack over everything that can be edited."""

from __future__ import annotations

from dataclasses import dataclass

from napari_phy.core.partition import PartitionEdit
from napari_phy.core.update_info import UpdateInfo


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One edit that was done: its record, and what it did to the partition."""

    update: UpdateInfo
    edit: PartitionEdit


class GlobalHistory:
    """Steps done and undone. Beyond `limit` done steps the oldest can no longer be undone.

    Parameters
    ----------
    limit : int, optional
        The most steps that are kept, or None for any number.
    """

    def __init__(self, limit: int | None = None) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"The history keeps at least one edit, not {limit}.")
        self._limit = limit
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._n_dropped = 0

    @property
    def n_done(self) -> int:
        """Number of edits that hold now, dropped ones included."""
        return self._n_dropped + len(self._done)

    @property
    def n_dropped(self) -> int:
        """Number of edits that hold and are too old to be undone."""
        return self._n_dropped

    @property
    def last(self) -> Step | None:
        """The step that undo would take back."""
        return self._done[-1] if self._done else None

    @property
    def next(self) -> Step | None:
        """The step that redo would do again."""
        return self._undone[-1] if self._undone else None

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step that is kept: the done ones, then those that redo would bring back, in the order of doing."""
        return (*self._done, *reversed(self._undone))

    def push(self, step: Step) -> list[Step]:
        """Add a new step; return the undone ones that this throws away."""
        lost, self._undone = self._undone, []
        self._done.append(step)
        if self._limit is not None and len(self._done) > self._limit:
            del self._done[0]
            self._n_dropped += 1
        return lost

    def back(self) -> None:
        """Mark the last step as undone."""
        self._undone.append(self._done.pop())

    def forward(self) -> None:
        """Mark the next step as done again."""
        self._done.append(self._undone.pop())
