"""A form of all settings of a view, made from what they say of themselves; every change is shown at once."""

from functools import partial
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit
from magicgui.widgets.bases import ValueWidget
from qtpy.QtCore import QPoint, QRect, QSize, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QFormLayout, QScrollArea, QWidget

from napari_phy.core.errors import SettingsError
from napari_phy.views.command_line import echo
from napari_phy.views.settings import Choice, Names, Number, Setting, SettingsController
from napari_phy.views.typed_values import typed_number
from napari_phy.widgets.base.form_dialog import form_layout
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words
from napari_phy.widgets.base.theme import Tokens

MOST_ROWS = 12  # that a small screen has room for; more of them scroll
LONGEST_TEXT = 12  # of what was typed, in a sentence of at most two lines


class SettingsForm(SmallDialog):
    """A window beside the view; what is chosen in menus, scripts or the command line meanwhile is shown here, too.

    A number that is typed is set when its field is left, or with Return.

    Parameters
    ----------
    controller : SettingsController
        The settings that are shown and changed.
    theme : Tokens
        Colours and sizes.
    """

    def __init__(self, controller: SettingsController[Any], theme: Tokens, parent: QWidget | None = None) -> None:
        view = controller.value.view
        super().__init__(Words(f"Settings of {view}", view, "Changes are shown at once."), theme, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.problem_label.ensurePolished()
        self.problem_label.setFixedHeight(2 * self.problem_label.fontMetrics().lineSpacing())
        self._controller = controller
        self._typed: dict[str, str] = {}  # and not set yet
        self.fields = {
            name: setting_field(setting)
            for name, setting in controller.value.described().items()
            if not isinstance(setting, Names)  # which the panel offers
        }
        self._show()
        for name, field in self.fields.items():
            if isinstance(field, LineEdit | FloatSpinBox):
                line = field.native if isinstance(field, LineEdit) else field.native.lineEdit()
                line.textEdited.connect(partial(self._typed.__setitem__, name))
                field.native.editingFinished.connect(partial(self._take_typed, name))
            if not isinstance(field, LineEdit):
                field.changed.connect(partial(self._take, name))
        rows = form_layout(self.fields.values(), theme)
        if len(self.fields) > MOST_ROWS:
            self.body.addWidget(_scrolled(rows, theme))
        else:
            self.body.addLayout(rows)
        self.reset_button = self.add_button("Reset", self._reset)
        self.close_button = self.add_button("Close", self.close, "primary")
        self._links = SessionLinks(self)
        self._links.connect(controller.changed, self._show)
        self.finished.connect(self._links.close)

    def set_problem(self, sentence: str) -> None:
        """Say what cannot be done, or nothing, in a place that is always as high, so that no row moves."""
        self.problem_label.setText(sentence)

    def show_beside(self, view: QWidget) -> None:
        """Show the form right of a view or, where there is no room, left of it."""
        window, screen = view.window(), view.screen()
        self.adjustSize()
        size = self.size() + window.frameGeometry().size() - window.size()
        if screen is not None:
            shown = QRect(view.mapToGlobal(QPoint(0, 0)), view.size())
            self.move(place_beside(shown, size, screen.availableGeometry()))
        self.show()

    def _take(self, name: str, value: Any) -> None:
        """Set what was chosen, or say why that cannot be."""
        self._typed.pop(name, None)
        problem = ""
        try:
            self._controller.update(**{name: value})
        except SettingsError as error:
            problem = str(error)
        self._show()
        self.set_problem(problem)

    def _take_typed(self, name: str) -> None:
        if name not in self._typed:
            return
        setting, text = self._controller.value.described()[name], self._typed.pop(name).strip()
        value = typed_number(text.replace(",", ".")) if text else None
        if value in setting and not (text and value is None):
            self._take(name, value)
            return
        unit = f" {setting.unit}" if value is not None and setting.unit else ""
        self._show()
        shown = echo(text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…") or "empty"
        self.set_problem(f"{setting.title} cannot be {shown}{unit}: choose {setting.words}.")

    def _reset(self) -> None:
        self._typed.clear()
        self._controller.reset()
        self._show()
        self.set_problem("")

    def _show(self) -> None:
        settings = self._controller.value
        for name, field in self.fields.items():
            field.native.setEnabled(name not in settings.inactive)
            if name in self._typed:
                continue
            value = getattr(settings, name)
            if isinstance(field, LineEdit):
                typed = typed_number(field.value.strip().replace(",", ".")) if field.value.strip() else None
                if typed == value and (value is not None or not field.value.strip()):
                    continue  # as it was typed
                value = "" if value is None else f"{value:g}"
            with field.changed.blocked():
                field.value = value

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Return, which ends typing in a field, not press Close."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


def _scrolled(rows: QFormLayout, theme: Tokens) -> QScrollArea:
    """Return rows that scroll, as many in sight as a small screen has room for."""
    page = QWidget()
    page.setObjectName("napari-phy-rows")
    page.setStyleSheet(f"#napari-phy-rows {{ background: {theme.panel}; }}")
    rows.setContentsMargins(0, 0, theme.px(12), 0)
    page.setLayout(rows)
    area = QScrollArea()
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    needed = rows.sizeHint()
    area.setMinimumWidth(needed.width() + area.verticalScrollBar().sizeHint().width())
    area.setFixedHeight(needed.height() * MOST_ROWS // rows.rowCount())
    return area


def place_beside(view: QRect, size: QSize, screen: QRect) -> QPoint:
    """Return where a window of a size is right of a view, else left of it, else where it hides least of it."""
    right, left = view.x() + view.width(), view.x() - size.width()
    end = screen.x() + screen.width()
    is_right = right + size.width() <= end or (left < screen.x() and end - right >= view.x() - screen.x())
    x = min(max(right if is_right else left, screen.x()), max(end - size.width(), screen.x()))
    y = min(view.y(), screen.y() + screen.height() - size.height())
    return QPoint(x, max(y, screen.y()))


def setting_field(setting: Setting) -> ValueWidget[Any]:
    """Return the widget of a setting, with its title, bounds and tip."""
    title, tip = setting.title, setting.tip or setting.title
    if isinstance(setting, Choice):
        return ComboBox(choices=[(text, value) for text, value in setting.choices], label=title, tooltip=tip)
    if not isinstance(setting, Number):
        return CheckBox(text=title, tooltip=tip)
    named = f"{title} ({setting.unit})" if setting.unit else title
    bounds = f"{tip.rstrip('.')}: {setting.words}"
    if setting.none:
        field = LineEdit(label=named, tooltip=f"{bounds}; nothing: {setting.none.lower()}")
        field.native.setPlaceholderText(setting.none)
        return field
    step = 1 if setting.is_whole else 0.1
    number = FloatSpinBox(min=setting.low, max=setting.high, step=step, label=named, tooltip=bounds)
    if setting.is_whole:
        number.native.setDecimals(0)
    number.native.setKeyboardTracking(False)
    number.native.lineEdit().setValidator(None)  # all of what is refused is typed first, and named
    return number
