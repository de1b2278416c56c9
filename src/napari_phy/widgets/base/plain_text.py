"""Text of files as Qt shows it letter by letter: a name such as `<img src=…>` is a name, not a picture."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

_NO_WIDTH = "\u200b"


class PlainLabel(QLabel):
    """A label that never takes its text for HTML."""

    def __init__(self, *args, **properties) -> None:
        super().__init__(*args, textFormat=Qt.TextFormat.PlainText, **properties)


def plain(text: str) -> str:
    """Return a text that Qt shows as it is where it looks for HTML, as in tooltips and napari's own labels."""
    if not Qt.mightBeRichText(text):
        return text
    return text.replace("<", f"<{_NO_WIDTH}").replace("&", f"&{_NO_WIDTH}")
