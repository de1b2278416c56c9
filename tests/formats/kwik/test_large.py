"""Data sets larger than memory open with little more memory than their times and clusters take."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.large import write_large

BYTES = 8 + 4  # of a spike: its time and its cluster

OPEN = """
    import json, resource, sys, time, tracemalloc
    import numpy as np
    from napari_phy.formats.kwik.model import KwikModel

    path, measure = sys.argv[1], sys.argv[2] == "memory"
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if measure:
        tracemalloc.start()
    start = time.perf_counter()
    model = KwikModel(path)
    seconds = time.perf_counter() - start
    peak = tracemalloc.get_traced_memory()[1] if measure else 0
    rows = model.features[[3, model.n_spikes - 1]]
    print(json.dumps({
        "peak": peak,
        "resident": unit * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before),
        "seconds": seconds,
        "n_spikes": model.n_spikes,
        "last": int(model.spike_samples[-1]),
        "shape": list(model.features.shape),
        "row": [float(rows[0, -1]), float(rows[1, -1])],
        "clusters": len(model.cluster_ids),
        "recordings": np.unique(model.spike_recordings).tolist(),
    }))
"""


def opened(path: Path, measure: str = "memory") -> dict:
    """Open the data set in a process of its own; return what it took and found."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(OPEN), str(path), measure], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("n_recordings", [1, 3])
def test_opening_takes_little_more_memory_than_times_and_clusters(tmp_path: Path, n_recordings: int) -> None:
    n = 5_000_000
    path = tmp_path / "large.kwik"
    write_large(path, n, 10_000, n_recordings=n_recordings)
    assert path.with_suffix(".kwx").stat().st_size > 4e11
    assert path.with_suffix(".kwx").stat().st_blocks * 512 < 1e7
    found = opened(path)
    assert found["peak"] <= 1.5 * BYTES * n
    assert found["resident"] <= 2.5 * BYTES * n
    assert found["n_spikes"] == n
    assert found["shape"] == [n, 10_000]
    assert found["row"] == [0.0, 1.0]
    assert found["clusters"] == 500
    assert found["last"] == (n - 1) * 10
    assert found["recordings"] == list(range(n_recordings))


def test_times_out_of_order_take_no_more_than_their_order_besides(tmp_path: Path) -> None:
    n = 2_000_000
    path = tmp_path / "large.kwik"
    write_large(path, n, 100)
    with h5py.File(path, "r+") as file:
        samples = file["channel_groups/0/spikes/time_samples"]
        samples[...] = np.random.default_rng(0).permutation(samples[()])
    found = opened(path)
    assert found["peak"] <= 2.5 * BYTES * n
    assert found["last"] == (n - 1) * 10


@pytest.mark.soak
def test_a_hundred_million_spikes_and_a_terabyte_of_features(tmp_path: Path) -> None:
    n = 100_000_000
    path = tmp_path / "huge.kwik"
    write_large(path, n, 1250, n_recordings=3)
    assert path.with_suffix(".kwx").stat().st_size >= 1e12
    found = opened(path, "time")
    assert found["resident"] <= 2.5 * BYTES * n + 8 * n  # spike_recordings were asked for
    assert found["n_spikes"] == n
    assert opened(path)["peak"] <= 2.5 * BYTES * n
