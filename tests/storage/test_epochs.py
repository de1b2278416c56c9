"""Epochs that are kept come back as they were; what a broken file holds is left out."""

import json
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_phy.core.epoch_list import Epoch
from napari_phy.files.side_folder import side_folder
from napari_phy.storage.epochs import FILE, load_epochs, save_epochs

edges = st.floats(-1e9, 1e9)
epochs = st.tuples(edges, edges, st.text(min_size=1)).filter(lambda one: one[0] < one[1]).map(lambda one: Epoch(*one))


@pytest.fixture
def data_set(tmp_path):
    path = tmp_path / "some.kwik"
    path.touch()
    return path


@given(st.lists(epochs))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_epochs_come_back_as_they_were(data_set, drawn):
    save_epochs(data_set, drawn)
    assert load_epochs(data_set) == tuple(drawn)


def test_a_data_set_begins_without_epochs_and_without_a_folder(data_set):
    assert load_epochs(data_set) == ()
    assert not side_folder(data_set).exists()


@pytest.mark.parametrize("content", ["[", "[]", "{}", '{"epochs": 3}', "\x00"])
def test_a_broken_file_has_none(data_set, content, caplog):
    save_epochs(data_set, [])
    (side_folder(data_set) / FILE).write_text(content)
    with caplog.at_level(logging.CRITICAL):
        assert load_epochs(data_set) == ()


def test_entries_that_are_no_epochs_are_left_out(data_set):
    save_epochs(data_set, [])
    entries = [
        [0, 1, "a"],
        [1, 0, "b"],
        [0, "1", "c"],
        [True, 2, "d"],
        [0, 1],
        [0, 1, 2],
        7,
        [0, 10**400, "e"],
        [2, 3, "f"],
    ]
    (side_folder(data_set) / FILE).write_text(json.dumps({"epochs": entries}))
    assert load_epochs(data_set) == (Epoch(0.0, 1.0, "a"), Epoch(2.0, 3.0, "f"))


def test_what_cannot_be_kept_is_logged(data_set, monkeypatch, caplog):
    def full(path, write):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_phy.storage.epochs.write_file", full)
    save_epochs(data_set, [Epoch(0.0, 1.0, "a")])
    assert "The epochs of some.kwik cannot be kept" in caplog.text
