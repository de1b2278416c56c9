"""How slow work tells how far it is, and learns that it is not needed any more."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[float], None]  # gets 0…1; raises CancelledError to end the work


class CancelledError(Exception):
    """Ends work that is not needed any more; it is no failure, and nothing was changed."""


def no_progress(share: float) -> None:
    """Tell nobody, and never end the work."""


def part_of(on_progress: OnProgress, start: float, stop: float) -> OnProgress:
    """Return what a part of the work reports to: its 0…1 is `start` … `stop` of the whole."""
    return lambda share: on_progress(start + (stop - start) * share)
