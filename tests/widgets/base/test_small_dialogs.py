"""Our dialogs: one look, the right button for Return, the focus where one types, Esc cancels."""

from typing import Annotated

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QDialog, QPushButton
from widgets.light_session import light_session

from napari_phy.widgets.actions.groups_dialog import GroupsDialog
from napari_phy.widgets.actions.questions import LabelDialog
from napari_phy.widgets.base.form_dialog import FormDialog
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.window.close_guard import KEEP, UnsavedDialog

WORDS = Words("Title", "A question?", "An explanation.", "Do it")


def take_name(name: str = "copy") -> str:
    return name


def take_choice(choice: Annotated[str, {"choices": ["a", "b"]}] = "b") -> str:
    return choice


def make(kind, session):
    theme = tokens("dark")
    return {
        "question": lambda: SmallDialog(WORDS, theme, is_destructive=True),
        "name": lambda: FormDialog(WORDS, take_name, theme),
        "choice": lambda: FormDialog(WORDS, take_choice, theme, is_destructive=True),
        "label": lambda: LabelDialog(session, theme),
        "groups": lambda: GroupsDialog(session, theme),
        "unsaved": lambda: UnsavedDialog(Words("Title", "Save it?"), {"save": "Save and close", "keep": KEEP}, theme),
    }[kind]()


@pytest.fixture
def dialog(qtbot, request):
    with light_session() as session:
        session.selection.select([2, 3])
        made = make(request.param, session)
        qtbot.addWidget(made)
        made.show()
        qtbot.waitExposed(made)
        yield made


def defaults(dialog):
    return [button.text() for button in dialog.findChildren(QPushButton) if button.isDefault()]


KINDS = {
    "question": (["Cancel"], lambda dialog: dialog.cancel_button),
    "name": (["Do it"], lambda dialog: dialog.fields["name"].native),
    "choice": (["Cancel"], lambda dialog: dialog.fields["choice"].native),
    "label": (["Label"], lambda dialog: dialog.fields["value"].native),
    "groups": (["Add"], lambda dialog: dialog.field),
    "unsaved": (["Save and close"], lambda dialog: dialog.buttons["save"]),
}


@pytest.mark.parametrize(("dialog", "kind"), [(kind, kind) for kind in KINDS], indirect=["dialog"])
def test_the_focus_and_the_default_button_are_where_they_help(dialog, kind):
    default, focused = KINDS[kind]
    assert defaults(dialog) == default
    assert dialog.focusWidget() is focused(dialog)


@pytest.mark.parametrize("dialog", KINDS, indirect=True)
def test_return_presses_the_button_with_the_focus(dialog):
    if isinstance(dialog, GroupsDialog):
        dialog.field.setText("axons")
    buttons = [button for button in dialog.findChildren(QPushButton) if button.isEnabled()]
    pressed = []
    for button in buttons:
        button.clicked.connect(lambda *_, button=button: pressed.append(button))
    for button in buttons:
        dialog.show()
        for _ in range(20):
            if dialog.focusWidget() is not button:
                QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert pressed == buttons


@pytest.mark.parametrize("dialog", KINDS, indirect=True)
def test_escape_cancels_and_no_button_has_an_icon_of_the_system(dialog):
    assert all(button.icon().isNull() for button in dialog.findChildren(QPushButton))
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.result() == QDialog.DialogCode.Rejected
    assert not dialog.isVisible()
    assert getattr(dialog, "answer", None) in (None, "cancel")


@pytest.mark.parametrize("dialog", ["question"], indirect=True)
def test_what_cannot_be_undone_is_done_by_its_own_button_only(dialog):
    assert dialog.act_button.property("look") == "destructive"
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Rejected


def test_a_problem_leaves_room_for_the_explanation(qtbot):
    words = Words("Copy", "Copy it under the name", "It is written into the file as it is shown. " * 3, "Copy")
    dialog = SmallDialog(words, tokens("dark"))
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.set_problem("main is taken. " * 9)
    labels = (dialog.explanation, dialog.problem_label)
    qtbot.waitUntil(lambda: all(label.height() >= label.heightForWidth(label.width()) for label in labels))
