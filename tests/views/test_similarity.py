import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import TYPES, PlainType, assert_apart, assert_inside

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.stats.similarity import cosine_matrix, cosine_similarity
from napari_phy.views.similarity import (
    LEAST_SPAN,
    MatrixFrame,
    SimilarityRequest,
    compute_similarity,
    matrix_frame,
    matrix_pixels,
    order_words,
    pair_of,
    pair_words,
)


def wanted(session, ids):
    """Return the matrix as the list of similar clusters has its values, one pair at a time."""
    values = {cluster: dict(session.similar_to(cluster)) | {cluster: 1.0} for cluster in ids}
    return np.array([[values[one][other] for other in ids] for one in ids])


def all_of(session, order="list"):
    return SimilarityRequest(tuple(session.manager.cluster_ids.tolist()), order)


def test_every_pair_is_as_alike_as_in_the_list_of_similar_clusters(session):
    data = compute_similarity(session, all_of(session))
    assert data.cluster_ids.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(data.similarities, wanted(session, range(5)), atol=1e-6)
    np.testing.assert_array_equal(data.similarities, data.similarities.T)
    np.testing.assert_allclose(data.levels, 255 * np.clip(data.similarities, 0, 1), atol=0.5)
    assert data.caption == "5 clusters: cosine of the mean masked features"


def test_an_edit_reads_the_new_clusters_only_and_gives_the_same_as_a_fresh_start(make_session):
    session = make_session(n_clusters=9)
    compute_similarity(session, all_of(session))
    asked = session.sums.asked_for
    for edit in (
        lambda: session.manager.merge([1, 4]),
        lambda: session.manager.split(session.manager.spikes(3)[::2]),
        lambda: session.manager.undo(),
        lambda: session.manager.undo(),
        lambda: session.manager.merge([0, 1, 2]),
    ):
        before = set(session.manager.cluster_ids.tolist())
        edit()
        asked.clear()
        data = compute_similarity(session, all_of(session))
        assert set(asked) <= set(session.manager.cluster_ids.tolist()) - before
        np.testing.assert_allclose(data.similarities, wanted(session, data.cluster_ids.tolist()), atol=1e-6)


def test_rows_are_in_order_of_depth_size_id_or_as_given(session):
    depth = compute_similarity(session, all_of(session, "depth")).cluster_ids
    # cluster c is largest on channel (3 c + 1) modulo 8, 20 µm apart: 1, 4, 7, 2, 5
    assert depth.tolist() == [2, 4, 1, 3, 0]
    sizes = [
        session.manager.n_spikes(cluster)
        for cluster in compute_similarity(session, all_of(session, "size")).cluster_ids
    ]
    assert sizes == sorted(sizes, reverse=True)
    given = compute_similarity(session, SimilarityRequest((3, 0, 4), "list"))
    assert given.cluster_ids.tolist() == [3, 0, 4]
    np.testing.assert_allclose(given.similarities, wanted(session, [3, 0, 4]), atol=1e-6)
    assert compute_similarity(session, SimilarityRequest((3, 0, 4), "id")).cluster_ids.tolist() == [0, 3, 4]


def test_without_features_it_says_which_file_is_missing(make_session):
    session = make_session(features=None, masks=None)
    with pytest.raises(MissingDataError, match=r"memory\.kwx is missing: features and similarity"):
        compute_similarity(session, all_of(session))


def test_a_cluster_that_is_gone_is_refused(session):
    request = all_of(session)
    session.manager.merge([0, 1])
    with pytest.raises(ClusteringError):
        compute_similarity(session, request)


def test_no_clusters_have_an_empty_matrix(session):
    assert compute_similarity(session, SimilarityRequest(())).similarities.shape == (0, 0)


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_similarity(session, all_of(session))
    assert not any(array.flags.writeable for array in (data.similarities, data.levels, data.cluster_ids))


def test_a_matrix_of_cosines_is_that_of_its_rows_and_0_without_length():
    rng = np.random.default_rng(0)
    some, others = rng.normal(size=(4, 6)), rng.normal(size=(5, 6))
    some[2] = 0
    matrix = cosine_matrix(some, others)
    for row, vector in zip(matrix, some, strict=True):
        np.testing.assert_allclose(row, cosine_similarity(others, vector), atol=1e-12)
    assert not matrix[2].any()


# --- layout ---

IDS = st.integers(1, 60).map(lambda n: np.arange(n) * 7)
SIZES = st.tuples(st.integers(120, 1500), st.integers(120, 900))


@given(IDS, SIZES, TYPES)
def test_cells_fill_the_square_and_the_one_under_a_pixel_is_that_which_holds_it(ids, size, sizes):
    frame = matrix_frame(ids, None, *size, sizes)
    if frame.side > 10:
        assert_inside([frame.square], *size)
    n = len(ids)
    cells = [frame.cell(row, 3 * row % n) for row in range(n)]
    assert_apart(cells)
    for row, cell in enumerate(cells):
        assert frame.cell_at(*cell.center) == (row, 3 * row % n)
    assert frame.cell(n - 1, n - 1).right == pytest.approx(frame.square.right)
    assert frame.cell_at(frame.left - 1, frame.top) is None
    assert frame.cell_at(frame.left, frame.square.bottom) is None
    assert frame.pair_frame(0, n - 1).width >= min(7, frame.side)


@given(
    st.integers(1, 500),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.3, 4)), min_size=1, max_size=6),
)
def test_zooming_keeps_the_place_under_the_mouse_and_never_leaves_the_matrix(n, steps):
    frame = MatrixFrame(40, 26, 300, 0.0, 0.0, float(n))
    for across, down, factor in steps:
        x, y = frame.left + across * frame.side, frame.top + down * frame.side
        before = frame.first_column + across * frame.span, frame.first_row + down * frame.span
        frame = frame.zoomed(x, y, factor, n)
        after = frame.first_column + across * frame.span, frame.first_row + down * frame.span
        assert min(LEAST_SPAN, n) <= frame.span <= n
        for first in (frame.first_row, frame.first_column):
            assert -1e-6 <= first <= n - frame.span + 1e-6
        if factor >= 1:
            assert after == pytest.approx(before, abs=1e-6)
    moved = frame.panned(20, -15, n)
    assert moved.span == frame.span
    assert -1e-6 <= moved.first_column <= frame.first_column + 1e-6
    assert frame.first_row - 1e-6 <= moved.first_row <= n - moved.span + 1e-6


@given(IDS, SIZES, st.lists(st.integers(0, 59), max_size=4, unique=True))
def test_labels_of_rows_don_t_touch_and_the_best_cluster_has_one(ids, size, chosen):
    frame = matrix_frame(ids, None, *size, PlainType())
    selected = [int(ids[place]) for place in chosen if place < len(ids)]
    labels = frame.labelled_rows(ids, selected, 12)
    middles = np.sort([middle for _, middle in labels])
    assert (np.diff(middles) >= 12 - 1e-9).all()
    assert len(labels) >= 1
    for row, middle in labels:
        assert middle == pytest.approx(frame.cell(row, 0).center[1])
    if selected:
        assert int(ids[labels[0][0]]) == selected[0]


@given(IDS, SIZES, st.integers(0, 10**6))
def test_ids_below_the_columns_have_room_and_stand_below_their_cells(ids, size, largest):
    columns = np.append(ids[:-1], largest)
    frame = matrix_frame(ids, None, *size, PlainType(), columns)
    labels = frame.labelled_columns(columns, 12)
    assert frame.side == 10 or frame.top + frame.side + PlainType().text_width(str(columns.max()), 9) <= size[1]
    assert (np.diff([middle for _, middle in labels]) >= 12 - 1e-9).all()
    assert len(labels) >= 1
    for column, middle in labels:
        assert middle == pytest.approx(frame.cell(0, column).center[0])


def test_where_a_pixel_has_several_cells_the_most_alike_shows():
    levels = np.zeros((1000, 1000), dtype=np.uint8)
    levels[123, 777] = 255
    pixels = matrix_pixels(levels, MatrixFrame(0, 0, 100, 0, 0, 1000), 100)
    assert np.argwhere(pixels).tolist() == [[12, 77]]
    part = matrix_pixels(levels, MatrixFrame(0, 0, 100, 120, 770, 10), 100)
    assert {tuple(place) for place in (np.argwhere(part) // 10).tolist()} == {(3, 7)}


@given(st.integers(1, 40), st.integers(10, 300))
def test_each_pixel_is_the_cell_that_a_click_there_hits(n, n_px):
    levels = np.random.default_rng(n).integers(0, 255, (n, n)).astype(np.uint8)
    frame = MatrixFrame(0, 0, n_px, 0, 0, n)
    pixels = matrix_pixels(levels, frame, n_px)
    if n <= n_px:
        for px in range(0, n_px, 7):
            row, column = frame.cell_at(px + 0.5, px + 0.5)
            edge = abs((px + 0.5) / frame.cell_px % 1 - 0.5) > 0.5 - 1 / frame.cell_px
            assert edge or pixels[px, px] == levels[row, column]


def test_the_pair_looked_at_and_its_words(session):
    data = compute_similarity(session, all_of(session, "depth"))
    assert pair_of(data, ()) is None
    assert pair_of(data, (77,)) is None
    row = data.cluster_ids.tolist().index(2)
    assert pair_of(data, (2,)) == (row, row)
    assert pair_of(data, (2, 4, 0)) == (row, data.cluster_ids.tolist().index(4))
    assert pair_words(data, (row, row)) == "2 × 2   1.00 similar"
    assert order_words(data) == "ordered by depth"
