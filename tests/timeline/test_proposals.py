"""Of all lines of a file the one with the pulses of a stack is proposed first."""

import numpy as np
import pytest
from timeline.generated_clocks import make_clock

from napari_phy.timeline.proposals import propose
from napari_phy.timeline.pulses import PulseLine


def test_the_line_of_the_frames_is_first_and_said_in_words() -> None:
    clock = make_clock(11, 1800, jitter=0.01)
    clock.drop_pulses(1000, 2)
    rng = np.random.default_rng(0)
    start, stop = clock.times_s[[0, -1]]
    lines = [
        PulseLine("TTL 1", np.sort(rng.uniform(start, stop, 300))),
        PulseLine("TTL 2", np.arange(start, stop, 0.25)),
        PulseLine("TTL 3", clock.pulses_s),
        PulseLine("TTL 3, falling", clock.pulses_s + 0.002),
        PulseLine("TTL 4", np.array([start])),
        PulseLine("TTL 5", np.empty(0)),
    ]
    seen: list[float] = []
    found = propose(lines, 1800, on_progress=seen.append)
    assert [proposal.line.name for proposal in found[:2]] == ["TTL 3", "TTL 3, falling"]
    assert found[0].words.startswith("TTL 3: 1\u2009798 pulses, 1\u2009800 frames, 2 missing at ")
    assert found[0].score > 0.85
    assert found[2].score < 0.5
    assert len(found) == 4
    assert seen == sorted(seen)


def test_a_rate_decides_between_lines() -> None:
    lines = [PulseLine("slow", np.arange(600) / 5.0), PulseLine("fast", np.arange(600) / 50.0)]
    assert propose(lines, 600, rate_hz=50)[0].line.name == "fast"
    assert propose(lines, 600, rate_hz=5)[0].line.name == "slow"


@pytest.mark.parametrize("n_frames", [1, 2, 9])
def test_few_frames_fit_nothing(n_frames: int) -> None:
    lines = [PulseLine("many", np.arange(451) / 10), PulseLine("as many", np.arange(n_frames) / 10)]
    assert propose(lines, n_frames) == []


def test_a_line_with_as_many_pulses_goes_before_a_ratio() -> None:
    lines = [PulseLine("slow", np.arange(100) / 10.0), PulseLine("fast", np.arange(300) / 30.0)]
    (first, second) = propose(lines, 300)
    assert (first.words, second.words) == (
        "fast: 300 pulses, 300 frames",
        "slow: 100 pulses, 300 frames: 3 frames a pulse",
    )
    assert first.score > second.score + 0.2


def test_no_lines_no_proposals() -> None:
    assert propose([], 100) == []
