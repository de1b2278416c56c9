"""Settings take what is within their bounds and nothing else, say what is wrong, and write each value as menus do."""

import math
from dataclasses import dataclass
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import SettingsError
from napari_phy.core.settings import Choice, Names, Number, Setting, Settings, Switch

ANYTHING = st.one_of(
    *(st.none(), st.booleans(), st.integers(-20, 20), st.floats(-20, 20), st.text(max_size=3)),
    *(
        st.just(math.nan),
        st.just(math.inf),
        st.lists(st.text(max_size=2), max_size=3),
        st.lists(st.integers(), max_size=2),
    ),
)
BOUNDS = st.tuples(st.floats(-10, 10), st.floats(-10, 10)).map(sorted)


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


# --- numbers


@given(BOUNDS, st.booleans(), st.sampled_from(["", "automatic"]), ANYTHING)
def test_a_number_is_one_within_both_bounds_and_whole_where_it_has_to_be(bounds, is_whole, none, value):
    low, high = bounds
    number = Number(title="n", low=low, high=high, is_whole=is_whole, none=none)
    if value is None:
        assert (value in number) is (none != "")
    elif not is_number(value) or math.isnan(value):
        assert value not in number
    else:
        assert (value in number) is (low <= value <= high and (not is_whole or value % 1 == 0))
    assert low in Number(title="n", low=low, high=high)
    assert high in Number(title="n", low=low, high=high)


@given(st.integers(-9, 9), st.booleans())
def test_a_number_is_kept_as_an_int_or_a_float(value, is_whole):
    for given_value in (value, float(value)):
        stored = Number(title="n", low=-9, high=9, is_whole=is_whole).stored(given_value)
        assert stored == value
        assert type(stored) is (int if is_whole else float)
    assert Number(title="n", low=-9, high=9, is_whole=is_whole, none="all").stored(None) is None


@pytest.mark.parametrize(
    ("options", "value", "text"),
    [
        ({"unit": "ms"}, 0.5, "0.5 ms"),
        ({}, 3, "3"),
        ({"pattern": "at most {:.1f} Hz", "unit": "Hz"}, 2, "at most 2.0 Hz"),
        ({"none": "automatic", "unit": "ms"}, None, "automatic"),
        ({"none": "automatic"}, 0, "0"),
    ],
)
def test_a_number_is_written_with_its_unit_or_pattern(options, value, text):
    number = Number(title="n", low=0, high=10, offered=(value,), **options)
    assert number.text(value) == text
    assert number.choices == ((text, value),)


def test_a_number_tells_its_bounds():
    assert Number(title="n", low=0.1, high=10_000).words == "a number from 0.1 to 10000"
    assert Number(title="n", low=1, high=12_345_678, is_whole=True).words == "a whole number from 1 to 12345678"


# --- choices, switches and names


@given(st.booleans(), ANYTHING)
def test_a_choice_is_one_of_its_values_and_not_a_truth_value_that_equals_one(is_called, value):
    of = (("Nothing", None), ("One", 1), ("Word", "a"), ("Off", False))
    choice = Choice(title="c", of=(lambda: of) if is_called else of, also=(2, "old"))
    allowed = (None, 1, "a", False, 2, "old")
    assert (value in choice) is any(
        value == one and isinstance(value, bool) == isinstance(one, bool) for one in allowed
    )
    assert choice.choices == of
    assert choice.offered == (None, 1, "a", False)
    assert choice.words == "one of None, 1, 'a', False, 2, 'old'"
    assert [choice.text(one) for _, one in of] == ["Nothing", "One", "Word", "Off"]
    assert choice.text("old") == "old"
    assert choice.stored(value) is value


def test_a_choice_understands_other_names_of_its_values_and_keeps_its_own():
    choice = Choice(title="c", of=(("Size", "spikes"), ("Rate", "rate")), key_of={"size": "spikes", "rate": "x"}.get)
    assert choice.stored("size") == "spikes"
    assert choice.stored("rate") == "rate"
    assert choice.stored(3) == 3
    assert "size" in choice
    assert "else" not in choice
    assert 3 not in choice


@given(ANYTHING)
def test_a_switch_is_on_or_off(value):
    switch = Switch(title="s")
    assert (value in switch) is isinstance(value, bool)
    assert switch.choices == (("Off", False), ("On", True))
    assert switch.words == "True or False"


@given(ANYTHING)
def test_names_are_one_or_several_each_once(value):
    several, single = Names(title="n"), Names(title="n", is_single=True)
    assert (value in single) is isinstance(value, str)
    assert (value in several) is (isinstance(value, list) and all(isinstance(one, str) for one in value))
    if value in several:
        assert several.stored(value) == tuple(sorted(set(value), key=value.index))
        assert several.text(several.stored(value)) == (", ".join(dict.fromkeys(value)) or "none")
    if value in single:
        assert single.stored(value) is value
        assert single.text(value) == (value or "none")
    assert several.choices == (("none", ()),)
    assert single.choices == (("none", ""),)
    assert (single.words, several.words) == ("a name", "names, in a tuple")
    assert not several.is_persistent


def test_settings_are_kept_and_computed_anew_unless_it_is_said():
    setting = Setting(title="s")
    assert (setting.is_look, setting.is_persistent, setting.tip) == (False, True, "")


# --- settings


@dataclass(frozen=True, slots=True)
class Given(Settings):
    """Settings of a test."""

    low: Annotated[float, Number(title="low", low=0, high=10)] = 1
    high: Annotated[int, "any note", Number(title="high", low=0, high=10, is_whole=True)] = 5
    kind: Annotated[str, Choice(title="kind", of=(("A", "a"), ("B", "b")))] = "a"

    def adapted(self, name, value):
        changed = super(Given, self).adapted(name, value)
        return changed if changed.low <= changed.high or name == "high" else super(Given, changed).adapted("high", 10)


@given(st.dictionaries(st.sampled_from(["low", "high", "kind", "hihg", "unlike"]), ANYTHING, max_size=3))
def test_settings_change_as_a_whole_or_not_at_all(changes):
    before, described = Given(), Given.described()
    if all(name in described and value in described[name] for name, value in changes.items()):
        after = before.changed(**changes)
        for name, value in changes.items():
            assert getattr(after, name) == value or name == "high"
        assert after.low <= after.high or "high" in changes
    else:
        with pytest.raises(SettingsError):
            before.changed(**changes)
    assert before == Given()
    assert (type(before.low), type(before.high)) == (float, int)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"hihg": 1}, "Given has no setting hihg. Did you mean high?"),
        ({"unlike": 1}, "Given has no setting unlike. There are low, high, kind."),
        ({"low": 11}, "Given: low cannot be 11. Choose a number from 0 to 10."),
        ({"kind": "x" * 200}, f"Given: kind cannot be {repr('x' * 200)[:80]}. Choose one of 'a', 'b'."),
    ],
)
def test_what_is_wrong_is_said_with_what_is_allowed(changes, says):
    with pytest.raises(SettingsError) as told:
        Given().changed(**changes)
    assert str(told.value) == says


def test_settings_without_any_say_so():
    with pytest.raises(SettingsError) as told:
        Settings().changed(low=1)
    assert str(told.value) == "Settings has no setting low."
    with pytest.raises(SettingsError, match=r"Given: high cannot be 0\.5"):
        Given(high=0.5)
    assert list(Given.described()) == ["low", "high", "kind"]
    assert Given().inactive == {}
    assert Given().acting("low") == "low"
