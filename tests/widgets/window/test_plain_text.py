"""Names in a file are letters, whatever they say: in labels, tooltips, lists and messages."""

import ast
from pathlib import Path

import pytest
from hostile import NAME, make_hostile
from qtpy.QtCore import QModelIndex, Qt
from qtpy.QtWidgets import QApplication, QLabel, QTableView, QTreeView

import napari_phy.widgets
from napari_phy.widgets.base.notifications import notify
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.window.kinds import KINDS, LISTS
from napari_phy.widgets.window.workspace import Workspace

SOURCES = Path(napari_phy.widgets.__file__).parent
TIP = Qt.ItemDataRole.ToolTipRole


@pytest.mark.parametrize(
    "text",
    [NAME, "<b>bold</b>", "a <img src=x> b", "&lt;b&gt;", "<?xml version='1.0'?>", "< b >", "<!-- -->", "x\n<b>y</b>"],
)
def test_no_text_is_rich_once_it_is_plain(text: str) -> None:
    assert not Qt.mightBeRichText(plain(text))
    assert plain(text).replace("\u200b", "") == text


@pytest.mark.parametrize("text", ["", "5 < 6", "a & b", "µV"])
def test_text_that_is_plain_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_a_label_shows_letters(qtbot) -> None:
    label = PlainLabel(NAME, wordWrap=True)
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == NAME
    assert label.wordWrap()


def test_every_label_and_tooltip_of_the_program_goes_through_here() -> None:
    """Labels are `PlainLabel`, and what is no constant in a tooltip is `plain`."""
    found = []
    for source in SOURCES.rglob("*.py"):
        tree = ast.parse(source.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found += [f"{source.name}: class {node.name}(QLabel)" for base in node.bases if _name(base) == "QLabel"]
            if isinstance(node, ast.Assign) and _name(node.targets[0]) == "tooltip" and not _is_plain(node.value):
                found.append(f"{source.name}:{node.lineno} {ast.unparse(node)}")
            if not isinstance(node, ast.Call):
                continue
            name = _name(node.func)
            if name == "QLabel":
                found.append(f"{source.name}:{node.lineno} {ast.unparse(node)}")
            if name in ("setToolTip", "setStatusTip", "setWhatsThis") or ast.unparse(node.func) == "QToolTip.showText":
                texts = [one for one in node.args if not isinstance(one, ast.Constant)]
                if texts and not any(map(_is_plain, node.args)):
                    found.append(f"{source.name}:{node.lineno} {ast.unparse(node)}")
    assert [one for one in found if not one.startswith(ALLOWED)] == []


ALLOWED = (
    "plain_text.py: class PlainLabel",
    "group_drag.py",  # a row is HTML, in which the name of the group is escaped
    "action_rows.py",  # "Your own. Click to change it."
)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_plain(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_plain(node.body) and _is_plain(node.orelse)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Call) and _name(node.func) == "plain")


def test_a_window_shows_names_letter_by_letter(make_napari_viewer, qtbot, tmp_path: Path) -> None:
    path = make_hostile(tmp_path)
    viewer = make_napari_viewer(show=True)
    viewer.open(str(path), plugin="napari-phy")
    qtbot.waitUntil(lambda: Workspace.find(viewer) is not None)  # once the window is on the screen
    workspace = Workspace.find(viewer)
    session = workspace.session
    assert session.manager.group(0) == NAME.lower()
    for title in KINDS:
        workspace.board.open(title)
    workspace.panels["Clusters"].set_groups(True)
    session.selection.select([0, 1])
    session.move([2], NAME.lower())
    session.merge([0, 1])
    session.undo()
    notify(f"The group {NAME} is there.")
    workspace.controller.say(NAME)
    panels = [panel for title, panel in workspace.panels.items() if title not in LISTS and panel.isVisible()]
    qtbot.waitUntil(lambda: not any(getattr(panel, "busy", False) for panel in panels))
    rich, shown = [], []
    for widget in QApplication.allWidgets():
        texts = {"tooltip": widget.toolTip()}
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            texts["label"] = widget.text()
        if isinstance(widget, QTableView | QTreeView) and widget.model() is not None:
            texts |= _tips(widget)
        names = {where: text for where, text in texts.items() if "img src" in text}
        rich += [
            f"{type(widget).__name__} {where}: {text}" for where, text in names.items() if Qt.mightBeRichText(text)
        ]
        shown += names.values()
    assert len(shown) > 10
    assert rich == []


def _tips(view: QTableView | QTreeView) -> dict[str, str]:
    model = view.model()
    columns = range(model.columnCount(QModelIndex()))
    tips = {f"header {column}": model.headerData(column, Qt.Orientation.Horizontal, TIP) for column in columns}
    for row in range(model.rowCount(QModelIndex())):
        tips |= {f"cell {row}, {column}": model.index(row, column).data(TIP) for column in columns}
    return {where: tip for where, tip in tips.items() if isinstance(tip, str)}
