"""Names that fields of labels can have: not those of the columns of the list, which filters mean by them."""

from __future__ import annotations

COLUMNS = ("id", "group", "ch", "depth", "spikes", "rate", "amp", "refr")
TAKEN = (*COLUMNS, "similar")


def field_problem(field: str) -> str:
    """Return why a label cannot be given in a field of that name, or ""."""
    if field == "color":
        return '"color" is the colour of clusters: choose another name.'
    return f'"{field}" is a column of the list: choose another name.' if field in TAKEN else ""
