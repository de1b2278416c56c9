"""What there is as long as our widgets are: the application of Qt, what holds them, and what follows when they go."""

from collections.abc import Callable
from typing import TypeVar
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication

_Thing = TypeVar("_Thing")
_when_gone: list[tuple[ref[QObject], Callable[[], object]]] = []


def application() -> QApplication:
    """Return the application; there is one wherever there are widgets."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def referent(reference: ref[_Thing]) -> _Thing:
    """Return what a weak reference refers to, for who does not live longer than that."""
    thing = reference()
    assert thing is not None
    return thing


def not_none(thing: _Thing | None) -> _Thing:
    """Return what is there wherever this is asked for."""
    assert thing is not None
    return thing


def when_destroyed(owner: QObject, call: Callable[[], object]) -> None:
    """Have something called once a QObject is deleted.

    A partial or lambda connected to `destroyed` itself could be cleared by the garbage collector, together with the
    wrapper of its owner, before Qt calls it: that ends the program.
    """
    _when_gone.append((ref(owner), call))
    owner.destroyed.connect(_call_for_deleted)


def _call_for_deleted() -> None:
    for item in list(_when_gone):
        owner, call = item[0](), item[1]
        if (owner is None or not isalive(owner)) and item in _when_gone:
            _when_gone.remove(item)
            call()
