"""A modal dialog that asks for the arguments of an annotated function; magicgui makes the fields."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from magicgui.signature import magic_signature
from magicgui.widgets import CheckBox, ComboBox, LineEdit
from magicgui.widgets.bases import ValuedContainerWidget, Widget
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QKeyEvent
from qtpy.QtWidgets import QColorDialog, QComboBox, QFormLayout, QLineEdit, QWidget

from napari_phy.core.errors import NapariPhyError
from napari_phy.table.numbers import format_number
from napari_phy.views.time_words import read_time
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words
from napari_phy.widgets.base.theme import Tokens


class FormDialog(SmallDialog):
    """A field for each parameter of a function; the button calls it with what was entered, Esc cancels.

    Parameters
    ----------
    words : Words
        Title, question, explanation, and the word on the button.
    function : callable
        A function or a frozen dataclass. Its annotations say what magicgui needs to know, units and bounds included:
        ``Annotated[float, {"widget_type": TimeEdit, "max": 60.0, "label": "From"}]``. Defaults are shown at first. An
        error of ours that it raises is shown, and the dialog stays open.
    theme : Tokens
        Colours and sizes.
    problem : callable
        Called with the arguments at each change. Returns why the function cannot be called with them, "" if it can,
        None if something is still missing.
    is_destructive : bool
        Whether the function cannot be undone, so that Return cancels.
    """

    def __init__(
        self,
        words: Words,
        function: Callable[..., Any],
        theme: Tokens,
        parent: QWidget | None = None,
        *,
        problem: Callable[..., str | None] = lambda **_: "",
        is_destructive: bool = False,
    ) -> None:
        super().__init__(words, theme, parent, is_destructive=is_destructive)
        self._function, self._problem = function, problem
        self.answer: Any = None  # what the function returned
        self.fields: dict[str, Any] = dict(magic_signature(function).widgets())
        self.body.addLayout(form_layout(self.fields.values(), theme))
        for field in self.fields.values():
            field.changed.connect(self.check)
        self.check()
        self.focus_on(next(iter(self.fields)))

    @property
    def values(self) -> dict[str, Any]:
        """{parameter: what is entered}."""
        return {name: field.value for name, field in self.fields.items()}

    def focus_on(self, name: str) -> None:
        """Put the focus into a field, with its text selected."""
        native = self.fields[name].native
        native.setFocus()
        if isinstance(native, QLineEdit):
            native.selectAll()

    def check(self, *_: object) -> None:
        """Show what is wrong with what is entered; the button waits until nothing is."""
        found = next(filter(None, (getattr(field, "problem", "") for field in self.fields.values())), "")
        problem = found or self._problem(**self.values)
        self.set_problem(problem or "")
        self.act_button.setEnabled(problem == "")

    def accept(self) -> None:
        """Call the function, and close unless it refuses."""
        try:
            self.answer = self._function(**self.values)
        except NapariPhyError as error:
            self.set_problem(str(error))
        else:
            super().accept()


def form_layout(fields: Iterable[Widget], theme: Tokens) -> QFormLayout:
    """Return rows of labels and widgets of magicgui; a widget without a label takes the whole row."""
    rows = QFormLayout()
    rows.setHorizontalSpacing(theme.px(10))
    rows.setVerticalSpacing(theme.px(6))
    rows.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    for field in fields:
        if isinstance(field, CheckBox):  # its text stands beside it
            rows.addRow("", field.native)
        elif field.label:
            rows.addRow(field.label, field.native)
        else:
            rows.addRow(field.native)
    return rows


# --- fields that magicgui has not -------------------------------------------------------------------------------------


class TimeEdit(LineEdit):
    """Seconds, typed as `12.5`, `1:02.5` or `1:00:02.5`; the value is a number, None where the text is none of these.

    Parameters
    ----------
    max : float
        The latest time that is allowed, in seconds.
    """

    def __init__(self, *args: Any, max: float = math.inf, **options: Any) -> None:  # noqa: A002  as magicgui calls it
        self._max = max
        super().__init__(*args, **options)

    def get_value(self) -> Any:
        """Return the seconds, or None."""
        return read_time(self.native.text())

    def set_value(self, value: Any) -> None:
        """Show seconds with three decimals."""
        super().set_value(f"{value:.3f}")

    @property
    def problem(self) -> str:
        """Why the text is not a time, or ""."""
        text, time_s = self.native.text().strip(), self.get_value()
        if time_s is None:
            return f"{text} is not a time: enter 12.5, or 1:02.5 for minutes and seconds." if text else ""
        return f"The recording ends at {format_number(self._max, 3)} s." if time_s > self._max else ""


class EditableComboBox(ComboBox):
    """A text that is one of the choices, or another one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        box: QComboBox = self.native
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.editTextChanged.connect(self.changed.emit)

    def get_value(self) -> Any:
        """Return the text, without blanks around it."""
        return self.native.currentText().strip()


class _EmbeddedColorDialog(QColorDialog):
    """Leaves Return and Esc to the dialog around it."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()


class ColorPicker(ValuedContainerWidget[str]):
    """Qt's colour dialog as a field; the value is `#rrggbb`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._picker = _EmbeddedColorDialog()
        self._picker.setWindowFlags(Qt.WindowType.Widget)
        self._picker.setOptions(
            QColorDialog.ColorDialogOption.NoButtons | QColorDialog.ColorDialogOption.DontUseNativeDialog
        )
        super().__init__(*args, labels=False, **options)
        self.label = ""  # the question of the dialog says it
        self.margins = (0, 0, 0, 0)
        self.native.layout().addWidget(self._picker)
        self.native.setFocusProxy(self._picker)
        self._picker.currentColorChanged.connect(lambda color: self.changed.emit(color.name()))

    def get_value(self) -> str:
        """Return the colour."""
        return str(self._picker.currentColor().name())

    def set_value(self, value: Any) -> None:
        """Show a colour."""
        self._picker.setCurrentColor(QColor(value))
