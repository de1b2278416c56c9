"""How far a review is, in numbers and words, and the steps of its history."""

import numpy as np
import pytest

from napari_phy.views.wizard_review import (
    WizardProgress,
    WizardRequest,
    compute_progress,
    compute_wizard,
    step_words,
)


def test_what_is_decided_is_what_is_in_a_group(session):
    assert compute_progress(session.manager, ()) == WizardProgress(3, 0, 5)
    session.manager.move([3], "my own")
    session.manager.discard([0])
    progress = compute_progress(session.manager, (3, 4, 4, 99))
    assert progress == WizardProgress(n_decided=3, n_skipped=1, n_clusters=4)
    assert progress.is_finished


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((13, 2, 21), "13 of 21 decided · 2 skipped"),
        ((0, 0, 21), "0 of 21 decided"),
        ((20, 2, 22), "All 22 clusters are decided. 2 were skipped."),
        ((21, 1, 22), "All 22 clusters are decided. 1 was skipped."),
        ((22, 0, 22), "All 22 clusters are decided."),
        ((0, 1, 1), "The only cluster was skipped."),
        ((0, 22, 22), "All 22 clusters were skipped."),
        ((1, 0, 1), "The only cluster is decided."),
        ((0, 0, 0), "0 of 0 decided"),
    ],
)
def test_progress_in_words(counts, words):
    assert WizardProgress(*counts).words == words


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (("merge", [5, 9], [23]), "Merge 5 and 9 → 23"),
        (("merge", [5, 9, 4], [23]), "Merge 5, 9 and 4 → 23"),
        (("split", [16], [24, 25]), "Split 16 → 24, 25"),
        (("split", [16], [24, 25, 26, 27, 28]), "Split 16 → 24, 25, 26, 2 more"),
        (("move", [8], "good"), "Move 8 to good"),
        (("move", list(range(10)), "noise"), "Move 0, 1, 2 and 7 more to noise"),
    ],
)
def test_steps_in_words(step, words):
    assert step_words(*step) == words


def test_a_pair_has_reasons_and_one_cluster_has_none(session):
    data = compute_wizard(session, WizardRequest(3, 4, skipped=(3,)))
    assert data.reasons.similarity == dict(session.similar_to(3))[4]
    assert data.progress == WizardProgress(3, 1, 5)
    assert compute_wizard(session, WizardRequest(3, None)).reasons is None
    assert compute_wizard(session, WizardRequest(None, None, is_paused=True)).reasons is None


def test_nothing_is_changed_by_looking(session):
    before = session.manager.spike_clusters.copy()
    compute_wizard(session, WizardRequest(3, 4))
    assert np.array_equal(session.manager.spike_clusters, before)
    assert session.manager.n_done == 0
