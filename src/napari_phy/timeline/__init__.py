"""Time structures, which are those of pynapple, and the clocks that join recordings to other data.

`TimeSeries`, `ContinuousData`, `ContinuousFrame`, `Epochs` and `TimeSeriesGroup` are the classes of pynapple, which is
imported when one of them is first used; the functions work on its objects.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_phy.timeline.pynapple_classes import CLASSES, load_pynapple

if TYPE_CHECKING:
    from pynapple import IntervalSet as Epochs
    from pynapple import Ts as TimeSeries
    from pynapple import Tsd as ContinuousData
    from pynapple import TsdFrame as ContinuousFrame
    from pynapple import TsGroup as TimeSeriesGroup

    from napari_phy.timeline.alignment import Alignment, Fault
    from napari_phy.timeline.by_number import Ratio
    from napari_phy.timeline.continuous import LazyContinuous
    from napari_phy.timeline.doubts import Doubt
    from napari_phy.timeline.epochs import drop_short, duration, intersection, make_epochs, merge_close, union
    from napari_phy.timeline.event_lines import lines_of_events
    from napari_phy.timeline.proposals import Proposal, propose
    from napari_phy.timeline.pulse_channel import find_pulses
    from napari_phy.timeline.pulse_matching import align
    from napari_phy.timeline.pulses import PulseLine
    from napari_phy.timeline.recorder_lines import read_recorder_lines
    from napari_phy.timeline.series import mean_interval, rate, restrict, threshold_interval
    from napari_phy.timeline.time_base import TimeBase
    from napari_phy.timeline.time_columns import read_time_columns
    from napari_phy.timeline.units import from_seconds, to_seconds

__all__ = [
    "Alignment",
    "ContinuousData",
    "ContinuousFrame",
    "Doubt",
    "Epochs",
    "Fault",
    "LazyContinuous",
    "Proposal",
    "PulseLine",
    "Ratio",
    "TimeBase",
    "TimeSeries",
    "TimeSeriesGroup",
    "align",
    "drop_short",
    "duration",
    "find_pulses",
    "from_seconds",
    "intersection",
    "lines_of_events",
    "make_epochs",
    "mean_interval",
    "merge_close",
    "propose",
    "rate",
    "read_recorder_lines",
    "read_time_columns",
    "restrict",
    "threshold_interval",
    "to_seconds",
    "union",
]


_PLACES = {  # name: module; each is imported when it is first used
    "Alignment": "alignment",
    "Doubt": "doubts",
    "Fault": "alignment",
    "LazyContinuous": "continuous",
    "Proposal": "proposals",
    "PulseLine": "pulses",
    "Ratio": "by_number",
    "TimeBase": "time_base",
    "align": "pulse_matching",
    "drop_short": "epochs",
    "duration": "epochs",
    "find_pulses": "pulse_channel",
    "from_seconds": "units",
    "intersection": "epochs",
    "lines_of_events": "event_lines",
    "make_epochs": "epochs",
    "mean_interval": "series",
    "merge_close": "epochs",
    "propose": "proposals",
    "rate": "series",
    "read_recorder_lines": "recorder_lines",
    "read_time_columns": "time_columns",
    "restrict": "series",
    "threshold_interval": "series",
    "to_seconds": "units",
    "union": "epochs",
}


def __getattr__(name: str) -> Any:
    if name in CLASSES:
        return getattr(load_pynapple(), CLASSES[name])
    if name in _PLACES:
        return getattr(import_module(f"napari_phy.timeline.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
