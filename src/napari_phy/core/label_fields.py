"""What labels can be: not named like the columns of the list, which filters mean by them, nor what no file can hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Container
from typing import Any

import numpy as np

_COLUMNS = ("id", "group", "ch", "depth", "spikes", "rate", "amp", "refr")
TAKEN = (*_COLUMNS, "similar")

MOST_CHARACTERS = 1000  # an attribute of a file takes 64 kB at most
MOST_IN_NAME = 100  # of a group, of a field


def field_problem(field: str, known: Container[str] = ()) -> str:
    """Return why a label cannot be given in a field of that name, or ""; `known` ones are there, however long."""
    problem = "" if field in known else name_problem(field, "The name of a label")
    if problem:
        return problem
    if field == "color":
        return '"color" is the colour of clusters: choose another name.'
    return f'"{field}" is a column of the list: choose another name.' if field in TAKEN else ""


def name_problem(name: str, what: str) -> str:
    """Return why what is new cannot have such a name, or ""; `what` names it at the beginning of the sentence."""
    if len(name) > MOST_IN_NAME:
        return f"{what} has {MOST_IN_NAME} characters at most; this one has {len(name)}."
    if any(not character.isprintable() and unicodedata.category(character) != "Zs" for character in name):
        return f"{what} cannot have line breaks or other control characters."
    return ""


def plain_value(value: Any) -> Any:
    """Return a value as `str`, `int`, `float` or `bool` where it is of such a kind, as numpy's are; else as it is."""
    value = value.item() if isinstance(value, np.generic) else value
    kind = next((kind for kind in (bool, int, float, str) if isinstance(value, kind)), None)
    return value if kind is None else kind(value)


def value_problem(value: object) -> str:
    """Return why a label cannot have a value, or ""."""
    if isinstance(value, str):
        return text_problem(value)
    if not isinstance(value, int | float):
        return f"A label is text, a number or true/false, not {type(value).__name__}."
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "A whole number in a label is smaller than 2⁶³: write this one with a decimal point, or as text."
    return ""


def text_problem(text: str) -> str:
    """Return why a file cannot hold a text in a label, or ""."""
    if len(text) > MOST_CHARACTERS:
        return f"A label has {MOST_CHARACTERS} characters at most; this one has {len(text)}."
    if any(not character.isprintable() and not character.isspace() for character in text):
        return "A label cannot have control characters."
    return ""
