"""The matrix of shared spikes, and differences in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats.agreement import Agreement, shared_spikes
from napari_phy.stats.differences import Difference
from napari_phy.views.comparison import (
    agreement_words,
    base_words,
    changer_word,
    difference_words,
    pair_words,
    shared_matrix,
)

labels = st.integers(1, 30).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 6), min_size=n, max_size=n)] * 2))


@given(labels)
def test_the_matrix_has_every_spike_and_matched_clusters_on_its_diagonal(both):
    shared = shared_spikes(*both)
    matrix = shared_matrix(shared)
    assert sorted(matrix.theirs.tolist()) == shared.theirs.tolist()
    assert sum(matrix.counts.values()) == len(both[0])
    assert np.argwhere(matrix.levels).tolist() == sorted(map(list, matrix.counts))
    for (row, column), count in matrix.counts.items():
        ours, theirs = (
            np.array(of) == one for of, one in zip(both, (matrix.ours[row], matrix.theirs[column]), strict=True)
        )
        assert count == (ours & theirs).sum()
        assert (matrix.levels[row, column] == 255) == (count > 254 / 255 * max(ours.sum(), theirs.sum()))
    if len(shared.ours) == len(shared.theirs) and (shared.partners >= 0).all():
        assert matrix.theirs.tolist() == shared.theirs[shared.partners].tolist()


def test_a_cell_says_what_is_shared():
    matrix = shared_matrix(shared_spikes([3, 3, 5, 5], [1, 1, 1, 2]))
    assert [pair_words(matrix, cell) for cell in ((0, 0), (1, 0), (0, 1))] == [
        "3 here, 1 there   2 shared spikes",
        "5 here, 1 there   1 shared spike",
        "3 here, 2 there   0 shared spikes",
    ]


@pytest.mark.parametrize(
    ("difference", "words", "by"),
    [
        (Difference("split", (5,), (5, 9), 7, "theirs"), "Split 5 → 5 and 9", "theirs"),
        (Difference("merged", (1, 2), (3,), 7, "ours"), "Merge 1 and 2 → 3", "mine"),
        (Difference("regrouped", (1, 2), (3, 4), 7, "both"), "Rearrange 1 and 2 → 3 and 4", "conflict"),
        (Difference("group", (1,), (2,), 7, groups=("good", "noise")), "Move 1 to noise (here good)", ""),
    ],
)
def test_differences_are_told_in_few_words(difference, words, by):
    assert (difference_words(difference), changer_word(difference)) == (words, by)


def test_agreement_is_only_said_to_be_whole_where_it_is():
    almost = Agreement(10**6, 3, 0.999999, 0.999998, 0.99999)
    assert agreement_words(almost) == "Agreement 99.9 %, Cohen's κ 0.999, adjusted Rand index 0.999"
    assert (
        agreement_words(Agreement(4, 2, 1.0, 1.0, 1.0)) == "Agreement 100 %, Cohen's κ 1.000, adjusted Rand index 1.000"
    )
    assert base_words("original") == "Common base: original."
    assert "cannot be told" in base_words("")
