"""Lists of proposals: every version that SpikeInterface has had, and sentences for what is none."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.curation_lists import read_curation_list, write_curation, write_merge_groups

V2 = {
    "format_version": "2",
    "unit_ids": [1, 2, 3, 6, 10, 14, 20, 31, 42],
    "label_definitions": {"quality": {"label_options": ["good", "noise"], "exclusive": True}},
    "manual_labels": [
        {"unit_id": 1, "labels": {"quality": ["good"]}},
        {"unit_id": 2, "labels": {"quality": ["noise"]}},
    ],
    "merges": [{"unit_ids": [6, 3], "new_unit_id": None}, {"unit_ids": [10, 14, 20]}],
    "splits": [{"unit_id": 31, "mode": "indices", "indices": [[4, 0, 2], [1, 3]]}],
    "removed": [42],
}
V1 = {
    "format_version": "1",
    "unit_ids": V2["unit_ids"],
    "manual_labels": [{"unit_id": 1, "quality": ["good"]}, {"unit_id": 2, "quality": ["artifact"]}],
    "merge_unit_groups": [[3, 6], [10, 14, 20]],
    "removed_units": [42],
}
V0 = {"labelsByUnit": {"1": ["accept"], "2": ["noise"], "42": ["artifact"]}, "mergeGroups": [["3", "6"], [10, 14, 20]]}


@pytest.mark.parametrize("curation", [V2, V1, V0], ids=["2", "1", "sortingview"])
def test_curations_of_all_versions_are_read(curation, tmp_path):
    path = tmp_path / "curation.json"
    path.write_text(json.dumps(curation))
    found = read_curation_list(path)
    assert found.merges == ((3, 6), (10, 14, 20))
    assert found.noise == (2, 42)
    assert {one: places.tolist() for one, places in found.splits.items()} == ({31: [0, 2, 4]} if curation is V2 else {})


def test_splits_and_merges_may_be_mappings_and_splits_labels(tmp_path):
    path = tmp_path / "curation.json"
    path.write_text(json.dumps({"merges": {"50": [1, 2]}, "splits": {"3": [[1, 0]], "4": [0, 1, 1, 0]}}))
    found = read_curation_list(path)
    assert found.merges == ((1, 2),)
    assert {one: places.tolist() for one, places in found.splits.items()} == {3: [0, 1], 4: [1, 2]}


groups = st.lists(st.sets(st.integers(0, 10**6), min_size=2, max_size=5), max_size=5)


@given(groups, st.sets(st.integers(0, 10**6), max_size=4))
def test_what_is_written_is_read(tmp_path_factory, merges, noise):
    path = tmp_path_factory.mktemp("lists") / "list.json"
    expected = tuple(tuple(sorted(group)) for group in merges)
    write_merge_groups(path, map(sorted, merges))
    assert read_curation_list(path).merges == expected
    write_curation(path, range(3), map(sorted, merges), noise, {7: np.array([1, 5])})
    found = read_curation_list(path)
    assert (found.merges, found.noise) == (expected, tuple(sorted(noise)))
    assert found.splits[7].tolist() == [1, 5]


@pytest.mark.parametrize(
    "content",
    ["{", "3", '"x"', "{}", "[[1]]", "[[1, 2.5]]", "[[1, true]]", '[["a", 1]]', "[1, 2]", '{"merges": 3}',
     '{"merges": [{"unit_ids": 5}]}', '{"merges": [], "splits": [{"unit_id": 1}]}', '{"manual_labels": [3]}',
     "[" * 100_000],
)  # fmt: skip
def test_what_is_no_list_is_said_in_a_sentence(content, tmp_path):
    path = tmp_path / "list.json"
    path.write_text(content)
    with pytest.raises(KwikFormatError, match=r"^list\.json is (no|neither)") as error:
        read_curation_list(path)
    assert str(error.value).endswith(".")
    with pytest.raises(MissingDataError):
        read_curation_list(tmp_path / "none.json")
