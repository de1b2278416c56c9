"""Where a probe lies comes back as it was; what a broken file holds is left out."""

import json
import logging

import numpy as np
import pytest

from napari_phy.core.probe_placement import place_by_tip
from napari_phy.files.side_folder import side_folder
from napari_phy.storage.placements import FILE, PlacedProbe, load_placements, save_placements


@pytest.fixture
def data_set(tmp_path):
    path = tmp_path / "some.kwik"
    path.touch()
    return path


def placed(image="slice", n_axes=2):
    return PlacedProbe(image, place_by_tip((0, 0), range(n_axes), 30, [0.5] * n_axes))


def test_placements_of_channel_groups_come_back(data_set):
    before = {0: placed(), 3: placed("µ stack", 3)}
    save_placements(data_set, before)
    after = load_placements(data_set)
    assert list(after) == [0, 3]
    for group, one in after.items():
        assert one.image == before[group].image
        np.testing.assert_array_equal(one.placement.matrix, before[group].placement.matrix)
    save_placements(data_set, {})
    assert load_placements(data_set) == {}


def test_a_data_set_begins_without_and_without_a_folder(data_set):
    assert load_placements(data_set) == {}
    assert not side_folder(data_set).exists()


@pytest.mark.parametrize("content", ["[", "[]", '{"placements": 3}', "\x00"])
def test_a_broken_file_has_none(data_set, content, caplog):
    save_placements(data_set, {})
    (side_folder(data_set) / FILE).write_text(content)
    with caplog.at_level(logging.CRITICAL):
        assert load_placements(data_set) == {}


def test_entries_that_are_no_placements_are_left_out(data_set):
    good = placed().placement.to_json()
    entries = [
        {"channel_group": 1, "image": "a", "placement": good},
        {"channel_group": True, "image": "a", "placement": good},
        {"channel_group": 2, "image": 5, "placement": good},
        {"channel_group": 2, "image": "a", "placement": {**good, "matrix": [[0, 0], [0, 0]]}},
        {"channel_group": 2, "image": "a"},
        7,
    ]
    save_placements(data_set, {})
    (side_folder(data_set) / FILE).write_text(json.dumps({"placements": entries}))
    assert list(load_placements(data_set)) == [1]
