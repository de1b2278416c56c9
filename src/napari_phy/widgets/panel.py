"""What every view dock shares: it follows a session, computes in the background, and says how it stands."""

import logging
import traceback
from collections.abc import Callable, Hashable
from functools import partial, wraps
from typing import Any
from weakref import WeakMethod

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QSize, Qt, QTimer, Signal
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import QApplication, QFileDialog, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from napari_phy.core.colors import selection_color
from napari_phy.core.errors import MissingDataError
from napari_phy.widgets.canvas.opengl import opengl_problem
from napari_phy.widgets.drop_down import DropDown
from napari_phy.widgets.elided_label import ElidedLabel
from napari_phy.widgets.header import Header
from napari_phy.widgets.latest_answer import LatestAnswer
from napari_phy.widgets.legend import N_PALETTE, Legend, LegendEntry
from napari_phy.widgets.message_page import MessagePage
from napari_phy.widgets.progress_edge import ProgressEdge, Veil
from napari_phy.widgets.theme import ThemeFollower, Tokens

logger = logging.getLogger(__name__)

QUIET_MS = 150
PATIENT_MS = 1000
NO_SESSION = "Open a Kwik file to begin: File > Open, or drop it here."


def guarded(slot: Callable[..., None]) -> Callable[..., None]:
    """Wrap a slot of a panel: an error shows in the panel instead of stopping the slots after it."""

    @wraps(slot)
    def run(self: "Panel", *args: Any) -> None:
        if not isalive(self):
            return
        try:
            slot(self, *args)
        except Exception as error:
            logger.exception("%s could not be updated.", self.title)
            self.show_error(error)

    return run


class Panel(QWidget):
    """Base of the views.

    A subclass says what it wishes (`make_request`), computes it (`compute`, in a worker thread), and paints it
    (`draw`, in the main thread). Equal requests are computed once; a hidden panel waits until it is shown.

    Parameters
    ----------
    session : the open data set, or None.
    viewer : whose theme is followed; None: the theme in napari's settings.
    """

    title = ""
    help_text = ""
    subject = ""  # "Select a cluster to see its features."
    working = ""
    failed = ""
    has_lasso = False
    has_legend = True
    needs_raw_data = False
    needs_opengl = False

    hovered = Signal(str)
    locate_requested = Signal()
    drawn = Signal()

    def __init__(self, session: Any = None, *, viewer: Viewer | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"napari-phy-{self.title.lower()}")
        self.setAccessibleName(self.title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.session: Any = None
        self.data: Any = None
        self.theme_follower = ThemeFollower(viewer, self)
        self.header = Header(self.title, lasso=self.has_lasso, theme=self.theme, parent=self)
        self.header.hide()
        self.legend = Legend()
        self.caption = ElidedLabel()
        self.page = MessagePage()
        self._request: Hashable | None = None
        self._frozen: tuple[int, ...] | None = None
        self._stale = True
        self._said = ""
        self._links: list[tuple[Any, Callable[..., None]]] = []
        self._answers = LatestAnswer(self)

        self.body = QWidget()
        self.body_layout = QVBoxLayout(self.body)
        self.body_layout.setContentsMargins(0, 0, 0, 0)
        self.body_layout.setSpacing(0)
        self.body_layout.addWidget(self.legend)
        self.body_layout.addWidget(self.make_content(), 1)
        self.body_layout.addWidget(self.caption)
        self.legend.setVisible(self.has_legend)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.body)
        self.stack.addWidget(self.page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self._veil = Veil(self.body)
        self._edge = ProgressEdge(self)

        self._soon = self._timer(0, self._refresh_now)
        self._quiet = self._timer(QUIET_MS, self._show_busy)
        self._patient = self._timer(PATIENT_MS, self._show_waiting)
        self._answers.answered.connect(self._on_answered)
        self._answers.failed.connect(self._on_failed)
        self.theme_follower.changed.connect(self._on_theme_changed)
        self.header.freeze_toggled.connect(self._on_freeze_toggled)
        self.header.help_requested.connect(self.show_help)
        self.header.more_menu.addAction("Save picture…").triggered.connect(lambda *_: self._ask_picture())
        QApplication.instance().focusChanged.connect(self._on_focus_changed)
        self.destroyed.connect(partial(_unlink, self._links))
        self._on_theme_changed(self.theme)
        self.set_session(session)

    # --- what a view fills in ---

    def make_content(self) -> QWidget:
        """Return the widget that shows the picture."""
        raise NotImplementedError

    def make_request(self) -> Hashable | None:
        """Return what to show now, frozen; None: nothing is selected."""
        raise NotImplementedError

    def compute(self, session: Any, request: Any) -> Any:
        """Return what `draw` needs; runs in a worker thread."""
        raise NotImplementedError

    def draw(self, data: Any) -> None:
        """Paint the answer."""
        raise NotImplementedError

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""

    def on_session(self) -> None:
        """Adapt settings and drop-downs to the new session (or None)."""

    def on_selection(self) -> None:
        """React to a changed selection beyond the new request."""

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        """Return the chips above the picture."""
        return self.cluster_entries(self.clusters)

    # --- what everybody may ask ---

    @property
    def theme(self) -> Tokens:
        """Colours and sizes now in force."""
        return self.theme_follower.tokens

    @property
    def frozen(self) -> bool:
        """Whether the panel keeps its clusters."""
        return self._frozen is not None

    @property
    def clusters(self) -> tuple[int, ...]:
        """Clusters shown: the selection, or the frozen ones that still exist."""
        if self.session is None:
            return ()
        if self._frozen is None:
            return tuple(self.session.selection.clusters)
        alive = set(self.session.manager.cluster_ids.tolist())
        return tuple(cluster for cluster in self._frozen if cluster in alive)

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._soon.isActive() or self._answers.wanted is not None

    def color_of(self, place: int) -> str:
        """Return the colour of a place of the selection."""
        return selection_color(place, dark=self.theme.dark)

    def cluster_entries(self, clusters: tuple[int, ...]) -> tuple[LegendEntry, ...]:
        """Return the legend's chips of some clusters."""
        return tuple(
            LegendEntry(str(cluster), self.color_of(place), hollow=place >= N_PALETTE)
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

    def set_session(self, session: Any) -> None:
        """Follow another session, or none."""
        _unlink(self._links)
        self._answers.drop()
        self.session = session
        self.data = None
        self._request = None
        if self.header.freeze_button.isChecked():
            self.header.freeze_button.setChecked(False)
        if session is not None:
            self._link(session.selection.changed, self._on_selection_changed)
            self._link(session.manager.changed, self._on_clustering_changed)
        self.on_session()
        self.refresh()

    def say(self, read_out: str) -> None:
        """Tell what is under the mouse, when that changes."""
        if read_out != self._said:
            self._said = read_out
            self.hovered.emit(read_out)

    def refresh(self, *, again: bool = False) -> None:
        """Show what is wished now, soon; `again` asks even if the wish is the same."""
        if again:
            self._request = None
        self._stale = True
        if self.isVisible():
            self._soon.start()

    # --- the way of a request ---

    def _link(self, signal: Any, slot: Callable[..., None]) -> None:
        weak = WeakMethod(slot)

        def forward(*_: Any) -> None:
            method = weak()
            if method is not None:
                method()

        signal.connect(forward)
        self._links.append((signal, forward))

    @guarded
    def _on_selection_changed(self) -> None:
        self.on_selection()
        self.refresh()

    @guarded
    def _on_clustering_changed(self) -> None:
        self.refresh()

    @guarded
    def _refresh_now(self) -> None:
        if not self.isVisible():
            return
        self._stale = False
        problem = opengl_problem() if self.needs_opengl else None
        if self.session is None or problem is not None:
            self._nothing(problem or NO_SESSION)
            return
        request = self.make_request()
        if request is None:
            self._nothing(f"Select a cluster to see {self.subject}.", "Click a row in Clusters, or press Home.")
        elif request == self._request:
            self._answers.drop()
            self._show_picture()
        elif request != self._answers.wanted:
            self._answers.ask(request, partial(self.compute, self.session, request))
            if not self._patient.isActive():
                self._quiet.start()
                self._patient.start()

    def _nothing(self, headline: str, explanation: str = "") -> None:
        self._answers.drop()
        self._request = None
        self.data = None
        self._show_page(headline, explanation)

    @guarded
    def _on_answered(self, request: Hashable, data: Any) -> None:
        self._request = request
        self.data = data
        self.draw(data)
        self._show_picture()
        self.drawn.emit()

    @guarded
    def _on_failed(self, _request: Hashable, error: Exception) -> None:
        self._request = None
        if isinstance(error, MissingDataError):
            self.show_missing(error)
        else:
            logger.error("%s", self.failed, exc_info=error)
            self.show_error(error)

    # --- states ---

    def _show_picture(self) -> None:
        self._still()
        self.legend.set_entries(self.legend_entries())
        self.stack.setCurrentWidget(self.body)

    def _show_page(self, headline: str, explanation: str = "", buttons: Any = (), **options: Any) -> None:
        self._still()
        self.page.tell(headline, explanation, buttons, **options)
        self.stack.setCurrentWidget(self.page)

    def show_missing(self, error: MissingDataError) -> None:
        """Say which file is missing and, for raw data, offer to look for it."""
        first, dot, rest = str(error).partition(". ")
        buttons = [("Locate raw data…", self.locate_requested.emit)] if self.needs_raw_data else []
        self._show_page(first + dot.strip(), rest, buttons)

    def show_error(self, error: Exception) -> None:
        """Say what failed and why, and offer to try again."""
        self._request = None
        details = "".join(traceback.format_exception(error))
        self._show_page(
            self.failed,
            str(error) or type(error).__name__,
            [
                ("Try again", partial(self.refresh, again=True)),
                ("Copy details", partial(QApplication.clipboard().setText, details)),
            ],
            is_error=True,
        )

    def _still(self) -> None:
        self._quiet.stop()
        self._patient.stop()
        self._edge.set_busy(False)
        self._veil.hide()

    @guarded
    def _show_busy(self) -> None:
        self._edge.set_busy(True)
        self._veil.cover()

    @guarded
    def _show_waiting(self) -> None:
        self.page.tell(self.working, buttons=[("Cancel", self._cancel)], progress=(0, 0))
        self.stack.setCurrentWidget(self.page)

    def _cancel(self) -> None:
        self._answers.drop()
        self._show_page("Cancelled.", buttons=[("Try again", partial(self.refresh, again=True))])

    # --- freezing, help, pictures ---

    @guarded
    def _on_freeze_toggled(self, frozen: bool) -> None:
        self._frozen = self.clusters if frozen else None
        self._edge.set_frozen(frozen)
        self.refresh()

    def show_help(self) -> None:
        """Show in a few sentences what is seen here and what the mouse does."""
        from qtpy.QtWidgets import QToolTip

        button = self.header.help_button
        QToolTip.showText(button.mapToGlobal(button.rect().bottomLeft()), self.help_text, button)

    def picture(self) -> QPixmap:
        """Return the panel as it is on screen."""
        return self.grab()

    def picture_formats(self) -> str:
        """Return the file dialog's filter of formats that `save_picture` writes."""
        return "PNG (*.png)"

    def save_picture(self, path: str) -> None:
        """Write the picture to a file."""
        self.picture().save(path)

    def _ask_picture(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save picture", f"{self.title}.png", self.picture_formats())
        if path:
            self.save_picture(path)

    # --- Qt ---

    @guarded
    def _on_theme_changed(self, theme: Tokens) -> None:
        self.setStyleSheet(f"#{self.objectName()} {{ background: {theme.view}; }}")
        for part in (self.header, self.legend, self.caption, self.page, self._veil, self._edge):
            part.apply_theme(theme)
        self.apply_theme(theme)
        if self.data is not None:
            self.legend.set_entries(self.legend_entries())

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        self.header.set_focused(
            now is not None and (now is self or self.isAncestorOf(now) or self.header.isAncestorOf(now))
        )

    def showEvent(self, event) -> None:
        """Catch up with what changed while hidden."""
        super().showEvent(event)
        if self._stale:
            self._soon.start()

    def resizeEvent(self, event) -> None:
        """Keep the edge and the veil over the picture."""
        super().resizeEvent(event)
        self._edge.place()
        self._veil.place()

    def sizeHint(self) -> QSize:
        """Prefer a comfortable size."""
        return QSize(420, 360)

    def minimumSizeHint(self) -> QSize:
        """Stay usable in a narrow column."""
        return QSize(220, 120)

    def _timer(self, interval_ms: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=interval_ms)
        timer.timeout.connect(slot)
        return timer


def _unlink(links: list[tuple[Any, Callable[..., None]]], *_: Any) -> None:
    """Disconnect a panel from its session; it may be gone already."""
    while links:
        signal, slot = links.pop()
        signal.disconnect(slot, missing_ok=True)
