"""The form of a view's settings: every setting has a field, every change is seen at once, both ways."""

import pytest
from qtpy.compat import isalive
from widgets.light_session import light_session

from napari_phy.views.all_settings import SETTINGS
from napari_phy.views.settings import Choice, Number, SettingsController, Switch
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.docks.correlograms_panel import CorrelogramsPanel
from napari_phy.widgets.panels.settings_form import SettingsForm


@pytest.mark.parametrize("kind", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_setting_is_set_by_its_field_and_shown_when_set_elsewhere(qtbot, kind, theme):
    controller = SettingsController(kind())
    form = SettingsForm(controller, tokens(theme))
    qtbot.addWidget(form)
    form.show()
    assert list(form.fields) == list(kind.described())
    for name, setting in kind.described().items():
        field = form.fields[name]
        assert setting.title in (field.text if isinstance(setting, Switch) else field.label)
        assert field.tooltip
        for value in setting.offered:
            is_text = isinstance(setting, Number) and setting.none
            field.value = ("" if value is None else f"{value:g}") if is_text else value
            assert getattr(controller, name) == value
            assert not form.problem_label.isVisible()
        assert isinstance(setting, Choice | Number | Switch)
    form.reset_button.click()
    assert controller.value == kind()
    for name, setting in kind.described().items():
        values = [*setting.offered, *([setting.high] if isinstance(setting, Number) else [])]
        other = next(value for value in reversed(values) if value != getattr(kind(), name))
        controller.update(**{name: other})
        shown = form.fields[name].value
        assert shown == (f"{other:g}" if isinstance(shown, str) and isinstance(other, float | int) else other)
        controller.reset()


def test_what_cannot_be_is_said_and_changes_nothing(qtbot):
    controller = SettingsController(SETTINGS["correlograms"]())
    form = SettingsForm(controller, tokens("dark"))
    qtbot.addWidget(form)
    form.show()
    form.fields["bin_ms"].value = "2"
    for typed in ("99", "wide", "nan"):
        form.fields["bin_ms"].value = typed
        assert form.problem_label.text().endswith("Choose a number from 0.1 to 20.")
        assert controller.bin_ms == 2
    form.fields["bin_ms"].value = "0,5"
    assert (controller.bin_ms, form.problem_label.text()) == (0.5, "")
    assert form.fields["bin_ms"].value == "0,5"  # as it was typed
    form.fields["bin_ms"].value = ""
    assert controller.bin_ms is None


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
