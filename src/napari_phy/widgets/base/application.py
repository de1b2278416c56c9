"""What there is as long as our widgets are: the application of Qt, and what holds them."""

from typing import TypeVar
from weakref import ref

from qtpy.QtWidgets import QApplication

_Thing = TypeVar("_Thing")


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
