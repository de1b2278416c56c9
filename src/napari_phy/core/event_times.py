"""Events beside the spikes: pulses, messages, marks of the person recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class EventTimes:
    """All events of one kind, ascending in time.

    Attributes
    ----------
    name : of the kind.
    samples : (n_events,) int64, on the joined time line.
    recordings : (n_events,) int64, number of the recording of each.
    values : field -> (n_events,) array, what else the file says of each: channel, on or off, text.
    """

    name: str
    samples: npt.NDArray[np.int64]
    recordings: npt.NDArray[np.int64]
    values: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.samples)
