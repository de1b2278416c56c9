"""Make a clustering from the cluster of each spike."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness import Limit, Row, Side, Size, Watch, random_clusters
from sides import clustering_class

SIZE = Size(n_repeats=3)
HAS_PEER = True
ROWS = (
    Row("construct", "construct", Limit(0.25)),
    Row("the first in a process", "first"),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    spike_clusters = random_clusters(size)
    make = clustering_class(side)
    for _ in range(size.n_repeats):
        watch.time("construct", make, spike_clusters)
    watch.add("first", _first(side, size))


def _first(side: Side, size: Size) -> float:
    """Return the seconds in a process that has imported the module and no more."""
    name = "napari_phy.ClusterManager" if side == "ours" else "phy.cluster.clustering.Clustering"
    module, _, attribute = name.rpartition(".")
    code = f"""
        import time, harness
        from {module} import {attribute} as make
        spike_clusters = harness.random_clusters(harness.Size({size.n_spikes}, {size.n_clusters}))
        start = time.perf_counter()
        make(spike_clusters)
        print(time.perf_counter() - start)
    """
    code = "\n".join(line.strip() for line in code.splitlines())
    folder = Path(__file__).parents[1]
    return float(subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, check=True).stdout)
