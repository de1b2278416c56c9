"""The rows of the window with all actions: by section, with their keys, those left that have the words searched for."""

from qtpy.QtCore import QModelIndex, Qt
from qtpy.QtGui import QColor, QFont, QPalette
from qtpy.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTreeWidget, QTreeWidgetItem, QWidget

from napari_phy.views.commands import COMMANDS
from napari_phy.widgets.actions.action_table import ACTIONS
from napari_phy.widgets.actions.bindings import PLACES, WHERE, KeyBindings
from napari_phy.widgets.base.painting import Index
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens
from napari_phy.widgets.window.key_editor import KeyEditor

MOUSE = {
    "Lasso": (("Draw a lasso", "Ctrl+drag"), ("Clear the lasso", "Esc")),
    "Raster, Grid, Templates": (("Next rows", "PgDown"), ("Previous rows", "PgUp")),
    "Waveforms": (("Size of waveforms", "Ctrl+arrows"), ("Distance of channels", "Shift+arrows")),
}  # of single views; these do not change
COMMAND_LINE = "Command line"
ACTION, COMMAND, WORDS = (Qt.ItemDataRole.UserRole + place for place in range(3))


class _Cell(QStyledItemDelegate):
    """Keeps its colour in the selected row."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.palette.setBrush(QPalette.ColorRole.HighlightedText, option.palette.text())


class ActionRows(QTreeWidget):
    """Every action with its keys in our panels and in napari's canvas, and every command.

    Of a row `data(0, ACTION)` is the id of its action, `data(0, COMMAND)` what the command line begins with, or None.

    Parameters
    ----------
    bindings : the keys in force.
    editor : changes them.
    """

    def __init__(self, bindings: KeyBindings, editor: KeyEditor, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bindings, self._editor, self._theme = bindings, editor, theme
        self.setHeaderLabels(["", *(WHERE[place] for place in PLACES)])
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setItemDelegate(_Cell(self))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place in (1, 2):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(place, theme.px(156))
        self._fill()
        editor.changed.connect(self._show_all_keys)

    def _fill(self) -> None:
        for section in dict.fromkeys(action.section for action in ACTIONS):
            self._add_section(section)
            for action in ACTIONS:
                if action.section == section:
                    words = f"{section} {action.action_id.replace('_', ' ')} {action.words}"
                    self._add([action.title, "", ""], words).setData(0, ACTION, action.action_id)
        for section, lines in MOUSE.items():
            self._add_section(section)
            for title, keys in lines:
                self._add([title, keys, "–"], f"{section} view mouse")
        self._add_section(COMMAND_LINE)
        for command in COMMANDS:
            examples = command.example.split("  ·  ")
            item = self._add([command.doc, f":{examples[0]}", "–"], f"{COMMAND_LINE} {command.word} {command.name}")
            item.setData(0, COMMAND, f"{command.name} ")
            item.setToolTip(1, plain("   ".join(f":{example}" for example in examples)))
        self._show_all_keys()

    def _add_section(self, title: str) -> None:
        item = QTreeWidgetItem([title.upper()])
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = self._theme.font(AXIS_PX - 1, bold=True)
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
        item.setFont(0, font)
        self.addTopLevelItem(item)

    def _add(self, texts: list[str], words: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(texts)
        item.setData(0, WORDS, words)
        self.addTopLevelItem(item)
        return item

    def _show_all_keys(self) -> None:
        for item in self._items():
            if item.data(0, ACTION) is not None:
                self._show_keys(item, item.data(0, ACTION))

    def _show_keys(self, item: QTreeWidgetItem, action_id: str) -> None:
        for column, place in enumerate(PLACES, start=1):
            awaited = self._editor.awaited(action_id, place)
            own = self._bindings.is_own(action_id, place)
            item.setText(column, awaited or ", ".join(self._bindings.keys(action_id, place)) or "–")
            item.setFont(column, self._theme.font(BODY_PX, bold=own))
            item.setData(column, Qt.ItemDataRole.ForegroundRole, QColor(self._theme.warning) if awaited else None)
            item.setToolTip(column, "Your own. Click to change it." if own else "Click to change it.")

    def _items(self) -> list[QTreeWidgetItem]:
        items = (self.topLevelItem(place) for place in range(self.topLevelItemCount()))
        return [item for item in items if item is not None]

    def rows(self) -> list[QTreeWidgetItem]:
        """Return the rows in sight that can be chosen."""
        return [item for item in self._items() if not item.isHidden() and item.data(0, WORDS) is not None]

    def search(self, text: str) -> None:
        """Show the rows that have all words of a text, in any order, and the sections that have rows.

        They are looked for in titles, keys, sections, and in the other words of an action.
        """
        words = text.lower().split()
        section, section_has_rows = None, False
        for item in [*self._items(), None]:
            if item is None or item.data(0, WORDS) is None:
                if section is not None:
                    section.setHidden(not section_has_rows)
                section, section_has_rows = item, False
                continue
            searched = " ".join([*(item.text(column) for column in range(3)), item.data(0, WORDS)]).lower()
            item.setHidden(not all(word in searched for word in words))
            section_has_rows |= not item.isHidden()
        rows = self.rows()
        self.setCurrentIndex(self.indexFromItem(rows[0]) if rows else QModelIndex())
        self.scrollToTop()

    def step(self, step: int) -> None:
        """Go so many rows on, or back, as far as there are."""
        rows, current = self.rows(), self.currentItem()
        if rows:
            place = rows.index(current) + step if current in rows else 0
            self.setCurrentItem(rows[min(max(place, 0), len(rows) - 1)])
