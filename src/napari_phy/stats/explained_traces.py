"""What spikes explain of traces: each is the template of its cluster, moved and scaled, and all are fitted together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]

AMPLITUDES = 0.5, 1.5  # least and largest
N_SHIFTS = 9  # from half a sample earlier to half a sample later
_MOST_ROUNDS = 10
_SETTLED = 0.01  # by which amplitudes change at the end
_LEAST_ENERGY = 1e-30  # where a template is flat


@dataclass(frozen=True, slots=True, eq=False)
class ShiftedTemplate:
    """A template, moved by parts of a sample.

    Attributes
    ----------
    first_channel : int
        The first of its channels, which follow one another.
    shapes : ndarray of float32, shape (n_shifts, n_samples, width)
        The template at each shift, the earliest first.
    """

    first_channel: int
    shapes: Float32

    @classmethod
    def of(cls, template: Float32) -> ShiftedTemplate:
        """Return `(n_samples, n_channels)` at `N_SHIFTS` shifts, where it is not 0."""
        used = np.flatnonzero(template.any(axis=0))
        if not len(used):
            return cls(0, read_only(np.empty((N_SHIFTS, len(template), 0), dtype=np.float32)))
        first, stop = int(used[0]), int(used[-1]) + 1
        return cls(first, read_only(shifted(template[:, first:stop], np.linspace(-0.5, 0.5, N_SHIFTS))))


def shifted(templates: Float32, shifts: npt.ArrayLike) -> Float32:
    """Return `(…, n_shifts, n_samples, n_channels)`, later by parts of a sample, by a cubic spline; ends are held.

    Parameters
    ----------
    templates : ndarray of float32, shape (…, n_samples, n_channels)
        What is moved.
    shifts : array_like, shape (n_shifts,)
        In samples.
    """
    from scipy.interpolate import CubicSpline

    rows = np.arange(templates.shape[-2])
    wanted = np.clip(rows - np.reshape(shifts, (-1, 1)), 0, rows[-1])
    return np.ascontiguousarray(CubicSpline(rows, templates, axis=-2)(wanted), dtype=np.float32)


def explained_traces(traces: Float32, starts: Int64, places: Int64, templates: Sequence[ShiftedTemplate]) -> Float32:
    """Return what spikes explain of traces: least squares of their amplitudes, within `AMPLITUDES`, and shifts.

    Spikes that overlap are fitted together: in the order of time, each to what all others leave, until amplitudes
    settle. For given shifts the problem is convex, so they settle at its minimum.

    Parameters
    ----------
    traces : ndarray of float32, shape (n_samples, n_channels)
        Filtered as the templates are.
    starts : ndarray of int64, shape (n_spikes,)
        Ascending rows at which the templates of the spikes begin; they may reach over the ends.
    places : ndarray of int64, shape (n_spikes,)
        Place in `templates` of that of each spike.
    templates : sequence of ShiftedTemplate
        Those of all clusters.

    Returns
    -------
    ndarray of float32, shape (n_samples, n_channels)
        The sum of all spikes; what is left of the traces is their difference.
    """
    left = traces.copy()
    pairs = zip(starts.tolist(), places.tolist(), strict=True)
    spikes = [spike for start, place in pairs if (spike := _Spike(left, start, templates[place])).n_values]
    moving = spikes
    for _ in range(_MOST_ROUNDS):
        if max((spike.fit() for spike in moving), default=0.0) < _SETTLED:
            break
        moving = _overlapping(moving)
    explained = np.zeros_like(left)
    for spike in spikes:
        spike.add_to(explained)
    return explained


class _Spike:
    """A spike that is subtracted from what is left of the traces, at first as its template is.

    Parameters
    ----------
    left : ndarray of float32, shape (n_samples, n_channels)
        What is left; it is changed.
    start : int
        Row at which the template begins.
    template : ShiftedTemplate
        That of its cluster.
    """

    def __init__(self, left: Float32, start: int, template: ShiftedTemplate) -> None:
        n_shifts, n_samples, width = template.shapes.shape
        first, stop = max(0, start), max(0, min(len(left), start + n_samples))
        self._rows: tuple[int, int] = (first, stop)
        self._channels: tuple[int, int] = (template.first_channel, template.first_channel + width)
        self._left = self._part_of(left)
        self._shapes = template.shapes[:, first - start : max(0, stop - start)]
        self._flat = self._shapes.reshape(n_shifts, self.n_values)
        self._energies = np.einsum("ij,ij->i", self._flat, self._flat)
        self._amplitude, self._shift = np.float32(1), n_shifts // 2
        self._left -= self._shape

    @property
    def n_values(self) -> int:
        """Samples of it, on all of its channels, that are in the traces."""
        return self._left.size

    def fit(self) -> float:
        """Fit it to what all others leave; return by how much the amplitude has changed."""
        before = self._amplitude
        self._left += self._shape
        products = self._flat @ self._left.ravel()
        amplitudes = np.clip(products / np.maximum(self._energies, _LEAST_ENERGY), *AMPLITUDES)
        self._shift = int(np.argmax(amplitudes * (2 * products - amplitudes * self._energies)))
        self._amplitude = amplitudes[self._shift]
        self._left -= self._shape
        return abs(float(self._amplitude - before))

    def add_to(self, traces: Float32) -> None:
        """Add it, as it is fitted, to `(n_samples, n_channels)`."""
        self._part_of(traces)[...] += self._shape

    def comes_before(self, other: _Spike) -> bool:
        """Tell whether it is over when the other begins."""
        return self._rows[1] <= other._rows[0]

    def shares_channels(self, other: _Spike) -> bool:
        """Tell whether both are on the same channels, or on some of them."""
        return self._channels[0] < other._channels[1] and other._channels[0] < self._channels[1]

    @property
    def _shape(self) -> Float32:
        return np.asarray(self._amplitude * self._shapes[self._shift])

    def _part_of(self, traces: Float32) -> Float32:
        return traces[slice(*self._rows), slice(*self._channels)]


def _overlapping(spikes: list[_Spike]) -> list[_Spike]:
    """Return those of spikes in the order of time that have samples in common with another."""
    overlaps = [False] * len(spikes)
    for one, spike in enumerate(spikes):
        for other in range(one + 1, len(spikes)):
            if spike.comes_before(spikes[other]):
                break
            if spike.shares_channels(spikes[other]):
                overlaps[one] = overlaps[other] = True
    return [spike for spike, does in zip(spikes, overlaps, strict=True) if does]
