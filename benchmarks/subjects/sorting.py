"""Sorting recordings whose neurons are known: how far off each program is, and the processor time it takes.

The recordings are klusta's synthetic one (in the folder that NAPARI_PHY_DATA names) and some of SpikeInterface's
generator, with seeds that nothing was tried out with; in the last one half of the noise is common to all channels. Ours
sorts them as it does by default and as klusta does, the sorters of SpikeInterface as they do by default, each in a
process of its own with one thread. SpikeInterface compares all with the truth, spikes within 0.5 ms. `error` is 1 − the
mean of hits / (hits + misses + false) over the neurons; theirs is the best peer's, and the time of the cheapest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from data_set import RESULTS
from harness import Limit, Row, Side, Size, Watch

SIZE = Size(n_clusters=20, n_repeats=3)  # neurons of a recording, and how many recordings the generator makes
HAS_PEER, PEER_ONCE = True, True
OURS = ("napari-phy", "napari-phy as klusta")
PEERS = ("spykingcircus2", "tridesclous2", "lupin", "mountainsort5")
SEEDS = (1721, 7772, 3862, 9791)  # chosen at random when the code was done; the last one has the common noise
KLUSTAS, COMMON = "klusta's synthetic recording", "common noise"
NAMES = (KLUSTAS, *(f"generated, seed {seed}" for seed in SEEDS[:3]), COMMON)
ROWS = tuple(
    row
    for name in NAMES
    for row in (
        Row(f"1 − mean accuracy, {name}", f"error {name}", Limit(1.0, "ours / theirs"), unit="%"),
        Row(f"processor time, {name}", f"time {name}", Limit(1 / 3, "ours / theirs")),
    )
)
_DURATION_S, _RATE, _MICROVOLTS = 60.0, 25_000.0, 0.195
_NOISE_UV = 8.0
_PATIENCE_S = 3600


@dataclass(frozen=True)
class Result:
    """What one program made of one recording."""

    accuracies: np.ndarray
    n_units: int
    n_false: int
    cpu_s: float

    @property
    def error(self) -> float:
        """1 − mean accuracy."""
        return 1 - float(self.accuracies.mean())

    def words(self, name: str, program: str) -> str:
        """Return all of it in a line."""
        return (
            f"{name:<30} {program:<22} > 0.8: {(self.accuracies > 0.8).sum():2d} of {len(self.accuracies)}  "
            f"mean {1 - self.error:.3f}  units {self.n_units:3d}  false {self.n_false:2d}  {self.cpu_s:6.1f} s"
        )


def measure(side: Side, size: Size, watch: Watch) -> None:
    warnings.simplefilter("ignore")
    for name, folder in _recordings(size):
        found = {}
        for program in OURS if side == "ours" else PEERS:
            result = _sorted_by(program, folder, watch)
            if result is not None:
                found[program] = result
                watch.notes.append(result.words(name, program))
        if side == "ours":
            found = {OURS[0]: found[OURS[0]]}
        if found:
            watch.add(f"error {name}", min(result.error for result in found.values()))
            watch.add(f"time {name}", min(result.cpu_s for result in found.values()))


def _sorted_by(program: str, folder: Path, watch: Watch) -> Result | None:
    """Return what a program found; None where it cannot, which the notes tell."""
    command = [sys.executable, str(Path(__file__).parents[1] / "sort_once.py"), program, str(folder)]
    try:
        done = subprocess.run(
            command, check=False, timeout=_PATIENCE_S, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    except subprocess.TimeoutExpired:
        watch.notes.append(f"{program} was stopped after {_PATIENCE_S} s.")
        return None
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        watch.notes.append(f"{program} was left out: {why}")
        return None
    return _compared(folder, np.load(folder / f"{program}.npz"))


def _compared(folder: Path, found: np.lib.npyio.NpzFile) -> Result:
    from spikeinterface.comparison import compare_sorter_to_ground_truth
    from spikeinterface.core import NumpySorting

    truth, rate = np.load(folder / "truth.npz"), float(np.load(folder / "recording.npz")["sample_rate"])
    known, sorting = (
        NumpySorting.from_samples_and_labels([one["samples"]], [one["labels"]], rate) for one in (truth, found)
    )
    compared = compare_sorter_to_ground_truth(known, sorting, exhaustive_gt=True, delta_time=0.5)
    accuracies = compared.get_performance(method="by_unit")["accuracy"].to_numpy(dtype=float)
    n_false = compared.count_false_positive_units()
    return Result(accuracies, len(sorting.unit_ids), n_false, float(found["cpu_s"]))


def _recordings(size: Size) -> Iterator[tuple[str, Path]]:
    """Give each recording in a folder that goes away, as `sort_once` reads it, with the truth beside it."""
    RESULTS.mkdir(exist_ok=True)
    is_tiny = size.n_repeats < SIZE.n_repeats
    source = Path(os.environ.get("NAPARI_PHY_DATA", "")) / "klusta_synth32"
    for number, name in enumerate(NAMES[: 2 if is_tiny else None]):
        with tempfile.TemporaryDirectory(dir=RESULTS) as temporary:
            folder = Path(temporary)
            if name != KLUSTAS:
                _generate(folder, SEEDS[number - 1], 10.0 if is_tiny else _DURATION_S, is_common=name == COMMON)
            elif source.exists():
                _take_klustas(folder, source)
            else:
                continue
            yield name, folder


def _take_klustas(folder: Path, source: Path) -> None:
    from napari_phy.formats.parameter_files.prb import read_prb

    shutil.copyfile(source / "synth32.dat", folder / "traces.dat")
    positions = read_prb(source / "synth32.prb").groups[0].positions
    np.savez(folder / "recording.npz", sample_rate=20_000.0, positions=positions, microvolts=_MICROVOLTS)
    truth = np.load(source / "ground_truth.npz")
    np.savez(folder / "truth.npz", samples=truth["spike_times"], labels=truth["spike_labels"])


def _generate(folder: Path, seed: int, duration_s: float, *, is_common: bool) -> None:
    """Write 20 neurons on two columns of 16 channels."""
    from probeinterface import generate_multi_columns_probe
    from spikeinterface.generation import generate_ground_truth_recording

    probe = generate_multi_columns_probe(num_columns=2, num_contact_per_column=16, xpitch=30, ypitch=25)
    probe.set_device_channel_indices(np.arange(32))
    recording, sorting = generate_ground_truth_recording(
        durations=[duration_s], sampling_frequency=_RATE, num_channels=32, probe=probe, num_units=SIZE.n_clusters,
        seed=seed, noise_kwargs={"noise_levels": _NOISE_UV, "strategy": "on_the_fly"},
        generate_sorting_kwargs={"firing_rates": (2.0, 15.0), "refractory_period_ms": 4.0},
    )  # fmt: skip
    traces = recording.get_traces()
    if is_common:
        traces = traces + np.random.default_rng(seed).normal(0, _NOISE_UV, (len(traces), 1))
    np.rint(traces / _MICROVOLTS).astype(np.int16).tofile(folder / "traces.dat")
    np.savez(folder / "recording.npz", sample_rate=_RATE, positions=probe.contact_positions, microvolts=_MICROVOLTS)
    spikes = sorting.to_spike_vector()
    np.savez(folder / "truth.npz", samples=spikes["sample_index"], labels=spikes["unit_index"])
