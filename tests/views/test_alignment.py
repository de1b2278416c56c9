"""The picture of an alignment shows each interval, names each fault, and shades what is doubtful."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from timeline.generated_clocks import Clock, make_clock

from napari_phy.timeline.alignment import Alignment
from napari_phy.timeline.pulse_matching import align
from napari_phy.views.alignment import (
    MOST_INTERVAL,
    alignment_frame,
    alignment_words,
    compute_alignment,
    fault_labels,
    interval_columns,
    stretch_boxes,
)
from napari_phy.views.alignment_svg import alignment_svg


class Sizes:
    def px(self, size: float) -> int:
        return round(size)

    def text_width(self, text: str, size: float = 12, *, bold: bool = False) -> float:
        return 6.0 * len(text)


@pytest.fixture
def clock() -> Clock:
    clock = make_clock(12, 1500, jitter=0.01)
    clock.drop_pulses(900, 3)
    clock.add_pulses(clock.pulses_s[400] + 0.4 * clock.interval_s)
    return clock


@pytest.fixture
def alignment(clock: Clock) -> Alignment:
    return align(clock.line, 1500)[0]


def test_intervals_are_counted_in_frames(alignment: Alignment) -> None:
    data = compute_alignment(alignment)
    assert len(data.intervals) == len(alignment.pulse_times_s) - 1
    assert np.median(data.intervals) == pytest.approx(1, abs=0.01)
    assert data.intervals.max() == pytest.approx(4, abs=0.1)
    assert np.count_nonzero(~data.has_frame) == 1
    assert len(data.lonely_s) == 3
    assert data.caption.startswith("TTL 3: 1\u2009498 pulses, 1\u2009500 frames")


def test_everything_lies_in_the_frame_and_labels_do_not_touch(alignment: Alignment) -> None:
    data, sizes = compute_alignment(alignment), Sizes()
    for width, height in ((900, 300), (200, 120), (30, 30)):
        frame = alignment_frame(data, width, height, sizes)
        x, top, bottom = interval_columns(data, frame)
        assert len(x) == len(np.unique(x))
        assert ((x >= frame.left) & (x <= frame.left + frame.width + 1)).all()
        assert (top <= bottom).all()
        assert (top >= frame.top - 0.5).all()
        for box, _ in stretch_boxes(data, frame):
            assert frame.left <= box.left <= box.right <= frame.left + frame.width + 1
        boxes = [label.box for label in fault_labels(data, frame, sizes) if label.text]
        for place, one in enumerate(boxes):
            for other in boxes[:place]:
                assert one.right <= other.left or other.right <= one.left or one.top != other.top


def test_faults_are_named_where_they_are(clock: Clock, alignment: Alignment) -> None:
    data, sizes = compute_alignment(alignment), Sizes()
    frame = alignment_frame(data, 900, 300, sizes)
    labels = {label.text: label for label in fault_labels(data, frame, sizes)}
    assert set(labels) == {"3 missing", "false"}
    at = frame.to_data([[labels["3 missing"].x_px, frame.top]])[0, 0]
    assert at == pytest.approx(clock.times_s[900], abs=0.02 * (clock.times_s[-1] - clock.times_s[0]))
    middle = frame.top + frame.height / 2
    assert "3 pulses are missing" in alignment_words(data, frame, sizes, labels["3 missing"].x_px, middle)
    assert ", frame " in alignment_words(data, frame, sizes, frame.left + 0.2 * frame.width, middle)
    assert alignment_words(data, frame, sizes, -5, -5) == ""


def test_long_lines_take_a_column_a_px() -> None:
    clock = make_clock(13, 50_000)
    data = compute_alignment(align(clock.line, 50_000)[0])
    frame = alignment_frame(data, 800, 300, Sizes())
    x, *_ = interval_columns(data, frame)
    assert len(x) <= frame.width + 1


def test_the_svg_is_well_formed_and_says_everything(alignment: Alignment) -> None:
    root = ElementTree.fromstring(alignment_svg(alignment))  # our own
    texts = {node.text for node in root.iter() if node.tag.endswith("text")}
    titles = " ".join(node.text or "" for node in root.iter() if node.tag.endswith("title"))
    assert {"3 missing", "false", "time (s)", "interval (frames)"} <= texts
    assert "3 pulses are missing" in titles
    assert "no pulse" in titles
    assert MOST_INTERVAL == 4


def test_two_pulses_are_a_picture() -> None:
    from napari_phy.timeline.pulses import PulseLine

    (best, *_) = align(PulseLine("a", np.array([1.0, 2.0])), 2)
    assert "<svg" in alignment_svg(best)
