"""What a session does with the clusterings of its file: each in a slow half for any thread, and a quick one."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from napari_phy.core.cluster_manager import ClusteringLike
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.progress import CancelledError, OnProgress, no_progress
from napari_phy.session.current import Current
from napari_phy.session.open_clustering import OpenClustering


class Change(ABC):
    """`work` may run in any thread, `finish` follows in the thread in which the session is used, or `drop`.

    Only one change of a session is under way at a time, from when it is made until it is finished or dropped.

    Attributes
    ----------
    can_be_cancelled : bool
        Whether the work may be ended by its progress; else it goes on until the file is whole again.
    """

    can_be_cancelled = False

    def __init__(self, current: Current) -> None:
        self._current = current
        current.begin(self)

    def do(self) -> None:
        """Do both halves here."""
        try:
            self.work()
            self.finish()
        finally:
            self.drop()

    @abstractmethod
    def work(self, on_progress: OnProgress = no_progress) -> None:
        """Do what takes time; what is open in the session stays."""

    @abstractmethod
    def finish(self) -> None:
        """Hand over, and tell of it; does nothing after `drop`."""

    def drop(self) -> None:
        """Close what was opened; does nothing after `finish`."""
        self._current.end(self)


class FileEdit(Change):
    """Writes something into the file beside the clustering that is open; edits of that go on."""

    def __init__(self, current: Current, act: Callable[[], None], tell: Callable[[], None]) -> None:
        self._act = act
        self._tell = tell
        super().__init__(current)

    def work(self, on_progress: OnProgress = no_progress) -> None:
        """Write it."""
        with self._current.lock:
            self._act()

    def finish(self) -> None:
        """Tell that the file has other clusterings."""
        self._current.end(self)
        self._tell()


class Switch(Change):
    """Opens another channel group or clustering beside the one that is open, where edits go on until it is left."""

    can_be_cancelled = True

    def __init__(
        self,
        current: Current,
        place: tuple[int, str | None],
        tell: Callable[[], None],
        *,
        read_only: bool,
    ) -> None:
        self._place = place
        self._tell = tell
        self._read_only = read_only
        self._found: OpenClustering | None = None
        self._is_dropped = False
        self._guard = threading.Lock()
        super().__init__(current)
        self._left = current.opened

    def work(self, on_progress: OnProgress = no_progress) -> None:
        """Open it, and read what its wizard needs if one proposes now."""

        def report(share: float) -> None:
            if self._is_dropped:
                raise CancelledError
            on_progress(share)

        self._open(self._place, report)

    def _open(self, place: tuple[int, str | None], on_progress: OnProgress) -> None:
        found = self._left.opened_at(*place, read_only=self._read_only, on_progress=on_progress)
        with self._guard:
            if not self._is_dropped:
                self._found = found
                return
        found.close(but_not_of=self._left)

    def finish(self) -> None:
        """Go there."""
        with self._guard:
            found, self._found = self._found, None
        self._current.end(self)
        if found is not None:
            self._current.take(found)
            self._tell()

    def drop(self) -> None:
        """Stay, and close what was opened, now or when that comes."""
        with self._guard:
            self._is_dropped = True
            found, self._found = self._found, None
        if found is not None:
            found.close(but_not_of=self._left)
        super().drop()


class Reset(Change):
    """Reads another clustering of the file, and makes the one that is open the same by an edit.

    Parameters
    ----------
    read : callable
        Returns what is read.
    """

    def __init__(self, current: Current, read: Callable[[], ClusteringLike]) -> None:
        self._read = read
        self._found: ClusteringLike | None = None
        super().__init__(current)

    def work(self, on_progress: OnProgress = no_progress) -> None:
        """Read it."""
        self._found = self._read()

    def finish(self) -> None:
        """Make the edit."""
        self._current.end(self)
        found, self._found = self._found, None
        if found is not None:
            self._current.opened.manager.reset(found)

    def drop(self) -> None:
        """Make no edit."""
        self._found = None
        super().drop()


class Reopening(Switch):
    """Closes the open clustering for an act on it, and opens it again; edits are refused meanwhile.

    Parameters
    ----------
    act : callable
        Writes the file.
    name : str
        Name of the clustering afterwards, if the act came about.
    """

    can_be_cancelled = False

    def __init__(
        self, current: Current, act: Callable[[], None], name: str, tell: Callable[[], None], *, read_only: bool
    ) -> None:
        model = current.opened.model
        super().__init__(current, (model.channel_group, model.clustering), tell, read_only=read_only)
        self._act = act
        self._name = name
        self._error: NapariPhyError | None = None

    def work(self, on_progress: OnProgress = no_progress) -> None:
        """Write the file, and open what is there then."""
        group, name = self._place
        file = self._left.model.name
        with self._current.lock:
            self._left.gate.shut(f"{file} is being written; the edit was not made. Try again in a moment.")
            self._left.store.close()
            try:
                self._act()
                name = self._name
            except NapariPhyError as error:
                self._error = error
            self._open((group, name), on_progress)

    def finish(self) -> None:
        """Go on with it; raises what went wrong in the act."""
        super().finish()
        if self._error is not None:
            raise self._error
