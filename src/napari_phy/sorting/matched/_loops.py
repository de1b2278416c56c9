"""The loops of matched filters and peaks; a module of its own, so that numba is imported only when they run."""

from __future__ import annotations

from napari_phy.core.compiled import compiled


@compiled
def correlate(values, kernel, before, starts, stops, out):  # type: ignore[no-untyped-def]
    """Fill rows of `(n_samples, n_channels)` with sums of `kernel[i] * values[row + i - before]`, 0 beyond the ends.

    The rows are those from each of `starts` to before that of `stops`. Four taps at a time keep sums in registers.
    """
    n_samples, n_channels = values.shape
    n_taps = len(kernel)
    for stretch in range(len(starts)):
        for row in range(starts[stretch], stops[stretch]):
            first = row - before
            low, high = max(0, -first), min(n_taps, n_samples - first)
            result = out[row]
            for channel in range(n_channels):
                result[channel] = 0
            tap = low
            while tap + 4 <= high:
                one, two = values[first + tap], values[first + tap + 1]
                three, four = values[first + tap + 2], values[first + tap + 3]
                k_one, k_two, k_three, k_four = kernel[tap], kernel[tap + 1], kernel[tap + 2], kernel[tap + 3]
                for channel in range(n_channels):
                    result[channel] += (
                        k_one * one[channel] + k_two * two[channel] + k_three * three[channel] + k_four * four[channel]
                    )
                tap += 4
            while tap < high:
                one, k_one = values[first + tap], kernel[tap]
                for channel in range(n_channels):
                    result[channel] += k_one * one[channel]
                tap += 1


@compiled
def find_peaks(values, sign, levels, offsets, neighbours, reach, starts, stops, places):  # type: ignore[no-untyped-def]
    """Fill `(n, 2)` rows and channels of peaks in some rows; return how many there are, also where `places` is full.

    A peak is beyond the level of its channel, and the largest on its channel and the neighbours within `reach` samples,
    each as a multiple of its own level. `sign` is -1 for troughs, 1 for peaks, 0 for both.
    """
    n_samples, n_channels = values.shape
    n_found = 0
    for stretch in range(len(starts)):
        for row in range(max(starts[stretch], reach), min(stops[stretch], n_samples - reach)):
            for channel in range(n_channels):
                value = values[row, channel] * sign if sign != 0 else abs(values[row, channel])
                if value <= levels[channel]:
                    continue
                size = value / levels[channel]
                is_peak = True
                for place in range(offsets[channel], offsets[channel + 1]):
                    other = neighbours[place]
                    for near in range(row - reach, row + reach + 1):
                        rival = values[near, other] * sign if sign != 0 else abs(values[near, other])
                        rival = rival / levels[other]
                        comes_first = near < row or (near == row and other < channel)
                        if rival > size or (rival == size and comes_first):
                            is_peak = False
                            break
                    if not is_peak:
                        break
                if is_peak:
                    if n_found < len(places):
                        places[n_found, 0] = row
                        places[n_found, 1] = channel
                    n_found += 1
    return n_found
