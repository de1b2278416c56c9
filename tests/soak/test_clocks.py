"""All faults of synchronisation, alone and together, on many clocks: none may be silently wrong. Prints a table."""

import itertools
import os

import numpy as np
import pytest
from timeline.generated_clocks import FAULTS, Clock, make_clock
from timeline.judging import Verdict, judge

from napari_phy.timeline.pulse_matching import align

N_SEEDS = 20
TOGETHER = [
    ("lost frame", "lost frame", "false pulse"),
    ("dropped pulse", "dropped pulse", "false pulse"),
    ("several dropped", "doubled pulses"),
    ("dropped run", "narrow pulse", "first missing"),
    ("pause", "dropped pulse"),
    ("pause", "lost frame", "last missing"),
    ("other acquisition", "dropped run"),
    ("camera skip", "camera skip", "extra at end"),
    ("camera skip", "first missing"),
    ("strong jitter", "several dropped"),
    ("rate change", "dropped pulse"),
    ("irregular", "first missing"),
]
N_RANDOM = {False: 1000, True: 300}  # by time it takes longer


def first_seed() -> int:
    return int(os.environ.get("NAPARI_PHY_SOAK_SEED", "0")) * 1000


def make(seed: int, faults: tuple[str, ...]) -> Clock | None:
    """Return a clock with these faults; None where it is too short for them, or they hide each other."""
    clock = make_clock(seed, int(np.random.default_rng(seed).integers(300, 3000)))
    for fault in faults:
        FAULTS[fault](clock)
        if min(len(clock.times_s), len(clock.pulses_s)) < 250:
            return None
    return None if clock.is_disguised else clock


def verdicts(clock: Clock, *, with_stamps: bool) -> list[Verdict]:
    found = align(clock.line, len(clock.times_s), frame_times_s=clock.stamps_s if with_stamps else None)
    return [judge(clock, one.base) for one in found]


@pytest.mark.soak
@pytest.mark.parametrize("with_stamps", [False, True], ids=["by number", "by time"])
def test_kinds_of_faults(with_stamps: bool, capsys: pytest.CaptureFixture[str]) -> None:
    silent: list[str] = []
    lines = [f"{'faults':54} right  marked too  wrong, marked  silently wrong  right one offered"]
    for faults in [(), *((name,) for name in FAULTS), *TOGETHER]:
        every = []
        for seed in itertools.count(first_seed()):
            clock = make(seed, faults)
            if clock is not None:
                every.append(verdicts(clock, with_stamps=with_stamps))
                silent += [f"{faults} {seed}" for verdict in every[-1] if verdict.silent]
            if len(every) == N_SEEDS:
                break
        best = [found[0] for found in every]
        means = [
            np.mean([getattr(one, name) for one in best]) for name in ("right", "right_but_marked", "wrong_and_marked")
        ]
        offered = sum(any(not one.wrong_and_marked and not one.silent for one in found) for found in every)
        n_silent = sum(one.silent for found in every for one in found)
        cells = " ".join(f"{100 * mean:11.2f}" for mean in means)
        lines.append(f"{', '.join(faults) or 'none':48} {cells} {n_silent:12} {offered:13} of {N_SEEDS}")
        assert min(one.right_or_marked for one in best) >= 0.999
    with capsys.disabled():
        print("\n" + "\n".join(lines))  # noqa: T201
    assert not silent


@pytest.mark.soak
@pytest.mark.parametrize("with_stamps", [False, True], ids=["by number", "by time"])
def test_any_faults_together(with_stamps: bool) -> None:
    rng = np.random.default_rng(first_seed())
    names = [name for name in FAULTS if name != "irregular"]
    silent = []
    for seed in range(first_seed(), first_seed() + N_RANDOM[with_stamps]):
        faults = tuple(rng.choice(names, size=int(rng.integers(1, 4))).tolist())
        clock = make(seed, faults)
        if clock is not None and any(one.silent for one in verdicts(clock, with_stamps=with_stamps)):
            silent.append(f"{seed}: {', '.join(faults)}")
    assert not silent
