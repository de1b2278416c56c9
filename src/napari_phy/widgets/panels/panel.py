"""What all docked panels share: a header, the theme, help, and a session that they follow."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QSize, Signal
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_phy.session.session import Session
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.application import application
from napari_phy.widgets.base.container import Container
from napari_phy.widgets.base.figure import Figure
from napari_phy.widgets.base.header import Header
from napari_phy.widgets.base.help_popup import HelpPopup
from napari_phy.widgets.base.picture_menu import PICTURE_HELP, PictureMenu
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import ThemeFollower, Tokens

USUAL_SIZE, LEAST_SIZE = QSize(420, 360), QSize(220, 120)  # px; the least is that of a narrow column


class Panel(Container):
    """Base of lists and views. It holds no state of the sorting: the truth is in the session.

    A `help_text` names keys by the actions they start: `{split} splits`.

    Parameters
    ----------
    viewer : Viewer, optional
        The viewer whose theme is followed; None: the theme in napari's settings.
    """

    title = ""
    help_text = ""
    failed = ""  # what is said when it cannot be computed
    needs_features = False
    has_lasso = False
    has_freeze = False

    said = Signal(str)  # a sentence for the status bar
    options_changed = Signal()

    def __init__(self, viewer: Viewer | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"napari-phy-{self.title.lower()}")
        self.setAccessibleName(self.title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.session: Session | None = None
        self._preparation: Any = None  # reads the features of a large data set
        self._links = SessionLinks(self)
        self.theme_follower = ThemeFollower(viewer, self)
        self.header = Header(self.title, lasso=self.has_lasso, freeze=self.has_freeze, theme=self.theme, parent=self)
        self.header.hide()  # until it is the title bar of a dock
        self.theme_follower.changed.connect(self._on_theme_changed)
        self.header.help_requested.connect(self.show_help)
        application().focusChanged.connect(self._on_focus_changed)

    # --- to be implemented by subclasses ---

    def leave_session(self) -> None:
        """Drop what belongs to the session that is left."""

    def show_session(self) -> None:
        """Show the session that was set, or that there is none."""
        raise NotImplementedError

    def follow_selection(self) -> None:
        """Show another selection."""
        raise NotImplementedError

    def follow_clustering(self, update: Any) -> None:
        """Show the clusters after an edit."""
        raise NotImplementedError

    def follow_range(self) -> None:
        """Show the spikes of another stretch of time."""

    def on_preparing(self) -> None:
        """Show how far the features of a large data set are read."""

    def on_prepared(self) -> None:
        """Show the same after the features were read, or that was cancelled."""

    def read_again(self) -> None:
        """Show the same of data that were read anew."""
        raise NotImplementedError

    def show_error(self, error: Exception) -> None:
        """Show in the place of the content what failed."""
        raise NotImplementedError

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""

    def options(self) -> dict[str, Any]:
        """Return what was chosen in this panel, {setting: plain value}."""
        raise NotImplementedError

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Choose in this panel; what it does not have and values that cannot be are left out."""
        raise NotImplementedError

    def figure(self) -> Figure | None:
        """Return what is in sight as a figure in the light colours, None while there is none."""
        raise NotImplementedError

    @classmethod
    def has_figure(cls) -> bool:
        """Return whether panels of this kind can be saved as pictures."""
        return True

    # --- the session ---

    @property
    def required_session(self) -> Session:
        """The session, for what runs only while one is open."""
        assert self.session is not None
        return self.session

    def set_session(self, session: Session | None) -> None:
        """Follow another session, the same after it was switched, or none."""
        self._links.close()
        self.leave_session()
        self.session = session
        if session is not None:
            self._links.connect(session.selection.changed, self._on_selection_changed)
            self._links.connect(session.manager.changed, self._on_clustering_changed)
            self._links.connect(session.time.range_changed, self._on_range_changed)
        self.show_session()

    def follow_preparation(self, preparation: Any) -> None:
        """Show how far the features of a large data set are read, and what they are needed for afterwards."""
        if preparation is not self._preparation:
            self._preparation = preparation
            if preparation is not None and self.needs_features:
                preparation.progressed.connect(self._on_preparing)
                preparation.changed.connect(self._on_prepared)

    @property
    def _is_preparing(self) -> bool:
        return self._preparation is not None and self._preparation.state == "reading"

    @safe_slot
    def _on_selection_changed(self) -> None:
        self.follow_selection()

    @safe_slot
    def _on_clustering_changed(self, update: Any) -> None:
        self.follow_clustering(update)

    @safe_slot
    def _on_range_changed(self) -> None:
        self.follow_range()

    @safe_slot
    def _on_preparing(self, _percent: int) -> None:
        self.on_preparing()

    @safe_slot
    def _on_prepared(self) -> None:
        self.on_prepared()

    # --- theme, help, pictures ---

    @property
    def theme(self) -> Tokens:
        """Colours and sizes now in force."""
        return self.theme_follower.tokens

    @safe_slot
    def _on_theme_changed(self, theme: Tokens) -> None:
        self.header.apply_theme(theme)
        self.apply_theme(theme)

    def offer_pictures(self) -> None:
        """Put the entries that save and copy a picture at the end of the menu."""
        self.pictures = PictureMenu(self.header.more_menu, self.figure, self.data_path, self)
        self.pictures.said.connect(self.said)

    def data_path(self) -> Path | None:
        """Return the file of the data set, or None."""
        return None if self.session is None else self.session.model.path

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

    # --- Qt ---

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        if isalive(self):
            ours = now is not None and (now is self or self.isAncestorOf(now) or self.header.isAncestorOf(now))
            self.header.set_focused(ours)

    def sizeHint(self) -> QSize:
        """Prefer a comfortable size."""
        return USUAL_SIZE

    def minimumSizeHint(self) -> QSize:
        """Stay usable in a narrow column."""
        return LEAST_SIZE


# --- what some panels do beyond what all do, by which a workspace connects them without importing each kind ---


@runtime_checkable
class OrdersClusters(Protocol):
    """A panel that shows clusters in the order of the list."""

    listed: Callable[[], Sequence[int]] | None


@runtime_checkable
class RequestsActions(Protocol):
    """A panel whose buttons start actions."""

    action_requested: Any  # a Qt signal of the action's id


@runtime_checkable
class FollowsLinks(Protocol):
    """A panel of the stacks that are linked to the time of the recording."""

    def follow_links(self, links: Any) -> None:
        """Show what is linked."""


@runtime_checkable
class FollowsSpace(Protocol):
    """A panel of the probe in the space of an image."""

    def follow_space(self, space: Any) -> None:
        """Show where the probe is."""


@runtime_checkable
class FiltersTraces(Protocol):
    """A panel that chooses the filter and the part of the traces."""

    filter_changed: Any  # a Qt signal of the filter's name and that of the part


@runtime_checkable
class RequestsDocks(Protocol):
    """A panel that opens another dock, where what it shows can be made."""

    dock_requested: Any  # a Qt signal of the dock's name


@runtime_checkable
class RequestsFiles(Protocol):
    """A panel that makes data sets, and has them opened."""

    file_requested: Any  # a Qt signal of the path


@runtime_checkable
class ShowsRegrouping(Protocol):
    """A panel that colours spikes by the clusters that they would have."""

    def show_regrouping(self, regrouping: Any) -> None:
        """Show what would be; None: what is."""
