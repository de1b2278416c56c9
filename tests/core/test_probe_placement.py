"""A placement hits its landmarks, can be taken back exactly, and says in a sentence what cannot be placed."""

import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_phy.core.errors import PlacementError
from napari_phy.core.probe import Probe
from napari_phy.core.probe_placement import (
    ProbePlacement,
    angles_of,
    parse_rows,
    place_by_affine,
    place_by_landmarks,
    place_by_tip,
    places_on_probe,
    tip_of,
)

n_axes = st.sampled_from([2, 3])
um = st.floats(-3000, 3000).map(lambda x: round(x, 3))
sizes = st.floats(0.05, 20)
angles = st.floats(-360, 360)
places = arrays(float, st.tuples(st.integers(1, 20), st.just(2)), elements=um)


def drawn(data, shape, elements=um):
    return data.draw(arrays(float, shape, elements=elements))


def far_apart(points, least=5.0):
    """Tell whether a set of points is no line and no point."""
    return np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[1] > least


@given(n_axes, st.data(), st.booleans())
def test_two_landmarks_are_hit_by_a_similarity(n, data, mirrored):
    on_probe, size = drawn(data, (2, 2)), drawn(data, n, sizes)
    pixels = drawn(data, (2, n))
    assume(np.linalg.norm(on_probe[1] - on_probe[0]) > 1)
    assume(np.linalg.norm((pixels[1] - pixels[0])[-2:] * size[-2:]) > 1)
    placed = place_by_landmarks(on_probe, pixels, size, mirrored=mirrored)
    np.testing.assert_allclose(placed.to_image(on_probe), pixels, rtol=0, atol=1e-6)
    assert placed.error_um == 0
    least, most = placed.stretch
    assert least == pytest.approx(most)  # no shear
    if n == 2:  # rows go down and y up: seen from the front, the determinant is negative
        x_axis, y_axis = placed.matrix.T
        turns_right = x_axis[1] * -y_axis[0] - -x_axis[0] * y_axis[1] > 0
        assert turns_right != mirrored


@given(n_axes, st.data())
def test_three_landmarks_are_hit_by_an_affine(n, data):
    on_probe, size = drawn(data, (3, 2)), drawn(data, n, sizes)
    pixels = drawn(data, (3, n))
    assume(far_apart(on_probe) and far_apart(pixels * size))
    placed = place_by_landmarks(on_probe, pixels, size)
    np.testing.assert_allclose(placed.to_image(on_probe), pixels, rtol=0, atol=1e-5)
    assert placed.error_um == 0


@given(n_axes, st.data(), st.integers(4, 9))
def test_more_landmarks_are_met_by_least_squares_and_the_error_is_told(n, data, n_landmarks):
    on_probe, size = drawn(data, (n_landmarks, 2)), drawn(data, n, sizes)
    pixels = drawn(data, (n_landmarks, n))
    assume(far_apart(on_probe, 100) and far_apart(pixels * size, 100))
    try:
        placed = place_by_landmarks(on_probe, pixels, size)
    except PlacementError:
        return  # the best affine is a line
    off = (placed.to_image(on_probe) - pixels) * size
    assert placed.error_um == pytest.approx(np.sqrt((off**2).sum(axis=1).mean()), abs=1e-6)
    design = np.column_stack([on_probe, np.ones(n_landmarks)])
    np.testing.assert_allclose(design.T @ off, 0, atol=1e-2)  # the residuals of least squares


@given(st.data(), st.integers(4, 9))
def test_landmarks_of_one_affine_leave_no_error(data, n_landmarks):
    on_probe = drawn(data, (n_landmarks, 2))
    assume(far_apart(on_probe, 100))
    truth = place_by_tip((20, 0), (400, 300), 25, (1.3, 0.7))
    found = place_by_landmarks(on_probe, truth.to_image(on_probe), (1.3, 0.7))
    np.testing.assert_allclose(found.matrix, truth.matrix, atol=1e-6)
    assert found.error_um < 1e-6


@given(n_axes, st.data(), angles, st.floats(-90, 90), st.booleans(), places)
def test_a_probe_by_its_tip_keeps_its_size(n, data, angle, tilt, mirrored, on_probe):
    tip, at, size = drawn(data, 2), drawn(data, n), drawn(data, n, sizes)
    placed = place_by_tip(tip, at, angle, size, tilt_deg=tilt if n == 3 else 0, mirrored=mirrored)
    np.testing.assert_allclose(placed.to_image(tip), [at], atol=1e-6)
    assert placed.stretch == pytest.approx((1, 1))
    np.testing.assert_allclose(placed.to_probe(placed.to_image(on_probe)), on_probe, atol=1e-5)


@pytest.mark.parametrize(("angle", "top"), [(0, (-100, 0)), (90, (0, 100)), (180, (100, 0)), (-90, (0, -100))])
def test_angles_go_clockwise_from_a_tip_that_points_down(angle, top):
    placed = place_by_tip((0, 0), (0, 0), angle, (1, 1))
    np.testing.assert_allclose(placed.to_image((0, 100)), [top], atol=1e-9)


@given(st.floats(-179, 179), st.floats(-89, 89), st.booleans(), n_axes)
def test_angles_come_back(angle, tilt, mirrored, n):
    tilt = tilt if n == 3 else 0.0
    placed = place_by_tip((3, 4), [9] * n, angle, (4, 1.5, 0.5)[-n:], tilt_deg=tilt, mirrored=mirrored)
    found_angle, found_tilt, found_mirrored = angles_of(placed)
    assert (found_angle, found_tilt) == pytest.approx((angle, tilt), abs=1e-6)
    assert found_mirrored == mirrored


def test_a_tilted_tip_is_in_later_planes():
    placed = place_by_tip((0, 0), (50, 10, 10), 0, (5, 1, 1), tilt_deg=30)
    np.testing.assert_allclose(placed.to_image((0, 100)), [(40, 10 - 100 * np.cos(np.pi / 6), 10)])


@given(n_axes, st.data(), places)
def test_an_affine_and_what_is_kept_come_back(n, data, on_probe):
    rows, size = drawn(data, (n, 3), st.floats(-50, 50)), drawn(data, n, sizes)
    assume(np.linalg.svd(rows[:, :2] * size[:, None], compute_uv=False)[1] > 0.1)
    placed = place_by_affine(rows, size)
    np.testing.assert_allclose(placed.to_probe(placed.to_image(on_probe)), on_probe, atol=1e-3)
    again = ProbePlacement.from_json(json.loads(json.dumps(placed.to_json())))
    for name in ("matrix", "origin", "pixel_um"):
        np.testing.assert_array_equal(getattr(again, name), getattr(placed, name))
    assert again.error_um == placed.error_um


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: place_by_landmarks([[0, 0]], [[1, 1]], (1, 1)), "Two landmarks"),
        (lambda: place_by_landmarks([[0, 0], [0, 9]], [[1, 1]], (1, 1)), "2 landmarks on the probe and 1"),
        (lambda: place_by_landmarks([[0, 5], [0, 5]], [[1, 1], [2, 2]], (1, 1)), "the same point on the probe"),
        (lambda: place_by_landmarks([[0, 0], [0, 5]], [[2, 2], [2, 2]], (1, 1)), "the same point in the image"),
        (lambda: place_by_landmarks([[0, 0], [0, 5]], [[1, 2, 2], [4, 2, 2]], (1, 1, 1)), "above each other"),
        (lambda: place_by_landmarks([[0, 0], [0, 5], [0, 9]], [[1, 1], [2, 7], [3, 3]], (1, 1)), "one line on the"),
        (lambda: place_by_landmarks([[0, 0], [0, 5], [9, 9]], [[1, 1], [2, 2], [3, 3]], (1, 1)), "one line in the"),
        (lambda: place_by_landmarks([[0, 0], [0, 5]], [[1, 1], [np.nan, 2]], (1, 1)), "missing"),
        (lambda: place_by_landmarks([[0, 0], [0, 5]], [[1, 1], [2, 2]], (1, 0)), "The size of a pixel"),
        (lambda: place_by_tip((0, 0), (1, 2, 3), 0, (1, 1)), "2 numbers"),
        (lambda: place_by_tip((0, 0), (1, 2), 0, (1, 1), tilt_deg=5), "no depth"),
        (lambda: place_by_tip((0, 0), (1, 2), np.inf, (1, 1)), "The angle"),
        (lambda: place_by_affine([[1, 1, 0], [2, 2, 0]], (1, 1)), "into a line"),
        (lambda: place_by_affine([[1, 0, 0]], (1, 1)), "2 rows"),
        (lambda: place_by_affine([1, 0, 0], (1, 1)), "2 rows"),
        (lambda: place_by_affine(np.eye(3), (1, 1, 1, 1)), "not along 4"),
        (lambda: parse_rows("1 2; 3 x", (2,), "Tip"), "Tip: x is no number"),
        (lambda: parse_rows("1 2 3", (2,), "Tip"), "3 numbers, not 2"),
        (lambda: places_on_probe("7", Probe([0, 1], [[0, 0], [0, 20]])), "no channel 7"),
        (lambda: tip_of(Probe([0, 1])), "not known"),
    ],
)
def test_what_cannot_be_placed_is_said_in_a_sentence(call, words):
    with pytest.raises(PlacementError, match=words) as told:
        call()
    assert str(told.value).endswith(".")


@pytest.mark.parametrize("read", [None, 3, [], {}, {"matrix": "x", "origin": 1, "pixel_um": 2, "error_um": 0}])
def test_what_is_no_placement_is_not_read_as_one(read):
    with pytest.raises(PlacementError):
        ProbePlacement.from_json(read)


def test_landmarks_are_channels_or_places():
    probe = Probe([4, 5, 6], [[0, 0], [10, 20], None])
    np.testing.assert_array_equal(places_on_probe("5; 3.5, 7\n4", probe), [[10, 20], [3.5, 7], [0, 0]])
    assert places_on_probe("", probe).shape == (0, 2)
    np.testing.assert_array_equal(tip_of(Probe([0, 1, 2], [[0, 5], [20, 5], [10, 40]]), 175), [10, -170])


def test_what_is_kept_of_a_placement_is_whole_and_its_error_is_one():
    good = place_by_tip((1, 2), (3, 4), 5, (0.5, 0.5)).to_json()
    assert ProbePlacement.from_json(good | {"error_um": 999_999_999_999}).error_um == 999_999_999_999
    assert ProbePlacement.from_json(good | {"error_um": 0}).error_um == 0
    for change in (
        {"error_um": -1}, {"error_um": 1e12}, {"error_um": None}, {"error_um": "x"}, {"error_um": 10**400},
        {"error_um": float("nan")}, {"matrix": [[1, 0], [0]]}, {"matrix": {}}, {"origin": "x"},
        {"pixel_um": [10**400, 1]},
    ):  # fmt: skip
        with pytest.raises(PlacementError, match="A placement of a probe is kept as a matrix"):
            ProbePlacement.from_json(good | change)
    for name in good:
        with pytest.raises(PlacementError, match="is kept as a matrix"):
            ProbePlacement.from_json({key: value for key, value in good.items() if key != name})


@pytest.mark.parametrize(
    ("matrix", "origin", "pixel_um", "words"),
    [
        (np.eye(2), [0, 0, 0], (1, 1), "An image of 2 axes needs an affine of 2 rows of 3 numbers."),
        (np.eye(2), [0, 0, 0], (1, 1, 1), "An image of 3 axes needs an affine of 3 rows of 3 numbers."),
        (np.full((2, 2), np.nan), [0, 0], (1, 1), "The affine has a number that is missing or too large."),
        (np.eye(2), [0, 1e12], (1, 1), "The affine has a number that is missing or too large."),
        (np.eye(2), [0, 0], (1e-12, 1), "The size of a pixel is some µm, more than 0."),
        (np.eye(2), [0, 0], (1e12, 1), "The size of a pixel is some µm, more than 0."),
        (np.eye(2), [0, 0], (1,), "A probe is placed along 2 or 3 axes of an image, not along 1."),
        ([[1, 0], [0, 1e-6]], [0, 0], (1, 1), "This affine squeezes the probe into a line"),
    ],
)
def test_a_placement_is_checked_when_it_is_made(matrix, origin, pixel_um, words):
    with pytest.raises(PlacementError, match=words):
        ProbePlacement(np.array(matrix), np.array(origin), np.array(pixel_um))


def test_numbers_just_within_the_limits_are_taken():
    for per_um, pixel_um in ((1e11, 1.01e-12), (1e-11, 0.99e12), (2e-6, 1)):
        placed = ProbePlacement(np.diag([1, per_um]), np.array([0, 0.99e12]), np.array([1, pixel_um]))
        assert (placed.n_axes, placed.error_um) == (2, 0)
        assert not any(part.flags.writeable for part in (placed.matrix, placed.origin, placed.pixel_um))


def test_a_probe_that_points_into_depth_keeps_the_angle_of_its_width():
    for mirrored in (False, True):
        placed = place_by_tip((0, 0), (9, 9, 9), 40, (1, 1, 1), tilt_deg=90, mirrored=mirrored)
        angle, tilt, _ = angles_of(placed)
        assert tilt == pytest.approx(90)
        assert angle == pytest.approx(40 if not mirrored else -140)


def test_the_error_is_told_from_four_landmarks_on():
    places = np.array([[0.0, 0], [100, 0], [0, 100], [100, 100]])
    off = places[:, ::-1] + [[3, 0], [0, 0], [0, 0], [0, 0]]
    assert place_by_landmarks(places[:3], off[:3], (1, 1)).error_um == 0
    assert place_by_landmarks(places, off, (1, 1)).error_um == pytest.approx(0.75)
    assert place_by_landmarks(places, off, (2, 2)).error_um == pytest.approx(1.5)


def test_of_several_lowest_channels_the_tip_is_in_the_middle_and_below_the_known_ones():
    probe = Probe(range(4), [[0, 5], [20, 5], [10, 40], None])
    assert tip_of(probe).tolist() == [10, 5]
    assert tip_of(Probe([0, 1], [[3, 7], [0, 40]]), 2).tolist() == [3, 5]
    assert places_on_probe("1 2 ; ; 3 4", probe).tolist() == [[1, 2], [3, 4]]
    assert parse_rows("1 2\n\n3,4;", (2,), "x") == [[1, 2], [3, 4]]
    for text, words in (
        ("3", "no channel 3 whose position is known"),
        ("1 2 3", "3 numbers, not 1 or 2"),
        ("0.5", "0.5"),
    ):
        with pytest.raises(PlacementError, match=words):
            places_on_probe(text, probe)
