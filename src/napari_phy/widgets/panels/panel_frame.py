"""What surrounds the picture of a view: header, legend, messages, theme, help, and saving it."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.application import application
from napari_phy.widgets.base.color_scale import ColorScale
from napari_phy.widgets.base.container import Container
from napari_phy.widgets.base.drop_down import DropDown
from napari_phy.widgets.base.figure import Figure
from napari_phy.widgets.base.guarded import guarded
from napari_phy.widgets.base.header import Header
from napari_phy.widgets.base.help_popup import HelpPopup
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.picture_menu import PICTURE_HELP, PictureMenu, save_figure
from napari_phy.widgets.base.theme import ThemeFollower, Tokens, tokens
from napari_phy.widgets.panels.picture_stack import PictureStack


class PanelFrame(Container):
    """A header, and below it a picture with legend and caption, or a message in its place.

    A `help_text` names keys by the actions they start: `{split} splits`.

    Parameters
    ----------
    viewer : Viewer, optional
        The viewer whose theme is followed; None: the theme in napari's settings.
    """

    title = ""
    help_text = ""
    working = ""
    has_lasso = False
    has_freeze = True
    has_legend = True
    has_caption = True

    hovered = Signal(str)

    def __init__(self, viewer: Viewer | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"napari-phy-{self.title.lower()}")
        self.setAccessibleName(self.title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.data: Any = None  # what the picture shows
        self._said = ""
        self._paper: Tokens | None = None  # of a picture that is being saved
        self.theme_follower = ThemeFollower(viewer, self)
        self.header = Header(self.title, lasso=self.has_lasso, freeze=self.has_freeze, theme=self.theme, parent=self)
        self.header.hide()
        self.make_controls()
        self._content = self.make_content()
        self.stack = PictureStack(self._content, self.working)
        self.stack.legend.setVisible(self.has_legend)
        self.stack.caption.setVisible(self.has_caption)
        self.stack.currentChanged.connect(lambda *_: self._on_stack_changed())
        self.fill(self.stack)
        self.theme_follower.changed.connect(self._on_theme_changed)
        self.header.help_requested.connect(self.show_help)
        if self.has_figure():
            self.pictures = PictureMenu(self.header.more_menu, self.figure, self)
            self.pictures.said.connect(self.hovered)
        application().focusChanged.connect(self._on_focus_changed)

    # --- what a view fills in ---

    def make_content(self) -> QWidget:
        """Return the widget that shows the picture."""
        raise NotImplementedError

    def make_controls(self) -> None:
        """Prepare what the content puts into the header."""

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""

    def show_error(self, error: Exception) -> None:
        """Show in the place of the picture what failed."""
        raise NotImplementedError

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
        return cls.paint_figure is not PanelFrame.paint_figure

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

    # --- what everybody may ask ---

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
            self.hovered.emit(read_out)

    def show_legend(self) -> None:
        """Show what colours stand for, above the picture."""
        self.stack.legend.setVisible(self.has_legend)
        if self.has_legend:
            self.stack.legend.set_entries(self.legend_entries(), self.color_scale())

    def show_help(self) -> None:
        """Show in a few sentences what is seen here and what the mouse does."""
        button = self.header.help_button if self.header.help_button.isVisible() else self.header.more_button
        HelpPopup(self.title, self.explanation(), self.theme, button).show()

    def explanation(self) -> str:
        """Return what is seen here, what mouse, keys and menu do, with the keys in force."""
        lines = [self.help_text.format_map(key_bindings().names())]
        if self.has_freeze:
            lines.append("The lock keeps these clusters here while others are selected.")
        if self.has_figure():
            lines.append(PICTURE_HELP)
        return "\n".join(lines)

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

    @guarded
    def _on_theme_changed(self, theme: Tokens) -> None:
        self.setStyleSheet(f"#{self.objectName()} {{ background: {theme.view}; }}")
        self.header.apply_theme(theme)
        self.stack.apply_theme(theme)
        self.apply_theme(theme)
        if self.data is not None:
            self.show_legend()

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        ours = now is not None and (now is self or self.isAncestorOf(now) or self.header.isAncestorOf(now))
        self.header.set_focused(ours)

    def sizeHint(self) -> QSize:
        """Prefer a comfortable size."""
        return QSize(420, 360)

    def minimumSizeHint(self) -> QSize:
        """Stay usable in a narrow column."""
        return QSize(220, 120)
