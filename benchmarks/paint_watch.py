"""Tells when the last paint of some docks came after something was done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from harness import Sample
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication, QWidget

QUIET_S = 0.1
PATIENCE_S = 60.0
_NAP_S = 0.0002  # for the threads that read


class PaintWatch(QObject):
    """Sees every paint of some widgets and of what is in them.

    Parameters
    ----------
    watched : widgets by name; those in them that are made later are not seen.
    swaps : signals by name that come when a window that is no widget, as phy's canvases, has shown what it drew.
    """

    def __init__(self, watched: Mapping[str, QWidget], swaps: Mapping[str, Any] = MappingProxyType({})) -> None:
        super().__init__()
        self._names: dict[QObject, str] = {}
        for name, outer in watched.items():
            for widget in (outer, *outer.findChildren(QWidget)):
                self._names[widget] = name
                widget.installEventFilter(self)
        self._all = {*watched, *swaps}
        self._fresh: set[str] = set()
        for name, swapped in swaps.items():
            swapped.connect(partial(self._fresh.add, name))
        self.last_s: dict[str, float] = {}  # seconds from the act to the last paint of each, at the last call

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note a paint; it is let through."""
        if event.type() == QEvent.Type.Paint:
            self._fresh.add(self._names[watched])
        return False

    def until_last(
        self, act: Callable[[], object], is_right: Callable[[], bool] = lambda: True, quiet_s: float = QUIET_S
    ) -> Sample:
        """Return how long it took from an act to the end of the last paint that followed it.

        It was the last when each of the widgets was painted, `is_right` holds, and nothing more is painted for
        `quiet_s`. What paints a piece at a time, as a blinking cursor does, is not to be watched.
        """
        self._fresh.clear()
        self.last_s = {}
        begin = last = time.perf_counter()
        cpu_begin = cpu_last = time.process_time()
        act()
        while True:
            QApplication.processEvents()
            now = time.perf_counter()
            if self._fresh:
                last, cpu_last = now, time.process_time()
                self.last_s |= dict.fromkeys(self._fresh, now - begin)
                self._fresh.clear()
            missing = self._all - self.last_s.keys()
            if not missing and now - last >= quiet_s and is_right():
                return Sample(last - begin, cpu_last - cpu_begin)
            if now - begin > PATIENCE_S:
                raise TimeoutError(f"Not painted: {', '.join(sorted(missing)) or 'none'}; right: {is_right()}.")
            time.sleep(_NAP_S)
