"""Records of edits come back without loss, and what is no record is refused."""

import struct
import zlib

import numpy as np
import pytest
from core.edits import clusterings, do, edit_lists
from hypothesis import given

from napari_phy import ClusterManager
from napari_phy.core.arrays import MAX_ID
from napari_phy.core.cluster_groups import ClusterGroup
from napari_phy.core.update_info import UpdateInfo
from napari_phy.storage.edit_records import (
    decode_group,
    decode_id,
    decode_ids,
    decode_record,
    decode_text,
    decode_value,
    encode_ids,
    encode_record,
    encode_value,
)


@given(clusterings(), edit_lists)
def test_every_record_comes_back(labels, sequence):
    manager = ClusterManager(labels)
    for kind, seed in sequence:
        do(manager, kind, seed)
    for update in manager.history:
        record, ids = encode_record(update), encode_ids(update.spike_ids, update.spike_clusters)
        back = decode_record(update.description, record, ids, len(labels))
        for field in ("description", "added", "deleted", "descendants", "heirs", "metadata_changed", "groups_changed"):
            assert getattr(back, field) == getattr(update, field)
        np.testing.assert_array_equal(back.spike_ids, update.spike_ids)
        np.testing.assert_array_equal(back.spike_clusters, update.spike_clusters)


@pytest.mark.parametrize("spike_ids", [[7], [0, 1, 2**31 - 1], [0, 2**17, 2**17 + 1], [5, 3, 2**40]])
@pytest.mark.parametrize("n_clusters", [1, 2, 3])
def test_ids_of_any_size_and_order_come_back(spike_ids, n_clusters):
    clusters = np.arange(len(spike_ids)) % n_clusters + 2**33
    found = decode_ids(encode_ids(np.array(spike_ids), clusters))
    assert [part.tolist() for part in found] == [spike_ids, clusters.tolist()]
    assert not any(part.flags.writeable for part in found)


def test_packed_ids_have_neither_more_nor_fewer_bytes_than_they_say():
    blob = encode_ids(np.arange(100), np.arange(100) % 3)
    header, body = blob[:26], zlib.decompress(blob[26:])
    for other in (body[:-1], body + b"\0", body * 1000, b""):
        with pytest.raises(ValueError, match="cut short"):
            decode_ids(header + zlib.compress(other))
    with pytest.raises(ValueError, match="no possible form"):
        decode_ids(blob, n_spikes=99)


@pytest.mark.parametrize(
    "record", ["[]", "3", '{"added":[-1]}', '{"groups":[[0,[1,2],null]]}', '{"metadata":[[1,2,3,4]]}']
)
def test_what_is_no_record_is_refused(record):
    with pytest.raises(ValueError, match=r"not a record of an edit|no number of a cluster|a record has parts"):
        decode_record("merge", record, None)


def test_labels_hold_plain_values():
    for value in (None, True, 3, 2.5, "x"):
        assert encode_value(value) is value
    assert type(encode_value(np.float32(0.5))) is float
    with pytest.raises(TypeError, match="A label cannot hold"):
        encode_value([1])


@pytest.mark.parametrize(("largest", "n_bytes"), [(2**16 - 1, 2), (2**16, 4), (2**32 - 1, 4), (2**32, 8)])
def test_steps_take_two_four_or_eight_bytes(largest, n_bytes):
    blob = encode_ids(np.array([5, 5 + largest]), np.array([1, 1]))
    assert blob[0] == n_bytes
    assert decode_ids(blob)[0].tolist() == [5, 5 + largest]


@pytest.mark.parametrize(("n_clusters", "n_bytes"), [(1, 0), (2, 2), (2**16, 2), (2**16 + 1, 4)])
def test_clusters_take_no_byte_where_there_is_one_and_two_up_to_65536(n_clusters, n_bytes):
    clusters = np.arange(n_clusters) + 7
    blob = encode_ids(np.arange(n_clusters), clusters)
    assert blob[1] == n_bytes
    assert np.array_equal(decode_ids(blob)[1], clusters)


def header(step_bytes=2, code_bytes=0, n_ids=3, n_clusters=1, first=5):
    return struct.pack("<BBQQq", step_bytes, code_bytes, n_ids, n_clusters, first)


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"n_clusters": 0}, False),
        ({"n_clusters": 4}, False),
        ({"n_ids": 0}, False),
        ({"step_bytes": 1}, False),
        ({"step_bytes": 3}, False),
        ({"code_bytes": 1}, False),
        ({"code_bytes": 8}, False),
    ],
)
def test_only_forms_that_are_possible_are_read(change, fits):
    blob = header(**change) + zlib.compress(b"\1\2\0\0" + struct.pack("<q", 9))  # steps of 1 and 2, to cluster 9
    if fits:
        assert [part.tolist() for part in decode_ids(blob)] == [[5, 6, 8], [9, 9, 9]]
    else:
        with pytest.raises(ValueError, match="no possible form"):
            decode_ids(blob)


def test_a_cluster_beyond_the_table_is_refused_and_no_ids_are_none():
    blob = encode_ids(np.arange(4), np.array([7, 8, 9, 7]))
    body = bytearray(zlib.decompress(blob[26:]))
    body[-8] = 3  # the low byte of the first code
    with pytest.raises(ValueError, match="not in their table"):
        decode_ids(blob[:26] + zlib.compress(bytes(body)))
    assert encode_ids(np.empty(0, int), np.empty(0, int)) is None
    assert [len(part) for part in decode_ids(None)] == [0, 0]
    with pytest.raises(ValueError, match="2 spikes cannot go to 1 clusters"):
        encode_ids(np.arange(2), np.arange(1))
    assert len(decode_ids(encode_ids(np.arange(9), np.zeros(9, int)), n_spikes=9)[0]) == 9


@pytest.mark.parametrize("value", [0, MAX_ID])
def test_the_first_and_the_last_id_are_ids(value):
    assert decode_id(value) == value


@pytest.mark.parametrize("value", [-1, MAX_ID + 1, True, 1.0, "1", None])
def test_what_is_no_id_is_refused(value):
    with pytest.raises(ValueError, match="is no number of a cluster"):
        decode_id(value)


def test_groups_have_a_colour_only_where_they_were_given_one():
    assert decode_group([4, "a"]) == ClusterGroup(4, "a")
    assert decode_group([4, "a", None]) == ClusterGroup(4, "a")
    assert decode_group([4, "a", "#010203"]) == ClusterGroup(4, "a", "#010203")
    for parts, error in (([4, 5], TypeError), ([4, "a", 5], TypeError), (["4", "a"], ValueError)):
        with pytest.raises(error):
            decode_group(parts)
    with pytest.raises(TypeError, match=r"^x{40} is no text$"):
        decode_text(Long())
    with pytest.raises(TypeError, match="a label holds no lists"):
        decode_value([1])
    assert [decode_value(value) for value in (None, True, 1, 0.5, "a")] == [None, True, 1, 0.5, "a"]


class Long:
    def __str__(self):
        return "x" * 90


def test_a_record_that_says_nothing_is_empty():
    assert encode_record(UpdateInfo("merge")) == "{}"
    back = decode_record("merge", "{}", None)
    assert (back.added, back.deleted, back.cause, back.description) == ((), (), "edit", "merge")
