"""Signals whose listeners cannot undo what has happened: every one of them is called, and their errors are logged."""

from __future__ import annotations

import logging
from typing import Any

import psygnal

logger = logging.getLogger(__name__)


class TolerantSignalInstance(psygnal.SignalInstance):
    """Calls all slots, whatever one of them raises.

    What is told has happened: an edit that is kept must not look as if it had failed, nor leave other listeners behind,
    because one of them cannot read a file. A panel that wants to show its errors catches them itself.
    """

    def _run_emit_loop_immediate(self) -> None:
        args = self._emit_queue.popleft()
        for slot in list(self._slots):
            try:
                slot.cb(args)
            except ReferenceError:
                pass  # its owner is gone
            except Exception:
                logger.exception("%s could not follow %s.", slot.slot_repr(), self.name)


def signal(*types: Any) -> psygnal.Signal:
    """Return a signal, for a class attribute, whose emission never raises what a slot raises; that is logged."""
    made = psygnal.Signal(*types)
    made._signal_instance_class = TolerantSignalInstance  # compiled: `Signal` cannot be subclassed
    return made
