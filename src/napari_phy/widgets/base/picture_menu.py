"""The two entries of ⋯ that take a view out of the program: `Save picture…` and `Copy picture`."""

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from napari_phy.core.errors import SaveError
from napari_phy.files.exports import write_picture
from napari_phy.widgets.base.figure import Figure
from napari_phy.widgets.base.notifications import notify

SAVE, COPY = "Save picture…", "Copy picture"
FORMATS = "PNG (*.png);;SVG (*.svg)"
PICTURE_HELP = "⋯ saves the picture as SVG or PNG, or copies it."
NO_PICTURE = "There is no picture yet."


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as its file name says: `.svg` or `.png`.

    Raises
    ------
    SaveError
        It has another suffix, or could not be written; nothing is left behind.
    """
    write = {".svg": figure.svg, ".png": figure.png}.get(path.suffix.lower())
    if write is None:
        raise SaveError(f"Could not save {path.name}: a picture's name ends in .png or .svg.")
    write_picture(path, write())


class PictureMenu(QObject):
    """Asks where to save, saves, copies, and tells what came of it.

    Parameters
    ----------
    menu : QMenu
        The menu that gets the entries.
    figure : callable
        Returns what is in sight now, None for nothing.
    panel : QWidget
        The panel whose picture it is.
    """

    said = Signal(str)

    def __init__(self, menu: QMenu, figure: Callable[[], Figure | None], panel: QWidget) -> None:
        super().__init__(panel)
        self._figure = figure
        self._panel = panel
        self.folder = Path()  # the last one that a picture went to
        menu.addAction(SAVE).triggered.connect(lambda *_: self.ask())
        menu.addAction(COPY).triggered.connect(lambda *_: self.copy())

    def copy(self) -> None:
        """Put the picture into the clipboard."""
        figure = self._figure()
        if figure is None:
            self.said.emit(NO_PICTURE)
            return
        QApplication.clipboard().setMimeData(figure.mime_data())
        self.said.emit(f"Copied {figure.title}.")

    def ask(self) -> None:
        """Ask for a file, and save."""
        figure = self._figure()
        if figure is None:
            self.said.emit(NO_PICTURE)
            return
        dialog = QFileDialog(self._panel, "Save picture", str(self.folder), FORMATS)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(kind[:3].lower()))
        dialog.selectFile(figure.title)
        if dialog.exec():
            self.save(figure, Path(dialog.selectedFiles()[0]))
        dialog.deleteLater()

    def save(self, figure: Figure, path: Path) -> None:
        """Save, and say so, or why not."""
        try:
            save_figure(figure, path)
        except SaveError as error:
            notify(str(error))
            return
        self.folder = path.parent
        is_drawn = figure.note and path.suffix.lower() == ".svg"
        self.said.emit(f"Saved {path.name}; {figure.note}." if is_drawn else f"Saved {path.name}.")
