"""Chunks share out every sample, and excerpts lie within recordings."""

from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.base_model import Recording
from napari_phy.sorting.spikedetekt.chunks import chunks_of, excerpts_of


def recordings(lengths):
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    return [Recording(place, str(place), start, lengths[place]) for place, start in enumerate(starts)]


lengths_of = st.lists(st.integers(1, 5000), min_size=1, max_size=4)


@given(lengths_of, st.integers(100, 1500), st.integers(0, 50))
def test_each_sample_is_kept_by_exactly_one_chunk_of_its_own_recording(lengths, size, overlap):
    kept = []
    for chunk in chunks_of(recordings(lengths), size, overlap):
        assert chunk.start <= chunk.keep_start < chunk.keep_stop <= chunk.stop <= chunk.start + size
        home = [one for one in recordings(lengths) if one.start_sample <= chunk.start][-1]
        assert chunk.stop <= home.start_sample + home.n_samples
        assert chunk.keep_start - chunk.start >= overlap // 2 or chunk.start == home.start_sample
        kept += range(chunk.keep_start, chunk.keep_stop)
    assert kept == list(range(sum(lengths)))


def test_chunks_are_those_of_klusta():
    bounds = [(one.start, one.stop, one.keep_start, one.keep_stop) for one in chunks_of(recordings([250]), 100, 20)]
    assert bounds == [(0, 100, 0, 90), (80, 180, 90, 170), (160, 250, 170, 250)]


@given(lengths_of, st.integers(1, 60), st.integers(1, 500))
def test_excerpts_are_as_many_as_are_asked_for_or_all_samples(lengths, n_excerpts, size):
    total = sum(lengths)
    pieces = excerpts_of(recordings(lengths), n_excerpts, size)
    samples = [sample for start, stop in pieces for sample in range(start, stop)]
    assert samples == sorted(set(samples))
    assert len(samples) == min(total, n_excerpts * size)
    edges = {one.start_sample for one in recordings(lengths)}
    assert all(not edges & set(range(start + 1, stop)) for start, stop in pieces)
