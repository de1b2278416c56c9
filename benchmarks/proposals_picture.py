"""Draw the ROC and the precision by recall of proposed merges, from what `--json` of `run.py proposals` wrote.

python benchmarks/proposals_picture.py benchmarks/results/last.json docs/pictures/proposals.svg
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WIDTH, HEIGHT, SIDE, LEFT, GAP, TOP = 760, 372, 270, 60, 100, 34
LEAST = 1e-5  # share of pairs of two neurons at the left end of the ROC
OURS, THEIRS = "#0072b2", ("#d55e00", "#cc79a7", "#009e73", "#e69f00", "#555555")
LEAST_SCORE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Shares of pairs that are proposed, by falling score.

    Attributes
    ----------
    recall, wrong, precision, scores : ndarray of float64, shape (n,)
        Of the pairs of one neuron; of those of two; of the proposed ones that are right; and the least score.
    """

    recall: Floats
    wrong: Floats
    precision: Floats
    scores: Floats

    @classmethod
    def of(cls, one: Floats, two: Floats, n_two: float) -> Curve:
        """Return the curve of scores of pairs of one neuron and of two, of which there are `n_two`."""
        scores = np.unique(np.concatenate([one, two, [LEAST_SCORE]]))[::-1]
        scores = scores[scores > 0]
        found = len(one) - np.searchsorted(np.sort(one), scores, side="left")
        wrong = len(two) - np.searchsorted(np.sort(two), scores, side="left")
        return cls(found / len(one), wrong / n_two, found / np.maximum(found + wrong, 1), scores)


def main(results: str, picture: str) -> None:
    """Read results and write an SVG."""
    read = json.loads(Path(results).read_text())["proposals"]
    ours = {key: np.array([sample["wall"] for sample in samples]) for key, samples in read["ours"].items()}
    n_two = float(ours["pairs of two"].sum())
    curve = Curve.of(ours["score of one neuron"], ours["score of two"], n_two)
    presets = _points(read["theirs"], len(ours["score of one neuron"]), n_two)
    Path(picture).write_text(_svg(curve, presets), encoding="utf-8")


def _points(theirs: Mapping[str, Sequence[Mapping[str, float]]], n_one: int, n_two: float) -> dict[str, Floats]:
    """Return {preset: (share of pairs of two that it proposes, recall, precision)}."""
    found = {}
    for key in theirs:
        if key.startswith("recall "):
            preset = key.removeprefix("recall ")
            recall, precision = theirs[key][0]["wall"], theirs[f"precision {preset}"][0]["wall"]
            wrong = recall * n_one * (1 / precision - 1) if precision else 0.0
            found[preset] = np.array([wrong / n_two, recall, precision])
    return found


def _svg(curve: Curve, presets: Mapping[str, Floats]) -> str:
    at = int(np.flatnonzero(curve.scores >= LEAST_SCORE)[-1])
    panels = (
        (LEFT, "pairs of two neurons that are proposed", "pairs of one neuron that are proposed", _log(curve.wrong),
         curve.recall, {name: (float(_log(values[:1])[0]), values[1]) for name, values in presets.items()},
         [(0.0, "none"), *((1 + power / 5, f"10{_raised(power)}") for power in range(-4, 0)), (1.0, "1")]),
        (LEFT + SIDE + GAP, "pairs of one neuron proposed (recall)", "right ones of those proposed (precision)",
         curve.recall, curve.precision, {name: (values[1], values[2]) for name, values in presets.items()},
         [(place, f"{place:g}") for place in (0, 0.25, 0.5, 0.75, 1)]),
    )  # fmt: skip
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">',
        '<g font-family="sans-serif" font-size="11" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for left, x_title, y_title, x, y, points, ticks in panels:
        parts += _axes(left, x_title, y_title, ticks)
        places = (f"{left + SIDE * a:.0f},{TOP + SIDE * (1 - b):.0f}" for a, b in zip(x, y, strict=True))
        line = " ".join(dict.fromkeys(places))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{OURS}" stroke-width="2"/>')
        parts.append(_dot(left + SIDE * x[at], TOP + SIDE * (1 - y[at]), OURS))
        for number, (a, b) in enumerate(points.values()):
            parts.append(
                _dot(left + SIDE * a, TOP + SIDE * (1 - b), THEIRS[number // 2 % len(THEIRS)], number % 2 == 1)
            )
    parts += _legend(presets)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _axes(left: int, x_title: str, y_title: str, ticks: Sequence[tuple[float, str]]) -> list[str]:
    parts = [f'<rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#999"/>']
    for place, text in ticks:
        x = left + SIDE * place
        parts.append(f'<text x="{x:.1f}" y="{TOP + SIDE + 15}" text-anchor="middle">{text}</text>')
    for place in (0, 0.25, 0.5, 0.75, 1):
        y = TOP + SIDE * (1 - place)
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{place:g}</text>')
        parts.append(f'<line x1="{left}" x2="{left + SIDE}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eee"/>')
    middle = TOP + SIDE / 2
    parts.append(f'<text x="{left + SIDE / 2}" y="{TOP + SIDE + 32}" text-anchor="middle">{x_title}</text>')
    turned = f'transform="rotate(-90 {left - 38} {middle})"'
    parts.append(f'<text x="{left - 38}" y="{middle}" text-anchor="middle" {turned}>{y_title}</text>')
    return parts


def _dot(x: float, y: float, color: str, is_open: bool = False) -> str:
    fill = "#ffffff" if is_open else color
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{fill}" stroke="{color}" stroke-width="2"/>'


def _legend(presets: Mapping[str, Floats]) -> list[str]:
    entries = [(OURS, "napari-phy")]
    entries += [(THEIRS[number // 2 % len(THEIRS)], name) for number, name in enumerate(presets) if number % 2 == 0]
    parts, x = [], 14.0
    for color, name in entries:
        parts.append(f'<circle cx="{x:.0f}" cy="14" r="4.5" fill="{color}"/>')
        parts.append(f'<text x="{x + 9:.0f}" y="18">{name}</text>')
        x += 24 + 6.3 * len(name)
    note = "blue dot: least score 0.5; open dots: clusters of 30 spikes and more, as ours, in place of 100"
    parts.append(f'<text x="{WIDTH - 12}" y="{HEIGHT - 12}" text-anchor="end" fill="#555">{note}</text>')
    return parts


def _log(shares: Floats) -> Floats:
    """Return where shares are on the axis, 0…1; those below its end are at the end."""
    return np.clip(1 - np.log10(np.maximum(shares, LEAST)) / np.log10(LEAST), 0, 1)


def _raised(power: int) -> str:
    return "".join({"-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵"}[one] for one in str(power))


if __name__ == "__main__":
    main(*sys.argv[1:])
