import numpy as np

from napari_phy.core.event_times import EventTimes, ttl_lines


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


def test_a_line_without_states_has_all_its_events():
    found = ttl_lines(kind(channel=[1, 2, 1]))
    assert {name: line.samples.tolist() for name, line in found.items()} == {"TTL 1": [0, 20], "TTL 2": [10]}
    assert list(ttl_lines(kind(line=[1, 1], state=[7, 9]))) == ["TTL 1"]


def test_events_that_name_no_line_have_none():
    assert ttl_lines(kind(text=["a", "b"], eventID=[1, 0])) == {}
    assert ttl_lines(kind(channel=[0.5, 1.5])) == {}
    assert ttl_lines(kind(channel=np.arange(100))) == {}
