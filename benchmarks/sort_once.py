"""Sort one recording by one program in this process; what it found and its processor seconds come as a file.

    python sort_once.py PROGRAM FOLDER

FOLDER has `traces.dat` (int16) and `recording.npz` (sample_rate, positions, microvolts); `PROGRAM.npz` is put there.
"""

from __future__ import annotations

import os
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
os.environ.update(dict.fromkeys(THREADS, "1"))

import numpy as np  # noqa: E402  # which reads them

Found = tuple[np.ndarray, np.ndarray]
_NEAR_UM = 60  # neighbours in the graph of the probe
_OURS = {"napari-phy": {}, "napari-phy as klusta": {"detect": "spikedetekt", "refine": None}}


def main() -> None:
    """Sort what the command line names."""
    program, folder = sys.argv[1], Path(sys.argv[2])
    warnings.simplefilter("ignore")
    given = np.load(folder / "recording.npz")
    work = _ours(folder, given, program) if program in _OURS else _theirs(folder, given, program)
    before = _cpu_s()
    samples, labels = work()
    np.savez(folder / f"{program}.npz", samples=samples, labels=labels, cpu_s=_cpu_s() - before)


def _ours(folder: Path, given: Any, program: str) -> Any:
    from napari_phy import Probe
    from napari_phy.sorting import RawTraces, sort

    positions = given["positions"]
    distances = np.linalg.norm(positions[:, None] - positions, axis=2)
    edges = np.argwhere(np.triu((distances > 0) & (distances <= _NEAR_UM)))
    traces = np.memmap(folder / "traces.dat", np.int16, "r").reshape(-1, len(positions))
    raw = RawTraces(traces, float(given["sample_rate"]), Probe(np.arange(len(positions)), positions, edges))

    def work() -> Found:
        found = sort.run(raw, cluster_parameters={"seed": 1}, **_OURS[program]).result().groups[0]
        is_neuron = found.spike_clusters >= 2  # the others are noise and multi-unit activity
        return np.rint(found.samples[is_neuron]).astype(np.int64), found.spike_clusters[is_neuron]

    return work


def _theirs(folder: Path, given: Any, program: str) -> Any:
    import spikeinterface.sorters as sorters
    from probeinterface import Probe
    from spikeinterface.core import read_binary, set_global_job_kwargs

    set_global_job_kwargs(n_jobs=1, progress_bar=False)
    if program not in sorters.installed_sorters():
        raise SystemExit(f"{program} is not installed here.")
    rate, positions = float(given["sample_rate"]), given["positions"]
    recording = read_binary(
        folder / "traces.dat", sampling_frequency=rate, dtype="int16", num_channels=len(positions),
        gain_to_uV=float(given["microvolts"]), offset_to_uV=0.0,
    )  # fmt: skip
    probe = Probe(ndim=2)
    probe.set_contacts(positions, shapes="circle", shape_params={"radius": 5})
    probe.set_device_channel_indices(np.arange(len(positions)))
    recording = recording.set_probe(probe) or recording

    def work() -> Found:
        sorting = sorters.run_sorter(
            program, recording, folder=folder / program, verbose=False, remove_existing_folder=True
        )
        spikes = sorting.to_spike_vector()
        return spikes["sample_index"], spikes["unit_index"]

    return work


def _cpu_s() -> float:
    """Return the processor seconds of this process and of those it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main()
