"""Draw, for the docs, every view of the sample in both themes, side by side, a first way through it, and proposals.

usage: python tools/gallery.py FOLDER
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from walk import fresh_sample, keep_settings_of_the_person, put_mouse_aside

SIZE = (620, 440)  # of a view
SMALL = (1280, 800)  # of a window
N_COLUMNS = 3
GAP = 10
THEMES = ("dark", "light")


def main() -> int:
    """Open the sample, take each view out of the window, draw, and sort it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where views_dark.png, first_wizard.png and their fellows go")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        with tempfile.TemporaryDirectory() as home:
            keep_settings_of_the_person(Path(home))
            path = options.folder / f"views_{theme}.png"
            sheet_of(views_of(fresh_sample(Path(home)), theme)).save(str(path))
            print(path)
    with tempfile.TemporaryDirectory() as home:
        keep_settings_of_the_person(Path(home))
        sort_first(options.folder, fresh_sample(Path(home)))
    with tempfile.TemporaryDirectory() as home:
        keep_settings_of_the_person(Path(home))
        go_through_proposals(options.folder, fresh_sample(Path(home)))
    with tempfile.TemporaryDirectory() as home:
        keep_settings_of_the_person(Path(home))
        class_and_compare(options.folder, fresh_sample(Path(home)))
    return 0


def sort_first(folder: Path, kwik: Path) -> None:
    """Keep the pictures of a first-time user's way through the sample."""
    import napari
    from journeys.first_path import take_first_path
    from journeys.person import Person

    viewer = napari.Viewer()
    viewer.theme = "dark"
    person = Person(viewer)
    person.resize(*SMALL)
    put_mouse_aside()

    def picture(step: str) -> None:
        path = folder / f"first_{step}.png"
        person.picture(path)
        print(path)

    take_first_path(person, kwik.resolve(), picture)
    viewer.layers.clear()
    viewer.close()


def go_through_proposals(folder: Path, kwik: Path) -> None:
    """Keep a picture of the proposals for the sample, in which half of a neuron is cut into three at random."""
    import napari
    import numpy as np
    from journeys.person import Person
    from qtpy.QtCore import Qt

    from napari_phy import open_session

    with open_session(kwik) as session:
        half = max(session.propose(), key=lambda one: (one.kind == "merge", one.score)).clusters[-1]
        spikes = session.manager.spikes(half)
        session.assign(spikes, np.random.default_rng(0).integers(0, 3, len(spikes)))
        session.save()
    viewer = napari.Viewer()
    viewer.theme = "dark"
    person = Person(viewer)
    person.resize(*SMALL)
    person.open(kwik.resolve())
    put_mouse_aside()
    person.press(Qt.Key.Key_P)
    panel: Any = person.workspace.panels["Proposals"]
    person.wait(lambda: not panel.is_searching and not panel.busy, "the proposals")
    largest = max(person.session.proposals, key=lambda one: len(one.clusters))
    while person.chosen != largest.clusters:
        person.press(Qt.Key.Key_N)
    person.wait(lambda: panel.data is not None and panel.data.request.clusters == largest.clusters, "the preview")
    person.rest(0.5)
    path = folder / "proposals.png"
    person.picture(path)
    print(path)
    viewer.layers.clear()
    viewer.close()


def class_and_compare(folder: Path, kwik: Path) -> None:
    """Keep a picture of classes beside histograms of metrics, and one of edits compared with the original."""
    import napari
    from journeys.person import Person

    viewer = napari.Viewer()
    viewer.theme = "dark"
    person = Person(viewer)
    person.resize(*SMALL)
    person.open(kwik.resolve())
    put_mouse_aside()
    person.session.views["Grid"].content = "metrics"
    for title in ("Classes", "Grid"):
        person.workspace.board.open(title)
    person.click(person.listed()[0])
    person.rest(2)
    person.settle()
    path = folder / "classes.png"
    person.picture(path)
    print(path)
    person.session.merge([5, 12])
    person.session.merge([7, 15])
    person.session.move([13], "noise")
    person.session.compare_with(clustering="original")
    person.workspace.board.open("Compare")
    person.rest(2)
    person.settle()
    path = folder / "compare.png"
    person.picture(path)
    print(path)
    viewer.layers.clear()
    viewer.close()


def views_of(kwik: Path, theme: str) -> list[Any]:
    """Return a picture of each view, three clusters being selected."""
    import napari
    from journeys.person import CTRL, Person

    from napari_phy.widgets.window.kinds import KINDS, LISTS

    viewer = napari.Viewer()
    viewer.theme = theme
    person = Person(viewer)
    person.resize(1920, 1080)
    person.open(kwik.resolve())
    person.click(person.listed("Similar")[1], "Similar", CTRL)
    first, second = person.listed()[3:5]
    person.session.move([first], "good")
    person.session.label([second], "note", "bursts")
    person.session.time.move_to(30.0)
    person.session.events.add("light", [time / 2 for time in range(2, 110)])
    person.session.compare_with(clustering="original")
    person.session.propose()
    pictures = []
    for title in (title for title in KINDS if title not in LISTS):
        panel = person.workspace.board.open(title)
        dock = person.workspace.docks[title]
        dock.setFloating(True)
        dock.resize(*SIZE)
        person.rest(0.5)
        person.settle()
        person.wait(lambda panel=panel: panel.data is not None, title)
        person.rest(0.3)
        pictures.append(dock.grab())
        dock.hide()
    viewer.layers.clear()
    viewer.close()
    return pictures


def sheet_of(pictures: list[Any], n_columns: int = N_COLUMNS) -> Any:
    """Return one picture of all, which are of one size, row by row."""
    from qtpy.QtCore import Qt
    from qtpy.QtGui import QPainter, QPixmap

    n_rows = -(-len(pictures) // n_columns)
    width, height = pictures[0].width() + GAP, pictures[0].height() + GAP
    sheet = QPixmap(n_columns * width - GAP, n_rows * height - GAP)
    sheet.fill(Qt.GlobalColor.transparent)
    painter = QPainter(sheet)
    for place, picture in enumerate(pictures):
        painter.drawPixmap(place % n_columns * width, place // n_columns * height, picture)
    painter.end()
    return sheet


if __name__ == "__main__":
    sys.exit(main())
