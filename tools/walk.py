"""Walk through a data set as a person would and keep a picture of each step.

usage: python tools/walk.py FOLDER [KWIK] [--sample ephys|imaging] [--size 1920x1080] [--theme dark|light]
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))


def main() -> int:
    """Open, select, merge, undo, draw a lasso, split; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument(
        "kwik", type=Path, nargs="?", help="a .kwik file, of which a copy is walked; the sample if none is given"
    )
    parser.add_argument("--sample", default="ephys", choices=("ephys", "imaging"), help="which, if no file is given")
    parser.add_argument("--size", default="1920x1080", help="of the window")
    parser.add_argument("--theme", default="dark", choices=("dark", "light"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as home:
        keep_settings_of_the_person(Path(home))
        if options.sample == "imaging" and not options.kwik:
            return walk_imaging(options.folder, fresh_sample(Path(home), "imaging"), (width, height), options.theme)
        kwik = copy_of(options.kwik, Path(home)) if options.kwik else fresh_sample(Path(home))
        return walk(options.folder, kwik, (width, height), options.theme)


def keep_settings_of_the_person(home: Path) -> None:
    """Read and write settings of napari and of views elsewhere: those of the person who calls stay as they are."""
    os.environ["XDG_CONFIG_HOME"] = str(home)
    os.environ["PHY_CONFIG_DIR"] = str(home / "phy")


def fresh_sample(home: Path, name: str = "ephys") -> Path:
    """Return the .kwik of a fresh copy of a sample."""
    from napari_phy.sample_data import SAMPLES, fresh_copy

    return fresh_copy(home / "sample", sample=SAMPLES[name])


def copy_of(kwik: Path, home: Path) -> Path:
    """Return a copy of a .kwik beside links to its other files: the walk edits and saves, which is nobody's wish."""
    folder = home / "copy"
    folder.mkdir()
    for other in kwik.resolve().parent.iterdir():
        if other.is_file() and other.name != kwik.name:
            (folder / other.name).symlink_to(other)
    return shutil.copyfile(kwik, folder / kwik.name)


def put_mouse_aside() -> None:
    """Move the mouse to a corner of the screen, where nothing lights up below it."""
    from qtpy.QtGui import QCursor, QGuiApplication

    QCursor.setPos(QGuiApplication.primaryScreen().geometry().bottomRight())


def walk(folder: Path, kwik: Path, size: tuple[int, int], theme: str) -> int:
    """Do the steps; return the exit status."""
    import napari
    from journeys.first_path import around_one_cloud
    from journeys.person import CTRL, Person
    from qtpy.QtCore import Qt

    viewer = napari.Viewer()
    viewer.theme = theme
    person = Person(viewer)
    person.resize(*size)
    put_mouse_aside()
    taken = 0

    def picture(name: str) -> None:
        nonlocal taken
        taken += 1
        path = folder / f"{taken}-{name}.png"
        person.picture(path)
        print(path)

    person.open(kwik.resolve())
    person.rest(2)
    picture("opened")
    first, second = person.chosen if len(person.chosen) > 1 else person.listed()[:2]
    third = next(cluster for cluster in person.listed("Similar") if cluster not in (first, second))
    person.click(third, "Similar", CTRL)
    picture("three-clusters")
    person.click(third, "Similar", CTRL)
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    picture("merged")
    person.press(Qt.Key.Key_Z, CTRL)
    picture("undone")
    person.press(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    mixture = next(c for c in person.listed() if c != merged and person.session.manager.group(c) == "unsorted")
    person.click(mixture)
    person.lasso(around_one_cloud(person))
    picture("lasso")
    person.press(Qt.Key.Key_K)
    picture("split")
    person.press(Qt.Key.Key_G, Qt.KeyboardModifier.AltModifier)
    picture("filed")
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")
    picture("saved")
    viewer.layers.clear()
    viewer.close()
    return 0


def walk_imaging(folder: Path, kwik: Path, size: tuple[int, int], theme: str) -> int:
    """Open the sample with imaging, go to a later moment, ask which cell a cluster is; return the exit status."""
    import napari
    from journeys.person import Person

    viewer = napari.Viewer()
    viewer.theme = theme
    person = Person(viewer)
    person.resize(*size)
    put_mouse_aside()

    def picture(name: str) -> None:
        person.settle()
        person.rest(1)
        person.picture(folder / name)
        print(folder / name)

    viewer.open_sample("napari-phy", "imaging", kwik=kwik)
    person.wait(lambda: len(viewer.layers) == 3, "movie, cells and film alone, with the recording around them")
    person.rest(2)
    picture("1-movie-and-film.png")
    viewer.dims.set_current_step(0, 2 * viewer.dims.nsteps[0] // 3)
    person.click(person.listed()[3])
    picture("2-later.png")
    person.click(person.listed()[6])
    panel = person.workspace.board.open("Imaging")
    compare = panel.form.buttons["cells"]
    person.wait(compare.isEnabled, "both clocks, by which cells can be compared")
    compare.click()
    person.wait(lambda: panel.shown is not None and panel.form.progress.isHidden(), "the cells that follow the cluster")
    picture("3-which-cell.png")
    viewer.layers.clear()
    viewer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
