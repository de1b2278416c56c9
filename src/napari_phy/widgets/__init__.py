"""Docks and their parts; `show_session` shows a session in napari, `TraceView` and its like show plain arrays."""

from typing import Any

__all__ = ["RasterView", "TraceView", "WaveformView", "show_session"]


def __getattr__(name: str) -> Any:
    """Import what scripts use when they ask for it: napari finds the reader sooner without."""
    if name == "show_session":
        from napari_phy.widgets.window.showing import show_session

        return show_session
    if name in __all__:
        from napari_phy.widgets.docks import array_views

        return getattr(array_views, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
