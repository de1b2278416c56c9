"""Matched detection: the shape of spikes is found, and with it spikes that voltage alone does not tell."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sorting.recordings import RATE, line_probe, recording, spike_shape

from napari_phy.sorting import RawTraces, spikedetect
from napari_phy.sorting.matched.detector import MatchedSpikeDetekt
from napari_phy.sorting.matched.kernel import Kernel, Neighbours, peaks_of
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt


def raw_of(traces):
    return RawTraces(traces, RATE, line_probe(traces.shape[1]))


def share_found(found, samples):
    return (np.abs(found.samples[:, None] - samples).min(axis=0) < 8).mean()


@pytest.mark.parametrize("n_samples", [3, 20, 300])
def test_a_kernel_is_a_correlation_in_each_channel(n_samples):
    rng = np.random.default_rng(0)
    values, kernel = rng.normal(size=(n_samples, 5)).astype(np.float32), rng.normal(size=11).astype(np.float32)
    padded = np.pad(values, ((4, 6), (0, 0)))
    expected = np.array([np.correlate(padded[:, channel], kernel, "valid") for channel in range(5)]).T
    assert_allclose(Kernel(kernel, 4).apply(values), expected, atol=1e-5)


def test_peaks_are_the_largest_near_them():
    rng = np.random.default_rng(1)
    values, levels = rng.normal(size=(200, 4)).astype(np.float32), np.array([1.0, 1.5, 2.0, 0.5])
    near = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) <= 1
    sizes = -values / levels
    expected = [
        (row, channel)
        for row in range(3, 197)
        for channel in range(4)
        if sizes[row, channel] > 1 and sizes[row, channel] == sizes[row - 3 : row + 4, near[channel]].max()
    ]
    assert_array_equal(peaks_of(values, -1, levels, Neighbours.of(near), 3), expected)


def test_the_shape_of_spikes_is_found():
    traces, _ = recording(n_spikes=150, n_samples=60_000)
    kernel = MatchedSpikeDetekt(filter_low=50).fit(raw_of(traces)).plan_.kernel
    shape = -spike_shape()[8 - kernel.before :]
    assert np.corrcoef(kernel.values[: len(shape)], shape[: len(kernel.values)])[0, 1] > 0.95
    assert_allclose(np.linalg.norm(kernel.values), 1, atol=1e-5)


def test_small_spikes_are_found_where_spikedetekt_loses_them():
    large, samples = recording(n_spikes=100, n_samples=60_000, noise=0)
    small, others = recording(n_spikes=100, n_samples=60_000, noise=0, height=90, seed=1)
    is_apart = np.abs(others[:, None] - samples).min(axis=1) > 40
    noise = np.random.default_rng(2).normal(0, 25, large.shape)
    raw = raw_of(np.rint(large + small + noise).astype(np.int16))
    found = [kind().fit(raw).groups_[0] for kind in (SpikeDetekt, MatchedSpikeDetekt)]
    plain, matched = (share_found(one, others[is_apart]) for one in found)
    assert matched > plain + 0.2
    n_false = np.count_nonzero(np.abs(found[1].samples[:, None] - np.concatenate([samples, others])).min(axis=1) > 20)
    assert n_false <= 0.1 * found[1].n_spikes


def test_a_recording_without_spikes_has_no_shape():
    detector = MatchedSpikeDetekt().fit(raw_of(np.random.default_rng(0).normal(0, 20, (20_000, 4)).astype(np.int16)))
    assert detector.plan_.kernel is None


def test_it_is_found_by_name_and_does_not_depend_on_workers():
    traces, _ = recording(n_spikes=100)
    alone = spikedetect.run(raw_of(traces), "matched").result().groups[0]
    with ThreadPoolExecutor(3) as threads:
        together = spikedetect.run(raw_of(traces), "matched", threads).result().groups[0]
    for name in ("samples", "masks", "features"):
        assert_array_equal(getattr(together, name), getattr(alone, name))
