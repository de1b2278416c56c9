"""A panel with a picture: its legend, caption and messages, and the picture as a figure."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.widgets.base.color_scale import ColorScale
from napari_phy.widgets.base.drop_down import DropDown
from napari_phy.widgets.base.figure import Figure
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.picture_menu import save_figure
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens, tokens
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.panels.picture_stack import PictureStack


class PicturePanel(Panel):
    """A picture with legend and caption below the header, or a message in its place."""

    working = ""
    has_freeze = True
    has_legend = True
    has_caption = True

    _paper: Tokens | None = None  # of a picture that is being saved

    def __init__(self, viewer: Viewer | None = None, parent: QWidget | None = None) -> None:
        super().__init__(viewer, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.data: Any = None  # what the picture shows
        self._said = ""
        self.make_controls()
        self._content = self.make_content()
        self.stack = PictureStack(self._content, self.working)
        self.stack.legend.setVisible(self.has_legend)
        self.stack.caption.setVisible(self.has_caption)
        self.stack.currentChanged.connect(lambda *_: self._on_stack_changed())
        self.fill(self.stack)
        if self.has_figure():
            self.offer_pictures()

    # --- to be implemented by views ---

    def make_content(self) -> QWidget:
        """Return the widget that shows the picture."""
        raise NotImplementedError

    def make_controls(self) -> None:
        """Prepare what the content puts into the header."""

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        """Return the chips above the picture."""
        return ()

    def color_scale(self) -> ColorScale | None:
        """Return what colours stand for where they carry a value."""
        return None

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        """Paint the picture as it is on screen, as lines and text, in the colours of a theme; the background is there.

        What only points at a moment or at the mouse is left out.
        """
        raise NotImplementedError

    @classmethod
    def has_figure(cls) -> bool:
        """Return whether panels of this kind have pictures to be saved: those that paint figures."""
        return cls.paint_figure is not PicturePanel.paint_figure

    def figure_size(self) -> QSize:
        """Return the size of the picture without legend and caption."""
        return self._content.size()

    def figure_entries(self) -> tuple[LegendEntry, ...]:
        """Return the chips above the picture on paper."""
        return self.legend_entries() if self.has_legend else ()

    def figure_caption(self) -> str:
        """Return the words below the picture on paper."""
        return self.stack.caption.text() if self.has_caption else ""

    def figure_note(self) -> str:
        """Return what is not drawn as lines in an SVG, in words, "" for nothing."""
        return ""

    # --- public ---

    @property
    def offers_lasso(self) -> bool:
        """Whether there is something to draw a lasso on."""
        return self.stack.shows_picture

    @property
    def theme(self) -> Tokens:
        """Colours and sizes now in force: those of the screen, or of a figure while it is painted."""
        return self._paper or self.theme_follower.tokens

    def color_of(self, place: int) -> str:
        """Return the colour of a place of the selection, in the theme now in force."""
        return selection_color(place, dark=self.theme.dark)

    def cluster_entries(self, clusters: tuple[int, ...]) -> tuple[LegendEntry, ...]:
        """Return the legend's chips of some clusters."""
        return tuple(
            LegendEntry(str(cluster), self.color_of(place), hollow=is_hollow(place))
            for place, cluster in enumerate(clusters)
        )

    def add_drop_down(
        self, name: str, choices: Any, current: Hashable, on_chosen: Callable[[Any], None], prefix: str = ""
    ) -> DropDown:
        """Add a drop-down to the header."""
        drop_down = DropDown(name, prefix)
        drop_down.set_choices(choices)
        drop_down.set_current(current)
        drop_down.chosen.connect(on_chosen)
        self.header.add_drop_down(drop_down)
        return drop_down

    def _on_stack_changed(self) -> None:
        """Offer in the header what belongs to a picture only where there is one."""
        self.header.set_note_shown(self.stack.shows_picture)
        self.header.lasso_button.setEnabled(self.offers_lasso)

    def say(self, read_out: str) -> None:
        """Tell what is under the mouse, when that changes."""
        if read_out != self._said:
            self._said = read_out
            self.said.emit(read_out)

    def show_legend(self) -> None:
        """Show what colours stand for, above the picture."""
        self.stack.legend.setVisible(self.has_legend)
        if self.has_legend:
            self.stack.legend.set_entries(self.legend_entries(), self.color_scale())

    # --- pictures ---

    @property
    def is_on_paper(self) -> bool:
        """Whether a figure is being painted, in colours of its own."""
        return self._paper is not None

    def figure(self) -> Figure | None:
        """Return what is in sight as a figure in the light colours, None while there is no picture."""
        if self.data is None or not self.stack.shows_picture:
            return None
        paper = tokens("light")
        with self._on_paper(paper):
            entries, scale = self.figure_entries(), self.color_scale()
        return Figure(
            self.header.title, self.figure_size(), lambda painter: self._paint_on(painter, paper), paper, entries,
            self.figure_caption(), self.figure_note(), scale,
        )  # fmt: skip

    def save_picture(self, path: str) -> None:
        """Write what is in sight to a `.png` or `.svg`.

        Raises
        ------
        SaveError
            It cannot be written there; nothing is left behind.
        """
        figure = self.figure()
        if figure is not None:
            save_figure(figure, Path(path))

    def _paint_on(self, painter: QPainter, paper: Tokens) -> None:
        with self._on_paper(paper):
            self.paint_figure(painter, paper)

    @contextmanager
    def _on_paper(self, paper: Tokens) -> Iterator[None]:
        self._paper = paper
        try:
            yield
        finally:
            self._paper = None

    # --- Qt ---

    @safe_slot
    def _on_theme_changed(self, theme: Tokens) -> None:
        self.setStyleSheet(f"#{self.objectName()} {{ background: {theme.view}; }}")
        self.header.apply_theme(theme)
        self.stack.apply_theme(theme)
        self.apply_theme(theme)
        if self.data is not None:
            self.show_legend()
