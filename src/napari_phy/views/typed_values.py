"""Values of labels as people type and read them: numbers, true and false, and text."""

from __future__ import annotations

import math
from typing import Any

_TRUTHS = {"true": True, "false": False}  # as a filter has them, in any case


def typed_value(text: str) -> str | int | float | bool | None:
    """Return a number, true or false where the text is one, None where it is empty, else the text.

    What stands between quotes is a text, whatever it says.
    """
    text = text.strip()
    if not text:
        return None
    if _is_quoted(text):
        return text[1:-1]
    number = typed_number(text)
    return _TRUTHS.get(text.lower(), text) if number is None else number


def typed_number(text: str) -> int | float | None:
    """Return the number that a text is, whole where it is written so, or None."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def typed_text(value: str | int | float | bool | None) -> str:
    """Return what would be typed for a value: `typed_value` of it is that value again."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if typed_value(value) == value else f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


def label_text(value: Any) -> str:
    """Return the value of a label as lists show it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
