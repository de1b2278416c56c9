"""Folders of phy, Kilosort and SpikeInterface open with everything in them, and say what is wrong in a sentence."""

import re
from contextlib import closing

import numpy as np
import pytest
from phy_folder import N_CHANNELS, N_NEAR, N_PCS, RATE, dense_features, make_truth, write_folder

from napari_phy.core.errors import KwikFormatError, MissingDataError, NapariPhyError, NotInFileError
from napari_phy.formats.opening import open_model
from napari_phy.formats.phy.model import PhyModel
from napari_phy.session import open_session
from napari_phy.stats.filtering import BandPass

TRUTH = make_truth()


def opened(folder, **changes):
    write_folder(folder, TRUTH, **changes)
    return closing(PhyModel(folder))


@pytest.mark.parametrize("by_column", [False, True], ids=["C order", "as MATLAB writes"])
def test_everything_comes_back(tmp_path, by_column):
    with opened(tmp_path / "ks", by_column=by_column) as model:
        assert model.missing == ()
        assert model.name == "ks"
        assert model.unit == "a.u."
        assert model.sample_rate == RATE
        assert model.duration == 4000 / RATE
        assert model.spike_samples.tolist() == TRUTH.samples.tolist()
        assert model.spike_clusters.tolist() == TRUTH.clusters.tolist()
        assert model.spike_templates.tolist() == TRUTH.spike_templates.tolist()
        np.testing.assert_array_equal(model.amplitudes, TRUTH.amplitudes)
        assert model.probe.channel_ids.tolist() == TRUTH.channel_map.tolist()
        np.testing.assert_array_equal(model.probe.positions, TRUTH.positions)
        np.testing.assert_array_equal(model.traces[:], TRUTH.raw)
        np.testing.assert_array_equal(model.features[:], dense_features(TRUTH))
        some = [7, 3, 3, 59]
        np.testing.assert_array_equal(model.features[some], dense_features(TRUTH)[some])
        np.testing.assert_array_equal(model.features[some, [1, 0]], dense_features(TRUTH)[some][:, [1, 0]])
        np.testing.assert_array_equal((model.masks[:] > 0).sum(axis=1), N_NEAR)
        assert model.masks[5].nonzero()[0].tolist() == sorted(TRUTH.near[TRUTH.spike_templates[5]])
        whole = TRUTH.templates @ TRUTH.whitening_inverse
        heights = np.ptp(whole, axis=1)
        share = heights[TRUTH.spike_templates[5]] / heights[TRUTH.spike_templates[5]].max()
        mask = model.masks[5]
        np.testing.assert_allclose(mask[mask > 0], share[mask > 0], rtol=1e-4)
        np.testing.assert_allclose(model.templates[[2, 0]], whole[[2, 0]], rtol=1e-5, atol=1e-5)
        mine = TRUTH.clusters == 1
        mean = TRUTH.amplitudes[mine].mean() * whole[1]
        np.testing.assert_allclose(model.mean_template(1), mean, rtol=1e-5, atol=1e-5)


def test_waveforms_are_cut_out_of_the_raw_data_around_the_middle_of_templates(tmp_path):
    with opened(tmp_path / "ks") as model:
        around = TRUTH.samples[:, None] + np.arange(-6, 6)
        np.testing.assert_array_equal(model.waveforms[:], TRUTH.raw[around][:, :, TRUTH.channel_map])


def test_waveforms_of_raw_data_that_are_not_filtered_are_filtered_as_kilosort_does(tmp_path):
    with opened(tmp_path / "ks", params="hp_filtered = False") as model:
        band = BandPass(300, 0.475 * RATE, 3, RATE)
        spike = int(np.searchsorted(TRUTH.samples, 2000))
        around = TRUTH.samples[spike] + np.arange(-6 - band.n_context, 6 + band.n_context)
        expected = band.apply(TRUTH.raw[around][:, TRUTH.channel_map])[band.n_context : -band.n_context]
        np.testing.assert_allclose(model.waveforms[spike], expected, atol=1)


def test_a_header_before_the_raw_data_is_passed_over(tmp_path):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH, params="offset = 100")
    (folder / "raw.dat").write_bytes(bytes(100) + TRUTH.raw.tobytes())
    with closing(PhyModel(folder)) as model:
        assert model.missing == ()
        np.testing.assert_array_equal(model.traces[1000:1010], TRUTH.raw[1000:1010])


def test_several_raw_files_follow_each_other(tmp_path):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH, dat=["a.dat", "b.dat"])
    TRUTH.raw[:1500].tofile(folder / "a.dat")
    TRUTH.raw[1500:].tofile(folder / "b.dat")
    with closing(PhyModel(folder)) as model:
        assert [(one.name, one.start_sample, one.n_samples) for one in model.recordings] == [
            ("a.dat", 0, 1500),
            ("b.dat", 1500, 2500),
        ]
        np.testing.assert_array_equal(model.traces[:], TRUTH.raw)
        assert model.spike_recordings.tolist() == (TRUTH.samples >= 1500).astype(int).tolist()


@pytest.mark.parametrize("path", ["ks", "ks/params.py", "ks/spike_clusters.npy"])
def test_a_folder_opens_by_itself_and_by_its_files(tmp_path, path):
    write_folder(tmp_path / "ks", TRUTH)
    with closing(open_model(tmp_path / path)) as model:
        assert isinstance(model, PhyModel)
        assert model.n_spikes == len(TRUTH.samples)
        with closing(model.opened_at(0, "main")) as again:
            assert again.n_spikes == model.n_spikes
        with pytest.raises(NotInFileError, match="one channel group"):
            model.opened_at(1, None)


def test_a_folder_is_found_by_a_path_without_folders(tmp_path, monkeypatch):
    write_folder(tmp_path, TRUTH)
    monkeypatch.chdir(tmp_path)
    with closing(open_model("params.py")) as model:
        assert model.traces is not None
        assert model.name == tmp_path.name


# ---- what people meet

SPIKES = len(TRUTH.samples)


@pytest.mark.parametrize(
    "times",
    [TRUTH.samples.astype(np.float64), TRUTH.samples.astype(np.int64)[:, None], TRUTH.samples.astype(np.uint32)],
    ids=["float", "(n, 1)", "uint32"],
)
def test_times_are_read_whatever_their_type_and_shape(tmp_path, times):
    with opened(tmp_path / "ks", spike_times=times) as model:
        assert model.spike_samples.tolist() == TRUTH.samples.tolist()
        assert model.missing == ()


def test_spikes_out_of_order_are_sorted_with_all_that_belongs_to_them(tmp_path):
    shuffled = np.random.default_rng(1).permutation(SPIKES)
    moved = make_truth()
    fields = ("samples", "clusters", "spike_templates", "amplitudes", "features")
    moved = type(moved)(**{**vars(moved), **{name: getattr(moved, name)[shuffled] for name in fields}})
    write_folder(tmp_path / "ks", moved)
    with closing(PhyModel(tmp_path / "ks")) as model:
        order = np.argsort(moved.samples, kind="stable")
        assert model.spike_samples.tolist() == TRUTH.samples.tolist()
        assert model.file_order.tolist() == order.tolist()
        assert model.spike_clusters.tolist() == moved.clusters[order].tolist()
        np.testing.assert_array_equal(model.amplitudes, moved.amplitudes[order])
        np.testing.assert_array_equal(model.features[:], dense_features(moved)[order])


def test_spikes_before_the_recording_are_told_of(tmp_path):
    times = TRUTH.samples.astype(np.int64)
    times[:2] = -5
    with opened(tmp_path / "ks", spike_times=times) as model:
        assert model.spike_samples[:2].tolist() == [0, 0]
        assert model.missing == ("spike_times.npy: 2 spikes lie before the recording and are shown at its beginning.",)


def test_spikes_past_the_raw_data_are_told_of(tmp_path):
    times = TRUTH.samples.astype(np.int64)
    times[-1] = 5000
    with opened(tmp_path / "ks", spike_times=times) as model:
        assert model.missing == ("1 spikes lie past the end of the raw data; what is not there is shown as 0.",)
        assert model.duration == 5001 / RATE
        assert not model.waveforms[SPIKES - 1].any()


@pytest.mark.parametrize("near_first", [False, True])
def test_features_are_read_in_both_orders_of_axes(tmp_path, near_first):
    stored = TRUTH.features if near_first else TRUTH.features.swapaxes(1, 2)
    with opened(tmp_path / "ks", pc_features=stored) as model:
        assert model.n_features_per_channel == N_PCS
        np.testing.assert_array_equal(model.features[:], dense_features(TRUTH))


def test_features_of_some_spikes_leave_the_others_without(tmp_path):
    some = np.arange(0, SPIKES, 3)
    changes = {"pc_features": TRUTH.features[some].swapaxes(1, 2), "pc_feature_spike_ids": some}
    with opened(tmp_path / "ks", **changes) as model:
        features = model.features[:]
        np.testing.assert_array_equal(features[some], dense_features(TRUTH)[some])
        others = np.setdiff1d(np.arange(SPIKES), some)
        assert np.isnan(features[others]).all()
        assert not model.masks[others].any()


def test_channels_that_pad_a_list_of_channels_are_none(tmp_path):
    near = TRUTH.near.astype(np.int64)
    near[:, -1] = N_CHANNELS
    with opened(tmp_path / "ks", pc_feature_ind=near) as model:
        np.testing.assert_array_equal((model.masks[:] > 0).sum(axis=1), N_NEAR - 1)
        assert np.isfinite(model.features[:]).all()


def test_ids_with_gaps_and_templates_beyond_those_there_are(tmp_path):
    templates = TRUTH.spike_templates.astype(np.int64)
    templates[:5] = 99
    clusters = TRUTH.clusters * 1000
    with opened(tmp_path / "ks", spike_templates=templates, spike_clusters=clusters) as model:
        assert model.cluster_ids.tolist() == [0, 1000, 2000, 3000]
        assert np.isnan(model.features[:5]).all()
        assert not model.templates[99].any()


def test_clusters_are_the_templates_where_there_are_no_others(tmp_path):
    with opened(tmp_path / "ks", spike_clusters=None) as model:
        assert model.spike_clusters.tolist() == TRUTH.spike_templates.tolist()
        assert model.missing == ("spike_clusters.npy is not there; clusters are the templates of spike_templates.npy.",)
        assert not (tmp_path / "ks" / "spike_clusters.npy").exists()


def test_templates_without_their_whitening_are_shown_as_they_are(tmp_path):
    with opened(tmp_path / "ks", whitening_mat_inv=None) as model:
        np.testing.assert_array_equal(model.templates[1], TRUTH.templates[1])


def test_templates_are_unwhitened_by_the_inverse_of_the_whitening(tmp_path):
    whitening = np.linalg.inv(TRUTH.whitening_inverse)
    with opened(tmp_path / "ks", whitening_mat_inv=None, whitening_mat=whitening) as model:
        np.testing.assert_allclose(
            model.templates[1], TRUTH.templates[1] @ TRUTH.whitening_inverse, rtol=1e-4, atol=1e-4
        )


def test_sparse_templates_are_put_on_their_channels(tmp_path):
    near = np.array([[0, 1], [2, 3], [4, 5], [1, N_CHANNELS]])
    sparse = TRUTH.templates[:, :, :2]
    with opened(tmp_path / "ks", templates=sparse, template_ind=near, whitening_mat_inv=None) as model:
        np.testing.assert_array_equal(model.templates[1][:, [2, 3]], sparse[1])
        np.testing.assert_array_equal(model.templates[3][:, 1], sparse[3][:, 0])
        assert not model.templates[3][:, [0, 2, 3, 4, 5]].any()


def test_without_raw_data_waveforms_are_templates_times_amplitudes(tmp_path):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH)
    (folder / "raw.dat").unlink()
    with closing(PhyModel(folder)) as model:
        assert model.missing == (
            "Traces need raw.dat, which is not beside params.py. Everything else works.",
            "Without raw data, the waveform of a spike is its template times its amplitude, in units of the sorter.",
        )
        assert model.traces is None
        expected = TRUTH.templates[TRUTH.spike_templates] @ TRUTH.whitening_inverse
        expected *= TRUTH.amplitudes[:, None, None]
        np.testing.assert_allclose(model.waveforms[:], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "dat",
    ["D:\\data\\of\\another\\machine\\raw.dat", "/no/such/place/raw.dat", "./raw.dat", "../raw.dat", ["raw.dat"]],
)
def test_raw_data_are_found_beside_the_folder_whatever_the_path_says(tmp_path, dat):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH, dat="")
    params = folder / "params.py"
    params.write_text(params.read_text().replace("dat_path = ''", f"dat_path = {dat!r}"))
    TRUTH.raw.tofile(tmp_path / "raw.dat" if dat == "../raw.dat" else folder / "raw.dat")
    with closing(PhyModel(folder)) as model:
        np.testing.assert_array_equal(model.traces[:5], TRUTH.raw[:5])


def test_a_path_may_be_a_raw_string(tmp_path):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH)
    params = folder / "params.py"
    params.write_text(params.read_text().replace("'raw.dat'", r"r'C:\new\raw.dat'"))
    with closing(PhyModel(folder)) as model:
        assert model.traces is not None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("'raw.dat'", "'raw.cbin'", "Traces cannot be read: raw.cbin is compressed; unpack it with mtscomp and"),
        ("n_channels_dat = 8", "n_channels_dat = 4", "gives n_channels_dat = 4, but channel_map.npy has channel 7"),
        ("n_channels_dat = 8", "n_channels_dat = 9", "does not end with a whole sample of 9 channels of int16"),
        ("dat_path = 'raw.dat'", "dat_path = []", "Traces need raw data, and params.py names none in dat_path."),
        ("'raw.dat'", "'temp_wh.dat'", "The raw data are whitened by Kilosort: traces and waveforms are not in µV."),
    ],
)
def test_what_is_wrong_with_the_raw_data_is_said(tmp_path, old, new, sentence):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH)
    params = folder / "params.py"
    params.write_text(params.read_text().replace(old, new))
    TRUTH.raw.tofile(folder / "temp_wh.dat")
    with closing(PhyModel(folder)) as model:
        assert any(sentence in said for said in model.missing), model.missing
        assert model.n_spikes == SPIKES


@pytest.mark.parametrize("how", ["file", "folder", "mapping"])
def test_raw_data_that_moved_are_located_once(tmp_path, how):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH)
    elsewhere = tmp_path / "elsewhere" / ("raw.dat" if how == "folder" else "renamed.bin")
    elsewhere.parent.mkdir()
    (folder / "raw.dat").rename(elsewhere)
    given = {"file": elsewhere, "folder": elsewhere.parent, "mapping": {"raw.dat": elsewhere}}[how]
    with closing(open_session(folder)) as session:
        assert session.model.missing_raw == ("raw.dat",)
        session.locate_raw(given)
        np.testing.assert_array_equal(session.model.traces[:], TRUTH.raw)
        assert session.model.missing == ()
        assert session.model.waveforms[:].shape == (SPIKES, 12, N_CHANNELS)
    with closing(PhyModel(folder)) as model:
        np.testing.assert_array_equal(model.traces[:], TRUTH.raw)


def test_a_file_that_cannot_be_the_raw_data_is_refused(tmp_path):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH)
    (folder / "raw.dat").unlink()
    (tmp_path / "empty.dat").touch()
    with closing(PhyModel(folder)) as model:
        for given, why in (
            (tmp_path / "no.dat", "There is no .*no.dat there"),
            (tmp_path, r"There is no raw\.dat there"),
            (tmp_path / "empty.dat", r"raw\.dat is empty"),
        ):
            with pytest.raises(MissingDataError, match=why):
                model.with_raw(given)
        assert model.traces is None


# ---- labels


def test_tables_are_groups_and_labels(tmp_path):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH)
    (folder / "cluster_group.tsv").write_text("cluster_id\tgroup\n0\tgood\n1\tMUA\n2\tunsorted\n9\tnoise\n")
    (folder / "cluster_KSLabel.tsv").write_text("cluster_id\tKSLabel\n0\tmua\n3\tgood\n")
    (folder / "cluster_metrics.csv").write_text("cluster_id,snr,n,note\n0,1.5,7,a b\n1,,8,\n")
    (folder / "cluster_info.tsv").write_text("cluster_id\tdepth\n0\t5\n")
    (folder / "notes.csv").write_text("time,what\n1,2\n")
    (folder / "cluster_broken.tsv").write_bytes(b"cluster_id\tx\n\xff\xfe\n")
    with closing(PhyModel(folder)) as model:
        assert model.cluster_groups == {0: "good", 1: "mua"}
        labels = {name: dict(values) for name, values in model.cluster_labels.items()}
        assert labels == {"KSLabel": {0: "mua", 3: "good"}, "snr": {0: 1.5}, "n": {0: 7, 1: 8}, "note": {0: "a b"}}
        assert len(model.missing) == 1
        assert model.missing[0].startswith("cluster_broken.tsv cannot be read as a table of clusters")


def test_groups_of_phy_1_are_read_and_those_of_phy_2_count(tmp_path):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH)
    (folder / "cluster_groups.csv").write_text("cluster_id\tgroup\n0\tgood\n1\tnoise\n")
    with closing(PhyModel(folder)) as model:
        assert model.cluster_groups == {0: "good", 1: "noise"}
    (folder / "cluster_group.tsv").write_text("cluster_id\tgroup\n1\tmua\n")
    with closing(PhyModel(folder)) as model:
        assert model.cluster_groups == {1: "mua"}


def test_labels_of_kilosort_in_the_file_of_groups_are_no_groups(tmp_path):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH)
    (folder / "cluster_group.tsv").write_text("cluster_id\tKSLabel\n0\tgood\n")
    with closing(PhyModel(folder)) as model:
        assert model.cluster_groups == {}
        assert dict(model.cluster_labels["KSLabel"]) == {0: "good"}


# ---- hostile and half-written folders


def test_parameters_are_never_run(tmp_path):
    folder = tmp_path / "ks"
    write_folder(folder, TRUTH, params=f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(KwikFormatError, match=r"params\.py, line"):
        PhyModel(folder)
    assert not (tmp_path / "ran").exists()


def test_pickles_are_never_read(tmp_path):
    write_folder(tmp_path / "ks", TRUTH, spike_times=np.array([{}, print], dtype=object))
    with pytest.raises(KwikFormatError, match=r"spike_times\.npy holds object, not numbers"):
        PhyModel(tmp_path / "ks")


@pytest.mark.parametrize("name", ["spike_times", "spike_clusters"])
def test_an_array_that_is_cut_short_is_refused(tmp_path, name):
    write_folder(tmp_path / "ks", TRUTH)
    file = tmp_path / "ks" / f"{name}.npy"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(KwikFormatError, match=rf"{name}\.npy is cut short: its header says"):
        PhyModel(tmp_path / "ks")


def test_a_header_that_promises_more_than_there_is_takes_no_memory(tmp_path):
    write_folder(tmp_path / "ks", TRUTH)
    with (tmp_path / "ks" / "spike_times.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<i8", "fortran_order": False, "shape": (2**50,)})
    with pytest.raises(KwikFormatError, match="is cut short"):
        PhyModel(tmp_path / "ks")


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\x06\x00{'a':\n", b"no array at all", bytes(99)]
)
def test_what_is_no_array_is_refused(tmp_path, content):
    write_folder(tmp_path / "ks", TRUTH)
    (tmp_path / "ks" / "spike_clusters.npy").write_bytes(content)
    with pytest.raises(KwikFormatError, match=r"spike_clusters\.npy is no array of NumPy"):
        PhyModel(tmp_path / "ks")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"spike_clusters": np.zeros(5, int)}, "spike_clusters.npy has 5 values, but there are 60 spikes"),
        ({"spike_templates": np.zeros(5, int)}, "spike_templates.npy has 5 values, but there are 60 spikes"),
        ({"spike_times": np.full(SPIKES, np.nan)}, "spike_times.npy has values that are no numbers"),
        ({"spike_times": np.full(SPIKES, 1e300)}, "spike_times.npy has values up to 1e+300, which cannot be"),
        ({"spike_times": np.zeros((SPIKES, 2))}, "spike_times.npy has shape (60, 2); it should be one row"),
        ({"spike_clusters": -np.ones(SPIKES, int)}, "spike_clusters.npy has a cluster below 0"),
        ({"channel_map": np.zeros(N_CHANNELS, int)}, "channel_map.npy names a channel twice"),
    ],
)
def test_spikes_that_contradict_each_other_are_refused(tmp_path, changes, sentence):
    write_folder(tmp_path / "ks", TRUTH, **changes)
    with pytest.raises(NapariPhyError, match=re.escape(sentence)):
        PhyModel(tmp_path / "ks")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amplitudes": np.zeros(5)}, "amplitudes.npy has 5 values, but there are 60 spikes"),
        ({"pc_features": np.zeros((5, N_PCS, N_NEAR))}, "pc_features.npy has features of 5 spikes, but there are 60"),
        ({"pc_features": np.zeros((SPIKES, 5, 7))}, "pc_features.npy has shape (60, 5, 7), but there are 3 channels a"),
        ({"pc_features": np.array([{}])}, "pc_features.npy holds object, not numbers"),
        ({"templates": np.zeros((4, 12, 5))}, "templates.npy has shape (4, 12, 5), but there are 6 channels"),
        ({"templates": np.zeros((4, 12))}, "templates.npy has shape (4, 12); it should be templates, samples and"),
        ({"whitening_mat_inv": np.zeros((2, 2))}, "whitening_mat_inv.npy has shape (2, 2), but there are 6 channels"),
        ({"channel_positions": np.zeros((2, 2))}, "Positions are unknown"),
        ({"channel_shanks": np.zeros(2)}, "channel_shanks.npy has 2 values, but there are 6 channels"),
        ({"pc_features": None}, "pc_features.npy is not there; features are computed from the raw data"),
        ({"channel_map": None}, "channel_map.npy is not there"),
    ],
)
def test_a_broken_part_costs_that_part(tmp_path, changes, sentence):
    with opened(tmp_path / "ks", **changes) as model:
        assert any(sentence in said for said in model.missing), model.missing
        assert model.spike_samples.tolist() == TRUTH.samples.tolist()
        assert model.waveforms[:3].shape[0] == 3


def test_a_folder_without_its_files_says_so(tmp_path):
    with pytest.raises(KwikFormatError, match=r"is no folder of phy or Kilosort: it has no params\.py"):
        PhyModel(tmp_path)
    write_folder(tmp_path / "ks", TRUTH, spike_times=None)
    with pytest.raises(MissingDataError, match=r"spike_times\.npy is not in ks; put it there"):
        PhyModel(tmp_path / "ks")
    write_folder(tmp_path / "other", TRUTH, spike_clusters=None, spike_templates=None)
    with pytest.raises(MissingDataError, match=r"neither spike_clusters\.npy nor spike_templates\.npy"):
        PhyModel(tmp_path / "other")
    (tmp_path / "other" / "params.py").write_text("dat_path = ''\n")
    with pytest.raises(KwikFormatError, match=r"params\.py gives no sample rate; add a line"):
        PhyModel(tmp_path / "other")
