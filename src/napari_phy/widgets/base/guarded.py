"""Keeps an error in one panel from stopping the others."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from qtpy.compat import isalive

logger = logging.getLogger(__name__)


def guarded(slot: Callable[..., None]) -> Callable[..., None]:
    """Wrap a slot of a panel: an error shows in the panel instead of stopping the slots after it."""

    @wraps(slot)
    def run(self: Any, *args: Any) -> None:
        if not isalive(self):
            return
        try:
            slot(self, *args)
        except Exception as error:
            logger.exception("%s could not be updated.", self.title)
            self.show_error(error)

    return run
