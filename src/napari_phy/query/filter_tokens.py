"""The text of a filter, cut into numbers, quoted text, names, operators and brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from napari_phy.core.errors import FilterError

Kind = Literal["number", "text", "name", "null", "truth", "operator", "open", "close", "comma"]

MAX_CHARACTERS = 1000

_TOKEN = re.compile(
    r"""(?P<text>"[^"]*"|'[^']*')
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>[^\W\d]\w*(?:\.(?!\w))?|`[^`]+`)
    |(?P<operator>[=!]==|\*\*|//|<>|=<|=>|==|!=|<=|>=|&&|\|\||[-−+*/%<>!=&|^~≤≥≠])
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)""",
    re.VERBOSE,
)
_SAME: Mapping[str, str] = {"&&": "and", "||": "or", "!": "not", "−": "-", "≤": "<=", "≥": ">=", "≠": "!="}
_WORDS = frozenset({"and", "or", "not", "in", "is"})
_NULLS = frozenset({"null", "none", "nan"})
TRUTHS = frozenset({"true", "false"})
_INSTEAD: Mapping[str, str] = {
    "=": "use == to compare",
    "===": "use == to compare",
    "!==": "use != to compare",
    "<>": "use != to compare",
    "=<": "use <= to compare",
    "=>": "use >= to compare",
    "&": "use && or the word and",
    "|": "use || or the word or",
    "^": "use ** for powers",
    "~": "use ! or the word not",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a filter.

    Attributes
    ----------
    kind : Kind
        What it is; the words and, or, not, in, is are operators.
    text : str
        As it counts: without quotes, `&&` as `and`, words in small letters.
    start, stop : int
        Where it is written, from 0.
    """

    kind: Kind
    text: str
    start: int
    stop: int

    def error(self, message: str) -> FilterError:
        """Return an error at this place."""
        return FilterError(message, self.start + 1)


def tokenize(text: str) -> list[Token]:
    """Return the pieces of a filter in their order; raises FilterError for what can be no piece of one."""
    if len(text) > MAX_CHARACTERS:
        raise FilterError(f"A filter has {MAX_CHARACTERS} characters at most; this one has {len(text)}.")
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        match = _TOKEN.match(text, place)
        if match is None:
            raise FilterError(_nothing(text[place]), place + 1)
        token = _token(match)
        if token.text in _INSTEAD and token.kind == "operator":
            raise token.error(f"{_INSTEAD[token.text]}.")
        tokens.append(token)
        place = match.end()
    return tokens


def quoted(text: str) -> str:
    """Return text as a filter has it; what no quotes can hold, without its double quotes."""
    if '"' not in text:
        return f'"{text}"'
    return f"'{text}'" if "'" not in text else '"{}"'.format(text.replace('"', ""))


def named(name: str) -> str:
    """Return a column's name as a filter has it, in backticks where it needs them."""
    match = _TOKEN.fullmatch(name)
    plain = match is not None and (token := _token(match)).kind == "name" and token.text == name
    return name if plain else f"`{name.replace('`', '')}`"


def _token(match: re.Match[str]) -> Token:
    kind, text = match.lastgroup, match.group()
    start, stop = match.span()
    if kind == "text":
        return Token("text", text[1:-1], start, stop)
    if kind == "name":
        if text.startswith("`"):
            return Token("name", text[1:-1], start, stop)
        text = text.removesuffix(".")  # as the header word of a column may end
        word = text.lower()
        if word in _WORDS:
            return Token("operator", word, start, stop)
        if word in _NULLS:
            return Token("null", word, start, stop)
        if word in TRUTHS:
            return Token("truth", word, start, stop)
        return Token("name", text, start, stop)
    if kind == "operator":
        return Token("operator", _SAME.get(text, text), start, stop)
    named: Mapping[str | None, Kind] = {"number": "number", "open": "open", "close": "close", "comma": "comma"}
    return Token(named[kind], text, start, stop)


def _nothing(character: str) -> str:
    if character in "\"'`":
        return f"the closing {character} is missing."
    return f"{character} means nothing in a filter."
