"""Events become lines of pulses, each with the edges that go up, and those that go down."""

from types import MappingProxyType

import numpy as np

from napari_phy.core.event_times import EventTimes
from napari_phy.timeline.event_lines import lines_of_events


def events(name: str, samples: list[int], **values: list[int]) -> dict[str, EventTimes]:
    arrays = MappingProxyType({field: np.array(of) for field, of in values.items()})
    return {name: EventTimes(name, np.array(samples), np.zeros(len(samples), dtype=np.int64), arrays)}


def test_lines_of_a_digital_input_have_widths() -> None:
    of_file = events(
        "TTL", [100, 110, 150, 200, 220, 300], event_channels=[3, 3, 5, 3, 3, 3], eventID=[1, 0, 1, 1, 0, 1]
    )
    lines = {line.name: line for line in lines_of_events(of_file, 1000)}
    assert list(lines) == ["TTL 3", "TTL 3, falling", "TTL 5"]
    assert lines["TTL 3"].times_s.tolist() == [0.1, 0.2, 0.3]
    widths = lines["TTL 3"].widths_s
    assert widths is not None
    assert np.allclose(widths, [0.01, 0.02, np.nan], equal_nan=True)
    falling = lines["TTL 3, falling"].widths_s
    assert falling is not None
    assert np.allclose(falling, [0.09, 0.08])
    assert lines["TTL 5"].widths_s is None


def test_lines_without_a_state_and_kinds_without_a_line() -> None:
    of_file = {**events("TTL", [1, 2, 3], channel=[0, 1, 0]), **events("frames", [10, 20, 30])}
    lines = {line.name: line.times_s.tolist() for line in lines_of_events(of_file, 10)}
    assert lines == {"TTL 0": [0.1, 0.3], "TTL 1": [0.2], "frames": [1.0, 2.0, 3.0]}
