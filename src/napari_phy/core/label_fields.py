"""What labels can be: not named like the columns of the list, which filters mean by them, nor what no file can hold."""

from __future__ import annotations

COLUMNS = ("id", "group", "ch", "depth", "spikes", "rate", "amp", "refr")
TAKEN = (*COLUMNS, "similar")


MOST_CHARACTERS = 1000  # an attribute of a file takes 64 kB at most


def field_problem(field: str) -> str:
    """Return why a label cannot be given in a field of that name, or ""."""
    problem = text_problem(field)
    if problem:
        return problem
    if field == "color":
        return '"color" is the colour of clusters: choose another name.'
    return f'"{field}" is a column of the list: choose another name.' if field in TAKEN else ""


def text_problem(text: str) -> str:
    """Return why a file cannot hold a text in a label, or ""."""
    if len(text) > MOST_CHARACTERS:
        return f"A label has {MOST_CHARACTERS} characters at most; this one has {len(text)}."
    if any(not character.isprintable() and not character.isspace() for character in text):
        return "A label cannot have control characters."
    return ""
