"""Columns that packages and scripts add: one function each."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.core.progress import CancelledError, OnProgress
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.column import NEEDS, Column, Need
from napari_phy.table.columns import registry
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_in_file_order, required
from napari_phy.table.waveform_samples import WaveformSample, waveform_samples

logger = logging.getLogger(__name__)

MOST_IN_TITLE = 40

Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """One cluster as a metric sees it; what it does not ask for is not read.

    Attributes
    ----------
    cluster_id : int
        Id of the cluster.
    """

    cluster_id: int
    _session: SessionLike

    @property
    def model(self) -> BaseModel:
        """The data set."""
        return self._session.model

    @property
    def sample_rate(self) -> float:
        """Hz."""
        return self.model.sample_rate

    @property
    def duration(self) -> float:
        """Seconds of all recordings."""
        return self.model.duration

    @property
    def n_spikes(self) -> int:
        """Number of spikes."""
        return self._session.manager.n_spikes(self.cluster_id)

    @property
    def spike_ids(self) -> Int64:
        """(n_spikes,) ascending."""
        return self._session.manager.spikes(self.cluster_id)

    @property
    def spike_samples(self) -> Int64:
        """(n_spikes,) ascending, on the joined time line."""
        return self.model.spike_samples[self.spike_ids]

    @property
    def spike_times(self) -> npt.NDArray[np.float64]:
        """(n_spikes,) seconds."""
        return self.spike_samples / self.sample_rate

    @property
    def features(self) -> Float32:
        """(n_spikes, n_features); needs "features"."""
        return read_in_file_order(required(self.model.features, self.model, "features"), self.spike_ids)

    @property
    def masks(self) -> Float32:
        """(n_spikes, n_channels), 0…1; needs "features"."""
        return read_in_file_order(required(self.model.masks, self.model, "masks"), self.spike_ids)

    @property
    def channels(self) -> Int64:
        """(k,) places of its channels, the largest first; needs "features"."""
        if self._session.sums is None:
            raise MissingDataError("Channels of clusters need features.")
        return channels_by(self._session.sums.get([self.cluster_id])[self.cluster_id])

    @property
    def waveform_sample(self) -> WaveformSample:
        """Up to 100 evenly spaced spikes: `.spike_ids`, `.waveforms`, `.channels`, `.mean`; needs "waveforms"."""
        return waveform_samples(self._session, [self.cluster_id])[self.cluster_id]

    @property
    def mean_waveform(self) -> Float32:
        """(n_samples, n_channels), 0 on channels that are not its own; needs "waveforms"."""
        return self.waveform_sample.mean


Metric = Callable[[Cluster], float]
F = TypeVar("F", bound=Metric)


def metric(
    function: None = None,
    /,
    *,
    title: str = "",
    unit: str = "",
    needs: Sequence[Need] = (),
    key: str | None = None,
    decimals: int = 2,
    is_log: bool = False,
    aliases: Sequence[str] = (),
) -> Callable[[F], F]:
    """Declare a function of a cluster to be a column of clusters.

    It appears in lists, filters, commands, Scatter, colours and tables, and is computed in the background. A package
    offers it by an entry point in the group `napari_phy.metrics`.

    Parameters
    ----------
    function : None
        Not to be given: a metric is declared with parentheses, `@metric(title=…)`.
    title : str
        The word in the header of the lists, and the name in menus; from 1 to 40 characters.
    unit : str
        Unit of the number; "" for none.
    needs : sequence of {"features", "positions", "waveforms", "traces"}
        What a data set must have; of others the column is not known.
    key : str, optional
        The name in filters, settings and scripts; that of the function by default.
    decimals : int
        How many are shown.
    is_log : bool
        Whether it may have a logarithmic axis.
    aliases : sequence of str
        Other names that filters and commands understand.

    Returns
    -------
    callable
        A decorator that returns the function as it is. The function gets a `Cluster` and returns a number, nan where
        it is not known; its docstring explains it. Where it raises, the number is not known.

    Raises
    ------
    TypeError
        It is written without parentheses.
    ValueError
        There is no title, or it is too long; the name is not one that filters can have or belongs to another column;
        or something else is needed.
    """
    if function is not None:
        raise TypeError("A metric needs a title: write @napari_phy.metric(title=…).")
    if not title.strip():
        raise ValueError("A metric needs a title: write @napari_phy.metric(title=…).")
    if len(title) > MOST_IN_TITLE:
        raise ValueError(f"The title of a metric has {MOST_IN_TITLE} characters at most; this one has {len(title)}.")
    for need in needs:
        if need not in NEEDS:
            raise ValueError(f"A metric needs {', '.join(NEEDS)}, not {need}.")

    def declare(function: F) -> F:
        name = function.__name__ if key is None else key
        if not name.isidentifier():
            raise ValueError(f"{name} is no name for a metric: letters, digits and _ only.")
        sentence, _, rest = (function.__doc__ or "").strip().partition("\n")
        first = sentence.rstrip(".") or title
        more = " ".join(rest.split())
        registry.add(
            Column(
                name,
                title,
                _Each(name, function),
                (f"{first} ({unit})" if unit else first) + (f"\n{more}" if more else ""),
                title,
                unit,
                decimals,
                kind="lazy",
                needs=tuple(needs),
                in_background=True,
                is_log=is_log,
                aliases=tuple(aliases),
                keep=1,
                in_small=False,
                is_of_package=True,
            )
        )
        return function

    return declare


class _Each:
    """Calls a metric for each cluster; an error is logged once and affects only the values of this metric."""

    def __init__(self, name: str, function: Metric) -> None:
        self._name = name
        self._function = function
        self._has_failed = False

    def __call__(self, session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
        values = []
        for done, cluster in enumerate(clusters):
            on_progress(done / len(clusters))
            session.manager.n_spikes(cluster)  # raises where it does not exist any more
            values.append(self._value(session, cluster))
        return np.array(values, dtype=np.float64)

    def _value(self, session: SessionLike, cluster: int) -> float:
        try:
            return float(self._function(Cluster(cluster, session)))
        except (CancelledError, ClusteringError):
            raise
        except Exception as error:
            if not self._has_failed:
                self._has_failed = True
                logger.exception("The metric %s failed for cluster %d: %s.", self._name, cluster, error)
            return math.nan
