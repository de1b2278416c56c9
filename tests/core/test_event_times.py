import numpy as np
import pytest

from napari_phy.core.event_times import EventTimes, event_names, ttl_lines


def kind(**values):
    n = len(next(iter(values.values())))
    return EventTimes(
        "TTL", np.arange(n) * 10, np.zeros(n, np.int64), {name: np.array(of) for name, of in values.items()}
    )


def test_each_line_has_its_events_on_and_off():
    found = ttl_lines(kind(event_channels=[3, 5, 3, 3], eventID=[1, 1, 0, 1]))
    assert {name: line.samples.tolist() for name, line in found.items()} == {
        "TTL 3 on": [0, 30], "TTL 3 off": [20], "TTL 5 on": [10]
    }  # fmt: skip
    assert found["TTL 3 on"].values["eventID"].tolist() == [1, 1]
    assert [line.name for line in found.values()] == list(found)


def test_an_event_is_named_by_its_line_where_there_are_several():
    both = kind(event_channels=[3, 5, 3, 3], eventID=[1, 1, 0, 1])
    assert event_names(both, 1, 3) == ["TTL 5 on", "TTL 3 off"]
    for name, line in ttl_lines(both).items():
        assert event_names(line, 0, len(line)) == [line.name] * len(line)
        assert [event_names(both, place, place + 1)[0] for place in (line.samples // 10).tolist()] == [name] * len(line)
    assert event_names(kind(channel=[1, 2, 1]), 0, 3) == ["TTL 1", "TTL 2", "TTL 1"]
    assert event_names(kind(channel=[4, 4], eventID=[1, 0]), 0, 2) == ["TTL", "TTL"]
    assert event_names(kind(channel=np.arange(100)), 0, 2) == ["TTL", "TTL"]
    assert event_names(kind(text=["a"]), 0, 0) == []


def test_a_line_without_states_has_all_its_events():
    found = ttl_lines(kind(channel=[1, 2, 1]))
    assert {name: line.samples.tolist() for name, line in found.items()} == {"TTL 1": [0, 20], "TTL 2": [10]}
    assert list(ttl_lines(kind(line=[1, 1], state=[7, 9]))) == ["TTL 1"]


def test_events_that_name_no_line_have_none():
    assert ttl_lines(kind(text=["a", "b"], eventID=[1, 0])) == {}
    assert ttl_lines(kind(channel=[0.5, 1.5])) == {}
    assert ttl_lines(kind(channel=np.arange(100))) == {}


@pytest.mark.parametrize(("n", "is_digital"), [(1, True), (64, True), (65, False)])
def test_a_digital_input_has_64_lines_at_most(n, is_digital):
    assert len(ttl_lines(kind(channel=np.arange(n)))) == (n if is_digital else 0)


@pytest.mark.parametrize("name", ["event_channels", "event_channel", "channel", "line", "Line"])
@pytest.mark.parametrize("state", ["eventID", "state", "on"])
def test_recorders_name_lines_and_states_in_many_ways(name, state):
    found = ttl_lines(kind(**{name: [2, 2, 2], state: [True, False, True]}))
    assert {line: events.samples.tolist() for line, events in found.items()} == {"TTL 2 on": [0, 20], "TTL 2 off": [10]}


def test_some_events_keep_all_that_is_said_of_them():
    events = kind(channel=[1, 2, 1], note=["a", "b", "c"])
    some = events.where(np.array([True, False, True]), "mine")
    assert (some.name, len(some), len(events)) == ("mine", 2, 3)
    assert (some.samples.tolist(), some.recordings.tolist()) == ([0, 20], [0, 0])
    assert {field: values.tolist() for field, values in some.values.items()} == {"channel": [1, 1], "note": ["a", "c"]}
