"""Detection on other processes, one of which is killed, and of a long recording in little memory."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sorting.recordings import line_probe, recording

from napari_phy.formats.parameter_files.prb import ProbeFile
from napari_phy.sorting import spikedetect
from napari_phy.sorting.traces import open_raw_files

pytestmark = pytest.mark.soak

MEASURED = """
import pathlib, sys, time
from napari_phy.sorting import spikedetect
began = time.process_time()
found = spikedetect.run(sys.argv[1], path=sys.argv[2]).result()
status = pathlib.Path("/proc/self/status").read_text()  # the peak of getrusage may be that of the parent
print(found.n_spikes[0], time.process_time() - began, status.partition("VmHWM:")[2].split()[0])
"""


def raw_file(folder, n_samples=600_000):
    """Return raw traces in a file."""
    recording(n_samples=n_samples, n_channels=8, n_spikes=2000)[0].tofile(folder / "long.dat")
    probe = ProbeFile("probe", {0: line_probe(8)})
    return open_raw_files([folder / "long.dat"], probe, sample_rate=20_000.0, n_channels=8, dtype=np.int16)


def test_a_worker_that_is_killed_changes_nothing(tmp_path):
    distributed = pytest.importorskip("distributed")
    raw = raw_file(tmp_path)
    parameters = {"chunk_size_seconds": 0.1}
    alone = spikedetect.run(raw, **parameters).result().groups[0]
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        job = spikedetect.run(raw, client=client, **parameters)
        while job.progress.fraction < 0.3:
            time.sleep(0.01)
        os.kill(cluster.workers[0].pid, signal.SIGKILL)
        found = job.result().groups[0]
    assert_array_equal(found.samples, alone.samples)
    assert_array_equal(found.masks, alone.masks)
    assert_array_equal(found.features, alone.features)


def test_an_engine_of_ipyparallel_gives_the_same_bits(tmp_path):
    ipyparallel = pytest.importorskip("ipyparallel")
    raw = raw_file(tmp_path, 80_000)
    alone = spikedetect.run(raw).result().groups[0]
    with ipyparallel.Cluster(n=1) as client:
        for view in (client.load_balanced_view(), client[:]):
            found = spikedetect.run(raw, ipp_view=view).result().groups[0]
            assert_array_equal(found.samples, alone.samples)
            assert_array_equal(found.features, alone.features)


@pytest.mark.real_data
def test_ten_minutes_of_32_channels_take_little_memory_and_a_twentieth_of_their_time(tmp_path, data_folder):
    folder = data_folder / "klusta_synth32"
    text = (folder / "synth32.prm").read_text()
    many = f"raw_data_files=[{str(folder / 'synth32.dat')!r}] * 10,"
    lines = [many if "raw_data_files" in line else line for line in text.splitlines()]
    (tmp_path / "long.prm").write_text("\n".join(lines))
    (tmp_path / "synth32.prb").write_text((folder / "synth32.prb").read_text())
    command = [sys.executable, "-c", MEASURED, str(tmp_path / "long.prm"), str(tmp_path / "long.kwik")]
    for _ in range(2):  # the first may compile
        (tmp_path / "long.kwik").unlink(missing_ok=True)
        (tmp_path / "long.kwx").unlink(missing_ok=True)
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    n_spikes, cpu_s, peak_kb = int(answer[0]), float(answer[1]), int(answer[2])
    assert n_spikes == pytest.approx(74_440, abs=50)
    assert cpu_s < 600 / 20
    assert peak_kb < 300 * 1024
