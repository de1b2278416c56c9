"""Epochs against a line of cells: each epoch has whole numbers as edges and covers the cells between them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import TimelineError
from napari_phy.timeline import TimeSeries, drop_short, duration, intersection, make_epochs, merge_close, union
from napari_phy.timeline.epochs import epoch_of

N_CELLS = 30
EMPTY = np.empty((0, 2))


@st.composite
def disjoint(draw):
    """Return ascending epochs, some of which touch."""
    edges = sorted(draw(st.sets(st.integers(0, N_CELLS), max_size=12)))
    pieces = list(pairwise(edges))
    kept = draw(st.lists(st.booleans(), min_size=len(pieces), max_size=len(pieces)))
    return np.array([piece for piece, is_kept in zip(pieces, kept, strict=True) if is_kept], float).reshape(-1, 2)


def cells(edges):
    """Return which cells lie in epochs."""
    covered = np.zeros(N_CELLS, dtype=bool)
    for start, end in np.asarray(edges, dtype=int):
        covered[start:end] = True
    return covered


def cuts(edges):
    """Return the edges within the line at which one epoch touches the next."""
    return set(edges[1:, 0]) & set(edges[:-1, 1])


@given(disjoint(), st.randoms())
def test_epochs_stay_as_given_whatever_their_order(edges, random):
    shuffled = edges.tolist()
    random.shuffle(shuffled)
    starts, ends = np.array(shuffled).reshape(-1, 2).T
    made = make_epochs(starts, ends, metadata={"name": [f"from {start:g}" for start in starts]})
    assert made.values.tolist() == edges.tolist()
    if len(edges):
        assert made["name"].tolist() == [f"from {start:g}" for start in edges[:, 0]]


@given(st.lists(st.tuples(st.integers(0, N_CELLS), st.integers(0, N_CELLS)).filter(lambda edge: edge[0] < edge[1])))
def test_epochs_that_overlap_become_one(edges):
    starts, ends = np.array(edges, dtype=float).reshape(-1, 2).T
    made = make_epochs(starts, ends)
    assert (cells(made.values) == cells(edges)).all()
    assert (made.start[1:] >= made.end[:-1]).all()
    for touching in cuts(made.values):  # no epoch that was given goes on across an edge that is left
        assert not any(start < touching < end for start, end in edges)


def test_the_log_says_which_epochs_overlap(caplog):
    made = make_epochs([10, 0, 12, 15], [13, 2, 14, 16], metadata={"name": list("abcd")})
    (record,) = caplog.records
    words = "Epochs overlap: 2 of them become 1, from 10 s on; their metadata are left out."
    assert (record.levelname, record.getMessage()) == ("WARNING", words)
    assert made.values.tolist() == [[0, 2], [10, 14], [15, 16]]
    assert list(made.metadata_columns) == []


def test_units_are_converted():
    assert make_epochs([0, 30_000], [30_000, 45_000], "samples", 30_000).values.tolist() == [[0, 1], [1, 1.5]]
    assert make_epochs(500, 750, "ms").values.tolist() == [[0.5, 0.75]]


@given(disjoint(), disjoint(), disjoint())
def test_union_covers_what_any_covers(one, other, third):
    found = union(*(make_epochs(*edges.T) for edges in (one, other, third)))
    assert (cells(found.values) == cells(one) | cells(other) | cells(third)).all()
    assert union(make_epochs(*one.T)).values.tolist() == one.tolist()
    assert union(make_epochs(*one.T), make_epochs(*one.T)).values.tolist() == one.tolist()


@given(disjoint(), disjoint(), disjoint())
def test_intersection_covers_what_all_cover(one, other, third):
    found = intersection(*(make_epochs(*edges.T) for edges in (one, other, third)))
    assert (cells(found.values) == cells(one) & cells(other) & cells(third)).all()
    inside = {
        cut for cut in cuts(one) | cuts(other) | cuts(third) if cells(found.values)[[int(cut) - 1, int(cut)]].all()
    }
    assert cuts(found.values) == inside


@given(disjoint())
def test_the_intersection_has_the_metadata_of_the_first(edges):
    named = make_epochs(*edges.T, metadata={"number": np.arange(len(edges))})
    found = intersection(named, make_epochs([3.5, 20], [17.5, 28]))
    if len(found):
        starts = named.start[found["number"].to_numpy()]
        ends = named.end[found["number"].to_numpy()]
        assert (starts <= found.start).all()
        assert (found.end <= ends).all()


@given(disjoint())
def test_the_duration_is_the_number_of_cells(edges):
    epochs = make_epochs(*edges.T)
    assert duration(epochs) == cells(edges).sum()
    assert duration(epochs, "ms") == 1000 * cells(edges).sum()
    assert duration(epochs, "samples", 30_000) == 30_000 * cells(edges).sum()


def test_the_duration_of_a_series_is_that_of_what_it_is_known_for():
    assert duration(TimeSeries([1.0, 2.0], time_support=make_epochs([0, 5], [3, 6]))) == 4


@given(disjoint(), st.integers(0, 6))
def test_short_epochs_are_dropped(edges, shortest):
    epochs = make_epochs(*edges.T, metadata={"number": np.arange(len(edges))})
    found = drop_short(epochs, 1000 * shortest, "ms")
    wanted = [place for place, (start, end) in enumerate(edges) if end - start >= shortest]
    assert found.values.tolist() == edges[wanted].tolist()
    if wanted:
        assert found["number"].tolist() == wanted


def test_an_epoch_just_as_long_as_the_shortest_stays():
    assert len(drop_short(make_epochs(0.1, 0.3), 200, "ms")) == 1  # 0.3 − 0.1 is less than 0.2 in floats
    assert len(merge_close(make_epochs([0, 0.3], [0.1, 1]), 200, "ms")) == 1


@given(disjoint(), st.integers(0, 6))
def test_gaps_are_closed_up_to_a_length(edges, gap):
    found = merge_close(make_epochs(*edges.T), gap)
    wanted = edges[:1].tolist()
    for start, end in edges[1:].tolist():
        if start - wanted[-1][1] <= gap:
            wanted[-1][1] = end
        else:
            wanted.append([start, end])
    assert found.values.tolist() == wanted


@given(disjoint(), st.lists(st.integers(0, 2 * N_CELLS).map(lambda n: n / 2)))
def test_a_time_lies_in_the_first_epoch_that_holds_it(edges, times):
    found = epoch_of(np.array(times), make_epochs(*edges.T))
    for time, place in zip(times, found.tolist(), strict=True):
        assert place == next((i for i, (start, end) in enumerate(edges) if start <= time <= end), -1)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ([0, 5], [1], "Each epoch needs a start and an end; there are 2 and 1."),
        ([0, 5], [1, 4], "Epoch 1 is from 5 to 4 s; it is to end after it begins."),
        ([3], [3], "Epoch 0 is from 3 to 3 s; it is to end after it begins."),
        ([0, np.nan], [1, 4], "Epoch 1 is from nan to 4 s; its edges are to be finite numbers."),
        ([0], [np.inf], "Epoch 0 is from 0 to inf s; its edges are to be finite numbers."),
    ],
)
def test_what_is_no_epoch_is_told(start, end, words):
    with pytest.raises(TimelineError) as caught:
        make_epochs(start, end)
    assert str(caught.value) == words


def test_metadata_of_another_length_and_lengths_below_zero_are_told():
    with pytest.raises(TimelineError, match=r"^There are 2 epochs, but 1 values of name\.$"):
        make_epochs([0, 5], [1, 6], metadata={"name": ["a"]})
    for shorten in (drop_short, merge_close):
        with pytest.raises(TimelineError, match="from 0 on, not -1 ms"):
            shorten(make_epochs(0, 1), -1, "ms")
        with pytest.raises(TimelineError, match="from 0 on, not nan s"):
            shorten(make_epochs(0, 1), np.nan)
