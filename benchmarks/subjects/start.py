"""Start the program with a small data set until every view is drawn, in turn with napari alone, on one display."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from data_set import RESULTS
from harness import Limit, Row, Side, Size, Watch

SIZE = Size(n_repeats=5)
HAS_PEER = False
ON_DISPLAY = True
_PROGRAM = Path(__file__).parents[1] / "start_napari.py"
ROWS = (
    Row(
        "a process opens the sample, to the last paint of all docks (theirs: napari)",
        "start",
        Limit(1.9, "ours / theirs"),
        theirs_key="napari",
    ),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    from napari_phy.sample_data import fresh_copy

    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        kwik = fresh_copy(Path(folder) / "sample")
        for turn in range(size.n_repeats + 1):
            home = Path(folder) / "home"
            for key, arguments in (("napari", []), ("start", [str(kwik)])):
                shutil.rmtree(home, ignore_errors=True)
                seconds = _seconds([sys.executable, str(_PROGRAM), str(home), *arguments])
                watch.add(key if turn else f"{key}, first", *seconds)  # the first ever compiles


def _seconds(command: list[str]) -> tuple[float, float]:
    """Return wall and processor seconds until the program says that all was painted, and end it."""
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        words = program.stdout.readline().split()
        program.wait()
    if len(words) != 2:
        raise SystemExit(f"{_PROGRAM.name} ended with {program.returncode} before all was painted.")
    painted, cpu = map(float, words)
    return painted - start, cpu
