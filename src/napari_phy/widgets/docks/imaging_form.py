"""The form of Imaging: which movie and cells, which lags, what to compute; and how far that is.

The buttons are a widget of their own, which stays in sight while the fields scroll.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox
from napari.layers import Labels
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_phy.core.errors import ImagingError
from napari_phy.layers.movie_question import MovieQuestion, What
from napari_phy.layers.movie_results import fits_frames, regions_in
from napari_phy.stats.region_traces import BASELINE_S
from napari_phy.views.movie_regions import Baseline
from napari_phy.views.timed_movie import TimedMovie
from napari_phy.widgets.base.form_dialog import form_layout
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.progress import ProgressBar
from napari_phy.widgets.base.small_dialogs import button_style
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens
from napari_phy.widgets.docks import imaging_messages

NOTHING = ""  # as a choice: magicgui tells nobody of None
NO_MOVIE, NO_CELLS = "no image stack is open", "all pixels"
NEUROPIL_SHARE = 0.7
WORD_LINES = 3  # kept free below the buttons, so that they stay under the mouse
BUTTONS: dict[What, tuple[str, str]] = {
    "average": ("Average", "Average the movie, or the cells, around the spikes of the selected clusters"),
    "correlation": ("Correlation map", "Colour each pixel by its correlation with the rate of each selected cluster"),
    "cells": ("Compare cells", "Test which cells follow which of the selected clusters"),
}


class ImagingForm(QWidget):
    """Fields and buttons; it emits what is asked for, and holds nothing but what was chosen."""

    asked = Signal(str)  # `What`
    cancelled = Signal()
    read_requested = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-imaging-form")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.movie = ComboBox(label="Movie", tooltip="An image stack with an axis of time and a clock")
        self.cells = ComboBox(label="Cells", tooltip="Labels or shapes in the pixels of the movie")
        self.start_s = FloatSpinBox(value=-0.5, min=-60, max=60, step=0.1, tooltip="First lag after a spike")
        self.stop_s = FloatSpinBox(value=1.0, min=-60, max=60, step=0.1, tooltip="Last lag after a spike")
        self.baseline_s = FloatSpinBox(
            value=BASELINE_S, min=0.1, max=3600, step=10, label="Baseline (s)",
            tooltip="ΔF/F is over the 8th percentile of the brightness in so many seconds around",
        )  # fmt: skip
        self.has_row_times = CheckBox(value=True, text="Each row at its own time")
        self.minus_mean = CheckBox(value=True, text="Averages minus the mean")
        self.has_neuropil = CheckBox(value=False, text="Subtract neuropil")
        self.lights_up = CheckBox(value=False, text="Highlight the spikes of this frame")
        self._wants_row_times = True
        self.minus_mean.tooltip = "What changes around spikes, instead of the picture itself"
        self.has_neuropil.tooltip = "Take away 0.7 of the changes around each cell before ΔF/F"
        self.lights_up.tooltip = "All views mark the spikes of the selected clusters while this frame was taken"
        self.open_button = QPushButton("Open…")
        self.open_button.setToolTip(plain("Read the cells that suite2p or CaImAn found, or a TIFF of labels"))
        self.open_button.clicked.connect(lambda *_: self.read_requested.emit())
        self.buttons = {what: self._button(what) for what in BUTTONS}
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(lambda *_: self.cancelled.emit())
        self.progress = ProgressBar()
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.words = PlainLabel()
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.bar = QWidget()  # buttons, and how it goes
        self.bar.setObjectName("napari-phy-imaging-bar")
        self.bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column, self._bar_column = QVBoxLayout(self), QVBoxLayout(self.bar)
        self._rows: list[QHBoxLayout] = []
        self.has_row_times.changed.connect(self._on_row_times)
        for field in (self.movie, self.cells, *self._fields.values()):
            field.changed.connect(lambda *_: self.changed.emit())
        self.show_progress(None)

    def _button(self, what: What) -> QPushButton:
        title, tip = BUTTONS[what]
        button = QPushButton(title)
        button.setToolTip(plain(tip))
        button.clicked.connect(lambda *_: self.asked.emit(what))
        return button

    @property
    def _fields(self) -> dict[str, Any]:
        names = ("start_s", "stop_s", "baseline_s", "has_row_times", "minus_mean", "has_neuropil", "lights_up")
        return {name: getattr(self, name) for name in names}

    # --- what was chosen

    @property
    def baseline(self) -> Baseline:
        """How ΔF/F is made."""
        return Baseline(float(self.baseline_s.value), neuropil_share=NEUROPIL_SHARE if self.has_neuropil.value else 0.0)

    @property
    def chosen_movie(self) -> Any:
        """The layer that is the movie, or None."""
        return None if self.movie.value in (None, NOTHING) else self.movie.value

    @property
    def chosen_cells(self) -> Any:
        """The layer whose labels or shapes are the cells, None for all pixels."""
        return None if self.cells.value in (None, NOTHING) else self.cells.value

    @property
    def offered_cells(self) -> list[Any]:
        """The layers that may be chosen as cells."""
        return [layer for layer in self.cells.choices if layer != NOTHING]

    def question(self, what: What, source: TimedMovie, clusters: Sequence[int]) -> MovieQuestion:
        """Return what is asked; all that is read from fields and layers is read now.

        Raises
        ------
        ImagingError
            Cells are to be compared and there are none, or they are of other frames.
        """
        movie, cells = self.chosen_movie, None if what == "correlation" else self.chosen_cells
        regions = None if cells is None else regions_in(cells, movie, source.movie)
        if what == "cells" and regions is None:
            raise ImagingError(imaging_messages.NEED_CELLS)
        lags = source.lags(float(self.start_s.value), float(self.stop_s.value))
        minus_mean = bool(self.minus_mean.value)
        return MovieQuestion(what, tuple(clusters), source, lags, movie, cells, regions, minus_mean, self.baseline)

    def options(self) -> dict[str, Any]:
        """Return what was chosen beside movie and cells."""
        return {
            name: self._wants_row_times if name == "has_row_times" else field.value
            for name, field in self._fields.items()
        }

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Choose; what there is not and values that cannot be are left out."""
        for name, field in self._fields.items():
            value = options.get(name)
            if isinstance(field, CheckBox):
                fits = isinstance(value, bool)
            else:
                fits = isinstance(value, int | float) and field.min <= value <= field.max
            if fits and field is self.has_row_times:
                self._wants_row_times = bool(value)
                self.allow_row_times(self.has_row_times.tooltip if not field.enabled else "")
            elif fits:
                field.value = value

    def offer(self, movies: Sequence[Any], cells: Sequence[Any]) -> None:
        """Offer layers as movie and as cells; what was chosen stays where it is still there.

        New labels of the size of the movie become the cells where none are chosen.
        """
        old_cells = self.offered_cells
        for box, layers, nothing in ((self.movie, movies, NO_MOVIE), (self.cells, cells, NO_CELLS)):
            before = box.value
            named: list[tuple[str, Any]] = [(layer.name, layer) for layer in layers]
            has_none = box is self.cells or not layers
            with box.changed.blocked():
                box.choices = [(nothing, NOTHING), *named] if has_none else named
                if any(before is layer for layer in layers):
                    box.value = before
        self.changed.emit()
        if self.chosen_cells is None and (movie := self.chosen_movie) is not None:
            new = (one for one in self.offered_cells if not any(one is old for old in old_cells))
            found = next((one for one in new if isinstance(one, Labels) and fits_frames(one, movie)), None)
            if found is not None:
                self.cells.value = found

    def _on_row_times(self) -> None:
        self._wants_row_times = bool(self.has_row_times.value)

    def allow_row_times(self, why_not: str) -> None:
        """Offer rows at their own times, as was wished, or say why they have none."""
        box = self.has_row_times
        with box.changed.blocked():
            box.enabled = not why_not
            box.value = self._wants_row_times and not why_not
        box.tooltip = plain(why_not or "Compare each row of a frame at the time at which it was scanned")

    # --- how it goes

    def show_progress(self, percent: int | None) -> None:
        """Show how far the work is, None when there is none."""
        is_working = percent is not None
        self.progress.setVisible(is_working)
        self.cancel_button.setVisible(is_working)
        self.progress.setValue(percent or 0)

    def allow(self, why_not: Mapping[What, str]) -> None:
        """Enable each button, or say why it cannot be pressed."""
        for what, button in self.buttons.items():
            button.setEnabled(not why_not[what])
            button.setToolTip(plain(why_not[what] or BUTTONS[what][1]))

    def say(self, sentence: str, *, is_error: bool = False, tip: str = "") -> None:
        """Show what was done, or what went wrong; the tooltip says more."""
        self.words.setText(sentence)
        self.words.setToolTip(plain(tip))
        self.words.setProperty("wrong", is_error)
        self.words.style().polish(self.words)

    # --- looks

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        pad, gap = theme.px(10), theme.px(6)
        if not self._rows:
            self._lay_out(theme)
        for column in (self._column, self._bar_column):
            column.setContentsMargins(pad, theme.px(8), pad, theme.px(8))
            column.setSpacing(gap)
        for row in self._rows:
            row.setSpacing(gap)
        self.progress.setFixedHeight(4)
        style = f"""
            #{self.objectName()}, #{self.bar.objectName()} {{ background: {theme.view}; }}
            #{self.bar.objectName()} {{ border-top: 1px solid {theme.grid}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(BODY_PX)}px; padding: 0; }}
            QLabel[wrong="true"] {{ color: {theme.error}; }}
            QComboBox, QAbstractSpinBox, QCheckBox {{ font-size: {theme.px(BODY_PX)}px; }}
            QCheckBox {{ background: transparent; color: {theme.text}; }}
            QCheckBox:disabled {{ color: {theme.faint}; }}
            QComboBox, QAbstractSpinBox {{ min-height: {theme.px(22)}px; }}
            QAbstractSpinBox QLineEdit {{ min-height: 0; }}
            QProgressBar {{ background: {theme.raised}; border: none; border-radius: 0; }}
            QProgressBar::chunk {{ background: {theme.dim}; }}
            {button_style(theme)}
            QPushButton {{ padding: {theme.px(4)}px {theme.px(9)}px; }}
            """
        self.setStyleSheet(style)
        self.bar.setStyleSheet(style)
        self.words.setStyleSheet(f"font-size: {theme.px(AXIS_PX)}px;")
        self.words.setMinimumHeight(WORD_LINES * (theme.px(AXIS_PX) + theme.px(4)))

    def _lay_out(self, theme: Tokens) -> None:
        fields: QFormLayout = form_layout((self.movie,), theme)
        fields.addRow("Cells", self._row(self.cells.native, self.open_button, stretch=0))
        to = PlainLabel("to")
        fields.addRow("Lags (s)", self._row(self.start_s.native, to, self.stop_s.native, stretch=None))
        fields.addRow(self.baseline_s.label, self._row(self.baseline_s.native, self.has_neuropil.native, stretch=None))
        self._column.addLayout(fields)
        self._column.addLayout(self._row(self.has_row_times.native, self.minus_mean.native, stretch=None))
        self._column.addLayout(self._row(self.lights_up.native, stretch=None))
        self._bar_column.addLayout(self._row(*self.buttons.values(), stretch=None))
        self._bar_column.addWidget(self.progress)
        self._bar_column.addLayout(self._row(self.words, self.cancel_button, stretch=0))
        self._rows[-1].setAlignment(self.cancel_button, Qt.AlignmentFlag.AlignTop)

    def _row(self, *widgets: QWidget, stretch: int | None) -> QLayout:
        row = QHBoxLayout()
        for place, widget in enumerate(widgets):
            row.addWidget(widget, 1 if place == stretch else 0)
        if stretch is None:
            row.addStretch(1)
        self._rows.append(row)
        return row
