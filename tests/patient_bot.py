"""The robot of pytest-qt with the patience of all tests; apart from `waiting`, which benchmarks use without pytest."""

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget
from waiting import PATIENCE_S


class PatientBot(QtBot):
    """The robot of pytest-qt, which waits as long as all tests do, not 5 s.

    It holds the widgets it was given: one that the garbage collector takes while it is painted ends the program.
    """

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self._held: list[QWidget] = []

    def addWidget(self, widget: QWidget, **options: Any) -> None:
        self._held.append(widget)
        super().addWidget(widget, **options)

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = 1000 * PATIENCE_S) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = 1000 * PATIENCE_S, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitExposed(self, widget: Any, *, timeout: int = 1000 * PATIENCE_S) -> Any:
        return super().waitExposed(widget, timeout=timeout)
