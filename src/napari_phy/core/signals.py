"""Signals whose listeners cannot undo what has happened: every one of them is called, and their errors are logged."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import psygnal

logger = logging.getLogger(__name__)


class TolerantSignalInstance(psygnal.SignalInstance):
    """Calls all slots, whatever one of them raises.

    What is announced has happened: an edit that was stored must not look as if it had failed, nor leave other listeners
    behind, because one of them cannot read a file. A panel that wants to show its errors catches them itself.
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


@cache
def has_psygnal_hooks() -> bool:
    """Whether psygnal has the private parts that `TolerantSignalInstance` works with."""
    probe = psygnal.SignalInstance()
    probe.connect(lambda: None)
    parts = ("_run_emit_loop_immediate", "_emit_queue", "_slots")
    return all(hasattr(probe, part) for part in parts) and all(hasattr(slot, "cb") for slot in probe._slots)


def signal(*types: Any) -> psygnal.Signal:
    """Return a signal, for a class attribute, whose emission never raises what a slot raises; that is logged.

    psygnal has no public way to go on after a slot that raised: its class `Signal` is compiled and cannot be
    subclassed, so the class of its instances is exchanged.

    Fallback: psygnal's own signal, whose emission raises at the first slot that raises and leaves out those after it.
    """
    made = psygnal.Signal(*types)
    if has_psygnal_hooks() and hasattr(made, "_signal_instance_class"):
        made._signal_instance_class = TolerantSignalInstance
    return made
