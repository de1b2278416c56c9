"""The form of a view's settings: every setting has a field, every change is seen at once, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from magicgui.widgets import LineEdit
from qtpy.compat import isalive
from qtpy.QtCore import QPoint, QRect, QSize, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QScrollArea
from widgets.light_session import light_session

from napari_phy.views.all_settings import SETTINGS
from napari_phy.views.settings import Choice, Names, Number, SettingsController, Switch
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.docks.correlograms_panel import CorrelogramsPanel
from napari_phy.widgets.docks.intervals_panel import IntervalsPanel
from napari_phy.widgets.panels.settings_form import SettingsForm, place_beside


def form_of(qtbot, name, theme="dark"):
    form = SettingsForm(SettingsController(SETTINGS[name]()), tokens(theme))
    qtbot.addWidget(form)
    form.show()
    return form, form._controller


def type_into(field, text, key=Qt.Key.Key_Return):
    """Type over what a field has, and end with a key."""
    native = field.native
    native.setFocus()
    native.selectAll()
    QTest.keyClick(native, Qt.Key.Key_Delete)
    QTest.keyClicks(native, text)
    if key is not None:
        QTest.keyClick(native, key)


@pytest.mark.parametrize("kind", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_setting_is_set_by_its_field_and_shown_when_set_elsewhere(qtbot, kind, theme):
    controller = SettingsController(kind())
    form = SettingsForm(controller, tokens(theme))
    qtbot.addWidget(form)
    form.show()
    assert list(form.fields) == [name for name, one in kind.described().items() if not isinstance(one, Names)]
    for name, field in form.fields.items():
        setting = kind.described()[name]
        assert setting.title in (field.text if isinstance(setting, Switch) else field.label)
        assert field.tooltip
        if name in controller.value.inactive:
            controller.scale = "log"  # the axis of those that are disabled at first
        for value in setting.offered:
            if isinstance(setting, Number):
                type_into(field, "" if value is None else f"{value:g}")
            else:
                field.value = value
            assert getattr(controller, name) == value
            assert form.problem_label.text() == ""
        controller.reset()
        assert isinstance(setting, Choice | Number | Switch)
    form.reset_button.click()
    assert controller.value == kind()
    for name in form.fields:
        setting = kind.described()[name]
        values = [*setting.offered, *([setting.high] if isinstance(setting, Number) else [])]
        other = next(value for value in reversed(values) if value != getattr(kind(), name))
        controller.update(**{name: other})
        shown = form.fields[name].value
        assert shown == (f"{other:g}" if isinstance(shown, str) and isinstance(other, float | int) else other)
        controller.reset()


def test_what_cannot_be_is_said_as_the_form_names_it_and_changes_nothing(qtbot):
    form, controller = form_of(qtbot, "correlograms")
    field = form.fields["bin_ms"]
    type_into(field, "2")
    for typed, shown in (("1e9", "1e9 ms"), ("99", "99 ms"), ("wide", "wide"), ("nan", "nan")):
        type_into(field, typed)
        assert form.problem_label.text() == f"Bin cannot be {shown}: choose a number from 0.1 to 20."
        assert (controller.bin_ms, field.value) == (2, "2")
        assert form.isVisible()  # Return does not press Close
    type_into(field, "0,5")
    assert (controller.bin_ms, form.problem_label.text()) == (0.5, "")
    assert field.value == "0,5"  # as it was typed
    type_into(field, "")
    assert controller.bin_ms is None


@pytest.mark.parametrize(
    ("view", "name", "typed", "problem"),
    [
        ("correlograms", "bin_ms", "1e9", "Bin cannot be 1e9 ms: choose a number from 0.1 to 20."),
        ("intervals", "longest_ms", "1e9", "Longest interval cannot be 1e9 ms: choose a number from 0.1 to 20000."),
        ("intervals", "longest_ms", "99999", "Longest interval cannot be 99999 ms: choose a number from 0.1 to 20000."),
        ("intervals", "n_bins", "7.5", "Number of bins cannot be 7.5: choose a whole number from 1 to 10000."),
        ("intervals", "n_bins", "x", "Number of bins cannot be x: choose a whole number from 1 to 10000."),
        ("intervals", "n_bins", "", "Number of bins cannot be empty: choose a whole number from 1 to 10000."),
    ],
)
@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Tab])
def test_a_number_is_set_when_its_typing_ends_and_a_refused_one_never_on_the_way(
    qtbot, view, name, typed, problem, key
):
    form, controller = form_of(qtbot, view)
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    field, before, values = form.fields[name], form.fields[name].value, []
    controller.changed.connect(values.append)
    type_into(field, typed, key)
    assert (values, form.problem_label.text(), field.value) == ([], problem, before)
    type_into(field, "12", None)
    assert values == []
    QTest.keyClick(field.native, key)
    assert [getattr(value, name) for value in values] == [12]
    assert form.problem_label.text() == ""
    if not isinstance(field, LineEdit):
        QTest.keyClick(field.native, Qt.Key.Key_Up)
        assert getattr(controller, name) == pytest.approx(13 if name == "n_bins" else 12.1)


@pytest.mark.parametrize("name", ["longest_ms", "bin_ms"])
@pytest.mark.parametrize("typed", ["12", "1e9"])
def test_it_may_be_closed_while_a_number_is_typed(qtbot, name, typed):
    controller = SettingsController(SETTINGS["intervals"]())
    form = SettingsForm(controller, tokens("dark"))
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    type_into(form.fields[name], typed, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not isalive(form))
    assert getattr(controller, name) == (12 if typed == "12" else getattr(SETTINGS["intervals"](), name))


def test_rows_and_buttons_stay_where_they_are_when_a_sentence_comes_and_goes(qtbot):
    form, _ = form_of(qtbot, "intervals")

    def places():
        parts = [*(field.native for field in form.fields.values()), form.reset_button, form.close_button]
        return form.size(), [part.geometry() for part in parts]

    before = places()
    for typed in ("9" * 60, "W" * 60, "12"):
        type_into(form.fields["longest_ms"], typed)
        QTest.qWait(0)
        assert places() == before
        label = form.problem_label
        assert label.heightForWidth(label.width()) <= label.height()
    type_into(form.fields["longest_ms"], "wide")
    form.reset_button.click()
    assert form.problem_label.text() == ""


def test_fields_that_change_nothing_now_are_disabled(qtbot):
    form, controller = form_of(qtbot, "intervals")
    for scale, inactive in (
        ("log", {"shortest_ms", "longest_ms", "bin_ms"}),
        ("linear", {"log_shortest_ms", "log_longest_ms"}),
    ):
        controller.scale = scale
        assert {name for name, field in form.fields.items() if not field.native.isEnabled()} == inactive


@given(
    st.tuples(st.integers(0, 1900), st.integers(0, 1000), st.integers(20, 1900), st.integers(20, 1000)),
    st.tuples(st.integers(100, 800), st.integers(100, 800)),
    st.tuples(st.integers(-1920, 1920), st.integers(0, 40)),
)
def test_the_form_is_beside_the_view_and_inside_the_screen(view, size, origin):
    screen = QRect(*origin, 1920, 1040)
    shown, size = QRect(*view).translated(screen.topLeft()), QSize(*size)
    place = QRect(place_beside(shown, size, screen), size)
    assert screen.contains(place)
    fits_right = shown.x() + shown.width() + size.width() <= screen.x() + screen.width()
    fits_left = shown.x() - size.width() >= screen.x()
    if fits_right:
        assert place.x() == shown.x() + shown.width()
    elif fits_left:
        assert place.x() + place.width() == shown.x()
    else:  # as near to an end of the screen as can be
        assert place.x() == screen.x() or place.x() + place.width() == screen.x() + screen.width()


def test_it_opens_beside_its_view(qtbot):
    panel = IntervalsPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 400)
    panel.move(60, 40)
    panel.show()
    qtbot.waitExposed(panel)
    panel.show_form()
    form = panel._form
    shown = QRect(panel.mapToGlobal(QPoint(0, 0)), panel.size())
    assert not form.geometry().intersects(shown)
    assert panel.screen().availableGeometry().contains(form.geometry())


def test_it_is_opened_by_the_menu_and_goes_with_the_session(qtbot):
    session, panel = light_session(), CorrelogramsPanel()
    qtbot.addWidget(panel)
    panel.set_session(session)
    panel.show()
    entry = next(action for action in panel.header.more_menu.actions() if action.text() == "Settings…")
    entry.trigger()
    form = panel._form
    form.fields["unit"].value = "Hz"
    assert session.views["correlograms"].unit == "Hz"
    assert panel.setting_controls.actions["unit"]["Hz"].isChecked()
    session.views["correlograms"].shared = True
    assert form.fields["shared"].value is True
    panel.set_session(None)
    qtbot.waitUntil(lambda: not isalive(form) or not form.isVisible())
    session.close()


def test_a_long_form_scrolls_and_fits_a_small_screen(qtbot):
    form, _ = form_of(qtbot, "classes")
    assert form.sizeHint().height() < 700
    area = form.findChild(QScrollArea)
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    assert not list(form.fields.values())[-1].native.visibleRegion().isEmpty()
