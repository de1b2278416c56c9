"""pynapple, imported when it is first needed, and what its classes are called here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_phy.core.errors import TimelineError

CLASSES: Mapping[str, str] = {  # name here: name in pynapple
    "TimeSeries": "Ts",
    "ContinuousData": "Tsd",
    "ContinuousFrame": "TsdFrame",
    "Epochs": "IntervalSet",
    "TimeSeriesGroup": "TsGroup",
}


def load_pynapple() -> Any:
    """Return the package pynapple.

    Raises
    ------
    TimelineError
        It is not installed.
    """
    try:
        import pynapple
    except ImportError as error:
        raise TimelineError(
            'Time series and epochs need the package pynapple. Install it by pip install "napari-phy[time]".'
        ) from error
    return pynapple
