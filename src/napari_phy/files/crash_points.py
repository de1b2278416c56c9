"""Named moments inside a commit and a save, where a test may kill the process."""

from __future__ import annotations

from collections.abc import Callable

COMMIT_POINTS = ("commit.begun", "commit.inserted", "commit.committed")
SAVE_POINTS = (
    "save.started",
    "save.copied",
    "save.written",
    "save.synced",
    "save.base_kept",
    "save.pending",
    "save.backed_up",
    "save.replaced",
    "save.folder_synced",
    "save.saved",
)
REWRITE_POINTS = (
    "rewrite.copied",
    "rewrite.written",
    "rewrite.synced",
    "rewrite.backed_up",
    "rewrite.replaced",
    "rewrite.folder_synced",
)

_observers: list[Callable[[str], None]] = []


def reached(name: str) -> None:
    """Tell the observers that the program is at this point; with none it costs a look at an empty list."""
    for observer in _observers:
        observer(name)


def observe(callback: Callable[[str], None]) -> Callable[[], None]:
    """Call `callback(name)` at each point from now on; the returned function ends that."""
    _observers.append(callback)
    return lambda: _observers.remove(callback)
