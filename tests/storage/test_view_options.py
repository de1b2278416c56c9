"""What was chosen in views lasts, and whatever else the file holds does no harm."""

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.storage.view_options import load_view_options, save_view_options


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


def test_options_that_were_called_otherwise_are_understood(folder):
    folder.mkdir()
    then = {
        "Correlograms": {"window": 100.0, "bin": 0.5},
        "Intervals 2": {"window": 20.0},
        "Scatter": {"x": "depth", "y": "rate", "size": "amplitude", "log": True},
        "Drift": {"metric": "depth"},
        "Waveforms": {"window": 3},
    }
    (folder / "views.json").write_text(json.dumps(then))
    now = {
        "Correlograms": {"window_ms": 100.0, "bin_ms": 0.5},
        "Intervals 2": {"longest_ms": 20.0},
        "Scatter": {"x_by": "depth", "y_by": "rate", "size_by": "amplitude", "log": True},
        "Drift": {"color": "depth"},
        "Waveforms": {"window": 3},
    }
    assert load_view_options() == now
    save_view_options({"Scatter": {"x_by": "rate"}})
    assert json.loads((folder / "views.json").read_text()) == now | {"Scatter": {"x_by": "rate"}}


def test_of_two_names_that_of_today_counts(folder):
    folder.mkdir()
    for kept in (
        {"window": 100.0, "span": 20.0},
        {"span": 20.0, "window": 100.0},
        {"window_ms": 20.0, "window": 100.0, "span": 50.0},
        {"span": 50.0, "window": 100.0, "window_ms": 20.0},
    ):
        (folder / "views.json").write_text(json.dumps({"Correlograms": kept}))
        assert load_view_options() == {"Correlograms": {"window_ms": 20.0}}


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
