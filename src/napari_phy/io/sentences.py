"""What files hold, as sentences tell of it."""

from __future__ import annotations

from typing import Any

_LONGEST = 60


def on_one_line(value: Any) -> str:
    """Return a value as text without line breaks, and no more of it than a sentence bears."""
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
