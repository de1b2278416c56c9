"""The language of filters: `group == "good" and 5 <= rate < 20`, walked, never run."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from napari_phy.core.errors import FilterError
from napari_phy.query import filter_values as fv
from napari_phy.query.filter_grammar import MAX_NESTED, parse, place_of
from napari_phy.query.filter_tokens import Token, named, quoted, tokenize
from napari_phy.query.filter_values import Bools, Values

Columns = Mapping[str, Values]

_ORDERS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was understood; which rows it lets through depends on the columns.

    Understood are numbers, quoted text, null, true and false, names of columns (in backticks where they are no plain
    words), `== != < <= > >=` also in chains, `in` and `not in` of a list or of text, `is null`, `and or not` and
    `&& || !`, `+ - * / // % **`, and brackets. Case does not count in text. A row without a value is equal to null
    only, and neither smaller nor larger than anything.
    """

    text: str
    _tokens: tuple[Token, ...]
    _tree: ast.expr

    def matches(self, columns: Columns, n_rows: int) -> Bools:
        """Return (n_rows,) bool: the rows that it lets through.

        Parameters
        ----------
        columns : Columns
            By name, each of n_rows values; only those that the filter names are asked for.

        Raises
        ------
        FilterError
            A column is not there, or its values cannot be used so.
        """
        found = _Walk(self._tokens, columns).condition(self._tree)
        return np.array(np.broadcast_to(found, (n_rows,)))


def parse_filter(text: str) -> Filter:
    """Return the filter that a text means; raises FilterError with the place of what is wrong."""
    tokens = tokenize(text)
    return Filter(text, tuple(tokens), parse(tokens, len(text.rstrip())))


class _Walk:
    """Evaluates a tree on columns."""

    def __init__(self, tokens: Sequence[Token], columns: Columns) -> None:
        self._tokens = tokens
        self._columns = columns
        self._level = 0

    def condition(self, node: ast.expr) -> Bools:
        """Return where something holds."""
        value = self._walk(node)
        if isinstance(value, Values):
            if value.holds == "truths":
                return np.asarray(value.numbers == 1)
            raise self._first(node).error(self._not_a_condition(node, value))
        return value

    def values(self, node: ast.expr) -> Values:
        """Return something to compare or to reckon with."""
        value = self._walk(node)
        return value if isinstance(value, Values) else Values(value.astype(np.float64), None, "truths")

    def _walk(self, node: ast.expr) -> Values | Bools:
        self._level += 1
        try:
            if self._level > 2 * MAX_NESTED:
                raise self._first(node).error("this is nested too deep.")
            return self._evaluate(node)
        finally:
            self._level -= 1

    def _evaluate(self, node: ast.expr) -> Values | Bools:
        match node:
            case ast.Name():
                return self._operand(self._tokens[place_of(node.id)])
            case ast.BoolOp():
                join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
                result = self.condition(node.values[0])
                for other in node.values[1:]:
                    result = join(result, self.condition(other))
                return np.asarray(result)
            case ast.UnaryOp(op=ast.Not()):
                return np.asarray(~self.condition(node.operand))
            case ast.UnaryOp():
                signed = self._number_of(node.operand)
                return Values(-signed.numbers if isinstance(node.op, ast.USub) else signed.numbers)
            case ast.BinOp():
                return self._reckoned(node)
            case ast.Compare():
                return self._compared(node)
        raise self._first(node).error("a list can stand only after in.")

    def _operand(self, token: Token) -> Values:
        if token.kind == "number":
            value = float(token.text)
            if not math.isfinite(value):
                raise token.error("this number is too large.")
            return fv.number(value)
        if token.kind == "text":
            return fv.text(token.text)
        if token.kind == "truth":
            return fv.number(token.text == "true", is_truth=True)
        if token.kind == "null":
            return fv.NULL
        if token.text not in self._columns:
            raise unknown_column(token.text, self._columns, is_text=self._is_compared_with(token))
        return self._columns[token.text]

    def _number_of(self, node: ast.expr) -> Values:
        value = self.values(node)
        if value.holds == "text":
            raise self._first(node).error(f"{self._named(node)} is text; arithmetic needs numbers.")
        return value

    def _reckoned(self, node: ast.BinOp) -> Values:
        left, right = self._number_of(node.left), self._number_of(node.right)
        try:
            return fv.reckon(_SIGNS[type(node.op)], left, right)
        except OverflowError:
            raise self._first(node).error("this power is too large.") from None

    def _compared(self, node: ast.Compare) -> Bools:
        result: Bools | None = None
        left = node.left
        for sign, right in zip(node.ops, node.comparators, strict=True):
            holds = self._holds(left, sign, right)
            result = holds if result is None else result & holds
            left = right
        assert result is not None
        return np.asarray(result)

    def _holds(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Bools:
        if isinstance(sign, (ast.In, ast.NotIn)):
            found = self._within(left, right)
            return np.asarray(~found if isinstance(sign, ast.NotIn) else found)
        a, b = self._alike(left, right)
        if isinstance(sign, (ast.Eq, ast.NotEq)):
            same = fv.equal(a, b)
            return np.asarray(~same if isinstance(sign, ast.NotEq) else same)
        return fv.ordered(_ORDERS[type(sign)], a, b)

    def _within(self, left: ast.expr, right: ast.expr) -> Bools:
        if isinstance(right, (ast.Tuple, ast.List)):
            result: Bools = np.zeros(self.values(left).numbers.shape, dtype=np.bool_)
            for item in right.elts:
                result = result | fv.equal(*self._alike(left, item))
            return result
        literal = self._literal(right)
        if literal is not None and literal.kind == "number":  # a list of one, whose brackets Python drops
            return fv.equal(*self._alike(left, right))
        whole = self.values(right)
        if whole.holds not in ("text", "anything") or whole is fv.NULL:
            raise self._first(right).error("in needs a list, such as (1, 2), or text.")
        return fv.contained(self.values(left), whole)

    def _alike(self, left: ast.expr, right: ast.expr) -> tuple[Values, Values]:
        """Return two sides of a comparison, of which one is not a text and the other a column of numbers."""
        a, b = self.values(left), self.values(right)
        for value, node, other, literal in ((a, left, b, right), (b, right, a, left)):
            token = self._literal(literal)
            if token is None or not token.text:
                continue
            if value.holds in ("numbers", "truths") and other.holds == "text":
                kind = "a number" if value.holds == "numbers" else "true or false"
                raise token.error(f"{self._named(node)} is {kind}; leave the quotes out.")
            if value.holds == "text" and token.kind == "number":
                raise token.error(f"{self._named(node)} is text; put {token.text} in quotes.")
        return a, b

    # --- what is written where ---

    def _is_compared_with(self, token: Token) -> bool:
        """Return whether something stands where text would: after == or in, or in a list."""
        place = self._tokens.index(token)
        before, after = self._tokens[:place][-1:], self._tokens[place + 1 :][:1]
        goes_on = any(one.kind == "operator" and one.text not in ("and", "or") for one in after)
        return not goes_on and any(one.text in ("==", "!=", "in") or one.kind in ("open", "comma") for one in before)

    def _literal(self, node: ast.expr) -> Token | None:
        token = self._tokens[place_of(node.id)] if isinstance(node, ast.Name) else None
        return token if token is not None and token.kind in ("number", "text") else None

    def _first(self, node: ast.expr) -> Token:
        """Return the first piece of a part that has a value."""
        places = [place_of(part.id) for part in ast.walk(node) if isinstance(part, ast.Name)]
        return self._tokens[min(places, default=0)]

    def _named(self, node: ast.expr) -> str:
        return self._first(node).text if isinstance(node, ast.Name) else "this"

    def _not_a_condition(self, node: ast.expr, value: Values) -> str:
        name = self._named(node)
        if isinstance(node, ast.Name) and self._first(node).kind == "name":
            example = "> 0" if value.texts is None else "!= null"
            return f"compare {name} with something, such as {named(name)} {example}."
        return f"compare {name} with a column."


def unknown_column(name: str, columns: Columns, *, is_text: bool) -> FilterError:
    """Return that there is no such column, and what might have been meant: another one, text, a label."""
    close = get_close_matches(name.casefold(), columns)
    if close:
        return FilterError(f'There is no column "{name}". Did you mean {named(close[0])}?')
    if is_text:
        return FilterError(f'There is no column "{name}". Text goes in quotes: {quoted(name)}.')
    return FilterError(f'There is no column "{name}": no cluster has such a label yet.')
