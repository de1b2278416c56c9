"""The three real data sets: facts that were found with other programs."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.save import content_hash, write_clustering

pytestmark = pytest.mark.real_data

SETS = {
    "hybrid": "hybrid_10sec/hybrid_10sec",
    "tetrode": "klusta_4ch/test4",
    "synthetic": "klusta_synth32/synth32",
}


@pytest.mark.parametrize(
    ("name", "n_spikes", "n_clusters", "n_channels", "duration", "unit"),
    [
        ("hybrid", 1653, 17, 32, 10.0, "a.u."),
        ("tetrode", 49, 3, 4, 1.0, "a.u."),
        ("synthetic", 7444, 21, 32, 60.0, "µV"),
    ],
)
def test_facts(
    data_folder: Path, name: str, n_spikes: int, n_clusters: int, n_channels: int, duration: float, unit: str
) -> None:
    model = KwikModel(data_folder / f"{SETS[name]}.kwik")
    assert model.n_spikes == n_spikes
    assert len(model.cluster_ids) == n_clusters
    assert model.n_channels == n_channels
    assert model.duration == duration
    assert model.unit == unit
    assert model.sample_rate == 20000
    assert model.clusterings == ("main", "original")
    assert model.cluster_groups == {}
    assert model.group_names == ("noise", "mua", "good", "unsorted")
    assert model.features.shape == (n_spikes, n_channels * 3)
    assert (np.diff(model.spike_samples) >= 0).all()
    model.close()


def test_clusters_of_the_tetrode(data_folder: Path) -> None:
    model = KwikModel(data_folder / "klusta_4ch/test4.kwik")
    ids, counts = np.unique(model.spike_clusters, return_counts=True)
    assert dict(zip(ids.tolist(), counts.tolist(), strict=True)) == {0: 29, 2: 14, 3: 6}
    assert model.probe.edges.shape == (6, 2)
    assert model.missing == ()
    model.close()


def test_what_the_hybrid_lacks_is_said(data_folder: Path) -> None:
    model = KwikModel(data_folder / "hybrid_10sec/hybrid_10sec.kwik")
    assert model.missing == (
        "Waveforms and traces need hybrid_10sec.dat, which is not beside hybrid_10sec.kwik. Everything else works.",
    )
    assert model.waveforms is None
    assert model.traces is None
    assert model.clustering_metadata["klustakwik2_version"] == "git-0.2.4-6-g6164fbdf"
    model.close()


@pytest.mark.parametrize("name", SETS)
def test_features_and_masks_equal_plain_reading(data_folder: Path, name: str) -> None:
    path = data_folder / f"{SETS[name]}.kwik"
    with h5py.File(path.with_suffix(".kwx")) as file:
        table = file["channel_groups/0/features_masks"][()]
    model = KwikModel(path)
    rows = np.random.default_rng(0).integers(0, model.n_spikes, 400)
    np.testing.assert_array_equal(model.features[:], table[:, :, 0])
    np.testing.assert_array_equal(model.masks[:], table[:, ::3, 1])
    np.testing.assert_array_equal(model.features[rows], table[rows, :, 0])
    np.testing.assert_array_equal(model.masks[rows], table[rows, ::3, 1])
    model.close()


@pytest.mark.parametrize("name", ["tetrode", "synthetic"])
def test_waveforms_equal_filtering_of_the_whole_file(data_folder: Path, name: str) -> None:
    from scipy.signal import butter, filtfilt

    model = KwikModel(data_folder / f"{SETS[name]}.kwik")
    rows = np.unique(np.linspace(0, model.n_spikes - 1, 400).astype(int))
    rows = rows[model.spike_samples[rows] < 400_000]
    numerator, denominator = butter(3, [500, 0.475 * 20000], "bandpass", fs=20000)
    raw = model.traces[:420_000].astype(float)
    whole = filtfilt(numerator, denominator, raw, axis=0) * (model.microvolts_per_unit or 1)
    whole = np.pad(whole, ((16, 16), (0, 0)))
    expected = whole[model.spike_samples[rows][:, None] + np.arange(32)][:, :, model.channel_order]
    found = model.waveforms[rows]
    error = np.abs(found - expected).max(axis=(1, 2)) / np.abs(expected).max(axis=(1, 2))
    assert error.max() < 0.01
    model.close()


def test_a_saved_copy_of_the_hybrid_comes_back(data_folder: Path, tmp_path: Path) -> None:
    source = data_folder / "hybrid_10sec/hybrid_10sec.kwik"
    path = tmp_path / "hybrid_10sec.kwik"
    shutil.copyfile(source, path)
    original = content_hash(source, 0, "original")
    model = KwikModel(path)
    assert model.missing[0] == "hybrid_10sec.kwx is missing: features and similarity are not available."
    clusters = np.where(np.isin(model.spike_clusters, [4, 7]), 18, model.spike_clusters)
    write_clustering(
        path,
        channel_group=0,
        clustering="main",
        spike_clusters=clusters,
        cluster_groups={18: "good", 3: "discarded"},
        cluster_colors={18: "#2196f3"},
        cluster_labels={"comment": {18: "zwei Zellen?"}},
        group_names=model.group_names,
    )
    model.close()
    model = KwikModel(path)
    np.testing.assert_array_equal(model.spike_clusters, clusters)
    assert model.cluster_groups == {18: "good", 3: "discarded"}
    assert model.cluster_colors == {18: "#2196f3"}
    assert model.cluster_labels == {"comment": {18: "zwei Zellen?"}}
    assert model.group_names == ("noise", "mua", "good", "unsorted", "discarded")
    assert content_hash(path, 0, "original") == original
    model.close()
