"""A data set open in a real window, with somebody who clicks and presses keys in it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SIZE = (1920, 1080)
# The first four are open already; the others are put beside Traces.
VIEWS = ("Waveforms", "Features", "Correlograms", "Traces", "Amplitude", "Raster", "Probe", "Intervals")
_LISTS = ("Clusters", "Similar")


@contextmanager
def open_window(path: Path, size: tuple[int, int] = SIZE) -> Iterator[Any]:
    """Open a data set in napari; give the `Person` of the journeys, who looks, clicks and waits."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_CONFIG_HOME"] = home  # settings of the person who calls stay as they are
        os.environ["PHY_CONFIG_DIR"] = str(Path(home) / "phy")
        import napari
        from journeys.person import Person

        viewer = napari.Viewer()
        person = Person(viewer)
        person.resize(*size)
        person.open(path)
        person.rest(1)
        yield person
        viewer.layers.clear()
        viewer.close()


class EightViews:
    """Somebody who clicks and presses keys with eight docks in sight, and does not wait.

    Attributes
    ----------
    views, lists : the panels by title; swaps : none, for all of them are widgets.
    """

    def __init__(self, person: Any) -> None:
        self._person = person
        show_together(person, VIEWS[4:])
        person.wait(lambda: not person.session.holds_features, "the features")
        person.settle()
        person.rest(2)
        self.views = {title: person.workspace.panels[title] for title in VIEWS}
        self.lists = {title: person.workspace.panels[title] for title in _LISTS}
        self.swaps: dict[str, Any] = {}

    def is_right(self) -> bool:
        """Tell whether every view has read what it is to show."""
        return all(not panel.busy and panel.data is not None for panel in self.views.values())

    def listed(self) -> list[int]:
        """Return the ids of all clusters."""
        return list(self._person.listed())

    def settle(self) -> None:
        """Wait until all is done."""
        self._person.settle()

    def click(self, cluster: int) -> None:
        """Click the row of a cluster."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        view = self.lists["Clusters"].list
        index = view.model().index(self.listed().index(cluster), 1)
        view.scrollTo(index)
        place = view.visualRect(index).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)

    def take_candidate(self) -> None:
        """Press the key that selects the most similar cluster beside the chosen one."""
        self._press("Space")

    def look(self, seconds: float) -> None:
        """Look at what is shown; the views read on meanwhile."""
        self._person.rest(seconds)

    def merge(self) -> None:
        """Press the key that merges the selected clusters."""
        self._press("G")

    def undo(self) -> None:
        """Press the keys that take it back."""
        self._press("Z", "ControlModifier")

    def _press(self, key: str, modifier: str = "NoModifier") -> None:
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        QTest.keyClick(self._person.focused(), getattr(Qt.Key, f"Key_{key}"), getattr(Qt.KeyboardModifier, modifier))


def show_together(person: Any, titles: Iterable[str]) -> None:
    """Open docks in a row beside Traces, all in sight."""
    from qtpy.QtCore import Qt

    board, window = person.workspace.board, person.workspace.window
    row = [board.docks["Traces"]]
    for title in titles:
        board.open(title)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, board.docks[title])  # out of its tabs
        window.splitDockWidget(row[-1], board.docks[title], Qt.Orientation.Horizontal)
        row.append(board.docks[title])
    window.resizeDocks(row, [window.width() // len(row)] * len(row), Qt.Orientation.Horizontal)
    person.settle()
    person.rest(0.5)
