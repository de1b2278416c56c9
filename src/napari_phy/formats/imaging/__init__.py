"""Cells that suite2p and CaImAn found in a movie, read without running anything that their files hold."""

from napari_phy.formats.imaging.cells import ImagedCells
from napari_phy.formats.imaging.reading import read_cells

__all__ = ["ImagedCells", "read_cells"]
