"""Colours of all that is painted, in the dark and in the light theme, as "#rrggbb" by what they are for."""

from __future__ import annotations

DARK = {
    "view": "#15171c",
    "tile": "#23242b",
    "text": "#f0f1f2",
    "dim": "#a3a9b3",
    "faint": "#6b7280",
    "grid": "#2f333c",
    "background_spikes": "#5a616d",
    "warning": "#e3b617",
    "error": "#ff8a80",
    "good": "#5cc98a",
    "mua": "#d8b25c",
    "noise": "#8a8f98",
    "unsorted": "#c8ccd2",
    "selected_row": "#34425f",
    "bars": "#7d838d",
}
LIGHT = {
    "view": "#ffffff",
    "tile": "#f5f3f2",
    "text": "#1e1e21",
    "dim": "#55575c",
    "faint": "#8d8f94",
    "grid": "#e2dfdd",
    "background_spikes": "#b9bbc0",
    "warning": "#8a6a00",
    "error": "#b3261e",
    "good": "#1f7a45",
    "mua": "#8a5a00",
    "noise": "#6f7177",
    "unsorted": "#3f4147",
    "selected_row": "#cfdcf7",
    "bars": "#75777c",
}
RAMPS = {True: ("#15171c", "#2a6f97", "#f4e9a8"), False: ("#ffffff", "#8fc1d9", "#0b355a")}
