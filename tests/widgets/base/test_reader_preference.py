"""Napari opens folders of phy, and `params.py`, without a question once the user said so; all else as before."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from napari._qt.dialogs import qt_reader_dialog
from napari.errors import MultipleReaderError, ReaderPluginError
from napari.settings import get_settings
from npe2 import DynamicPlugin, PluginManager
from phy_folder import write_folder
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QApplication, QPushButton
from waiting import run_until

from napari_phy.cli import main
from napari_phy.widgets.base import notifications
from napari_phy.widgets.base import reader_preference as preference
from napari_phy.widgets.window.workspace import Workspace

RUN = "from pathlib import Path\nPath('was_run').touch()\n"  # by whoever executes it


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    """Settings of this test alone; params.py of its folder tells when it is executed."""
    monkeypatch.setenv("PHY_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "ks", params="")
    (tmp_path / "tiffs").mkdir()
    for number in range(2):
        tifffile.imwrite(tmp_path / "tiffs" / f"{number}.tif", np.full((8, 9), number, np.uint8))
    (tmp_path / "script.py").write_text(RUN)
    before = dict(get_settings().plugins.extension2reader)
    yield get_settings().plugins
    get_settings().plugins.extension2reader = before


@pytest.fixture
def asked(monkeypatch):
    """What napari asked about, by which readers; nobody answers."""
    asked = []

    def ask(dialog):
        asked.append(dialog._current_file.rpartition("/")[2])
        return "", False

    monkeypatch.setattr(qt_reader_dialog.QtReaderDialog, "get_user_choices", ask)
    return asked


def drop(viewer, *paths: Path):
    """Drop files onto napari's canvas."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    target = viewer.window._qt_viewer
    event = QDropEvent(
        QPointF(10, 10), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    target.dropEvent(event)


def shown(viewer):
    return {layer.name: layer.source.reader_plugin for layer in viewer.layers}


@pytest.mark.parametrize("what", ["ks", "ks/params.py"])
def test_a_drop_asks_until_the_user_says_so_and_not_again(make_napari_viewer, tmp_path, asked, settings, what):
    viewer = make_napari_viewer(show=True)
    for path in (what, "tiffs"):
        drop(viewer, tmp_path / path)
    assert asked == [Path(what).name, "tiffs"]
    preference.offer()
    preference.offer()  # takes the place of the same
    window = viewer.window.main_menu.window()
    run_until(lambda: _button(window, "Open without a question"), "the offer")
    _button(window, "Open without a question").click()
    assert settings.extension2reader == {"*/": "napari-phy", "*/params.py": "napari-phy"}
    asked.clear()
    drop(viewer, tmp_path / "tiffs")
    assert shown(viewer) == {"tiffs": "napari"}
    viewer.layers.clear()
    drop(viewer, tmp_path / what)
    assert asked == []
    run_until(lambda: Workspace.find(viewer) is not None and Workspace.find(viewer).session is not None, "the session")
    assert Workspace.find(viewer).session.name == "ks"
    assert set(shown(viewer).values()) == {"napari-phy"}
    drop(viewer, tmp_path / "script.py")  # other scripts are napari's, as before
    assert asked == []
    assert (tmp_path / "was_run").exists()


def test_a_script_named_params_is_refused_and_not_run(make_napari_viewer, tmp_path, asked):
    preference.choose()
    other = tmp_path / "other"
    other.mkdir()
    (other / "params.py").write_text(RUN)
    viewer = make_napari_viewer()
    drop(viewer, other / "params.py")
    assert asked == ["params.py"]
    assert not (tmp_path / "was_run").exists()


def test_with_a_third_reader_of_folders_napari_asks_among_the_others(make_napari_viewer, tmp_path, asked):
    preference.choose()
    viewer = make_napari_viewer()
    with DynamicPlugin("third", plugin_manager=PluginManager.instance()) as third:

        @third.contribute.reader(filename_patterns=["*.third"], accepts_directories=True)
        def get_third(path):
            raise AssertionError

        with pytest.raises(ReaderPluginError, match="napari-phy"):
            viewer.open(str(tmp_path / "tiffs"), plugin=None)
        drop(viewer, tmp_path / "tiffs")
        assert asked == ["tiffs"]


def test_who_keeps_the_question_is_not_offered_it_again(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer(show=True)
    window = viewer.window.main_menu.window()
    preference.offer()
    run_until(lambda: _button(window, "Keep asking"), "the offer")
    _button(window, "Keep asking").click()
    run_until(lambda: _button(window, "Keep asking") is None, "that it closes")
    preference.offer()
    QApplication.processEvents()
    assert _button(window, "Keep asking") is None
    with pytest.raises(MultipleReaderError):
        viewer.open(str(tmp_path / "ks"), plugin=None)


def test_it_is_offered_only_after_napari_asked(make_napari_viewer, tmp_path, monkeypatch):
    offered = []
    monkeypatch.setattr(notifications, "notify", lambda sentence, *_, **__: offered.append(sentence))
    viewer = make_napari_viewer(show=True)
    preference.open_unasked(viewer, tmp_path / "ks")
    run_until(lambda: Workspace.find(viewer) is not None and Workspace.find(viewer).session is not None, "the session")
    assert preference.QUESTION not in offered
    preference.offer()
    assert offered[-1] == preference.QUESTION


def test_the_command_sets_it_and_takes_it_back(settings, capsys):
    settings.extension2reader = {"*.tif": "napari"}
    assert main(["config", "--folders", "napari-phy"]) == 0
    assert settings.extension2reader == {"*.tif": "napari", "*/": "napari-phy", "*/params.py": "napari-phy"}
    assert main(["config", "--folders", "ask"]) == 0
    assert settings.extension2reader == {"*.tif": "napari"}
    assert "Preferences > Plugins" in capsys.readouterr().out


def _button(window, text):
    buttons = (button for button in window.findChildren(QPushButton) if button.text() == text and button.isVisible())
    return next(buttons, None)
