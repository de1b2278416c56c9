"""Colours and type of our panels, taken from napari's theme and font size."""

from dataclasses import dataclass
from typing import Protocol

from napari.settings import get_settings
from napari.utils.theme import get_theme
from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QColor, QFont, QFontMetricsF

from napari_phy.views.rectangles import AXIS_PX as AXIS_PX
from napari_phy.views.rectangles import BODY_PX as BODY_PX
from napari_phy.views.rectangles import HEADLINE_PX as HEADLINE_PX
from napari_phy.views.rectangles import TICK_PX as TICK_PX
from napari_phy.views.theme_colors import DARK, LIGHT, RAMPS


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme's colours as '#rrggbb', and the scale of all type (1 at napari's own font size)."""

    theme_id: str
    dark: bool
    scale: float
    panel: str
    raised: str
    icon: str
    accent: str
    view: str
    tile: str
    text: str
    dim: str
    faint: str
    grid: str
    background_spikes: str
    warning: str
    error: str
    good: str
    mua: str
    noise: str
    unsorted: str
    selected_row: str
    bars: str
    ramp: tuple[str, str, str]

    def px(self, size: float) -> int:
        """Return a length in px, scaled with the type."""
        return max(1, round(size * self.scale))

    def font(self, size: float = BODY_PX, *, bold: bool = False) -> QFont:
        """Return the interface font at `size` px of the unscaled design."""
        font = QFont()
        font.setPixelSize(self.px(size))
        font.setBold(bold)
        return font

    def text_width(self, text: str, size: float = BODY_PX, *, bold: bool = False) -> float:
        """Return the width of a text in px."""
        return self.metrics(size, bold=bold).horizontalAdvance(text)

    def metrics(self, size: float = BODY_PX, *, bold: bool = False) -> QFontMetricsF:
        """Return how much room text takes."""
        return QFontMetricsF(self.font(size, bold=bold))

    def color(self, name: str) -> QColor:
        """Return one of the colours for painting."""
        return QColor(getattr(self, name))

    def group_color(self, group: str) -> str:
        """Return the colour of the name of a cluster group; names of the user's own groups are in text colour."""
        own = {"good": self.good, "mua": self.mua, "noise": self.noise, "unsorted": self.unsorted}
        return {**own, "discarded": self.noise}.get(group, self.text)


def tokens(source: Viewer | str | None = None) -> Tokens:
    """Return the tokens of a viewer's theme, of a theme id, or of the theme in napari's settings."""
    appearance = get_settings().appearance
    theme = get_theme(_theme_id(source))
    dark = theme.type == "dark"
    return Tokens(
        theme_id=theme.id,
        dark=dark,
        scale=appearance.font_size / type(appearance).model_fields["font_size"].default,
        panel=_hex(theme.background),
        raised=_hex(theme.foreground),
        icon=_hex(theme.icon),
        accent=_hex(theme.current),
        ramp=RAMPS[dark],
        **(DARK if dark else LIGHT),
    )


def _theme_id(source: Viewer | str | None) -> str:
    if source is None:
        return str(get_settings().appearance.theme)
    return source if isinstance(source, str) else source.theme


class _Color(Protocol):
    """A colour of napari's themes."""

    def as_rgb_tuple(self) -> tuple[int, ...]: ...


def _hex(color: _Color) -> str:
    red, green, blue = color.as_rgb_tuple()[:3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def rgb(color: str) -> tuple[int, int, int]:
    """Return red, green and blue of a colour, 0…255."""
    parts = QColor(color)
    return parts.red(), parts.green(), parts.blue()


def with_alpha(color: str, alpha: float) -> QColor:
    """Return a colour with an opacity of 0…1."""
    result = QColor(color)
    result.setAlphaF(alpha)
    return result


class ThemeFollower(QObject):
    """Says when a viewer's theme or napari's font size changes; `tokens` are the current ones."""

    changed = Signal(object)

    def __init__(self, viewer: Viewer | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.tokens = tokens(viewer)
        appearance = get_settings().appearance
        self._emitters = [appearance.events.font_size]
        self._emitters.append(appearance.events.theme if viewer is None else viewer.events.theme)
        for emitter in self._emitters:
            emitter.connect(self._on_napari_changed)

    def _on_napari_changed(self, event: object = None) -> None:
        if not isalive(self):
            return
        current = tokens(self._viewer)
        if current != self.tokens:
            self.tokens = current
            self.changed.emit(current)

    def close(self) -> None:
        """Stop following."""
        for emitter in self._emitters:
            emitter.disconnect(self._on_napari_changed)
        self._emitters = []
