"""The two entries of ⋯ that export a view: `Save picture…` and `Copy picture`."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from napari_phy.core.errors import SaveError
from napari_phy.files.exports import write_picture
from napari_phy.files.platform_files import is_writable_folder
from napari_phy.widgets.base.figure import Figure
from napari_phy.widgets.base.notifications import notify

SAVE, COPY = "Save picture…", "Copy picture"
WRITERS: Mapping[str, Callable[[Figure], bytes]] = {".svg": Figure.svg, ".png": Figure.png}
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
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise SaveError(f"Could not save {path.name}: a picture's name ends in .png or .svg.")
    write_picture(path, write(figure))


class PictureMenu(QObject):
    """Saves and copies the picture of a view, and says in a sentence what was done.

    Parameters
    ----------
    menu : QMenu
        Gets the two entries.
    figure : callable
        Returns the picture that is shown, or None.
    data_path : callable
        Returns the file of the data set, or None. Its folder is proposed until a picture was saved in another one.
    panel : QWidget
        The view.
    """

    said = Signal(str)
    last_folder: ClassVar[Path | None] = None  # that a picture of any view was saved in

    def __init__(
        self, menu: QMenu, figure: Callable[[], Figure | None], data_path: Callable[[], Path | None], panel: QWidget
    ) -> None:
        super().__init__(panel)
        self._figure = figure
        self._data_path = data_path
        self._panel = panel
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
        proposed = self.proposed_path(figure.title)
        dialog = QFileDialog(self._panel, "Save picture", str(proposed.parent), FORMATS)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.filterSelected.connect(partial(_take_format, dialog))
        dialog.selectFile(proposed.name)
        if dialog.exec():
            self.save(figure, Path(dialog.selectedFiles()[0]))
        dialog.deleteLater()

    def proposed_path(self, title: str) -> Path:
        """Return `<dataset>_<view>.png` in the folder used last, or in that of the data set."""
        data_path = self._data_path()
        name = "_".join(title.lower().split())
        if data_path is not None:
            name = f"{data_path.stem}_{name}"
        folders = (PictureMenu.last_folder, None if data_path is None else data_path.parent)
        folder = next((one for one in folders if one is not None and is_writable_folder(one)), Path.home())
        return folder / f"{name}.png"

    def save(self, figure: Figure, path: Path) -> None:
        """Save, and say so, or why not."""
        try:
            save_figure(figure, path)
        except SaveError as error:
            notify(str(error))
            return
        PictureMenu.last_folder = path.parent
        is_drawn = figure.note and path.suffix.lower() == ".svg"
        self.said.emit(f"Saved {path.name}; {figure.note}." if is_drawn else f"Saved {path.name}.")


def _take_format(dialog: QFileDialog, kind: str) -> None:
    """Give the file name the suffix of a format that was chosen."""
    suffix = kind[:3].lower()
    dialog.setDefaultSuffix(suffix)
    path = Path(dialog.selectedFiles()[0])
    if path.suffix.lower() in WRITERS:
        dialog.selectFile(path.with_suffix(f".{suffix}").name)
