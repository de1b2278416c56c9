"""The sample is the same each time, whole or not there, and readable by our own model."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_phy.core.errors import SaveError
from napari_phy.files.install import install
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.sample_data import make_sample, read_truth, truth_path
from napari_phy.sample_data.install import SUFFIXES, copy_sample
from napari_phy.sample_data.recipe import MICROVOLTS_PER_UNIT, STORIES, UNITS, build_probe

SHORT_S = 3.0
NAMES = sorted(f"sample{suffix}" for suffix in SUFFIXES)


def hashes(folder):
    return {path.name: hashlib.blake2b(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_a_short_sample_is_the_same_each_time_whatever_the_number_of_threads(tmp_path):
    make_sample(tmp_path / "here", duration_s=SHORT_S)
    code = (
        "import sys; from pathlib import Path; from napari_phy.sample_data import make_sample;"
        f"make_sample(Path(sys.argv[1]), duration_s={SHORT_S})"
    )
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "there")], check=True, env={**os.environ, **threads, "TZ": "EST5"}
    )
    assert hashes(tmp_path / "here") == hashes(tmp_path / "there")


@pytest.mark.soak
def test_the_whole_sample_is_the_same_each_time(sample_kwik, tmp_path):
    make_sample(tmp_path)
    assert hashes(tmp_path) == hashes(sample_kwik.parent)
    assert sorted(hashes(tmp_path)) == NAMES


def test_files_that_are_there_are_not_touched(tmp_path):
    (tmp_path / "sample.dat").write_bytes(b"mine")
    with pytest.raises(SaveError, match=r"already holds sample\.dat"):
        make_sample(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["sample.dat"]
    assert (tmp_path / "sample.dat").read_bytes() == b"mine"


def test_what_fails_half_way_leaves_nothing(tmp_path):
    def write(staging: Path) -> None:
        (staging / "sample.dat").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install(tmp_path / "new", "sample", write, SUFFIXES)
    assert list((tmp_path / "new").iterdir()) == []


def test_the_kwik_file_appears_last(tmp_path, monkeypatch):
    moved = []
    rename = Path.rename
    monkeypatch.setattr(Path, "rename", lambda self, target: (moved.append(Path(target).name), rename(self, target))[1])
    make_sample(tmp_path, "tiny", duration_s=SHORT_S)
    assert moved[-1] == "tiny.kwik"
    assert sorted(moved) == sorted(f"tiny{suffix}" for suffix in SUFFIXES)


def test_progress_rises_to_one(tmp_path):
    shares = []
    make_sample(tmp_path, progress=shares.append, duration_s=SHORT_S)
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] == 1


def test_a_copy_is_equal_and_its_own(sample_kwik, tmp_path):
    copy = copy_sample(sample_kwik, tmp_path)
    assert hashes(tmp_path) == hashes(sample_kwik.parent)
    assert not copy.samefile(sample_kwik)


@pytest.mark.parametrize("group", [0, 1])
def test_the_model_reads_back_what_the_recipe_says(sample_kwik, group):
    truth = read_truth(truth_path(sample_kwik))
    model = KwikModel(sample_kwik, channel_group=group)
    try:
        assert model.missing == ()
        assert model.channel_groups == (0, 1)
        assert model.duration == 60.0
        assert model.sample_rate == 20_000.0
        assert model.microvolts_per_unit == pytest.approx(MICROVOLTS_PER_UNIT)
        assert model.traces.shape == (1_200_000, 32)
        probe = build_probe(group)
        np.testing.assert_array_equal(model.probe.channel_ids, probe.channel_ids)
        np.testing.assert_allclose(model.probe.positions, probe.positions)
        assert set(map(frozenset, model.probe.edges.tolist())) == set(map(frozenset, probe.edges.tolist()))
        assert model.n_spikes == len(truth.spike_units[group])
        assert np.all(np.diff(model.spike_samples) >= 0)
        assert model.group_names == ("noise", "mua", "good", "unsorted", "interneuron")
        named = {cluster.cluster_id: cluster.group for cluster in STORIES[group].clusters}
        for cluster, name in named.items():
            assert model.cluster_groups.get(cluster, "unsorted") == name
        assert set(np.unique(model.spike_clusters)) == set(named) == set(truth.cluster_ids[group].tolist())
        masks = model.masks[:]
        assert masks.shape == (model.n_spikes, 16)
        assert masks.min() == 0.0
        np.testing.assert_array_equal(masks.max(axis=1), 1.0)
        features = model.features[:]
        assert features.shape == (model.n_spikes, 48)
        assert np.isfinite(features).all()
    finally:
        model.close()


def test_waveforms_of_the_model_look_like_the_true_templates(sample_kwik):
    truth = read_truth(truth_path(sample_kwik))
    for group in (0, 1):
        model = KwikModel(sample_kwik, channel_group=group)
        channels = model.probe.channel_ids
        for unit in np.flatnonzero(truth.unit_groups == group):
            spikes = np.flatnonzero(truth.spike_units[group] == unit)
            mean = model.waveforms[spikes[:: max(1, len(spikes) // 40)]].mean(axis=0)
            template = truth.templates[unit][:, channels]
            assert mean.min(axis=0).argmin() == template.min(axis=0).argmin()
            assert 0.6 < mean.min() / template.min() < 1.1
        model.close()


def test_units_have_the_amplitudes_of_the_recipe(sample_kwik):
    truth = read_truth(truth_path(sample_kwik))
    assert len(truth.templates) == 14
    np.testing.assert_allclose(-truth.templates.min(axis=(1, 2)), [unit.amplitude_uv for unit in UNITS], rtol=0.02)
    assert (truth.templates.min(axis=2).argmin(axis=1) == truth.trough_sample).all()
