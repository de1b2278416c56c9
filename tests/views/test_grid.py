import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import TYPES, PlainType, assert_apart, assert_inside, places_in

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.stats.correlograms import correlograms, symmetrise
from napari_phy.table.waveform_samples import waveform_samples
from napari_phy.views.grid import (
    N_RATE_BINS,
    GridRequest,
    Tile,
    bars_outline,
    compute_grid,
    grid_layout,
    line_points,
    tile_parts,
    zero_y,
)
from napari_phy.views.rectangles import Rectangle


def asked(session, content, start=0, stop=5, order="id"):
    return GridRequest(tuple(session.manager.cluster_ids.tolist()), order, content, start, stop)


def test_waveforms_are_the_means_on_the_largest_channel(session):
    data = compute_grid(session, asked(session, "waveform"))
    for cluster, sample in waveform_samples(session, range(5)).items():
        best = int(np.argmax(sample.amplitudes))
        assert best == (3 * cluster + 1) % 8
        tile = data.tiles[cluster]
        np.testing.assert_allclose(tile.values, sample.mean[:, best])
        assert (tile.low, tile.high) == (tile.values.min(), tile.values.max())
        assert tile.label == f"{sample.amplitudes[best]:.0f} µV"


def test_autocorrelograms_are_those_of_all_spikes(session):
    data = compute_grid(session, asked(session, "autocorrelogram"))
    model = session.model
    wanted = symmetrise(correlograms(model.spike_samples, model.spike_clusters, [3], sample_rate=20_000))[0, 0]
    np.testing.assert_array_equal(data.tiles[3].values, wanted)
    assert data.tiles[3].label == str(wanted.max())


def test_rates_keep_every_spike(session):
    data = compute_grid(session, asked(session, "rate"))
    for cluster in range(5):
        n = session.manager.n_spikes(cluster)
        assert len(data.tiles[cluster].values) == N_RATE_BINS
        assert data.tiles[cluster].values.sum() * session.model.duration / N_RATE_BINS == pytest.approx(n, rel=1e-4)
        assert data.tiles[cluster].label == f"{n / 20:.1f} Hz"


def test_only_tiles_in_sight_are_computed_and_each_one_once(session):
    rows = session.model.waveforms
    data = compute_grid(session, asked(session, "waveform", 1, 3))
    assert list(data.tiles) == [1, 2]
    assert rows.n_rows_read == 200
    assert data.cluster_ids.tolist() == [0, 1, 2, 3, 4]
    compute_grid(session, asked(session, "waveform", 2, 4))
    assert rows.n_rows_read == 300
    new = session.manager.merge([0, 4]).added[0]
    data = compute_grid(session, asked(session, "waveform", 0, 4))
    assert set(data.tiles) == {1, 2, 3, new}
    assert rows.n_rows_read == 400


def test_tiles_are_in_order(session):
    n_spikes = session.manager.n_spikes
    by_size = compute_grid(session, asked(session, "rate", order="size")).cluster_ids.tolist()
    assert by_size == sorted(range(5), key=lambda cluster: (-n_spikes(cluster), cluster))
    assert list(compute_grid(session, asked(session, "rate", 0, 2, "size")).tiles) == by_size[:2]
    assert compute_grid(session, asked(session, "rate", order="depth")).cluster_ids.tolist() == [2, 4, 1, 3, 0]


def test_without_raw_data_other_tiles_can_be_seen(make_session):
    session = make_session(with_raw=False)
    with pytest.raises(MissingDataError, match=r"Waveforms and traces need memory\.dat"):
        compute_grid(session, asked(session, "waveform"))
    assert len(compute_grid(session, asked(session, "autocorrelogram")).tiles) == 5


def test_a_cluster_that_is_gone_is_refused(session):
    request = asked(session, "rate")
    session.manager.merge([0, 1])
    with pytest.raises(ClusteringError):
        compute_grid(session, request)


def test_what_is_handed_out_cannot_be_changed(session):
    for content in ("waveform", "autocorrelogram", "rate"):
        data = compute_grid(session, asked(session, content))
        assert not any(tile.values.flags.writeable for tile in data.tiles.values())
        assert not data.cluster_ids.flags.writeable
        with pytest.raises(TypeError):
            data.tiles[0] = None


# --- layout ---


@given(
    st.integers(1, 400), st.integers(30, 1500), st.integers(30, 900), st.integers(0, 50),
    st.sampled_from([0.7, 1.0, 1.7]), TYPES,
)  # fmt: skip
def test_tiles_lie_apart_within_the_width_and_the_one_under_a_pixel_is_that_which_holds_it(
    n, width, height, first, zoom, sizes
):
    layout = grid_layout(n, width, height, first, zoom, sizes)
    start, stop = layout.in_sight
    tiles = {place: layout.tile(place) for place in range(start, min(stop, n))}
    assert_inside(list(tiles.values()), max(width, sizes.px(88 * zoom) + 2 * layout.left), np.inf)
    assert_apart(list(tiles.values()))
    for place, tile in tiles.items():
        assert {layout.place_at(*px) for px in places_in(tile)} == {place}
        assert layout.place_at(tile.right + layout.gap / 2, tile.top) is None
        assert layout.first <= layout.line_of(place) < layout.first + layout.n_visible
    assert layout.first == min(first, max(0, layout.n_lines - layout.n_whole))
    at_the_end = grid_layout(n, width, height, 10_000, zoom, sizes)
    last = at_the_end.tile(n - 1)
    assert last.bottom <= height or at_the_end.n_whole == 1


def test_a_narrow_column_has_room_for_two_tiles():
    assert grid_layout(20, 206, 400, 0, 1.0, PlainType()).n_columns == 2


@given(st.integers(0, 10**9), st.integers(60, 300), st.integers(50, 200), TYPES, st.integers(2, 80))
def test_the_parts_of_a_tile_lie_apart_and_its_curve_fills_its_place(cluster, width, height, sizes, n):
    box = Rectangle(20, 30, width, height)
    parts = tile_parts(box, cluster, "104 µV", sizes)
    shown = [parts.dot, parts.name, *([parts.curve] if parts.curve else [])]
    assert_apart(shown)
    assert_inside([part._replace(left=part.left - 20, top=part.top - 30) for part in shown[::2]], width, height)
    if parts.has_number:
        assert sizes.text_width(f"{cluster}104 µV", 10) < parts.name.width
    if parts.curve is None:
        return
    values = np.random.default_rng(n).normal(size=n)
    tile = Tile(values, float(values.min()), float(values.max()), "")
    line = line_points(tile, parts.curve)
    bars = bars_outline(Tile(np.abs(values), 0, np.abs(values).max(), ""), parts.curve)
    assert (line.min(axis=0), line.max(axis=0)) == (
        pytest.approx(parts.curve[:2]), pytest.approx((parts.curve.right, parts.curve.bottom)),
    )  # fmt: skip
    assert np.ptp(bars, axis=0) == pytest.approx(parts.curve[2:], abs=1)
    if tile.low <= 0 <= tile.high:
        assert parts.curve.top - 1 <= zero_y(tile, parts.curve) <= parts.curve.bottom + 1
