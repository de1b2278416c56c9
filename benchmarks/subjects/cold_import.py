"""Importing the package in a fresh process, in turn with a process that imports numpy and h5py only."""

from __future__ import annotations

import subprocess
import sys
import time

from harness import Limit, Row, Side, Size, Watch

SIZE = Size(n_repeats=9)
HAS_PEER = False
ROWS = (
    Row(
        "a process that imports napari_phy (theirs: numpy and h5py)",
        "import",
        Limit(0.3, "ours - theirs"),
        theirs_key="numpy and h5py",
    ),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    for modules in ("numpy, h5py", "numpy, h5py, napari_phy"):
        _seconds(modules)  # the first ever compiles
    for _ in range(size.n_repeats):
        watch.add("numpy and h5py", _seconds("numpy, h5py"))
        watch.add("import", _seconds("numpy, h5py, napari_phy"))


def _seconds(modules: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {modules}"], check=True)
    return time.perf_counter() - start
