"""The similarity that is chosen is computed in the background, and again of what edits bring."""

import pytest
from widgets.light_session import light_session

from napari_phy.core.errors import ClusteringError
from napari_phy.widgets.window import background_jobs
from napari_phy.widgets.window.background_jobs import SimilarityComputation


@pytest.fixture
def session():
    made = light_session()
    yield made
    made.close()


@pytest.fixture
def computation(session, qtbot):
    made = SimilarityComputation(None)
    made.follow(session)
    yield made
    made.follow(None)


def is_settled(computation, session):
    return not computation.busy and not session.similarities.is_due


def test_what_is_chosen_is_computed_and_what_an_edit_adds(computation, session, qtbot):
    qtbot.waitUntil(lambda: not computation.busy)
    cosines = session.similar_to(3)
    session.views["similarity"].measure = "template"
    qtbot.waitUntil(lambda: is_settled(computation, session))
    assert session.similar_to(3) != cosines
    merged = session.merge([4, 5]).added[0]
    assert session.similarities.is_due
    qtbot.waitUntil(lambda: is_settled(computation, session))
    assert merged in dict(session.similar_to(3))
    session.views["similarity"].measure = "cosine"
    qtbot.waitUntil(lambda: is_settled(computation, session))


def test_it_begins_again_where_an_edit_takes_a_cluster_away_and_says_where_it_fails(
    computation, session, qtbot, monkeypatch, caplog
):
    said, errors = [], [ClusteringError("Cluster 4 does not exist."), OSError("no such disk")]
    monkeypatch.setattr(background_jobs, "notify", lambda sentence, *_: said.append(sentence))

    def fail(on_progress):
        raise errors.pop(0)

    monkeypatch.setattr(session.similarities, "prepare", fail)
    session.views["similarity"].measure = "masked gaussian"
    qtbot.waitUntil(lambda: bool(said))
    assert said == ["The similarity could not be computed, so the cosine stays: no such disk"]
    assert errors == []
    assert "Clusters could not be compared." in caplog.text
