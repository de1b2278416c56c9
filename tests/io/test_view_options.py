"""What was chosen in views lasts, and whatever else the file holds does no harm."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.io.view_options import load_view_options, save_view_options


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PHY_CONFIG_DIR", str(tmp_path / "phy"))
    return tmp_path / "phy"


def test_nothing_was_chosen_at_first():
    assert load_view_options() == {}


def test_what_is_kept_is_read_again_and_other_views_keep_theirs():
    save_view_options({"Raster": {"order": "rate", "rows_a_page": None}})
    save_view_options({"Traces": {"speed": 0.5}})
    save_view_options({"Raster": {"order": "depth"}})
    assert load_view_options() == {"Raster": {"order": "depth"}, "Traces": {"speed": 0.5}}


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_a_damaged_file_counts_as_nothing_chosen(tmp_path_factory, content):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("phy")
        patch.setenv("PHY_CONFIG_DIR", str(folder))
        (folder / "views.json").write_bytes(content)
        assert all(isinstance(options, dict) for options in load_view_options().values())


def test_a_file_that_is_too_long_or_too_deep_is_left_alone(folder, caplog):
    folder.mkdir()
    for content in ("[" * 100_000, " " * 2_000_000):
        (folder / "views.json").write_text(content)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert load_view_options() == {}
        assert "usual settings" in caplog.text


def test_a_folder_that_cannot_be_made_is_told_in_the_log(folder, caplog):
    Path(folder).write_text("a file is in the way")
    with caplog.at_level(logging.WARNING):
        save_view_options({"Raster": {"order": "rate"}})
    assert "is not kept" in caplog.text
