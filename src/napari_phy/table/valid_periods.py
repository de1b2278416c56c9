"""When each cluster is steady, and whether metrics use only the spikes of that time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.signals import signal
from napari_phy.stats.valid_periods import common_stretches, valid_periods, within_stretches
from napari_phy.table.session_cache import PerSession, SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import used_samples

Int64 = npt.NDArray[np.int64]


class ValidTime:
    """Whether metrics of an open clustering are made of valid periods only."""

    changed = signal()

    def __init__(self) -> None:
        self._is_used = False

    @property
    def is_used(self) -> bool:
        """Whether they are."""
        return self._is_used

    def use(self, uses: bool) -> None:
        """Make metrics of valid periods only, or of all times."""
        if uses != self._is_used:
            self._is_used = uses
            self.changed.emit()


_valid_time: PerSession[ValidTime] = PerSession(ValidTime)
_periods: SessionCache[int, Int64] = SessionCache(lambda periods: periods.nbytes + 100)


def valid_time(session: SessionLike) -> ValidTime:
    """Return the choice that holds for a session."""
    return _valid_time.of(session.whole.manager, session.model)


def periods_of(session: SessionLike, cluster: int, on_progress: OnProgress = no_progress) -> Int64:
    """Return (n, 2) the first sample of each stretch in which a whole cluster is steady, and the one after its last.

    Raises
    ------
    MissingDataError
        There are no features, by which amplitudes are told.
    ClusteringError
        The cluster does not exist (any more).
    """
    whole, model = session.whole, session.model

    def compute(_: list[int]) -> dict[int, Int64]:
        spikes, amplitudes = whole.manager.spikes(cluster), whole.columns.get(on_progress).amplitudes
        recordings = [(one.start_sample, one.start_sample + one.n_samples) for one in model.recordings]
        samples, rate = model.spike_samples[spikes], model.sample_rate
        return {cluster: read_only(valid_periods(samples, amplitudes[spikes], recordings, sample_rate=rate))}

    return _periods.get(whole, [cluster], compute)[cluster]


def spikes_in_use(session: SessionLike, cluster: int, on_progress: OnProgress = no_progress) -> tuple[Int64, Int64]:
    """Return the spikes of a cluster that metrics are made of, and (n, 2) the stretches of samples they are from."""
    spikes, stretches = session.manager.spikes(cluster), used_samples(session)
    if not valid_time(session).is_used or session.sums is None:
        return spikes, stretches
    stretches = common_stretches(stretches, periods_of(session, cluster, on_progress))
    return spikes[within_stretches(session.model.spike_samples[spikes], stretches)], np.ascontiguousarray(stretches)
