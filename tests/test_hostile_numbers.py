"""No number in a file ends the program in a compiled loop."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "soak" / "hostile_numbers.py"


@pytest.mark.parametrize("setting", ["NUMBA_DISABLE_JIT", pytest.param("NUMBA_BOUNDSCHECK", marks=pytest.mark.soak)])
def test_every_compiled_loop_takes_what_nobody_measured(setting, tmp_path):
    environment = {**os.environ, setting: "1", "NUMBA_CACHE_DIR": str(tmp_path), "QT_QPA_PLATFORM": "minimal"}
    done = subprocess.run([sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    if setting == "NUMBA_DISABLE_JIT":
        assert done.stdout == "", "loops that were not run"
