"""The picture of a probe as SVG, for notebooks: no scripts, nothing fetched, legible on any page."""

from __future__ import annotations

from html import escape

import numpy as np
import numpy.typing as npt

from napari_phy.core.colors import distinct_colors
from napari_phy.core.probe_geometry import ProbeGeometry, probe_geometry
from napari_phy.core.probe_picture import ProbePicture, probe_picture

_VIEW, _TILE, _EDGE, _DIM, _FAINT = "#ffffff", "#f5f3f2", "#d2cecb", "#55575c", "#8d8f94"
_TEXT_PX = 10.0
_MARGIN = (100.0, 110.0)  # around the sites, both sides together
_USUAL, _LARGEST, _SMALLEST = (420.0, 340.0), (900.0, 2400.0), (170.0, 150.0)
_LEAST_PITCH_PX, _USUAL_PITCH_PX = 5.0, 28.0
_FOOT = 24.0
_SCROLLS_ABOVE = 640


def probe_svg(
    channel_ids: npt.NDArray[np.int64],
    positions: npt.NDArray[np.float64],
    is_known: npt.NDArray[np.bool_],
    shanks: npt.NDArray[np.int64] | None = None,
) -> str:
    """Return an inline SVG of a probe: a disc for each channel, coloured by shank, its number and place on hover."""
    geometry = probe_geometry(positions, is_known, shanks)
    width, height = _size(geometry)
    picture = probe_picture(geometry, channel_ids, width, height - _FOOT, text_px=_TEXT_PX)
    colors = distinct_colors(geometry.n_shanks, dark=False)
    n_unknown = int((~geometry.is_known).sum())
    words = f"Probe with {_count(len(channel_ids), 'channel')}"
    if geometry.n_shanks > 1:
        words += f" on {geometry.n_shanks} shanks"
    parts = [f'<rect width="{width:g}" height="{height:g}" fill="{_VIEW}"/>']
    parts += [
        f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in outline)}" fill="{_TILE}" stroke="{_EDGE}"/>'
        for outline in picture.outlines
    ]
    for index, channel in enumerate(channel_ids.tolist()):
        parts += _site(picture, index, channel, _title(channel, positions[index], geometry, index), geometry, colors)
    parts += _foot(picture, height, n_unknown)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(words)}" '
        f'font-family="sans-serif" font-size="{_TEXT_PX:g}" fill="{_DIM}">{"".join(parts)}</svg>'
    )
    return (
        f'<div style="max-height: {_SCROLLS_ABOVE}px; overflow: auto">{svg}</div>' if height > _SCROLLS_ABOVE else svg
    )


def _size(geometry: ProbeGeometry) -> tuple[float, float]:
    """Return width and height: as the probe is shaped, tall enough to tell the sites of a long one apart."""
    if not len(geometry.places):
        return _SMALLEST
    span = np.maximum(np.ptp(geometry.places, axis=0), 1e-9)
    fit = float((np.array(_USUAL) / span).min())
    longest = float((np.array(_LARGEST) / span).min())
    scale = max(min(fit, _USUAL_PITCH_PX / geometry.pitch_um), min(_LEAST_PITCH_PX / geometry.pitch_um, longest))
    width, height = np.maximum(np.rint(span * scale + _MARGIN), _SMALLEST).tolist()
    return width, height


def _site(
    picture: ProbePicture, index: int, channel: int, title: str, geometry: ProbeGeometry, colors: tuple[str, ...]
) -> list[str]:
    x, y = picture.centers[index].tolist()
    shank = int(geometry.shanks[index])
    look = f'fill="{colors[shank]}"' if shank >= 0 else f'fill="none" stroke="{_FAINT}" stroke-dasharray="2 2"'
    disc = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{picture.radius:.1f}" {look} pointer-events="all">'
    parts = [f"{disc}<title>{escape(title)}</title></circle>"]
    if picture.is_numbered[index]:
        x, y = picture.number_centers[index].tolist()
        parts.append(f'<text x="{x:.1f}" y="{y + 0.36 * _TEXT_PX:.1f}" text-anchor="middle">{channel}</text>')
    return parts


def _title(channel: int, position: npt.NDArray[np.float64], geometry: ProbeGeometry, index: int) -> str:
    if not geometry.is_known[index]:
        return f"channel {channel}, position not known"
    shank = f", shank {geometry.shanks[index]}" if geometry.n_shanks > 1 else ""
    return f"channel {channel}, {position[0]:g} µm, {position[1]:g} µm{shank}"


def _foot(picture: ProbePicture, height: float, n_unknown: int) -> list[str]:
    line = height - 10
    if picture.bar_um is None:
        words = "positions not known" if n_unknown else "" if len(picture.centers) else "no channels"
        return [f'<text x="10" y="{line:g}">{words}</text>']
    end = 10 + picture.bar_um * picture.px_per_um
    return [
        f'<path d="M10 {line - 3.5:g}H{end:.1f}" stroke="{_DIM}" stroke-width="1.5"/>',
        f'<text x="{end + 5:.1f}" y="{line:g}">{picture.bar_um:g} µm</text>',
    ]


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
