"""All caches together hold no more than the budget says; what was used longest ago goes first, wherever it is."""

import gc
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.memory import ByteCache, MemoryBudget

N_CACHES = 3
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, N_CACHES - 1), st.integers(0, 5), st.integers(1, 40)),
        st.tuples(st.just("get"), st.integers(0, N_CACHES - 1), st.integers(0, 5)),
        st.tuples(st.just("remove"), st.integers(0, N_CACHES - 1), st.integers(0, 5)),
        st.tuples(st.just("limit"), st.integers(0, 120)),
    ),
    max_size=60,
)


@given(steps)
def test_caches_are_one_list_of_what_was_used(taken):
    budget, expected = MemoryBudget(100), {}  # expected: {(cache, key): size}, the oldest first
    caches = [ByteCache(len, budget) for _ in range(N_CACHES)]

    def make_room():
        while sum(expected.values()) > budget.limit:
            del expected[next(iter(expected))]

    for kind, *values in taken:
        if kind == "limit":
            (budget.limit,) = values
            make_room()
        elif kind == "put":
            place, key, size = values
            caches[place].put(key, "x" * size)
            expected.pop((place, key), None)
            if size <= budget.limit:
                expected[place, key] = size
            make_room()
        elif kind == "get":
            place, key = values
            size = expected.pop((place, key), None)
            assert caches[place].get(key) == (None if size is None else "x" * size)
            if size is not None:
                expected[place, key] = size
        else:
            place, key = values
            caches[place].remove(key)
            expected.pop((place, key), None)
        kept = {(place, key): len(value) for place, cache in enumerate(caches) for key, value in cache.items()}
        assert kept == expected
        assert budget.used == sum(kept.values()) <= budget.limit


def test_several_values_are_taken_at_once_and_used_at_once():
    budget = MemoryBudget(10)
    cache = ByteCache(lambda value: 2, budget)
    cache.put_all(dict.fromkeys(range(7), "x"))
    assert [key for key, _ in cache.items()] == [2, 3, 4, 5, 6]
    assert cache.known([3, 9, 2]) == {3: "x", 2: "x"}
    cache.put(7, "x")
    assert [key for key, _ in cache.items()] == [5, 6, 3, 2, 7]


def test_the_bytes_of_a_cache_that_is_gone_are_free():
    budget = MemoryBudget(10)
    first, second = ByteCache(len, budget), ByteCache(len, budget)
    first.put(1, "x" * 6)
    second.put(1, "x" * 4)
    assert budget.used == 10
    del first
    gc.collect()
    assert budget.used == 4
    second.put(2, "x" * 6)
    assert second.known([1, 2]) == {1: "x" * 4, 2: "x" * 6}


def test_a_value_whose_size_changed_is_put_again():
    budget, value = MemoryBudget(10), ["a"]
    cache = ByteCache(len, budget)
    cache.put("list", value)
    value += "bcd"
    cache.put("list", value)
    assert budget.used == 4
    value += "x" * 20
    cache.put("list", value)
    assert budget.used == 0
    assert "list" not in cache


@pytest.mark.parametrize("n_threads", [4])
def test_threads_that_push_each_other_out_stay_within_it(n_threads):
    budget = MemoryBudget(500)
    caches = [ByteCache(lambda value: value, budget) for _ in range(n_threads)]
    seen = []

    def work(mine):
        for number in range(400):
            caches[mine].put(number, number % 50 + 1)
            caches[(mine + 1) % n_threads].known(range(number))
            seen.append(budget.used)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(seen) <= 500
    assert budget.used == sum(value for cache in caches for _, value in cache.items())


def test_at_first_all_caches_share_a_gigabyte():
    assert MemoryBudget().limit == 2**30
    assert MemoryBudget(0).used == 0


def test_a_value_as_large_as_the_budget_is_kept_and_a_larger_one_is_not():
    cache = ByteCache(len, MemoryBudget(10))
    for size, is_kept in ((10, True), (11, False)):
        cache.put("a", "x" * size)
        assert ("a" in cache) is is_kept
        assert cache.nbytes == (size if is_kept else 0)
    assert cache.oldest == float("inf")


def test_what_is_looked_at_without_being_used_stays_the_oldest():
    cache = ByteCache(len, MemoryBudget(10))
    cache.put("a", "x" * 5)
    cache.put("b", "x" * 5)
    assert [key for key, _ in cache.items()] == ["a", "b"]
    assert cache.forget_oldest() == 5
    assert (cache.get("a"), cache.get("b"), cache.nbytes) == (None, "xxxxx", 5)
    cache.remove("a")
    cache.remove("b")
    assert cache.nbytes == 0
