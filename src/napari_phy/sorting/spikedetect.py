"""Detect spikes: `napari_phy.sorting.spikedetect.run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import napari_phy.sorting.matched.detector  # noqa: F401  # registers it, and SpikeDetekt
from napari_phy.sorting.blocks import executor_of
from napari_phy.sorting.detection import Detection
from napari_phy.sorting.job import Job, Reporter
from napari_phy.sorting.sources import Model, open_source


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
    source = open_source(model, path)
    try:
        detector = source.detector(algorithm, parameters)
    except BaseException:
        source.close()
        raise

    def work(reporter: Reporter) -> Detection:
        try:
            return source.detect(detector, executor, reporter)
        finally:
            source.close()

    return Job(f"{detector.title} of {source.traces.name}", work)
