"""Values of labels as people type them."""

from __future__ import annotations

import math


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
