"""The loops of `filtering`; a module of its own, so that numba is imported only when something is filtered."""

from __future__ import annotations

import numpy as np

from napari_phy.core.compiled import compiled


@compiled
def filter_columns(raw, columns, sections, states, n_pad, padded, filtered):  # type: ignore[no-untyped-def]
    """Fill `(n_samples, n)` single floats with columns of `raw`, filtered forwards and backwards in doubles.

    Parameters
    ----------
    sections : ndarray, shape (n_sections, 5)
        Coefficients b0, b1, b2, a1, a2 of second-order sections.
    states : ndarray, shape (n_sections, 2)
        Those in which a step of height 1 leaves no transient.
    n_pad : int
        Samples laid on either side, turned about the end, so that the filter has settled.
    padded : ndarray of float64, shape (n_samples + 2 * n_pad, n_at_once)
        Room for as many channels as are filtered together.
    """
    n_samples = len(raw)
    n_at_once = padded.shape[1]
    for begin in range(0, len(columns), n_at_once):
        some = columns[begin : begin + n_at_once]
        values = padded.reshape(-1)[: len(padded) * len(some)].reshape((len(padded), len(some)))
        _fill_padded(raw, some, n_pad, values)
        _run_sections(values, sections, states, False)
        _run_sections(values, sections, states, True)
        for row in range(n_samples):
            for place in range(len(some)):
                filtered[row, begin + place] = values[n_pad + row, place]


@compiled
def _fill_padded(raw, columns, n_pad, padded):  # type: ignore[no-untyped-def]
    """Copy columns, less their first values: a constant offset is 0 after the filter, and need not pass it."""
    n_samples = len(raw)
    first = np.empty(len(columns))
    for place in range(len(columns)):
        first[place] = raw[0, columns[place]]
    for row in range(n_samples):
        for place in range(len(columns)):
            padded[n_pad + row, place] = raw[row, columns[place]] - first[place]
    last = n_pad + n_samples - 1
    for step in range(1, n_pad + 1):
        for place in range(len(columns)):
            padded[n_pad - step, place] = 2 * padded[n_pad, place] - padded[n_pad + step, place]
            padded[last + step, place] = 2 * padded[last, place] - padded[last - step, place]


@compiled
def _run_sections(values, sections, states, is_backwards):  # type: ignore[no-untyped-def]
    n_samples, n_channels = values.shape
    n_sections = len(sections)
    begin = n_samples - 1 if is_backwards else 0
    state = np.empty((n_sections, 2, n_channels))
    for section in range(n_sections):
        for channel in range(n_channels):
            state[section, 0, channel] = states[section, 0] * values[begin, channel]
            state[section, 1, channel] = states[section, 1] * values[begin, channel]
    for step in range(n_samples):
        row = values[begin - step if is_backwards else step]
        for section in range(n_sections):
            b0, b1, b2 = sections[section, 0], sections[section, 1], sections[section, 2]
            a1, a2 = sections[section, 3], sections[section, 4]
            one, two = state[section, 0], state[section, 1]
            for channel in range(n_channels):
                value = row[channel]
                out = b0 * value + one[channel]
                one[channel] = b1 * value - a1 * out + two[channel]
                two[channel] = b2 * value - a2 * out
                row[channel] = out


@compiled
def count_sizes(filtered, places, counts, lowest, per_octave_bits):  # type: ignore[no-untyped-def]
    """Add the sizes of values to histograms, `(n, n_bins)`: `places` says which one each channel goes to, -1 for none.

    A bin is what floats have in common in their exponent and the first bits behind it; bin 0 has all below that of
    `lowest`.
    """
    bits = filtered.view(np.uint32)
    shift = np.uint32(23 - per_octave_bits)
    for row in range(bits.shape[0]):
        for channel in range(bits.shape[1]):
            if places[channel] >= 0:
                place = np.int64((bits[row, channel] & np.uint32(0x7FFFFFFF)) >> shift) - lowest
                place = min(max(place, 0), counts.shape[1] - 1)
                counts[places[channel], place] += 1
