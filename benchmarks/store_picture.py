"""The picture of `feature_store`: how long each layout takes for each way of reading, on a logarithmic axis."""

from __future__ import annotations

import math

import numpy as np

WIDTH, ROW, LEFT, TOP = 760, 26, 170, 54
LOW_MS, HIGH_MS = 0.1, 100_000.0
COLORS = {"view": "#1f77b4", "split": "#d95f02", "matrix": "#2a9d5c"}


def draw(found: dict[str, dict[str, list[float]]]) -> str:
    """Return an SVG of {layout: {"view cold": seconds, …}}: p50 as a mark, p95 as the end of a line."""
    height = TOP + ROW * 2 * len(found) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        "<style>text { font-size: 12px; fill: #333 }</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        '<text x="12" y="20">Time of a query in ms: median, and 95 % by the line</text>',
    ]
    for place, (name, color) in enumerate(COLORS.items()):
        x = LEFT + 90 * place
        parts.append(f'<circle cx="{x}" cy="36" r="4" fill="{color}"/><text x="{x + 9}" y="40">{name}</text>')
    for power in range(round(math.log10(LOW_MS)), round(math.log10(HIGH_MS)) + 1):
        x = _x(10.0**power)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{height - 26}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 10}" text-anchor="middle">{10.0**power:g}</text>')
    for row, (title, state) in enumerate((title, state) for title in found for state in ("cold", "warm")):
        y = TOP + ROW * row + ROW / 2
        name = f"{title}, cold" if state == "cold" else "warm"
        parts.append(f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{name}</text>')
        for shift, (pattern, color) in zip((-6, 0, 6), COLORS.items(), strict=True):
            low, high = (1000 * float(np.percentile(found[title][f"{pattern} {state}"], at)) for at in (50, 95))
            line = f'x1="{_x(low):.1f}" y1="{y + shift}" x2="{_x(high):.1f}" y2="{y + shift}"'
            parts.append(f'<line {line} stroke="{color}" stroke-width="2"/>')
            parts.append(f'<circle cx="{_x(low):.1f}" cy="{y + shift}" r="4" fill="{color}"/>')
    return "\n".join([*parts, "</svg>", ""])


def _x(ms: float) -> float:
    share = math.log10(min(max(ms, LOW_MS), HIGH_MS) / LOW_MS) / math.log10(HIGH_MS / LOW_MS)
    return LEFT + share * (WIDTH - LEFT - 30)
