"""What a folder has besides clusters and features is offered by the views: similarity, template features, shanks."""

from contextlib import closing

import numpy as np
import pytest
from phy_folder import N_CHANNELS, N_TEMPLATES, make_truth, write_folder

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.spike_columns import spike_columns
from napari_phy.formats.phy.model import PhyModel
from napari_phy.session import open_session
from napari_phy.storage.spike_columns import SpikeColumnStore
from napari_phy.table.feature_sums import FeatureSums
from napari_phy.views.amplitudes import AmplitudeRequest, compute_amplitude_view
from napari_phy.views.feature_choices import axis_text, find_axes, other_axes
from napari_phy.views.features import FeatureAxis, FeatureRequest, compute_features, spikes_in_lasso
from napari_phy.views.spike_amplitudes import SpikeNumber, amplitude_kinds

TRUTH = make_truth()
SPIKES = len(TRUTH.samples)
SIMILAR = np.array([[1, 0.5, 0.2, 0], [0.5, 1, 0.9, 0.1], [0.2, 0.9, 1, 0.7], [0, 0.1, 0.7, 1]], np.float32)


def written(folder, **arrays):
    write_folder(folder, TRUTH, **arrays)
    return folder


# ---- similarity


def test_clusters_are_ranked_by_the_similarity_that_the_sorter_wrote(tmp_path):
    with closing(open_session(written(tmp_path / "ks", similar_templates=SIMILAR))) as session:
        session.views["similarity"].measure = "sorter"
        session.similarities.prepare()
        assert session.similar_to(1) == [(2, pytest.approx(0.9)), (0, 0.5), (3, pytest.approx(0.1))]
        ids = np.array([0, 1, 2, 3])
        np.testing.assert_allclose(session.similarities.matrix("sorter", ids), SIMILAR)


def test_a_merged_or_split_cluster_is_as_similar_as_its_most_similar_template(tmp_path):
    """As in phy: the largest over the templates that the spikes of both came from."""
    with closing(open_session(written(tmp_path / "ks", similar_templates=SIMILAR))) as session:
        session.views["similarity"].measure = "sorter"
        session.similarities.prepare()
        session.merge([0, 2])
        merged = int(session.manager.cluster_ids.max())
        assert session.similarities.words == "by sorter's templates"
        assert session.similar_to(merged) == [(1, pytest.approx(0.9)), (3, pytest.approx(0.7))]
        session.split(np.flatnonzero(TRUTH.spike_templates == 0)[:2])
        parts = session.manager.cluster_ids[-2:].tolist()
        first = next(one for one in parts if session.manager.n_spikes(one) == 2)
        assert dict(session.similar_to(first))[1] == 0.5
        rest = next(one for one in parts if one != first)
        assert dict(session.similar_to(first))[rest] == 1


def test_random_clusters_are_compared_as_the_definition_says(tmp_path):
    rng = np.random.default_rng(0)
    similar = rng.uniform(size=(N_TEMPLATES, N_TEMPLATES)).astype(np.float32)
    templates = TRUTH.spike_templates.copy()
    templates[:9] = [99, -1, 99, 4, 4, 4, 5, 99, 99]  # of no template that is compared
    clusters = rng.integers(0, 12, SPIKES)
    clusters[:9], clusters[9] = 20, 21
    arrays = {"similar_templates": similar, "spike_templates": templates, "spike_clusters": clusters}
    with closing(open_session(written(tmp_path / "ks", **arrays))) as session:
        ids = session.manager.cluster_ids
        found = session.similarities.matrix("sorter", ids)
        for row, one in enumerate(ids):
            for column, other in enumerate(ids):
                mine, theirs = (templates[clusters == cluster] for cluster in (one, other))
                pairs = [max(similar[t, u], similar[u, t]) for t in mine for u in theirs if 0 <= t < 4 and 0 <= u < 4]
                assert found[row, column] == pytest.approx(max(pairs, default=0))


def test_without_such_an_array_the_measure_says_what_it_needs(tmp_path):
    with closing(open_session(written(tmp_path / "ks"))) as session:
        session.views["similarity"].measure = "sorter"
        assert session.similarities.words == ""  # the cosine stays
        assert not session.similarities.is_due


# ---- numbers of spikes


def test_numbers_of_spikes_are_axes(tmp_path):
    values = np.arange(SPIKES, dtype=np.float64)[:, None] / 7
    values[3] = np.inf
    places = np.column_stack([np.full(SPIKES, 5.0), TRUTH.samples])
    folder = written(tmp_path / "ks", spike_snr=values, spike_positions=places, spike_times_reordered=TRUTH.samples)
    with closing(open_session(folder)) as session:
        axes = other_axes(session, [0])
        texts = [axis_text(axis, session.model.probe.channel_ids) for axis in axes]
        assert texts == ["amplitude", "positions 0", "positions 1", "snr"]
        request = FeatureRequest((0, 1, 2, 3), axes[3], axes[0], n_background=0)
        data = compute_features(session, request)
        assert (data.x_label, data.y_label) == ("snr", "amplitude")
        assert set(data.spike_ids.tolist()) == set(range(SPIKES)) - {3}
        np.testing.assert_allclose(data.x, data.spike_ids / 7, rtol=1e-6)
        np.testing.assert_allclose(data.y, TRUTH.amplitudes[data.spike_ids], rtol=1e-6)
        found = spikes_in_lasso(session, request, [(0.5, 0), (2.5, 0), (2.5, 9), (0.5, 9)])
        assert found.tolist() == list(range(4, 18))
        data = compute_amplitude_view(session, AmplitudeRequest((0, 1), "sorter", n_background=0))
        assert data.y_label == "amplitude (of the sorter)"
        np.testing.assert_allclose(data.y, TRUTH.amplitudes[data.spike_ids], rtol=1e-6)
        snr = SpikeNumber("snr")
        assert {snr, SpikeNumber("positions 1")} < set(amplitude_kinds(session))
        data = compute_amplitude_view(session, AmplitudeRequest((0, 1), snr, n_background=0))
        assert data.y_label == "snr (of the sorter)"
        np.testing.assert_allclose(data.y, data.spike_ids / 7, rtol=1e-6)
        channels, n_pcs = session.model.probe.channel_ids, 2
        assert [text for text, _ in find_axes("pos", channels, n_pcs, others=axes)] == ["positions 0", "positions 1"]


def test_numbers_are_in_the_order_of_time(tmp_path):
    shuffled = np.random.default_rng(1).permutation(SPIKES)
    moved = {name: getattr(TRUTH, name)[shuffled] for name in ("samples", "clusters", "spike_templates")}
    arrays = {f"spike_{name.removeprefix('spike_')}": values for name, values in moved.items()}
    arrays["spike_times"] = arrays.pop("spike_samples")
    write_folder(tmp_path / "ks", TRUTH, **arrays, spike_snr=moved["samples"] * 2, pc_features=None)
    with closing(PhyModel(tmp_path / "ks")) as model:
        assert model.spike_values["snr"][:].tolist() == (model.spike_samples * 2).tolist()
        some = [9, 2, 2]
        assert model.spike_values["snr"][some].tolist() == (model.spike_samples[some] * 2).tolist()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"spike_snr": np.zeros(5)}, "spike_snr.npy has 5 values, but there are 60 spikes; it is of another sorting."),
        ({"spike_snr": np.zeros((SPIKES, 99))}, "spike_snr.npy has shape (60, 99); it should be one number a spike."),
        (
            {"spike_snr": np.array([{}])},
            "spike_snr.npy holds object, not numbers, and is not read; write it as numbers.",
        ),
        ({"similar_templates": np.zeros((4, 3))}, "similar_templates.npy has shape (4, 3); it should be templates and"),
        (
            {"template_features": np.zeros((SPIKES, 2, 2))},
            "template_features.npy has shape (60, 2, 2); it should be sp",
        ),
        ({"template_features": np.zeros((5, 2))}, "template_features.npy has features of 5 spikes, but there are 60"),
    ],
)
def test_arrays_that_do_not_fit_cost_themselves(tmp_path, changes, sentence):
    with closing(PhyModel(written(tmp_path / "ks", **changes))) as model:
        assert len(model.missing) == 1
        assert model.missing[0].startswith(sentence)
        assert model.features is not None


# ---- template features


@pytest.mark.parametrize("some", [False, True], ids=["all spikes", "some spikes"])
def test_template_features_are_axes_of_the_templates_of_the_clusters(tmp_path, some):
    rng = np.random.default_rng(3)
    near = np.array([[0, 1, 2], [1, 0, 3], [2, 3, 0], [3, 2, 1]], np.float64)
    rows = np.arange(0, SPIKES, 2) if some else np.arange(SPIKES)
    values = rng.normal(size=(len(rows), 3)).astype(np.float32)
    arrays = {"template_features": values, "template_feature_ind": near}
    if some:
        arrays["template_feature_spike_ids"] = rows
    with closing(open_session(written(tmp_path / "ks", **arrays))) as session:
        dense = np.full((SPIKES, N_TEMPLATES), np.nan)
        for place, spike in enumerate(rows):
            dense[spike] = 0
            dense[spike, near[TRUTH.spike_templates[spike]].astype(int)] = values[place]
        np.testing.assert_array_equal(session.model.template_features[:], dense.astype(np.float32))
        axes = other_axes(session, [2, 1])[1:]
        assert axes == [FeatureAxis("template", component=2), FeatureAxis("template", component=1)]
        data = compute_features(session, FeatureRequest((2, 1), *axes, n_background=0))
        assert (data.x_label, data.y_label) == ("template 2", "template 1")
        np.testing.assert_array_equal(np.column_stack([data.x, data.y]), dense[data.spike_ids][:, [2, 1]].astype("f4"))
        assert (len(data.spike_ids) == np.isin(TRUTH.clusters, [1, 2]).sum()) is not some


# ---- probe and templates


def test_shanks_are_those_of_the_file(tmp_path):
    """They lie side by side without a gap, so that positions alone would not part them."""
    positions = np.column_stack([[0, 0, 0, 20, 20, 20], [0, 20, 40, 0, 20, 40]]).astype(float)
    shanks = np.array([2, 2, 2, 1, 1, 1])[:, None]
    with closing(open_session(written(tmp_path / "ks", channel_positions=positions, channel_shanks=shanks))) as session:
        assert session.model.probe.shanks.tolist() == [2, 2, 2, 1, 1, 1]
        assert "on 2 shanks" in session.model.probe._repr_html_()
    with closing(PhyModel(written(tmp_path / "one", channel_positions=positions))) as model:
        assert not len(model.probe.shanks)
        assert "shanks" not in model.probe._repr_html_()


def test_templates_stand_in_for_waveforms_in_units_of_the_sorter(tmp_path):
    folder = written(tmp_path / "ks")
    (folder / "raw.dat").unlink()
    with closing(PhyModel(folder)) as model:
        assert model.unit == "a.u."
        assert model.missing[-1].endswith("is its template times its amplitude, in units of the sorter.")
        assert model.waveforms.shape == (SPIKES, 12, N_CHANNELS)


def test_sums_and_columns_of_few_features_are_those_of_all(tmp_path):
    near = TRUTH.near.copy()
    near[0, 1], near[1, 2], near[2, 0] = near[0, 2], N_CHANNELS, -1  # one twice, and padding
    features = TRUTH.features.copy()
    features[5, 0], features[9] = np.nan, 0
    folder = written(tmp_path / "ks", pc_feature_ind=near, pc_features=features.swapaxes(1, 2))
    with closing(PhyModel(folder)) as model:
        found, channels = SpikeColumnStore(model).get(), model.probe.positions[:, 1]
        expected = spike_columns(model.features[:], model.masks[:], channels)
        for name in ("channels", "depths", "amplitudes"):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-6)
        manager = ClusterManager(model.spike_clusters)
        sums = FeatureSums(manager, model.features, model.masks).get(range(N_TEMPLATES))
        dense = FeatureSums(manager, np.asarray(model.features[:]), np.asarray(model.masks[:])).get(range(N_TEMPLATES))
        for cluster, one in sums.items():
            for name in ("n_spikes", "mask_sum", "feature_mask_sum", "abs_sum"):
                np.testing.assert_allclose(getattr(one, name), getattr(dense[cluster], name), rtol=1e-6, atol=1e-6)
        columns, values = model.features.few(np.array([3, 0, 3]))
        rows = np.zeros((3, model.features.shape[1]), np.float32)
        np.add.at(rows, (np.arange(3)[:, None], columns), values)
        np.testing.assert_array_equal(rows, model.features[[3, 0, 3]])
