"""What files hold, as sentences tell of it: plain text on one line."""

from __future__ import annotations

import unicodedata
from typing import Any

_LONGEST = 60


def visible(text: str) -> str:
    """Return a text in which nothing acts on who shows it: control characters are written as escapes.

    Terminals obey escape sequences, and marks of direction turn letters around. Blanks stay, of any width.
    """
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def on_one_line(value: Any) -> str:
    """Return a value as visible text without line breaks, and no more of it than a sentence bears."""
    text = visible(" ".join(str(value).split()))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")
