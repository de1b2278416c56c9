"""Detect spikes: `napari_phy.sorting.spikedetect.run`."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import napari_phy.sorting.spikedetekt.detector  # noqa: F401  # registers it
from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import MissingDataError, SaveError, SortingError
from napari_phy.core.settings import Settings, Switch
from napari_phy.files.install import check_free, install
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.formats.parameter_files.prm import ParameterFile, read_prm
from napari_phy.sorting import algorithms
from napari_phy.sorting.algorithms import Estimator
from napari_phy.sorting.blocks import executor_of
from napari_phy.sorting.detection import Detection
from napari_phy.sorting.job import Job, Reporter
from napari_phy.sorting.kwik_files import suffixes_of, write_detected
from napari_phy.sorting.traces import RawTraces, find_probe, open_raw_files, traces_of

Model = BaseModel | RawTraces | str | Path

_KLUSTA = {"extract_s_before": 10, "extract_s_after": 10}  # of a parameter file that does not say
_USUAL_TYPE = np.dtype(np.int16)


def run(
    model: Model,
    algorithm: str = "spikedetekt",
    client: Any = None,
    *,
    ipp_view: Any = None,
    path: str | Path | None = None,
    **parameters: Any,
) -> Job[Detection]:
    """Detect the spikes of a recording; return a job at once.

    Parameters
    ----------
    model : str, Path, RawTraces or model
        The path of a `.prm`, whose Kwik files are then written beside it; raw traces with a probe; or an open data set,
        of which the raw traces, the channels and the parameters of detection are taken.
    algorithm : str, default "spikedetekt"
        Key of an algorithm that detects, such as `"spikedetekt"`.
    client : concurrent.futures.Executor or dask.distributed.Client, optional
        Who works on chunks; None: the thread of the job. The result is the same, bit for bit.
    ipp_view : ipyparallel view, optional
        The same, as a view of ipyparallel.
    path : str or Path, optional
        The `.kwik` to write; None: beside a `.prm`, and nowhere for what is not one.
    **parameters : object
        Those of the algorithm; they go before those of a `.prm` or of a data set.

    Returns
    -------
    Job of Detection
        `.status`, `.progress`, `.log`, `.cancel()`, and `.result()` that waits for the `Detection`.

    Raises
    ------
    SettingsError
        There is no such parameter, or it is out of bounds.
    SortingError, MissingDataError, KwikFormatError
        What is given cannot be sorted, or is not there.
    SaveError
        The Kwik files are there already: they are never overwritten.

    Examples
    --------
    >>> job = napari_phy.sorting.spikedetect.run("recording.prm")
    >>> job.progress.fraction
    0.43
    >>> napari_phy.open_session(job.result().path)
    """
    executor = executor_of(client, ipp_view)
    source = _open(model, path)
    try:
        estimator = _estimator(algorithm, source, parameters)
        if source.target is not None:
            check_free(source.target.parent, source.target.stem, suffixes_of(source.traces))
    except BaseException:
        source.close()
        raise
    work = partial(_detect, estimator, source, executor)
    return Job(f"{estimator.title} of {source.traces.name}", work)


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """What is detected in, and what comes along with it."""

    traces: RawTraces
    target: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_strict: bool = False
    clustering_parameters: Mapping[str, Any] = field(default_factory=dict)
    is_own: bool = False

    def close(self) -> None:
        """Release the files that were opened for this."""
        if self.is_own and isinstance(self.traces.traces, JoinedTraces):
            self.traces.traces.close()


def _open(model: Model, path: str | Path | None) -> _Source:
    target = None if path is None else Path(path).absolute()
    if target is not None and target.suffix != ".kwik":
        raise SaveError(f"{target.name} does not end in .kwik; choose another name.")
    if isinstance(model, RawTraces):
        return _Source(model, target)
    if isinstance(model, BaseModel):
        return _Source(traces_of(model), target, model.metadata)
    if not isinstance(model, str | Path):
        raise SortingError(
            f"Spikes are detected in a .prm, in RawTraces or in an open data set, not in a {type(model).__name__}."
        )
    prm = read_prm(Path(model))
    if prm.sample_rate is None or prm.prb_file is None:
        name = "sample_rate" if prm.sample_rate is None else "prb_file"
        raise MissingDataError(f"{prm.path.name} sets no {name}; add it.")
    traces = open_raw_files(
        prm.raw_data_files,
        find_probe(prm.prb_file, prm.path.parent),
        sample_rate=prm.sample_rate,
        n_channels=prm.n_channels,
        dtype=prm.dtype or _USUAL_TYPE,
        microvolts_per_unit=prm.voltage_gain,
    )
    beside = prm.path.absolute().with_name(f"{Path(prm.experiment_name).name.removesuffix('.kwik')}.kwik")
    return _Source(traces, target or beside, _KLUSTA | dict(prm.spikedetekt), True, _storable(prm), is_own=True)


def _storable(prm: ParameterFile) -> dict[str, Any]:
    return {name: value for name, value in prm.klustakwik2.items() if isinstance(value, bool | int | float | str)}


def _estimator(key: str, source: _Source, parameters: Mapping[str, Any]) -> Estimator:
    kind = algorithms.algorithm(key, "detect")
    return kind(**{**_known(kind.parameters_type, source), **parameters})


def _known(kind: type[Settings], source: _Source) -> dict[str, Any]:
    """Return the parameters that came along; those of a data set that cannot be are left out."""
    found = {}
    for name, setting in kind.described().items():
        value = source.parameters.get(name)
        value = value.item() if isinstance(value, np.generic) else value
        if value is None or value == "":
            continue
        if isinstance(setting, Switch) and value in (0, 1):
            value = bool(value)
        if source.is_strict or value in setting:
            found[name] = value
    if "filter_high_factor" in kind.described() and "filter_high_factor" not in found:
        high_hz = source.parameters.get("filter_high")  # of older files
        if isinstance(high_hz, int | float) and high_hz > 0:
            found["filter_high_factor"] = high_hz / source.traces.sample_rate
    return found


def _detect(estimator: Any, source: _Source, executor: Executor | None, reporter: Reporter) -> Detection:
    traces, target = source.traces, source.target
    try:
        if target is None:
            estimator.fit(traces, reporter, executor)
            return _detection(estimator, None)

        def write(folder: Path) -> None:
            estimator.fit(traces, reporter, executor, folder)
            reporter.stage("Writing", 1.0)
            where, given = target.parent, estimator.get_params()
            write_detected(folder / target.name, where, traces, estimator.groups_, given, source.clustering_parameters)
            reporter.check()

        try:
            install(target.parent, target.stem, write, suffixes_of(traces))
        except OSError as error:
            raise SaveError(f"{target.name} could not be written: {error.strerror or error}.") from error
        reporter.say(f"Wrote {target.name}.")
        return _detection(estimator, target)
    finally:
        source.close()


def _detection(estimator: Any, path: Path | None) -> Detection:
    n_spikes = {number: found.n_spikes for number, found in estimator.groups_.items()}
    return Detection(n_spikes, path, estimator.groups_ if path is None else {}, estimator.get_params())
