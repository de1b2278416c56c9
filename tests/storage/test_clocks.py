"""Clocks are kept beside a data set, and a file that cannot be read costs nothing else."""

import json
import logging
from pathlib import Path

import pytest

from napari_phy.files.side_folder import side_folder
from napari_phy.storage.clocks import FILE, load_clocks, save_clocks


def test_clocks_come_back(tmp_path: Path) -> None:
    path = tmp_path / "x.kwik"
    path.touch()
    assert load_clocks(path) == {}
    save_clocks(path, {"movie": {"version": 1}, "film": {"version": 1}})
    assert load_clocks(path) == {"movie": {"version": 1}, "film": {"version": 1}}
    assert [file.name for file in side_folder(path).iterdir()] == [FILE]
    save_clocks(path, {})
    assert load_clocks(path) == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"clocks": 3}', "\x00"])
def test_a_damaged_file_is_no_clocks_and_a_word(tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "x.kwik"
    path.touch()
    save_clocks(path, {"movie": {}})
    (side_folder(path) / FILE).write_text(content)
    with caplog.at_level(logging.WARNING):
        assert load_clocks(path) == {}
    assert "without the clocks of its stacks" in caplog.text


def test_many_frames_fit(tmp_path: Path) -> None:
    path = tmp_path / "x.kwik"
    path.touch()
    clocks = {"movie": {"times_s": [place / 30 for place in range(100_000)]}}
    save_clocks(path, clocks)
    assert len(json.dumps(clocks)) > 1_000_000
    assert load_clocks(path) == clocks
