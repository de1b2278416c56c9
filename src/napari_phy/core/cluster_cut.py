"""A proposed cut of one cluster into two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Measure = Literal["amplitude", "features", "time"]


@dataclass(frozen=True, slots=True, eq=False)
class ClusterCut:
    """Two clouds within one cluster.

    Attributes
    ----------
    cluster : int
        The cluster.
    spikes : ndarray of int64, shape (n,)
        Ascending ids of the spikes of the smaller cloud, which the cut splits off.
    n_rest : int
        Number of spikes of the other cloud.
    measure : {'amplitude', 'features', 'time'}
        By what the clouds are told apart.
    separation : float
        Distance of their centres, in standard deviations of a cloud (Ashman's D).
    score : float, default 1.0
        How sure it is that they are two neurons, from 0 to 1.
    """

    cluster: int
    spikes: npt.NDArray[np.int64]
    n_rest: int
    measure: Measure
    separation: float
    score: float = 1.0

    def __len__(self) -> int:
        return len(self.spikes)
