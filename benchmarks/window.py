"""A data set open in a real window, with somebody at the desk."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SIZE = (1920, 1080)


@contextmanager
def desk(path: Path, size: tuple[int, int] = SIZE) -> Iterator[Any]:
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


def show_together(person: Any, titles: Iterable[str]) -> None:
    """Open docks in a row beside Traces, all in sight."""
    from qtpy.QtCore import Qt

    board, window = person.workspace.board, person.workspace.window
    row = [board.docks["Traces"]]
    for title in titles:
        board.open(title)
        window.splitDockWidget(row[-1], board.docks[title], Qt.Orientation.Horizontal)
        row.append(board.docks[title])
    window.resizeDocks(row, [window.width() // len(row)] * len(row), Qt.Orientation.Horizontal)
    person.settle()
    person.rest(0.5)
