"""The fields of Link time: which layer, where its times are from, and what each of these sources has to be told."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from magicgui.widgets import ComboBox, FileEdit, FloatSpinBox, LineEdit
from magicgui.widgets.bases import Widget
from napari.layers import Layer
from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QDoubleSpinBox

from napari_phy.timeline import TimeBase
from napari_phy.views.clock_offers import (
    FromChannel,
    FromClock,
    FromEvents,
    FromFile,
    FromRate,
    FromTimes,
    Source,
    TimesOf,
)
from napari_phy.views.typed_values import typed_number

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
DECIMALS = 6


class LinkTimeForm:
    """Holds what was chosen; whoever shows the fields offers layers, axes, columns and channels in them."""

    def __init__(self) -> None:
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
        for number in (self.offset_s, self.rate_hz, self.row_ms):
            number.native.setDecimals(DECIMALS)
            number.native.setKeyboardTracking(False)
            number.native.valueChanged.connect(partial(shorten, number.native))
            number.native.editingFinished.connect(partial(shorten, number.native))
            shorten(number.native)
        self._fields_of: dict[str, tuple[Widget, ...]] = {
            EVENTS: (),
            OWN: (self.offset_s,),
            OTHER: (self.other,),
            FILE: (self.file, self.column, self.are, self.unit),
            CHANNEL: (self.channel, self.polarity, self.threshold),
            RATE: (self.offset_s, self.rate_hz),
        }

    @property
    def fields(self) -> tuple[Widget, ...]:
        """All of them, from top to bottom."""
        about = (self.layer, self.axis, self.source, self.other, self.file, self.column, self.are, self.unit)
        return (
            *about,
            self.channel,
            self.polarity,
            self.threshold,
            self.offset_s,
            self.rate_hz,
            self.row_ms,
            self.offer,
        )

    @property
    def rows_of_source(self) -> dict[Widget, bool]:
        """Fields that belong to sources, and whether the one that is chosen has them."""
        chosen = self._fields_of.get(self.source.value, ())
        return {field: field in chosen for fields in self._fields_of.values() for field in fields}

    @property
    def path(self) -> Path | None:
        """The file that was chosen, there or not."""
        path = self.file.value
        return path if isinstance(path, Path) and path.name else None

    def chosen_source(self, clock_of: Callable[[Layer], TimeBase | None]) -> Source | None:
        """Return where times are from; None while something is missing.

        Parameters
        ----------
        clock_of : callable
            Returns the clock of another layer.
        """
        kind = self.source.value
        if kind == EVENTS:
            return FromEvents()
        if kind == RATE:
            return FromRate(self.offset_s.value, self.rate_hz.value)
        if kind == OWN:
            return FromTimes(self.offset_s.value)
        if kind == OTHER and self.other.value is not None:
            base = clock_of(self.other.value)
            return None if base is None else FromClock(self.other.value.name, base)
        if kind == FILE and self.path is not None:
            return FromFile(str(self.path), self.column.value or None, self.unit.value, self.are.value)
        if kind == CHANNEL and self.channel.value is not None:
            threshold = self.threshold.value.strip()
            return FromChannel(self.channel.value, self.polarity.value, typed_number(threshold) if threshold else None)
        return None


def shorten(box: QDoubleSpinBox, *_: object) -> None:
    """Show a number without the zeros at its end; more decimals can be typed."""
    line, point = box.lineEdit(), box.locale().decimalPoint()
    text = box.text()
    if text == box.specialValueText() or point not in text:
        return
    blocker = QSignalBlocker(line)
    line.setText(text.rstrip("0").removesuffix(point))
    blocker.unblock()
