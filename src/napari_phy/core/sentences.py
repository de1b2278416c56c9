"""Parts of sentences: what files hold as plain text on one line, lists, and why something failed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
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


def cause_of(error: BaseException) -> str:
    """Return why something failed: what the system says, and of which file, without its number and folders."""
    if not isinstance(error, OSError) or not error.strerror:
        return re.sub(r"^\[Errno -?\d+\] ", "", str(error))
    name = Path(str(error.filename)).name if error.filename else ""
    return f"{name}: {error.strerror}" if name else error.strerror


def listed(items: Iterable[Any], limit: int = 6) -> str:
    """Return `20`, `20 and 22`, `20, 22 and 7`; beyond `limit` the rest as a number."""
    words = [str(item) for item in items]
    if len(words) > limit:
        words = [*words[: limit - 1], f"{len(words) - limit + 1} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
