"""Rows come in the order asked for, and are read in the order of the file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CountedRows, random_model

from napari_phy.core.errors import MissingDataError
from napari_phy.table import spike_rows
from napari_phy.table.spike_rows import (
    read_in_file_order,
    read_pairs,
    required,
    rows_at_once,
    samples_before,
    with_data,
)

ROWS = np.random.default_rng(0).normal(size=(40, 6, 3)).astype(np.float32)
some_ids = st.lists(st.integers(0, 39), max_size=30).map(lambda ids: np.array(ids, dtype=np.int64))


@given(some_ids, st.integers(1, 2**10))
def test_they_come_in_the_order_asked_for_whatever_is_read_at_once(spike_ids, step_bytes):
    channels = spike_ids % 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spike_rows, "STEP_BYTES", step_bytes)
        shares = []
        np.testing.assert_array_equal(read_in_file_order(ROWS, spike_ids, shares.append), ROWS[spike_ids])
        assert shares == sorted(shares)
        assert all(0 <= share < 1 for share in shares)
        np.testing.assert_array_equal(read_pairs(ROWS, spike_ids, channels), ROWS[spike_ids, :, channels])


def test_a_few_scattered_rows_are_one_read():
    for read in (read_in_file_order, lambda rows, ids: read_pairs(rows, ids, ids % 3)):
        counted = CountedRows(ROWS)
        read(counted, np.arange(39, -1, -2))
        assert (counted.n_reads, counted.n_rows_read) == (1, 20)


def test_as_many_rows_are_read_at_once_as_fit_and_one_at_least():
    assert rows_at_once(ROWS, 720) == 10
    assert rows_at_once(ROWS, 719) == 9
    assert rows_at_once(ROWS, 1) == 1
    assert rows_at_once(None, 80) == 10


def test_what_is_missing_is_said_by_the_model():
    model = random_model(features=None, with_raw=False)
    assert required(ROWS, model, "features") is ROWS
    for what, sentence in {"features": "memory.kwx is missing", "waveforms": "Waveforms and traces need"}.items():
        with pytest.raises(MissingDataError, match=sentence):
            required(None, model, what)
    with pytest.raises(MissingDataError, match=r"memory\.kwik has no quality"):
        required(None, model, "quality")


class Cut:
    shape, before = (40, 6, 3), 2

    def __getitem__(self, spike_ids):
        return ROWS[spike_ids]

    def with_data(self, ids):
        return ids[ids < 30]


def test_rows_that_are_cut_or_partial_say_so():
    assert (samples_before(Cut(), 3), samples_before(ROWS, 3), samples_before(None, 3)) == (2, 3, 3)
    ids = np.array([3, 30, 35])
    assert (with_data(Cut(), ids).tolist(), with_data(ROWS, ids).tolist()) == ([3], [3, 30, 35])


def test_rows_that_can_be_read_by_channel_are_read_so():
    asked = []

    class Pairs(Cut):
        def pairs(self, spike_ids, channels):
            asked.append((spike_ids.tolist(), channels.tolist()))
            return ROWS[spike_ids, :, channels]

    spike_ids, channels = np.array([7, 3, 7, 3]), np.array([2, 1, 0, 0])
    np.testing.assert_array_equal(read_pairs(Pairs(), spike_ids, channels), ROWS[spike_ids, :, channels])
    assert asked == [([3, 3, 7, 7], [0, 1, 0, 2])]


def test_no_rows_are_no_rows_and_sixteen_megabytes_are_read_at_once():
    nothing = np.empty(0, np.int64)
    assert read_in_file_order(ROWS, nothing).shape == (0, 6, 3)
    assert read_pairs(ROWS, nothing, nothing).shape == (0, 6)
    assert rows_at_once(ROWS) == 2**24 // 72
    assert rows_at_once(np.empty((5, 0))) == 2**24
