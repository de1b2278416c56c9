"""Docks and their parts; `RasterView` shows plain arrays."""

from typing import Any

__all__ = ["RasterView"]


def __getattr__(name: str) -> Any:
    """Import what scripts use when they ask for it: napari finds the reader sooner without."""
    if name == "RasterView":
        from napari_phy.widgets.raster_view import RasterView

        return RasterView
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
