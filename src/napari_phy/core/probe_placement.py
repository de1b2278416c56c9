"""Where a probe lies in an image: an affine from µm to pixels, found from landmarks, or from a tip and angles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import PlacementError
from napari_phy.core.probe import Probe
from napari_phy.core.sentences import on_one_line

Float64 = npt.NDArray[np.float64]

_FLAT = 1e-6  # of the longest extent: what is thinner is a line
_MOST = 1e12  # of any number


@dataclass(frozen=True, slots=True, eq=False)
class ProbePlacement:
    """An affine from places on a probe to pixels of an image; `image_axes` are (row, column) or (plane, row, column).

    On the probe, x goes to the right and y up, away from the tip; in an image, rows go down.

    Attributes
    ----------
    matrix : ndarray of float64, shape (n_axes, 2)
        Pixels per µm.
    origin : ndarray of float64, shape (n_axes,)
        Pixel of x = y = 0; integers are the middles of pixels, as in napari.
    pixel_um : ndarray of float64, shape (n_axes,)
        Size of a pixel in µm.
    error_um : float
        Root mean square distance in µm of the landmarks from where they should be; 0 where they are hit exactly.

    Raises
    ------
    PlacementError
        Numbers are missing or not finite, or the probe would be squeezed into a line.
    """

    matrix: Float64
    origin: Float64
    pixel_um: Float64
    error_um: float = 0.0

    def __post_init__(self) -> None:
        pixel_um = as_pixel_um(self.pixel_um)
        matrix, origin = np.array(self.matrix, np.float64), np.array(self.origin, np.float64)
        if matrix.shape != (len(pixel_um), 2) or origin.shape != (len(pixel_um),):
            raise PlacementError(
                f"An image of {len(pixel_um)} axes needs an affine of {len(pixel_um)} rows of 3 numbers."
            )
        _check_finite(matrix, "The affine")
        _check_finite(origin, "The affine")
        if _is_flat(matrix * pixel_um[:, None]):
            raise PlacementError("This affine squeezes the probe into a line; its first two columns must differ.")
        for name, array in (("matrix", matrix), ("origin", origin), ("pixel_um", pixel_um)):
            object.__setattr__(self, name, read_only(array))
        object.__setattr__(self, "error_um", float(self.error_um))

    @property
    def n_axes(self) -> int:
        """Number of axes of the image that matter: 2, or 3 in a stack with depth."""
        return len(self.origin)

    @property
    def stretch(self) -> tuple[float, float]:
        """How many times its size the probe has in the image, where it is least and where it is most."""
        most, least = np.linalg.svd(self.matrix * self.pixel_um[:, None], compute_uv=False).tolist()
        return least, most

    def to_image(self, places_um: npt.ArrayLike) -> Float64:
        """Return (n, n_axes) pixels of (n, 2) places on the probe in µm."""
        places = np.asarray(places_um, np.float64).reshape(-1, 2)
        pixels: Float64 = places @ self.matrix.T + self.origin
        return pixels

    def to_probe(self, pixels: npt.ArrayLike) -> Float64:
        """Return (n, 2) places on the probe in µm of (n, n_axes) pixels; off its plane, of the nearest point in it."""
        offsets_um = (np.asarray(pixels, np.float64).reshape(-1, self.n_axes) - self.origin) * self.pixel_um
        places: Float64 = offsets_um @ np.linalg.pinv(self.matrix * self.pixel_um[:, None]).T
        return places

    def to_json(self) -> dict[str, Any]:
        """Return plain lists and numbers, from which `from_json` makes the same placement."""
        return {
            "matrix": self.matrix.tolist(),
            "origin": self.origin.tolist(),
            "pixel_um": self.pixel_um.tolist(),
            "error_um": self.error_um,
        }

    @classmethod
    def from_json(cls, read: Any) -> ProbePlacement:
        """Return what `to_json` wrote; raises PlacementError where it is something else."""
        try:
            fields = {name: np.array(read[name], np.float64) for name in ("matrix", "origin", "pixel_um")}
            error_um = float(read["error_um"])
            if not 0 <= error_um < _MOST:
                raise ValueError
        except (TypeError, ValueError, KeyError, IndexError, OverflowError):
            raise PlacementError(
                "A placement of a probe is kept as a matrix, an origin and the size of a pixel."
            ) from None
        return cls(**fields, error_um=error_um)


# --- ways to find it


@dataclass(frozen=True, slots=True, eq=False)
class PlacedProbe:
    """A probe in an image.

    Attributes
    ----------
    image : str
        Name of the layer.
    placement : ProbePlacement
        Where it lies there.
    """

    image: str
    placement: ProbePlacement


def place_by_landmarks(
    places_um: npt.ArrayLike, pixels: npt.ArrayLike, pixel_um: npt.ArrayLike, *, mirrored: bool = False
) -> ProbePlacement:
    """Return the placement that brings landmarks on the probe to where they are in the image.

    Two are hit exactly by moving, turning and scaling the probe; it does not turn about its own axis in depth. Three
    are hit exactly by an affine; more are met as well as can be by least squares, `error_um` tells how well.

    Parameters
    ----------
    places_um : array_like, shape (n, 2)
        Landmarks on the probe, in µm.
    pixels : array_like, shape (n, n_axes)
        The same landmarks in the image.
    pixel_um : array_like, shape (n_axes,)
        Size of a pixel in µm.
    mirrored : bool, default False
        Whether the probe is seen from behind; with three landmarks or more, they tell that.

    Raises
    ------
    PlacementError
        There are fewer than two, not equally many, or they coincide or lie on one line.
    """
    size = as_pixel_um(pixel_um)
    places = np.asarray(places_um, np.float64).reshape(-1, 2)
    points = np.asarray(pixels, np.float64).reshape(-1, len(size))
    if len(places) != len(points):
        raise PlacementError(
            f"There are {len(places)} landmarks on the probe and {len(points)} in the image; each needs its other one."
        )
    if len(places) < 2:
        raise PlacementError("Two landmarks are needed at least; or choose a tip and an angle.")
    _check_finite(places, "A landmark on the probe")
    _check_finite(points, "A landmark in the image")
    points_um = points * size
    if len(places) == 2:
        matrix_um, origin_um = _similarity(places, points_um, mirrored)
    else:
        matrix_um, origin_um = _affine(places, points_um)
    residuals = places @ matrix_um.T + origin_um - points_um
    error_um = 0.0 if len(places) <= 3 else float(np.sqrt((residuals**2).sum(axis=1).mean()))
    return ProbePlacement(matrix_um / size[:, None], origin_um / size, size, error_um)


def place_by_tip(
    tip_um: npt.ArrayLike,
    tip_pixel: npt.ArrayLike,
    angle_deg: float,
    pixel_um: npt.ArrayLike,
    *,
    tilt_deg: float = 0.0,
    mirrored: bool = False,
) -> ProbePlacement:
    """Return the placement of a probe in its own size whose tip is at a pixel.

    Parameters
    ----------
    tip_um : array_like, shape (2,)
        The tip on the probe, in µm; see `tip_of`.
    tip_pixel : array_like, shape (n_axes,)
        Where it is in the image.
    angle_deg : float
        0 where the tip points straight down in the picture; from there clockwise: 90 where it points to the left.
    pixel_um : array_like, shape (n_axes,)
        Size of a pixel in µm.
    tilt_deg : float, default 0
        By how much the tip points to later planes of a stack, from -90 to 90.
    mirrored : bool, default False
        Whether the probe is seen from behind.

    Raises
    ------
    PlacementError
        A number is not finite, or there is a tilt in a flat image.
    """
    size = as_pixel_um(pixel_um)
    tip, at = np.asarray(tip_um, np.float64).reshape(2), np.asarray(tip_pixel, np.float64).reshape(-1)
    if len(at) != len(size):
        raise PlacementError(f"The tip needs {len(size)} numbers, one for each axis of the image.")
    for name, numbers in (("The tip", np.concatenate([tip, at])), ("The angle", np.array([angle_deg, tilt_deg]))):
        _check_finite(numbers, name)
    if tilt_deg and len(size) == 2:
        raise PlacementError("A flat image has no depth to tilt the probe into; leave the tilt at 0.")
    angle, tilt = np.deg2rad(angle_deg), np.deg2rad(tilt_deg)
    right = np.array([0.0, np.sin(angle), np.cos(angle)]) * (-1 if mirrored else 1)
    up = np.array([-np.sin(tilt), -np.cos(angle) * np.cos(tilt), np.sin(angle) * np.cos(tilt)])
    matrix = np.column_stack([right, up])[-len(size) :] / size[:, None]
    return ProbePlacement(matrix, at - matrix @ tip, size)


def angles_of(placement: ProbePlacement) -> tuple[float, float, bool]:
    """Return angle and tilt in degrees of a placement, and whether it is mirrored, as `place_by_tip` takes them.

    Of one by landmarks or an affine, they are those of the shaft; its stretch is not told.
    """
    up = np.zeros(3)
    up[-placement.n_axes :] = placement.matrix[:, 1] * placement.pixel_um
    right = placement.matrix[-2:, 0] * placement.pixel_um[-2:]
    flat = float(np.hypot(up[1], up[2]))
    angle = np.arctan2(up[2], -up[1]) if flat > _FLAT * np.linalg.norm(up) else np.arctan2(right[0], right[1])
    expected = np.array([np.sin(angle), np.cos(angle)])
    tilt = np.arctan2(-up[0], flat)
    return float(np.rad2deg(angle)), float(np.rad2deg(tilt)), bool(right @ expected < 0)


def place_by_affine(rows: npt.ArrayLike, pixel_um: npt.ArrayLike) -> ProbePlacement:
    """Return the placement of an affine: rows of pixels per µm along x and y, and the pixel of x = y = 0.

    Parameters
    ----------
    rows : array_like, shape (n_axes, 3)
        One row for each axis of the image.
    pixel_um : array_like, shape (n_axes,)
        Size of a pixel in µm.

    Raises
    ------
    PlacementError
        It has other rows, or squeezes the probe into a line.
    """
    size, numbers = as_pixel_um(pixel_um), np.asarray(rows, np.float64)
    if numbers.ndim != 2 or numbers.shape[1] != 3:
        raise PlacementError(f"The affine has {len(size)} rows of 3 numbers: along x, along y, and where x = y = 0 is.")
    return ProbePlacement(numbers[:, :2], numbers[:, 2], size)


def tip_of(probe: Probe, below_um: float = 0.0) -> Float64:
    """Return (2,) x and y in µm of the tip: so far below the lowest channels whose position is known.

    Raises
    ------
    PlacementError
        No position is known.
    """
    known = probe.positions[probe.is_known]
    if not len(known):
        raise PlacementError("The positions of the channels are not known; a .prb file beside the data set tells them.")
    lowest = known[known[:, 1] == known[:, 1].min()]
    return np.array([lowest[:, 0].mean(), lowest[0, 1] - below_um])


# --- what is typed


def parse_rows(text: str, n_columns: Sequence[int], what: str) -> list[list[float]]:
    """Return the numbers of `1 2; 3 4`: rows parted by semicolons or lines, numbers by spaces or commas.

    Parameters
    ----------
    text : str
        What was typed.
    n_columns : sequence of int
        How many numbers a row may have.
    what : str
        What it is, for the sentence: "Landmarks in the image".

    Raises
    ------
    PlacementError
        A word is no number, or a row has another length.
    """
    rows = [row.replace(",", " ").split() for row in text.replace("\n", ";").split(";")]
    numbers = [[_number(word, what) for word in row] for row in rows if row]
    for row in numbers:
        if len(row) not in n_columns:
            allowed = " or ".join(map(str, n_columns))
            raise PlacementError(
                f"{what}: {' '.join(f'{one:g}' for one in row)} has {len(row)} numbers, not {allowed}."
            )
    return numbers


def places_on_probe(text: str, probe: Probe) -> Float64:
    """Return (n, 2) places in µm of `0; 31; 20 150`: channels by their number, or x and y.

    Raises
    ------
    PlacementError
        There is no such channel, or its position is not known.
    """
    what = "Landmarks on the probe"
    return np.array(
        [row if len(row) == 2 else _position(row[0], probe) for row in parse_rows(text, (1, 2), what)], np.float64
    ).reshape(-1, 2)


def _position(number: float, probe: Probe) -> list[float]:
    found = np.flatnonzero((probe.channel_ids == number) & probe.is_known)
    if not len(found):
        raise PlacementError(f"Landmarks on the probe: there is no channel {number:g} whose position is known.")
    position: list[float] = probe.positions[found[0]].tolist()
    return position


def _number(word: str, what: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise PlacementError(f"{what}: {on_one_line(word)} is no number.") from None


def as_pixel_um(pixel_um: npt.ArrayLike) -> Float64:
    """Return the size of a pixel, (2,) or (3,) finite µm above 0; raises PlacementError where it is something else."""
    size = np.array(pixel_um, np.float64).reshape(-1)
    if len(size) not in (2, 3):
        raise PlacementError(f"A probe is placed along 2 or 3 axes of an image, not along {len(size)}.")
    if not (np.isfinite(size) & (size > 1 / _MOST) & (size < _MOST)).all():
        raise PlacementError("The size of a pixel is some µm, more than 0.")
    return size


# --- arithmetic


def _similarity(places: Float64, points_um: Float64, mirrored: bool) -> tuple[Float64, Float64]:
    """Return the matrix and origin, in µm, that bring two places to two points."""
    along, to = places[1] - places[0], points_um[1] - points_um[0]
    length, far = float(np.linalg.norm(along)), float(np.linalg.norm(to))
    if length <= _FLAT or far <= _FLAT * max(1.0, float(np.abs(points_um).max())):
        where = "on the probe" if length <= _FLAT else "in the image"
        raise PlacementError(f"The two landmarks are the same point {where}; choose two that are far apart.")
    across = np.zeros(len(to))
    across[-2:] = -to[-1], to[-2]
    if np.linalg.norm(across) <= _FLAT * far:
        raise PlacementError("The landmarks are above each other in depth: that leaves open how the probe is turned.")
    across *= (-1 if mirrored else 1) / np.linalg.norm(across)
    turned = np.array([-along[1], along[0]])
    matrix = far / length * (np.outer(to / far, along / length) + np.outer(across, turned / length))
    return matrix, points_um.mean(axis=0) - matrix @ places.mean(axis=0)


def _affine(places: Float64, points_um: Float64) -> tuple[Float64, Float64]:
    """Return the matrix and origin, in µm, that bring places to points as well as can be."""
    for where, some in (("on the probe", places), ("in the image", points_um)):
        if _is_flat(some - some.mean(axis=0)):
            raise PlacementError(f"The landmarks lie on one line {where}; give only two of them, or move one aside.")
    middle, middle_um = places.mean(axis=0), points_um.mean(axis=0)
    found, *_ = np.linalg.lstsq(places - middle, points_um - middle_um, rcond=None)
    return found.T, middle_um - found.T @ middle


def _is_flat(rows: Float64) -> bool:
    most, second = np.linalg.svd(rows, compute_uv=False)[:2]
    return bool(second <= _FLAT * most)


def _check_finite(numbers: Float64, what: str) -> None:
    if not (np.isfinite(numbers) & (np.abs(numbers) < _MOST)).all():
        raise PlacementError(f"{what} has a number that is missing or too large.")
