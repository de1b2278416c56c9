"""Link time: which clock a stack has, how it fits, and one button that puts the stack on it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from magicgui.widgets import PushButton
from napari.layers import Image, Layer
from qtpy.QtCore import QPointF, QTimer
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_phy.actions import messages
from napari_phy.core.errors import NapariPhyError, TimelineError
from napari_phy.core.progress import OnProgress
from napari_phy.core.sentences import on_one_line
from napari_phy.layers.linked_time import LinkedTime
from napari_phy.layers.timed_layer import axis_words, n_frames_of, own_times_of, rate_of
from napari_phy.timeline import TimeBase, read_time_columns
from napari_phy.views.alignment import AlignmentData, alignment_frame, alignment_words, compute_alignment
from napari_phy.views.clock_offers import ClockOffer, ClockRequest, FromClock, offer_clocks
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.progress import ProgressBar
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks import imaging_messages
from napari_phy.widgets.docks.alignment_painter import paint_alignment
from napari_phy.widgets.docks.link_time_form import CHANNEL, DECIMALS, EVENTS, OTHER, OWN, RATE, SOURCES, LinkTimeForm
from napari_phy.widgets.panels.form_panel import FormPanel, set_choices
from napari_phy.widgets.panels.picture_stack import QUIET_MS
from napari_phy.widgets.plots.painted_plot import PaintedPlot

PICTURE_PX = 190
EVEN_CLOCK, OWN_TIMES = "offset and rate", "its own times"  # sources of clocks that the form can show again
MOST_OF_A_FRAME = 1.05  # rows of a frame take that much of it at most


class Links(Protocol):
    """What the window knows of layers and their clocks."""

    @property
    def candidates(self) -> list[Layer]:
        """Layers that have an axis of time."""
        ...

    @property
    def linked(self) -> LinkedTime | None:
        """What is linked now; None without a session."""
        ...

    @property
    def changed(self) -> Any:
        """A signal of Qt: which layers are linked."""
        ...

    def axis_of(self, layer: Layer) -> int:
        """Return the axis of time of a layer."""
        ...

    def link(self, layer: Layer, base: TimeBase, axis: int | None = None) -> None:
        """Put a layer on a clock."""
        ...

    def unlink(self, layer: Layer) -> None:
        """Put a layer back."""
        ...


class LinkTimePanel(FormPanel):
    """Chooses a layer, where its times are from, and how they fit; the rest is done by whoever docked the panel."""

    title = "Link time"
    failed = "The clocks could not be compared."
    help_text = (
        "Puts image stacks, films, points, tracks and labels on the clock of the recording, so that slider and views\n"
        "follow each other. All lines of pulses in the file are tried for the layer, and the likeliest is chosen.\n"
        "Link does it, Unlink puts the layer back as it was; for layers of the same name, a clock is kept.\n"
        "The picture shows the intervals between pulses, what is wrong, and, hatched, where frames may be off.\n"
        "The time axis is that with the name or unit of time, else the first of more than two; choose any other.\n"
        "Times can also be from a file, from pulses in a channel, from another layer, or a first frame and a rate.\n"
        "A row takes: where rows are scanned one after the other, Imaging can then use each row at its own time."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self.links: Links | None = None
        self._offers: list[ClockOffer] = []
        self._shown: TimeBase | None = None  # the clock whose numbers the form has
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self.form = LinkTimeForm()
        self.link_button = PushButton(text="Link", enabled=False)
        self.unlink_button = PushButton(text="Unlink", enabled=False)
        self.cancel_button = PushButton(text="Cancel")
        self.words, self.state = PlainLabel(objectName="napari-phy-words"), PlainLabel()
        for label in (self.words, self.state):
            label.setWordWrap(True)
        self.progress = ProgressBar()
        self._tried = LatestResult(self, activity=imaging_messages.COMPARING_CLOCKS, cancel=self._cancel)
        self._busy = QTimer(self, singleShot=True, interval=QUIET_MS)
        self.picture = PaintedPlot(self._paint_picture)
        self.picture.setMinimumHeight(PICTURE_PX)
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._connect()
        buttons = (self.link_button, self.unlink_button, self.cancel_button)
        return self.lay_out(self.form.fields, self.words, self.progress, buttons, self.state, self.picture)

    def _connect(self) -> None:
        form = self.form
        form.layer.changed.connect(self._on_layer)
        form.source.changed.connect(self._on_source)
        form.file.changed.connect(self._on_file)
        chosen = (form.axis, form.other, form.column, form.are, form.unit, form.channel, form.polarity)
        for field in (*chosen, form.threshold, form.offset_s, form.rate_hz):
            field.changed.connect(self._try)
        form.row_ms.changed.connect(self._show_state)
        form.offer.changed.connect(self._on_offer_chosen)
        self.link_button.changed.connect(self._link)
        self.unlink_button.changed.connect(self._unlink)
        self.cancel_button.changed.connect(self._cancel)
        self._tried.result_ready.connect(self._on_offers)
        self._tried.failed.connect(self._on_refused)
        self._tried.progressed.connect(self.progress.setValue)
        self._busy.timeout.connect(lambda: self._show_busy(True))
        self.picture.mouse.hovered.connect(self._on_hovered)
        self.picture.mouse.left.connect(lambda: self.say(""))

    # --- what there is

    def follow_links(self, links: Links) -> None:
        """Show the layers of a window, and link them."""
        self.links = links
        links.changed.connect(self._on_links)
        self.refresh()

    @safe_slot
    def _on_links(self) -> None:
        if not self.isVisible():
            self._forget()  # layers that may be gone
        self.refresh()

    def on_session(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._tried.drop()
        self._busy.stop()
        self._offers = []
        for field in (self.form.layer, self.form.other, self.form.source):
            set_choices(field, [])

    @safe_slot
    def _refresh_now(self) -> None:
        """Offer the layers there are now."""
        if not self.isVisible():
            return
        self._is_stale = False
        layers = [] if self.links is None else self.links.candidates
        if self.session is None:
            self.stack.show_message(messages.EMPTY_WORKSPACE)
        elif not layers:
            self._forget()
            self.stack.show_message(*messages.parted(imaging_messages.NO_TIME_AXIS))
        else:
            was = self.form.layer.value
            set_choices(self.form.layer, [(layer.name, layer) for layer in layers])
            self.stack.show_picture()
            is_new = self._clock is not None and self._clock != self._shown  # linked by somebody else
            if self.form.layer.value is not was or self.form.source.value is None or is_new:
                self._on_layer()
            else:
                source = self.form.source.value
                self._offer_sources()
                self._on_source() if self.form.source.value != source else self._show_state()
        self.drawn.emit()

    @safe_slot
    def _on_layer(self, *_: object) -> None:
        """Offer the axes and sources of the layer."""
        layer = self.form.layer.value
        if layer is None or self.links is None or self.session is None:
            return
        axes = [(axis_words(layer, axis), axis) for axis in range(layer.ndim)]
        set_choices(self.form.axis, axes, self.links.axis_of(layer))
        rate = rate_of(layer, self.form.axis.value)
        if rate is not None and self._clock is None:
            with self.form.rate_hz.changed.blocked():
                self.form.rate_hz.value = rate
        channels = [(str(number), place) for place, number in enumerate(self._channel_ids())]
        set_choices(self.form.channel, channels)
        with self.form.source.changed.blocked():
            self.form.source.choices = []
        self._offer_sources()
        self._show_clock()
        self._on_source()

    def _show_clock(self) -> None:
        """Give the form the numbers of the clock that the layer has, so that one of them can be corrected."""
        clock, layer = self._clock, self.form.layer.value
        self._shown = clock
        has_rows = isinstance(layer, Image) and self.form.axis.value < layer.ndim - 2
        self.show_row(self.form.row_ms, has_rows)
        with self.form.row_ms.changed.blocked():
            self.form.row_ms.value = _row_ms(clock) if has_rows else 0.0
        if clock is None:
            return
        own_s, start_s = own_times_of(layer), float(clock.time_of(0))
        given = {EVEN_CLOCK: (RATE, start_s), OWN_TIMES: (OWN, start_s - own_s[0] if own_s else 0.0)}
        source, offset_s = given.get(clock.source, (None, 0.0))
        if source in self.form.source.choices:
            numbers = (self.form.offset_s, offset_s), (self.form.rate_hz, clock.rate_hz)
            for field, value in ((self.form.source, source), *numbers):
                with field.changed.blocked():
                    field.value = value

    def _channel_ids(self) -> list[int]:
        traces = self.required_session.model.traces
        return [] if traces is None else list(range(traces.shape[1]))

    def _offer_sources(self) -> None:
        layer, session, linked = self.form.layer.value, self.required_session, self._linked
        same = linked.clocks_for(layer, self._n_frames)
        set_choices(self.form.other, [(one.name, one) for one in same])
        there = {
            EVENTS: bool(session.model.events),
            OWN: bool(own_times_of(layer)),
            OTHER: bool(same),
            CHANNEL: session.model.traces is not None,
        }
        choices = [(words, name) for name, words in SOURCES.items() if there.get(name, True)]
        if not isinstance(layer, Image):  # labels, points and tracks were made from frames that are here, too
            choices.sort(key=lambda choice: choice[1] != OTHER)
        set_choices(self.form.source, choices)

    @property
    def _linked(self) -> LinkedTime:
        """What is linked, only to be asked while layers are offered."""
        linked = None if self.links is None else self.links.linked
        assert linked is not None
        return linked

    @property
    def _clock(self) -> TimeBase | None:
        """The clock that the layer has now."""
        linked = None if self.links is None else self.links.linked
        return None if linked is None else linked.clock_of(self.form.layer.value)

    @property
    def _n_frames(self) -> int:
        clock = self._clock
        if clock is not None and self.form.axis.value == self._linked.axis_of(self.form.layer.value):
            return clock.n_frames
        return n_frames_of(self.form.layer.value, self.form.axis.value)

    @safe_slot
    def _on_source(self, *_: object) -> None:
        """Show the settings of the source, and nothing of the others."""
        for field, is_shown in self.form.rows_of_source.items():
            self.show_row(field, is_shown)
        self._try()

    @safe_slot
    def _on_file(self, *_: object) -> None:
        """Offer the columns of the file."""
        path = self.form.path
        set_choices(self.form.column, [])
        if path is not None:
            try:
                names = list(read_time_columns(path).columns)
            except TimelineError as error:
                self._show_offers([], str(error))
                return
            set_choices(self.form.column, [("the likely one", ""), *((on_one_line(name), name) for name in names)])
        self._try()

    # --- trying clocks

    @safe_slot
    def _try(self, *_: object) -> None:
        """Look for the clocks that there may be by what is chosen."""
        layer = self.form.layer.value
        is_there = layer is not None and self.session is not None
        source = self.form.chosen_source(self._linked.clock_of) if is_there else None
        if source is None:
            self._tried.drop()
            self._show_offers([], imaging_messages.CHOOSE_TIMES.get(self.form.source.value, ""))
            return
        rate = self._linked.rate_of(layer, self.form.axis.value)
        n_frames = source.base.n_frames if isinstance(source, FromClock) else self._n_frames
        request = ClockRequest(source, n_frames, rate, own_times_of(layer))
        self._show_offers([], imaging_messages.COMPARING_CLOCKS)
        self._busy.start()
        self._tried.ask(request, partial(_compute, self.required_session.model, request))

    @safe_slot
    def _on_offers(self, _request: Any, offers: list[ClockOffer]) -> None:
        self._show_offers(offers, "" if offers else imaging_messages.NO_PULSES_FIT)

    @safe_slot
    def _on_refused(self, _request: Any, error: Exception) -> None:
        self._show_offers([], str(error) if isinstance(error, NapariPhyError) else f"{self.failed} {error}")

    def _cancel(self, *_: object) -> None:
        self._tried.drop()
        self._show_offers([], messages.cancelled(imaging_messages.COMPARING_CLOCKS))

    def _show_offers(self, offers: list[ClockOffer], sentence: str) -> None:
        self._offers = offers
        self._busy.stop()
        self._show_busy(False)
        set_choices(self.form.offer, [(one.choice, place) for place, one in enumerate(offers)], 0)
        self.show_row(self.form.offer, len(offers) > 1)
        self.words.setText(sentence)
        self._on_offer_chosen()

    def _on_offer_chosen(self, *_: object) -> None:
        offer = self._chosen
        if offer is not None:
            is_whole = self.form.source.value == EVENTS or len(self._offers) == 1
            self.words.setText(offer.words if is_whole else offer.choice)
        alignment = None if offer is None else offer.alignment
        self.data = None if alignment is None else compute_alignment(alignment)
        self.picture.setVisible(self.data is not None)
        self.picture.update()
        self._show_state()

    @property
    def _chosen(self) -> ClockOffer | None:
        place = self.form.offer.value
        return self._offers[place] if isinstance(place, int) and place < len(self._offers) else None

    def _show_busy(self, busy: bool) -> None:
        self.progress.setValue(0)
        self.progress.setVisible(busy)
        self.cancel_button.visible = busy

    # --- linking

    @property
    def _wanted(self) -> TimeBase | None:
        """The clock that is chosen, with its rows; None where there is none."""
        offer, clock, layer = self._chosen, self._clock, self.form.layer.value
        if offer is None or not isinstance(layer, Image) or self.form.axis.value >= layer.ndim - 2:
            return None if offer is None else offer.base
        row_ms = self.form.row_ms.value
        if not row_ms:
            return offer.base
        if clock is not None and row_ms == _row_ms(clock):
            return replace(offer.base, row_offsets_s=clock.row_offsets_s)  # also rows that begin later
        n_rows = int((layer.data[0] if layer.multiscale else layer.data).shape[layer.ndim - 2])
        if n_rows * row_ms > 1e3 * MOST_OF_A_FRAME * offer.base.interval_s:
            raise TimelineError(imaging_messages.rows_too_slow(n_rows, row_ms, offer.base))
        return offer.base.with_rows(n_rows, row_ms / 1e3)

    @safe_slot
    def _show_state(self, *_: object) -> None:
        clock = self._clock
        words = "" if clock is None else imaging_messages.linked_by(self.form.layer.value.name, clock)
        try:
            wanted = self._wanted
        except TimelineError as error:
            wanted, words = None, str(error)
        self.unlink_button.enabled = clock is not None
        self.link_button.enabled = wanted is not None and clock != wanted
        self.state.setText(words)

    @safe_slot
    def _link(self, *_: object) -> None:
        layer = self.form.layer.value
        wanted = None if layer is None else self._wanted
        if wanted is None or self.links is None:
            return
        self._shown = wanted
        self._do(lambda links: links.link(layer, wanted, self.form.axis.value))

    @safe_slot
    def _unlink(self, *_: object) -> None:
        layer = self.form.layer.value
        if layer is not None:
            self._do(lambda links: links.unlink(layer))

    def _do(self, act: Callable[[Links], None]) -> None:
        assert self.links is not None
        try:
            act(self.links)
        except NapariPhyError as error:
            self.state.setText(str(error))
        else:
            self._show_state()

    # --- the picture

    def _paint_picture(self, painter: QPainter) -> None:
        if isinstance(self.data, AlignmentData):
            paint_alignment(painter, self.picture.size(), self.theme, self.data)

    @safe_slot
    def _on_hovered(self, position: QPointF) -> None:
        if isinstance(self.data, AlignmentData):
            frame = alignment_frame(self.data, self.picture.width(), self.picture.height(), self.theme)
            self.say(alignment_words(self.data, frame, self.theme, position.x(), position.y()))

    def apply_theme(self, theme: Tokens) -> None:
        super().apply_theme(theme)
        self.progress.setFixedHeight(theme.px(4))
        self.picture.update()


def _compute(model: Any, request: ClockRequest, on_progress: OnProgress) -> list[ClockOffer]:
    return offer_clocks(model, request, on_progress)


def _row_ms(clock: TimeBase | None) -> float:
    """Return how long a row takes, as the form has it; 0 where that is not known."""
    interval_s = None if clock is None else clock.row_interval_s
    return 0.0 if interval_s is None else round(1e3 * interval_s, DECIMALS)
