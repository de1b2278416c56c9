"""Time structures, which are those of pynapple, and the clocks that join recordings to other data.

`TimeSeries`, `ContinuousData`, `ContinuousFrame`, `Epochs` and `TimeSeriesGroup` are the classes of pynapple, which is
imported when one of them is first used; the functions work on its objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_phy.timeline.pynapple_classes import CLASSES, load_pynapple

if TYPE_CHECKING:
    from pynapple import IntervalSet as Epochs
    from pynapple import Ts as TimeSeries
    from pynapple import Tsd as ContinuousData
    from pynapple import TsdFrame as ContinuousFrame
    from pynapple import TsGroup as TimeSeriesGroup

__all__ = [
    "ContinuousData",
    "ContinuousFrame",
    "Epochs",
    "TimeSeries",
    "TimeSeriesGroup",
]


def __getattr__(name: str) -> Any:
    if name in CLASSES:
        return getattr(load_pynapple(), CLASSES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
