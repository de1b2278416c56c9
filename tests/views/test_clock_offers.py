"""The clocks that a stack may have, by each source."""

import numpy as np
import pytest
from support import ArrayModel

from napari_phy.core.errors import TimelineError
from napari_phy.core.event_times import EventTimes
from napari_phy.timeline import TimeBase
from napari_phy.views.clock_offers import (
    ClockRequest,
    FromChannel,
    FromClock,
    FromEvents,
    FromFile,
    FromRate,
    FromTimes,
    offer_clocks,
)

RATE, N_FRAMES, FRAME_HZ, START_S = 1000.0, 200, 20.0, 1.5
STARTS_S = START_S + np.arange(N_FRAMES) / FRAME_HZ
DURATION_S = 15.0


@pytest.fixture
def model():
    samples = np.rint(STARTS_S * RATE).astype(np.int64)
    traces = np.zeros((int(DURATION_S * RATE), 3), dtype=np.int16)
    for start in samples.tolist():
        traces[start : start + 10, 1] = 3000
    made = ArrayModel(np.zeros(50, dtype=int), traces=traces, n_channels=3, sample_rate=RATE, duration=DURATION_S)
    lines = np.concatenate([np.full(N_FRAMES, 2), [5, 5, 5]]).astype(np.uint8)
    at = np.concatenate([samples, [2000, 7000, 9000]])
    order = np.argsort(at, kind="stable")
    values = {"channel": lines[order], "eventid": np.ones(len(at), np.uint8)}
    made.events = {"TTL": EventTimes("TTL", at[order], np.zeros_like(at), values)}
    return made


def best(model, source, **options):
    return offer_clocks(model, ClockRequest(source, N_FRAMES, **options))[0]


def test_the_line_with_the_pulses_is_the_likeliest(model):
    offer = best(model, FromEvents())
    assert offer.words == "TTL 2: 200 pulses, 200 frames"
    assert np.allclose(offer.base.frame_times_s, STARTS_S, atol=1 / RATE)
    assert offer.alignment is not None


def test_a_file_of_times_in_any_unit(model, tmp_path):
    path = tmp_path / "times.csv"
    path.write_text("frame,time\n" + "".join(f"{frame},{1e3 * time}\n" for frame, time in enumerate(STARTS_S)))
    offer = best(model, FromFile(str(path), "time", "ms"))
    assert np.allclose(offer.base.frame_times_s, STARTS_S)
    assert offer.words == "times.csv, time: times of 200 frames from 1.5 to 11.5 s, 20 Hz"
    pulses = best(model, FromFile(str(path), "time", "ms", "pulses"))
    assert pulses.words == "times.csv: 200 pulses, 200 frames"


def test_fewer_times_than_frames_are_pulses_only_on_request(model, tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("time\n" + "".join(f"{time}\n" for time in STARTS_S[:100]))
    with pytest.raises(TimelineError, match=r"few\.csv has 100 times, the stack 200 frames"):
        best(model, FromFile(str(path)))
    offers = offer_clocks(model, ClockRequest(FromFile(str(path), are="pulses"), N_FRAMES))
    assert offers[0].choice == "70 % · few.csv: 100 pulses, 200 frames: 2 frames a pulse"
    assert any("100 missing at the end" in offer.choice for offer in offers)
    assert min(offer.base.doubt.min() for offer in offers) > 0.2
    (told,) = offer_clocks(model, ClockRequest(FromFile(str(path), are="pulses"), N_FRAMES, rate_hz=2 * FRAME_HZ))
    assert told.base.doubt[:-1].max() == 0


@pytest.mark.parametrize("n_frames", [1, 9])
def test_events_fit_no_few_frames(model, n_frames):
    assert offer_clocks(model, ClockRequest(FromEvents(), n_frames)) == []


def test_pulses_in_a_channel(model):
    offer = best(model, FromChannel(1))
    assert np.allclose(offer.base.frame_times_s, STARTS_S, atol=1 / RATE)
    with pytest.raises(TimelineError, match="two levels"):
        best(model, FromChannel(0))
    model.traces = None
    with pytest.raises(TimelineError, match="no raw data"):
        best(model, FromChannel(1))


def test_clocks_by_hand(model):
    offer = best(model, FromRate(START_S, FRAME_HZ))
    assert np.allclose(offer.base.frame_times_s, STARTS_S)
    assert offer.words == "200 frames from 1.5 to 11.5 s, 20 Hz"
    own = tuple((STARTS_S - START_S).tolist())
    assert np.allclose(best(model, FromTimes(START_S), frame_times_s=own).base.frame_times_s, STARTS_S)
    with pytest.raises(TimelineError, match="does not know"):
        best(model, FromTimes(START_S))


def test_the_clock_of_another_layer(model):
    base = TimeBase.from_rate(N_FRAMES, 5.0, source="TTL 2")
    assert best(model, FromClock("movie", base)).base is base
    with pytest.raises(TimelineError, match="movie has 7 frames, this layer has 200"):
        best(model, FromClock("movie", TimeBase.from_rate(7, 5.0)))
