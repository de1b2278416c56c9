"""Keeps an error in one panel from stopping the others."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar, runtime_checkable

from qtpy.compat import isalive

logger = logging.getLogger(__name__)


@runtime_checkable
class ShowsErrors(Protocol):
    """A panel: it has a name, and shows in its place what went wrong in it."""

    @property
    def title(self) -> str:
        """Name of the panel, for the log."""
        ...

    def show_error(self, error: Exception) -> None:
        """Show an error in the place of what could not be drawn."""
        ...


_Panel = TypeVar("_Panel", bound=ShowsErrors)
_Values = ParamSpec("_Values")


def safe_slot(slot: Callable[Concatenate[_Panel, _Values], None]) -> Callable[Concatenate[_Panel, _Values], None]:
    """Wrap a slot of a panel: an error shows in the panel instead of stopping the slots after it."""

    @wraps(slot)
    def run(self: _Panel, /, *args: _Values.args, **kwargs: _Values.kwargs) -> None:
        if not isalive(self):
            return
        try:
            slot(self, *args, **kwargs)
        except Exception as error:
            logger.exception("%s could not be updated.", self.title)
            self.show_error(error)

    return run
