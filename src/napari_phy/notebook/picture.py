"""A picture as a list of what is to be drawn: a view makes it once, and the browser draws it in either theme.

Colours are names of `views.theme_colors`, `s0`, `s1` … for the places of a selection, or "#rrggbb"; so a picture need
not be made anew when the theme changes, and it can be drawn where no Python runs. Places are px, in eighths, as 16-bit
integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.colors import SELECTION_DARK
from napari_phy.views.rectangles import BODY_PX, Rectangle

Align = Literal["left", "center", "right"]
STEPS = 8  # of a px
BREAK = -(2**15)  # between two lines
_LARGEST = 2**15 - 1
_NARROW, _WIDE = frozenset("iljI.,:;|!'() \u2009"), frozenset("mwMWµ%@")


class TypeOfBrowser:
    """How much room text takes in a browser, near enough for a layout; it fulfils `views.rectangles.TypeSizes`."""

    def px(self, size: float) -> int:
        """Return a length in px: pages are scaled by the browser."""
        return max(1, round(size))

    def text_width(self, text: str, size: float = BODY_PX, *, bold: bool = False) -> float:
        """Return the width in px of a text that is `size` px high."""
        letters = sum(0.3 if one in _NARROW else 0.85 if one in _WIDE else 0.56 for one in text)
        return letters * size * (1.06 if bold else 1.0)


TYPE = TypeOfBrowser()


def selection_ink(place: int) -> str:
    """Return the name of the colour of a place of the selection."""
    return f"s{place % len(SELECTION_DARK)}"


class Picture:
    """Collects what is to be drawn; later things lie over earlier ones.

    Parameters
    ----------
    width, height : int
        Of the picture, in px.
    label : str
        What a screen reader says of it.
    """

    def __init__(self, width: int, height: int, label: str = "") -> None:
        self.width, self.height, self.label = width, height, label
        self._parts: list[dict[str, Any]] = []

    def rectangles(self, boxes: npt.ArrayLike | Sequence[Rectangle], color: str, *, alpha: float = 1.0) -> None:
        """Fill (n, 4) rectangles: left, top, width, height."""
        self._add("rects", np.asarray(boxes, dtype=np.float64).reshape(-1, 4), color=color, alpha=alpha)

    def frames(self, boxes: npt.ArrayLike | Sequence[Rectangle], color: str, width: float = 1.0) -> None:
        """Draw the outlines of (n, 4) rectangles."""
        self._add("frames", np.asarray(boxes, dtype=np.float64).reshape(-1, 4), color=color, line=width)

    def lines(
        self,
        lines: Iterable[npt.ArrayLike] | npt.NDArray[np.floating],
        color: str,
        width: float = 1.0,
        *,
        alpha: float = 1.0,
        dash: tuple[float, ...] = (),
    ) -> None:
        """Draw lines, each of (k, 2) points."""
        self._add("lines", _broken(lines), color=color, line=width, alpha=alpha, dash=list(dash), breaks=True)

    def polygons(self, outlines: Iterable[npt.ArrayLike], color: str, *, alpha: float = 1.0, rim: str = "") -> None:
        """Fill polygons, each of (k, 2) points; `rim` is the colour of their outlines, "" for none."""
        self._add("polygons", _broken(outlines), color=color, alpha=alpha, rim=rim, breaks=True)

    def discs(self, discs: npt.ArrayLike, fill: str = "", rim: str = "", width: float = 1.0) -> None:
        """Draw (n, 3) discs: x, y and radius."""
        self._add("discs", np.asarray(discs, dtype=np.float64).reshape(-1, 3), color=fill, rim=rim, line=width)

    def text(
        self,
        box: Rectangle,
        text: str,
        color: str = "text",
        size: float = BODY_PX,
        *,
        bold: bool = False,
        align: Align = "left",
        turned: bool = False,
    ) -> None:
        """Write a text in a rectangle, in the middle of its height; `turned` upwards by a right angle."""
        place = {"left": box.left, "center": box.left + box.width / 2, "right": box.right}[align]
        look: dict[str, Any] = {"color": color, "size": size, "bold": bold, "align": align, "turned": turned}
        item = [round(place, 2), round(box.top + box.height / 2, 2), text]
        last = self._parts[-1] if self._parts else {}
        if last.get("kind") == "texts" and all(last[name] == value for name, value in look.items()):
            last["items"].append(item)
        else:
            self._parts.append({"kind": "texts", "items": [item], **look})

    def levels(self, box: Rectangle, levels: npt.NDArray[np.uint8]) -> None:
        """Draw (height, width) levels of 0…255 in the colours of the ramp, stretched over a rectangle."""
        self._parts.append({
            "kind": "levels", "box": [*map(float, box)], "shape": list(levels.shape), "data": levels.tobytes(),
        })  # fmt: skip

    def points(
        self,
        box: Rectangle,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        moved: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Draw the points of the view, which it has apart, in a rectangle that shows these ranges.

        `moved` tells by how many px all drags so far have moved them: the browser is ahead by those that are not in it.
        """
        self._parts.append({
            "kind": "points", "box": [*map(float, box)], "x": [*map(float, x_range)], "y": [*map(float, y_range)],
            "moved": [*map(float, moved)],
        })  # fmt: skip

    def clip(self, box: Rectangle | None) -> None:
        """Draw only inside a rectangle from now on; None: anywhere again."""
        self._parts.append({"kind": "clip", "box": None if box is None else [*map(float, box)]})

    def state(self) -> dict[str, Any]:
        """Return it as the browser takes it."""
        return {"width": self.width, "height": self.height, "label": self.label, "parts": self._parts}

    @property
    def n_bytes(self) -> int:
        """How much of it travels, without names and texts."""
        return sum(len(part.get("data", b"")) for part in self._parts)

    def _add(self, kind: str, values: npt.NDArray[np.float64], *, breaks: bool = False, **look: Any) -> None:
        if len(values):
            self._parts.append({"kind": kind, "data": _eighths(values, breaks), **look})


def _broken(lines: Iterable[npt.ArrayLike] | npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return lines one after another, with a row of nan behind each."""
    if isinstance(lines, np.ndarray) and lines.ndim == 3:
        ends = np.full((len(lines), 1, 2), np.nan)
        return np.concatenate([lines.astype(np.float64), ends], axis=1).reshape(-1, 2)
    found = [np.asarray(line, dtype=np.float64).reshape(-1, 2) for line in lines]
    end = np.full((1, 2), np.nan)
    return np.concatenate([part for line in found for part in (line, end)]) if found else np.empty((0, 2))


def _eighths(values: npt.NDArray[np.float64], breaks: bool) -> bytes:
    scaled = np.clip(np.rint(values * STEPS), BREAK + 1, _LARGEST)
    if breaks:
        scaled = np.where(np.isnan(values), BREAK, scaled)
    return scaled.astype("<i2").tobytes()
