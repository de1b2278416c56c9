"""PSTH: spikes of the selected clusters around events, each trial a row, and the firing rate over all trials."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from qtpy.QtCore import QPointF, QSize, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QFileDialog, QMenu, QWidget

from napari_phy.actions import messages
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.progress import OnProgress
from napari_phy.table.numbers import format_count
from napari_phy.table.session_like import SessionLike
from napari_phy.views.psth import PsthData, PsthRequest, PsthSettings, compute_psth, response_words
from napari_phy.views.psth_layout import TilePlace, event_at, is_pictured, psth_layout, psth_words
from napari_phy.views.trials import Trials, common_columns
from napari_phy.widgets.base.choices import choice_actions, switch_action
from napari_phy.widgets.base.drop_down import Choice, DropDown
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.notifications import notify
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.psth_painter import paint_psth
from napari_phy.widgets.panels.painted_panel import StepsPanel

TABLES = "Tables of trials (*.tsv *.csv *.txt);;All files (*)"
EVENTS_FILE = "BIDS events (*.tsv)"


class PsthPanel(StepsPanel):
    """Events are chosen in the header; kinds of events and groups of trials stand side by side."""

    title = "PSTH"
    subject = "its spikes around events"
    working = "Aligning spikes…"
    failed = "The spikes could not be aligned."
    settings_type = PsthSettings
    dock_requested = Signal(str)  # where events can be made
    help_text = (
        "Spikes around events: above, each row is a trial; below, the firing rate over all trials.\n"
        "A flag is the median latency of a response, its band the jitter. A click on a trial goes to that time.\n"
        "The drop-downs choose the events, and a column that groups trials.\n"
        "Events are those of the file, lines of digital inputs, trials of a table, starts of epochs, or moments at\n"
        "which a cell passes a threshold, which Imaging adds: Crossings of a cell… in ⋯ opens it.\n"
        "⋯ sorts trials, puts several kinds of events side by side, and has times, bins and baseline. Beside an id\n"
        "are latency, jitter and the share of trials that have a response, where one kind is shown."
    )

    def make_content(self) -> QWidget:
        plot = super().make_content()
        menu = self.header.more_menu
        self.events_menu = self._add_drop_down("Events", self._event_choices, lambda name: self.choose(events=(name,)))
        self.groups_menu = self._add_drop_down(
            "Group trials", self._group_choices, lambda name: self.choose(group_by=name)
        )
        self._add_filled(menu.addMenu("Events side by side"), self._fill_beside)
        self._add_filled(menu.addMenu("Sort trials"), self._fill_sorted)
        self.setting_controls.add_entries("shown")
        for name in ("before_ms", "after_ms", "bin_ms", "response_ms"):
            self.setting_controls.add_menu(name)
        self.setting_controls.add_switch("baseline")
        menu.addSeparator()
        menu.addAction("Crossings of a cell…").triggered.connect(lambda *_: self.dock_requested.emit("Imaging"))
        menu.addAction("Read trials…").triggered.connect(lambda *_: self.ask_trials())
        self._add_filled(menu.addMenu("Remove events"), self._fill_removed)
        menu.addAction("Write epochs as events.tsv…").triggered.connect(lambda *_: self.ask_epochs())
        menu.addSeparator()
        return plot

    def _add_drop_down(self, name: str, source: Callable[[], list[Choice]], choose: Callable[[str], None]) -> DropDown:
        drop_down = DropDown(name)
        drop_down.set_source(source)
        drop_down.chosen.connect(choose)
        self.header.add_drop_down(drop_down)
        return drop_down

    def _add_filled(self, menu: QMenu, fill: Callable[[QMenu], None]) -> None:
        """Fill a menu each time it opens."""

        def refill() -> None:
            menu.clear()
            fill(menu)

        menu.addAction("")  # Qt shows no menu without entries
        menu.aboutToShow.connect(refill)

    # --- events ---

    @property
    def kinds(self) -> tuple[Trials, ...]:
        """The events shown: those chosen that there are, else the first of the data set."""
        if self.session is None:
            return ()
        events = self.session.events
        chosen = [name for name in self.settings.events if name in events] or list(events)[:1]
        return tuple(events.trials(name) for name in chosen)

    def on_session(self) -> None:
        if self.session is not None:
            self._links.connect(self.session.events.changed, self._on_events_changed)

    @safe_slot
    def _on_events_changed(self) -> None:
        self.show_settings()
        self.refresh()

    def show_settings(self) -> None:
        super().show_settings()
        names = [kind.name for kind in self.kinds]
        self.events_menu.set_current(names[0] if names else "", " + ".join(names) or "no events")
        group = self.settings.group_by
        is_grouped = group in common_columns(self.kinds)
        self.groups_menu.set_current(group if is_grouped else "", f"by {group}" if is_grouped else "all trials")
        self.header.offer(self.groups_menu, bool(common_columns(self.kinds, groups=True)) or is_grouped)

    def _event_choices(self) -> list[Choice]:
        events = () if self.session is None else self.session.events
        return [(name, name) for name in events]

    def _group_choices(self) -> list[Choice]:
        return [("All trials", ""), *((f"By {name}", name) for name in common_columns(self.kinds, groups=True))]

    def _choose_events(self, name: str) -> None:
        self.choose(events=(name,))

    def _choose_group(self, name: str) -> None:
        self.choose(group_by=name)

    def _fill_beside(self, menu: QMenu) -> None:
        shown = [kind.name for kind in self.kinds]
        for text, name in self._event_choices():
            switch_action(menu, text, name in shown, partial(self._show_beside, name))

    def _show_beside(self, name: str, is_on: bool) -> None:
        names = [kind.name for kind in self.kinds if kind.name != name]
        self.choose(events=(*names, name) if is_on else tuple(names))

    def _fill_sorted(self, menu: QMenu) -> None:
        choices = [("By time", ""), *((f"By {name}", name) for name in common_columns(self.kinds))]
        choice_actions(menu, choices, self.settings.sort_by, lambda name: self.choose(sort_by=name))

    def _fill_removed(self, menu: QMenu) -> None:
        """Offer what was read or added; events of the file and drawn epochs stay."""
        session = self.required_session
        for name in session.events.added:
            menu.addAction(name).triggered.connect(partial(self._remove, name))
        if not menu.actions():
            menu.addAction("None were added").setEnabled(False)

    def _remove(self, name: str, *_: object) -> None:
        self.required_session.events.remove(name)

    def ask_trials(self) -> None:
        """Ask for a table of trials, and show them."""
        if self.session is None:
            return
        folder = str(self.session.model.path.parent)
        path, _ = QFileDialog.getOpenFileName(self, "Read trials", folder, TABLES)
        if path:
            self.read_trials(Path(path))

    def read_trials(self, path: Path) -> None:
        """Read a table of trials and show them, or say why they cannot be read."""
        events = self.required_session.events
        before = set(events)
        try:
            problems = events.read(path)
        except NapariPhyError as error:
            notify(str(error), "error")
            return
        for problem in problems:
            notify(problem, "warning")
        new = [name for name in events if name not in before] or [path.stem]
        self.choose(events=tuple(name for name in new[:1] if name in events))
        self.said.emit(f"Read {format_count(sum(map(len, self.kinds)), 'trial')} of {path.name}.")

    def ask_epochs(self) -> None:
        """Ask for a name, and write the epochs that were drawn."""
        if self.session is None:
            return
        data_set = self.session.model.path
        name = str(data_set.with_name(f"{data_set.stem}_events.tsv"))
        path, _ = QFileDialog.getSaveFileName(self, "Write epochs", name, EVENTS_FILE)
        if path:
            file = Path(path if Path(path).suffix else f"{path}.tsv")
            try:
                self.session.epochs.write(file)
            except NapariPhyError as error:
                notify(str(error), "error")
            else:
                self.said.emit(f"Wrote {format_count(len(self.session.epochs), 'epoch')} to {file.name}.")

    # --- request ---

    def make_request(self) -> PsthRequest | None:
        clusters, kinds = self.drawn_clusters, self.kinds
        return PsthRequest(clusters, kinds, self.settings.computed()) if clusters and kinds else None

    def compute(self, session: SessionLike, request: PsthRequest, on_progress: OnProgress) -> PsthData:
        return compute_psth(session, request, on_progress)

    def _show_nothing(self, headline: str, explanation: str = "") -> None:
        """Say how to get events where there are none."""
        super()._show_nothing(headline, explanation)
        if self.clusters and not self.kinds:
            buttons = [("Read trials…", self.ask_trials), ("Imaging", lambda: self.dock_requested.emit("Imaging"))]
            self.stack.show_message(messages.NO_EVENTS, messages.HOW_TO_GET_EVENTS, buttons)

    # --- drawing ---

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        if self.data is None or len(self.data.tiles) > 1:
            return self.cluster_entries(self.drawn_clusters)
        return super().legend_entries()

    def words_beside(self, data: PsthData, place: int) -> str:
        return response_words(data, data.tiles[0], place) if data.tiles else ""

    def places(self, size: QSize, theme: Tokens) -> tuple[TilePlace, ...]:
        """Return where the tiles are."""
        return psth_layout(self.data, self.settings.shown, size.width(), size.height(), theme)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the tiles."""
        paint_psth(painter, self.data, self.places(size, theme), theme)

    def figure_note(self) -> str:
        pictured = self.settings.shown != "rates" and is_pictured(self.data)
        return "its trials are a picture, as they have too many spikes" if pictured else ""

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return the rates, or the trial, under the mouse."""
        return psth_words(self.data, self.places(self.plot.size(), self.theme), x_px, y_px)

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        """Go to the moment under the mouse in its trial."""
        places = self.places(self.plot.size(), self.theme)
        time_s = event_at(self.data, places, position.x(), position.y())
        if time_s is not None:
            self.required_session.time.move_to(time_s)
