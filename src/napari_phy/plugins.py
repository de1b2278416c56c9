"""What third parties add by entry points."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points

import numpy as np
import numpy.typing as npt

logger = logging.getLogger(__name__)

TRACE_FILTERS = "napari_phy.trace_filters"

TraceFilter = Callable[[npt.NDArray[np.float32], float], npt.NDArray[np.float32]]


@cache
def trace_filters() -> dict[str, TraceFilter]:
    """Return {name: filter} of the entry points `napari_phy.trace_filters`.

    A filter gets traces, `(n_samples, n_channels)` float32, and the sample rate in Hz, and returns traces of the same
    shape. One that cannot be imported is left out, with a warning.
    """
    found: dict[str, TraceFilter] = {}
    for entry_point in entry_points(group=TRACE_FILTERS):
        try:
            found[entry_point.name] = entry_point.load()
        except Exception as error:  # noqa: BLE001  # whatever the code of others raises
            logger.warning("The trace filter %s cannot be loaded: %s.", entry_point.name, error)
    return found
