"""The loops of `flood`; a module of its own, so that numba is imported only when spikes are detected."""

from __future__ import annotations

import numpy as np

from napari_phy.core.compiled import compiled


@compiled
def find_crossings(filtered, signs, weak, nodes):  # type: ignore[no-untyped-def]
    """Fill `(n, 2)` rows and channels of the values beyond `weak`, in the order of time; return how many there are.

    `signs` is -1 for troughs, 1 for peaks, 0 for both. Where nodes are too few, those beyond are counted only.
    """
    n_samples, n_channels = filtered.shape
    n_found = 0
    for row in range(n_samples):
        values = filtered[row]
        n_beyond = 0
        for channel in range(n_channels):
            value = values[channel] * signs if signs != 0 else abs(values[channel])
            n_beyond += value > weak[channel]
        if n_beyond == 0:
            continue
        if n_found + n_channels > len(nodes):
            n_found += n_beyond
            continue
        for channel in range(n_channels):
            value = values[channel] * signs if signs != 0 else abs(values[channel])
            nodes[n_found, 0] = row
            nodes[n_found, 1] = channel
            n_found += value > weak[channel]
    return n_found


@compiled
def _root(parents, node):  # type: ignore[no-untyped-def]
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


@compiled
def join_nodes(nodes, adjacent, reach):  # type: ignore[no-untyped-def]
    """Return `(n,)` the first node of the component of each: nodes on adjacent channels, up to `reach` rows apart."""
    parents = np.arange(len(nodes))
    oldest = 0  # of those that are near enough
    for node in range(len(nodes)):
        row, channel = nodes[node]
        while nodes[oldest, 0] < row - reach:
            oldest += 1
        for other in range(oldest, node):
            if adjacent[channel, nodes[other, 1]]:
                one, two = _root(parents, other), _root(parents, node)
                if one < two:
                    parents[two] = one
                else:
                    parents[one] = two
    for node in range(len(nodes)):
        parents[node] = _root(parents, node)
    return parents


@compiled
def number_components(filtered, signs, nodes, firsts, strong, numbers):  # type: ignore[no-untyped-def]
    """Fill `(n,)` the number of each node's component, -1 where none of its nodes is beyond `strong`; return how many.

    Components are numbered by their first nodes.
    """
    numbers[:] = -1
    for node in range(len(nodes)):
        row, channel = nodes[node]
        value = filtered[row, channel] * signs if signs != 0 else abs(filtered[row, channel])
        if value > strong[channel]:
            numbers[firsts[node]] = 0
    n_components = 0
    for node in range(len(nodes)):
        first = firsts[node]
        if first == node and numbers[node] == 0:
            numbers[node] = n_components
            n_components += 1
        elif first != node:
            numbers[node] = numbers[first]
    return n_components


@compiled
def measure_components(filtered, signs, nodes, numbers, weak, strong, power, times, firsts, masks):  # type: ignore[no-untyped-def]
    """Fill the time of each component, in rows, the channel of its first node, and its `(n, n_channels)` masks.

    A value counts from 0 at `weak` to 1 at `strong`. The time is the mean of the rows, weighed by a power of that; the
    mask of a channel is the largest of them.
    """
    total = np.zeros(len(times))
    origins = np.zeros(len(times), dtype=np.int64)
    firsts[:] = -1
    times[:] = 0
    masks[:] = 0
    for node in range(len(nodes)):
        component = numbers[node]
        if component < 0:
            continue
        row, channel = nodes[node]
        if firsts[component] < 0:
            firsts[component], origins[component] = channel, row
        value = np.float64(filtered[row, channel]) * signs if signs != 0 else abs(np.float64(filtered[row, channel]))
        share = min(max((value - weak[channel]) / (strong[channel] - weak[channel]), 0.0), 1.0)
        masks[component, channel] = max(masks[component, channel], np.float32(share))
        weight = share**power
        total[component] += weight
        times[component] += weight * (row - origins[component])
    for component in range(len(times)):
        times[component] = origins[component] + times[component] / total[component]


@compiled
def _share(filtered, signs, row, channel, weak, strong):  # type: ignore[no-untyped-def]
    """Return how far a value is beyond the weak threshold: 0 there or before, 1 at the strong one or beyond."""
    value = np.float64(filtered[row, channel])
    value = value * signs if signs != 0 else abs(value)
    return min(max((value - weak[channel]) / (strong[channel] - weak[channel]), 0.0), 1.0)


@compiled
def fill_masks(filtered, signs, weak, strong, adjacent, join_size, channels, rows, reach, masks):  # type: ignore[no-untyped-def]
    """Fill `(n_spikes, n)` masks of spikes at known rows: of the component around the largest value near by.

    Of the `channels` of a group, up to `reach` rows before and behind; the largest value is looked for as near as
    `join_size` and one more. A spike that is nowhere beyond the weak threshold has no mask.
    """
    masks[:] = 0
    n_rows = 2 * reach + 1
    seen = np.zeros((n_rows, len(channels)), dtype=np.bool_)
    stack = np.empty((n_rows * len(channels), 2), dtype=np.int64)
    for spike in range(len(rows)):
        start = rows[spike] - reach
        seen[:] = False
        n_left, largest = 0, 0.0
        for row in range(max(0, rows[spike] - join_size - 1), min(len(filtered), rows[spike] + join_size + 2)):
            for place in range(len(channels)):
                value = filtered[row, channels[place]]
                value = value * signs if signs != 0 else abs(value)
                if value > weak[channels[place]] and (n_left == 0 or value > largest):
                    n_left, largest = 1, value
                    stack[0, 0], stack[0, 1] = row - start, place
        if n_left:
            seen[stack[0, 0], stack[0, 1]] = True
        while n_left:
            n_left -= 1
            row, place = stack[n_left]
            share = _share(filtered, signs, start + row, channels[place], weak, strong)
            masks[spike, place] = max(masks[spike, place], np.float32(share))
            for near in range(max(0, row - join_size, -start), min(n_rows, row + join_size + 1, len(filtered) - start)):
                for other in range(len(channels)):
                    if not seen[near, other] and adjacent[channels[place], channels[other]]:
                        value = filtered[start + near, channels[other]]
                        value = value * signs if signs != 0 else abs(value)
                        if value > weak[channels[other]]:
                            seen[near, other] = True
                            stack[n_left, 0], stack[n_left, 1] = near, other
                            n_left += 1
