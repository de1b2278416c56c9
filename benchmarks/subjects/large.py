"""A clustering of 100 million spikes: time and memory to make it, edits."""

from __future__ import annotations

from pathlib import Path

from harness import Limit, Row, Side, Size, Watch
from sides import clustering_class, digest

from subjects.series import large_cluster_spikes, merges_and_splits, skewed_clusters, time_series

SIZE = Size(n_spikes=100_000_000, n_repeats=5)
HAS_PEER = True
PEER_BYTES = 10 * 2**30  # what the peer takes at its peak, its input and some room included
PEER_ONCE = True
ROWS = (
    Row("construct", "construct", Limit(3.0)),
    Row("  peak memory beyond the input", "memory", Limit(0.8 * 2**30), unit="B"),
    Row("merge 2", "merge", Limit(1e-4)),
    Row("  undo", "undo", Limit(1e-4)),
    Row("  redo", "redo", Limit(1e-4)),
    Row("50 merges + 50 splits of 10 k sorted ids", "both", Limit(0.050)),
    Row("  100 undos", "both, undone"),
    Row("  100 redos", "both, redone"),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    make = clustering_class(side)
    spike_clusters = skewed_clusters(size)
    chosen = large_cluster_spikes(spike_clusters, size)
    forget_peak()
    before = memory_bytes("VmRSS")
    clustering = watch.time("construct", make, spike_clusters)
    if before is not None:
        watch.add("memory", (memory_bytes("VmHWM") or 0) - before)
    for i in range(size.n_repeats if side == "ours" else 1):
        last = size.n_clusters - 1 - 2 * i
        watch.time("merge", clustering.merge, [last - 1, last])
        watch.time("undo", clustering.undo)
        watch.time("redo", clustering.redo)
        clustering.undo()
    if side == "ours":  # the peer would take many minutes
        time_series(watch, "both", clustering, merges_and_splits(clustering, size, chosen))
        for _ in range(size.n_edits):
            clustering.undo()
    watch.digest = digest([clustering])


def memory_bytes(name: str) -> int | None:
    """Return a size from Linux' account of this process, None elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith(name + ":"))


def forget_peak() -> None:
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
