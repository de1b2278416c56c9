"""Loops that numba compiles, and whether they can be called at once.

Numba takes a third of a second to load, and seconds to compile a loop for the first time on a machine, many of them
where the machine is busy. It compiles one loop at a time, and whoever needs another one waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from threading import Thread
from typing import Any

import numpy as np

logger = logging.getLogger(__name__)

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
    from napari_phy.core._counting_sort import counting_sort

    counting_sort(np.zeros(1, dtype=np.int32), np.array([0, 1]))


class ReadyLoop:
    """A loop that is called only once it is compiled; until then NumPy does the same, and nobody waits.

    Parameters
    ----------
    module, name : str
        Where the loop is; importing the module loads numba.
    """

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name
        self._found: dict[tuple[Any, ...], Callable[..., Any] | None] = {}  # by types; None: not compiled yet

    def find(self, *arguments: Any, is_worth_loading: bool = False) -> Callable[..., Any] | None:
        """Return the loop if it is compiled for arguments like these; else None, and it is compiled in a thread.

        Parameters
        ----------
        *arguments : object
            Those that it is to be called with.
        is_worth_loading : bool, default False
            Whether numba is loaded for them where it is not.
        """
        if not (is_loaded() or is_worth_loading):
            return None
        types = tuple(map(_type_of, arguments))
        if types not in self._found:
            self._found[types] = None
            Thread(target=self._compile, args=(types, arguments), name=f"napari-phy compiles {self._name}").start()
        return self._found[types]

    def load(self) -> Callable[..., Any]:
        """Return the loop, which is compiled when it is called first."""
        loop: Callable[..., Any] = getattr(import_module(self._module), self._name)
        return loop

    def _compile(self, types: tuple[Any, ...], arguments: tuple[Any, ...]) -> None:
        try:
            loop: Any = self.load()
            if hasattr(loop, "compile"):  # else numba is told to compile nothing
                from numba import typeof

                loop.compile(tuple(map(typeof, arguments)))
        except Exception:
            logger.exception("%s could not be compiled; NumPy does its work.", self._name)
        else:
            self._found[types] = loop


def _type_of(value: Any) -> Any:
    """Return what numba tells arguments apart by."""
    if not isinstance(value, np.ndarray):
        return type(value)
    flags = value.flags
    layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
    return value.dtype, value.ndim, layout, flags.writeable, flags.aligned
