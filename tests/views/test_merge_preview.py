"""A preview of a merge or a cut says what the clusters would be, before anything is edited."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.stats.correlograms import count_pairs, merged_autocorrelogram, symmetrise
from napari_phy.views.correlograms import CorrelogramRequest, compute_correlograms
from napari_phy.views.intervals import IntervalsRequest, compute_intervals
from napari_phy.views.merge_preview import (
    PreviewRequest,
    compute_merge_preview,
    preview_layout,
    preview_read_out,
    preview_words,
)


class Sizes:
    """Type of a fixed size."""

    def px(self, size):
        return max(1, round(size))

    def text_width(self, text, size=12, *, bold=False):
        return 6.0 * len(text)


@given(
    st.lists(st.integers(0, 400), max_size=60),
    st.integers(1, 5),
    st.integers(1, 9),
    st.integers(1, 12),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60)
def test_correlograms_of_all_pairs_add_up_to_the_autocorrelogram_of_all_as_one(samples, n, width, n_bins, random):
    times = np.array(sorted(samples), dtype=np.int64)
    places = np.array([random.randrange(n) for _ in samples], dtype=np.uint16)
    each = symmetrise(count_pairs(times, places, n, width, n_bins))
    as_one = symmetrise(count_pairs(times, np.zeros(len(times), dtype=np.uint16), 1, width, n_bins))
    np.testing.assert_array_equal(merged_autocorrelogram(each), as_one[0, 0])


def merged(session, clusters):
    """Return the same numbers of the cluster that a merge makes, and take it back."""
    new = session.manager.merge(clusters).added[0]
    counts = compute_correlograms(session, CorrelogramRequest((new,))).counts[0, 0]
    intervals = compute_intervals(session, IntervalsRequest((new,)))
    session.manager.undo()
    return counts, int(intervals.n_violations[0]), int(intervals.n_intervals[0])


@pytest.mark.parametrize("n", [2, 3])
def test_a_preview_is_what_the_merge_then_gives(session, n):
    clusters = tuple(session.manager.cluster_ids[:n].tolist())
    preview = compute_merge_preview(session, PreviewRequest(clusters))
    counts, n_violations, n_intervals = merged(session, clusters)
    np.testing.assert_array_equal(preview.whole, counts)
    assert (preview.violations.whole_violations, preview.violations.whole_intervals) == (n_violations, n_intervals)
    alone = compute_intervals(session, IntervalsRequest(clusters))
    assert preview.violations.n_violations.tolist() == alone.n_violations.tolist()
    assert preview.violations.n_between == n_violations - int(alone.n_violations.sum())
    own = compute_correlograms(session, CorrelogramRequest(clusters)).counts
    np.testing.assert_array_equal(preview.counts, [own[place, place] for place in range(n)])
    assert not session.manager.n_done


def test_a_cut_is_told_as_what_its_two_parts_are(session):
    cluster = int(session.manager.cluster_ids[0])
    spikes = session.manager.spikes(cluster)
    cut = ClusterCut(cluster, spikes[::3], len(spikes) - len(spikes[::3]), "features", 3.0)
    preview = compute_merge_preview(session, PreviewRequest((cluster,), cut))
    session.manager.split(cut.spikes)
    smaller, rest = sorted(int(one) for one in session.manager.clusters_of([spikes[0], spikes[1]]))
    after = compute_merge_preview(session, PreviewRequest((smaller, rest)))
    np.testing.assert_array_equal(preview.whole, after.whole)
    np.testing.assert_array_equal(preview.counts, after.counts)
    assert preview.n_spikes.tolist() == [len(cut), len(spikes) - len(cut)]
    assert preview_words(preview)[0].startswith("As two: refractory violations ")


def test_amplitudes_are_weighed_by_the_spikes_they_stand_for(session):
    clusters = tuple(session.manager.cluster_ids[:2].tolist())
    preview = compute_merge_preview(session, PreviewRequest(clusters))
    assert preview.has_amplitudes
    shares = preview.amplitudes.sum(axis=1) / preview.n_spikes
    assert ((shares > 0.9) & (shares <= 1.0 + 1e-9)).all()


def test_independent_trains_have_as_many_new_violations_as_chance_gives(make_session):
    session = make_session(n_spikes=8_000, n_clusters=2, duration=400.0)
    preview = compute_merge_preview(session, PreviewRequest((0, 1)))
    assert preview.violations.n_between == pytest.approx(preview.violations.by_chance, rel=0.15)
    first, second = preview.n_spikes.tolist()
    assert preview.violations.by_chance == pytest.approx(2 * first * second * 0.002 / 400, rel=0.01)
    assert preview.is_violated
    assert "by chance" in preview_words(preview)[1]


def test_lines_and_plots_are_apart_and_inside(session):
    preview = compute_merge_preview(session, PreviewRequest(tuple(session.manager.cluster_ids[:2].tolist())))
    for width, height in [(520, 160), (300, 90), (220, 40), (900, 300)]:
        layout = preview_layout(width, height, Sizes(), has_amplitudes=True)
        boxes = [*layout.lines, *(one for one in (layout.correlogram, layout.amplitudes) if one is not None)]
        assert all(0 <= box.left and box.right <= width and 0 <= box.top and box.bottom <= height for box in boxes)
        if layout.correlogram is not None and layout.amplitudes is not None:
            assert layout.correlogram.right < layout.amplitudes.left
            assert layout.correlogram.top >= layout.lines[-1].bottom
    layout = preview_layout(520, 160, Sizes(), has_amplitudes=True)
    assert preview_read_out(preview, layout, *layout.correlogram.center).startswith("as one: 0 ms, ")
    assert "about" in preview_read_out(preview, layout, *layout.amplitudes.center)
    assert preview_read_out(preview, layout, 1, 1) == ""


def changed(preview, **changes):
    return replace(preview, violations=replace(preview.violations, **changes))


def test_words_tell_before_and_after_and_what_chance_would_give(session):
    preview = compute_merge_preview(session, PreviewRequest((0, 1, 2)))
    told = {
        (0, 0.2): "None new; 3 neurons would have less than one by chance",
        (12, 110.4): "12 new; 3 neurons would have about 110 by chance",
    }
    for (n, by_chance), words in told.items():
        whole = int(preview.violations.n_violations.sum()) + n
        made = changed(preview, whole_violations=whole, by_chance=by_chance)
        assert preview_words(made)[1] == words
    made = changed(preview, whole_violations=30, whole_intervals=1000)
    assert preview_words(made)[0].endswith(" → 3.0 % (2 ms)")
    none = changed(preview, n_intervals=np.zeros(3, dtype=np.int64), n_violations=np.zeros(3, dtype=np.int64))
    assert preview_words(none)[0].startswith("As one: refractory violations – → ")
