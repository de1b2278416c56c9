import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import TYPES, PlainType, assert_inside

from napari_phy.core.errors import ClusteringError
from napari_phy.table.cluster_table import compute_cluster_table, compute_values
from napari_phy.table.columns import measures
from napari_phy.views.cluster_scatter import (
    ZOOM_LIMITS,
    ClusterScatterRequest,
    cluster_at,
    cluster_words,
    clusters_in_lasso,
    compute_cluster_scatter,
    disc_radii,
    drawing_order,
    scatter_frame,
    scatter_ticks,
    zoomed_ranges,
)


def asked(session, **changes):
    ids = tuple(session.manager.cluster_ids.tolist())
    return ClusterScatterRequest(ids, tuple(session.manager.group(cluster) for cluster in ids), **changes)


@pytest.mark.parametrize("x", [column.key for column in measures() if column.is_usual])
def test_points_are_the_columns_of_the_list(session, x):
    y = "depth" if x != "depth" else "rate"
    data = compute_cluster_scatter(session, asked(session, x=x, y=y))
    compute_values(session, "amplitude", range(5))
    table = compute_cluster_table(session)
    columns = {
        "depth": table["depth"], "rate": table["rate"], "amplitude": table["amplitude"], "spikes": table["spikes"],
        "refractory": table["refractory"], "channel": table["channel"], "id": table.ids,
    }  # fmt: skip
    np.testing.assert_array_equal(data.cluster_ids, table.ids)
    np.testing.assert_array_equal(data.x, columns[x])
    np.testing.assert_array_equal(data.y, columns[y])
    assert data.x_range[0] < data.x.min() <= data.x.max() < data.x_range[1]


def test_sizes_are_shares_of_the_largest_and_colours_places_between(session):
    data = compute_cluster_scatter(session, asked(session, size="spikes", color="rate"))
    n_spikes = np.array([session.manager.n_spikes(cluster) for cluster in range(5)])
    np.testing.assert_allclose(data.sizes, n_spikes / n_spikes.max())
    low, high = np.percentile(n_spikes / 20, [2, 98])
    np.testing.assert_allclose(data.colors, np.clip((n_spikes / 20 - low) / (high - low), 0, 1))
    assert (data.color_range.low, data.color_range.high) == pytest.approx((low, high))
    assert data.caption == "all 5 clusters; size: spikes, colour: rate"


def test_logarithmic_axes_have_what_is_above_0(session):
    session.manager.merge([0, 1, 2])
    data = compute_cluster_scatter(session, asked(session, x="spikes", y="refractory", log=True))
    linear = compute_cluster_scatter(session, asked(session, x="spikes", y="refractory"))
    np.testing.assert_allclose(10**data.x, linear.x)
    np.testing.assert_array_equal(data.y, linear.y)
    assert [cluster_words(data, place) for place in range(3)] == [cluster_words(linear, place) for place in range(3)]
    assert data.request.is_log("spikes")
    assert not data.request.is_log("refractory")


def test_by_group_there_is_no_ramp(session):
    data = compute_cluster_scatter(session, asked(session, size="same"))
    assert data.groups == ("good", "noise", "mua", "unsorted", "unsorted")
    assert data.color_range is None
    assert (data.sizes == 1).all()
    assert data.caption == "all 5 clusters; colour: group"


def test_clusters_without_a_value_are_left_out_and_counted(make_session):
    session = make_session(with_raw=False)
    data = compute_cluster_scatter(session, asked(session, x="amplitude"))
    assert len(data.cluster_ids) == 0
    assert data.caption == "0 of 5 clusters; size: spikes, colour: group; amplitudes need raw data"
    assert data.x_range == (0.0, 1.0)
    size = compute_cluster_scatter(session, asked(session, size="amplitude", color="amplitude"))
    assert size.sizes.tolist() == [0] * 5
    assert np.isnan(size.colors).all()
    assert size.color_range is None


def test_without_features_depths_are_not_known(make_session):
    session = make_session(features=None, masks=None)
    assert compute_cluster_scatter(session, asked(session)).caption.endswith("; depths and channels need features")
    held = make_session()
    data = compute_cluster_scatter(held, asked(held, reads_features=False))
    assert data.caption.startswith("0 of 5 clusters;")
    assert held.model.features.n_reads == 0
    assert compute_cluster_scatter(held, asked(held, y="spikes", reads_features=False)).caption.startswith("all 5")


def test_nothing_is_read_that_no_column_needs(session):
    compute_cluster_scatter(session, asked(session, x="rate", y="spikes"))
    assert session.model.features.n_reads == session.model.waveforms.n_reads == 0
    compute_cluster_scatter(session, asked(session, x="rate", y="depth"))
    assert session.model.features.n_reads > 0
    assert session.model.waveforms.n_reads == 0


def test_a_lasso_holds_the_clusters_inside_the_largest_first(session):
    data = compute_cluster_scatter(session, asked(session))
    (left, right), (bottom, top) = data.x_range, data.y_range
    box = [(left, bottom), (right, bottom), (right, top), (left, top)]
    sizes = [session.manager.n_spikes(cluster) for cluster in clusters_in_lasso(data, box)]
    assert len(sizes) == 5
    assert sizes == sorted(sizes, reverse=True)
    middle = float(np.median(data.y))
    upper = clusters_in_lasso(data, [(left, middle + 1e-9), (right, middle + 1e-9), (right, top), (left, top)])
    assert set(upper) == set(data.cluster_ids[data.y > middle].tolist())


def test_words_tell_the_cluster_and_both_columns(session):
    data = compute_cluster_scatter(session, asked(session, x="rate", y="depth"))
    n = session.manager.n_spikes(1)
    assert cluster_words(data, 1) == f"cluster 1, noise, {n} spikes: rate {n / 20:.1f} Hz, depth {data.y[1]:.0f} µm"
    data = compute_cluster_scatter(session, asked(session, x="refractory", y="channel"))
    assert cluster_words(data, 1).endswith(f"refractory {data.x[1]:.1f} %, channel 4")


def test_a_cluster_that_is_gone_is_refused(session):
    request = asked(session)
    session.manager.merge([0, 1])
    with pytest.raises(ClusteringError):
        compute_cluster_scatter(session, request)


# --- layout ---


def test_discs_lie_whole_inside_and_the_nearest_is_under_the_mouse(session):
    data = compute_cluster_scatter(session, asked(session, x="id", y="depth"))

    @given(st.integers(250, 1500), st.integers(180, 900), TYPES)
    def law(width, height, sizes):
        frame = scatter_frame(data, None, width, height, sizes)
        assert_inside([frame.area], width, height)
        centers, radii = frame.to_px(np.column_stack([data.x, data.y])), disc_radii(data, sizes.scale)
        assert radii.max() == pytest.approx(9 * sizes.scale)
        if min(frame.width, frame.height) > 100 * sizes.scale:
            for (x, y), radius in zip(centers, radii, strict=True):
                assert frame.area.contains(x - radius, y - radius)
                assert frame.area.contains(x + radius, y + radius)
        assert [cluster_at(data, frame, sizes.scale, *center) for center in centers] == list(range(5))
        assert cluster_at(data, frame, sizes.scale, frame.left - 1, frame.top) is None

    law()


def test_selected_discs_are_in_front_the_best_on_top_and_large_ones_behind(session):
    data = compute_cluster_scatter(session, asked(session, size="spikes"))
    order = drawing_order(data, (3, 0))
    assert [(int(data.cluster_ids[index]), place) for index, place in order[-2:]] == [(0, 1), (3, 0)]
    assert [place for _, place in order[:-2]] == [None] * 3
    sizes = [data.sizes[index] for index, _ in order[:-2]]
    assert sizes == sorted(sizes, reverse=True)


def test_only_logarithmic_axes_have_ticks_of_their_own_and_zooming_has_limits(session):
    data = compute_cluster_scatter(session, asked(session, x="spikes", y="depth", log=True))
    frame = scatter_frame(data, None, 480, 440, PlainType())
    x_ticks, y_ticks = scatter_ticks(data, frame, PlainType())
    assert y_ticks is None
    assert all(frame.x_range[0] - 1e-9 <= place <= frame.x_range[1] + 1e-9 for place, _ in x_ticks)
    x_range, y_range = zoomed_ranges(data, frame, 200, 200, 2.0)
    assert np.ptp(x_range) == pytest.approx(np.ptp(frame.x_range) / 2)
    assert scatter_frame(data, (x_range, y_range), 480, 440, PlainType()).x_range == x_range
    assert zoomed_ranges(data, frame, 200, 200, 2 / ZOOM_LIMITS[0]) is None
    assert zoomed_ranges(data, frame, 200, 200, 1 / (2 * ZOOM_LIMITS[1])) is None
