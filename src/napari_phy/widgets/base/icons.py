"""Our line icons, tinted with a colour of the theme."""

from functools import lru_cache
from pathlib import Path

from qtpy.QtCore import QByteArray, QRectF, Qt
from qtpy.QtGui import QIcon, QPixmap
from qtpy.QtSvg import QSvgRenderer

from napari_phy.widgets.base.painting import painter_on

FOLDER = Path(__file__).parent / "icons"
_SIZES = (16, 20, 24, 32, 48, 64)
_DISABLED_OPACITY = 0.38


def icon_names() -> tuple[str, ...]:
    """Return the names that `icon` knows."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.svg")))


@lru_cache(maxsize=256)  # of a few themes; drawing one takes milliseconds, and the toolbar asks at every change
def icon(name: str, color: str, *, checked_color: str | None = None) -> QIcon:
    """Return an icon in one colour, crisp up to four times its size; disabled it is fainter.

    Raises
    ------
    FileNotFoundError
        There is no icon of that name.
    """
    svg = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for size in _SIZES:
        pixmap = _render(svg, color, size)
        result.addPixmap(pixmap, QIcon.Mode.Normal, QIcon.State.Off)
        result.addPixmap(_faded(pixmap), QIcon.Mode.Disabled, QIcon.State.Off)
        if checked_color is not None:
            result.addPixmap(_render(svg, checked_color, size), QIcon.Mode.Normal, QIcon.State.On)
    return result


def _render(svg: str, color: str, size: int) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", color).encode()))
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    with painter_on(pixmap) as painter:
        renderer.render(painter, QRectF(0, 0, size, size))
    return pixmap


def _faded(pixmap: QPixmap) -> QPixmap:
    result = QPixmap(pixmap.size())
    result.fill(Qt.GlobalColor.transparent)
    with painter_on(result) as painter:
        painter.setOpacity(_DISABLED_OPACITY)
        painter.drawPixmap(0, 0, pixmap)
    return result
