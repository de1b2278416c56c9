"""The real command in a process of its own, on a screen of its own under a window manager, looked at from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from waiting import PATIENCE_S

# What napari runs as its startup script: it writes down, again and again, what is in sight in the window, and closes it
# when it is asked to.
LOOK = """
import json, os
from pathlib import Path

import numpy as np
from napari.viewer import current_viewer
from qtpy.QtCore import QPoint, QTimer
from qtpy.QtWidgets import QAbstractButton, QApplication, QDialog, QDockWidget, QLabel, QWidget

FILE = Path({file!r})


def in_sight(widget):
    return widget.isVisible() and not widget.visibleRegion().isEmpty()


def box(rectangle):
    return [rectangle.x(), rectangle.y(), rectangle.width(), rectangle.height()]


# Of the spikes of the first selected cluster that a view of points shows, the share that has a colour on the screen.
def colored(panel):
    canvas, data = panel.canvas, panel.scatter
    if data is None or canvas.frame is None or not in_sight(canvas):
        return 0
    corner = canvas.mapToGlobal(QPoint(0, 0))
    image = canvas.screen().grabWindow(0, corner.x(), corner.y(), canvas.width(), canvas.height()).toImage()
    places = canvas.frame.to_px(np.column_stack([data.x, data.y])[data.places == 0])
    shown = [(int(x), int(y)) for x, y in places if canvas.frame.contains(x, y)]
    return float(np.mean([image.pixelColor(x, y).saturation() > 100 for x, y in shown])) if shown else 0


def look():
    viewer = current_viewer()
    if viewer is None:
        return
    window = viewer.window._qt_window
    docks = [dock for dock in window.findChildren(QDockWidget) if in_sight(dock)]
    buttons = [button for button in window.findChildren(QAbstractButton) if in_sight(button)]
    notes = [dialog for dialog in window.findChildren(QDialog) if hasattr(dialog, "message") and in_sight(dialog)]
    features = window.findChild(QWidget, "napari-phy-features")
    seen = dict(
        is_shown=window.isVisible(),
        title=window.windowTitle(),
        frame=box(window.frameGeometry()),
        window=box(window.geometry()),
        room=box(window.screen().availableGeometry()),
        docks={{dock.windowTitle(): box(dock.geometry()) for dock in docks}},
        notes=[note.message.text() for note in notes],
        buttons=[button.text() for button in buttons if button.text()],
        colored_features=0 if features is None else colored(features),
        status=viewer.status if isinstance(viewer.status, str) else "",
    )
    FILE.with_suffix(".new").write_text(json.dumps(seen))
    os.replace(FILE.with_suffix(".new"), FILE)
    if FILE.with_name("close").exists():
        window.close()


timer = QTimer(QApplication.instance())
timer.timeout.connect(look)
timer.start(100)
"""


@contextmanager
def screen(size: tuple[int, int], home: Path) -> Iterator[str]:
    """Yield the name of a display of a size, `:7`, with openbox as its window manager."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-nolisten", "tcp", "-screen", "0", "{}x{}x24".format(*size)]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as answer:
        display = f":{answer.readline().strip()}"
    manager = None
    try:
        is_there = home / "openbox"
        environment = os.environ | {"DISPLAY": display, "HOME": str(home)}
        command = ["openbox", "--startup", f"touch {is_there}"]
        manager = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        _wait(is_there.exists, lambda: "openbox did not start")
        yield display
    finally:
        for process in (manager, server):
            if process is not None:
                process.terminate()
                process.wait()


class Program:
    """`napari FILE` on a screen.

    Parameters
    ----------
    home : folder with the settings of the person who starts it; an empty one is that of a first start ever.
    file : to be opened.
    display : as Xvfb names it, `:7`.
    """

    def __init__(self, home: Path, file: Path, display: str) -> None:
        self._file, self._close, settings = home / "seen.json", home / "close", home / "napari.yaml"
        for old in (self._file, self._close):
            old.unlink(missing_ok=True)
        if not settings.exists():
            (home / "look.py").write_text(LOOK.format(file=str(self._file)))
            script = f"application:\n  startup_script: {home / 'look.py'}\n  confirm_close_window: false\n"
            settings.write_text(script)
        folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA", "STATE")}
        own = {"HOME": str(home), "PHY_CONFIG_DIR": str(home / "phy"), "NAPARI_CONFIG": str(settings)}
        environment = os.environ | folders | own | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        self._terminal = home / "terminal.txt"
        with self._terminal.open("w") as terminal:
            command = [sys.executable, "-m", "napari", str(file)]
            self.process = subprocess.Popen(command, env=environment, stdout=terminal, stderr=subprocess.STDOUT)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def wait(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return what is in sight as soon as a condition holds for it."""
        seen: dict[str, Any] = {}

        def holds() -> object:
            nonlocal seen
            assert self.process.poll() is None, self._terminal.read_text()
            seen = json.loads(self._file.read_text()) if self._file.exists() else {}
            return seen and condition(seen)

        _wait(holds, lambda: f"in sight is {seen}, the terminal says {self._terminal.read_text()}")
        return seen

    def close(self) -> None:
        """Close the window and wait for the program to end."""
        self._close.touch()
        assert self.process.wait(PATIENCE_S) == 0, self._terminal.read_text()


def _wait(condition: Callable[[], object], why: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {why()}"
        time.sleep(0.05)
