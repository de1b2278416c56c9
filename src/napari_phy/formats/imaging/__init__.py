"""Cells of a movie that other programs found, read without running anything that their files hold."""

from napari_phy.formats.imaging.cells import ImagedCells
from napari_phy.formats.imaging.labels import TIFF, read_labels
from napari_phy.formats.imaging.reading import read_cells

__all__ = ["TIFF", "ImagedCells", "read_cells", "read_labels"]
