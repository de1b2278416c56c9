"""Whether compiled loops can be called at once."""

import subprocess
import sys

PROGRAM = """
import sys
from napari_phy.core import compiled
from napari_phy.stats.extremes import bin_extremes
import numpy as np

bin_extremes(np.zeros((9, 2), np.int16), 4)
assert not compiled.is_loaded() and "numba" not in sys.modules
compiled.load()
assert compiled.is_loaded() and "numba" in sys.modules
"""


def test_small_work_does_not_load_numba():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
