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
    name : str
        Name of the kind.
    samples : ndarray of int64, shape (n_events,)
        On the joined time line.
    recordings : ndarray of int64, shape (n_events,)
        Number of the recording of each.
    values : mapping of str to ndarray
        Field -> (n_events,) array, what else the file says of each: channel, on or off, text.
    """

    name: str
    samples: npt.NDArray[np.int64]
    recordings: npt.NDArray[np.int64]
    values: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.samples)
