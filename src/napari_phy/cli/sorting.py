"""`napari-phy detect` and `napari-phy sort`: raw data to spikes, and to clusters."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from napari_phy.cli.answers import Answer, check_there
from napari_phy.cli.clustering import setting_of
from napari_phy.core.errors import CommandError
from napari_phy.core.progress import CancelledError
from napari_phy.core.sentences import visible
from napari_phy.formats.parameter_files.probes import read_probe
from napari_phy.sorting import sort, spikedetect
from napari_phy.sorting.detection import Detection
from napari_phy.sorting.job import Job
from napari_phy.sorting.matched.detector import MatchedSpikeDetekt
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt
from napari_phy.sorting.templates.refinement import TemplateSubtraction
from napari_phy.sorting.traces import RawTraces, open_raw_files

Begin = Callable[[Path | RawTraces, Path | None, Executor], Job[Detection]]

_LOOK_S = 0.2  # between two looks at how far it is


def detect(options: argparse.Namespace) -> Answer:
    """Detect the spikes of a recording and write a data set."""
    return _run(options, lambda model, path, client: spikedetect.run(
        model, client=client, path=path, **dict(map(setting_of, options.settings))
    ))  # fmt: skip


def detect_and_cluster(options: argparse.Namespace) -> Answer:
    """Detect the spikes of a recording, cluster them, and write a data set."""
    detector, refiner = (SpikeDetekt, None) if options.as_klusta else (MatchedSpikeDetekt, TemplateSubtraction.key)
    return _run(options, lambda model, path, client: sort.run(
        model, client, path=path, detect=detector.key, refine=refiner,
        detect_parameters=dict(map(setting_of, options.settings)),
        cluster_parameters=dict(map(setting_of, options.cluster_settings)),
    ))  # fmt: skip


def _run(options: argparse.Namespace, begin: Begin) -> Answer:
    model, path = _model(options)
    n_workers = options.workers or os.cpu_count() or 1
    if n_workers < 1:
        raise CommandError(f"The number of workers is 1 or more, not {n_workers}.")
    with ThreadPoolExecutor(n_workers) as client:
        job: Job[Detection] = begin(model, path, client)
        _follow(job, shows=not options.json and sys.stderr.isatty())
    found = job.result()
    facts = {
        "path": str(found.path),
        "n_spikes": {str(group): n for group, n in found.n_spikes.items()},
        "n_clusters": {str(group): n for group, n in found.n_clusters.items()},
        "parameters": dict(found.parameters),
        "log": list(job.log),
    }
    return Answer(facts, job.log)


def _model(options: argparse.Namespace) -> tuple[Path | RawTraces, Path | None]:
    """Return what is sorted, and where it is written; None: beside a parameter file."""
    if (options.prm is None) == (options.dat is None):
        raise CommandError("Name a .prm, or raw files by --dat with their --prb and --rate.")
    if options.prm is not None:
        check_there(options.prm)
        return options.prm, options.to
    if options.prb is None or options.rate is None:
        raise CommandError(f"Give {'--prb' if options.prb is None else '--rate'} beside --dat.")
    try:
        dtype = np.dtype(options.dtype)
    except TypeError:
        raise CommandError(f"{options.dtype} is no type of samples; give one such as int16 or float32.") from None
    traces = open_raw_files(
        options.dat,
        read_probe(options.prb),
        sample_rate=options.rate,
        n_channels=options.channels,
        dtype=dtype,
        microvolts_per_unit=options.gain,
    )
    return traces, options.to or options.dat[0].with_suffix(".kwik")


def _follow(job: Job[Detection], *, shows: bool) -> None:
    """Wait for the end of a job, and show how far it is where somebody looks on; Ctrl+C stops it."""
    try:
        while True:
            try:
                job.result(_LOOK_S)
                return
            except TimeoutError:
                if shows:
                    print(f"\r\x1b[K{visible(str(job.progress))}", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        job.cancel(keeps=True)
        try:
            job.result()
        except CancelledError:
            raise KeyboardInterrupt from None
    finally:
        if shows:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
