"""Cluster spikes by their features and masks: `run` starts a job."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import as_ids, evenly_spaced, read_only
from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.errors import SortingError
from napari_phy.core.progress import part_of
from napari_phy.core.sentences import listed
from napari_phy.formats.opening import open_model
from napari_phy.formats.parameter_files.prm import read_prm
from napari_phy.sorting.algorithms import Estimator
from napari_phy.sorting.algorithms import algorithm as find_algorithm
from napari_phy.sorting.blocks import executor_of
from napari_phy.sorting.detection import DetectedSpikes
from napari_phy.sorting.job import Job, Reporter
from napari_phy.sorting.klustakwik import klustakwik2
from napari_phy.sorting.klustakwik.masked_features import FeatureSpace, MaskedFeatures
from napari_phy.sorting.matched.detector import MatchedSpikeDetekt
from napari_phy.sorting.templates.refinement import FIRST
from napari_phy.sorting.traces import RawTraces, traces_of
from napari_phy.storage.feature_store.stored_features import StoredFeatures
from napari_phy.table.spike_rows import required

Int64 = npt.NDArray[np.int64]

DEFAULT = klustakwik2.KlustaKwik2.key
_N_FOR_SPACE = 2**15  # spikes, evenly spaced, which tell what is masked where only some are clustered
_OTHER_NAMES = {"max_possible_clusters": "n_clusters_max"}  # of klustakwik2


class Clusterer(Protocol):
    """What an algorithm that clusters spikes offers."""

    labels_: npt.NDArray[np.int32]

    def fit(
        self,
        features: MaskedFeatures,
        labels: npt.ArrayLike | None = None,
        reporter: Reporter | None = None,
        executor: Executor | None = None,
    ) -> Any:
        """Cluster spikes, and begin with labels of them where there are any."""


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredSpikes:
    """What became of spikes.

    Attributes
    ----------
    spike_ids : ndarray of int64, shape (n_spikes,)
        The spikes, ascending.
    labels : ndarray of int32, shape (n_spikes,)
        Cluster of each: 0 is noise, 1 multi-unit activity; `session.assign(spike_ids, labels)` makes them so.
    score : float or None
        Of the algorithm; None where it has none.
    algorithm : Estimator
        With its parameters and results.
    """

    spike_ids: Int64
    labels: npt.NDArray[np.int32]
    score: float | None
    algorithm: Clusterer


def run(
    model: BaseModel | str | Path,
    algorithm: str = DEFAULT,
    client: Any = None,
    spike_ids: npt.ArrayLike | None = None,
    refine: str | None = None,
    *,
    labels: npt.ArrayLike | None = None,
    ipp_view: Any = None,
    **params: Any,
) -> Job[ClusteredSpikes]:
    """Cluster spikes in the background.

    Parameters
    ----------
    model : BaseModel, str or Path
        A data set with features, or the file of one. Of a `.prm`, the `.kwik` beside it that belongs to it, with the
        parameters of its section `klustakwik2`.
    algorithm : str, default "klustakwik2"
        Which one: its key.
    client : concurrent.futures.Executor or dask.distributed.Client, optional
        Who does the work; if None, threads of this program.
    spike_ids : array_like of int, optional
        Which spikes; if None, all.
    refine : str, optional
        What is done with the clusters then: the key of an algorithm for that. `"templates"` explains the raw traces by
        the clusters: a spike goes to the one whose template explains it, or to noise or multi-unit activity. Spikes
        that were not detected are found too, but `sort.run` alone writes them.
    labels : array_like of int, shape (n_spikes,), optional
        The clustering to begin with, of these spikes; if None, the algorithm makes one.
    ipp_view : ipyparallel view, optional
        In place of a client.
    **params : object
        Parameters of the algorithm.

    Returns
    -------
    Job
        Whose result is `ClusteredSpikes`; one that is cancelled has the best that was found so far.

    Raises
    ------
    SortingError
        There is no such algorithm, or no such spikes.
    MissingDataError
        There are no features, or no raw data to refine clusters in.
    SettingsError
        It has no such parameter, or the value is out of bounds.
    NapariPhyError
        The file cannot be opened.

    Examples
    --------
    >>> job = napari_phy.sorting.cluster.run("recording.kwik", seed=1)
    >>> job.progress
    Progress(stage='Step 3: 117 clusters', fraction=0.39, time_left_s=1.2)
    >>> job.result().labels
    """
    kind = find_algorithm(algorithm, "cluster")
    refiner: Any = None if refine is None else find_algorithm(refine, "refine")()
    executor = executor_of(client, ipp_view)
    opened, settings = (model, {}) if isinstance(model, BaseModel) else _open(Path(model))
    StoredFeatures.of(opened)
    try:
        known, ignored = known_settings(kind, settings)
        estimator = cast(Clusterer, kind(**{**refined_settings(kind, refiner), **known, **params}))
        chosen = _checked_ids(opened, spike_ids)
        required(opened.features, opened, "features")
        raw = None if refiner is None else traces_of(opened)
    except BaseException:
        _close(opened, model)
        raise

    def work(reporter: Reporter) -> ClusteredSpikes:
        try:
            if ignored:
                reporter.say(f"Not used by {kind.title}: {listed(ignored)}.")
            if raw is None:
                return _cluster(opened, estimator, chosen, labels, reporter, executor)
            found = _cluster(opened, estimator, chosen, labels, reporter.within(0.5), executor)
            return _refined(refiner, opened, raw, found, reporter.within(1), executor)
        finally:
            _close(opened, model)

    return Job(f"{kind.title} of {opened.name}", work)


def _cluster(
    model: BaseModel,
    estimator: Clusterer,
    spike_ids: Int64 | None,
    labels: npt.ArrayLike | None,
    reporter: Reporter,
    executor: Executor | None,
) -> ClusteredSpikes:
    on_progress = reporter.stage("Reading features", 0.05)
    features, masks = required(model.features, model, "features"), required(model.masks, model, "masks")
    space = None
    if spike_ids is None:
        spike_ids = np.arange(model.n_spikes, dtype=np.int64)
    else:
        some = evenly_spaced(model.n_spikes, _N_FOR_SPACE)
        space = FeatureSpace.of(_RowsOf(features, some), _RowsOf(masks, some), part_of(on_progress, 0, 0.5))
        features, masks = _RowsOf(features, spike_ids), _RowsOf(masks, spike_ids)
    data = MaskedFeatures.of(features, masks, space, part_of(on_progress, 0.5, 1))
    if data.n_spikes < data.n_rows:
        n_lost = f"{data.n_rows - data.n_spikes} of {data.n_rows}"
        reporter.say(f"{n_lost} spikes have features that are no numbers; they count as noise.")
    estimator.fit(data, labels, reporter, executor)
    found = np.asarray(estimator.labels_, dtype=np.int32)
    score = getattr(estimator, "score_", None)
    n_clusters = len(np.unique(found[found > 0]))
    reporter.say(f"{n_clusters} clusters of {len(found)} spikes{'' if score is None else f', score {score:.1f}'}.")
    return ClusteredSpikes(read_only(spike_ids), read_only(found), score, estimator)


def _refined(
    refiner: Any,
    model: BaseModel,
    raw: RawTraces,
    found: ClusteredSpikes,
    reporter: Reporter,
    executor: Executor | None,
) -> ClusteredSpikes:
    """Return the same spikes in the clusters whose templates explain them."""
    samples = np.asarray(model.spike_samples[found.spike_ids], dtype=np.float64)
    masks = _RowsOf(required(model.masks, model, "masks"), found.spike_ids)
    features = _RowsOf(required(model.features, model, "features"), found.spike_ids)
    spikes = DetectedSpikes(model.probe, samples, masks, features, found.labels)
    plan = MatchedSpikeDetekt().prepare(raw, reporter, executor).plan_
    refiner.fit(raw, {model.channel_group: spikes}, plan, reporter, executor)
    explained = refiner.explained_by(model.channel_group, spikes)
    labels = np.where(explained >= FIRST, explained, np.minimum(found.labels, FIRST - 1)).astype(np.int32)
    n_clusters = len(np.unique(labels[labels >= FIRST]))
    reporter.say(f"Templates of {n_clusters} clusters explain {np.count_nonzero(labels >= FIRST)} of them.")
    return replace(found, labels=read_only(labels))


@dataclass(frozen=True, slots=True, eq=False)
class _RowsOf:
    """The rows of some spikes."""

    rows: SpikeRows
    spike_ids: Int64

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.spike_ids), *self.rows.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float32)

    def __getitem__(self, places: Any) -> npt.NDArray[np.float32]:
        return self.rows[self.spike_ids[places]]


def kwik_and_settings(path: Path) -> tuple[Path, Mapping[str, Any]]:
    """Return the file of a data set and the settings of its clustering, of a `.prm` or the file itself."""
    if path.suffix.lower() != ".prm":
        return path, {}
    parameters = read_prm(path)
    return path.with_name(f"{parameters.experiment_name}.kwik"), parameters.klustakwik2


def _open(path: Path) -> tuple[BaseModel, Mapping[str, Any]]:
    kwik, settings = kwik_and_settings(path)
    return open_model(kwik), settings


def _close(opened: BaseModel, given: BaseModel | str | Path) -> None:
    if opened is not given:
        opened.close()


def refined_settings(kind: type[Estimator], refiner: Any) -> dict[str, Any]:
    """Return the settings with which an algorithm makes clusters that are to be refined; none where they are not."""
    names = kind.parameters_type.described()
    return {name: value for name, value in getattr(refiner, "clustering", {}).items() if name in names}


def known_settings(kind: type[Estimator], settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of a parameter file that an algorithm has, and the names of the others."""
    renamed = {_OTHER_NAMES.get(name, name): value for name, value in settings.items()}
    names = kind.parameters_type.described()
    return {name: value for name, value in renamed.items() if name in names}, [
        name for name in renamed if name not in names
    ]


def _checked_ids(model: BaseModel, spike_ids: npt.ArrayLike | None) -> Int64 | None:
    if spike_ids is None:
        return None
    ids = as_ids(spike_ids)
    if ids is None or (len(ids) and (ids.min() < 0 or ids.max() >= model.n_spikes)):
        raise SortingError(f"{model.name} has spikes 0 to {model.n_spikes - 1}; spike_ids has others.")
    return np.unique(ids)
