"""The keys in force: the user's own, clashes refused with the reason, kept, reset."""

import logging

import pytest
from widgets.light_session import light_session

from napari_phy.actions.action_table import ACTIONS, messages
from napari_phy.storage.user_choices import load_keys, save_keys
from napari_phy.widgets.actions.bindings import PLACES, KeyBindings, usual_keys
from napari_phy.widgets.actions.keys import normal

NAPARI = {"Ctrl+W": "Close Window", "Ctrl+G": "toggle grid", "P": "activate points add mode"}


@pytest.fixture
def bindings():
    return KeyBindings()


def test_at_first_the_usual_keys_hold(bindings):
    for place in PLACES:
        usual = {normal(key): a.action_id for a in ACTIONS for key in usual_keys(a.action_id, place)}
        assert bindings.table(place) == usual
    assert not bindings.any_own


def test_a_key_of_ones_own_takes_the_place_of_the_usual_ones_and_is_kept(bindings):
    changes = []
    bindings.changed.connect(lambda: changes.append(1))
    bindings.bind("redo", "panels", ("J",))
    for now in (bindings, KeyBindings()):
        table = now.table("panels")
        assert table["J"] == "redo"
        assert not {"Ctrl+Shift+Z", "Ctrl+Y"} & set(table)
        assert now.table("canvas")["Ctrl+Shift+Z"] == "redo"
        assert now.is_own("redo", "panels")
        assert not now.is_own("redo", "canvas")
    assert changes == [1]


def test_a_key_may_be_taken_away(bindings):
    bindings.bind("merge", "canvas", ())
    assert "G" not in KeyBindings().table("canvas")
    assert KeyBindings().table("panels")["G"] == "merge"


@pytest.mark.parametrize(
    ("place", "key", "reason"),
    [
        ("panels", "K", "K is the key of Split in our panels. Give that another key first."),
        ("panels", "Ctrl+W", "Ctrl+W is napari's key: Close Window."),
        ("panels", "Ctrl+G", "Ctrl+G is the key of Similar to good in our panels. Give that another key first."),
        ("panels", "Esc", "Esc is taken: it clears a lasso and leaves what is open."),
        ("panels", "Ctrl+Up", "Ctrl+Up is taken: it sizes waveforms."),
        ("canvas", "Ctrl+X", "Ctrl+X is taken: it cuts."),
        ("canvas", "Ctrl+Alt+F3", "Ctrl+Alt+F3 is taken: it belongs to the desktop."),
        ("panels", "Shift+Meta+J", "Shift+Meta+J is taken: it belongs to the desktop."),
        ("panels", "\udc53", "This key has no name and cannot be kept."),
        ("canvas", "Ctrl+G", "Ctrl+G is napari's key: toggle grid."),
        ("canvas", "P", "P is napari's key: activate points add mode."),
        ("panels", "G", ""),
        ("panels", "J", ""),
        ("canvas", "J", ""),
    ],
)
def test_clashes_are_refused_with_the_reason(bindings, place, key, reason):
    assert bindings.problem("merge", place, key, NAPARI) == reason


def test_a_key_that_phy_has_too_may_be_given_to_another_action_once_it_is_free(bindings):
    bindings.bind("move_similar_good", "panels", ())
    assert bindings.problem("merge", "panels", "Ctrl+G", NAPARI) == ""
    bindings.bind("merge", "panels", ("Ctrl+G",))
    assert bindings.reset("move_similar_good", "panels") == (
        "Ctrl+G is the key of Merge in our panels. Give that another key first."
    )
    assert bindings.reset("merge", "panels") == ""
    assert bindings.reset("move_similar_good", "panels") == ""
    assert (bindings.any_own, load_keys()) == (False, {})


def test_the_usual_key_is_no_key_of_ones_own(bindings):
    bindings.bind("merge", "panels", ("J",))
    bindings.bind("merge", "panels", ("G",))
    assert not bindings.any_own


def test_all_are_reset_at_once(bindings):
    bindings.bind("merge", "panels", ("J",))
    bindings.bind("split", "canvas", ("G",))
    bindings.reset_all()
    assert bindings.table("canvas") == KeyBindings().table("canvas")
    assert bindings.table("panels")["G"] == "merge"
    assert load_keys() == {}


def test_tooltips_name_the_keys_in_force(bindings):
    session = light_session()
    session.selection.select([3, 4])
    bindings.bind("merge", "panels", ("J",))
    bindings.bind("move_best_good", "panels", ("F5",))
    assert bindings.action("merge").tooltip(session) == "Merge 3 and 4 into one cluster (J)"
    assert bindings.action("move_all_good").tooltip(session).endswith("(Ctrl+Alt+G); best only: F5")
    bindings.bind("move_best_good", "panels", ())
    assert bindings.action("move_all_good").tooltip(session).endswith("(Ctrl+Alt+G)")


def test_words_name_the_first_key_or_none(bindings):
    assert bindings.first("redo") == "Ctrl+Shift+Z"
    bindings.bind("first_best", "panels", ())
    assert bindings.first("first_best") == ""
    assert bindings.names()["first_best"] == "no key"
    assert messages.how_to_select(bindings.first("first_best")) == "Click a row in Clusters."


def test_what_is_kept_and_not_known_is_left_out(caplog):
    save_keys({"merge": {"panels": ("j",)}, "fly": {"panels": ("F",)}, "split": {"moon": ("X",), "panels": ("",)}})
    with caplog.at_level(logging.WARNING):
        bindings = KeyBindings()
    assert bindings.keys("merge", "panels") == ("J",)
    assert bindings.keys("split", "panels") == ("K",)
    assert "fly" in caplog.text
    assert "moon" in caplog.text


def test_a_key_that_was_chosen_elsewhere_wins_over_a_usual_one():
    save_keys({"split": {"panels": ("G",)}})
    assert KeyBindings().table("panels")["G"] == "split"
