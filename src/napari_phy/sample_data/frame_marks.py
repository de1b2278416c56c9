"""Numbers burnt into the frames of a film: digits for people, a row of black and white blocks for programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

N_BITS = 16
BLOCK_PX = 8  # as large as the blocks of codecs, which leave them as they are
DOT_PX = 3  # of a digit, which has 3 by 5 dots
N_DIGITS = 5
_MARGIN_PX = 4
_DIGITS = (
    "111101101101111",
    "010110010010111",
    "111001111100111",
    "111001011001111",
    "101101111001001",
    "111100111001111",
    "111100111101111",
    "111001010010010",
    "111101111101111",
    "111101111001111",
)
_DOTS = np.array([[int(dot) for dot in digit] for digit in _DIGITS], dtype=np.uint8).reshape(10, 5, 3)


def burn_number(picture: npt.NDArray[np.uint8], number: int) -> None:
    """Write a number into a picture, in place: digits in the upper left corner, blocks along the lower edge.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width) or (height, width, 3)
        At least `N_BITS * BLOCK_PX` wide.
    number : int
        From 0 to 65 535.
    """
    digits = [int(digit) for digit in f"{number:0{N_DIGITS}d}"]
    dots = np.concatenate([np.pad(_DOTS[digit], 1) for digit in digits], axis=1)
    label = np.kron(dots, np.full((DOT_PX, DOT_PX), 255, np.uint8))
    height, width = label.shape
    picture[_MARGIN_PX : _MARGIN_PX + height, _MARGIN_PX : _MARGIN_PX + width] = _as_colors(label, picture)
    bits = np.array([number >> bit & 1 for bit in range(N_BITS)], dtype=np.uint8)[::-1]
    row = np.kron(bits[None, :] * np.uint8(255), np.ones((BLOCK_PX, BLOCK_PX), np.uint8))
    picture[-BLOCK_PX:, : row.shape[1]] = _as_colors(row, picture)


def read_number(picture: npt.NDArray[Any]) -> int:
    """Return the number that the blocks of a picture spell."""
    row = picture[-BLOCK_PX:, : N_BITS * BLOCK_PX].reshape(BLOCK_PX, N_BITS, BLOCK_PX, -1)
    is_white = row[2:-2, :, 2:-2].mean(axis=(0, 2, 3)) > 127
    return int(sum(1 << bit for bit in range(N_BITS) if is_white[N_BITS - 1 - bit]))


def _as_colors(marks: npt.NDArray[np.uint8], picture: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return marks[..., None] if picture.ndim == 3 else marks
