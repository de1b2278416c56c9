"""What is kept beside a data set comes back as it was; a file that cannot be read or written costs nothing else."""

import json
import logging

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_phy.core.decisions import KeptDecisions
from napari_phy.core.epoch_list import Epoch
from napari_phy.core.probe_placement import PlacedProbe, place_by_tip
from napari_phy.files.side_folder import make_side_folder, side_folder, take_over_edits
from napari_phy.storage.side_files import (
    CLOCKS,
    DECISIONS,
    EPOCHS,
    KEPT_MINE,
    KINDS,
    PLACEMENTS,
    TRIAL_TABLES,
    SideFiles,
)

edges = st.floats(-1e9, 1e9)
epochs = st.tuples(edges, edges, st.text(min_size=1)).filter(lambda one: one[0] < one[1]).map(lambda one: Epoch(*one))


@pytest.fixture
def data_set(tmp_path):
    path = tmp_path / "here" / "some.kwik"
    path.parent.mkdir()
    path.touch()
    return path


@pytest.fixture
def side_files(data_set):
    return SideFiles(data_set)


def placed(image="slice", n_axes=2):
    return PlacedProbe(image, place_by_tip((0, 0), range(n_axes), 30, [0.5] * n_axes))


def some_of(kind, data_set):
    """Return a value that is not empty."""
    values = {
        CLOCKS: {"movie": {"version": 1}, "film": {"times_s": [0.5]}},
        EPOCHS: (Epoch(0.0, 1.0, "a"), Epoch(2.0, 3.0, "µ")),
        TRIAL_TABLES: (data_set.with_name("a.tsv"), data_set.parent / "b" / "b.csv"),
        PLACEMENTS: {0: placed()},
        DECISIONS: {"0/main": KeptDecisions(((1, 2), (3, 3)), (4,), {one: f"{one:016x}" for one in range(1, 6)}, (5,))},
        KEPT_MINE: {"0/main": ("0123456789abcdef",)},
    }
    return values[kind]


def write(data_set, kind, content):
    (make_side_folder(data_set) / kind.file).write_text(content)


every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.entry)


@every_kind
def test_a_data_set_begins_without_and_without_a_folder(kind, data_set, side_files):
    assert len(side_files.load(kind)) == 0
    assert not side_folder(data_set).exists()


@every_kind
def test_nothing_is_written_for_arrays_in_memory_or_read_only(kind, data_set, tmp_path):
    SideFiles(data_set, is_kept=False).save(kind, some_of(kind, data_set))
    assert not side_folder(data_set).exists()
    there_is_none = SideFiles(tmp_path / "none.kwik")
    there_is_none.save(kind, some_of(kind, data_set))
    assert len(there_is_none.load(kind)) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


@every_kind
@pytest.mark.parametrize("content", ["", "[", "[]", "{}", "7", '{"ENTRY": 3}', '{"ENTRY": null}', "\x00"])
def test_a_damaged_file_has_none_and_the_log_says_so(kind, content, data_set, side_files, caplog):
    write(data_set, kind, content.replace("ENTRY", kind.entry))
    with caplog.at_level(logging.WARNING):
        assert len(side_files.load(kind)) == 0
    assert f"{kind.file} cannot be read (" in caplog.text
    assert f"the data set opens without {kind.words}." in caplog.text


@every_kind
def test_what_cannot_be_kept_is_logged(kind, data_set, side_files, monkeypatch, caplog):
    def full(path, write):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_phy.storage.side_files.write_file", full)
    side_files.save(kind, some_of(kind, data_set))
    assert f"some.kwik: {kind.words} cannot be kept ([Errno 28]" in caplog.text


@every_kind
def test_it_is_taken_over_with_the_edits(kind, data_set, side_files):
    side_files.save(kind, some_of(kind, data_set))
    other = data_set.with_name("renamed.kwik")
    other.touch()
    take_over_edits(other, side_folder(data_set))
    assert len(SideFiles(other).load(kind)) == len(some_of(kind, data_set))


@every_kind
def test_the_last_value_stays(kind, data_set, side_files):
    side_files.save(kind, some_of(kind, data_set))
    assert [file.name for file in side_folder(data_set).iterdir()] == [kind.file]
    assert len(side_files.load(kind)) > 0
    side_files.save(kind, type(some_of(kind, data_set))())
    assert len(side_files.load(kind)) == 0


def test_clocks_of_many_frames_come_back(side_files):
    clocks = {"movie": {"times_s": [place / 30 for place in range(100_000)]}}
    side_files.save(CLOCKS, clocks)
    assert len(json.dumps(clocks)) > 1_000_000
    assert side_files.load(CLOCKS) == clocks


@given(st.lists(epochs))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_epochs_come_back_as_they_were(side_files, drawn):
    side_files.save(EPOCHS, tuple(drawn))
    assert side_files.load(EPOCHS) == tuple(drawn)


def test_entries_that_are_no_epochs_are_left_out(data_set, side_files):
    entries = [[0, 1, "a"], [1, 0, "b"], [0, "1", "c"], [True, 2, "d"], [0, 1], [0, 1, 2], 7, [0, 10**400, "e"]]
    write(data_set, EPOCHS, json.dumps({"epochs": [*entries, [2, 3, "f"]]}))
    assert side_files.load(EPOCHS) == (Epoch(0.0, 1.0, "a"), Epoch(2.0, 3.0, "f"))


def test_tables_of_trials_are_found_where_they_are_also_when_all_was_moved(data_set, side_files, tmp_path):
    beside, below, elsewhere = data_set.with_name("a.tsv"), data_set.parent / "b" / "b.csv", tmp_path / "c.tsv"
    side_files.save(TRIAL_TABLES, (beside, below, elsewhere))
    assert side_files.load(TRIAL_TABLES) == (beside, below, elsewhere)
    moved = data_set.parent.rename(tmp_path / "there") / data_set.name
    assert SideFiles(moved).load(TRIAL_TABLES) == (moved.with_name("a.tsv"), moved.parent / "b" / "b.csv", elsewhere)


def test_names_that_are_no_tables_are_left_out(data_set, side_files):
    write(data_set, TRIAL_TABLES, '{"tables": [3, null, "a\\u0000b", "c.tsv", "c.tsv"]}')
    assert side_files.load(TRIAL_TABLES) == (data_set.with_name("c.tsv"),)


def test_placements_of_channel_groups_come_back(side_files):
    before = {0: placed(), 3: placed("µ stack", 3)}
    side_files.save(PLACEMENTS, before)
    after = side_files.load(PLACEMENTS)
    assert list(after) == [0, 3]
    for group, one in after.items():
        assert one.image == before[group].image
        np.testing.assert_array_equal(one.placement.matrix, before[group].placement.matrix)


def test_entries_that_are_no_placements_are_left_out(data_set, side_files):
    good = placed().placement.to_json()
    entries = [
        {"channel_group": 1, "image": "a", "placement": good},
        {"channel_group": True, "image": "a", "placement": good},
        {"channel_group": 2, "image": 5, "placement": good},
        {"channel_group": 2, "image": "a", "placement": {**good, "matrix": [[0, 0], [0, 0]]}},
        {"channel_group": 2, "image": "a"},
        7,
    ]
    write(data_set, PLACEMENTS, json.dumps({"placements": entries}))
    assert list(side_files.load(PLACEMENTS)) == [1]
