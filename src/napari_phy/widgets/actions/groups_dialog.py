"""Adds, renames, recolours and removes the user's own groups of clusters."""

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import (
    QColorDialog,
    QGridLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from napari_phy.core.cluster_groups import DISCARDED
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.group_colors import own_group_colors
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_count
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.application import not_none
from napari_phy.widgets.base.painting import painter_on
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words, dialog_style
from napari_phy.widgets.base.theme import BODY_PX, Tokens

NAME = Qt.ItemDataRole.UserRole


def own_groups(session: Session) -> list[Any]:
    """Return the user's groups without the hidden one."""
    return [group for group in session.groups if group.name != DISCARDED]


class GroupsDialog(SmallDialog):
    """Each button is one edit of the session, done at once, which undo takes back.

    It is no form of some values, which `FormDialog` asks for, but an editor of a list.
    """

    def __init__(self, session: Session, theme: Tokens, parent: QWidget | None = None) -> None:
        question = "Groups of your own, besides good, MUA, noise and unsorted"
        key = key_bindings().first("undo")
        undo = f"Each of these edits can be undone{f' ({key}, once this is closed)' if key else ''}."
        super().__init__(Words("Groups", question, undo), theme, parent)
        self._session = session
        self._theme = theme
        self.list = QListWidget()
        self.list.setIconSize(QSize(theme.px(12), theme.px(12)))
        self.list.setMinimumHeight(theme.px(120))
        self.field = QLineEdit()
        self.field.setPlaceholderText("name of a group")
        edits = (
            ("Add", self._add),
            ("Rename", self._rename),
            ("Colour…", self._recolor),
            ("Remove", self._remove),
        )
        self.add_group_button, self.rename_button, self.color_button, self.remove_button = (
            self._edit_button(text, act) for text, act in edits
        )
        grid = QGridLayout()
        grid.setSpacing(theme.px(6))
        grid.addWidget(self.list, 0, 0, 3, 2)
        grid.addWidget(self.color_button, 0, 2)
        grid.addWidget(self.remove_button, 1, 2)
        grid.addWidget(self.field, 3, 0)
        grid.addWidget(self.add_group_button, 3, 1)
        grid.addWidget(self.rename_button, 3, 2)
        grid.setRowStretch(2, 1)
        grid.setColumnStretch(0, 1)
        self.body.addLayout(grid)
        self.close_button = self.add_button("Close", self.accept)
        self.setStyleSheet(
            dialog_style(theme)
            + f"QListWidget {{ background: {theme.view}; color: {theme.text}; border: none;"
            + f" font-size: {theme.px(BODY_PX)}px; }}"
            + f"QListWidget::item {{ padding: {theme.px(4)}px {theme.px(6)}px; }}"
            + f"QListWidget::item:selected {{ background: {theme.selected_row}; color: {theme.text}; }}"
        )
        self.list.currentItemChanged.connect(self._on_current)
        self.field.textChanged.connect(self._show_what_can_be_done)
        self._fill()
        self.field.setFocus()

    def _edit_button(self, text: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setDefault(text == "Add")
        button.clicked.connect(lambda *_: act())
        return button

    @property
    def current(self) -> str | None:
        """Name of the group that is chosen in the list."""
        return str(self.list.currentItem().data(NAME)) if self.list.currentRow() >= 0 else None

    def _fill(self, current: str | None = None) -> None:
        counts: dict[str, int] = {}
        for group in self._session.manager.cluster_groups.values():
            counts[group] = counts.get(group, 0) + 1
        self.list.clear()
        colors = own_group_colors(self._session.groups, self._theme.dark)
        for group in own_groups(self._session):
            count = format_count(counts.get(group.name, 0), "cluster")
            item = QListWidgetItem(_dot(colors[group.name]), f"{group.name}   ·   {count}")
            item.setData(NAME, group.name)
            self.list.addItem(item)
            if group.name == current:
                self.list.setCurrentItem(item)
        self._show_what_can_be_done()

    def _on_current(self, *_: object) -> None:
        if self.current is not None:
            self.field.setText(self.current)
        self._show_what_can_be_done()

    def _show_what_can_be_done(self, *_: object) -> None:
        self.set_problem("")
        name, current = self.field.text().strip().lower(), self.current
        self.add_group_button.setEnabled(bool(name) and name != current)
        self.rename_button.setEnabled(current is not None and bool(name) and name != current)
        self.color_button.setEnabled(current is not None)
        self.remove_button.setEnabled(current is not None)

    def _do(self, act: Callable[[], object], current: str | None) -> None:
        try:
            act()
        except NapariPhyError as error:
            self.set_problem(str(error))
        else:
            self._fill(current)

    def _add(self) -> None:
        name = self.field.text().strip().lower()
        self._do(lambda: self._session.add_group(name), name)

    def _rename(self) -> None:
        old, new = not_none(self.current), self.field.text().strip().lower()
        self._do(lambda: self._session.rename_group(old, new), new)

    def _recolor(self) -> None:
        name = not_none(self.current)
        now = next(group.color for group in own_groups(self._session) if group.name == name)
        color = QColorDialog.getColor(QColor(now or self._theme.text), self, f"Colour of {name}")
        if color.isValid():
            self._do(lambda: self._session.recolor_group(name, color.name()), name)

    def _remove(self) -> None:
        name = not_none(self.current)
        self.field.clear()
        self._do(lambda: self._session.remove_group(name), None)


def _dot(color: str) -> QIcon:
    picture = QPixmap(24, 24)
    picture.fill(Qt.GlobalColor.transparent)
    with painter_on(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawEllipse(4, 4, 16, 16)
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # the same, not tinted
    return icon
