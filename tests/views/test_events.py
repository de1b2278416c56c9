"""Events: from one to the next, in a stretch of time, in words."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_phy.core.event_times import EventTimes
from napari_phy.views.events import Event, events_between, next_event

RATE = 1000.0


def session_with(**kinds):
    """Return a session with events at some samples of each kind; a tuple has their texts as well."""
    events = {}
    for name, found in kinds.items():
        samples, texts = found if isinstance(found, tuple) else (found, None)
        values = {"channel": np.full(len(samples), 3), **({} if texts is None else {"text": np.array(texts)})}
        events[name] = EventTimes(name, np.array(samples), np.zeros(len(samples), np.int64), values)
    return SimpleNamespace(model=SimpleNamespace(sample_rate=RATE, events=events))


SESSION = session_with(light=[100, 900, 5000], sound=[400, 5000, 9000])


@pytest.mark.parametrize(("step", "start"), [(1, -1.0), (-1, 20.0)])
def test_events_of_all_kinds_come_in_the_order_of_time(step, start):
    visited, time_s = [], start
    while (found := next_event(SESSION, time_s, step)) is not None:
        time_s = found.time_s
        visited.append(round(time_s * RATE))
    assert visited == [100, 400, 900, 5000, 9000][::step]


def test_kinds_at_the_same_moment_are_one_event():
    assert next_event(SESSION, 4.0) == Event(5.0, "light, sound")


def test_the_text_of_an_event_is_in_its_words():
    session = session_with(pulse=[7, 7, 20], note=([7, 9], ["dark", ""]))
    assert events_between(session, 0, 20) == [Event(0.007, "pulse, note “dark”"), Event(0.009, "note")]


def test_events_of_several_lines_are_told_apart():
    lines = {"event_channels": np.array([3, 5, 3]), "eventID": np.array([1, 1, 0])}
    ttl = EventTimes("TTL", np.array([7, 9, 12]), np.zeros(3, np.int64), lines)
    session = SimpleNamespace(model=SimpleNamespace(sample_rate=RATE, events={"TTL": ttl}))
    assert [event.words for event in events_between(session, 0, 20)] == ["TTL 3 on", "TTL 5 on", "TTL 3 off"]
    assert next_event(session, 0.008).words == "TTL 5 on"


def test_a_stretch_begins_at_its_first_sample_and_ends_before_its_last():
    assert [event.time_s for event in events_between(SESSION, 400, 5000)] == [0.4, 0.9]


def test_more_than_wanted_are_none():
    assert len(events_between(SESSION, 0, 10_000, 6)) == 5
    assert events_between(SESSION, 0, 10_000, 5) == []


def test_without_events_there_is_none():
    assert next_event(session_with(), 0.0) is None
    assert events_between(session_with(), 0, 100) == []
