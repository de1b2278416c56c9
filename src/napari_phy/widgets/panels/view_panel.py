"""What every view dock shares: it follows a session, computes in the background, and says how it stands."""

import logging
from collections.abc import Hashable
from functools import partial
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QWidget

from napari_phy.actions import messages
from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.time_words import range_words
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.draw_batch import Debounce, DrawBatch
from napari_phy.widgets.base.latest_result import LatestResult, view_pool
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.panels.settings_panel import SettingsPanel
from napari_phy.widgets.plots.opengl import opengl_problem

logger = logging.getLogger(__name__)


class ViewPanel(SettingsPanel):
    """Base of the views.

    A subclass says what it needs (`make_request`), computes it (`compute`, in a worker thread), and paints it
    (`draw`, in the main thread). Equal requests are computed once; a hidden panel waits until it is shown.

    Parameters
    ----------
    session : Session, optional
        The open data set, or None.
    viewer : Viewer, optional
        The viewer whose theme is followed; None: the theme in napari's settings.
    """

    subject = ""  # "Select a cluster to see its features."
    needs_raw_data = False
    needs_opengl = False
    reads_ahead = False  # keeps what it reads: worth asking for the clusters that are likely to come next
    reads_amplitudes = False  # from raw data, of any spike: those of all are read in the background and stored
    all_times = False  # computes of all spikes when only those of a stretch of time are used
    draws_times = False  # has all of them in sight, and veils those that are not used
    has_times = True  # shows spikes, or what is made of them

    locate_requested = Signal()
    drawn = Signal()

    def __init__(
        self, session: Session | None = None, *, viewer: Viewer | None = None, parent: QWidget | None = None
    ) -> None:
        self._request: Hashable | None = None
        self._held: tuple[Hashable, Any] | None = None  # a result that is about to be shown
        self._failed: Hashable | None = None  # what failed last
        self.draw_batch: DrawBatch | None = None
        self._frozen: tuple[int, ...] | None = None
        self._is_stale = True
        super().__init__(viewer, parent)
        self._results = LatestResult(self, pool=view_pool())
        self._soon = Debounce(self)
        self._soon.due.connect(self._refresh_now)
        self._results.result_ready.connect(self._on_result)
        self._results.failed.connect(self._on_failed)
        self._results.progressed.connect(self.stack.go_on)
        self.stack.cancelled.connect(self._on_cancelled)
        self.header.freeze_toggled.connect(self._on_freeze_toggled)
        self.drawn.connect(self.options_changed)
        self._on_theme_changed(self.theme)
        self.set_session(session)

    # --- to be implemented by views ---

    def make_request(self) -> Hashable | None:
        """Return what to show now, frozen; None: nothing is selected."""
        raise NotImplementedError

    def compute(self, session: SessionLike, request: Any, on_progress: OnProgress) -> Any:
        """Return what `draw` needs; runs in a worker thread, on the clustering that was open when it was asked.

        `on_progress` is called often: it shows how far this is, and ends it when another result is wanted.
        """
        raise NotImplementedError

    def draw(self, data: Any) -> None:
        """Paint the answer."""
        raise NotImplementedError

    def is_like(self, request: Any, other: Any) -> bool:
        """Return whether two requests differ only in time, so that the picture of one may stand for that of the other.

        Then what is computed for one is finished, and shown, while the other is waited for.
        """
        return False

    def keeps_picture(self, request: Any) -> bool:
        """Return whether the picture is right as far as it goes while a request is waited for."""
        return False

    def on_session(self) -> None:
        """Adapt settings and drop-downs to the new session (or None)."""

    def on_settings(self, before: Any, now: Any) -> None:
        """React to other settings: compute anew, or draw the same data otherwise where only their look differs."""
        if before.computed() != now.computed():
            self.refresh()
        elif self.data is not None:
            self.draw(self.data)
            self.show_legend()
            self.drawn.emit()

    def on_clustering(self) -> None:
        """React to an edit, or to features that were read."""
        self.refresh()

    def on_selection(self) -> None:
        """React to a changed selection beyond the new request."""

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        """Return the chips above the picture."""
        return self.cluster_entries(self.clusters)

    # --- public ---

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
    def in_sight(self) -> SessionLike:
        """What `compute` reads: what is open, with only the spikes of the stretch of time that is used."""
        return self.required_session.opened if self.all_times else self.required_session.shown

    @property
    def waiting(self) -> bool:
        """Whether an answer is awaited."""
        return self._soon.is_asked or self._results.wanted is not None

    @property
    def busy(self) -> bool:
        """Whether something else will be shown."""
        return self.waiting or self._held is not None

    def leave_session(self) -> None:
        self._drop()
        if self.session is not None:
            self.stack.show_message("")  # nothing of the data set or clustering that was left stays in sight

    def show_session(self) -> None:
        self.follow_settings(self.session)
        self.data, self._request, self._frozen = None, None, None
        self.header.freeze_button.setChecked(False)
        self.on_session()
        self.show_settings()
        self.refresh()

    def follow_preparation(self, preparation: Any) -> None:
        is_other = preparation is not self._preparation
        super().follow_preparation(preparation)
        if is_other:
            self.refresh()

    def on_preparing(self) -> None:
        """Show how far the features are read while there is nothing else to show."""
        if self._is_preparing:
            self.stack.others_go_on(self._preparation.percent)

    def on_prepared(self) -> None:
        self.on_clustering()

    def refresh(self, *, again: bool = False) -> None:
        """Ask for what is to be shown now; `again` asks even if the request is the same."""
        if again:
            self._request = None
        self._is_stale = True
        if self.isVisible():
            self._soon.ask()

    def read_again(self) -> None:
        """Show the same of data that were read anew."""
        self._drop()
        self.refresh(again=True)

    # --- from a signal to the picture ---

    def follow_selection(self) -> None:
        self.on_selection()
        self.refresh()

    def follow_clustering(self, update: Any) -> None:
        self.on_clustering()

    def follow_range(self) -> None:
        if self.all_times:
            self._tell_times()
        else:
            self.read_again()

    @safe_slot
    def _refresh_now(self) -> None:
        if not self.isVisible():
            return
        self._is_stale = False
        problem = opengl_problem() if self.needs_opengl else None
        if self.session is None or problem is not None:
            self._show_nothing(problem or messages.EMPTY_WORKSPACE)
            return
        request = self.make_request()
        if request is None and self.needs_features and self._is_preparing:
            self._show_nothing("")
            self.stack.show_progress(messages.READING_FEATURES, self._preparation.percent, self._preparation.cancel)
        elif request is None:
            self._show_nothing(*self.why_nothing())
        elif request == self._request:
            self._drop()
            self._show_picture()
        elif self._held is not None and request == self._held[0]:
            self._results.drop()
        elif request != self._results.wanted:
            self._ask(request)

    def _ask(self, request: Hashable) -> None:
        """Have something else computed; what is on its way is shown before where that is like it."""
        before = self._results.wanted if self._held is None else self._held[0]
        is_late = before is not None and self.is_like(request, before)
        if not is_late:
            self._held = None
        self._results.ask(request, partial(self.compute, self.in_sight, request), lets_end=is_late)
        self._wait(request, again=is_late)

    def _wait(self, request: Hashable, *, again: bool = False) -> None:
        self.stack.wait(keeps_picture=self.stack.shows_picture and self.keeps_picture(request), again=again)

    @safe_slot
    def _on_result(self, request: Hashable, data: Any) -> None:
        self._held = request, data
        if self.draw_batch is None:
            self.show_held()
        else:
            self.draw_batch.hold(self.show_held)

    @safe_slot
    def show_held(self) -> None:
        """Show the result that came last, unless it is no longer wanted; one that is late, until the next is there."""
        if self._held is None:
            return
        (request, data), self._held = self._held, None
        self._request, self._failed = request, None
        self.data = data
        self.draw(data)
        self._show_picture()
        self.drawn.emit()

    @safe_slot
    def _on_failed(self, request: Hashable, error: Exception) -> None:
        may_be_there, self._failed = self._failed != request, request
        is_gone = isinstance(error, ClusteringError) and self.session is not None
        if is_gone and (may_be_there or self.make_request() != request):
            self.refresh()  # an edit took the clusters away while they were read; undo may have brought them back
        elif isinstance(error, MissingDataError):
            self.show_missing(error)
        else:
            logger.error("%s", self.failed, exc_info=error)
            self.show_error(error)

    def _on_cancelled(self) -> None:
        self._drop()
        self.stack.show_message(*messages.parted(messages.cancelled(self.working)), [("Try again", self.read_again)])

    def _drop(self) -> None:
        """Wait for no answer."""
        self._results.drop()
        self._held = None

    # --- states ---

    def _tell_times(self) -> None:
        """Say of which times the spikes are while views use only a stretch."""
        range_s = None if self.session is None or not self.has_times else self.session.time.range_s
        if range_s is None:
            words = ""
        elif self.draws_times:
            words = f"all times, dimmed outside {range_words(range_s)}"
        else:
            words = "all times" if self.all_times else f"only {range_words(range_s)}"
        self.stack.caption.set_times(words)

    def _show_picture(self) -> None:
        self._tell_times()
        self.show_legend()
        self.stack.show_picture()
        if self._results.wanted is not None:
            self._wait(self._results.wanted)

    def _show_nothing(self, headline: str, explanation: str = "") -> None:
        self._drop()
        self._request, self.data = None, None
        self.stack.show_message(headline, explanation)

    def why_nothing(self) -> tuple[str, str]:
        """Return what to say where there is nothing to show, and what to do."""
        if not len(self.required_session.manager.cluster_ids):
            return messages.parted(messages.NO_CLUSTERS)
        return f"Select a cluster to see {self.subject}.", messages.how_to_select(key_bindings().first("first_best"))

    def show_missing(self, error: MissingDataError) -> None:
        """Say which file is missing and, for raw data, offer to look for it."""
        self._request = None
        sentence, rest = messages.parted(str(error))
        buttons = [("Locate raw data…", self.locate_requested.emit)] if self.needs_raw_data else []
        self.stack.show_message(sentence, rest or messages.REST_WORKS, buttons)

    def show_error(self, error: Exception) -> None:
        """Say what failed and why, and offer to try again."""
        self._request = None
        self.stack.show_error(self.failed, error, self.read_again)

    def pick_spike(self, spike: int, modifiers: Qt.KeyboardModifier) -> None:
        """Select a spike and go to its time; with Ctrl add it and its cluster, or drop it.

        With Shift, select its cluster instead.
        """
        session = self.required_session
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            session.selection.toggle_spike(spike)
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            session.selection.select(session.manager.clusters_of([spike]))
        else:
            session.time.move_to(float(session.model.spike_samples[spike]) / session.model.sample_rate)
            session.selection.select_spikes([spike])

    @safe_slot
    def _on_freeze_toggled(self, frozen: bool) -> None:
        before, self._frozen = self.clusters, self.clusters if frozen else None
        self.stack.edge.set_frozen(frozen)
        if self.clusters != before:
            self.on_selection()
        self.refresh()

    # --- Qt ---

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while hidden."""
        super().showEvent(event)
        if self._is_stale:
            self._soon.ask()
