"""Detect spikes and cluster them, in one job: `napari_phy.sorting.sort.run`."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import SortingError
from napari_phy.formats.kwik.kwik_group import Rows
from napari_phy.sorting import cluster
from napari_phy.sorting.algorithms import algorithm
from napari_phy.sorting.blocks import executor_of
from napari_phy.sorting.detection import DetectedSpikes, Detection
from napari_phy.sorting.job import Job, Reporter
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures
from napari_phy.sorting.matched.detector import MatchedSpikeDetekt
from napari_phy.sorting.sources import Model, open_source
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt
from napari_phy.sorting.templates.refinement import FIRST, TemplateSubtraction
from napari_phy.sorting.traces import RawTraces
from napari_phy.sorting.unfinished import kept_arrays
from napari_phy.table.numbers import format_count

_NONE: Mapping[str, Any] = MappingProxyType({})
_ROWS_AT_ONCE = 2**14


def run(
    model: Model,
    client: Any = None,
    *,
    detect: str = MatchedSpikeDetekt.key,
    detect_parameters: Mapping[str, Any] = _NONE,
    cluster_with: str = cluster.DEFAULT,
    cluster_parameters: Mapping[str, Any] = _NONE,
    refine: str | None = TemplateSubtraction.key,
    refine_parameters: Mapping[str, Any] = _NONE,
    ipp_view: Any = None,
    path: str | Path | None = None,
) -> Job[Detection]:
    """Detect the spikes of a recording and cluster those of each channel group; return a job at once.

    Parameters
    ----------
    model : str, Path, RawTraces or model
        What is sorted, as for `spikedetect.run`.
    client : concurrent.futures.Executor or dask.distributed.Client, optional
        Who does the work; None: this machine.
    detect, cluster_with : str
        Keys of the algorithms; `"spikedetekt"` detects as klusta does.
    refine : str or None, default "templates"
        What is done with the clusters then: the key of an algorithm for that; None: nothing, as in klusta.
    detect_parameters, cluster_parameters, refine_parameters : mapping of str to object, optional
        Their parameters; they go before those of a `.prm`.
    ipp_view : ipyparallel view, optional
        In place of a client.
    path : str or Path, optional
        The `.kwik` to write; None: beside a `.prm`, and nowhere for what is not one.

    Returns
    -------
    Job of Detection
        Whose result has the clusters. Clusters 0 and 1 are in the groups noise and mua; where clusters were refined,
        these have the spikes that no template explains.

    Raises
    ------
    NapariPhyError
        As for `spikedetect.run` and `cluster.run`, and where spikes of that detector cannot be refined.

    Examples
    --------
    >>> job = napari_phy.sorting.sort.run("recording.prm", cluster_parameters={"seed": 1})
    >>> napari_phy.open_session(job.result().path)
    """
    executor = executor_of(client, ipp_view)
    source = open_source(model, path)
    try:
        detector = source.detector(detect, detect_parameters)
        kind: Any = algorithm(cluster_with, "cluster")
        known, _ = cluster.known_settings(kind, source.clustering_parameters)
        refiner: Any = None if refine is None else algorithm(refine, "refine")(**refine_parameters)
        clusterer = kind(**{**cluster.refined_settings(kind, refiner), **known, **cluster_parameters})
        if refiner is not None and not isinstance(detector, SpikeDetekt):
            raise SortingError(
                f"{refiner.title} needs masks and features at new times, which {detector.title} cannot give; "
                "sort without it, by refine=None."
            )
    except BaseException:
        source.close()
        raise

    def finished(
        groups: Mapping[int, DetectedSpikes], folder: Path | None, reporter: Reporter
    ) -> Mapping[int, DetectedSpikes]:
        made, share = {}, 0.45 if refiner is None else 0.15
        for done, (number, found) in enumerate(groups.items()):
            part = reporter.within(0.5 + share * (done + 1) / len(groups))
            labels = kept_arrays(folder, f"clusters-{number}", partial(_labels, clusterer, found, part, executor))[
                "labels"
            ]
            made[number] = replace(found, spike_clusters=labels)
            reporter.say(f"Channel group {number} has {format_count(made[number].n_clusters, 'cluster')}.")
        if refiner is None or not any(found.n_clusters for found in made.values()):
            return made
        refine_them = partial(_refined, refiner, detector, source.traces, made, reporter.within(0.8), executor)
        joined = kept_arrays(folder, "refined", refine_them)
        return _measured(joined, detector, source.traces, folder, reporter.within(0.95), executor)

    def work(reporter: Reporter) -> Detection:
        try:
            further = [clusterer] if refiner is None else [clusterer, refiner]
            return source.detect(detector, executor, reporter, finished, further)
        finally:
            source.close()

    return Job(f"{detector.title} and {clusterer.title} of {source.traces.name}", work)


def _refined(
    refiner: Any,
    detector: SpikeDetekt,
    traces: RawTraces,
    detected: Mapping[int, DetectedSpikes],
    reporter: Reporter,
    executor: Executor | None,
) -> dict[str, npt.NDArray[Any]]:
    """Return times and clusters of the spikes of each group, and the sizes of templates on channels, by their names."""
    refiner.fit(traces, detected, detector.plan_, reporter, executor)
    made: dict[str, npt.NDArray[Any]] = {}
    for number, found in detected.items():
        made[f"samples-{number}"], made[f"labels-{number}"] = refiner.joined(number, found)
        made[f"sizes-{number}"] = np.abs(refiner.templates_[number]).max(axis=1, initial=0)
    return made


def _measured(
    joined: Mapping[str, npt.NDArray[Any]],
    detector: SpikeDetekt,
    traces: RawTraces,
    folder: Path | None,
    reporter: Reporter,
    executor: Executor | None,
) -> dict[int, DetectedSpikes]:
    """Return the spikes that templates explain and the others, with masks and features at their times."""
    if folder is not None:
        folder = folder / "refined"
        folder.mkdir(exist_ok=True)
    times = {number: joined[f"samples-{number}"] for number in traces.groups}
    detector.measure(traces, times, reporter, executor, folder, is_fitted=True)
    made = {}
    for number, measured in detector.groups_.items():
        labels = joined[f"labels-{number}"]
        found = made[number] = replace(measured, spike_clusters=labels)
        _add_masks(found.masks, labels, joined[f"sizes-{number}"])
        verb = "explains" if found.n_clusters == 1 else "explain"
        what = f"{format_count(found.n_clusters, 'cluster')} that {verb} its traces"
        reporter.say(f"Channel group {number} has {what}.")
    if not any(found.n_clusters for found in made.values()):
        reporter.say(
            "Spikes that no template explains are multi-unit activity. Sort a longer recording, or keep the clusters "
            "of masked EM by --as-klusta, in Python by refine=None."
        )
    return made


def _add_masks(masks: Any, labels: npt.NDArray[np.int32], sizes: npt.NDArray[np.float32]) -> None:
    """Unmask the largest channel of the template of spikes that larger ones hide: no value there is beyond a threshold.

    `sizes` are `(n_clusters, n_channels)`, those of templates.
    """
    for start in range(0, len(labels), _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, len(labels)))
        some, mine = masks[rows], labels[rows]
        hidden = np.flatnonzero((mine >= FIRST) & ~some.any(axis=1))
        if len(hidden):
            some[hidden, sizes[mine[hidden] - FIRST].argmax(axis=1)] = 1
            masks[rows] = some


def _labels(
    clusterer: Any, found: DetectedSpikes, reporter: Reporter, executor: Any
) -> dict[str, npt.NDArray[np.int32]]:
    if not found.n_spikes:
        return {"labels": np.zeros(0, dtype=np.int32)}
    on_progress = reporter.stage("Reading features", 0.05)
    data = MaskedFeatures.of(_Flat(found.features), found.masks, None, on_progress)
    clusterer.fit(data, None, reporter, executor)
    reporter.check()  # the best so far is not what was asked for
    return {"labels": np.asarray(clusterer.labels_, dtype=np.int32)}


@dataclass(frozen=True, slots=True, eq=False)
class _Flat:
    """Features of all channels in one row."""

    rows: Rows

    @property
    def shape(self) -> tuple[int, ...]:
        return self.rows.shape[0], int(np.prod(self.rows.shape[1:]))

    def __getitem__(self, places: slice) -> npt.NDArray[np.float32]:
        return np.asarray(self.rows[places].reshape(-1, self.shape[1]))
