"""Which program found the cells of a movie is told by the files."""

from __future__ import annotations

from pathlib import Path

from napari_phy.core.errors import ImagingError
from napari_phy.formats.imaging.caiman import read_caiman
from napari_phy.formats.imaging.cells import ImagedCells
from napari_phy.formats.imaging.suite2p import TRACES, read_suite2p

_HDF5 = (".hdf5", ".h5")


def read_cells(path: str | Path) -> ImagedCells:
    """Read the cells that suite2p or CaImAn found.

    Parameters
    ----------
    path : str or Path
        A folder of suite2p (`plane0`, or one above it with a single plane), a file in it, or an HDF5 file of CaImAn.

    Raises
    ------
    ImagingError
        It is neither, or cannot be read.
    """
    path = Path(path)
    if not path.exists():
        raise ImagingError(f"{path.name} is not there: there is no such file or folder.")
    if path.suffix.lower() in _HDF5:
        return read_caiman(path)
    folder = path if path.is_dir() else path.parent
    found = [place for place in (folder, *_planes(folder)) if (place / TRACES).is_file()]
    if not found:
        raise ImagingError(f"{path.name} is no folder of suite2p with {TRACES}, and no HDF5 file of CaImAn.")
    if len(found) > 1 and found[0] != folder:
        names = ", ".join(place.name for place in found)
        raise ImagingError(f"{path.name} has the cells of {len(found)} planes; choose the folder of one: {names}.")
    return read_suite2p(found[0])


def _planes(folder: Path) -> list[Path]:
    return [*sorted(folder.glob("plane*")), *sorted(folder.glob("suite2p/plane*"))]
