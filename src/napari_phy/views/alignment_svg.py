"""The picture of an alignment as SVG, for notebooks and pages: no scripts, nothing fetched."""

from __future__ import annotations

from html import escape

from napari_phy.timeline.alignment import Alignment
from napari_phy.views.alignment import (
    LIKELY,
    AlignmentData,
    alignment_frame,
    alignment_titles,
    compute_alignment,
    fault_labels,
    interval_columns,
    stretch_boxes,
)
from napari_phy.views.frame import Frame
from napari_phy.views.rectangles import AXIS_PX, BODY_PX, TICK_PX
from napari_phy.views.ticks import axis_ticks

_VIEW, _TEXT, _DIM, _GRID = "#ffffff", "#24262b", "#55575c", "#e6e4e2"
_PULSE, _FAULT, _LONELY, _DOUBT = "#2f6db5", "#c0392b", "#d98200", "#e8a33d"
_STRONG, _WEAK = 0.35, 0.10  # opacities of doubtful stretches
_MOST_LONELY = 2000


class _PlainSizes:
    """Sizes of type as browsers have it, roughly: there is nothing to measure it with."""

    def px(self, size: float) -> int:
        return round(size)

    def text_width(self, text: str, size: float = BODY_PX, *, bold: bool = False) -> float:
        return (0.62 if bold else 0.56) * size * len(text)


def alignment_svg(alignment: Alignment, width: int = 860, height: int = 280) -> str:
    """Return an inline SVG of an alignment: intervals of pulses, faults with words, doubtful stretches shaded."""
    data, sizes = compute_alignment(alignment), _PlainSizes()
    frame = alignment_frame(data, width, height - 20, sizes)
    parts = [f'<rect width="{width}" height="{height}" fill="{_VIEW}"/>']
    parts += _stretches(data, frame)
    parts += _axes(data, frame, sizes)
    parts += _pulses(data, frame)
    parts += _faults(data, frame, sizes)
    parts.append(_text(frame.left, height - 8, data.caption, BODY_PX, _TEXT))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(data.caption)}" font-family="sans-serif">{"".join(parts)}</svg>'
    )


def _stretches(data: AlignmentData, frame: Frame) -> list[str]:
    found = []
    for box, stretch in stretch_boxes(data, frame):
        opacity = _STRONG if stretch.doubt.chance >= LIKELY else _WEAK
        words = f"{stretch.doubt.words.rstrip('.')} ({100 * stretch.doubt.chance:.1f} %)."
        found.append(
            f'<rect x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
            f'fill="{_DOUBT}" fill-opacity="{opacity}"><title>{escape(words)}</title></rect>'
        )
    return found


def _axes(data: AlignmentData, frame: Frame, sizes: _PlainSizes) -> list[str]:
    along_x, along_y = axis_ticks(frame, sizes)
    right, bottom = frame.left + frame.width, frame.top + frame.height
    found = []
    for value, label in along_x:
        x = frame.to_px([[value, 0]])[0, 0]
        found.append(f'<path d="M{x:.1f} {bottom:.1f}v4" stroke="{_DIM}"/>')
        found.append(_text(x, bottom + 15, label, TICK_PX, _DIM, "middle"))
    for value, label in along_y:
        y = frame.to_px([[0, value]])[0, 1]
        found.append(f'<path d="M{frame.left:.1f} {y:.1f}H{right:.1f}" stroke="{_GRID}"/>')
        found.append(_text(frame.left - 6, y + 3.5, label, TICK_PX, _DIM, "end"))
    title_x, title_y = alignment_titles(data)
    found.append(f'<path d="M{frame.left:.1f} {frame.top:.1f}V{bottom:.1f}H{right:.1f}" fill="none" stroke="{_DIM}"/>')
    found.append(_text(right, bottom + 29, title_x, AXIS_PX, _DIM, "end"))
    middle = frame.top + frame.height / 2
    found.append(
        f'<text transform="translate(13 {middle:.1f}) rotate(-90)" font-size="{AXIS_PX}" fill="{_DIM}" '
        f'text-anchor="middle">{escape(title_y)}</text>'
    )
    return found


def _pulses(data: AlignmentData, frame: Frame) -> list[str]:
    x, top, bottom = interval_columns(data, frame)
    columns = zip(x.tolist(), top.tolist(), bottom.tolist(), strict=True)
    path = "".join(f"M{one:.1f} {high - 0.8:.1f}V{low + 0.8:.1f}" for one, high, low in columns)
    return [f'<path d="{path}" stroke="{_PULSE}" stroke-width="1.6"/>'] if path else []


def _faults(data: AlignmentData, frame: Frame, sizes: _PlainSizes) -> list[str]:
    found = []
    base = frame.top + frame.height
    for time_s in data.lonely_s[:_MOST_LONELY].tolist():
        x = frame.to_px([[time_s, 0]])[0, 0]
        found.append(f'<path d="M{x:.1f} {base:.1f}v-7" stroke="{_LONELY}"/>')
    for label in fault_labels(data, frame, sizes):
        found.append(
            f'<path d="M{label.x_px:.1f} {frame.top:.1f}V{base:.1f}" stroke="{_FAULT}" stroke-width="0.8" '
            f'stroke-dasharray="2 3"><title>{escape(label.fault.words)}</title></path>'
        )
        if label.text:
            found.append(_text(label.box.left, label.box.bottom - 4, label.text, TICK_PX, _FAULT))
    return found


def _text(x: float, y: float, text: str, size: float, color: str, anchor: str = "start") -> str:
    look = f'font-size="{size:g}" fill="{color}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'
