"""The lines that were typed last, and whatever else the file holds does no harm."""

import pytest

from napari_phy.storage.command_history import keep_command, load_commands


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PHY_CONFIG_DIR", str(tmp_path))
    return tmp_path


def test_lines_are_kept_in_order_and_each_once():
    assert load_commands() == []
    for line in ("c 3", "g", "c 3"):
        keep_command(line)
    assert load_commands() == ["g", "c 3"]


def test_the_oldest_go_first():
    for number in range(205):
        lines = keep_command(f"c {number}")
    assert lines == load_commands() == [f"c {number}" for number in range(5, 205)]


@pytest.mark.parametrize("content", ["{}", "3", "[1, null]", "[", '["g", 3]'])
def test_a_damaged_file_has_the_lines_it_has(folder, content):
    (folder / "commands.json").write_text(content)
    assert load_commands() in ([], ["g"])


def test_a_very_long_line_is_not_kept():
    keep_command("c 3")
    assert keep_command("c " + "3 " * 1000) == load_commands() == ["c 3"]
