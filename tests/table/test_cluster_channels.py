"""The channels of a cluster: a rule over masks and sizes, and every view that follows it."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from widgets.light_session import light_session

from napari_phy.core.errors import ClusteringError
from napari_phy.table.cluster_channels import HAS_PART, channels_by, channels_of, cluster_channels, rank_channels
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.waveform_samples import waveform_samples
from napari_phy.views.features import default_axes
from napari_phy.views.grid import GridRequest, compute_grid
from napari_phy.views.probe import ProbeRequest, compute_probe
from napari_phy.views.templates import TemplatesRequest, compute_templates
from napari_phy.views.traces_reading import _best_channels
from napari_phy.views.waveforms import WaveformRequest, compute_waveforms
from napari_phy.views.wizard_reasons import compute_reasons


@given(
    arrays(np.float64, 8, elements=st.floats(0, 1)),
    arrays(np.float64, 8, elements=st.floats(0, 1e6)),
)
def test_all_that_take_part_and_the_largest_in_any_case_largest_first(masks, sizes):
    found = channels_of(masks, sizes)
    decides = sizes if sizes.any() else masks
    if not decides.any():
        assert len(found) == 0
        return
    largest = int(np.argmax(decides))
    assert found[0] == largest
    assert set(found.tolist()) == {largest, *np.flatnonzero(masks >= HAS_PART).tolist()}
    assert (np.diff(decides[found]) <= 0).all()


@pytest.fixture
def two_neurons():
    """Cluster 0 is two neurons on channels 1 and 2, and 6: none has a mean mask of more than a half anywhere."""
    rng = np.random.default_rng(1)
    n_spikes, n_channels, n_samples = 400, 8, 24
    sizes = np.zeros((n_spikes, n_channels))
    is_first = rng.random(n_spikes) < 0.5
    sizes[np.ix_(is_first, [1, 2])] = 200.0, 100.0
    sizes[~is_first, 6] = 150.0
    masks = (sizes > 0).astype(np.float32)
    features = (sizes[:, :, None] * rng.normal(1, 0.05, (n_spikes, n_channels, 3))).reshape(n_spikes, -1)
    phase = (np.arange(n_samples) - n_samples // 2) / 3
    waveforms = -sizes[:, None, :] * np.exp(-(phase**2))[None, :, None]
    session = light_session(
        1, n_spikes, features=features, masks=masks, waveforms=waveforms, n_channels=n_channels, cluster_groups={}
    )
    yield session
    session.close()


def test_a_cluster_of_two_neurons_shows_both(two_neurons):
    data = compute_waveforms(two_neurons, WaveformRequest((0,)))
    assert data.channels.tolist() == [1, 2, 6]
    assert data.takes_part.all()
    assert np.ptp(data.means[0], axis=0) == pytest.approx([100, 50, 75], rel=0.2)


def test_a_channel_below_the_limit_is_out_and_the_largest_one_never(two_neurons):
    for few, expected in ((39, [1]), (40, [1, 6])):  # of 400 spikes
        masks = np.zeros((400, 8), dtype=np.float32)
        masks[:20, 1] = masks[:few, 6] = 1.0
        features = np.zeros((400, 8, 3), dtype=np.float32)
        features[:, 1], features[:, 6] = 1000.0, 1.0
        session = light_session(
            1, 400, masks=masks, features=features.reshape(400, -1), n_channels=8, cluster_groups={}
        )
        assert sorted(cluster_channels(session, [0])[0].tolist()) == expected
        assert waveform_samples(session, [0])[0].channels.tolist() == expected
        assert compute_cluster_table(session)["channel"].tolist() == [1]


def test_grid_and_templates_show_the_channel_of_the_list_where_voltage_is_higher_elsewhere():
    rng = np.random.default_rng(2)
    masks = np.zeros((200, 8), dtype=np.float32)
    masks[:, [3, 5]] = 1.0
    features = np.zeros((200, 8, 3), dtype=np.float32)
    features[:, 3], features[:, 5] = 900.0, 300.0
    waveforms = rng.normal(0, 1, (200, 24, 8)).astype(np.float32)
    waveforms[:, 12, 3] -= 80.0
    waveforms[:, 12, 5] -= 200.0
    with light_session(
        1, 200, masks=masks, features=features.reshape(200, -1), waveforms=waveforms, n_channels=8, cluster_groups={}
    ) as session:
        table = compute_cluster_table(session, reads="all")
        assert table["channel"].tolist() == [3]
        sample = waveform_samples(session, [0])[0]
        assert int(np.argmax(sample.amplitudes)) == 5
        tile = compute_grid(session, GridRequest((0,), "id", "waveform", 0, 1)).tiles[0]
        np.testing.assert_allclose(tile.values, sample.mean[:, 3])
        template = compute_templates(session, TemplatesRequest((0,), "id", 0, 1)).templates[0]
        assert template.channels[template.best] == 3
        assert set(template.channels.tolist()) == {3, 5}
        assert template.amplitude == sample.amplitudes.max()


def test_list_features_traces_waveforms_probe_and_wizard_agree():
    with light_session() as session:
        ids = session.manager.cluster_ids.tolist()
        table = compute_cluster_table(session)
        for cluster, channel in zip(ids, table["channel"].tolist(), strict=True):
            own = cluster_channels(session, [cluster])[cluster]
            assert own[0] == channel == (3 * cluster + 1) % 8
            assert _best_channels(session.opened, (cluster,))[: len(own)].tolist() == own.tolist()
            assert rank_channels(session, (cluster,))[: len(own)].tolist() == own.tolist()
            x, y = default_axes(session, (cluster,))
            assert channel in (x.channel_index, y.channel_index)
            assert {x.channel_index, y.channel_index} <= set(own.tolist())
            waveforms = compute_waveforms(session, WaveformRequest((cluster,)))
            assert waveforms.channels.tolist() == sorted(own.tolist())
            shares = compute_probe(session, ProbeRequest((cluster,))).shares[0]
            assert np.flatnonzero(shares).tolist() == sorted(own.tolist())
        reasons = compute_reasons(session, ids[0], ids[1], reads_features=True)
        assert list(reasons.channels) == table["channel"][:2].tolist()


def test_the_probe_shows_the_same_channels_without_raw_data():
    with light_session(with_raw=False) as session:
        shares = compute_probe(session, ProbeRequest((3,))).shares[0]
        assert np.flatnonzero(shares).tolist() == sorted(cluster_channels(session, [3])[3].tolist())


def test_while_features_are_read_elsewhere_masks_of_some_spikes_decide(two_neurons):
    two_neurons.sums.is_held = True
    n_read = two_neurons.model.features.n_rows_read
    assert waveform_samples(two_neurons, [0])[0].channels.tolist() == [1, 2, 6]
    assert two_neurons.model.features.n_rows_read == n_read


def test_a_cluster_masked_everywhere_is_drawn_where_its_mean_is_highest():
    with light_session(2, 100, masks=np.zeros((100, 8), dtype=np.float32)) as session:
        data = compute_waveforms(session, WaveformRequest((1,)))
        assert data.channels.tolist() == [4]
        assert data.takes_part.tolist() == [[True]]
        assert compute_cluster_table(session, [1])["channel"].tolist() == [pytest.approx(np.nan, nan_ok=True)]


def test_without_features_nobody_knows_and_a_cluster_that_is_gone_is_refused(make_session, session):
    other = make_session(features=None, masks=None)
    assert cluster_channels(other, [0]) == {}
    assert rank_channels(other, (0,)).tolist() == list(range(8))
    session.manager.merge([0, 1])
    with pytest.raises(ClusteringError):
        cluster_channels(session, [0])


def test_a_tenth_of_the_spikes_is_the_part_that_a_channel_must_have():
    masks, sizes = np.array([0.0, 0.1, 0.0999, 1.0]), np.array([1.0, 2.0, 3.0, 4.0])
    assert HAS_PART == 0.1
    assert channels_of(masks, sizes).tolist() == [3, 1]
    assert channels_of(masks, np.zeros(4)).tolist() == [3, 1]
    assert not channels_of(masks, sizes).flags.writeable
    assert not channels_of(np.zeros(4), np.zeros(4)).flags.writeable
    assert channels_of(np.array([0.5, 0.5]), np.array([2.0, 2.0])).tolist() == [0, 1]  # of equal ones the first


def test_sums_are_divided_by_the_spikes_that_were_summed_over():
    def sums(n_spikes, scale=1.0):
        return SimpleNamespace(n_spikes=n_spikes, mask_sum=np.array([0.5, 4.0]) * scale, abs_sum=np.array([1.0, 9.0]))

    assert channels_by(sums(5)).tolist() == [1, 0]
    assert channels_by(sums(6)).tolist() == [1]
    for n_spikes in (0, 1):  # none that was measured, and a single one
        assert channels_by(sums(n_spikes, 0.2)).tolist() == [1, 0]
        assert channels_by(sums(n_spikes, 0.19)).tolist() == [1]


def test_channels_of_several_clusters_go_by_their_largest_mean(session):
    own = cluster_channels(session, [0, 3])
    ranked = rank_channels(session, (0, 3))
    together = set(own[0].tolist()) | set(own[3].tolist())
    assert sorted(ranked.tolist()) == list(range(8))
    assert set(ranked[: len(together)].tolist()) == together
    sums = session.sums.get([0, 3])
    sizes = np.max([one.abs_sum / one.n_spikes for one in sums.values()], axis=0)
    assert (np.diff(sizes[ranked[: len(together)]]) <= 0).all()
    assert (np.diff(sizes[ranked[len(together) :]]) <= 0).all()
    assert rank_channels(session, ()).tolist() == list(range(8))
