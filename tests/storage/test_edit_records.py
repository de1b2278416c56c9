"""Records of edits come back without loss, and what is no record is refused."""

import zlib

import numpy as np
import pytest
from core.edits import clusterings, do, edit_lists
from hypothesis import given

from napari_phy import ClusterManager
from napari_phy.storage.edit_records import decode_ids, decode_record, encode_ids, encode_record, encode_value


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
