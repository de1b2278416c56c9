"""From event to event of a recording by keys: of pulses and messages in a .kwik, and of an Open Ephys recording."""

import numpy as np
import pytest
from journeys.person import ALT, SHIFT
from kwik_writers.open_ephys import make_recorded, write_open_ephys
from qtpy.QtCore import Qt

from napari_phy.actions.messages import NO_EVENTS
from napari_phy.core.event_times import EventTimes
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.events import write_events

PULSES_S = [2.0, 9.5, 31.25]
MESSAGES_S = [9.75, 59.0]


def events_of(name, times_s, rate, **values):
    samples = np.round(np.array(times_s) * rate).astype(np.int64)
    return EventTimes(name, samples, np.zeros_like(samples), values)


@pytest.fixture
def with_events(kwik_copy):
    """Return the sample with three pulses and two messages."""
    with open_h5(kwik_copy, "r+") as file:
        rate = float(file.read_attr("/recordings/0", "sample_rate"))
        kinds = {
            "pulses": events_of("pulses", PULSES_S, rate, channel=np.array([3, 3, 3], np.uint8)),
            "messages": events_of("messages", MESSAGES_S, rate, text=np.array(["dark", "größer"])),
        }
        write_events(file, kinds, {0: 0})
    return kwik_copy


def step(person, key):
    person.press(key, ALT | SHIFT)
    return person.session.time.time_s, person.viewer.status


def test_from_event_to_event(person, with_events):
    person.open(with_events)
    session, panel = person.session, person.workspace.panels["Traces"]
    words = dict.fromkeys(PULSES_S, "pulses") | {9.75: "messages “dark”", 59.0: "messages “größer”"}
    for moment in sorted(words):
        said = f"Event: {words[moment]}, at {moment:.3f} s."
        assert step(person, Qt.Key.Key_Right) == (pytest.approx(moment, abs=1e-4), said)
        start_s, stop_s = session.time.shown_s
        assert start_s <= moment <= stop_s
        traces = panel.data.traces
        assert traces.first_bin * traces.factor <= moment * session.model.sample_rate
    assert step(person, Qt.Key.Key_Right) == (pytest.approx(59.0, abs=1e-4), "There is no further event.")
    for moment in sorted(words, reverse=True)[1:]:
        said = f"Event: {words[moment]}, at {moment:.3f} s."
        assert step(person, Qt.Key.Key_Left) == (pytest.approx(moment, abs=1e-4), said)
    assert step(person, Qt.Key.Key_Left)[1] == "There is no further event."


def test_events_of_an_open_ephys_recording(person, tmp_path):
    """Their times are on a clock that runs on between the recordings; here they are on the line of the traces."""
    recorded = make_recorded()
    person.open(write_open_ephys(tmp_path, recorded))
    starts = np.cumsum([0, *map(len, recorded.raw[100][:-1])]) - recorded.clock
    rows = [(time, number) for time, number, *_ in [*recorded.ttl, *recorded.messages]]
    for sample in sorted(time + starts[number] for time, number in rows):
        assert step(person, Qt.Key.Key_Right)[0] == pytest.approx(sample / 30_000, abs=1e-6)


def test_without_events_the_reason_is_said(person, kwik_copy):
    person.open(kwik_copy)
    assert step(person, Qt.Key.Key_Right) == (0.0, NO_EVENTS)
