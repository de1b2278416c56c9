"""Epochs that the user drew: named stretches of time, which are added, renamed, moved and removed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line
from napari_phy.core.signals import signal

USUAL_NAME = "epoch"


@dataclass(frozen=True, slots=True, order=True)
class Epoch:
    """A stretch of time with a name; several may have the same one.

    Attributes
    ----------
    start_s, stop_s : float
        Seconds on the joined time line, the stop after the start.
    name : str
        What it is called: a state, a drug, a trial.
    """

    start_s: float
    stop_s: float
    name: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.stop_s) and self.start_s < self.stop_s):
            raise TimelineError(
                f"An epoch cannot go from {self.start_s:.10g} to {self.stop_s:.10g} s; choose an end after its start."
            )


class EpochList:
    """Some epochs in the order of time; the same epoch is there once.

    Parameters
    ----------
    epochs : iterable of Epoch, default ()
        Those there are at first.
    keep : callable, optional
        Gets all of them after each change, before `changed` is emitted.
    reserved : str, default ''
        A name that none may have.
    """

    changed = signal()

    def __init__(
        self,
        epochs: Iterable[Epoch] = (),
        keep: Callable[[tuple[Epoch, ...]], None] | None = None,
        reserved: str = "",
    ) -> None:
        self._drawn = tuple(sorted(set(epochs)))
        self._keep = keep
        self._reserved = reserved

    @property
    def drawn(self) -> tuple[Epoch, ...]:
        """All of them, the earliest first."""
        return self._drawn

    @property
    def drawn_names(self) -> tuple[str, ...]:
        """Their names, in the order in which they first occur."""
        return tuple(dict.fromkeys(epoch.name for epoch in self._drawn))

    def __len__(self) -> int:
        return len(self._drawn)

    def add(self, start_s: float, stop_s: float, name: str = USUAL_NAME) -> Epoch:
        """Add an epoch; return it.

        Raises
        ------
        TimelineError
            It has no duration, or no name.
        """
        epoch = Epoch(float(start_s), float(stop_s), self._checked(name))
        self._take({*self._drawn, epoch})
        return epoch

    def rename(self, epoch: Epoch, name: str) -> Epoch:
        """Give an epoch another name; return the epoch in its place.

        Raises
        ------
        TimelineError
            It is not there (any more), or the name is blank.
        """
        return self._put(epoch, replace(epoch, name=self._checked(name)))

    def move(self, epoch: Epoch, start_s: float, stop_s: float) -> Epoch:
        """Give an epoch other ends; return the epoch in its place.

        Raises
        ------
        TimelineError
            It is not there (any more), or would have no duration.
        """
        return self._put(epoch, replace(epoch, start_s=float(start_s), stop_s=float(stop_s)))

    def remove(self, epoch: Epoch) -> None:
        """Remove an epoch.

        Raises
        ------
        TimelineError
            It is not there (any more).
        """
        self._check_is_there(epoch)
        self._take({*self._drawn} - {epoch})

    def _put(self, old: Epoch, new: Epoch) -> Epoch:
        self._check_is_there(old)
        self._take(({*self._drawn} - {old}) | {new})
        return new

    def _take(self, epochs: set[Epoch]) -> None:
        drawn = tuple(sorted(epochs))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        if self._keep is not None:
            self._keep(drawn)
        self.changed.emit()

    def _check_is_there(self, epoch: Epoch) -> None:
        if epoch not in self._drawn:
            where = f"from {epoch.start_s:.10g} to {epoch.stop_s:.10g} s"
            raise TimelineError(f"There is no epoch {on_one_line(epoch.name)} {where} any more.")

    def _checked(self, name: str) -> str:
        name = " ".join(name.split())
        if not name:
            raise TimelineError("An epoch needs a name.")
        if name == self._reserved:
            raise TimelineError(f"{name} are those of the file; choose another name.")
        return name
