"""How the pulses of a line fit the frames of a stack, as a picture: intervals, faults and doubtful stretches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.table.numbers import format_number
from napari_phy.timeline.alignment import Alignment, Fault
from napari_phy.timeline.doubts import Doubt
from napari_phy.views.frame import Frame
from napari_phy.views.rectangles import TICK_PX, Rectangle, TypeSizes

Float64 = npt.NDArray[np.float64]

MOST_INTERVAL = 4.0  # in frames: what is longer is drawn at the top
LIKELY = 0.2  # a chance from which on a doubtful stretch is drawn strongly
MOST_LABELS = 200
_ROWS = 3  # of labels above the plot
_SHORT = {
    "missing pulses": "missing",
    "missing at start": "missing",
    "missing at end": "missing",
    "extra pulse": "false",
    "doubled pulse": "doubled",
    "narrow pulse": "short",
    "lost frame": "lost",
    "added frame": "added",
    "pulses before": "before",
    "pulses after": "after",
    "pause": "pause",
    "irregular": "odd",
    "reset": "reset",
    "no grid": "irregular",
}
_COUNTED = {
    *("missing pulses", "missing at start", "missing at end"),
    *("extra pulse", "lost frame", "pulses before", "pulses after"),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time in which frames are doubtful, and the doubt."""

    start_s: float
    stop_s: float
    doubt: Doubt

    @property
    def is_likely(self) -> bool:
        """Whether it may well be that they are wrong."""
        return self.doubt.chance >= LIKELY


@dataclass(frozen=True, slots=True, eq=False)
class AlignmentData:
    """What the picture of an alignment draws.

    Attributes
    ----------
    alignment : Alignment
        What is drawn.
    times_s : ndarray of float64, shape (n,)
        When each pulse but the first comes.
    intervals : ndarray of float64, shape (n,)
        How long after the one before, in intervals between frames.
    has_frame : ndarray of bool, shape (n,)
        Whether each of them belongs to a frame.
    lonely_s : ndarray of float64
        Times of frames without a pulse.
    stretches : tuple of Stretch
        Doubtful ones, those drawn strongly last.
    range_s : tuple of float
        Start and stop of the time shown: all pulses and frames.
    caption : str
        The words below the picture.
    """

    alignment: Alignment
    times_s: Float64
    intervals: Float64
    has_frame: npt.NDArray[np.bool_]
    lonely_s: Float64
    stretches: tuple[Stretch, ...]
    range_s: tuple[float, float]
    caption: str

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong, in the order of time."""
        return self.alignment.faults


@dataclass(frozen=True, slots=True)
class Label:
    """Words above a fault; `text` is empty where there is no room for them.

    Attributes
    ----------
    x_px : float
        Where the fault is.
    box : Rectangle
        Where the words are.
    text : str
        `2 missing`.
    fault : Fault
        What is wrong.
    """

    x_px: float
    box: Rectangle
    text: str
    fault: Fault


def compute_alignment(alignment: Alignment) -> AlignmentData:
    """Return what the picture of an alignment draws."""
    base = alignment.base
    times_s = alignment.pulse_times_s
    steps_s = np.diff(times_s)
    per_pulse = _frames_per_pulse(alignment.pulse_frames)
    usual_s = base.interval_s * per_pulse
    lonely = np.ones(base.n_frames, dtype=np.bool_)
    known = alignment.pulse_frames[np.isfinite(alignment.pulse_frames)]
    lonely[np.unique(np.clip(np.floor(known), 0, base.n_frames - 1).astype(np.int64))] = False
    if per_pulse > 1:
        lonely[:] = False
    stretches = [Stretch(*_span(alignment, doubt), doubt) for doubt in base.doubts]
    ends = [*base.range_s, *((float(times_s.min()), float(times_s.max())) if len(times_s) else ())]
    return AlignmentData(
        alignment=alignment,
        times_s=read_only(times_s[1:].copy()),
        intervals=read_only(steps_s / usual_s),
        has_frame=read_only(np.isfinite(alignment.pulse_frames[1:])),
        lonely_s=read_only(base.frame_times_s[lonely]),
        stretches=tuple(sorted(stretches, key=lambda one: one.doubt.chance)),
        range_s=(min(ends), max(ends)),
        caption=f"{base.source}: {alignment.words}" if base.source else alignment.words,
    )


def _span(alignment: Alignment, doubt: Doubt) -> tuple[float, float]:
    times_s = alignment.base.frame_times_s
    stop_s = times_s[doubt.stop] if doubt.stop < len(times_s) else alignment.base.range_s[1]
    return float(times_s[doubt.start]), float(stop_s)


def _frames_per_pulse(pulse_frames: Float64) -> float:
    """Return how many frames a pulse usually has; less than 1 where a frame has several pulses."""
    steps = np.diff(pulse_frames[np.isfinite(pulse_frames)])
    return float(np.median(steps)) if len(steps) and np.median(steps) > 0 else 1.0


# --- layout ---


def alignment_frame(data: AlignmentData, width: int, height: int, sizes: TypeSizes) -> Frame:
    """Return the plot's rectangle, below room for labels, and its ranges in seconds and intervals."""
    left, right, bottom = sizes.px(48), sizes.px(16), sizes.px(38)
    top = sizes.px(6) + _ROWS * _row_px(sizes)
    start, stop = data.range_s
    room = max(0.02 * (stop - start), 1e-3)
    inner = max(20, height - top - bottom)
    return Frame(left, top, max(20, width - left - right), inner, (start - room, stop + room), (0.0, MOST_INTERVAL))


def interval_columns(data: AlignmentData, frame: Frame) -> tuple[Float64, Float64, Float64]:
    """Return (x, top, bottom) in px of what intervals cover in each column of px that has any.

    A column of one pulse, or of equal intervals, is a point: top and bottom are the same.
    """
    shown = np.clip(data.intervals, 0, MOST_INTERVAL)
    px = frame.to_px(np.column_stack([data.times_s, shown]))
    inside = (px[:, 0] >= frame.left) & (px[:, 0] <= frame.left + frame.width)
    px = px[inside]
    if not len(px):
        return np.empty(0), np.empty(0), np.empty(0)
    px = px[np.argsort(px[:, 0], kind="stable")]
    column = np.floor(px[:, 0])
    first = np.flatnonzero(np.diff(column, prepend=-np.inf))
    return column[first] + 0.5, np.minimum.reduceat(px[:, 1], first), np.maximum.reduceat(px[:, 1], first)


def stretch_boxes(data: AlignmentData, frame: Frame) -> list[tuple[Rectangle, Stretch]]:
    """Return the rectangle of each doubtful stretch in sight, at least a px wide."""
    found = []
    for stretch in data.stretches:
        edges = frame.to_px([[stretch.start_s, 0], [stretch.stop_s, 0]])[:, 0]
        low, high = np.clip(edges, frame.left, frame.left + frame.width).tolist()
        if high > frame.left and low < frame.left + frame.width:
            found.append((Rectangle(low, frame.top, max(1.0, high - low), frame.height), stretch))
    return found


def fault_labels(data: AlignmentData, frame: Frame, sizes: TypeSizes) -> list[Label]:
    """Return labels of the faults in sight, in rows above the plot, as many as have room; the others without words."""
    ends = [-float("inf")] * _ROWS
    row_px, gap = _row_px(sizes), sizes.px(6)
    found: list[Label] = []
    for fault in data.faults:
        x = float(frame.to_px([[fault.time_s, 0]])[0, 0])
        if not frame.left <= x <= frame.left + frame.width:
            continue
        text = fault_text(fault)
        width = sizes.text_width(text, TICK_PX)
        left = min(max(x - width / 2, frame.left), frame.left + frame.width - width)
        row = next((row for row in range(_ROWS) if ends[row] + gap <= left), None)
        if row is None or len(found) >= MOST_LABELS:
            found.append(Label(x, Rectangle(x, frame.top, 0, 0), "", fault))
            continue
        ends[row] = left + width
        top = frame.top - (row + 1) * row_px
        found.append(Label(x, Rectangle(left, top, width, row_px), text, fault))
    return found


def fault_text(fault: Fault) -> str:
    """Return `2 missing`, `false`."""
    few = _SHORT.get(fault.kind, fault.kind)
    return f"{format_number(fault.n)} {few}" if fault.kind in _COUNTED and fault.n > 1 else few


def alignment_titles(data: AlignmentData) -> tuple[str, str]:
    """Return the titles of both axes."""
    per_pulse = _frames_per_pulse(data.alignment.pulse_frames)
    return "time (s)", "interval (frames)" if per_pulse == 1 else "interval (usual ones)"


def alignment_words(data: AlignmentData, frame: Frame, sizes: TypeSizes, x_px: float, y_px: float) -> str:
    """Return what is under a pixel: a fault, or the doubts and the frame there."""
    labels = fault_labels(data, frame, sizes)
    near = [label for label in labels if abs(label.x_px - x_px) <= sizes.px(4) or label.box.contains(x_px, y_px)]
    if near:
        return min(near, key=lambda label: abs(label.x_px - x_px)).fault.words
    if not frame.contains(x_px, y_px):
        return ""
    time_s = float(frame.to_data([[x_px, y_px]])[0, 0])
    base = data.alignment.base
    number = int(base.frame_at(time_s))
    where = f"frame {format_number(number)}" if 0 <= number < base.n_frames else "no frame"
    return " ".join([f"{format_number(time_s, 1)} s, {where}.", *_doubt_words(base.doubts_at(number))])


def _doubt_words(doubts: Sequence[Doubt]) -> list[str]:
    return [f"{doubt.words.rstrip('.')} ({format_number(100 * doubt.chance, 1)} %)." for doubt in doubts[:2]]


def _row_px(sizes: TypeSizes) -> int:
    return sizes.px(14)
