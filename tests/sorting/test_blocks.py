"""Answers come in the order of the blocks, whoever computes them."""

from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace

import pytest

from napari_phy.core.errors import SortingError
from napari_phy.core.progress import CancelledError
from napari_phy.sorting.blocks import executor_of, map_blocks

BLOCKS = list(range(200))


def square(block):
    return block * block


@pytest.mark.parametrize("n_workers", [0, 1, 2, 5])
def test_answers_are_in_the_order_of_the_blocks_for_any_number_of_workers(n_workers):
    shares = []
    if not n_workers:
        assert list(map_blocks(square, BLOCKS, len(BLOCKS), None, shares.append)) == [block * block for block in BLOCKS]
    else:
        with ThreadPoolExecutor(n_workers) as executor:
            assert list(map_blocks(square, BLOCKS, len(BLOCKS), executor, shares.append)) == [
                block * block for block in BLOCKS
            ]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_no_blocks_have_no_answers():
    assert list(map_blocks(square, [], 0)) == []


def test_what_was_not_begun_is_not_begun_after_a_cancellation():
    class Lazy(Executor):
        def __init__(self):
            self.futures = []

        def submit(self, function, /, *args, **kwargs):
            self.futures.append(Future())
            if len(self.futures) == 1:
                self.futures[0].set_result(function(*args))
            return self.futures[-1]

    def stop(share):
        raise CancelledError

    lazy = Lazy()
    with pytest.raises(CancelledError):
        list(map_blocks(square, BLOCKS, len(BLOCKS), lazy, stop))
    assert all(future.cancelled() for future in lazy.futures[1:])


def test_workers_that_die_are_told_in_a_sentence():
    class Dying(Executor):
        def submit(self, function, /, *args, **kwargs):
            raise BrokenExecutor

    with pytest.raises(SortingError, match="Workers died"):
        list(map_blocks(square, BLOCKS, len(BLOCKS), Dying()))


def test_clients_views_and_executors_are_taken():
    with ThreadPoolExecutor(1) as executor:
        assert executor_of() is None
        assert executor_of(executor) is executor
        taken = executor_of(SimpleNamespace(get_executor=lambda **options: executor))
        assert taken.submit(square, 3).result() == 9
        assert executor_of(ipp_view=SimpleNamespace(executor=executor)) is executor
        balanced = SimpleNamespace(load_balanced_view=lambda targets: SimpleNamespace(executor=executor))
        assert executor_of(ipp_view=SimpleNamespace(client=balanced, targets=[0], executor=None)) is executor
        with pytest.raises(SortingError, match="not both"):
            executor_of(executor, SimpleNamespace(executor=executor))
    with pytest.raises(SortingError, match="cannot be given to a int"):
        executor_of(3)
    with pytest.raises(SortingError, match="cannot be given to a str"):
        executor_of(ipp_view="a view")


def test_what_all_blocks_need_goes_to_the_workers_of_dask_once():
    sent = []

    class Shared:
        def __init__(self, value):
            self.value = value

    class Client(Executor):
        def get_executor(self, **options):
            return self

        def submit(self, function, /, *args, pure=True, retries=0):
            if not pure:  # a call of the client itself, and not of its executor
                return Shared(function(*args))
            sent.append((function, *args))
            future = Future()
            future.set_result(function(*(one.value if isinstance(one, Shared) else one for one in args)))
            return future

    power = partial(pow, 2)
    assert list(map_blocks(power, BLOCKS, len(BLOCKS), executor_of(Client()))) == [2**block for block in BLOCKS]
    assert all(power not in call for call in sent)
    assert len({id(shared) for _, shared, _ in sent}) == 1
