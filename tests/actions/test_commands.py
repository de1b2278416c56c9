"""The table of commands, and what a line could become."""

import pytest

from napari_phy.actions.commands import COMMANDS, complete, find_command, usage
from napari_phy.core.errors import CommandError

ACTIONS = {"next_spike": "Next spike", "next_best": "Next best", "undo": "Undo", "merge": "Merge"}
WORDS = {"group": ("good", "mua", "my group"), "direction": ("asc", "desc"), "column": ("amp", "depth")}


def lines(text):
    return [completion.line for completion in complete(text, WORDS, ACTIONS)]


def test_no_name_is_used_twice_and_each_example_is_of_its_command():
    names = [name for command in COMMANDS for name in (command.name, command.word)]
    assert len(names) == len(set(names))
    for command in COMMANDS:
        assert {example.split()[0] for example in command.example.split("·")} == {command.name}


def test_commands_go_by_both_names_and_actions_by_theirs():
    assert find_command("g", ACTIONS) is find_command("merge", ACTIONS)
    assert find_command("next-spike", ACTIONS) == "next_spike"


def test_a_name_that_is_not_known_brings_the_nearest():
    with pytest.raises(CommandError, match=r"There is no command merg\. Did you mean merge\?"):
        find_command("merg", ACTIONS)
    with pytest.raises(CommandError, match=r"There is no command xyz\. F1 lists them\."):
        find_command("xyz", ACTIONS)


def test_an_empty_line_could_become_every_command():
    assert lines("") == [f"{command.name} " for command in COMMANDS]
    assert lines(":") == lines("")


def test_names_are_completed_exact_ones_first_and_actions_after_two_letters():
    assert lines("c")[0] == "c "
    assert "cb " in lines("c")
    assert lines("corr") == ["cb ", "cw ", "cr "]
    assert lines("n") == ["n ", "nn "]  # and no action
    assert lines("ne") == ["nn ", "next-spike", "next-best"]
    assert lines("mer") == ["g "]


def test_arguments_are_completed_by_their_kind():
    assert lines("m ") == ["m good", "m mua", 'm "my group"']
    assert lines("move M") == ["move mua", 'move "my group"']
    assert lines("s amp d") == ["s amp desc"]
    assert lines("s amp desc ") == []
    assert lines("c 3") == []
    assert lines("nothing x") == []


def test_the_usage_is_told_once_a_command_is_named():
    assert usage("c") == ""
    assert usage(":c 3") == "c 3-6 8     Select clusters; the first is the best one."
    assert usage("nothing x") == ""
