import gc
import weakref

from napari_phy.core.memory import MemoryBudget
from napari_phy.table.session_cache import SessionCache


class Clustering:
    pass


class DataSet:
    pass


class Somebody:
    def __init__(self):
        self.manager = Clustering()
        self.model = DataSet()


def test_each_value_is_computed_once():
    cache, session, asked = SessionCache(lambda value: 1), Somebody(), []

    def double(keys):
        asked.append(keys)
        return {key: 2 * key for key in keys}

    assert cache.get(session, [3, 1], double) == {3: 6, 1: 2}
    assert list(cache.get(session, [2, 1, 3], double)) == [2, 1, 3]
    assert asked == [[3, 1], [2]]
    assert cache.known(session, [1, 9]) == {1: 2}


def test_sessions_share_nothing_and_are_let_go():
    cache, one, other = SessionCache(lambda value: 1), Somebody(), Somebody()
    cache.get(one, [1], lambda keys: {1: "one"})
    assert cache.known(other, [1]) == {}
    gone = weakref.ref(one.manager)
    del one
    gc.collect()
    assert gone() is None


def test_more_than_it_holds_is_still_returned():
    cache, session = SessionCache(lambda value: 1, MemoryBudget(2)), Somebody()
    assert cache.get(session, range(5), lambda keys: {key: key for key in keys}) == {key: key for key in range(5)}
    assert len(cache.known(session, range(5))) == 2


def test_another_clustering_is_another_cache():
    cache, session = SessionCache(lambda value: 1), Somebody()
    first = session.manager
    cache.get(session, [1], lambda keys: {1: "first"})
    session.manager = Clustering()
    assert cache.known(session, [1]) == {}
    assert cache.get(session, [1], lambda keys: {1: "second"}) == {1: "second"}
    session.manager = first
    assert cache.known(session, [1]) == {1: "first"}


def test_what_was_computed_across_a_switch_is_not_kept():
    cache, session = SessionCache(lambda value: 1), Somebody()

    def compute(keys):
        session.manager = Clustering()
        return dict.fromkeys(keys, "of one or the other")

    first = session.manager
    cache.get(session, [1], compute)
    assert cache.known(session, [1]) == {}
    session.manager = first
    assert cache.known(session, [1]) == {}


def test_raw_data_that_were_found_begin_anew():
    cache, session = SessionCache(lambda value: 1), Somebody()
    cache.get(session, [1], lambda keys: {1: "of another file"})

    def compute(keys):
        session.model = DataSet()
        return dict.fromkeys(keys, "of one or the other")

    session.model = DataSet()
    assert cache.known(session, [1]) == {}
    cache.get(session, [1], compute)
    assert cache.known(session, [1]) == {}
    cache.get(session, [1], lambda keys: {1: "found"})
    assert cache.known(session, [1]) == {1: "found"}


def test_single_values_can_be_kept_and_forgotten():
    cache, session = SessionCache(lambda value: 1), Somebody()
    cache.keep(session, "a", 1)
    cache.keep(session, "b", 2)
    assert cache.items(session) == [("a", 1), ("b", 2)]
    cache.remove(session, "a")
    assert cache.known(session, ["a", "b"]) == {"b": 2}
    assert cache.get(session, [], lambda keys: 1 / 0) == {}
