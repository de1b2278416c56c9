"""The steps of SpikeDetekt give what the original programs gave, kept as arrays."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from napari_phy.core.probe import Probe
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.schema import features_masks_path, spikes_path
from napari_phy.formats.parameter_files.prb import read_prb
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt
from napari_phy.sorting.spikedetekt.filtering import ChunkFilter
from napari_phy.sorting.spikedetekt.flood import adjacency, find_components
from napari_phy.sorting.spikedetekt.thresholds import Thresholds
from napari_phy.sorting.spikedetekt.waveforms import cut_waveforms, moments_of, project
from napari_phy.sorting.traces import open_raw_files
from napari_phy.stats.principal_components import principal_components

pytestmark = pytest.mark.real_data
NOISE = 39.8669  # median(|x|) / 0.6745 of 50 excerpts, joined before they are filtered, as klusta does
FRACTION = 1 / 255  # of a sample: how exactly klusta stores times


@pytest.fixture(params=["synth32_first2s", "test4"])
def reference(request, data_folder):
    with np.load(data_folder / "klusta_synth32" / "reference" / f"spikedetekt_{request.param}.npz") as file:
        arrays = dict(file)
    folder = data_folder / ("klusta_synth32" if request.param.startswith("synth32") else "klusta_4ch")
    arrays["probe"] = read_prb(next(folder.glob("*.prb"))).groups[0]
    arrays["channels"] = arrays["probe"].channel_ids
    return arrays


def found_in(arrays, filtered):
    n_channels = len(arrays["channels"])
    thresholds = Thresholds(np.full(n_channels, arrays["weak"]), np.full(n_channels, arrays["strong"]))
    adjacent = adjacency([arrays["probe"]])
    return find_components(filtered, thresholds, adjacent, sign=-1, join_size=1, weight_power=2)


@pytest.mark.parametrize("is_original", [False, True])
def test_filter_times_and_masks_are_those_of_the_original(reference, is_original):
    band = ChunkFilter(500.0, 9500.0, 3, 20_000.0, is_original)
    filtered = band.apply(reference["traces"], reference["channels"])
    assert_allclose(filtered, reference["filtered"], atol=1e-3 * FRACTION)
    found = found_in(reference, filtered)
    assert len(found.times) == len(reference["component_lengths"])
    assert_allclose(found.times, reference["spike_samples"], atol=FRACTION / 100)
    assert_allclose(found.masks, reference["masks"], atol=1e-6)


def test_waveforms_and_features_are_those_of_the_original(reference):
    n_channels = len(reference["channels"])
    cut = cut_waveforms(reference["filtered"], slice(0, n_channels), reference["spike_samples"], 16, 16)
    assert_allclose(cut, reference["waveforms"], atol=1e-6 * np.abs(cut).max())
    moments = moments_of(reference["waveforms"], reference["masks"])
    components = principal_components(moments, 3, is_pooled=False)
    signs = np.sign((components * reference["pcs"]).sum(axis=1))
    unmasked = moments.counts > 3  # fewer leave components that are not determined
    features = project(cut, components) * signs.T
    largest = np.abs(reference["features"]).max()
    assert_allclose(features[:, unmasked], reference["features"][:, unmasked], atol=1e-3 * largest)
    assert_allclose(project(cut, reference["pcs"]), reference["features"], atol=1e-6 * largest)


@pytest.fixture
def synth32(data_folder):
    """Return the raw traces, and the times, masks and features that klusta wrote."""
    folder = data_folder / "klusta_synth32"
    probe = read_prb(folder / "synth32.prb")
    raw = open_raw_files([folder / "synth32.dat"], probe, sample_rate=2e4, n_channels=32, dtype=np.int16)
    with open_h5(folder / "synth32.kwik") as file:
        times = [file.read(spikes_path(0, name)).astype(float) for name in ("time_samples", "time_fractional")]
    with open_h5(folder / "synth32.kwx") as file:
        rows = file.read(features_masks_path(0))
    yield raw, times[0] + times[1] * FRACTION, rows[:, ::3, 1], rows[:, :, 0]
    raw.traces.close()


@pytest.mark.parametrize("are_given", [True, False])
def test_the_whole_recording_gives_what_klusta_wrote(synth32, are_given):
    raw, samples, masks, features = synth32
    given = {"threshold_weak": 2 * NOISE, "threshold_strong": 4.5 * NOISE} if are_given else {}
    fit = SpikeDetekt(**given).fit(raw)
    assert_allclose(fit.thresholds_.strong, 4.5 * NOISE, rtol=2e-5)
    found = fit.groups_[0]
    assert (fit.n_components_, found.n_spikes) == (7570, 7444)
    assert_allclose(found.samples, samples + FRACTION / 2, atol=FRACTION / 2 + 1e-4)  # what is behind it was cut off
    assert_allclose(found.masks, masks, atol=1e-5 if are_given else 1e-4)
    made = found.features.reshape(7444, -1)
    made = made * np.sign((made * features).sum(axis=0))
    assert_allclose(made, features, atol=1e-3 * np.abs(features).max())


def test_edges_to_channels_that_are_not_there_are_passed_over():
    probe = Probe([4, 7, 9], edges=[(4, 7), (7, 8), (8, 9)])
    assert adjacency([probe]).tolist() == [[True, True, False], [True, True, False], [False, False, True]]
