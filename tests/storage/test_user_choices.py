"""The keys that were chosen and the lines that were typed last, and whatever else the files hold does no harm."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.storage.user_choices import keep_command, load_commands, load_keys, save_keys


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PHY_CONFIG_DIR", str(tmp_path / "phy"))
    return tmp_path / "phy"


def test_what_is_kept_is_read_again():
    assert load_keys() == {}
    save_keys({"merge": {"panels": ("J",), "canvas": ()}})
    assert load_keys() == {"merge": {"panels": ("J",), "canvas": ()}}
    save_keys({})
    assert load_keys() == {}


@given(st.recursive(st.none() | st.text(max_size=4), lambda s: st.lists(s) | st.dictionaries(st.text(max_size=4), s)))
def test_what_is_no_table_of_keys_counts_as_nothing_chosen(tmp_path_factory, content):
    import json

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("phy")
        patch.setenv("PHY_CONFIG_DIR", str(folder))
        (folder / "keys.json").write_text(json.dumps(content))
        for places in load_keys().values():
            assert all(isinstance(key, str) for keys in places.values() for key in keys)


def test_a_folder_that_cannot_be_made_is_told_in_the_log(folder, caplog):
    folder.write_text("a file is in the way")
    with caplog.at_level(logging.WARNING):
        save_keys({"merge": {"panels": ("J",)}})
    assert "the keys that were chosen are not kept" in caplog.text


def test_lines_are_kept_in_order_and_each_once():
    assert load_commands() == []
    for line in ("c 3", "g", "c 3"):
        keep_command(line)
    assert load_commands() == ["g", "c 3"]


def test_the_oldest_lines_go_first():
    for number in range(205):
        lines = keep_command(f"c {number}")
    assert lines == load_commands() == [f"c {number}" for number in range(5, 205)]


@pytest.mark.parametrize("content", ["{}", "3", "[1, null]", "[", '["g", 3]'])
def test_a_damaged_history_has_the_lines_it_has(folder, content):
    folder.mkdir()
    (folder / "commands.json").write_text(content)
    assert load_commands() in ([], ["g"])


def test_a_very_long_line_is_not_kept():
    keep_command("c 3")
    assert keep_command("c " + "3 " * 1000) == load_commands() == ["c 3"]


@pytest.mark.parametrize(("n", "is_kept"), [(1000, True), (1001, False)])
def test_a_line_has_a_thousand_characters_at_most(n, is_kept):
    keep_command("g")
    assert keep_command("x" * n) == (["g", "x" * n] if is_kept else ["g"])


def test_of_a_longer_history_the_latest_two_hundred_lines_are_read(folder):
    folder.mkdir()
    (folder / "commands.json").write_text("[" + ", ".join(f'"c {number}"' for number in range(205)) + "]")
    assert load_commands() == [f"c {number}" for number in range(5, 205)]
