"""Filters mean what they say, refuse what means nothing, and run nothing."""

import ast
import math
import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import FilterError
from napari_phy.query import filter_values as fv
from napari_phy.query.filter_language import parse_filter
from napari_phy.query.filter_tokens import MAX_CHARACTERS, named, quoted, tokenize

ROWS = {
    "id": [3, 5, 8, 13, 21],
    "group": ["good", "mua", "noise", "unsorted", "good"],
    "rate": [0.5, 4.0, math.nan, 20.0, 5.0],
    "amp": [-12.5, 40.0, 55.0, math.nan, 100.0],
    "note": ["Axon", None, 3, "put-int", True],
    "checked": [True, None, False, None, True],
}
N = 5
COLUMNS = {
    "group": fv.texts(ROWS["group"]),
    **{name: fv.numbers(ROWS[name]) for name in ("id", "rate", "amp")},
    **{name: fv.anything(ROWS[name]) for name in ("note", "checked")},
}


def found(text):
    """Return the ids of the rows that a filter lets through."""
    return [ROWS["id"][row] for row in np.flatnonzero(parse_filter(text).matches(COLUMNS, N))]


def complaint(text):
    with pytest.raises(FilterError) as caught:
        found(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ('group == "good"', [3, 21]),
        ("group != 'good'", [5, 8, 13]),
        ('group == "GOOD"', [3, 21]),
        ("rate > -1", [3, 5, 13, 21]),
        ("amp < -12", [3]),
        ("amp > −13 && amp ≤ 40", [3, 5]),
        ("4 <= rate < 20", [5, 21]),
        ("1 < 2 < 3", [3, 5, 8, 13, 21]),
        ("rate * 10 == amp and id > 3", [5]),
        ("(id - 1) // 4 % 2 == 1", [5, 8, 13, 21]),
        ("id ** 2 > 100", [13, 21]),
        ("-id < - 10", [13, 21]),
        ("id in (3, 8)", [3, 8]),
        ("id in [5]", [5]),
        ("id in (5)", [5]),
        ("id not in {3, 8, 21}", [5, 13]),
        ('group in ("good", "mua")', [3, 5, 21]),
        ('"uns" in group', [13]),
        ('note == "axon"', [3]),
        ("note == 3", [8]),
        ("note == null", [5]),
        ("note is not null", [3, 8, 13, 21]),
        ("rate is null or amp == nan", [8, 13]),
        ("checked", [3, 21]),
        ("not checked", [5, 8, 13]),
        ("checked == false", [8]),
        ("!(rate > 1) || id == 21", [3, 8, 21]),
        ("rate > 1 AND NOT id == 5", [13, 21]),
        ("amp / 0 > 0", []),
        ("rate. < 0", []),
        ("rate ** 0.5 < 0 or amp ** 0.5 > 0", [5, 8, 21]),
    ],
)
def test_what_filters_let_through(text, ids):
    assert found(text) == ids


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('group = "good" and spikes >', "Column 7: use == to compare."),
        ("ampl > 3", 'There is no column "ampl". Did you mean amp?'),
        ("group == good", 'There is no column "good". Text goes in quotes: "good".'),
        ("id in (3, good)", 'There is no column "good". Text goes in quotes: "good".'),
        ("dendrite != null", 'There is no column "dendrite": no cluster has such a label yet.'),
        ("rate > 1 and (dendrite == good)", 'There is no column "dendrite": no cluster has such a label yet.'),
        ("refractor < 1 or rate > tempo", 'There is no column "refractor": no cluster has such a label yet.'),
        ("rate >", "Column 7: a value is missing after >."),
        ("", "Column 1: a value is missing."),
        ("rate > 1 5", "Column 10: an operator is missing before 5."),
        ("(rate > 1", "Column 1: ( is not closed."),
        ("rate > 1)", "Column 9: no bracket is open that ) closes."),
        ("(rate > 1]", "Column 10: no bracket is open that ] closes."),
        ("rate => 1", "Column 6: use >= to compare."),
        ("rate > 1 & amp > 1", "Column 10: use && or the word and."),
        ('group == "good', 'Column 10: the closing " is missing.'),
        ("id in 1, 2", "Column 8: put a list in brackets."),
        ("rate in id", "Column 9: in needs a list, such as (1, 2), or text."),
        ("amp", "Column 1: compare amp with something, such as amp > 0."),
        ("rate > 1 and 5", "Column 14: compare 5 with a column."),
        ("(1, 2)", "Column 2: a list can stand only after in."),
        ('id == "5"', "Column 7: id is a number; leave the quotes out."),
        ("group == 5", "Column 10: group is text; put 5 in quotes."),
        ("group + 1 > 3", "Column 1: group is text; arithmetic needs numbers."),
        ("9 ** 9 ** 9 > id", "Column 1: this power is too large."),
        ("id ** 999 > 1", "Column 1: this power is too large."),
        ("id < " + "9" * 400, "Column 6: this number is too large."),
        ("(" * 99 + "id" + ")" * 99, "Column 41: this is nested too deep."),
        ("-" * 99 + "id", "Column 41: this is nested too deep."),
        ("id" + "+id" * 300 + " > 1", "Column 1: this is nested too deep."),
        ("x" * (MAX_CHARACTERS + 1), f"A filter has {MAX_CHARACTERS} characters at most; this one has 1001."),
        ("rate == not 3", "Column 9: put brackets around the not and what it negates."),
    ],
)
def test_what_is_refused_and_why(text, words):
    assert complaint(text) == words


@pytest.mark.parametrize(
    "text",
    [
        '__import__("os").system("true")',
        "(lambda: 1)()",
        "id.__class__",
        "rate[0]",
        "[id for id in rate]",
        "id if rate else amp",
        'f"{id}" == group',
        "(id := 3)",
        "exec('1')",
        "await id",
        "*id",
        "id; rate",
        "id\nimport os",
        "{1: 2}",
        "...",
        "`a`.`b`",
    ],
)
def test_nothing_is_run(text):
    assert complaint(text)


def test_only_names_of_its_own_reach_the_tree():
    tree = parse_filter('`exec` == "os" and os > 3')._tree
    assert {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} == {"_0", "_2", "_4", "_6"}
    assert not any(isinstance(node, (ast.Constant, ast.Call, ast.Attribute)) for node in ast.walk(tree))


@given(st.text(max_size=60) | st.text("id ratenogup()[]{},.\"'`=<>!&|+-*/%0123456789", max_size=60))
def test_any_text_is_a_filter_or_refused(text):
    try:
        matches, refusal = parse_filter(text).matches(COLUMNS, N), None
    except FilterError as error:
        matches, refusal = None, error
    if refusal is None:
        assert (matches.shape, matches.dtype) == ((N,), bool)
    else:
        assert refusal.column is None or 1 <= refusal.column <= len(text) + 1


@given(st.text(min_size=1, max_size=20))
def test_any_name_and_text_can_be_written(word):
    (column,) = tokenize(named(word.replace("`", "") or "x"))
    assert (column.kind, column.text) == ("name", word.replace("`", "") or "x")
    (value,) = tokenize(quoted(word))
    assert value.text == word or '"' in word


# --- against a plain evaluation, row by row ---

COMPARE = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
RECKON = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod,
}  # fmt: skip


def plain(value):
    """Return a value as the oracle has it: a number, small letters or None."""
    if isinstance(value, str):
        return value.casefold()
    return None if value is None or math.isnan(value) else float(value)


def compare_plainly(sign, a, b):
    if sign in ("==", "!="):
        return COMPARE[sign](a, b)
    comparable = a is not None and b is not None and isinstance(a, str) == isinstance(b, str)
    return comparable and COMPARE[sign](a, b)


def reckon_plainly(sign, a, b):
    if not isinstance(a, float) or not isinstance(b, float):
        return None
    try:
        return RECKON[sign](a, b)
    except ZeroDivisionError:
        return None


def column_of(*names):
    return st.sampled_from(names).map(lambda name: (name, lambda row: plain(ROWS[name][row])))


def just(text, value):
    return text, lambda row: plain(value)


literal = st.sampled_from([-3, 0, 1, 2.5, 4, 5, 20, 100]).map(lambda number: just(str(number), number))
words = st.sampled_from(["good", "AXON", "put-int", "x"]).map(lambda word: just(f'"{word}"', word))
null = st.just(just("null", None))


def reckoned(parts):
    return st.tuples(parts, st.sampled_from(sorted(RECKON)), parts).map(
        lambda p: (f"({p[0][0]} {p[1]} {p[2][0]})", lambda row: reckon_plainly(p[1], p[0][1](row), p[2][1](row)))
    )


def negated(parts):
    return parts.map(lambda p: (f"(-{p[0]})", lambda row: None if p[1](row) is None else -p[1](row)))


number = st.recursive(
    column_of("id", "rate", "amp") | literal, lambda parts: reckoned(parts) | negated(parts), max_leaves=4
)
mixed = column_of("note")


def compared(sides):
    return st.tuples(sides, st.sampled_from(sorted(COMPARE)), sides, st.sampled_from(sorted(COMPARE)), sides).map(
        lambda p: (
            f"{p[0][0]} {p[1]} {p[2][0]} {p[3]} {p[4][0]}",
            lambda row: (
                compare_plainly(p[1], p[0][1](row), p[2][1](row)) and compare_plainly(p[3], p[2][1](row), p[4][1](row))
            ),
        )
    )


def listed(sides, items):
    return st.tuples(sides, st.sampled_from(["in", "not in"]), st.lists(items, min_size=2, max_size=4)).map(
        lambda p: (
            f"{p[0][0]} {p[1]} ({', '.join(item[0] for item in p[2])})",
            lambda row: (p[0][1](row) in [item[1](row) for item in p[2]]) == (p[1] == "in"),
        )
    )


def joined(parts):
    both = st.tuples(parts, st.sampled_from(["and", "or", "&&", "||"]), parts).map(
        lambda p: (
            f"({p[0][0]} {p[1]} {p[2][0]})",
            lambda row: (p[0][1](row) and p[2][1](row)) if p[1] in ("and", "&&") else (p[0][1](row) or p[2][1](row)),
        )
    )
    opposite = st.tuples(st.sampled_from(["not ", "!"]), parts).map(
        lambda p: (f"{p[0]}({p[1][0]})", lambda row: not p[1][1](row))
    )
    return both | opposite


conditions = st.recursive(
    compared(number | null)
    | compared(mixed | null)
    | compared(column_of("group") | words)
    | listed(column_of("id", "rate"), literal)
    | listed(column_of("group") | mixed, words),
    joined,
    max_leaves=6,
)


@given(conditions)
def test_columns_at_once_are_rows_one_by_one(condition):
    text, holds = condition
    if len(text) > MAX_CHARACTERS:
        return
    assert parse_filter(text).matches(COLUMNS, N).tolist() == [bool(holds(row)) for row in range(N)]
