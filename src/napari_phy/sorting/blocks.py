"""Work on fixed blocks, here or by many workers; answers come in the order of the blocks, so that sums are the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from functools import partial
from typing import Any, TypeVar

from napari_phy.core.errors import SortingError
from napari_phy.core.progress import OnProgress, no_progress

B = TypeVar("B")
R = TypeVar("R")

_MANY_WORKERS = 32  # of an executor that does not say how many it has
_RETRIES = 3  # of a block whose worker died, where the client can retry


class DaskExecutor(Executor):
    """The workers of a client of dask.distributed; what all blocks need goes to each of them once.

    Parameters
    ----------
    client : dask.distributed.Client
        The client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor: Executor = client.get_executor(pure=False, retries=_RETRIES)

    def submit(self, function: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
        """Call a function on a worker."""
        return self._executor.submit(function, *args, **kwargs)

    def share(self, value: Any) -> Any:
        """Return what stands for a value among the arguments of `submit`.

        It is the result of a task, which is done again where the worker that had it dies.
        """
        return self._client.submit(_itself, value, pure=False, retries=_RETRIES)


def executor_of(client: Any = None, ipp_view: Any = None) -> Executor | None:
    """Return the executor of what a user gave, None where work is done in this thread.

    Parameters
    ----------
    client : concurrent.futures.Executor or dask.distributed.Client, optional
        Who does the work.
    ipp_view : ipyparallel view, optional
        The same, as an ipyparallel view.

    Raises
    ------
    SortingError
        It is something else, or both are given.
    """
    if client is not None and ipp_view is not None:
        raise SortingError("Give a client or an ipyparallel view, not both.")
    if ipp_view is not None:
        balanced = getattr(getattr(ipp_view, "client", None), "load_balanced_view", None)
        # A direct view would have every engine do each block.
        client = getattr(ipp_view if balanced is None else balanced(ipp_view.targets), "executor", None)
    elif hasattr(client, "get_executor"):  # of dask.distributed
        client = DaskExecutor(client)
    if (client is None and ipp_view is None) or hasattr(client, "submit"):
        return client  # type: ignore[no-any-return]
    given = client if ipp_view is None else ipp_view
    raise SortingError(
        f"Work cannot be given to a {type(given).__name__}; give an executor of concurrent.futures, a client of "
        "dask.distributed or a view of ipyparallel."
    )


def map_blocks(
    function: Callable[[B], R],
    blocks: Iterable[B],
    n_blocks: int,
    executor: Executor | None = None,
    on_progress: OnProgress = no_progress,
) -> Iterator[R]:
    """Yield `function(block)` of each block, in the order of the blocks.

    Parameters
    ----------
    function : callable
        For workers in other processes it can be pickled, as the blocks can.
    blocks : iterable
        What each call gets; made when it is needed.
    n_blocks : int
        How many there are.
    executor : Executor, optional
        Who calls it; None: this thread.
    on_progress : callable, optional
        Called with the part that is done, 0…1.

    Raises
    ------
    SortingError
        Workers died.
    """
    results = map(function, blocks) if executor is None else _from_workers(function, blocks, executor)
    for done, result in enumerate(results):
        on_progress((done + 1) / n_blocks)
        yield result


def _from_workers(function: Callable[[B], R], blocks: Iterable[B], executor: Executor) -> Iterator[R]:
    waiting: deque[Future[R]] = deque()
    most = 2 * getattr(executor, "_max_workers", _MANY_WORKERS)  # that are asked for before they are needed
    try:
        shared = None
        if isinstance(executor, DaskExecutor) and isinstance(function, partial):
            shared = executor.share(function)  # its arguments may be large
        for block in blocks:
            task = executor.submit(function, block) if shared is None else executor.submit(_call, shared, block)
            waiting.append(task)
            if len(waiting) == most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenExecutor as error:
        raise SortingError("Workers died before they were done, perhaps for want of memory; use fewer.") from error
    finally:
        for future in waiting:
            future.cancel()


def _itself(value: R) -> R:
    return value


def _call(function: Callable[[B], R], block: B) -> R:
    return function(block)
