"""Link time: which clock a stack has, how it fits, and one button that puts the stack on it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from magicgui.widgets import ComboBox, FileEdit, FloatSpinBox, LineEdit, PushButton
from magicgui.widgets.bases import Widget
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QPointF, Qt, QTimer
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from napari_phy.core.errors import NapariPhyError, TimelineError
from napari_phy.core.progress import OnProgress
from napari_phy.core.sentences import on_one_line
from napari_phy.layers.linked_time import LinkedTime
from napari_phy.layers.timed_layer import n_frames_of, own_times_of, rate_of
from napari_phy.table.numbers import format_count
from napari_phy.timeline import TimeBase, read_time_columns
from napari_phy.views.alignment import AlignmentData, alignment_frame, alignment_words, compute_alignment
from napari_phy.views.clock_offers import (
    ClockOffer,
    ClockRequest,
    FromChannel,
    FromClock,
    FromEvents,
    FromFile,
    FromRate,
    FromTimes,
    Source,
    TimesOf,
    offer_clocks,
)
from napari_phy.views.typed_values import typed_number
from napari_phy.widgets.actions import messages
from napari_phy.widgets.base.form_dialog import form_layout
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens
from napari_phy.widgets.docks.alignment_painter import paint_alignment
from napari_phy.widgets.panels.picture_stack import QUIET_MS
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.plots.painted_plot import PaintedPlot

EVENTS, FILE, CHANNEL, RATE, OTHER, OWN = "events", "file", "channel", "rate", "other", "own"
SOURCES = {
    EVENTS: "Events of the file",
    OWN: "Its own times, and an offset",
    OTHER: "The clock of another layer",
    FILE: "A file of times",
    CHANNEL: "Pulses in a channel",
    RATE: "Offset and rate",
}
TIMES_OF: dict[TimesOf, str] = {"frames": "times of frames", "pulses": "times of pulses"}
UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "samples": "samples"}
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


class LinkTimePanel(ViewPanel):
    """Chooses a layer, where its times are from, and how they fit; the rest is done by whoever docked the panel."""

    title = "Link time"
    failed = "The clocks could not be compared."
    all_times, has_times = True, False
    has_legend = has_caption = has_freeze = False
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

    # --- the form

    def make_content(self) -> QWidget:
        self.layer = ComboBox(label="Layer", choices=[])
        self.axis = ComboBox(label="Time axis", choices=[])
        self.source = ComboBox(label="Times from", choices=[])
        self.other = ComboBox(label="Layer with the clock", choices=[])
        self.file = FileEdit(label="File", filter="*.csv *.tsv *.txt *.npy", nullable=True)
        self.column = ComboBox(label="Column", choices=[])
        self.are = ComboBox(label="They are", choices=[(words, are) for are, words in TIMES_OF.items()])
        self.unit = ComboBox(label="Unit", choices=[(words, unit) for unit, words in UNITS.items()])
        self.channel = ComboBox(label="Channel", choices=[])
        self.polarity = ComboBox(label="Pulses go", choices=[("up", "rising"), ("down", "falling")])
        self.threshold = LineEdit(label="Threshold")
        self.threshold.native.setPlaceholderText("found by itself")
        self.offset_s = FloatSpinBox(label="First frame (s)", min=-1e6, max=1e6, step=0.001, value=0.0)
        self.rate_hz = FloatSpinBox(label="Frames per second", min=1e-4, max=1e5, step=0.1, value=10.0)
        self.row_ms = FloatSpinBox(label="A row takes (ms)", min=0.0, max=1e4, step=0.01, value=0.0)
        self.row_ms.native.setSpecialValueText("not known")  # what 0 is shown as
        self.row_ms.native.setToolTip("From the start of a row to that of the next one, where rows are scanned")
        self.offer = ComboBox(label="How they fit", choices=[])
        for number, decimals in ((self.offset_s, 6), (self.rate_hz, 6), (self.row_ms, 6)):
            number.native.setDecimals(decimals)
            number.native.setKeyboardTracking(False)
        self.settings_of: dict[str, tuple[Widget, ...]] = {
            EVENTS: (),
            OWN: (self.offset_s,),
            OTHER: (self.other,),
            FILE: (self.file, self.column, self.are, self.unit),
            CHANNEL: (self.channel, self.polarity, self.threshold),
            RATE: (self.offset_s, self.rate_hz),
        }
        fields = [self.layer, self.axis, self.source, self.other, self.file, self.column, self.are, self.unit]
        fields += [self.channel, self.polarity, self.threshold, self.offset_s, self.rate_hz, self.row_ms, self.offer]
        self.fields = tuple(fields)
        self.link_button = PushButton(text="Link", enabled=False)
        self.unlink_button = PushButton(text="Unlink", enabled=False)
        self.cancel_button = PushButton(text="Cancel")
        self.words, self.state = PlainLabel(), PlainLabel()
        for label in (self.words, self.state):
            label.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self._tried = LatestResult(self, activity=messages.COMPARING_CLOCKS, cancel=self._cancel)
        self._tried.result_ready.connect(self._on_offers)
        self._tried.failed.connect(self._on_refused)
        self._tried.progressed.connect(self.progress.setValue)
        self._busy = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._busy.timeout.connect(lambda: self._show_busy(True))
        self.picture = PaintedPlot(self._paint_picture)
        self.picture.setMinimumHeight(PICTURE_PX)
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.picture.mouse.hovered.connect(self._on_hovered)
        self.picture.mouse.left.connect(lambda: self.say(""))
        return self._laid_out()

    def _laid_out(self) -> QWidget:
        buttons = QHBoxLayout()
        for button in (self.link_button, self.unlink_button, self.cancel_button):
            button.native.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            buttons.addWidget(button.native)
        buttons.addStretch(1)
        page = QWidget()
        page.setObjectName("napari-phy-form")
        self.column_layout = QVBoxLayout(page)
        self.rows = form_layout(self.fields, self.theme)
        self.column_layout.addLayout(self.rows)
        self.column_layout.addWidget(self.words)
        self.column_layout.addWidget(self.progress)
        self.column_layout.addLayout(buttons)
        self.column_layout.addWidget(self.state)
        self.column_layout.addWidget(self.picture, 100)
        self.column_layout.addStretch(1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.layer.changed.connect(self._on_layer)
        self.source.changed.connect(self._on_source)
        self.file.changed.connect(self._on_file)
        chosen = (self.axis, self.other, self.column, self.are, self.unit, self.channel, self.polarity)
        for field in (*chosen, self.threshold, self.offset_s, self.rate_hz):
            field.changed.connect(self._try)
        self.row_ms.changed.connect(self._show_state)
        self.offer.changed.connect(self._on_offer_chosen)
        self.link_button.changed.connect(self._link)
        self.unlink_button.changed.connect(self._unlink)
        self.cancel_button.changed.connect(self._cancel)
        return area

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
        self._offers = []
        for field in (self.layer, self.other, self.source):
            self._offer(field, [])

    def on_selection(self) -> None:
        """Do nothing: clocks are those of layers."""

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
            self.stack.show_message(*messages.parted(messages.NO_TIME_AXIS))
        else:
            was = self.layer.value
            self._offer(self.layer, [(layer.name, layer) for layer in layers])
            self.stack.show_picture()
            is_new = self._clock is not None and self._clock != self._shown  # linked by somebody else
            if self.layer.value is not was or self.source.value is None or is_new:
                self._on_layer()
            else:
                source = self.source.value
                self._offer_sources()
                self._on_source() if self.source.value != source else self._show_state()
        self.drawn.emit()

    def _offer(self, field: ComboBox, choices: Sequence[tuple[str, Any]], value: Any = None) -> None:
        """Give a drop-down other choices; what was chosen stays if it is among them."""
        wanted = field.value if value is None else value
        with field.changed.blocked():
            field.choices = list(choices)
            values = [one for _, one in choices]
            if any(one is wanted or one == wanted for one in values):
                field.value = wanted

    @safe_slot
    def _on_layer(self, *_: object) -> None:
        """Offer the axes and sources of the layer."""
        layer = self.layer.value
        if layer is None or self.links is None or self.session is None:
            return
        axes = [(_axis_words(layer, axis), axis) for axis in range(layer.ndim)]
        self._offer(self.axis, axes, self.links.axis_of(layer))
        rate = rate_of(layer, self.axis.value)
        if rate is not None and self._clock is None:
            with self.rate_hz.changed.blocked():
                self.rate_hz.value = rate
        channels = [(str(number), place) for place, number in enumerate(self._channel_ids())]
        self._offer(self.channel, channels)
        with self.source.changed.blocked():
            self.source.choices = []
        self._offer_sources()
        self._show_clock()
        self._on_source()

    def _show_clock(self) -> None:
        """Give the form the numbers of the clock that the layer has, so that one of them can be corrected."""
        clock, layer = self._clock, self.layer.value
        self._shown = clock
        has_rows = isinstance(layer, Image) and self.axis.value < layer.ndim - 2
        self._show_row(self.row_ms, has_rows)
        with self.row_ms.changed.blocked():
            self.row_ms.value = _row_ms(clock) if has_rows else 0.0
        if clock is None:
            return
        own_s, start_s = own_times_of(layer), float(clock.time_of(0))
        given = {EVEN_CLOCK: (RATE, start_s), OWN_TIMES: (OWN, start_s - own_s[0] if own_s else 0.0)}
        source, offset_s = given.get(clock.source, (None, 0.0))
        if source in self.source.choices:
            for field, value in ((self.source, source), (self.offset_s, offset_s), (self.rate_hz, clock.rate_hz)):
                with field.changed.blocked():
                    field.value = value

    def _channel_ids(self) -> list[int]:
        traces = self.required_session.model.traces
        return [] if traces is None else list(range(traces.shape[1]))

    def _offer_sources(self) -> None:
        layer, session, linked = self.layer.value, self.required_session, self._linked
        others = [one for one in linked.layers if one is not layer]
        bases = {one: linked.clock_of(one) for one in others}
        n, is_stack = self._n_frames, isinstance(layer, Image | Labels)  # the last frames may have no points
        same = [
            one
            for one, base in bases.items()
            if base is not None and (base.n_frames == n or (base.n_frames > n and not is_stack))
        ]
        self._offer(self.other, [(one.name, one) for one in same])
        there = {
            EVENTS: bool(session.model.events),
            OWN: bool(own_times_of(layer)),
            OTHER: bool(same),
            CHANNEL: session.model.traces is not None,
        }
        choices = [(words, name) for name, words in SOURCES.items() if there.get(name, True)]
        if not isinstance(layer, Image):  # labels, points and tracks were made from frames that are here, too
            choices.sort(key=lambda choice: choice[1] != OTHER)
        self._offer(self.source, choices)

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
        return None if linked is None else linked.clock_of(self.layer.value)

    @property
    def _n_frames(self) -> int:
        clock = self._clock
        if clock is not None and self.axis.value == self._linked.axis_of(self.layer.value):
            return clock.n_frames
        return n_frames_of(self.layer.value, self.axis.value)

    @property
    def _path(self) -> Path | None:
        """The file that was chosen, there or not."""
        path = self.file.value
        return path if isinstance(path, Path) and path.name else None

    @safe_slot
    def _on_source(self, *_: object) -> None:
        """Show the settings of the source, and nothing of the others."""
        chosen = self.settings_of.get(self.source.value, ())
        for fields in self.settings_of.values():
            for field in fields:
                self._show_row(field, field in chosen)
        self._try()

    def _show_row(self, field: Widget, shown: bool) -> None:
        field.native.setVisible(shown)
        label = self.rows.labelForField(field.native)
        if label is not None:
            label.setVisible(shown)

    @safe_slot
    def _on_file(self, *_: object) -> None:
        """Offer the columns of the file."""
        path = self._path
        self._offer(self.column, [])
        if path is not None:
            try:
                names = list(read_time_columns(path).columns)
            except TimelineError as error:
                self._show_offers([], str(error))
                return
            self._offer(self.column, [("the likely one", ""), *((on_one_line(name), name) for name in names)])
        self._try()

    # --- trying clocks

    def _source(self) -> Source | None:
        """Return what is chosen in the form; None while something is missing."""
        kind = self.source.value
        if kind == EVENTS:
            return FromEvents()
        if kind == RATE:
            return FromRate(self.offset_s.value, self.rate_hz.value)
        if kind == OWN:
            return FromTimes(self.offset_s.value)
        if kind == OTHER and self.other.value is not None:
            base = self._linked.clock_of(self.other.value)
            return None if base is None else FromClock(self.other.value.name, base)
        if kind == FILE and self._path is not None:
            return FromFile(str(self._path), self.column.value or None, self.unit.value, self.are.value)
        if kind == CHANNEL and self.channel.value is not None:
            threshold = self.threshold.value.strip()
            return FromChannel(self.channel.value, self.polarity.value, typed_number(threshold) if threshold else None)
        return None

    @safe_slot
    def _try(self, *_: object) -> None:
        """Look for the clocks that there may be by what is chosen."""
        source = self._source() if self.layer.value is not None and self.session is not None else None
        if source is None:
            self._tried.drop()
            self._show_offers([], messages.CHOOSE_TIMES.get(self.source.value, ""))
            return
        rate = self._linked.rate_of(self.layer.value, self.axis.value)
        n_frames = source.base.n_frames if isinstance(source, FromClock) else self._n_frames
        request = ClockRequest(source, n_frames, rate, own_times_of(self.layer.value))
        self._show_offers([], messages.COMPARING_CLOCKS)
        self._busy.start()
        self._tried.ask(request, partial(_compute, self.required_session.model, request))

    @safe_slot
    def _on_offers(self, _request: Any, offers: list[ClockOffer]) -> None:
        self._show_offers(offers, "" if offers else messages.NO_PULSES_FIT)

    @safe_slot
    def _on_refused(self, _request: Any, error: Exception) -> None:
        self._show_offers([], str(error) if isinstance(error, NapariPhyError) else f"{self.failed} {error}")

    def _cancel(self, *_: object) -> None:
        self._tried.drop()
        self._show_offers([], messages.cancelled(messages.COMPARING_CLOCKS))

    def _show_offers(self, offers: list[ClockOffer], sentence: str) -> None:
        self._offers = offers
        self._busy.stop()
        self._show_busy(False)
        self._offer(self.offer, [(one.choice, place) for place, one in enumerate(offers)], 0)
        self._show_row(self.offer, len(offers) > 1)
        self.words.setText(sentence)
        self._on_offer_chosen()

    def _on_offer_chosen(self, *_: object) -> None:
        offer = self._chosen
        if offer is not None:
            self.words.setText(offer.words if self.source.value == EVENTS or len(self._offers) == 1 else offer.choice)
        alignment = None if offer is None else offer.alignment
        self.data = None if alignment is None else compute_alignment(alignment)
        self.picture.setVisible(self.data is not None)
        self.picture.update()
        self._show_state()

    @property
    def _chosen(self) -> ClockOffer | None:
        place = self.offer.value
        return self._offers[place] if isinstance(place, int) and place < len(self._offers) else None

    def _show_busy(self, busy: bool) -> None:
        self.progress.setValue(0)
        self.progress.setVisible(busy)
        self.cancel_button.visible = busy

    # --- linking

    @property
    def _wanted(self) -> TimeBase | None:
        """The clock that is chosen, with its rows; None where there is none."""
        offer, clock, layer = self._chosen, self._clock, self.layer.value
        if offer is None or not isinstance(layer, Image) or self.axis.value >= layer.ndim - 2:
            return None if offer is None else offer.base
        row_ms = self.row_ms.value
        if not row_ms:
            return offer.base
        if clock is not None and row_ms == _row_ms(clock):
            return replace(offer.base, row_offsets_s=clock.row_offsets_s)  # also rows that begin later
        n_rows = int((layer.data[0] if layer.multiscale else layer.data).shape[layer.ndim - 2])
        if n_rows * row_ms > 1e3 * MOST_OF_A_FRAME * offer.base.interval_s:
            raise TimelineError(messages.rows_too_slow(n_rows, row_ms, offer.base))
        return offer.base.with_rows(n_rows, row_ms / 1e3)

    @safe_slot
    def _show_state(self, *_: object) -> None:
        clock = self._clock
        words = "" if clock is None else messages.linked_by(self.layer.value.name, clock)
        try:
            wanted = self._wanted
        except TimelineError as error:
            wanted, words = None, str(error)
        self.unlink_button.enabled = clock is not None
        self.link_button.enabled = wanted is not None and clock != wanted
        self.state.setText(words)

    @safe_slot
    def _link(self, *_: object) -> None:
        layer = self.layer.value
        wanted = None if layer is None else self._wanted
        if wanted is None or self.links is None:
            return
        self._shown = wanted
        self._do(lambda links: links.link(layer, wanted, self.axis.value))

    @safe_slot
    def _unlink(self, *_: object) -> None:
        layer = self.layer.value
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
        pad = theme.px(8)
        self.stack.body.setStyleSheet(
            f"""
            QScrollArea, #napari-phy-form {{ background: {theme.view}; }}
            #napari-phy-form QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; }}
            #napari-phy-words {{ color: {theme.text}; font-size: {theme.px(BODY_PX)}px; }}
            QPushButton {{ background: {theme.raised}; color: {theme.text}; border: none; border-radius: 3px;
                padding: {theme.px(4)}px {theme.px(14)}px; font-size: {theme.px(BODY_PX)}px; }}
            QPushButton:hover, QPushButton:focus {{ background: {theme.grid}; }}
            QPushButton:disabled {{ background: {theme.tile}; color: {theme.faint}; }}
            QProgressBar {{ background: {theme.raised}; border: none; }}
            QProgressBar::chunk {{ background: {theme.dim}; }}
            """
        )
        self.words.setObjectName("napari-phy-words")
        self.progress.setFixedHeight(theme.px(4))
        self.column_layout.setContentsMargins(pad, pad, pad, pad)
        self.column_layout.setSpacing(theme.px(6))
        self.picture.update()


def _compute(model: Any, request: ClockRequest, on_progress: OnProgress) -> list[ClockOffer]:
    return offer_clocks(model, request, on_progress)


def _row_ms(clock: TimeBase | None) -> float:
    """Return how long a row takes; 0 where that is not known. Six decimals, as the form has them."""
    has_rows = clock is not None and len(clock.row_offsets_s) > 1
    return round(1e3 * float(np.median(np.diff(clock.row_offsets_s))), 6) if clock is not None and has_rows else 0.0


def _axis_words(layer: Layer, axis: int) -> str:
    """Return `axis 0, time, 18 000 frames`."""
    label = layer.axis_labels[axis]
    named = "" if label == str(axis - layer.ndim) else f"{on_one_line(label)}, "
    return f"axis {axis}, {named}{format_count(n_frames_of(layer, axis), 'frame')}"
