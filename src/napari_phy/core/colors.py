"""The two fixed palettes of a selection, and the check of a colour's spelling."""

from __future__ import annotations

import re

# One hue family per place, one list per theme: a single list for both would halve the smallest distance.
SELECTION_DARK = (
    "#2e93fa", "#fbb00f", "#e43d7b", "#96ffda", "#fec1fd", "#808501",
    "#27c0c4", "#f98178", "#679e51", "#c9b2a3", "#9a789e", "#929a9f",
)  # fmt: skip
SELECTION_LIGHT = (
    "#1e679c", "#ba4907", "#601939", "#16a787", "#13209b", "#3c350f",
    "#2786a0", "#834848", "#78a060", "#897660", "#6d4b6d", "#677073",
)  # fmt: skip
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def selection_color(place: int, dark: bool = True) -> str:
    """Return "#rrggbb" of the cluster at a place of the selection, from 0; from the thirteenth on they repeat."""
    palette = SELECTION_DARK if dark else SELECTION_LIGHT
    return palette[place % len(palette)]


def is_hollow(place: int) -> bool:
    """Return whether marks at a place of the selection are hollow: from the thirteenth on, where colours repeat."""
    return place >= len(SELECTION_DARK)


def is_color(text: object) -> bool:
    """Return whether this is a colour written "#rrggbb"."""
    return isinstance(text, str) and _COLOR.fullmatch(text) is not None
