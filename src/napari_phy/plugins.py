"""What third parties add by entry points."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

import numpy as np
import numpy.typing as npt

logger = logging.getLogger(__name__)

TRACE_FILTERS = "napari_phy.trace_filters"
METRICS = "napari_phy.metrics"
SIMILARITIES = "napari_phy.similarities"
SORTERS = "napari_phy.sorters"

TraceFilter = Callable[[npt.NDArray[np.float32], float], npt.NDArray[np.float32]]


@cache
def trace_filters() -> dict[str, TraceFilter]:
    """Return {name: filter} of the entry points `napari_phy.trace_filters`.

    A filter gets traces, `(n_samples, n_channels)` float32, and the sample rate in Hz, and returns traces of the same
    shape. One that cannot be imported is left out, with a warning.
    """
    return load_entry_points(TRACE_FILTERS, "trace filter")


def load_entry_points(group: str, noun: str) -> dict[str, Any]:
    """Return {name: what it names} of the entry points of a group; those that fail to import are left out."""
    found: dict[str, Any] = {}
    for entry_point in entry_points(group=group):
        try:
            found[entry_point.name] = entry_point.load()
        except Exception as error:  # noqa: BLE001  # whatever the code of others raises
            logger.warning("The %s %s cannot be loaded: %s.", noun, entry_point.name, error)
    return found
