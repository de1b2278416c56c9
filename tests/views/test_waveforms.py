import numpy as np
import pytest

from napari_phy.core.errors import MissingDataError
from napari_phy.table import waveform_samples as waveform_samples_module
from napari_phy.table.cluster_table import compute_values
from napari_phy.table.spike_rows import read_pairs
from napari_phy.views.waveform_density import N_ROWS, STEPS
from napari_phy.views.waveforms import WaveformRequest, compute_waveforms


def test_waveforms_are_those_of_their_spikes(session):
    data = compute_waveforms(session, WaveformRequest((3, 1)))
    whole = session.model.waveforms[data.spike_ids]
    for place, cluster in enumerate((3, 1)):
        mine, part = data.places == place, data.takes_part[place]
        np.testing.assert_array_equal(data.waveforms[mine][..., part], whole[mine][..., data.channels[part]])
        assert not data.waveforms[mine][..., ~part].any()
        masks = session.model.masks[session.manager.spikes(cluster)].mean(axis=0)
        assert set(np.flatnonzero(masks > 0.2)) <= set(data.channels[part]) <= set(np.flatnonzero(masks > 0.05))
    np.testing.assert_array_equal(data.masks, session.model.masks[data.spike_ids][:, data.channels])
    assert set(session.manager.clusters_of(data.spike_ids[data.places == 1])) == {1}
    assert data.caption == f"200 of {session.manager.n_spikes(3) + session.manager.n_spikes(1)} spikes"


def test_means_are_over_the_sample_however_many_are_drawn(session):
    full = compute_waveforms(session, WaveformRequest((3, 1)))
    few = compute_waveforms(session, WaveformRequest((3, 1), n_max=30))
    best = full.waveforms[full.places == 0]
    np.testing.assert_allclose(full.means[0], best.mean(axis=0), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(full.stds[0], best.std(axis=0), rtol=1e-4, atol=1e-4)
    assert full.n_read == few.n_read == 200
    np.testing.assert_allclose(full.mean_masks[1], full.masks[full.places == 1].mean(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(few.means, full.means)
    assert few.n_shown == len(few.waveforms) == 30
    assert set(few.spike_ids) <= set(full.spike_ids)


def test_a_cluster_seen_before_is_not_read_again(session):
    compute_waveforms(session, WaveformRequest((3, 1)))
    n_reads, n_rows = session.model.waveforms.n_reads, session.model.waveforms.n_rows_read
    compute_waveforms(session, WaveformRequest((1, 3, 4)))
    assert session.model.waveforms.n_reads == n_reads + 1
    assert session.model.waveforms.n_rows_read == n_rows + 100


def test_the_probe_and_time_come_with_it(session):
    data = compute_waveforms(session, WaveformRequest((3,)))
    assert data.channel_ids.tolist() == list(range(8))
    assert data.positions.shape == (8, 2)
    assert data.times_ms[12] == 0
    assert np.diff(data.times_ms) == pytest.approx(0.05)
    assert data.unit == "µV"


def test_a_small_cluster_is_shown_whole(make_session):
    session = make_session(n_spikes=7, n_clusters=1, microvolts_per_unit=None)
    data = compute_waveforms(session, WaveformRequest((0,)))
    assert (data.caption, data.unit) == ("all 7 spikes", "a.u.")


def test_every_cluster_keeps_a_spike_under_the_ceiling(session):
    data = compute_waveforms(session, WaveformRequest((0, 1, 2, 3, 4), n_max=5))
    assert data.places.tolist() == [0, 1, 2, 3, 4]


def test_no_selection_has_no_waveforms(session):
    data = compute_waveforms(session, WaveformRequest(()))
    assert (data.waveforms.shape, data.means.shape, data.mean_masks.shape) == ((0, 24, 0), (0, 24, 0), (0, 0))


def test_without_masks_every_channel_counts(make_session):
    data = compute_waveforms(make_session(features=None, masks=None), WaveformRequest((2,)))
    assert (data.masks == 1).all()


def test_missing_raw_data_is_told_in_the_words_of_the_model(make_session):
    with pytest.raises(MissingDataError, match=r"Waveforms and traces need memory\.dat"):
        compute_waveforms(make_session(with_raw=False), WaveformRequest((2,)))


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_waveforms(session, WaveformRequest((3,)))
    arrays = (data.waveforms, data.masks, data.places, data.spike_ids, data.means, data.mean_masks, data.times_ms)
    assert not any(array.flags.writeable for array in arrays)


def test_spikes_without_raw_data_are_left_out(session):
    rows, last = session.model.waveforms, session.model.n_spikes // 2
    rows.with_data = lambda ids: ids[(ids < last) & (session.manager.clusters_of(ids) != 4)]
    data = compute_waveforms(session, WaveformRequest((3, 4)))
    assert data.spike_ids.max() < last
    assert set(data.places.tolist()) == {0}
    part = data.takes_part[0]
    expected = rows[data.spike_ids[data.places == 0]][..., data.channels[part]].mean(axis=0)
    np.testing.assert_allclose(data.means[0][:, part], expected, rtol=1e-4, atol=1e-3)
    assert not data.means[1].any()
    amplitudes = compute_values(session, "amplitude", [3, 4])
    assert amplitudes[3] > 0
    assert np.isnan(amplitudes[4])


def test_a_merge_reads_no_spike_of_its_parents_again(session):
    """On the channels where both parents take part, nothing that is in memory is read."""
    compute_waveforms(session, WaveformRequest((0, 1)))
    rows, asked = session.model.waveforms, []
    rows.pairs = lambda ids, channels: asked.append((ids, channels)) or rows._rows[ids, :, channels]
    known = {c: s for (c, *_), s in waveform_samples_module._samples.items(session)}
    merged = session.manager.merge([0, 1]).added[0]
    data = compute_waveforms(session, WaveformRequest((merged,)))
    asked_for = {(i, c) for ids, channels in asked for i, c in zip(ids.tolist(), channels.tolist(), strict=True)}
    held = {(i, c) for one in (0, 1) for i in known[one].spike_ids.tolist() for c in known[one].channels.tolist()}
    wanted = {(i, c) for i in data.spike_ids.tolist() for c in data.channels.tolist()}
    assert asked_for == wanted - held
    assert len(wanted & held) > 0.25 * len(wanted)
    np.testing.assert_array_equal(data.waveforms, rows._rows[data.spike_ids][..., data.channels])
    n_asked = len(asked)
    session.manager.undo()
    compute_waveforms(session, WaveformRequest((0, 1)))
    assert len(asked) == n_asked


def test_more_of_a_cluster_reads_only_the_rest(session):
    few = compute_waveforms(session, WaveformRequest((2,), n_per_cluster=20))
    rows, asked = session.model.waveforms, []
    rows.pairs = lambda ids, channels: asked.append(ids) or rows._rows[ids, :, channels]
    more = compute_waveforms(session, WaveformRequest((2,), n_per_cluster=500))
    again = np.intersect1d(np.concatenate(asked), few.spike_ids)
    new_channels = np.setdiff1d(more.channels, few.channels)
    assert len(new_channels) or not len(again)


def test_spikes_that_were_selected_are_shown_whichever_others_are(session):
    spikes = [int(session.manager.spikes(cluster)[7]) for cluster in (4, 3, 1)]
    data = compute_waveforms(session, WaveformRequest((3, 1), n_max=4, highlighted=tuple(sorted(spikes))))
    assert data.highlighted.spike_ids.tolist() == spikes[1:]
    assert data.highlighted.places.tolist() == [0, 1]
    for waveform, masks, place, spike in zip(
        data.highlighted.waveforms,
        data.highlighted.masks,
        data.highlighted.places,
        data.highlighted.spike_ids,
        strict=True,
    ):
        part = data.takes_part[place]
        expected = session.model.waveforms[np.array([spike])][0][:, data.channels[part]]
        np.testing.assert_array_equal(waveform[:, part], expected)
        np.testing.assert_array_equal(masks, session.model.masks[np.array([spike])][0][data.channels])


def test_a_density_counts_the_waveforms_that_pass(session):
    data = compute_waveforms(session, WaveformRequest((3, 1), density=True))
    density = data.density
    edges = np.linspace(density.high, density.low, N_ROWS + 1)
    shape = (2, len(data.channels), N_ROWS, STEPS * (len(data.times_ms) - 1) + 1)
    assert density.counts.shape == shape
    for place in (0, 1):
        for column in np.flatnonzero(data.takes_part[place]):
            lines = data.waveforms[data.places == place][:, :, column].astype(float)
            for sample in (0, 11, 12.25, 23):
                first = min(int(sample), 22)
                values = lines[:, first] + (sample - first) * (lines[:, first + 1] - lines[:, first])
                expected = -np.diff([(values > edge).sum() for edge in edges[::-1]])[::-1]
                found = density.counts[place, column, :, int(STEPS * sample)].astype(int)
                assert np.abs(found - expected).sum() <= 2  # a value on an edge
                assert found.sum() >= 0.98 * len(values)
    assert compute_waveforms(session, WaveformRequest((), density=True)).density.counts.size == 0


def test_cold_pairs_and_whole_rows_agree(make_session):
    """Rows that can give single channels are asked for those alone."""
    session = make_session()
    rows = session.model.waveforms
    spikes, channels = np.array([7, 3, 3, 900, 7]), np.array([2, 5, 0, 7, 1])
    expected = rows._rows[spikes, :, channels]
    np.testing.assert_array_equal(read_pairs(rows, spikes, channels), expected)
    rows.pairs = lambda ids, chosen: rows._rows[ids, :, chosen]
    np.testing.assert_array_equal(read_pairs(rows, spikes, channels), expected)
    assert read_pairs(rows, spikes[:0], channels[:0]).shape == (0, 24)
