"""A web page of views that needs nothing else: no network, and no Python unless it is served."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.sentences import visible
from napari_phy.files.exports import write_picture
from napari_phy.notebook.base import STATIC, SessionWidget, script, style

LARGEST = 5 * 2**20  # bytes of a page
_OF_JUPYTER = {"layout", "tabbable", "tooltip"}
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


def synced_names(widget: SessionWidget) -> list[str]:
    """Return the names of the traits that a page has."""
    return [name for name in widget.keys if not name.startswith("_") and name not in _OF_JUPYTER]


def state_of(widget: SessionWidget) -> dict[str, Any]:
    """Return the state of a view that a page shows, as messages have it: with bytes."""
    state: dict[str, Any] = widget.get_state(synced_names(widget))
    return state


def view_of(widget: SessionWidget) -> dict[str, Any]:
    """Return a view as a page is told of it."""
    return {"id": widget.model_id, "kind": widget.script_name, "state": state_of(widget)}


def all_widgets(widgets: Sequence[SessionWidget]) -> list[SessionWidget]:
    """Return widgets, each with those that it holds behind it."""
    return [one for widget in widgets for one in (widget, *getattr(widget, "views", ()))]


def extract_buffers(value: Any, buffers: list[bytes]) -> Any:
    """Return a state in which bytes are {"$buffer": their place in `buffers`}."""
    if isinstance(value, bytes | bytearray | memoryview):
        buffers.append(bytes(value))
        return {"$buffer": len(buffers) - 1}
    if isinstance(value, dict):
        return {name: extract_buffers(one, buffers) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [extract_buffers(one, buffers) for one in value]
    return value


def page_of(widgets: Sequence[SessionWidget], title: str) -> str:
    """Return a page of views as they are now.

    Raises
    ------
    NapariPhyError
        It would be too large.
    """
    buffers: list[bytes] = []
    views = [extract_buffers(view_of(widget), buffers) for widget in all_widgets(widgets)]
    data = {"roots": [widget.model_id for widget in widgets], "views": views}
    data["buffers"] = [base64.b64encode(one).decode("ascii") for one in buffers]
    made = html(title, [widget.script_name for widget in all_widgets(widgets)], data)
    if len(made.encode()) > LARGEST:
        raise NapariPhyError(f"The page would be larger than {LARGEST // 2**20} MB. Show fewer clusters or views.")
    return made


def html(title: str, names: Sequence[str], data: dict[str, Any], connects_to: str = "") -> str:
    """Return a page.

    Parameters
    ----------
    title : str
        Its title.
    names : sequence of str
        Modules of the views that it shows.
    data : dict
        The views, or where they come from.
    connects_to : str
        The only address that it may connect to; "" for none.
    """
    shown = escape(visible(title))
    policy = _POLICY + (f"; connect-src {escape(connects_to)}" if connects_to else "")
    modules = ", ".join(f"{name}: {_as_function(name)}" for name in dict.fromkeys(names))
    text = json.dumps(data).replace("<", "\\u003c")
    return "\n".join((
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">',
        '<meta name="viewport" content="width=device-width">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        f"<title>{shown}</title><style>{style()}{_read('page.css')}</style></head>",
        f'<body><h1>{shown}</h1><div id="told" role="alert"></div><main id="views"></main>',
        f'<script type="application/json" id="data">{text}</script>',
        f"<script>{_read('host.js')}\nconst VIEWS = {{{modules}}};",
        f"{_read('page.js')}</script></body></html>",
    ))  # fmt: skip


def export_html(widgets: Sequence[SessionWidget] | SessionWidget, path: str | Path, title: str | None = None) -> Path:
    """Write a page that shows views as they are now, for people without Python; no kernel and no network is needed.

    Parameters
    ----------
    widgets : sequence of SessionWidget
        The views, in the order of the page.
    path : str or Path
        The `.html` that is written.
    title : str, optional
        Its heading; None: the name of the data set.

    Raises
    ------
    NapariPhyError
        It would be larger than 5 MB, or cannot be written.
    """
    views = [widgets] if isinstance(widgets, SessionWidget) else list(widgets)
    if not views:
        raise NapariPhyError("A page needs at least one view.")
    target = Path(path)
    text = page_of(views, views[0].session.name if title is None else title)
    write_picture(target, text.encode())
    return target


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _as_function(name: str) -> str:
    """Return a module as a function that was called, since a page has no files to import."""
    return f"(() => {{{script(name).replace('export default', 'return')}}})()"
