"""Helpers for arrays, against the plain way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core import arrays
from napari_phy.core.arrays import (
    LARGEST,
    MAX_ID,
    SMALLEST,
    as_ids,
    blocks,
    compact_ids,
    evenly_spaced,
    is_measured,
    look_up,
    read_only,
    zero_unmeasured,
)


@given(st.integers(0, 200), st.integers(0, 50) | st.none())
def test_evenly_spaced_indices_are_as_many_as_there_may_be_and_equally_far_apart(n, n_max):
    found = evenly_spaced(n, n_max)
    assert len(found) == (n if n_max is None else min(n, n_max))
    if len(found):
        assert found[0] >= 0
        assert found[-1] < n
        assert found[0] + n - 1 - found[-1] <= n / len(found)  # as far from both ends as from each other
        assert np.ptp(np.diff(found)) <= 1 if len(found) > 1 else found[0] == n // 2
        assert (np.diff(found) > 0).all()


def test_what_is_read_block_by_block_is_what_is_read_at_once(monkeypatch):
    table, indices = np.arange(10, 40, dtype=np.int16), np.random.default_rng(0).integers(0, 30, 1000)
    monkeypatch.setattr(arrays, "N_BLOCK", 7)
    found = look_up(table, indices)
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, table[indices])


@pytest.mark.parametrize(
    ("ids", "dtype"), [([], "i4"), ([0, 2**31 - 1], "i4"), ([0, 2**31], "i8"), ([MAX_ID], "i8"), ([-5, 3], "i4")]
)
def test_ids_take_as_little_room_as_they_can(ids, dtype):
    found = compact_ids(np.array(ids, dtype=np.int64))
    assert found.dtype == dtype
    assert found.tolist() == ids


@pytest.mark.parametrize("dtype", ["i4", "u4"])
def test_ids_of_32_bits_are_not_copied(dtype):
    ids = np.arange(5, dtype=dtype)
    assert compact_ids(ids).dtype == np.int32
    assert np.shares_memory(compact_ids(ids), ids)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([3, 1], [3, 1]),
        (7, [7]),
        ([], []),
        (np.uint8([2]), [2]),
        ([1.0], None),
        ([True], None),
        ([[1]], None),
        ("a", None),
    ],
)
def test_only_whole_numbers_in_a_row_are_ids(values, found):
    ids = as_ids(values)
    assert (ids if ids is None else ids.tolist()) == found


def test_what_can_have_been_measured_is_finite_and_neither_huge_nor_tiny():
    values = np.array([[0, 1], [LARGEST, -LARGEST], [np.nan, 1], [1, np.inf], [1.01 * LARGEST, 0]])
    assert is_measured(values).tolist() == [True, True, False, False, False]
    assert is_measured(values[:2]).tolist() == [True, True]
    assert is_measured(np.empty((0, 3))).tolist() == []
    tiny = np.array([SMALLEST, -SMALLEST, 0.99 * SMALLEST, np.nan, -np.inf, 1.01 * LARGEST, LARGEST, 0])
    assert zero_unmeasured(tiny).tolist() == [SMALLEST, -SMALLEST, 0, 0, 0, 0, LARGEST, 0]
    halves = np.array([6e-8, 1e-3, np.inf], dtype=np.float16)
    assert zero_unmeasured(halves).tolist() == [0, np.float16(1e-3), 0]
    assert zero_unmeasured(np.array([2**40])).tolist() == [2**40]


def test_a_read_only_array_is_the_same_one():
    array = np.arange(3)
    assert read_only(array) is array
    assert not array.flags.writeable


@given(st.integers(0, 60), st.integers(1, 20))
def test_blocks_go_through_all_values_once(n, n_block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "N_BLOCK", n_block)
        parts = [np.arange(n)[block] for block in blocks(n)]
    assert [len(part) for part in parts[:-1]] == [n_block] * (len(parts) - 1)
    assert np.concatenate([[], *parts]).tolist() == list(range(n))


def test_floats_as_large_as_they_can_be_were_measured_where_their_type_ends_before():
    halves = np.array([65504, -65504, 6.11e-5, 6e-5], dtype=np.float16)
    assert zero_unmeasured(halves.copy()).tolist() == [65504, -65504, float(np.float16(6.11e-5)), 0]
    assert is_measured(np.array([[1, LARGEST], [-LARGEST, 0]])).all()
    assert is_measured(np.array([[1.0, 2 * LARGEST], [3, 4]])).tolist() == [False, True]
    assert is_measured(np.array([[1.0, -2 * LARGEST], [3, 4]])).tolist() == [False, True]


def test_unsigned_ids_beyond_32_bits_stay_what_they_are():
    assert compact_ids(np.array([2**31, 5], dtype=np.uint32)).tolist() == [2**31, 5]
    assert compact_ids(np.array([7], dtype=np.uint64)).dtype == np.int32
    assert compact_ids(np.empty(0, dtype=np.uint32)).dtype == np.int32
    assert compact_ids(np.array([3], dtype=np.int64)).tolist() == [3]
    assert evenly_spaced(7, 0).tolist() == []
    assert evenly_spaced(10, 3).tolist() == [1, 5, 8]
