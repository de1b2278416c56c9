"""Stretches of the traces through a filter, made off the main thread, for the picture in the canvas."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ClusteringError
from napari_phy.core.signals import signal
from napari_phy.stats.trace_levels import TraceLevels
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import BAND_PASS, BOTH, MAX_FILTERED_S, RAW, TracePart, TraceReader, TraceRequest

if TYPE_CHECKING:
    from napari_phy.plugins import TraceFilter

logger = logging.getLogger(__name__)

N_CACHED = 4


class FilteredWindows:
    """What was asked for last is made first; `ready` comes, in a worker thread, when something new is there.

    Parameters
    ----------
    source : TraceSource
        The traces that are filtered.
    filters : mapping of str to TraceFilter or None, optional
        By name; those of `make_filters` if None.
    levels : TraceLevels, optional
        Where the channels rest, in `unit`; None: measured when a filter is chosen.

    Attributes
    ----------
    name : str
        Name of the filter that was chosen.
    limits : tuple of float
        Limits of the contrast of raw traces, and of those without slow waves.
    """

    ready = signal()

    def __init__(
        self,
        source: TraceSource,
        filters: Mapping[str, TraceFilter | None] | None = None,
        levels: TraceLevels | None = None,
    ) -> None:
        self.name = RAW
        self.limits = (1.0, 1.0)
        self._part: TracePart | None = None
        self._source = source
        self._reader = TraceReader(source, filters, levels)
        self._cache: OrderedDict[TraceRequest, npt.NDArray[np.float32]] = OrderedDict()
        self._wanted: TraceRequest | None = None
        self._is_working = False
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "napari-phy-filter")

    def choose(self, name: str, part: TracePart | None = None) -> bool:
        """Take another filter, which for `AUTOMATIC` suits the traces; return whether anything else is shown.

        `part` is what is made of the band-passed traces, in place of a filter; None: the filtered traces are shown.
        """
        before = self.name, self._part
        self.name, self._part = self._reader.named(BAND_PASS if part is not None else name), part
        return (self.name, self._part) != before

    @property
    def takes_waves_off(self) -> bool:
        """Whether slow waves are filtered out."""
        return self.name in (BAND_PASS, BOTH)

    def get(self, factor: int, start: int, stop: int) -> npt.NDArray[np.float32] | None:
        """Return the signed extremes of bins, (n_bins, n_channels).

        None: no filter is chosen, the stretch is too wide for one, or it is still being made.
        """
        if self.name == RAW or (stop - start) * factor > MAX_FILTERED_S * self._source.sample_rate:
            return None
        request = TraceRequest(start * factor, stop * factor, factor, self.name, part=self._part)
        with self._lock:
            if request in self._cache:
                self._cache.move_to_end(request)
                return self._cache[request]
            self._wanted = request
            if not self._is_working:
                self._is_working = True
                self._pool.submit(self._work)
        return None

    def close(self) -> None:
        """Make nothing more."""
        self.name, self._part, self._wanted = RAW, None, None
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self) -> None:
        while True:
            with self._lock:
                request, self._wanted = self._wanted, None
                if request is None:
                    self._is_working = False
                    return
            try:
                data = self._reader.read(request)
            except ClusteringError:  # there was an edit, which asks again
                continue
            except Exception as error:  # noqa: BLE001  # whatever the code of others raises
                logger.warning("The canvas shows raw traces: %s", error)
                continue
            with self._lock:
                self._cache[request] = np.where(data.high > -data.low, data.high, data.low).T
                while len(self._cache) > N_CACHED:
                    self._cache.popitem(last=False)
            self.ready.emit()
