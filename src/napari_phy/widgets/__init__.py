"""Docks and their parts; `TraceView`, `WaveformView` and `RasterView` show plain arrays."""

from typing import Any

__all__ = ["RasterView", "TraceView", "WaveformView"]


def __getattr__(name: str) -> Any:
    """Import what scripts use when they ask for it: napari finds the reader sooner without."""
    if name == "RasterView":
        from napari_phy.widgets.docks.raster_view import RasterView

        return RasterView
    if name == "TraceView":
        from napari_phy.widgets.docks.trace_view import TraceView

        return TraceView
    if name == "WaveformView":
        from napari_phy.widgets.docks.waveform_view import WaveformView

        return WaveformView
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
