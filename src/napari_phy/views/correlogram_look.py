"""How correlograms are shown: in which unit, on which axes, with which lines. Nothing is counted anew for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.views.correlograms import CorrelogramData

Unit = Literal["counts", "Hz"]
Lags = Literal["linear", "log"]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CorrelogramLook:
    """What the user chose.

    Attributes
    ----------
    unit : pairs of spikes, or spikes of the column per second around one of the row.
    lags : "log" spreads short lags: a lag of n bins is log(1 + n) from the middle.
    refractory_ms : half width of the refractory band.
    baseline : whether the expected height is drawn.
    shared : whether all boxes have one scale.
    """

    unit: Unit = "counts"
    lags: Lags = "linear"
    refractory_ms: float = 2.0
    baseline: bool = True
    shared: bool = False

    def heights(self, data: CorrelogramData) -> Float64:
        """Return (n, n, n_lags) the heights of all bars."""
        return data.counts / self._per_unit(data)[:, :, None]

    def maxima(self, data: CorrelogramData) -> Float64:
        """Return (n, n) the height of the largest bar in each box."""
        return data.maxima / self._per_unit(data)

    def expected(self, data: CorrelogramData) -> Float64:
        """Return (n, n) the height that independent clusters of these rates would have."""
        return data.expected / self._per_unit(data)

    def tops(self, data: CorrelogramData) -> Float64:
        """Return (n, n) the height that fills each box."""
        own = self.maxima(data)
        if self.baseline:
            own = np.maximum(own, self.expected(data))
        own = np.where(own > 0, own, 1.0)
        return np.full_like(own, own.max()) if self.shared and own.size else own

    def _per_unit(self, data: CorrelogramData) -> Float64:
        """Return (n, n) how many pairs make one unit."""
        shape = data.maxima.shape
        if self.unit == "counts":
            return np.ones(shape)
        per_row = np.maximum(data.n_spikes, 1) * (data.bin_ms / 1000)
        return np.broadcast_to(per_row[:, None], shape)

    def place(self, data: CorrelogramData, lags_ms: Any) -> Float64:
        """Return where lags in ms are between the left edge of a box, 0, and the right one, 1."""
        half = len(data.lags_ms) / 2
        bins = np.asarray(lags_ms, dtype=np.float64) / data.bin_ms
        if self.lags == "log":
            bins, half = np.sign(bins) * np.log1p(np.abs(bins)), np.log1p(half)
        return np.asarray((bins / half + 1) / 2, dtype=np.float64)

    def edges(self, data: CorrelogramData) -> Float64:
        """Return (n_lags + 1,) where the bars begin and end, 0…1."""
        n_lags = len(data.lags_ms)
        return self.place(data, (np.arange(n_lags + 1) - n_lags / 2) * data.bin_ms)

    def caption(self, data: CorrelogramData) -> str:
        """Return the words below the picture."""
        words = ["counts" if self.unit == "counts" else "Hz, around a spike of the row"]
        if abs(data.bin_ms - data.request.bin_ms) > 1e-6 * data.request.bin_ms:
            words.append(f"bins of {data.bin_ms:.4g} ms (whole samples)")
        words += ["one scale for all"] * self.shared + ["logarithmic lags"] * (self.lags == "log")
        words += ["dashed: expected at this rate"] * self.baseline
        return "; ".join([*words, f"band: {self.refractory_ms:g} ms refractory"])
