"""Pulses are found in traces of any kind, without reading more than a block at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.array_samples import ArraySamples
from napari_phy.core.errors import TimelineError
from napari_phy.timeline import pulse_channel
from napari_phy.timeline.pulse_channel import N_BLOCK, find_levels, find_pulses

RATE = 10_000.0


class Watched(ArraySamples):
    """Remembers the longest stretch that was read at once."""

    longest = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        self.longest = max(self.longest, len(found))
        return found


def make_line(
    n: int, starts: np.ndarray, width: int, *, low: float = -300, high: float = 5000, noise: float = 30, seed: int = 0
) -> np.ndarray:
    values = np.full(n, low) + np.random.default_rng(seed).normal(0, noise, n)
    for start in starts:
        values[start : start + width] += high - low
    return values


def traces(values: np.ndarray, dtype: str = "int16") -> Watched:
    return Watched(np.column_stack([values * 0, values]).astype(dtype), 0)


@pytest.mark.parametrize("dtype", ["int16", "float32", "int32"])
def test_pulses_and_widths_come_back(dtype: str) -> None:
    starts = np.arange(500, 590_000, 333)
    line = find_pulses(traces(make_line(600_000, starts, 40), dtype), 1, RATE)
    assert np.array_equal(np.rint(line.times_s * RATE), starts)
    assert line.widths_s is not None
    assert np.allclose(line.widths_s * RATE, 40)


def test_pulses_across_blocks_are_one_each_and_memory_is_bounded() -> None:
    n = 3 * N_BLOCK + 1000
    starts = np.array([N_BLOCK - 20, N_BLOCK + 5000, 2 * N_BLOCK - 1, 3 * N_BLOCK - 40, 3 * N_BLOCK + 200])
    made = traces(make_line(n, starts, 40))
    line = find_pulses(made, 1, RATE)
    assert np.array_equal(np.rint(line.times_s * RATE), starts)
    assert made.longest <= N_BLOCK


def test_falling_pulses() -> None:
    starts = np.arange(500, 90_000, 700)
    values = -make_line(100_000, starts, 60)
    line = find_pulses(traces(values), 1, RATE, polarity="falling")
    assert line.name == "channel 1, falling"
    assert np.array_equal(np.rint(line.times_s * RATE), starts)
    assert np.allclose(np.asarray(line.widths_s) * RATE, 60)


def test_short_ones_are_left_out() -> None:
    starts = np.arange(500, 90_000, 700)
    values = make_line(100_000, starts, 60)
    values[[1000, 5005, 7777]] = 5000
    assert len(find_pulses(traces(values), 1, RATE)) == len(starts) + 3
    line = find_pulses(traces(values), 1, RATE, least_width_s=0.001)
    assert np.array_equal(np.rint(line.times_s * RATE), starts)


def test_a_threshold_can_be_given() -> None:
    starts = np.arange(500, 90_000, 700)
    values = make_line(100_000, starts, 60)
    values[20_000:20_050] = 2000  # a step that is half as high
    assert len(find_pulses(traces(values), 1, RATE, threshold=1000)) == len(starts) + 1
    assert len(find_pulses(traces(values), 1, RATE, threshold=3500)) == len(starts)


def test_rare_pulses_and_artefacts_leave_the_levels_alone() -> None:
    starts = np.array([700_000, 701_000, 702_000, 703_000, 704_000])
    values = make_line(5_000_000, starts, 100)
    values[3_333_333] = 32_000
    levels = find_levels(traces(values), 1)
    assert levels.low == pytest.approx(-300, abs=300)
    assert levels.high == pytest.approx(5000, abs=500)
    assert len(find_pulses(traces(values), 1, RATE)) in (5, 6)


def test_noise_around_the_threshold_makes_no_pulses() -> None:
    """Slow edges with noise cross the threshold once."""
    period = np.concatenate([np.zeros(500), np.linspace(0, 4000, 200), np.full(500, 4000), np.linspace(4000, 0, 200)])
    values = np.tile(period, 60) + np.random.default_rng(0).normal(0, 40, 60 * len(period))
    assert len(find_pulses(traces(values), 1, RATE)) == 60


@pytest.mark.parametrize(
    ("values", "channel", "words"),
    [
        (np.random.default_rng(0).normal(0, 30, 50_000), 1, "does not go between two levels"),
        (np.zeros(50_000), 1, "does not go between two levels"),
        (np.zeros(50_000), 2, "no channel 2; there are 2, from 0"),
        (np.zeros(50_000), -1, "no channel -1"),
    ],
)
def test_what_is_no_line_is_one_sentence(values: np.ndarray, channel: int, words: str) -> None:
    with pytest.raises(TimelineError, match=words):
        find_pulses(traces(values), channel, RATE)


def test_it_can_be_cancelled_and_tells_how_far_it_is() -> None:
    seen: list[float] = []
    find_pulses(traces(make_line(2 * N_BLOCK, np.arange(500, 500_000, 5000), 50)), 1, RATE, on_progress=seen.append)
    assert seen == sorted(seen)
    assert all(0 <= share <= 1 for share in seen)


@given(st.lists(st.integers(1, 60), min_size=4, max_size=60), st.integers(5, 64), st.booleans())
def test_edges_are_those_of_brute_force(lengths: list[int], n_block: int, begins_up: bool) -> None:
    states = np.concatenate([np.full(n, (place + begins_up) % 2) for place, n in enumerate(lengths)])
    samples = ArraySamples(np.column_stack([states, states * 1000.0]), 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulse_channel, "N_BLOCK", n_block)
        rises, falls = pulse_channel._edges(samples, 1, 1.0, 500.0, 50.0, lambda share: None)
    steps = np.diff(states)
    assert np.array_equal(rises, np.flatnonzero(steps > 0) + 1)
    assert np.array_equal(falls, np.flatnonzero(steps < 0) + 1)
