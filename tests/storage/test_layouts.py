"""Places of docks are found as they were saved; a file that makes no sense is none."""

import base64
import json

import pytest

from napari_phy.files.user_files import phy_folder
from napari_phy.storage.layouts import SavedLayout, load_layout, save_layout

KEPT = {"preset": "Sort", "docks": ["Clusters"], "state": base64.b64encode(b"\x00\xff").decode()}


def test_layouts_of_other_forms_stay_and_nothing_is_made_beside_a_data_set(tmp_path):
    large, small = (
        SavedLayout("Sort", ("Clusters",), b"\x00\xff", ("Probe",)),
        SavedLayout("Inspect", ("Similar",), b"1"),
    )
    path = tmp_path / "set.kwik"
    path.write_bytes(b"")
    save_layout(path, "large", large)
    save_layout(None, "small", small)
    assert (load_layout(path, "large"), load_layout(None, "small")) == (large, small)
    assert [place.name for place in tmp_path.iterdir()] == ["set.kwik"]
    (tmp_path / "set.napari-phy").mkdir()
    save_layout(path, "large", small)
    save_layout(None, "large", large)
    assert (load_layout(path, "large"), load_layout(None, "large")) == (small, large)


@pytest.mark.parametrize(
    ("change", "is_layout"),
    [
        ({}, True),
        ({"docks": []}, True),
        ({"docks": ["Traces"] * 100}, True),
        ({"docks": ["Traces"] * 101}, False),
        ({"docks": ["Traces", 1]}, False),
        ({"docks": "Traces"}, False),
        ({"behind": ["Probe"]}, True),
        ({"behind": ["Probe"] * 101}, False),
        ({"behind": ["Probe", 1]}, False),
        ({"behind": "Probe"}, False),
        ({"preset": 3}, False),
        ({"state": None}, False),
        ({"state": "????"}, False),
        ({"state": "AAA"}, False),
        ({"state": "é"}, False),
    ],
)
def test_only_what_is_a_layout_is_one(change, is_layout):
    kept = KEPT | change
    phy_folder().mkdir(parents=True, exist_ok=True)
    (phy_folder() / "layout.json").write_text(json.dumps({"large": kept, "small": [kept]}))
    expected = None
    if is_layout:
        expected = SavedLayout("Sort", tuple(kept["docks"]), b"\x00\xff", tuple(kept.get("behind", ())))
    assert load_layout(None, "large") == expected
    assert load_layout(None, "small") is None
