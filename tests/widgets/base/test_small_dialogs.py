"""Our dialogs: one look, the right button for Return, the focus where one types, Esc cancels."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QDialog, QPushButton
from widgets.light_session import light_session

from napari_phy.core.cluster_meta import ClusterMeta
from napari_phy.widgets.actions.groups_dialog import GroupsDialog
from napari_phy.widgets.actions.questions import LabelDialog
from napari_phy.widgets.base.small_dialogs import ChoiceDialog, NameDialog, SmallDialog, Words
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.window.close_guard import KEEP, UnsavedDialog

WORDS = Words("Title", "A question?", "An explanation.", "Do it")


def make(kind, session):
    theme = tokens("dark")
    return {
        "question": lambda: SmallDialog(WORDS, theme, is_destructive=True),
        "name": lambda: NameDialog(WORDS, theme, name="copy", problem=lambda name: "Taken." if name == "x" else ""),
        "choice": lambda: ChoiceDialog(WORDS, theme, choices=["a", "b"], current="b"),
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
    "question": (["Cancel"], "cancel_button"),
    "name": (["Do it"], "field"),
    "choice": (["Cancel"], "choice"),
    "label": (["Label"], "value"),
    "groups": (["Add"], "field"),
    "unsaved": (["Save and close"], None),
}


@pytest.mark.parametrize(("dialog", "kind"), [(kind, kind) for kind in KINDS], indirect=["dialog"])
def test_the_focus_and_the_default_button_are_where_they_help(dialog, kind):
    default, focused = KINDS[kind]
    assert defaults(dialog) == default
    assert dialog.focusWidget() is (getattr(dialog, focused) if focused else dialog.buttons["save"])


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
    assert getattr(dialog, "answer", "cancel") in ("cancel", ("note", None))


@pytest.mark.parametrize("dialog", ["question"], indirect=True)
def test_what_cannot_be_undone_is_done_by_its_own_button_only(dialog):
    assert dialog.act_button.property("look") == "destructive"
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Rejected


@pytest.mark.parametrize("dialog", ["label"], indirect=True)
def test_a_label_is_not_named_like_a_column_of_the_list(dialog):
    dialog.field.setCurrentText("spikes ")
    assert dialog.problem_label.text() == '"spikes" is a column of the list: choose another name.'
    assert not dialog.act_button.isEnabled()
    dialog.field.setCurrentText("spikes2")
    assert not dialog.problem_label.isVisible()
    assert dialog.act_button.isEnabled()


@pytest.mark.parametrize(
    ("value", "shown"), [(True, "true"), ("true", '"true"'), (12, "12"), ("12", '"12"'), (0.1, "0.1"), ("axon", "axon")]
)
def test_the_value_that_is_there_is_shown_as_it_would_be_typed(qtbot, value, shown):
    with light_session() as session:
        session.selection.select([2, 3])
        session.label([2, 3], "note", value)
        dialog = LabelDialog(session, tokens("dark"))
        qtbot.addWidget(dialog)
        assert dialog.value.text() == shown
        assert dialog.answer == ("note", value)
        assert type(dialog.answer[1]) is type(value)


def test_a_label_of_a_file_that_is_named_like_a_column_can_be_taken_away(qtbot):
    with light_session() as session:
        session.manager._meta = ClusterMeta(labels={"rate": {2: "fast"}})
        session.selection.select([2])
        dialog = LabelDialog(session, tokens("dark"))
        qtbot.addWidget(dialog)
        assert dialog.answer == ("rate", "fast")
        assert not dialog.act_button.isEnabled()
        dialog.value.clear()
        assert dialog.act_button.isEnabled()


def test_a_problem_leaves_room_for_the_explanation(qtbot):
    words = Words("Copy", "Copy it under the name", "It is written into the file as it is shown. " * 3, "Copy")
    dialog = NameDialog(words, tokens("dark"), problem=lambda name: f"{name} is taken. " * 9)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.field.setText("main")
    labels = (dialog.explanation, dialog.problem_label)
    qtbot.waitUntil(lambda: all(label.height() >= label.heightForWidth(label.width()) for label in labels))


@pytest.mark.parametrize("dialog", ["name"], indirect=True)
def test_a_name_with_a_problem_cannot_be_taken(dialog):
    dialog.field.setText("x")
    assert dialog.problem_label.isVisible()
    assert dialog.problem_label.text() == "Taken."
    assert not dialog.act_button.isEnabled()
    dialog.field.setText(" y ")
    assert not dialog.problem_label.isVisible()
    assert (dialog.name, dialog.act_button.isEnabled()) == ("y", True)
