"""Kept counts equal fresh ones, whatever spikes do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.memory import BUDGET
from napari_phy.core.progress import CancelledError
from napari_phy.stats import incremental_correlograms
from napari_phy.stats.correlograms import count_pairs
from napari_phy.stats.incremental_correlograms import SPARE, IncrementalCorrelograms

N_SPIKES = 40
labelings = st.lists(st.integers(0, 4), min_size=N_SPIKES, max_size=N_SPIKES)
times = st.lists(st.integers(0, 120), min_size=N_SPIKES, max_size=N_SPIKES).map(sorted)


def fresh(samples, slots, n):
    return count_pairs(samples, slots.astype(np.uint16), n, 3, 5)


def one_by_one(n):
    return [np.array([slot]) for slot in range(n)]


@given(times, st.lists(labelings, min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_they_follow_spikes_from_slot_to_slot(samples, steps, seed):
    samples, rng = np.array(samples), np.random.default_rng(seed)
    kept = IncrementalCorrelograms(samples, 3, 5)
    before = None
    for step in steps:
        slots = np.array(step, dtype=np.int32)
        if before is not None and rng.random() < 0.7:  # a few spikes move
            slots = np.where(rng.random(N_SPIKES) < 0.2, slots, before)
        kept.follow(slots, 5)
        np.testing.assert_array_equal(kept.sums(one_by_one(5)), fresh(samples, slots, 5))
        before = slots


def test_the_table_grows_with_the_slots_and_clusters_are_sums():
    rng = np.random.default_rng(3)
    samples, slots = np.sort(rng.integers(0, 2000, 500)), rng.integers(0, 3, 500)
    kept = IncrementalCorrelograms(samples, 3, 5)
    kept.follow(slots, 3)
    for n in range(4, 40):
        slots = np.where(rng.random(500) < 0.03, n - 1, slots)
        kept.follow(slots, n)
    np.testing.assert_array_equal(kept.sums(one_by_one(39)), fresh(samples, slots, 39))
    halves = [np.arange(0, 39, 2), np.arange(1, 39, 2)]
    np.testing.assert_array_equal(kept.sums(halves), fresh(samples, slots % 2, 2))


def test_only_the_pairs_of_moved_spikes_are_counted(monkeypatch):
    samples, slots = np.arange(1000), np.arange(1000) % 4
    kept = IncrementalCorrelograms(samples, 3, 5)
    kept.follow(slots, 4)

    def never(*arguments):
        raise AssertionError("all pairs were counted again")

    monkeypatch.setattr(incremental_correlograms, "count_pairs", never)
    kept.follow(slots, 4)
    moved = slots.copy()
    moved[10:200:4] = 4
    kept.follow(moved, 5)
    np.testing.assert_array_equal(kept.sums(one_by_one(5)), fresh(samples, moved, 5))


def test_where_most_spikes_moved_all_pairs_are_counted_again(monkeypatch):
    samples, slots, counted = np.arange(1000), np.arange(1000) % 4, []
    monkeypatch.setattr(incremental_correlograms, "count_pairs", lambda *a: counted.append(1) or count_pairs(*a))
    kept = IncrementalCorrelograms(samples, 3, 5)
    for n_moved, n_counts in ((0, 1), (500, 1), (501, 2)):
        slots = np.where(samples < n_moved, (slots + 1) % 4, slots)
        kept.follow(slots, 4)
        assert len(counted) == n_counts


def test_the_table_has_room_for_some_more_slots_where_memory_allows():
    kept = IncrementalCorrelograms(np.arange(100), 3, 5)
    kept.follow(np.arange(100) % 4, 4)
    assert kept.nbytes == 4 * (4 + SPARE) ** 2 * 5 + 2 * 100
    for n_slots, n_rows in ((5, 4 + SPARE), (4 + SPARE, 4 + SPARE), (5 + SPARE, 5 + 2 * SPARE)):  # grows if it has to
        kept.follow(np.where(np.arange(100) == 7, n_slots - 1, np.arange(100) % 4), n_slots)
        assert kept.nbytes == 4 * n_rows**2 * 5 + 2 * 100


def test_what_was_stopped_is_counted_anew():
    samples, slots = np.arange(1000), np.arange(1000) % 4

    def stop(share):
        raise CancelledError

    kept = IncrementalCorrelograms(samples, 3, 5)
    kept.follow(slots, 4)
    moved = np.where(samples < 100, 3, slots)
    with pytest.raises(CancelledError):
        kept.follow(moved, 4, stop)
    assert kept.slots is None
    kept.follow(moved, 4)
    np.testing.assert_array_equal(kept.sums(one_by_one(4)), fresh(samples, moved, 4))


def test_they_are_kept_up_to_a_thousand_slots_of_26_bins():
    assert IncrementalCorrelograms(np.arange(3), 20, 26).has_room(1000)
    assert not IncrementalCorrelograms(np.arange(3), 20, 26).has_room(1200)
    assert not IncrementalCorrelograms(np.arange(3), 20, 260).has_room(1000)


def test_one_table_has_an_eighth_of_the_memory_and_spare_slots_only_within_it(monkeypatch):
    n, n_bins = 20, 5
    kept = IncrementalCorrelograms(np.arange(100), 3, n_bins)
    for more, n_rows in ((0, n + SPARE), (-1, n)):
        monkeypatch.setattr(BUDGET, "_limit", 8 * (4 * (n + SPARE) ** 2 * n_bins + more))
        kept.follow(np.arange(100) % n, n)
        assert kept.nbytes == 4 * n_rows**2 * n_bins + 2 * 100
        kept.slots = None
    kept.follow(np.arange(100) % n, n)
    monkeypatch.setattr(BUDGET, "_limit", 8 * 4 * (n + SPARE) ** 2 * n_bins)
    kept.follow(np.where(np.arange(100) == 7, n, np.arange(100) % n), n + 1)
    assert kept.nbytes == 4 * (n + 1) ** 2 * n_bins + 2 * 100  # where it grows, too
    monkeypatch.setattr(BUDGET, "_limit", 8 * 4 * n**2 * n_bins)
    assert (kept.has_room(n), kept.has_room(n + 1)) == (True, False)


def test_nothing_is_held_before_it_counts_and_a_warm_up_changes_nothing():
    kept = IncrementalCorrelograms(np.arange(100), 3, 5)
    kept.warm_up()
    assert (kept.nbytes, kept.slots) == (0, None)
    kept.follow(np.arange(100) % 4, 4)
    before = kept.sums(one_by_one(4))
    kept.warm_up()
    np.testing.assert_array_equal(kept.sums(one_by_one(4)), before)


def test_moves_are_reported_in_blocks(monkeypatch):
    monkeypatch.setattr(incremental_correlograms, "SPIKES_AT_ONCE", 10)
    kept, shares = IncrementalCorrelograms(np.arange(100), 3, 5), []
    kept.follow(np.zeros(100, int), 1)
    moved = (np.arange(100) < 40).astype(int)
    kept.follow(moved, 2, shares.append)
    assert shares == [0, 0.25, 0.5, 0.75]
    np.testing.assert_array_equal(kept.sums(one_by_one(2)), fresh(np.arange(100), moved, 2))
