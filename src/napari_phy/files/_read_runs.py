"""The loop that reads many runs of a file; a module of its own, so that numba is imported only when needed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import types

from napari_phy.core.compiled import compiled

_pread = types.ExternalFunction("pread", types.int64(types.int32, types.uintp, types.uintp, types.int64))


@compiled
def read_runs(
    descriptor: int, offsets: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], out: npt.NDArray[np.uint8]
) -> int:
    """Fill `out` with the bytes of one run after the other; return how many runs were read before one failed."""
    place = out.ctypes.data
    for run in range(len(offsets)):
        done = 0
        while done < sizes[run]:
            count = _pread(
                descriptor, np.uintp(place + done), np.uintp(sizes[run] - done), np.int64(offsets[run] + done)
            )
            if count <= 0:
                return run
            done += count
        place += sizes[run]
    return len(offsets)
