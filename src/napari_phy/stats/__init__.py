"""Pure functions on arrays."""

from napari_phy.stats.correlograms import correlograms, symmetrise
from napari_phy.stats.lasso import points_in_polygon
from napari_phy.stats.similarity import cosine_similarity

__all__ = ["correlograms", "cosine_similarity", "points_in_polygon", "symmetrise"]
