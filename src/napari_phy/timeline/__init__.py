"""Time structures, which are those of pynapple, and the clocks that join recordings to other data.

`TimeSeries`, `ContinuousData`, `ContinuousFrame`, `Epochs` and `TimeSeriesGroup` are the classes of pynapple, which is
imported when one of them is first used; the functions work on its objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_phy.timeline.continuous import LazyContinuous
from napari_phy.timeline.epochs import drop_short, duration, intersection, make_epochs, merge_close, union
from napari_phy.timeline.pynapple_classes import CLASSES, load_pynapple
from napari_phy.timeline.series import mean_interval, rate, restrict, threshold_interval
from napari_phy.timeline.time_base import Doubt, TimeBase
from napari_phy.timeline.units import from_seconds, to_seconds

if TYPE_CHECKING:
    from pynapple import IntervalSet as Epochs
    from pynapple import Ts as TimeSeries
    from pynapple import Tsd as ContinuousData
    from pynapple import TsdFrame as ContinuousFrame
    from pynapple import TsGroup as TimeSeriesGroup

__all__ = [
    "ContinuousData",
    "ContinuousFrame",
    "Doubt",
    "Epochs",
    "LazyContinuous",
    "TimeBase",
    "TimeSeries",
    "TimeSeriesGroup",
    "drop_short",
    "duration",
    "from_seconds",
    "intersection",
    "make_epochs",
    "mean_interval",
    "merge_close",
    "rate",
    "restrict",
    "threshold_interval",
    "to_seconds",
    "union",
]


def __getattr__(name: str) -> Any:
    if name in CLASSES:
        return getattr(load_pynapple(), CLASSES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
