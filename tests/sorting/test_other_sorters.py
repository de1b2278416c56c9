"""The worked examples: sorters of other packages, in a Python of their own."""

import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from sorting.recordings import RATE, line_probe, recording
from sorting.test_spikedetect import write_set

from napari_phy.core.errors import SortingError
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.sorting import RawTraces, algorithms, spikedetect

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "other_sorters.py"
STAND_IN = """
import numpy as np


class Recording:
    def __init__(self, *, binary_file, data_type, probe_geometry, sampling_frequency):
        n_channels = len(probe_geometry)
        self.traces = np.fromfile(binary_file, data_type).reshape(-1, n_channels)


class Found:
    def __init__(self, traces, threshold):
        self.troughs = np.flatnonzero(traces.min(axis=1) < -30 * threshold)
        self.channels = traces[self.troughs].argmin(axis=1)

    def cluster_ids(self):
        return set(self.channels.tolist())

    def spikes(self, unit):
        return self.troughs[self.channels == unit]


def perform_spike_sorting(recording, *, detection_sensitivity, min_spikes_per_cluster, merging_threshold, verbose):
    return Found(recording.traces, detection_sensitivity)
"""


@pytest.fixture(autouse=True)
def example(monkeypatch):
    monkeypatch.setattr(algorithms, "_known", dict(algorithms._known))
    spec = importlib.util.spec_from_file_location("other_sorters", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_what_another_python_finds_is_a_data_set_with_clusters_masks_and_features(tmp_path, monkeypatch):
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "spikesift.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    traces, _ = recording()
    prm = write_set(tmp_path, traces)
    found = spikedetect.run(prm, "spikesift", detection_sensitivity=8.0).result()
    model = KwikModel(found.path)
    expected = np.flatnonzero(traces[:, :3].min(axis=1) < -240)
    assert model.spike_samples.tolist() == expected.tolist()
    assert model.spike_clusters.tolist() == (traces[expected, :3].argmin(axis=1) + 2).tolist()
    assert (model.masks[:].max(axis=1) > 0.9).all()
    assert found.n_clusters == {0: 3, 1: 3}
    model.close()


def test_what_another_python_lacks_is_told(tmp_path):
    raw = RawTraces(recording(n_samples=2000)[0], RATE, line_probe(6))
    job = spikedetect.run(raw, "spikesift", python=sys.executable)
    with pytest.raises(SortingError, match=r"SpikeSift failed in .*No module named 'spikesift'"):
        job.result()


@pytest.mark.soak
@pytest.mark.real_data
def test_spikesift_itself_finds_most_units(tmp_path, data_folder):
    folder = tmp_path / "python"
    make = [sys.executable, "-m", "venv", str(folder)]
    python = folder / "bin" / "python"
    try:
        subprocess.run(make, check=True, capture_output=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "spikesift"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(textwrap.shorten(f"SpikeSift cannot be installed here: {error}", 200))
    prm = data_folder / "klusta_synth32" / "synth32.prm"
    found = spikedetect.run(prm, "spikesift", path=tmp_path / "synth32.kwik", python=str(python)).result()
    assert 10 <= found.n_clusters[0] <= 40
