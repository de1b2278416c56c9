import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import TYPES, PlainType, assert_inside

from napari_phy.core.errors import ClusteringError
from napari_phy.stats.sampling import evenly_spread
from napari_phy.table.cluster_channels import cluster_channels
from napari_phy.views.probe import (
    ZOOMS,
    ProbeRequest,
    ProbeSight,
    cluster_discs,
    compute_probe,
    disc_radius,
    fan_offsets,
    place_probe,
    probe_room,
    probe_words,
    scale_bar,
)


def test_amplitudes_are_those_of_the_mean_waveforms(session):
    data = compute_probe(session, ProbeRequest((3, 0)))
    for place, cluster in enumerate((3, 0)):
        ids = session.manager.spikes(cluster)
        some = evenly_spread(ids, 100)
        mean, mask = session.model.waveforms[some].mean(axis=0), session.model.masks[some].mean(axis=0)
        is_own = np.isin(np.arange(8), cluster_channels(session, [cluster])[cluster])
        expected = np.where(is_own, np.ptp(mean * mask, axis=0), 0)
        np.testing.assert_allclose(data.amplitudes[place], expected, rtol=1e-5)
    n_spikes = session.manager.n_spikes(3) + session.manager.n_spikes(0)
    assert data.caption == f"amplitude of the mean of 200 of {n_spikes} spikes"
    assert data.unit == "µV"


def test_shares_are_of_the_largest_on_the_channels_of_the_cluster(session):
    data = compute_probe(session, ProbeRequest((1, 4)))
    shares = data.amplitudes / data.amplitudes.max(axis=1, keepdims=True)
    for place, channels in enumerate(cluster_channels(session, (1, 4)).values()):
        np.testing.assert_array_equal(np.flatnonzero(data.shares[place]), np.sort(channels))
        np.testing.assert_array_equal(data.shares[place, channels], shares[place, channels])
    assert (data.shares.max(axis=1) == 1).all()
    assert 0 < (data.shares == 0).sum() < data.shares.size


def test_without_raw_data_the_features_tell(make_session):
    session = make_session(with_raw=False)
    data = compute_probe(session, ProbeRequest((2,)))
    sums = session.sums.get([2])[2]
    np.testing.assert_allclose(data.amplitudes[0], sums.abs_sum / sums.n_spikes)
    best = int(np.argmax(data.amplitudes[0]))
    assert probe_words(data, best).endswith("; cluster 2: 100 % of its largest")
    assert data.caption == f"size of the features of all {session.manager.n_spikes(2)} spikes"


def test_without_both_there_are_channels_and_no_amplitudes(make_session):
    data = compute_probe(make_session(with_raw=False, features=None, masks=None), ProbeRequest((2,)))
    assert np.isnan(data.amplitudes).all()
    assert not data.shares.any()
    assert data.caption == "without raw data and features, amplitudes are not known"
    assert probe_words(data, 3) == "channel 3, 0 µm, 60 µm"


def test_the_read_out_tells_the_channel_its_place_and_the_clusters_there(make_session):
    session = make_session(channel_ids=np.arange(20, 28), positions=[[12.5 * (i % 2), 20 * i] for i in range(8)])
    data = compute_probe(session, ProbeRequest((1, 4)))
    best = int(np.argmax(data.amplitudes[0]))
    told = f"cluster 1: {round(data.amplitudes[0, best])} µV"
    assert probe_words(data, best).startswith(f"channel {20 + best}, ")
    assert told in probe_words(data, best)
    nowhere = int(np.flatnonzero((data.shares == 0).all(axis=0))[0])
    assert probe_words(data, nowhere).count("cluster") == 1
    assert "12.5 µm, 20 µm" in probe_words(data, 1)


def test_a_channel_without_a_position_is_told_without_one(make_session):
    positions = np.array([[0.0, 20.0 * i] for i in range(8)])
    positions[5] = np.nan
    data = compute_probe(make_session(positions=positions), ProbeRequest(()))
    assert probe_words(data, 5) == "channel 5"
    assert probe_words(data, 4) == "channel 4, 0 µm, 80 µm"
    assert data.caption == ""


def test_a_cluster_that_is_gone_is_refused(session):
    session.manager.merge([0, 1])
    with pytest.raises(ClusteringError):
        compute_probe(session, ProbeRequest((0,)))


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_probe(session, ProbeRequest((1,)))
    arrays = (data.amplitudes, data.shares, data.positions, data.geometry.places, data.geometry.shanks)
    assert not any(array.flags.writeable for array in arrays)


# --- layout ---


def test_sites_are_inside_above_the_scale_bar_and_under_the_mouse(session):
    data = compute_probe(session, ProbeRequest((1, 4)))

    @given(st.integers(120, 1500), st.integers(150, 900), TYPES)
    def law(width, height, sizes):
        picture, room = place_probe(data, ProbeSight(), width, height, sizes), probe_room(width, height, sizes)
        assert_inside([(x, y, 0, 0) for x, y in picture.centers], room.width, room.height)
        assert [picture.nearest(x, y, 9.0) for x, y in picture.centers] == list(range(8))
        assert picture.nearest(-100, -100, 9.0) is None
        bar = scale_bar(picture, height, sizes)
        if bar is not None:
            assert room.bottom <= bar.y <= height
            assert bar.right - bar.left == pytest.approx(float(bar.label.split()[0]) * picture.px_per_um)
            assert bar.box.left > bar.right

    law()


def test_zooming_keeps_the_place_under_the_mouse_and_dragging_moves_it(session):
    data, size = compute_probe(session, ProbeRequest((1,))), (400, 500, PlainType())
    middle = probe_room(*size).center

    @given(st.floats(0, 400), st.floats(0, 470), st.floats(1.1, 8), st.floats(-50, 50), st.floats(-50, 50))
    def law(x, y, factor, dx, dy):
        whole = place_probe(data, ProbeSight(), *size)
        sight = ProbeSight().zoomed(whole, x, y, factor, middle)
        picture = place_probe(data, sight, *size)
        assert picture.px_per_um == pytest.approx(whole.px_per_um * factor)
        assert picture.place_um(x, y) == pytest.approx(whole.place_um(x, y), abs=1e-6)
        moved = place_probe(data, sight.panned(picture, dx, dy), *size)
        np.testing.assert_allclose(moved.centers, picture.centers + np.array([dx, dy]), atol=1e-6)
        assert sight.zoomed(picture, x, y, 1e9, middle).zoom == ZOOMS[1]
        assert sight.zoomed(picture, x, y, 1e-9, middle) == ProbeSight()
        assert ProbeSight().panned(whole, dx, dy) == ProbeSight()

    law()


def test_the_area_of_a_disc_is_the_amplitude_and_discs_fan_out_about_their_site(session):
    data = compute_probe(session, ProbeRequest((1, 4, 0)))
    picture = place_probe(data, ProbeSight(), 400, 500, PlainType())
    areas = disc_radius(picture, np.array([0.35, 0.7, 1.0])) ** 2
    np.testing.assert_allclose(areas / areas[-1], [0.35, 0.7, 1.0])
    for n in (1, 2, 3, 9):
        assert fan_offsets(picture, n).sum() == pytest.approx(0)
    for place in range(3):
        x, y, radius = cluster_discs(data, picture, place).T
        own = np.flatnonzero(data.shares[place])
        np.testing.assert_allclose(x, picture.centers[own, 0] + fan_offsets(picture, 3)[place])
        np.testing.assert_array_equal(y, picture.centers[own, 1])
        np.testing.assert_allclose(radius, disc_radius(picture, data.shares[place, own]))
