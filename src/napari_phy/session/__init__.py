"""One open data set: the model, its clustering, what is selected, and where edits are kept."""

from napari_phy.session.open_clustering import OpenClustering
from napari_phy.session.session import Session, open_session

__all__ = ["OpenClustering", "Session", "open_session"]
