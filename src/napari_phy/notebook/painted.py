"""Views that are pictures: `views` computes them, the browser draws them and tells of clicks and wheels."""

from __future__ import annotations

import math
from typing import Any

import traitlets

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.update_info import UpdateInfo
from napari_phy.notebook.base import SessionWidget, script, style
from napari_phy.notebook.picture import TYPE, Picture
from napari_phy.table.session_like import SessionLike
from napari_phy.views.rectangles import BODY_PX, HEADLINE_PX, Rectangle
from napari_phy.views.settings import Setting, SettingsController, Switch

USUAL_SIZE = (560, 380)
LARGEST_PX = 4000
MOST_BYTES = 2 * 2**20  # of one view that travel to the browser
SELECT_ONE = "Select a cluster to see"


class PaintedView(SessionWidget):
    """Base of them.

    Attributes
    ----------
    size : list of int
        Width and height of the picture in px; the browser sets it.
    picture : dict
        What is drawn.
    points : dict
        Points of a scatter, which stay when only axes move.
    marks : dict
        Which of the points are selected or violate the refractory time.
    controls : list of dict
        Settings that the header offers.
    tools : list of dict
        Buttons of the header.
    runs : bool
        Whether the browser calls `on_tick` again and again.
    """

    script_name = "painted_view"
    _esm = script(script_name)
    _css = style()

    subject = "it"  # that is seen once a cluster is selected
    settings_name = ""  # among `session.views`
    shown_settings: tuple[str, ...] = ()
    has_lasso = traitlets.Bool(False).tag(sync=True)

    size = traitlets.List(traitlets.Int(), list(USUAL_SIZE), minlen=2, maxlen=2).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    points = traitlets.Dict().tag(sync=True)
    marks = traitlets.Dict().tag(sync=True)
    tools: Any = traitlets.List().tag(sync=True)
    runs = traitlets.Bool(False).tag(sync=True)
    controls: Any = traitlets.List().tag(sync=True)

    def __init__(self, session: Any, **traits: Any) -> None:
        self.data: Any = None
        self._request: Any = None
        self._n_edits = self._n_computed = 0
        self._words = ""
        super().__init__(session, **traits)
        self.observe(lambda _change: self.report_errors(self.on_size), "size")

    # --- to be implemented by views ---

    def make_request(self) -> Any:
        """Return what is to be computed; None for nothing."""
        raise NotImplementedError

    def compute(self, session: SessionLike, request: Any) -> Any:
        """Return the data of a request."""
        raise NotImplementedError

    def paint(self, picture: Picture) -> None:
        """Draw `data`."""
        raise NotImplementedError

    def caption(self) -> str:
        """Return the words at the foot."""
        return str(getattr(self.data, "caption", ""))

    def describe(self) -> str:
        """Return what a screen reader says of the picture."""
        return f"{self.title}: {self.caption()}"

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return what is under the mouse in words."""
        return ""

    def on_click(self, x_px: float, y_px: float, *, ctrl: bool, shift: bool) -> None:
        """Take a click."""

    def on_wheel(self, x_px: float, y_px: float, notches: float, *, ctrl: bool, shift: bool) -> None:
        """Take a turn of the wheel; upwards is positive."""

    def drags_at(self, start: tuple[float, float], now: tuple[float, float]) -> bool:
        """Take a drag that means a place; return whether it does, or else moves what is in sight."""
        return False

    def on_drag(self, dx_px: float, dy_px: float) -> None:
        """Take a move with the button down."""

    def on_reset(self, x_px: float, y_px: float) -> None:
        """Take a double-click."""

    def shown_tools(self) -> list[dict[str, Any]]:
        """Return the buttons of the header, each made by `tool`."""
        return []

    def on_tool(self, name: str) -> None:
        """Take a click on one of them."""

    def on_tick(self) -> None:
        """Go on by a step."""

    def on_lasso(self, polygon: list[tuple[float, float]]) -> None:
        """Take the corners of a lasso, in px."""

    def on_key(self, key: str) -> bool:
        """Take a key; return whether the view knows it."""
        return False

    # --- settings ---

    @property
    def controller(self) -> SettingsController[Any] | None:
        """The settings of the view, those that its first dock has too."""
        return self.session.views[self.settings_name] if self.settings_name else None

    @property
    def settings(self) -> Any:
        """Their values now, with those of the data set where nothing was chosen."""
        controller = self.controller
        return None if controller is None else controller.value.resolved(self.session.settings.value)

    def follow_more(self) -> None:
        """Follow more of the session than the clustering and the selection."""

    def _follow_clustering(self) -> None:
        self._request = None
        if self.controller is not None:
            self.follow(self.controller.changed, self._on_settings)
        self.follow(self.session.time.range_changed, self._on_settings)
        self.follow_more()
        super()._follow_clustering()

    def _on_settings(self) -> None:
        self.report_errors(self.refresh)

    def offered_settings(self) -> tuple[str, ...]:
        """Return the names of the settings that the header offers now."""
        return self.shown_settings

    def _shown_controls(self) -> list[dict[str, Any]]:
        controller, found = self.controller, []
        if controller is None:
            return []
        for name in self.offered_settings():
            setting, value = controller.value.described()[name], getattr(self.settings, name)
            choices = _choices(setting)
            places = [place for place, (_, one) in enumerate(choices) if one == value]
            found.append({
                "name": name, "title": setting.title, "choices": [text for text, _ in choices],
                "place": places[0] if places else -1,
            })  # fmt: skip
        return found

    def _choose(self, name: str, place: int) -> None:
        controller = self.controller
        if controller is not None and name in self.shown_settings:
            choices = _choices(controller.value.described()[name])
            if 0 <= place < len(choices):
                controller.update(**{name: choices[place][1]})

    # --- request, data, picture ---

    def _on_edit(self, update: UpdateInfo) -> None:
        self._n_edits += 1
        super()._on_edit(update)

    def refresh(self) -> None:
        """Compute what is asked for now, unless it is what there is, and draw it."""
        words, request = "", None
        try:
            request = self.make_request()
            if request is None:
                words = f"{SELECT_ONE} {self.subject}."
                self.data = None
            elif request != self._request or self._n_computed != self._n_edits or self.data is None:
                self.data = None
                self.data = self.compute(self.session.shown, request)
                self.on_data()
        except (NapariPhyError, OSError) as error:
            words, request = str(error), None
            self.data = None
        self._request, self._n_computed, self._words = request, self._n_edits, words
        self.controls = self._shown_controls()
        self.draw()

    def on_data(self) -> None:
        """Take note of other data."""

    def on_size(self) -> None:
        """Draw in another size; requests may depend on it."""
        self.refresh()

    def draw(self) -> None:
        """Draw the data there are, or the sentence that says why there are none."""
        with self.hold_sync():  # points and axes travel together
            width, height = self.width_height
            made = Picture(width, height)
            if self.data is None:
                made.label = f"{self.title}: {self._words}"
                for line, text in enumerate(_lines(self._words, width - 40)):
                    top = height / 2 - 20 + line * 20
                    made.text(Rectangle(20, top, width - 40, 20), text, "dim", HEADLINE_PX, align="center")
                self.points = self.marks = {}
            else:
                self.paint(made)
                made.label = self.describe()
            self.tools = self.shown_tools()
            self.picture = made.state()
            self.status = self.caption() if self.data is not None else ""

    @property
    def width_height(self) -> tuple[int, int]:
        """The size of the picture, within reason."""
        width, height = (min(max(int(one), 40), LARGEST_PX) for one in self.size)
        return width, height

    # --- what comes from the browser ---

    def _act(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "key" and self.on_key(str(message.get("key"))):
            return
        super()._act(kind, message)

    def on_message(self, kind: str, message: dict[str, Any]) -> None:
        """Take a mouse or a setting."""
        held = {name: message.get(name) is True for name in ("ctrl", "shift")}
        if kind == "setting":
            self._choose(str(message.get("name")), int(number(message, "place")))
        elif kind == "tool":
            self.on_tool(str(message.get("name")))
        elif kind == "tick":
            self.on_tick()
        elif self.data is None:
            return
        elif kind == "hover":
            self.status = self.read_out(number(message, "x"), number(message, "y")) or self.caption()
        elif kind == "click":
            self.on_click(number(message, "x"), number(message, "y"), **held)
        elif kind == "wheel":
            place = (number(message, name) for name in ("x", "y", "notches"))
            self.on_wheel(*place, **held)
        elif kind == "drag":
            start, now = ((number(message, f"{when}_x"), number(message, f"{when}_y")) for when in ("start", "now"))
            if not self.drags_at(start, now):
                self.on_drag(number(message, "dx"), number(message, "dy"))
        elif kind == "reset":
            self.on_reset(number(message, "x"), number(message, "y"))
        elif kind == "lasso":
            self.on_lasso(_corners(message.get("polygon")))


def tool(name: str, title: str, tip: str, *, is_on: bool | None = None) -> dict[str, Any]:
    """Return a button of the header; `is_on` tells whether it is pressed, None where it does not stay so."""
    return {"name": name, "title": title, "tip": tip, "is_on": is_on}


def number(message: dict[str, Any], name: str) -> float:
    """Return a finite number of a message.

    Raises
    ------
    NapariPhyError
        It has none.
    """
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NapariPhyError(f"The message from the browser has no number {name}.")
    return float(value)


def _corners(polygon: Any) -> list[tuple[float, float]]:
    points = polygon if isinstance(polygon, list) else []
    found = [(number({"x": x}, "x"), number({"y": y}, "y")) for x, y in filter(_is_pair, points)]
    if len(found) < 3:
        raise NapariPhyError("The lasso needs three points or more.")
    return found


def _is_pair(point: Any) -> bool:
    return isinstance(point, list) and len(point) == 2


def _choices(setting: Setting) -> list[tuple[str, Any]]:
    """Return (text, value) of what a drop-down offers of a setting."""
    if isinstance(setting, Switch):
        return [(f"{setting.title}: {text.lower()}", value) for text, value in setting.choices]
    return list(setting.choices)


def _lines(text: str, width: float) -> list[str]:
    """Return a sentence in lines that have room."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and TYPE.text_width(longer, BODY_PX) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
