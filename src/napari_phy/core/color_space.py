"""Colours as numbers: contrast, and places in OKLab as they look to different eyes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

# Machado, Oliveira, Fernandes (2009), severity 1, in linear RGB.
_VISIONS: dict[str, list[list[float]]] = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
VISIONS = tuple(_VISIONS)

# Ottosson (2020), https://bottosson.github.io/posts/oklab/
_TO_LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
_TO_OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def rgb_of(colors: Sequence[str]) -> Float64:
    """Return (n, 3) sRGB, 0…1, of colours written "#rrggbb"."""
    values = [[int(color[place : place + 2], 16) for place in (1, 3, 5)] for color in colors]
    return np.array(values, dtype=np.float64).reshape(-1, 3) / 255


def hex_of(rgb: npt.ArrayLike) -> str:
    """Return "#rrggbb" of one sRGB colour, 0…1."""
    red, green, blue = np.rint(255 * np.asarray(rgb, dtype=np.float64)).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def linear(rgb: Float64) -> Float64:
    """Return sRGB with the gamma taken off: amounts of light."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(rgb: Float64, background: Float64) -> Float64:
    """Return (n,) WCAG contrast, 1…21, between (n, 3) sRGB colours and one (3,)."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    one, other = linear(rgb) @ weights, linear(background) @ weights
    high, low = np.maximum(one, other), np.minimum(one, other)
    return np.asarray((high + 0.05) / (low + 0.05), dtype=np.float64)


def oklab(rgb: Float64) -> Float64:
    """Return (4, n, 3): lightness and two hue axes of (n, 3) sRGB colours, as each of `VISIONS` sees them."""
    light = linear(rgb)
    seen = np.stack([np.clip(light @ np.array(matrix).T, 0, 1) for matrix in _VISIONS.values()])
    lms = np.cbrt(seen @ np.array(_TO_LMS).T)
    return np.asarray(lms @ np.array(_TO_OKLAB).T, dtype=np.float64)
