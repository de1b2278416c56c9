"""Colours of clusters: the two fixed palettes of a selection, longer ones, and ones that differ from others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from napari_phy.core.color_space import VISIONS, contrast, hex_of, oklab, rgb_of

# One hue family per place, one list per theme: a single list for both would halve the smallest distance.
SELECTION_DARK = (
    "#2e93fa", "#fbb00f", "#e43d7b", "#96ffda", "#fec1fd", "#808501",
    "#27c0c4", "#f98178", "#679e51", "#c9b2a3", "#9a789e", "#929a9f",
)  # fmt: skip
SELECTION_LIGHT = (
    "#1e679c", "#ba4907", "#601939", "#16a787", "#13209b", "#3c350f",
    "#2786a0", "#834848", "#78a060", "#897660", "#6d4b6d", "#677073",
)  # fmt: skip
_BACKGROUND = {True: "#15171c", False: "#ffffff"}
_CONTRAST = {True: (4.5, 15.0), False: (3.0, 12.5)}  # nearer to the background hard to see, farther taken for text
_N_LEVELS = 18  # of red, green and blue among which later colours are looked for
_NORMAL_WEIGHT = 0.8  # colours lie closer together for the colour-blind, who would decide everything
N_USUAL = 48  # colours of clusters that have none of their own
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")

Float64 = npt.NDArray[np.float64]


def selection_color(place: int, dark: bool = True) -> str:
    """Return "#rrggbb" of the cluster at a place of the selection, from 0; from the thirteenth on they repeat."""
    palette = _selection(dark)
    return palette[place % len(palette)]


def is_hollow(place: int) -> bool:
    """Return whether marks at a place of the selection are hollow: from the thirteenth on, where colours repeat."""
    return place >= len(SELECTION_DARK)


def is_color(text: object) -> bool:
    """Return whether this is a colour written "#rrggbb"."""
    return isinstance(text, str) and _COLOR.fullmatch(text) is not None


def distinct_colors(n: int, dark: bool = True) -> tuple[str, ...]:
    """Return `n` colours "#rrggbb" that differ as much as so many can, also for the colour-blind.

    The first twelve are those of a selection; each later one is as far in OKLab as can be from all before it and from
    the background, for normal, protan, deutan and tritan eyes. A shorter palette is the beginning of a longer one.
    There are about three thousand; after those they repeat.

    Parameters
    ----------
    dark : bool, default True
        Whether they are shown on a dark background, else on a light one.
    """
    palette = _palette(max(64, 1 << max(n - 1, 0).bit_length()), dark)
    return tuple(palette[place % len(palette)] for place in range(n))


def usual_color(cluster_id: int, dark: bool = True) -> str:
    """Return the default colour of a cluster where each has its own; 48 colours repeat."""
    return distinct_colors(N_USUAL, dark)[cluster_id % N_USUAL]


def random_color(seed: int | np.random.Generator | None = None, dark: bool = True) -> str:
    """Return a random colour "#rrggbb" that stands out from the background; the same for the same seed."""
    candidates, _ = _candidates(dark)
    return hex_of(candidates[np.random.default_rng(seed).integers(len(candidates))])


def color_distinct_from(colors: Sequence[str], dark: bool = True) -> str:
    """Return the colour "#rrggbb" that is farthest, for all kinds of eyes, from given ones and from the background.

    Raises
    ------
    ValueError
        A colour is not written "#rrggbb".
    """
    wrong = [color for color in colors if not is_color(color)]
    if wrong:
        raise ValueError(f'A colour is written "#rrggbb", not {wrong[0]!r}.')
    if not len(colors):
        return _selection(dark)[0]
    candidates, places = _candidates(dark)
    distances = _least_distances(places, oklab(rgb_of((_BACKGROUND[dark], *colors))))
    return hex_of(candidates[np.argmax(distances)])


def _selection(dark: bool) -> tuple[str, ...]:
    return SELECTION_DARK if dark else SELECTION_LIGHT


@lru_cache(maxsize=4)
def _palette(n: int, dark: bool) -> tuple[str, ...]:
    """Return up to `n` colours, each the candidate that is farthest from all before it."""
    palette = list(_selection(dark))
    candidates, places = _candidates(dark)
    distances = _least_distances(places, oklab(rgb_of((_BACKGROUND[dark], *palette))))
    while len(palette) < n:
        farthest = int(np.argmax(distances))
        if distances[farthest] <= 0:
            break
        palette.append(hex_of(candidates[farthest]))
        distances = np.minimum(distances, _distances(places, places[:, farthest]))
    return tuple(palette)


@lru_cache(maxsize=2)
def _candidates(dark: bool) -> tuple[Float64, Float64]:
    """Return (n, 3) sRGB colours that stand out from the background, and their (4, n, 3) places in OKLab."""
    levels = np.linspace(0, 1, _N_LEVELS)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    contrasts, (least, most) = contrast(cube, rgb_of([_BACKGROUND[dark]])[0]), _CONTRAST[dark]
    candidates = cube[(contrasts >= least) & (contrasts <= most)]
    return candidates, oklab(candidates)


def _least_distances(places: Float64, others: Float64) -> Float64:
    """Return (n,) distance of each candidate from the nearest of (4, m, 3) others."""
    distances = np.full(places.shape[1], np.inf)
    for other in others.swapaxes(0, 1):
        distances = np.minimum(distances, _distances(places, other))
    return distances


def _distances(places: Float64, other: Float64) -> Float64:
    """Return (n,) distance of (4, n, 3) candidates from one (4, 3) colour for the eyes that see the least."""
    squares = ((places - other[:, None]) ** 2).sum(axis=-1)
    squares[VISIONS.index("normal")] *= _NORMAL_WEIGHT**2
    return np.asarray(np.sqrt(squares.min(axis=0)), dtype=np.float64)
