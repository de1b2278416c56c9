"""Short summaries of objects as HTML, for notebooks: no scripts, nothing fetched, legible in light and dark themes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from napari_phy.core.colors import SELECTION_DARK, SELECTION_LIGHT
from napari_phy.core.sentences import visible

_LONGEST = 400  # characters of a text that came from a file
_CELL = "text-align:left;padding:1px 14px 1px 0;vertical-align:top"
_NUMBER = "text-align:right;padding:1px 14px 1px 0;vertical-align:top;font-variant-numeric:tabular-nums"
N_ROWS = 12  # of a table; the rest is counted


class Html(str):
    """Text that is HTML already; every other text is escaped."""

    __slots__ = ()


def as_html(value: Any) -> Html:
    """Return a value as text that acts on nothing: escaped, control characters visible, very long ones cut."""
    if isinstance(value, Html):
        return value
    text = f"{value:,}".replace(",", "\u2009") if type(value) is int else str(value)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 1]}…"
    return Html(escape(visible(text)))


def summary(title: str, facts: Mapping[str, Any], *parts: Html, notes: Iterable[str] = (), subtitle: Any = "") -> str:
    """Return a summary: a title, {name: value} below it, further parts, and sentences at the end.

    Parameters
    ----------
    title : str
        What it is, such as `"Session"`.
    facts : mapping of str to object
        Values that are None or "" are left out.
    *parts : Html
        What comes below the facts.
    notes : iterable of str
        Sentences.
    subtitle : object
        The name of this one.
    """
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL};font-weight:normal;opacity:.7">{as_html(name)}</th>'
        f'<td style="{_CELL}">{as_html(value)}</td></tr>'
        for name, value in facts.items()
        if value is not None and value != ""
    )
    head = f"<strong>{as_html(title)}</strong>{f' {as_html(subtitle)}' if subtitle != '' else ''}"
    table = f'<table style="border-collapse:collapse;margin:4px 0"><tbody>{rows}</tbody></table>' if rows else ""
    told = "".join(f'<div style="margin:2px 0">{as_html(note)}</div>' for note in notes)
    return f'<div class="napari-phy" style="font-size:13px;line-height:1.5">{head}{table}{"".join(parts)}{told}</div>'


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]], n_all: int | None = None, noun: str = "row") -> Html:
    """Return a table of the first rows, and how many more there are; numbers stand at the right.

    Parameters
    ----------
    n_all : int, optional
        How many rows there are; None: those that are given.
    noun : str
        What one row is.
    """
    if not rows:
        return Html("")
    shown = rows[:N_ROWS]
    styles = [_NUMBER if isinstance(cell, int | float) else _CELL for cell in shown[0]]

    def row(cells: Sequence[Any], tag: str, look: str = "") -> str:
        pairs = zip(cells, styles, strict=True)
        return "".join(f'<{tag} style="{style}{look}">{as_html(cell)}</{tag.split()[0]}>' for cell, style in pairs)

    head = row(heads, 'th scope="col"', ";font-weight:normal;opacity:.7")
    body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in shown)
    n_more = (len(rows) if n_all is None else n_all) - len(shown)
    more = f'<div style="opacity:.7">and {as_html(n_more)} more {noun if n_more == 1 else noun + "s"}</div>'
    return Html(
        f'<table style="border-collapse:collapse;margin:4px 0"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{more if n_more > 0 else ''}"
    )


def folded(title: str, content: str) -> Html:
    """Return HTML that is shown when its title is clicked."""
    return Html(f"<details><summary>{as_html(title)}</summary>{content}</details>")


def chip(place: int | None, text: Any) -> Html:
    """Return a text behind a square in the colour of a place of the selection; None: only the text."""
    if place is None:
        return as_html(text)
    light, dark = (palette[place % len(palette)] for palette in (SELECTION_LIGHT, SELECTION_DARK))
    square = (
        "display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em;"
        f"background:{light};background:light-dark({light},{dark})"
    )
    return Html(f'<span style="{square}" aria-hidden="true"></span>{as_html(text)}')
