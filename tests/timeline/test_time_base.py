"""A clock of frames turns each frame into its time and back, also with rows, planes, gaps and ends."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import TimelineError
from napari_phy.timeline.doubts import Doubt
from napari_phy.timeline.time_base import TimeBase
from napari_phy.timeline.time_base_json import VERSION, read_time_bases, time_base_from_json, time_base_to_json


@st.composite
def time_bases(draw: Callable) -> TimeBase:
    n_knots = draw(st.integers(2, 40))
    steps = draw(st.lists(st.integers(1, 7), min_size=n_knots - 1, max_size=n_knots - 1))
    intervals = draw(st.lists(st.floats(2e-5, 50), min_size=n_knots - 1, max_size=n_knots - 1))
    frames = draw(st.integers(-20, 20)) + np.concatenate([[0], np.cumsum(steps)])
    times = draw(st.floats(-1e4, 1e6)) + np.concatenate([[0], np.cumsum(np.array(intervals) * steps)])
    n_frames = draw(st.integers(1, 120))
    rows = np.array(draw(st.lists(st.floats(0, 0.1), max_size=5)))
    planes = np.array(draw(st.lists(st.floats(-1, 1), max_size=3)))
    doubt = Doubt(0, draw(st.integers(1, n_frames)), "ambiguous", "Or one later.", draw(st.floats(0, 1)))
    return TimeBase(n_frames, frames, times, rows, planes, (doubt,), draw(st.text(max_size=5)), 30_000.0)


@given(time_bases())
def test_frame_at_is_the_exact_inverse_of_time_of(base: TimeBase) -> None:
    frames = np.arange(base.n_frames)
    assert np.array_equal(base.frame_at(base.time_of(frames)), frames)
    assert np.array_equal(base.time_of(frames), base.frame_times_s)
    for row in range(len(base.row_offsets_s)):
        for plane in range(len(base.plane_offsets_s)):
            assert np.array_equal(
                base.frame_at(base.time_of(frames, row=row, plane=plane), row=row, plane=plane), frames
            )
    just_before = np.nextafter(base.time_of(frames), -np.inf)
    assert np.array_equal(base.frame_at(just_before), frames - 1)


@given(time_bases(), st.lists(st.floats(-30, 150), min_size=2))
def test_time_never_runs_backwards_and_positions_come_back(base: TimeBase, positions: list[float]) -> None:
    positions.sort()
    times = base.time_of(positions)
    assert (np.diff(times) >= 0).all()
    assert (np.diff(base.frame_at(times)) >= 0).all()
    assert (np.diff(base.position_at(times)) >= 0).all()
    # what a float holds of such a time, in frames
    coarse = 4 * np.spacing(np.abs(times).max()) / 2e-5
    assert np.allclose(base.position_at(times), positions, rtol=1e-9, atol=1e-9 + coarse)


@given(time_bases(), st.integers(-(10**6), 10**9))
def test_frames_and_samples_are_inverse(base: TimeBase, sample: int) -> None:
    slow = replace(base, sample_rate=1e6)  # a frame takes some samples
    frames = np.arange(base.n_frames)
    assert np.array_equal(slow.frame_at_sample(slow.sample_of(frames)), frames)
    found = int(slow.frame_at_sample(sample))
    assert found == slow.n_frames or found == np.searchsorted(slow.sample_of(frames), sample, side="right") - 1


@given(time_bases())
def test_a_clock_comes_back_from_json_to_the_last_bit(base: TimeBase) -> None:
    again = time_base_from_json(json.loads(json.dumps(time_base_to_json(base))))
    assert again == base
    assert hash(again) == hash(base)
    assert np.array_equal(again.frame_times_s, base.frame_times_s)


@given(time_bases(), st.data())
def test_damaged_json_is_one_sentence(base: TimeBase, data: st.DataObject) -> None:
    content = time_base_to_json(base)
    name = data.draw(st.sampled_from(sorted(content)))
    nonsense = st.one_of(
        st.none(), st.booleans(), st.text(max_size=3), st.floats(), st.lists(st.integers(-3, 2**70), max_size=3),
        st.lists(st.lists(st.integers(-3, 2**70), min_size=3, max_size=3), max_size=3), st.integers(-(2**70), 2**70),
    )  # fmt: skip
    content[name] = data.draw(nonsense)
    found, problems = read_time_bases({"stack": content, "other": time_base_to_json(base)})
    assert found["other"] == base
    assert ("stack" in found) != bool(problems)
    for problem in problems:
        assert problem.startswith("The clock stack ")
        assert problem.endswith(".")
        assert "\n" not in problem


def test_a_clock_of_the_future_is_not_read() -> None:
    content = {**time_base_to_json(TimeBase.from_rate(5, 30)), "version": VERSION + 1}
    with pytest.raises(TimelineError, match=r"later version of napari-phy\. Update"):
        time_base_from_json(content)
    for damaged in (None, [], {}, {"version": VERSION}, {"version": "1"}):
        with pytest.raises(TimelineError, match="damaged"):
            time_base_from_json(damaged)


def test_offset_and_rate() -> None:
    base = TimeBase.from_rate(100, 25.0, 3.0)
    assert base.time_of(50) == 5.0
    assert base.frame_at([2.9, 3.0, 5.01, 6.99, 7.0]).tolist() == [-1, 0, 50, 99, 100]
    assert base.range_s == pytest.approx((3.0, 7.0))
    assert base.rate_hz == pytest.approx(25)
    assert not base.is_doubtful.any()


def test_one_frame_is_a_clock() -> None:
    base = TimeBase.from_rate(1, 10.0, 2.0)
    assert base.time_of([0, 1, 2]).tolist() == pytest.approx([2.0, 2.1, 2.2])
    assert base.frame_at([1.9, 2.0, 2.05, 2.1]).tolist() == [-1, 0, 0, 1]
    assert base.position_at(2.05) == pytest.approx(0.5)


def test_several_frames_a_pulse_follow_the_curve_through_all_pulses() -> None:
    pulses = np.array([0.0, 1.0, 2.1, 3.3])  # ever slower
    base = TimeBase.from_times(pulses, frames=[0, 10, 20, 30])
    assert base.n_frames == 31
    assert base.time_of([5, 15, 25]).tolist() == pytest.approx([0.5, 1.55, 2.7])


def test_what_has_no_time_is_marked() -> None:
    base = TimeBase.from_times([1.0, 2.0, 3.0], n_frames=8, frames=[2, 3, 4])
    assert base.is_doubtful.tolist() == [True, True, False, False, False, True, True, True]
    assert base.time_of([0, 7]).tolist() == pytest.approx([-1.0, 6.0])
    assert [doubt.kind for doubt in base.doubts_at(6)] == ["extrapolated"]
    assert base.doubt.tolist() == [1, 1, 0, 0, 0, 1, 1, 1]


def test_rows_and_planes_are_later_than_their_frame() -> None:
    base = TimeBase.from_rate(10, 10.0).with_planes([0.0, 0.04]).with_rows(4, 0.01)
    assert base.time_of(3, row=2, plane=1) == pytest.approx(0.36)
    assert base.time_of([[0], [1]], row=[0, 1, 3]).tolist() == [
        pytest.approx([0.0, 0.01, 0.03]),
        pytest.approx([0.1, 0.11, 0.13]),
    ]
    assert base.frame_at(0.355, row=2, plane=1) == 2
    assert base.frame_at(0.365, row=2, plane=1) == 3


def test_a_pause_is_covered_by_no_frame() -> None:
    base = TimeBase.from_times([*np.arange(10) * 0.1, *(60 + np.arange(10) * 0.1)])
    assert base.frame_at(30) == 9
    assert base.is_covered([-1, 0.35, 30, 60.5, 62]).tolist() == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TimeBase.from_rate(5, 0), "rate above 0 Hz"),
        (lambda: TimeBase.from_rate(5, float("nan")), "rate above 0 Hz"),
        (lambda: TimeBase.from_rate(0, 5), "for 1 to"),
        (lambda: TimeBase.from_times([1.0]), "two frames at least"),
        (lambda: TimeBase.from_times([1.0, 1.0]), "Frames follow each other in time; frame 0 at 1 s"),
        (lambda: TimeBase.from_times([1.0, float("inf")]), "up to 1e"),
        (lambda: TimeBase.from_times(["a", "b"]), "no list of numbers"),
        (lambda: TimeBase.from_times([[1.0, 2.0]]), "one after the other"),
        (lambda: TimeBase.from_times([1.0, 2.0], frames=[1]), "2 times are given for 1 frames"),
        (lambda: TimeBase.from_times([1.0, 2.0], frames=[0, 0.5]), "whole"),
        (lambda: TimeBase.from_rate(5, 5).with_doubts([Doubt(3, 9, "ambiguous", "")]), "not among 5"),
        (lambda: TimeBase.from_rate(5, 5).with_rows(0, 1e-3), "1 to"),
        (lambda: TimeBase.from_rate(5, 5).with_rows(5, float("nan")), "offsets of rows"),
        (lambda: TimeBase.from_rate(5, 5).time_of(2, row=0), "knows 0 rows, not row 0"),
        (lambda: TimeBase.from_rate(5, 5).with_rows(4, 1e-3).time_of(2, row=[1, 4]), "knows 4 rows, not row 4"),
        (lambda: TimeBase.from_rate(5, 5).time_of(float("nan")), "one of these is none"),
        (lambda: TimeBase.from_rate(5, 5).frame_at([0, float("nan")]), "one of these is none"),
        (lambda: TimeBase.from_rate(5, 5).sample_of(2), "does not know the sample rate"),
        (lambda: TimeBase.from_rate(5, 5, sample_rate=-1), "A sample rate"),
    ],
)  # fmt: skip
def test_what_is_no_clock_is_one_sentence(make: Callable[[], object], words: str) -> None:
    with pytest.raises(TimelineError, match=words) as raised:
        make()
    assert "\n" not in str(raised.value)
