"""SpikeSift, and the sorters of SpikeInterface, as algorithms of napari-phy.

Each runs in a Python of its own, which has the package: `python="/home/me/spikesift/bin/python"`. Traces go there in a
flat file; times and units come back. Masks and features are those of SpikeDetekt at these times.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np

from napari_phy.core.errors import SortingError
from napari_phy.core.probe import Probe
from napari_phy.core.settings import Choice, Names, Number, Settings
from napari_phy.sorting import Estimator, RawTraces, register
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt

AT_ONCE = 2**18  # samples
FIRST = 2  # clusters 0 and 1 are noise and multi-unit activity


class InAnotherPython(Estimator):
    """Base of sorters that run in a Python of their own; a subclass has the `script` that runs there.

    The script is in a folder with `traces.dat` and `given.json`, and leaves `found.npz` with `samples` and `units`.
    """

    task = "detect"
    script: ClassVar[str] = ""

    def fit(
        self,
        traces: RawTraces,
        reporter: Reporter | None = None,
        executor: Executor | None = None,
        folder: Path | None = None,
    ) -> InAnotherPython:
        """Sort each channel group; `groups_` has the spikes with their clusters then."""
        reporter = reporter or Reporter()
        found = {}
        for number, probe in traces.groups.items():
            on_progress = reporter.stage(f"{self.title} sorts channel group {number}", 0.5)
            with tempfile.TemporaryDirectory(prefix="napari-phy-") as place:
                self._write(Path(place), traces, probe)
                on_progress(0.1)
                found[number] = self._run(Path(place))
        times = {number: samples for number, (samples, _) in found.items()}
        measured = SpikeDetekt().measure(traces, times, reporter.within(1.0), executor, folder)
        self.groups_ = {
            number: replace(measured.groups_[number], spike_clusters=(units + FIRST).astype(np.int32))
            for number, (_, units) in found.items()
        }
        return self

    def _write(self, place: Path, traces: RawTraces, probe: Probe) -> None:
        with (place / "traces.dat").open("wb") as file:
            for start in range(0, traces.n_samples, AT_ONCE):
                file.write(np.ascontiguousarray(traces.traces[start : start + AT_ONCE][:, probe.channel_ids]).data)
        given = {
            "rate": traces.sample_rate,
            "dtype": traces.traces.dtype.str,
            "positions": probe.positions.tolist(),
            **self.get_params(),
        }
        (place / "given.json").write_text(json.dumps(given))

    def _run(self, place: Path) -> tuple[Any, Any]:
        python = self.get_params()["python"] or sys.executable
        done = subprocess.run([python, "-c", self.script], cwd=place, capture_output=True, text=True, check=False)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            raise SortingError(f"{self.title} failed in {python}: {why}.")
        with np.load(place / "found.npz") as found:
            order = np.argsort(found["samples"], kind="stable")
            units = np.unique(found["units"], return_inverse=True)[1]
            return found["samples"][order], units[order]


@dataclass(frozen=True, slots=True)
class SpikeSiftParameters(Settings):
    """Parameters of SpikeSift."""

    python: Annotated[str, Names(title="Python", is_single=True, tip="that which has spikesift")] = ""
    detection_sensitivity: Annotated[float, Number(title="Threshold", low=1, high=100, unit="× noise")] = 10.0
    min_spikes_per_cluster: Annotated[float, Number(title="Spikes of a cluster", low=2, high=1000)] = 5.0
    merging_threshold: Annotated[float, Number(title="Merge up to", low=0.01, high=0.99)] = 0.4


@register
class SpikeSift(InAnotherPython):
    """SpikeSift (`pip install spikesift`)."""

    key = "spikesift"
    title = "SpikeSift"
    parameters_type = SpikeSiftParameters
    script = """
import json, numpy as np
from spikesift import Recording, perform_spike_sorting
given = json.load(open("given.json"))
recording = Recording(
    binary_file="traces.dat", data_type=given["dtype"], probe_geometry=np.array(given["positions"], dtype=float),
    sampling_frequency=given["rate"],
)
names = "detection_sensitivity", "min_spikes_per_cluster", "merging_threshold"
found = perform_spike_sorting(recording, verbose=False, **{name: given[name] for name in names})
spikes = {unit: np.asarray(found.spikes(unit)) for unit in found.cluster_ids()}
samples = np.concatenate([np.empty(0), *spikes.values()])
np.savez("found.npz", samples=samples, units=np.repeat(list(spikes), [len(some) for some in spikes.values()]))
"""


@dataclass(frozen=True, slots=True)
class SpikeInterfaceParameters(Settings):
    """Which sorter of SpikeInterface; its own parameters are those by default."""

    python: Annotated[str, Names(title="Python", is_single=True, tip="that which has spikeinterface")] = ""
    sorter: Annotated[
        str,
        Choice(
            title="Sorter",
            of=tuple((name, name) for name in ("spykingcircus2", "tridesclous2", "lupin", "simple", "mountainsort5")),
        ),
    ] = "spykingcircus2"


@register
class SpikeInterface(InAnotherPython):
    """A sorter of SpikeInterface (`pip install spikeinterface[full]`), in an environment without napari."""

    key = "spikeinterface"
    title = "SpikeInterface"
    parameters_type = SpikeInterfaceParameters
    script = """
import json, numpy as np
from probeinterface import Probe
from spikeinterface import read_binary
from spikeinterface.sorters import run_sorter
given = json.load(open("given.json"))
positions = np.array(given["positions"], dtype=float)
recording = read_binary("traces.dat", given["rate"], given["dtype"], len(positions), gain_to_uV=1.0, offset_to_uV=0.0)
probe = Probe(ndim=2)
probe.set_contacts(positions=positions, shapes="circle", shape_params={"radius": 5})
probe.set_device_channel_indices(np.arange(len(positions)))
recording = recording.set_probe(probe) or recording  # newer versions change it in place
found = run_sorter(given["sorter"], recording, folder="sorted", remove_existing_folder=True).to_spike_vector()
np.savez("found.npz", samples=found["sample_index"].astype(float), units=found["unit_index"])
"""
