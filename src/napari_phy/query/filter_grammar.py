"""The order in which the pieces of a filter may stand, and the tree they make."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from napari_phy.core.errors import FilterError
from napari_phy.query.filter_tokens import Token

MAX_NESTED = 40
_BEFORE = frozenset({"not", "-", "+"})  # operators of one value
_BETWEEN = frozenset(
    {"and", "or", "in", "is", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "//", "%", "**"}
)  # operators of two values
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_WRITTEN = {"{": "[", "}": "]"}


def operand(place: int) -> str:
    """Return the name in the tree of the piece at a place: no word of Python, whatever was typed."""
    return f"_{place}"


def place_of(name: str) -> int:
    """Return the place of the piece with a name in the tree."""
    return int(name[1:])


def parse(tokens: Sequence[Token], end: int) -> ast.expr:
    """Return the tree of a filter, in which a name stands for each number, text and column.

    Parameters
    ----------
    tokens : sequence of Token
        Tokens of the filter.
    end : int
        Length of its text.

    Raises
    ------
    FilterError
        A piece stands where it cannot; the error has the column of the first one.
    """
    order = _Order()
    for place, token in enumerate(tokens):
        order.take(place, token, tokens[place + 1] if place + 1 < len(tokens) else None)
    order.finish(end)
    try:
        return ast.parse(" ".join(order.words), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:  # nothing known gets here
        raise FilterError("This filter cannot be understood.") from error


class _Order:
    """Takes one piece after the other and writes the source of the tree; knows whether a value must come next."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._brackets: list[Token] = []
        self._before: Token | None = None
        self._n_signs = 0  # in a row, of one value
        self._wants_value = True

    def take(self, place: int, token: Token, following: Token | None) -> None:
        """Write one piece."""
        if token.kind == "close":
            self._close(token)
        elif not self._wants_value:
            self._join(token, following)
        elif token.kind == "open":
            self._brackets.append(token)
            self.words.append(_WRITTEN.get(token.text, token.text))
        elif token.kind == "operator" and token.text in _BEFORE:
            self._sign(token)
        elif token.kind in ("operator", "comma"):
            raise token.error(f"a value is missing before {token.text}.")
        else:
            self.words.append(operand(place))
            self._wants_value, self._n_signs = False, 0
        self._before = token
        if len(self._brackets) + self._n_signs > MAX_NESTED:
            raise token.error("this is nested too deep.")

    def finish(self, end: int) -> None:
        """Refuse what breaks off."""
        if self._wants_value:
            after = "" if self._before is None else f" after {self._before.text}"
            clause = f"a value is missing{after}."
            raise FilterError(clause, end + 1)
        if self._brackets:
            raise self._brackets[-1].error(f"{self._brackets[-1].text} is not closed.")

    def _sign(self, token: Token) -> None:
        before = self._before
        self._n_signs += 1
        if token.text != "not":
            self.words.append(token.text)
        elif before is not None and before.text == "is":
            self.words[-1] = "!="
        elif before is None or before.kind in ("open", "comma") or before.text in ("and", "or", "not"):
            self.words.append("not")
        else:
            raise token.error("put brackets around the not and what it negates.")

    def _close(self, token: Token) -> None:
        if not self._brackets or _PAIRS[self._brackets[-1].text] != token.text:
            raise token.error(f"no bracket is open that {token.text} closes.")
        if self._wants_value and (self._before is None or self._before.kind not in ("open", "comma")):
            raise token.error(f"a value is missing before {token.text}.")
        self._brackets.pop()
        self.words.append(_WRITTEN.get(token.text, token.text))
        self._wants_value = False

    def _join(self, token: Token, following: Token | None) -> None:
        """Write what stands between two values."""
        if token.kind == "open":
            what = "nothing can be called here" if token.text == "(" else "nothing can be picked out here"
            raise token.error(f"{what}; an operator is missing before {token.text}.")
        if token.kind == "comma" and not self._brackets:
            raise token.error("put a list in brackets.")
        is_not_in = token.text == "not" and following is not None and following.text == "in"
        if token.kind == "comma" or (token.kind == "operator" and (token.text in _BETWEEN or is_not_in)):
            self.words.append("==" if token.text == "is" else token.text)
            self._wants_value = not is_not_in
        else:
            raise token.error(f"an operator is missing before {token.text}.")
