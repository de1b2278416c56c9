"""Settings of views: bounds, what depends on what, and who is told."""

import copy
import re
from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from widgets.light_session import light_session

from napari_phy.core.errors import SettingsError
from napari_phy.table.columns import all_columns
from napari_phy.views.all_settings import SETTINGS, ViewsOfSession
from napari_phy.views.correlograms import CorrelogramSettings
from napari_phy.views.firing_rate import FiringRateSettings
from napari_phy.views.intervals import IntervalsSettings
from napari_phy.views.psth import PsthSettings
from napari_phy.views.settings import Choice, Names, Number, SettingsController

ALL = pytest.mark.parametrize("kind", SETTINGS.values(), ids=SETTINGS)


@pytest.fixture
def session():
    made = light_session(n_clusters=3)
    yield made
    made.close()


@ALL
def test_defaults_are_allowed_titles_are_there_and_every_offer_can_be_chosen(kind):
    plain = kind()
    assert list(kind.described()) == [one.name for one in fields(kind)]
    for name, setting in kind.described().items():
        assert setting.title
        assert getattr(plain, name) in setting
        for text, value in setting.choices:
            assert text
            assert getattr(plain.changed(**{name: value}), name) == value


@ALL
def test_values_that_cannot_be_are_refused_in_a_sentence(kind):
    for name, setting in kind.described().items():
        if isinstance(setting, Names):
            continue
        for nonsense in (object(), float("nan"), [1], "no such value", 1e300):
            with pytest.raises(SettingsError, match=rf"{kind.view}: {name} cannot be .*\. Choose .*\.$"):
                kind().changed(**{name: nonsense})
        if isinstance(setting, Number):
            for value in (setting.low - 1, setting.high * 2, True):
                with pytest.raises(SettingsError, match=re.escape(setting.words)):
                    kind().changed(**{name: value})


@ALL
def test_any_sequence_of_choices_leaves_settings_that_can_be_made_again(kind):
    names = list(kind.described())

    @given(st.lists(st.tuples(st.sampled_from(names), st.integers(0, 30)), max_size=8))
    def walk(steps):
        settings = kind()
        for name, place in steps:
            offered = kind.described()[name].offered
            settings = settings.changed(**{name: offered[place % len(offered)]})
            assert getattr(settings, name) == offered[place % len(offered)]
        assert kind(**{name: getattr(settings, name) for name in names}) == settings
        assert settings.computed().computed() == settings.computed()

    walk()


def test_names_are_texts_each_of_them_once():
    settings = PsthSettings().changed(events=["light", "sound", "light"], group_by="side")
    assert (settings.events, settings.group_by) == (("light", "sound"), "side")
    assert {"events", "group_by", "sort_by"}.isdisjoint(settings.persistent())
    for changes, words in [
        ({"events": "light"}, "PSTH: events cannot be 'light'. Choose names, in a tuple."),
        ({"events": (1,)}, "PSTH: events cannot be (1,). Choose names, in a tuple."),
        ({"group_by": None}, "PSTH: group_by cannot be None. Choose a name."),
    ]:
        with pytest.raises(SettingsError, match=f"^{re.escape(words)}$"):
            settings.changed(**changes)


def test_a_name_that_is_not_there_brings_the_nearest():
    controller = SettingsController(CorrelogramSettings())
    with pytest.raises(SettingsError, match=r"Correlograms has no setting bin\. Did you mean bin_ms\?"):
        controller.bin = 0.5
    with pytest.raises(AttributeError, match="no setting bin"):
        _ = controller.bin
    assert not hasattr(controller, "width")


def test_listeners_hear_once_of_what_is_other_and_never_of_the_same():
    controller, heard = SettingsController(CorrelogramSettings()), []
    controller.changed.connect(heard.append)
    controller.bin_ms = 1
    controller.bin_ms = 1.0
    controller.update(bin_ms=2.0, unit="Hz")
    with pytest.raises(SettingsError):
        controller.update(unit="counts", bin_ms=99)
    assert [(one.bin_ms, one.unit) for one in heard] == [(1.0, "counts"), (2.0, "Hz")]
    assert isinstance(controller.bin_ms, float)
    controller.reset()
    assert controller.value == CorrelogramSettings()
    with pytest.raises(FrozenInstanceError):
        controller.value.bin_ms = 3.0


def test_what_was_kept_gives_way_to_what_was_set():
    controller = SettingsController(CorrelogramSettings())
    controller.bin_ms = 0.5
    controller.begin_with({"bin_ms": 2.0, "unit": "Hz", "lags": "no", "was": 1, "window_ms": None})
    assert (controller.bin_ms, controller.unit, controller.lags) == (0.5, "Hz", "linear")


@pytest.mark.parametrize(("settings", "name"), [(FiringRateSettings, "bin_s"), (IntervalsSettings, "bin_ms")])
def test_what_was_set_does_not_follow_what_is_begun_with(settings, name):
    controller = SettingsController(settings())
    controller.update(**{name: 0.5})
    controller.begin_with(settings().persistent())
    assert getattr(controller.value, name) == 0.5


def test_only_what_is_computed_tells_requests_apart():
    look = CorrelogramSettings(unit="Hz", lags="log", refractory_ms=5, baseline=False, shared=True)
    assert look.computed() == CorrelogramSettings()
    assert look.changed(bin_ms=2).computed() == CorrelogramSettings(bin_ms=2)


def test_preferences_stand_in_for_what_is_left_open():
    preferences = {"correlogram_bin_ms": 0.2, "correlogram_window_ms": 30.0}
    resolved = CorrelogramSettings(bin_ms=2.0).resolved(preferences.get)
    assert (resolved.bin_ms, resolved.window_ms) == (2.0, 30.0)


def test_a_session_has_those_of_every_view_and_of_each_dock_its_own(session):
    views = session.views
    assert set(views) >= set(SETTINGS)
    views["Correlograms"].bin_ms = 0.5
    assert views["correlograms"].bin_ms == 0.5
    assert views["correlograms 2"].bin_ms is None
    assert views.of_kind("Correlograms") == [views["correlograms"], views["correlograms 2"]]
    with pytest.raises(SettingsError, match=r"There is no view nowhere with settings\. There are waveforms, "):
        views["nowhere"]
    assert views.get("nowhere") is None
    assert repr(views) == f"<ViewsOfSession: {', '.join([*SETTINGS, 'correlograms 2'])}>"
    assert ViewsOfSession()["correlograms"].bin_ms is None


def test_a_choice_tells_true_from_1():
    choice = Choice(title="?", of=(("one", 1), ("off", False)))
    assert 1 in choice
    assert True not in choice
    assert 0 not in choice


COLUMN_SETTINGS = [
    ("scatter", "x_by"), ("scatter", "y_by"), ("scatter", "size_by"), ("scatter", "color"), ("drift", "color"),
    ("raster", "scheme"), ("templates", "scheme"),
]  # fmt: skip


@pytest.mark.parametrize(("view", "setting"), COLUMN_SETTINGS)
def test_a_column_is_set_by_any_of_its_names_in_scripts_and_in_kept_files(view, setting):
    kind = SETTINGS[view]
    offered = kind.described()[setting].offered
    for column in all_columns():
        for name in column.names:
            if name in offered:
                wanted = name  # "cluster" of colours is its own, not the column of ids
            elif column.key in offered:
                wanted = column.key
            else:
                continue
            kept = SettingsController(kind())
            kept.begin_with({setting: name})
            for settings in (kind(**{setting: name}), kind().changed(**{setting: name}), kept.value):
                assert getattr(settings, setting) == wanted


def test_each_view_is_found_by_its_own_name():
    assert {name: kind.view.lower() for name, kind in SETTINGS.items()} == {name: name for name in SETTINGS}


def test_the_amplitude_is_amp_too():
    views = ViewsOfSession()
    views["scatter"].x_by = "amp"
    views["templates"].order = "n_spikes"
    assert (views["scatter"].x_by, views["templates"].order) == ("amplitude", "size")
    with pytest.raises(SettingsError, match="x_by cannot be 'amps'"):
        views["scatter"].x_by = "amps"


@example([("longest_ms", 0.10000000000000002), ("shortest_ms", 149.0)])
@given(st.lists(st.tuples(st.sampled_from(["longest_ms", "shortest_ms"]), st.floats(0.1, 10_000)), max_size=6))
def test_neither_axis_of_intervals_is_ever_empty_and_the_end_set_last_holds(steps):
    for prefix in ("", "log_"):
        settings = IntervalsSettings()
        for end, value in steps:
            settings = settings.changed(**{prefix + end: value})
            assert getattr(settings, prefix + end) == value
            assert getattr(settings, f"{prefix}shortest_ms") < getattr(settings, f"{prefix}longest_ms")


def test_an_axis_of_intervals_that_would_be_empty_is_moved():
    moved = IntervalsSettings().changed(shortest_ms=60)
    assert (moved.shortest_ms, moved.longest_ms) == (60, 110)
    moved = moved.changed(longest_ms=20)
    assert (moved.shortest_ms, moved.longest_ms) == (0, 20)
    moved = IntervalsSettings().changed(log_longest_ms=100, log_shortest_ms=1).changed(log_shortest_ms=500)
    assert (moved.log_shortest_ms, moved.log_longest_ms) == (500, 50_000)
    moved = moved.changed(log_longest_ms=40)
    assert (moved.log_shortest_ms, moved.log_longest_ms) == (4, 40)


def test_the_ends_of_intervals_are_those_of_the_axis_shown():
    for scale, prefix in (("linear", ""), ("log", "log_")):
        settings = IntervalsSettings(scale=scale)
        for end in ("shortest_ms", "longest_ms"):
            assert settings.acting(end) == prefix + end
            assert settings.acting(end) not in settings.inactive
        assert settings.acting("n_bins") == "n_bins"


def test_settings_can_be_copied():
    controller = SettingsController(CorrelogramSettings(bin_ms=2))
    assert copy.copy(controller.value) == controller.value
