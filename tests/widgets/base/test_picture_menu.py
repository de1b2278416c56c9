"""A picture is saved wholly or not at all, and the user is told."""

import errno
import io
from pathlib import Path

import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QSize
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QMenu, QWidget
from widgets.svg_reading import Svg

from napari_phy.core.errors import SaveError
from napari_phy.files import atomic
from napari_phy.widgets.base.figure import SVG_TYPE, Figure
from napari_phy.widgets.base.picture_menu import COPY, NO_PICTURE, SAVE, PictureMenu, save_figure
from napari_phy.widgets.base.theme import tokens


@pytest.fixture
def figure(qapp):
    return Figure("Probe", QSize(60, 40), lambda painter: painter.drawText(5, 20, "µm"), tokens("light"), note="a note")


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def no_folder_used_before(monkeypatch):
    monkeypatch.setattr(PictureMenu, "last_folder", None)


@pytest.fixture
def menu(qtbot, figure):
    panel = QWidget()
    qtbot.addWidget(panel)
    made = PictureMenu(QMenu(panel), lambda: figure, lambda: None, panel)
    made.heard = []
    made.said.connect(made.heard.append)
    return made


@pytest.fixture
def notes():
    found = []
    notification_manager.notification_ready.connect(found.append)
    yield found
    notification_manager.notification_ready.disconnect(found.append)


def test_the_suffix_says_what_is_written(figure, tmp_path):
    save_figure(figure, tmp_path / "a.SVG")
    save_figure(figure, tmp_path / "b.png")
    assert "µm" in Svg((tmp_path / "a.SVG").read_bytes()).texts
    assert QImage(str(tmp_path / "b.png")).width() == 120
    with pytest.raises(SaveError, match=r"^Could not save c\.pdf: a picture's name ends in \.png or \.svg\.$"):
        save_figure(figure, tmp_path / "c.pdf")
    assert names_in(tmp_path) == ["a.SVG", "b.png"]


def test_a_folder_that_is_not_there_is_named(figure, tmp_path):
    told = rf"Could not save a\.svg: there is no folder {tmp_path}/figures\. Make it, or save it in another folder\."
    with pytest.raises(SaveError, match=f"^{told}$"):
        save_figure(figure, tmp_path / "figures" / "a.svg")
    assert not (tmp_path / "figures").exists()


def test_a_name_that_is_too_long_is_told_of(figure, tmp_path):
    with pytest.raises(
        SaveError, match=r"^Could not save x+\.svg: its name is too long\. Save it under a shorter one\.$"
    ):
        save_figure(figure, tmp_path / f"{'x' * 300}.svg")
    assert names_in(tmp_path) == []


def test_a_folder_of_that_name_stays(figure, tmp_path):
    (tmp_path / "a.svg").mkdir()
    told = rf"Could not save a\.svg: {tmp_path} has a folder of that name\. Save it under another one\."
    with pytest.raises(SaveError, match=f"^{told}$"):
        save_figure(figure, tmp_path / "a.svg")
    assert names_in(tmp_path) == ["a.svg"]


def test_a_read_only_folder_is_told_of(figure, tmp_path, monkeypatch):
    def refuse(path, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)  # whoever runs the tests may write everywhere
    told = rf"Could not save a\.svg: the folder {tmp_path} is read-only\. Save it in another folder\."
    with pytest.raises(SaveError, match=f"^{told}$"):
        save_figure(figure, tmp_path / "a.svg")
    assert names_in(tmp_path) == []


def test_a_folder_that_takes_no_files_is_named_with_what_to_do(figure, tmp_path, monkeypatch, menu, notes):
    def refuse(path, *args, **kwargs):  # as /proc does
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    menu.save(figure, tmp_path / "a.svg")
    (note,) = notes
    told = f"nothing can be written into {tmp_path} (No such file or directory). Save it in another folder."
    assert note.message == f"Could not save a.svg: {told}"
    assert PictureMenu.last_folder is None


def test_a_full_disk_leaves_what_was_there_and_no_half_file(figure, tmp_path, monkeypatch, menu, notes):
    class Full(io.FileIO):
        def write(self, content):
            super().write(content[:100])
            raise OSError(errno.ENOSPC, "No space left on device")

    target = tmp_path / "a.svg"
    target.write_text("before")
    monkeypatch.setattr(Path, "open", lambda path, mode="r", *args, **kwargs: Full(path, mode))
    menu.save(figure, target)
    monkeypatch.undo()
    assert [note.message for note in notes] == [
        f"Could not save a.svg: the disk of {tmp_path} is full. Make room there, or save it in another folder."
    ]
    assert menu.heard == []
    assert names_in(tmp_path) == ["a.svg"]
    assert target.read_text() == "before"


def test_files_are_synced_before_they_take_their_place(figure, tmp_path, monkeypatch):
    order = []
    monkeypatch.setattr(atomic.os, "fsync", lambda _: order.append("sync"))
    replace = atomic.replace_file
    monkeypatch.setattr(atomic, "replace_file", lambda *paths: order.append("replace") or replace(*paths))
    save_figure(figure, tmp_path / "a.png")
    assert order[:2] == ["sync", "replace"]


def test_the_folder_of_the_data_set_is_proposed_then_the_one_used_last(qtbot, figure, tmp_path):
    data, figures = tmp_path / "data", tmp_path / "figures"
    data.mkdir()
    figures.mkdir()
    panel, path = QWidget(), data / "sample.kwik"
    qtbot.addWidget(panel)
    menu, other = (PictureMenu(QMenu(panel), lambda: figure, lambda: path, panel) for _ in range(2))
    assert menu.proposed_path("Probe") == data / "sample_probe.png"
    menu.save(figure, figures / "a.png")
    assert menu.proposed_path("Firing rate 2") == figures / "sample_firing_rate_2.png"
    assert other.proposed_path("Probe") == figures / "sample_probe.png"
    (figures / "a.png").unlink()
    figures.rmdir()
    assert menu.proposed_path("Probe") == data / "sample_probe.png"


def test_a_picture_without_a_data_set_goes_to_the_home_folder(menu):
    assert menu.proposed_path("Probe") == Path.home() / "probe.png"


def test_what_is_saved_is_told_with_what_is_no_line_in_it(menu, figure, tmp_path):
    menu.save(figure, tmp_path / "a.svg")
    menu.save(figure, tmp_path / "a.png")
    assert menu.heard == ["Saved a.svg; a note.", "Saved a.png."]
    assert PictureMenu.last_folder == tmp_path


def test_the_clipboard_holds_the_picture(menu):
    QApplication.clipboard().clear()
    menu.copy()
    assert menu.heard == ["Copied Probe."]
    mime = QApplication.clipboard().mimeData()
    assert mime.hasImage()
    assert QApplication.clipboard().image().size() == QSize(120, 80)
    assert "µm" in Svg(mime.data(SVG_TYPE).data()).texts


def test_without_a_picture_nothing_is_saved_or_copied(qtbot):
    panel, heard = QWidget(), []
    qtbot.addWidget(panel)
    entries = QMenu(panel)
    menu = PictureMenu(entries, lambda: None, lambda: None, panel)
    menu.said.connect(heard.append)
    QApplication.clipboard().setText("mine")
    assert [action.text() for action in entries.actions()] == [SAVE, COPY]
    for action in entries.actions():
        action.trigger()
    assert heard == [NO_PICTURE, NO_PICTURE]
    assert QApplication.clipboard().text() == "mine"
