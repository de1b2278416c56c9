"""`napari-phy open` and `napari-phy demo`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from napari_phy.cli.answers import Answer
from napari_phy.core.errors import MissingDataError


def open_in_napari(path: Path) -> Answer:
    """Open a data set in napari and stay until the window is closed."""
    if not path.is_file():
        raise MissingDataError(f"There is no file {path}.")
    import napari

    viewer = napari.Viewer()
    viewer.open(str(path), plugin="napari-phy")
    napari.run()
    return Answer({"opened": str(path)}, ())


def open_demo() -> Answer:
    """Open a fresh copy of the sample in napari, and say where it is."""
    from napari_phy.sample_data import fresh_copy

    path = fresh_copy(Path(tempfile.mkdtemp(prefix="napari-phy-demo-")))
    print(f"A fresh copy of the sample is in {path.parent}.", file=sys.stderr, flush=True)
    return open_in_napari(path)
