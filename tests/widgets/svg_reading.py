"""What an SVG holds, with its marks where they are in the figure."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
from qtpy.QtCore import QByteArray
from qtpy.QtGui import QImage, QPainter
from qtpy.QtSvg import QSvgRenderer

NAMESPACE = "{http://www.w3.org/2000/svg}"
INHERITED = ("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width")


@dataclass(frozen=True)
class Mark:
    """An element that is seen.

    Attributes
    ----------
    points : (n, 2) px of the figure; of a circle its centre, of a text where it begins.
    look : fill, stroke and their opacity.
    clip : name of the clip path that holds it, None for none.
    """

    tag: str
    points: np.ndarray
    look: dict
    attributes: dict
    text: str
    clip: str | None

    @property
    def color(self):
        """The colour of a line, or what a shape is filled with."""
        return self.look["stroke" if self.look["stroke"] != "none" else "fill"]


class Svg:
    """An SVG that was written."""

    def __init__(self, content):
        self.content = bytes(content)
        self.root = ElementTree.fromstring(self.content)
        self.size = tuple(float(part) for part in self.root.get("viewBox").split())[2:]
        self.marks = []
        self._walk(self.root, np.eye(3), {}, None)

    def all(self, tag, color=None):
        """Return the marks of a tag, of a colour."""
        return [mark for mark in self.marks if mark.tag == tag and color in (None, mark.color)]

    @property
    def texts(self):
        return [mark.text for mark in self.all("text")]

    def clip_box(self, name):
        """Return left, top, right, bottom of a clip path that is a rectangle."""
        (path,) = self.root.findall(f".//{NAMESPACE}clipPath[@id='{name}']/{NAMESPACE}path")
        numbers = np.array(re.findall(r"-?[\d.]+", path.get("d")), float).reshape(-1, 2)
        return (*numbers.min(axis=0).tolist(), *numbers.max(axis=0).tolist())

    def image(self, scale=1):
        """Return (height, width, 3) colours as Qt draws it."""
        renderer = QSvgRenderer(QByteArray(self.content))
        assert renderer.isValid()
        width, height = (round(scale * length) for length in self.size)
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.fill(0xFFFFFFFF)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        return colors_of(image)

    def _walk(self, element, matrix, look, clip):
        for child in element:
            tag = child.tag.removeprefix(NAMESPACE)
            if tag in ("defs", "title", "desc"):
                continue
            own = {**look, **{name: child.get(name) for name in INHERITED if child.get(name) is not None}}
            within = matrix @ _matrix(child.get("transform"))
            held = clip if child.get("clip-path") is None else child.get("clip-path")[5:-1]
            if tag == "g":
                self._walk(child, within, own, held)
            else:
                points = _points(tag, child) @ within[:2, :2].T + within[:2, 2]
                self.marks.append(Mark(tag, points, own, dict(child.attrib), child.text or "", held))


def colors_of(image):
    """Return (height, width, 3) red, green and blue of an image."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def _matrix(text):
    if text is None:
        return np.eye(3)
    a, b, c, d, e, f = (float(part) for part in re.fullmatch(r"matrix\((.*)\)", text)[1].split(","))
    return np.array([[a, c, e], [b, d, f], [0, 0, 1]])


def _points(tag, element):
    if tag in ("polyline", "polygon"):
        return np.array([part.split(",") for part in element.get("points").split()], float).reshape(-1, 2)
    names = ("cx", "cy") if tag in ("circle", "ellipse") else ("x", "y")
    return np.array([[float(element.get(name) or 0) for name in names]])
