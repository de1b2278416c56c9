"""Values of labels as people type and read them."""

from __future__ import annotations

import math
from typing import Any


def typed_value(text: str) -> str | int | float | None:
    """Return a number where the text is one, None where it is empty, else the text."""
    text = text.strip()
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def label_text(value: Any) -> str:
    """Return the value of a label as lists show it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
