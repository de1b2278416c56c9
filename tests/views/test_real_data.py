"""The views on real Kwik data sets, through a real session."""

import shutil

import numpy as np
import pytest

from napari_phy.core.errors import MissingDataError
from napari_phy.session import open_session
from napari_phy.stats.correlograms import correlograms, symmetrise
from napari_phy.table.cluster_table import compute_cluster_table, compute_values
from napari_phy.table.similar_table import compute_similar
from napari_phy.views.correlograms import CorrelogramRequest, compute_correlograms
from napari_phy.views.features import FeatureRequest, compute_features, default_axes, spikes_in_lasso
from napari_phy.views.waveforms import WaveformRequest, compute_waveforms

pytestmark = pytest.mark.real_data


def open_copy(data_folder, tmp_path, name):
    folder = tmp_path / name
    shutil.copytree(data_folder / name, folder, copy_function=shutil.copy)
    folder.chmod(0o755)
    return open_session(next(folder.glob("*.kwik")))


@pytest.fixture
def hybrid(data_folder, tmp_path):
    with open_copy(data_folder, tmp_path, "hybrid_10sec") as session:
        yield session


@pytest.fixture
def synth(data_folder, tmp_path):
    with open_copy(data_folder, tmp_path, "klusta_synth32") as session:
        yield session


def test_without_raw_data_all_but_the_waveforms_work(hybrid):
    table = compute_cluster_table(hybrid)
    assert table["spikes"].sum() == 1653
    assert compute_values(hybrid, "amplitude", table.ids) == {}
    best = int(table.ids[np.argmax(table["spikes"])])
    assert len(compute_similar(hybrid, best).rows.ids) == len(table.ids) - 1
    request = FeatureRequest((best,), *default_axes(hybrid, (best,)))
    assert compute_features(hybrid, request).caption == "all 607 spikes of the selection, 1\u2009046 others"
    with pytest.raises(MissingDataError, match=r"need hybrid_10sec\.dat"):
        compute_waveforms(hybrid, WaveformRequest((best,)))


def test_waveforms_are_large_on_the_channel_that_features_tell(synth):
    table = compute_cluster_table(synth)
    clear = table["spikes"] > 100
    data = compute_waveforms(synth, WaveformRequest(tuple(table.ids[clear].tolist())))
    amplitudes = np.ptp(data.means * data.mean_masks[:, None], axis=1)
    columns = np.searchsorted(data.channel_ids, table["channel"][clear])
    at_channel = amplitudes[np.arange(len(columns)), columns]
    assert (at_channel > 0.8 * amplitudes.max(axis=1)).all()


def test_the_matrix_of_all_clusters_holds_every_pair(synth):
    ids = synth.manager.cluster_ids
    data = compute_correlograms(synth, CorrelogramRequest(tuple(ids.tolist())))
    model = synth.model
    wanted = correlograms(model.spike_samples, model.spike_clusters, ids, sample_rate=model.sample_rate)
    np.testing.assert_array_equal(data.counts, symmetrise(wanted))


def test_a_lasso_around_half_a_cluster_splits_it_and_undo_brings_back_what_was_shown(synth):
    table = compute_cluster_table(synth)
    best = int(table.ids[np.argmax(table["spikes"])])
    request = FeatureRequest((best,), *default_axes(synth, (best,)))
    before = compute_features(synth, request)
    middle = float(np.median(before.x[before.places == 0]))
    left, (bottom, top) = before.x_range[0], before.y_range
    inside = spikes_in_lasso(synth, request, [[left, bottom], [middle, bottom], [middle, top], [left, top]])
    assert 0 < len(inside) < before.n_total

    added = synth.split(inside).added
    parts = compute_cluster_table(synth, added)
    assert sorted(parts["spikes"]) == sorted((len(inside), before.n_total - len(inside)))
    assert compute_similar(synth, added[0]).rows.ids[0] == added[1]
    synth.undo()
    np.testing.assert_array_equal(compute_features(synth, request).spike_ids, before.spike_ids)
