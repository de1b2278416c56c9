"""What `?` shows of a view: a sketch, three lines, and the rest behind a button."""

from pathlib import Path

from qtpy.QtCore import QByteArray, QPoint, QRectF, Qt
from qtpy.QtGui import QPixmap
from qtpy.QtSvg import QSvgRenderer
from qtpy.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_phy.core.colors import selection_color
from napari_phy.widgets.base.painting import painter_on
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens

FOLDER = Path(__file__).parent / "sketches"
N_LINES = 3
_SKETCH_PX = 120, 72


class HelpPopup(QFrame):
    """Stays until a click elsewhere, or Esc.

    Parameters
    ----------
    title : str
        Title of the view, whose sketch is shown.
    explanation : str
        Lines; `N_LINES` of them are shown at once.
    button : QWidget
        Below which it appears.
    """

    def __init__(self, title: str, explanation: str, theme: Tokens, button: QWidget) -> None:
        super().__init__(button, Qt.WindowType.Popup)
        self.setObjectName("napari-phy-help")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._button = button
        lines = explanation.splitlines()
        name = PlainLabel(title)
        name.setObjectName("title")
        self.summary, self.rest = (PlainLabel("\n".join(part)) for part in (lines[:N_LINES], lines[N_LINES:]))
        self.rest.hide()
        self.sketch = PlainLabel()
        self.sketch.setPixmap(sketch(title, theme, self.devicePixelRatioF()))
        self.more_button = QPushButton("More")
        self.more_button.setVisible(bool(self.rest.text()))
        self.more_button.clicked.connect(lambda *_: self.show_rest())
        words = QVBoxLayout()
        for widget in (name, self.summary):
            words.addWidget(widget)
        words.addStretch()
        top = QHBoxLayout()
        top.setSpacing(theme.px(14))
        top.addWidget(self.sketch, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*4 * (theme.px(12),))
        column.addLayout(top)
        column.addWidget(self.rest)
        column.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignRight)
        self.setStyleSheet(
            f"""
            #napari-phy-help {{ background: {theme.panel}; border: 1px solid {theme.grid}; }}
            QLabel {{ background: transparent; color: {theme.text}; font-size: {theme.px(BODY_PX)}px;
                font-weight: normal; padding: 0; }}
            #title {{ font-weight: bold; }}
            QPushButton {{ background: transparent; color: {theme.dim}; border: none; font-size: {theme.px(AXIS_PX)}px;
                padding: {theme.px(2)}px {theme.px(6)}px; }}
            QPushButton:hover {{ color: {theme.text}; }}
            """
        )
        self._place()

    def show_rest(self) -> None:
        """Show all lines."""
        self.rest.show()
        self.more_button.hide()
        self._place()

    def _place(self) -> None:
        """Stand below the button, as far to the left as the screen needs."""
        self.adjustSize()
        room = self._button.screen().availableGeometry()
        below = self._button.mapToGlobal(QPoint(0, self._button.height()))
        left = min(below.x(), room.right() - self.width())
        top = below.y() if below.y() + self.height() <= room.bottom() else room.bottom() - self.height()
        self.move(max(left, room.left()), max(top, room.top()))


def sketch(title: str, theme: Tokens, pixel_ratio: float = 1.0) -> QPixmap:
    """Return a drawing of a view, with two clusters in their colours.

    Raises
    ------
    FileNotFoundError
        There is none of that title.
    """
    svg = (FOLDER / f"{title.lower().replace(' ', '_')}.svg").read_text(encoding="utf-8")
    for place in (0, 1):
        svg = svg.replace(selection_color(place, True), selection_color(place, theme.dark))
    width, height = map(theme.px, _SKETCH_PX)
    pixmap = QPixmap(round(width * pixel_ratio), round(height * pixel_ratio))
    pixmap.setDevicePixelRatio(pixel_ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", theme.dim).encode()))
    with painter_on(pixmap) as painter:
        renderer.render(painter, QRectF(0, 0, width, height))
    return pixmap
