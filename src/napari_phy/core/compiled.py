"""Loops that numba compiles, and whether they can be called at once: numba takes a third of a second to load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_loops: list[str] = []  # that were needed


def compiled(loop: Callable[..., Any], **options: Any) -> Any:
    """Compile a loop at its first call and store it beside its module; it holds no lock of the interpreter.

    Modules with such loops are imported where they are needed. `options` are numba's, such as `fastmath`.
    """
    import numba

    _loops.append(loop.__name__)
    return numba.njit(nogil=True, cache=True, **options)(loop)


def is_loaded() -> bool:
    """Return whether a loop was needed already; before that, what is small is done faster by NumPy."""
    return bool(_loops)


def load() -> None:
    """Load numba by calling a loop, so that the next one does not wait for it."""
    import numpy as np

    from napari_phy.core._counting_sort import counting_sort

    counting_sort(np.zeros(1, dtype=np.int32), np.array([0, 1]))
