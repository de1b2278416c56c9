"""Every fault of synchronisation is found, or the frames that it may have moved are marked."""

import numpy as np
import numpy.typing as npt
import pytest
from examples import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from timeline.generated_clocks import FAULTS, Clock, make_clock
from timeline.judging import Verdict, judge

from napari_phy.core.errors import TimelineError
from napari_phy.timeline.alignment import Alignment
from napari_phy.timeline.by_number import Ratio
from napari_phy.timeline.pulse_matching import align
from napari_phy.timeline.pulses import PulseLine

SEEDS = range(1)
MORE_SEEDS = range(1, 60)
# What tells where a fault is: with these the best alignment is right nearly everywhere.
SEEN = ("dropped pulse", "false pulse", "doubled pulses", "narrow pulse", "camera skip", "pause", "rate change")


def faulty(seed: int, *faults: str, n: int = 400) -> Clock:
    clock = make_clock(seed, n)
    for fault in faults:
        FAULTS[fault](clock)
    return clock


def kinds(alignment: Alignment) -> set[str]:
    return {fault.kind for fault in alignment.faults}


def check_honest(clock: Clock, *, with_stamps: bool) -> Verdict:
    """All alignments that are offered tell where they may be wrong; return the verdict on the first."""
    found = align(clock.line, len(clock.times_s), frame_times_s=clock.stamps_s if with_stamps else None)
    verdicts = [judge(clock, one.base) for one in found]
    assert [verdict.silent for verdict in verdicts] == [0] * len(found)
    return verdicts[0]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("with_stamps", [False, True], ids=["by number", "by time"])
@pytest.mark.parametrize("seeds", [SEEDS, pytest.param(MORE_SEEDS, marks=pytest.mark.soak)], ids=["some", "many"])
def test_no_frame_is_silently_wrong(fault: str, with_stamps: bool, seeds: range) -> None:
    verdicts = [check_honest(faulty(seed, fault), with_stamps=with_stamps) for seed in seeds]
    assert min(verdict.right_or_marked for verdict in verdicts) >= 0.999
    if fault in SEEN:
        at_ends = 0.0 if seeds is SEEDS else 0.1  # of many clocks, some have the fault where nothing tells
        assert np.mean([verdict.wrong_and_marked for verdict in verdicts]) < 0.01 + at_ends
        assert np.mean([verdict.marked_likely for verdict in verdicts]) < 0.05 + 2 * at_ends


@given(
    st.integers(0, 10**6),
    st.lists(st.sampled_from([name for name in FAULTS if name != "irregular"]), min_size=1, max_size=3),
    st.integers(270, 400),
    st.booleans(),
)
@settings(max_examples=examples(15))
def test_faults_together_are_no_less_honest(seed: int, faults: list[str], n: int, with_stamps: bool) -> None:
    clock = make_clock(seed, n)
    for fault in faults:
        FAULTS[fault](clock)
        assume(min(len(clock.times_s), len(clock.pulses_s)) > 250)
    assume(not clock.is_disguised)
    check_honest(clock, with_stamps=with_stamps)


def test_a_faultless_line_is_believed() -> None:
    for seed in SEEDS:
        clock = make_clock(seed)
        (best, *_) = align(clock.line, len(clock.times_s))
        assert judge(clock, best.base).right == 1
        assert best.score == pytest.approx(1, abs=0.01)
        assert best.faults == ()
        assert best.words == "2\u2009000 pulses, 2\u2009000 frames"
        assert np.array_equal(best.pulse_frames, np.arange(2000))


def test_missing_pulses_are_found_where_they_are() -> None:
    clock = make_clock(1)
    when = clock.pulses_s[700]
    clock.drop_pulses(700, 2)
    (best, *_) = align(clock.line, 2000)
    (fault,) = best.faults
    assert (fault.kind, fault.n, fault.frame) == ("missing pulses", 2, 700)
    assert fault.time_s == pytest.approx(when, abs=2 * clock.interval_s)
    assert "2 missing at" in best.words
    assert {doubt.kind for doubt in best.base.doubts_at(700)} == {"ambiguous", "interpolated"}
    assert judge(clock, best.base).wrong_and_marked == 0


@pytest.mark.parametrize("many", [1, 2, 3])
def test_where_nothing_tells_the_ends_apart_both_are_offered(many: int) -> None:
    clock = make_clock(2)
    clock.drop_pulses(0, many)
    found = align(clock.line, 2000)
    assert {"missing at start"} in [kinds(one) for one in found]
    assert {"missing at end"} in [kinds(one) for one in found]
    for one in found:
        assert one.base.doubt.min() > 0.2
        assert one.chance < 0.8
    assert sum(one.chance for one in found) == pytest.approx(1, abs=0.2)
    right = [one for one in found if judge(clock, one.base).wrong_and_marked == 0]
    assert len(right) == 1


def test_times_of_the_frames_tell_which_one_was_lost() -> None:
    clock = make_clock(3)
    clock.drop_frames(1200, 2)
    (best, *_) = align(clock.line, 1998, frame_times_s=clock.stamps_s)
    assert judge(clock, best.base).right == 1
    (fault,) = [fault for fault in best.faults if fault.kind == "lost frame"]
    assert (fault.n, fault.frame) == (2, 1200)
    without = align(clock.line, 1998)
    assert min(one.base.doubt.min() for one in without) > 0.2


def test_two_dropped_one_false_drift_and_jitter() -> None:
    clock = make_clock(4, jitter=0.02)
    clock.drop_frames(500, 1)
    clock.drop_frames(1500, 1)
    clock.add_pulses(clock.pulses_s[900] + 0.4 * clock.interval_s)
    (best, *_) = align(clock.line, 1998, frame_times_s=clock.stamps_s)
    verdict = judge(clock, best.base)
    assert verdict.right > 0.999
    assert np.abs(best.base.frame_times_s - clock.times_s).max() < 1e-3
    assert {"lost frame", "extra pulse"} <= kinds(best)


def test_the_right_one_of_several_acquisitions_is_found_by_its_length() -> None:
    clock = make_clock(5, 800)
    more = np.arange(300) * clock.interval_s
    clock.add_pulses(clock.pulses_s[0] - 60 - more)
    clock.add_pulses(clock.pulses_s[-1] + 45 + more)
    (best, *_) = align(clock.line, 800)
    assert judge(clock, best.base).wrong_and_marked == 0
    assert best.score > 0.9
    assert {"pulses before", "pulses after"} <= kinds(best)


def test_equal_acquisitions_are_both_offered() -> None:
    clock = make_clock(6, 500)
    clock.add_pulses(clock.pulses_s + clock.pulses_s[-1] - clock.pulses_s[0] + 30)
    found = align(clock.line, 500)
    starts = sorted(round(one.base.range_s[0], 2) for one in found[:2])
    assert starts[0] == pytest.approx(clock.times_s[0], abs=0.01)
    assert starts[1] > clock.times_s[-1]
    assert all(one.base.doubt.min() > 0.2 for one in found[:2])


TOLD_BY_NUMBERS = [(300, 3, ": 3 frames a pulse"), (50, 0.5, ": 2 pulses a frame")]


@pytest.mark.parametrize(("n_frames", "per_pulse", "words"), TOLD_BY_NUMBERS)
def test_what_numbers_alone_say_of_a_ratio_is_doubtful(n_frames: int, per_pulse: float, words: str) -> None:
    line = PulseLine("TTL 3", 0.5 + 0.1 * np.arange(100))
    found = align(line, n_frames)
    (by_ratio, *others) = found
    assert by_ratio.words.endswith(f"{n_frames} frames{words}")
    assert {kind for one in others for kind in kinds(one)} & {"missing at end", "pulses after"}
    assert {kind for one in others for kind in kinds(one)} & {"missing at start", "pulses before"}
    assert min(one.base.doubt.min() for one in found) > 0.2
    assert sum(one.chance for one in found) == pytest.approx(1, abs=0.05)
    assert all(0 < one.score < 0.8 for one in found)
    frame_hz = 10 * per_pulse
    (best, *_) = align(line, n_frames, rate_hz=1.01 * frame_hz)
    assert not best.base.is_doubtful[:-2].any()  # those after the last pulse
    assert words in best.words
    assert best.base.rate_hz == pytest.approx(frame_hz)
    for one in align(line, n_frames, rate_hz=10):
        assert words not in one.words
        assert one.base.doubt.min() > 0.2  # which of the frames, or pulses, it is


def test_a_rate_that_numbers_speak_against_is_doubtful() -> None:
    found = align(PulseLine("TTL 3", 0.1 * np.arange(300)), 300, rate_hz=30)
    assert found[0].words == "300 pulses, 300 frames"
    assert "3 frames a pulse" in found[1].words
    assert min(one.base.doubt.min() for one in found) > 0.2


@pytest.mark.parametrize("n_frames", [250, 100 * 65, 100 * 1000])
def test_ratios_beyond_measure_are_not_thought_of(n_frames: int) -> None:
    for one in align(PulseLine("TTL 3", 0.1 * np.arange(100)), n_frames):
        assert "a pulse" not in one.words
        assert one.base.doubt.min() > 0.2


@pytest.mark.parametrize("per_pulse", [3, 1 / 2])
def test_times_of_frames_tell_the_ratio(per_pulse: float) -> None:
    stamps = np.arange(300) / 30 + np.random.default_rng(0).normal(0, 1e-4, 300)
    for pulse_hz, is_whole in ((30 / per_pulse, True), (30 / per_pulse * 1.17, False)):
        found = align(PulseLine("TTL 3", 2 + np.arange(int(10 * pulse_hz)) / pulse_hz), 300, frame_times_s=stamps)
        assert all((" a pulse" in one.words or " a frame" in one.words) == is_whole for one in found)
        assert min(one.base.doubt.min() for one in found) > 0.2


def test_several_frames_a_pulse() -> None:
    clock = make_clock(7, jitter=0)
    line = PulseLine("sync", clock.pulses_s[::10])
    for found in (align(line, 2000), align(line, 2000, ratio=Ratio(frames_per_pulse=10))):
        assert judge(clock, found[0].base).silent == 0
        assert judge(clock, found[0].base).wrong_and_marked == 0
        assert np.array_equal(found[0].pulse_frames, np.arange(0, 2000, 10))


def test_several_pulses_a_frame() -> None:
    clock = make_clock(8, 900, jitter=0.01)
    planes = clock.times_s[::3][:300]
    line = PulseLine("planes", clock.pulses_s[:900])
    (best, *_) = align(line, 300, ratio=Ratio(pulses_per_frame=3))
    assert np.abs(best.base.frame_times_s - planes).max() < 1e-3
    (best, *_) = align(line, 300, rate_hz=1 / (3 * clock.interval_s))
    assert np.abs(best.base.frame_times_s - planes).max() < 1e-3
    assert best.pulse_frames[4] == pytest.approx(4 / 3)


def test_after_the_clock_was_set_back_all_is_doubtful() -> None:
    clock = make_clock(9, 600)
    pulses = clock.pulses_s.copy()
    pulses[400:] -= pulses[400]
    (best, *_) = align(PulseLine("TTL 1", pulses), 600)
    assert "reset" in kinds(best)
    assert best.base.is_doubtful[400:].all()
    assert not best.base.is_doubtful[:400].any()
    assert judge(clock, best.base).silent == 0


def test_hundreds_of_gaps_are_weighed_as_well_as_one() -> None:
    clock = make_clock(14, 3000, jitter=0.05)
    keep = np.random.default_rng(0).random(3000) > 0.15
    keep[[0, -1]] = True
    (best, *_) = align(PulseLine("TTL 1", clock.pulses_s[keep]), 3000)
    assert judge(clock, best.base).silent == 0
    assert judge(clock, best.base).wrong_and_marked == 0
    n_missing = sum(fault.n for fault in best.faults if fault.kind == "missing pulses")
    assert n_missing == pytest.approx(np.count_nonzero(~keep), rel=0.02)  # some are too far off to count


def test_pulses_in_no_order_are_sorted() -> None:
    clock = make_clock(10, 300)
    shuffled = np.random.default_rng(0).permutation(clock.pulses_s)
    (best, *_) = align(PulseLine("events", shuffled), 300)
    assert judge(clock, best.base).right == 1
    assert best.words == "300 pulses, 300 frames, put in order of time"
    assert kinds(best) == {"unsorted"}
    back = 0.1 * np.arange(300)
    for start in range(30, 300, 30):
        back[start:] -= 2  # as after many resets
    found = align(PulseLine("events", back), 300)
    assert min(one.base.doubt.min() for one in found) > 0.2


@pytest.mark.parametrize(
    ("pulses", "n_frames", "stamps", "words"),
    [
        ([], 5, None, "TTL 3 has 0 pulses; a clock needs two at least"),
        ([1.0], 5, None, "has 1 pulses"),
        ([1.0, 1.0], 5, None, "no two pulses"),
        ([1.0, 2.0, 3.0], 0, None, "a stack of 0 frames"),
        (np.arange(451.0), 1, None, "1 frame is too few to find out which of 451 pulses are theirs"),
        (np.arange(451.0), 9, None, "9 frames are too few"),
        (np.arange(451.0), 9, np.arange(9.0), "9 frames are too few"),
        ([1.0, 2.0, 3.0], 3, [0.0, 1.0], "2 times are given for 3 frames"),
        ([1.0, 2.0, 3.0], 3, [0.0, 1.0, np.nan], "no number of seconds"),
    ],
)
def test_what_cannot_be_aligned_is_one_sentence(
    pulses: npt.ArrayLike, n_frames: int, stamps: npt.ArrayLike | None, words: str
) -> None:
    with pytest.raises(TimelineError, match=words):
        align(PulseLine("TTL 3", np.array(pulses)), n_frames, frame_times_s=stamps)


@given(
    st.lists(st.floats(0, 1e4), min_size=2, max_size=60),
    st.integers(1, 80),
    st.one_of(st.none(), st.integers(0, 10**6)),
)
def test_any_times_give_clocks_or_a_sentence(pulses: list[float], n_frames: int, stamps: int | None) -> None:
    times = None if stamps is None else np.cumsum(np.random.default_rng(stamps).uniform(0, 1, n_frames))
    try:
        found = align(PulseLine("noise", np.array(pulses)), n_frames, frame_times_s=times)
    except TimelineError:
        return
    for one in found:
        assert one.base.n_frames == n_frames
        assert 0 <= one.score <= 1
        assert 0 <= one.chance <= 1
        assert len(one.pulse_frames) == len(pulses)
