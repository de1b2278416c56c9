"""Each defect of the legacy model has a test that fails on what it did."""

from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.spikedetekt2 import write_spikedetekt2
from kwik_writers.truth import make_truth

from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.stats.filtering import BandPass


@pytest.mark.parametrize("raw", ["dat", "kwd"])
def test_1_eleven_recordings_and_more_are_in_the_order_of_their_numbers(tmp_path: Path, raw: str) -> None:
    truth = make_truth((700, *range(400, 412)))
    shank = truth.shanks[0]
    with closing(KwikModel(write_klusta(tmp_path, truth, raw=raw))) as model:
        np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))
        np.testing.assert_array_equal(model.spike_samples, truth.joined(shank))
        spike = np.flatnonzero((shank.recordings == 2) & (shank.samples > 16) & (shank.samples < 380))[0]
        sample = shank.samples[spike]
        np.testing.assert_array_equal(
            model.waveforms.raw[spike], truth.raw[2][sample - 16 : sample + 16, shank.channels]
        )


def test_2_switching_channel_groups_moves_no_spike(tmp_path: Path) -> None:
    truth = make_truth((6000, 3000, 2000))
    with closing(KwikModel(write_klusta(tmp_path, truth))) as model:
        for group in (1, 0, 1, 1, 0):
            model.channel_group = group
            np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[group]))
            np.testing.assert_array_equal(model.spike_recordings, truth.shanks[group].recordings)
            np.testing.assert_array_equal(model.features[:], truth.shanks[group].features)


@pytest.mark.parametrize("write", [write_klusta, write_spikedetekt2])
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint32, np.uint8])
def test_3_clusters_of_any_integer_type_are_saved(tmp_path: Path, write, dtype) -> None:
    path = write(tmp_path, make_truth())
    with h5py.File(path) as file:
        stored = file["channel_groups/0/spikes/clusters/main"].dtype
    with closing(KwikModel(path)) as model:
        clusters = np.where(model.spike_clusters == 1, 9, model.spike_clusters)
        model.save(clusters.astype(dtype))
    with closing(KwikModel(path)) as model:
        np.testing.assert_array_equal(model.spike_clusters, clusters)
    with h5py.File(path) as file:
        assert file["channel_groups/0/spikes/clusters/main"].dtype == stored


def test_4_a_group_of_none_or_of_a_new_name_is_saved(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, make_truth())
    with closing(KwikModel(path)) as model:
        model.save(cluster_groups={2: None, 3: "axons"})
    with closing(KwikModel(path)) as model:
        assert model.cluster_groups == {0: "noise", 1: "mua", 3: "axons", 4: "good"}


@pytest.mark.parametrize("masks", [True, False])
def test_5_features_in_chunks_are_read(tmp_path: Path, masks: bool) -> None:
    truth = make_truth()
    path = write_spikedetekt2(tmp_path, truth, masks=masks)
    with h5py.File(path.with_suffix(".kwx")) as file:
        assert file["channel_groups/0/features_masks"].chunks is not None
    with closing(KwikModel(path)) as model:
        np.testing.assert_array_equal(model.features[[70, 2, 41]], truth.shanks[0].features[[70, 2, 41]])


def test_6_traces_give_the_rows_that_are_asked_for(tmp_path: Path) -> None:
    truth = make_truth()
    raw = np.concatenate(truth.raw)
    rows = np.array([9000, 3, 6001, 5999, 3])
    with closing(KwikModel(write_klusta(tmp_path, truth))) as model:
        np.testing.assert_array_equal(model.traces[rows], raw[rows])


def test_7_without_raw_data_recordings_start_where_they_did(tmp_path: Path) -> None:
    truth = make_truth((6000, 4000, 3000, 2000))
    for shank in truth.shanks.values():
        kept = shank.recordings != 2
        for name in ("samples", "recordings", "clusters", "features", "masks"):
            setattr(shank, name, getattr(shank, name)[kept])
    with closing(KwikModel(write_klusta(tmp_path, truth, raw="none"))) as model:
        np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[0]))
        np.testing.assert_array_equal(model.spike_recordings, truth.shanks[0].recordings)
        assert [recording.n_samples for recording in model.recordings[:3]] == [6000, 4000, 3000]


@pytest.mark.parametrize(("write", "has_raw"), [(write_klusta, {"raw": "kwd"}), (write_spikedetekt2, {})])
def test_8_names_may_have_dots(tmp_path: Path, write, has_raw: dict) -> None:
    truth = make_truth()
    path = write(tmp_path, truth, "rat.2014.01", **has_raw)
    with h5py.File(path, "r+") as file:
        for number in range(2):
            file[f"recordings/{number}/raw"].attrs["hdf5_path"] = np.bytes_(b"{raw.kwd}/recordings/%d" % number)
    with closing(KwikModel(path)) as model:
        assert model.missing == ()
        np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))
        assert model.features is not None


@pytest.mark.parametrize("length", [2, 9, 15, 21, 40])
def test_9_short_windows_and_recordings_are_filtered_and_never_hold_what_was_in_memory(
    tmp_path: Path, length: int
) -> None:
    truth = make_truth((length, 500), n_spikes=100)
    path = write_klusta(tmp_path, truth)
    with h5py.File(path, "r+") as file:
        parameters = file["application_data/spikedetekt"].attrs
        parameters["extract_s_before"], parameters["extract_s_after"] = 2, 3
    shank = truth.shanks[0]
    band = BandPass(500.0, 9500.0, 3, 20000.0)
    filtered = [np.pad(band.apply(raw) * 0.195, ((2, 3), (0, 0)))[:, shank.channels] for raw in truth.raw]
    expected = np.stack(
        [filtered[n][sample : sample + 5] for sample, n in zip(shank.samples, shank.recordings, strict=True)]
    )
    with closing(KwikModel(path)) as model:
        for _ in range(2):
            np.testing.assert_allclose(model.waveforms[:], expected, atol=0.01 * np.abs(expected).max())


def test_10_groups_of_one_data_set_stay_out_of_the_others(tmp_path: Path) -> None:
    defaults = dict(schema.DEFAULT_GROUPS)
    first, second = (write_klusta(tmp_path, make_truth(), name) for name in ("a", "b"))
    with closing(KwikModel(first)) as model:
        model.save(cluster_groups={1: "axons"})
        assert "axons" in model.group_names
    assert defaults == schema.DEFAULT_GROUPS
    with closing(KwikModel(second)) as model:
        assert model.group_names == ("noise", "mua", "good", "unsorted")
        model.save(cluster_groups={1: "good"})
    with h5py.File(second) as file:
        assert sorted(file["channel_groups/0/cluster_groups/main"]) == ["0", "1", "2", "3"]


def test_11_names_of_several_raw_files_are_a_list_on_any_numpy(tmp_path: Path) -> None:
    with closing(KwikModel(write_klusta(tmp_path, make_truth((300, 200, 100))))) as model:
        assert model.metadata["raw_data_files"] == ["set_0.dat", "set_1.dat", "set_2.dat"]
        assert model.metadata["dtype"] == "int16"


def test_12_what_a_clustering_left_behind_is_not_taken_for_a_result(tmp_path: Path) -> None:
    truth = make_truth()
    path = write_klusta(tmp_path, truth)
    (tmp_path / ".klustakwik2").mkdir()
    (tmp_path / ".klustakwik2" / "spike_clusters.0.txt").write_text("7\n" * 3)
    with closing(KwikModel(path)) as model:
        np.testing.assert_array_equal(model.spike_clusters, truth.shanks[0].clusters)
