"""A dialog made from an annotated function: fields, what is wrong with them, and when the function is called."""

from dataclasses import dataclass
from typing import Annotated

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QColorDialog, QDialog, QLineEdit

from napari_phy.core.errors import ClusteringError
from napari_phy.widgets.base.form_dialog import ColorPicker, EditableComboBox, FormDialog, TimeEdit
from napari_phy.widgets.base.small_dialogs import Words
from napari_phy.widgets.base.theme import tokens

WORDS = Words("Title", "A question?", "An explanation.", "Do it")


@dataclass(frozen=True)
class Range:
    """Bounds are part of the types."""

    start_s: Annotated[float, {"widget_type": TimeEdit, "max": 60.0, "label": "From"}] = 1.0
    stop_s: Annotated[float, {"widget_type": TimeEdit, "label": "To"}] = 2.5


@pytest.fixture
def shown(qtbot):
    def show(function, **options):
        dialog = FormDialog(WORDS, function, tokens("dark"), **options)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
        return dialog

    return show


def test_a_frozen_dataclass_is_filled_in(shown):
    dialog = shown(Range)
    assert [field.label for field in dialog.fields.values()] == ["From", "To"]
    assert dialog.focusWidget() is dialog.fields["start_s"].native
    assert dialog.focusWidget().selectedText() == "1.000"
    QTest.keyClicks(dialog.focusWidget(), "0:30")
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    dialog.focusWidget().selectAll()
    QTest.keyClicks(dialog.focusWidget(), "1:00,5")
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.answer == Range(30.0, 60.5)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("61", "The recording ends at 60.000 s."),
        ("soon", "soon is not a time: enter 12.5, or 1:02.5 for minutes and seconds."),
        ("", ""),
    ],
)
def test_what_is_wrong_is_said_and_the_button_waits(shown, typed, problem):
    def check(start_s, stop_s):
        return None if start_s is None else ""

    dialog = shown(Range, problem=check)
    field = dialog.fields["start_s"].native
    field.setText(typed)
    assert dialog.problem_label.text() == problem
    assert dialog.problem_label.isVisible() == bool(problem)
    assert not dialog.act_button.isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    field.setText("12")
    assert not dialog.problem_label.isVisible()
    assert dialog.act_button.isEnabled()


def test_a_function_that_refuses_keeps_the_dialog_open(shown):
    def name(name: Annotated[str, {"label": "Name"}] = "main") -> str:
        if name == "main":
            raise ClusteringError("There is a clustering main already.")
        return name

    dialog = shown(name)
    dialog.act_button.click()
    assert dialog.isVisible()
    assert dialog.problem_label.text() == "There is a clustering main already."
    dialog.fields["name"].value = "other"
    assert not dialog.problem_label.isVisible()
    dialog.act_button.click()
    assert dialog.answer == "other"


def test_a_function_is_not_called_when_it_is_cancelled(shown):
    calls = []

    def note(text: str = "a") -> None:
        calls.append(text)

    dialog = shown(note)
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Escape)
    assert dialog.result() == QDialog.DialogCode.Rejected
    assert (calls, dialog.answer) == ([], None)


def test_a_text_may_be_another_than_the_choices(shown):
    def label(field: Annotated[str, {"widget_type": EditableComboBox, "choices": ["note", "type"]}]) -> str:
        return field

    dialog = shown(label)
    box, heard = dialog.fields["field"], []
    box.changed.connect(heard.append)
    assert box.value == "note"
    box.native.setCurrentText("type")
    box.native.lineEdit().setText(" mine ")
    assert box.value == "mine"
    assert heard == ["type", " mine "]


@pytest.mark.parametrize(("key", "result"), [(Qt.Key.Key_Return, "#12ab34"), (Qt.Key.Key_Escape, None)])
def test_a_colour_is_typed_or_picked(shown, key, result):
    def color(color: Annotated[str, {"widget_type": ColorPicker}] = "#ff0000") -> str:
        return color

    dialog = shown(color)
    picker = dialog.findChild(QColorDialog)
    assert picker.isVisible()
    assert picker.currentColor().name() == "#ff0000"
    line = next(line for line in picker.findChildren(QLineEdit) if line.text() == "#ff0000")
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "#12ab34")
    assert dialog.values == {"color": "#12ab34"}
    QTest.keyClick(line, key)
    assert not dialog.isVisible()
    assert dialog.answer == result
