"""The loops of template subtraction; a module of its own, so that numba is imported only when it runs."""

from __future__ import annotations

import numpy as np

from napari_phy.core.compiled import compiled

_NOISE = 4.0  # by which a peak may be smaller than the least that a template makes there
_LEAST_START = 0.25  # of the least product with a template, at the peak, for the samples around to be tried


@compiled
def _product(residual, start, first, width, shapes, offset, span, sums):  # type: ignore[no-untyped-def]
    """Return the sum of products of a stretch of the residual and a template; `sums` is room for one of each channel.

    `span` are the rows and the columns of the template beyond which it is 0. Each channel is summed by itself, so that
    the order of the sums, and the result, is the same on all processors.
    """
    low, high = span[2], span[3]
    for place in range(low, high):
        sums[place] = 0
    for sample in range(span[0], span[1]):
        values = residual[start + sample]
        begin = offset + sample * width
        for place in range(low, high):
            sums[place] += values[first + place] * shapes[begin + place]
    total = np.float64(0)
    for place in range(low, high):
        total += sums[place]
    return total


@compiled
def fit_templates(residual, peaks, sizes, templates, n_samples, before, reach, bounds, gains, fits, amplitudes):  # type: ignore[no-untyped-def]  # noqa: C901
    """Fill, for each peak, the gain of the best template there, `(n, 3)` its number, row and shift, and its amplitude.

    `templates` are the arrays of `TemplateArrays`, `sizes` those of the peaks behind the kernel, in multiples of the
    noise. Templates that are too large for a peak are passed over. The gain is that of the log likelihood, −inf where
    none fits. The shift between samples is where a parabola through the products next to the largest has its top.
    """
    shapes, offsets, firsts, widths, energies, priors, starts, candidates, lags, heights, spans = templates
    n_shifts = energies.shape[1]
    middle = n_shifts // 2
    low, high, variance = bounds
    sums = np.empty(widths.max() if len(widths) else 1, dtype=np.float32)
    products = np.empty(2 * reach + 1)
    for peak in range(len(peaks)):
        row, channel = peaks[peak]
        gains[peak] = -np.inf
        for place in range(starts[channel], starts[channel + 1]):
            template = candidates[place]
            if sizes[peak] < low * heights[template, channel] - _NOISE:
                continue
            begin = row - lags[template, channel] - reach
            if begin < 0 or begin + 2 * reach + n_samples > len(residual):
                continue
            size = n_samples * widths[template]
            first, width, span = firsts[template], widths[template], spans[template]
            whole = offsets[template] + middle * size
            best = reach
            products[best] = _product(residual, begin + best, first, width, shapes, whole, span, sums)
            if products[best] < _LEAST_START * low * energies[template, middle]:
                continue
            for step in (-1, 1):
                at = begin + best + step
                products[best + step] = _product(residual, at, first, width, shapes, whole, span, sums)
            while 0 < best < 2 * reach and max(products[best - 1], products[best + 1]) > products[best]:
                step = 1 if products[best + 1] > products[best - 1] else -1
                best += step
                if 0 < best < 2 * reach:
                    at = begin + best + step
                    products[best + step] = _product(residual, at, first, width, shapes, whole, span, sums)
            product, shift = products[best], middle
            if 0 < best < 2 * reach:
                bend = products[best - 1] - 2 * product + products[best + 1]
                if bend < 0:
                    top = (products[best - 1] - products[best + 1]) / (2 * bend)
                    shift = middle + int(np.rint(top * n_shifts))
                    shift = min(max(shift, 0), n_shifts - 1)
            if shift != middle:
                moved = offsets[template] + shift * size
                product = _product(residual, begin + best, first, width, shapes, moved, span, sums)
            energy = energies[template, shift]
            amplitude = (product + 1 / variance) / (energy + 1 / variance)
            if amplitude < low or amplitude > high:
                continue
            gain = amplitude * product - amplitude**2 * energy / 2 - (amplitude - 1) ** 2 / (2 * variance)
            gain += priors[template]
            if gain > gains[peak]:
                gains[peak], amplitudes[peak] = gain, amplitude
                fits[peak, 0], fits[peak, 1], fits[peak, 2] = template, begin + best + before, shift


@compiled
def subtract(residual, order, fits, amplitudes, templates, n_samples, before, touching, apart, n_known, found, sizes):  # type: ignore[no-untyped-def]
    """Subtract fits in an order from the residual and append them to `(n, 3)` found and their sizes; return how many.

    Passed over is a fit that touches one that was subtracted in this call, since its gain is no longer that, and one of
    a template that has a spike fewer than `apart` samples away. The first `n_known` of those found are from before.
    """
    n_found = n_known
    for place in range(len(order)):
        fit = order[place]
        template, row, shift = fits[fit]
        is_free = n_found < len(found)
        for other in range(n_found):
            distance = abs(found[other, 1] - row)
            if found[other, 0] == template and distance < apart:
                is_free = False
            if other >= n_known and distance < n_samples and touching[found[other, 0], template]:
                is_free = False
            if not is_free:
                break
        if not is_free:
            continue
        add_template(residual, template, row - before, shift, -amplitudes[fit], templates, n_samples)
        found[n_found, 0], found[n_found, 1], found[n_found, 2] = template, row, shift
        sizes[n_found] = amplitudes[fit]
        n_found += 1
    return n_found


@compiled
def add_template(traces, template, start, shift, amplitude, templates, n_samples):  # type: ignore[no-untyped-def]
    """Add a template, scaled, to traces from row `start` on."""
    shapes, offsets, firsts, widths = templates[:4]
    width, first = widths[template], firsts[template]
    begin = offsets[template] + shift * n_samples * width
    size = np.float32(amplitude)
    for sample in range(n_samples):
        values = traces[start + sample]
        for place in range(width):
            values[first + place] += size * shapes[begin + sample * width + place]


@compiled
def add_waveforms(residual, found, sizes, shares, templates, n_samples, before, places, sums, counts):  # type: ignore[no-untyped-def]
    """Add to the sum of each template its share of what its spikes are, and of what is left around them.

    Sums of each template begin at its place in `places`; they are `(n_samples, width)`. `counts` are `(n_templates, 2)`
    sums of shares and of their squares.
    """
    shapes, offsets, firsts, widths = templates[:4]
    for spike in range(len(found)):
        template, row, shift = found[spike]
        width, first = widths[template], firsts[template]
        begin = offsets[template] + shift * n_samples * width
        size, share = np.float32(sizes[spike]), shares[spike]
        for sample in range(n_samples):
            values = residual[row - before + sample]
            for place in range(width):
                index = sample * width + place
                sums[places[template] + index] += share * (values[first + place] + size * shapes[begin + index])
        counts[template, 0] += share
        counts[template, 1] += share * share


@compiled
def find_overlapped(found, touching, reach, is_overlapped):  # type: ignore[no-untyped-def]
    """Mark which of `(n, 3)` spikes, ascending in time, have one that touches them within `reach` samples."""
    for spike in range(len(found)):
        other = spike + 1
        while other < len(found) and found[other, 1] - found[spike, 1] <= reach:
            if touching[found[spike, 0], found[other, 0]]:
                is_overlapped[spike] = is_overlapped[other] = True
            other += 1
