"""The clocks of the sample with imaging come back from its events."""

import numpy as np
import pytest

from napari_phy.sample_data.imaging_clocks import KIND, exposure_samples, kept_frames, ttl_events
from napari_phy.sample_data.imaging_recipe import FILM_CAMERA, MICROSCOPE
from napari_phy.sample_data.recipe import SAMPLE_RATE
from napari_phy.timeline.event_lines import lines_of_events
from napari_phy.timeline.proposals import propose

LINES = lines_of_events({KIND: ttl_events((MICROSCOPE, FILM_CAMERA))}, SAMPLE_RATE)


def test_the_movie_is_exact_in_spite_of_a_false_pulse() -> None:
    truth_s = exposure_samples(MICROSCOPE) / SAMPLE_RATE
    first, *_ = propose(LINES, MICROSCOPE.n_pulses)
    assert first.line.name == "TTL 3"
    assert first.score == pytest.approx(1, abs=0.01)
    assert [fault.kind for fault in first.best.faults] == ["extra pulse"]
    assert np.abs(first.best.base.frame_times_s - truth_s).max() < 1.1 / SAMPLE_RATE
    assert not first.best.base.is_doubtful.any()


def test_lost_frames_of_the_film_are_found_by_its_own_clock_and_doubtful_without() -> None:
    numbers = kept_frames(FILM_CAMERA)
    truth_s = exposure_samples(FILM_CAMERA, numbers) / SAMPLE_RATE
    first, *_ = propose(LINES, len(numbers), frame_times_s=numbers / FILM_CAMERA.rate_hz)
    assert first.line.name == "TTL 5"
    assert [fault.frame for fault in first.best.faults if fault.kind == "lost frame"] == [311, 601]
    assert np.abs(first.best.base.frame_times_s - truth_s).max() < 1.1 / SAMPLE_RATE
    assert not first.best.base.is_doubtful.any()
    without, *_ = propose(LINES, len(numbers), rate_hz=FILM_CAMERA.rate_hz)
    assert without.line.name == "TTL 5"
    assert without.best.base.is_doubtful.all()
