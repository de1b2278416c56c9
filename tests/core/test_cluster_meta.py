"""What new clusters inherit, and what is the value of a field that is not set."""

import pytest

from napari_phy.core.cluster_meta import ClusterMeta, default_of
from napari_phy.core.update_info import MetadataChange


def test_what_is_the_default_is_not_stored():
    meta = ClusterMeta({1: "good", 2: "unsorted"}, {3: "#123456"}, {"note": {1: "x", 2: None}})
    assert dict(meta.values("group")) == {1: "good"}
    assert dict(meta.values("note")) == {1: "x"}
    assert (meta.get(2, "group"), meta.get(9, "group"), meta.group(9)) == ("unsorted", "unsorted", "unsorted")
    assert (meta.get(9, "color"), meta.get(9, "note"), meta.get(9, "nothing")) == (None, None, None)
    assert meta.label_fields == ("note",)
    assert (default_of("group"), default_of("color"), default_of("note")) == ("unsorted", None, None)


def test_a_change_to_the_default_takes_the_value_away():
    meta = ClusterMeta({1: "good"})
    meta.apply([MetadataChange(1, "group", "good", "unsorted"), MetadataChange(1, "note", None, 0)])
    assert dict(meta.values("group")) == {}
    assert dict(meta.values("note")) == {1: 0}
    meta.apply([MetadataChange(1, "note", 0, None), MetadataChange(2, "note", None, None)])
    assert dict(meta.values("note")) == {}


@pytest.mark.parametrize(
    ("values", "sizes", "inherited"),
    [
        ({}, {1: 5, 2: 3}, None),
        ({2: "a"}, {1: 5, 2: 3}, "a"),
        ({1: "a", 2: "a"}, {1: 5, 2: 3}, "a"),
        ({1: "a", 2: "b"}, {1: 5, 2: 6}, "b"),
        ({1: "a", 2: "b"}, {1: 5, 2: 4}, "a"),
        ({1: "a", 2: "b"}, {2: 5, 1: 5}, "a"),  # of equal ones, the one that was there first
        ({1: "a", 2: "b"}, {1: 5, 2: 6, 3: 7}, None),  # the largest has none
    ],
)
def test_the_only_value_of_the_parents_is_inherited_else_that_of_the_largest(values, sizes, inherited):
    meta = ClusterMeta(labels={"note": values})
    changes = meta.inherited(9, list(sizes.items()))
    assert changes == ([] if inherited is None else [MetadataChange(9, "note", None, inherited)])
