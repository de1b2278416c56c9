"""Where the channels of one shank sit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Channel layout of one channel group.

    Attributes
    ----------
    channel_ids : (n_channels,) int64, the columns of the raw data, in the order of features and waveforms.
    positions : (n_channels, 2) float64, x and y in µm.
    edges : (n_edges, 2) int64 pairs of neighbouring channel ids (may be empty).
    """

    channel_ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float64]
    edges: npt.NDArray[np.int64]

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.channel_ids)
