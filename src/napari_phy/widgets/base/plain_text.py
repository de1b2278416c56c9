"""Text of files as Qt shows it letter by letter: a name such as `<img src=…>` is a name, not a picture."""

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

_NO_WIDTH = "\u200b"
_might_be_html: Callable[[str], bool] = getattr(Qt, "mightBeRichText")  # noqa: B009  qtpy puts it there at run time


class PlainLabel(QLabel):
    """A label that never takes its text for HTML."""

    def __init__(self, text: str = "", parent: QWidget | None = None, **properties: Any) -> None:
        super().__init__(text, parent, textFormat=Qt.TextFormat.PlainText, **properties)


def plain(text: str) -> str:
    """Return a text that Qt shows as it is where it looks for HTML, as in tooltips and napari's own labels."""
    if not _might_be_html(text):
        return text
    return text.replace("<", f"<{_NO_WIDTH}").replace("&", f"&{_NO_WIDTH}")
