"""One measure is chosen for all; until it is computed the cosine answers."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from stats.masked_truth import log_matrix
from widgets.light_session import light_session

import napari_phy
from napari_phy.core.errors import ClusteringError
from napari_phy.stats.masked_gaussian import normalised_logs
from napari_phy.stats.similarity import cosine_matrix
from napari_phy.table import similarities
from napari_phy.table.gaussian_sums import GaussianSums
from napari_phy.table.similarity_measures import BUILT_IN, measure_choices, registry
from napari_phy.views.wizard_reasons import compute_reasons

KEYS = [measure.key for measure in BUILT_IN]


@pytest.fixture
def only_ours():
    registry.clear()
    yield
    registry.clear()


@pytest.fixture
def session():
    with light_session(9, 900) as session:
        yield session


def choose(session, key):
    session.views["similarity"].measure = key


def expected_gaussian(session):
    """Return {(i, j): probability} the direct way."""
    model, ids = session.model, session.manager.cluster_ids.tolist()
    labels = session.manager.spike_clusters
    noise = GaussianSums(session.manager, model).noise()
    shares = np.exp(normalised_logs(log_matrix(model.features[:], model.masks[:], labels, noise)))
    shares = np.maximum(shares, shares.T)
    return {(a, b): shares[i, j] for i, a in enumerate(ids) for j, b in enumerate(ids)}


def check_gaussian(session):
    expected = expected_gaussian(session)
    for cluster in session.manager.cluster_ids.tolist():
        ranking = session.similar_to(cluster)
        assert_allclose([value for _, value in ranking], [expected[cluster, other] for other, _ in ranking], atol=1e-4)
        values = [value for _, value in ranking]
        assert values == sorted(values, reverse=True)


def test_until_it_is_computed_the_cosine_answers_and_then_all_have_the_same(session):
    cosines = session.similar_to(3)
    assert not session.similarities.is_due
    choose(session, "masked gaussian")
    assert session.similarities.is_due
    assert session.similar_to(3) == cosines
    session.prepare()
    assert not session.similarities.is_due
    assert session.similar_to(3) != cosines
    check_gaussian(session)
    ids = session.manager.cluster_ids
    matrix = session.similarities.matrix("masked gaussian", ids)
    for row, cluster in enumerate(ids.tolist()):
        ranking = dict(session.similar_to(cluster))
        assert_allclose(np.delete(matrix[row], row), [ranking[other] for other in ids.tolist() if other != cluster])
    session.wizard.start()
    assert session.wizard.similarity.ranked(3)[0] == session.similar_to(3)[0][0]
    choose(session, "cosine")
    assert session.similar_to(3) == cosines


def test_the_wizard_goes_by_the_limits_of_the_measure_that_ranks_now(session):
    assert all(0 < one.least < one.little < one.much < 1 for one in BUILT_IN)
    assert session.similarities.ranked_by.key == "cosine"
    choose(session, "masked gaussian")
    assert session.similarities.ranked_by.key == "cosine"
    session.prepare()
    measure = session.similarities.ranked_by
    assert measure.key == "masked gaussian"
    session.start_wizard()
    best, seen = session.wizard.best, []
    while session.wizard.next_candidate() not in seen:
        seen.append(session.wizard.candidate)
    alike = [other for other, value in session.similar_to(best) if value >= measure.least]
    assert {other for other in alike if session.manager.group(other) == "unsorted"} <= {*seen, best}
    assert all(dict(session.similar_to(best))[other] >= measure.least for other in seen[1:])
    reasons = compute_reasons(session.opened, best, seen[0], reads_features=True)
    assert (reasons.little_alike, reasons.much_alike) == (measure.little, measure.much)


def test_after_merge_split_and_undo_it_is_still_that_of_the_direct_way(session):
    choose(session, "masked gaussian")
    session.prepare()
    session.merge([3, 4])
    check_gaussian(session)
    session.split(session.manager.spikes(1)[::2])
    check_gaussian(session)
    for _ in range(2):
        session.undo()
    check_gaussian(session)
    assert not session.similarities.is_due


def take_templates(session):
    """Let each cluster be of its own template, none of which is as alike as one is to itself."""
    session.model.spike_templates = np.array(session.manager.spike_clusters, dtype=np.int64)
    n = int(session.model.spike_templates.max()) + 1
    session.model.similar_templates = np.eye(n, dtype=np.float32) * 0.5 + 0.5


@pytest.mark.parametrize("key", KEYS)
def test_every_measure_has_numbers_and_finds_two_halves_of_one_cluster(key):
    with light_session(9, 3000) as session:
        take_templates(session)
        one, other = session.split(session.manager.spikes(5)[::2]).added
        choose(session, key)
        session.prepare()
        ids = session.manager.cluster_ids
        matrix = session.similarities.matrix(key, ids)
        assert np.isfinite(matrix).all()
        assert_allclose(matrix, matrix.T, atol=1e-6)
        if key != "correlogram":  # spikes of the stand-in have no refractory time
            assert session.similar_to(one)[0][0] == other


def test_what_reads_waveforms_is_computed_in_the_background_after_an_edit(session):
    choose(session, "template")
    session.prepare()
    before = session.similar_to(5)
    merged = session.merge([1, 2]).added[0]
    assert session.similarities.is_due
    assert dict(session.similar_to(5)) == pytest.approx(dict(session.opened.ranking(5)))
    session.prepare()
    assert merged in dict(session.similar_to(5))
    session.undo()
    assert session.similar_to(5) == before


def test_of_many_clusters_only_pairs_that_share_channels_have_values(session, monkeypatch):
    choose(session, "masked gaussian")
    session.prepare()
    ids = session.manager.cluster_ids
    dense = session.similarities.matrix("masked gaussian", ids)
    monkeypatch.setattr(similarities, "N_DENSE", 3)
    with light_session(9, 900) as many:
        choose(many, "masked gaussian")
        many.prepare()
        sparse = many.similarities.matrix("masked gaussian", ids)
        shared = sparse > 0
        assert_allclose(sparse[shared], dense[shared], atol=1e-3)
        assert dense[~shared].max(initial=0) < 1e-3
        many.merge([3, 4])
        check_ids = many.manager.cluster_ids
        assert many.similarities.matrix("masked gaussian", check_ids).shape == (len(check_ids),) * 2


def test_what_a_data_set_does_not_have_is_ranked_by_the_cosine():
    with light_session(9, 900, with_raw=False) as session:
        cosines = session.similar_to(3)
        choose(session, "template")
        assert not session.similarities.is_due
        assert session.similar_to(3) == cosines
        session.prepare()
        session.sums.is_held = True
        choose(session, "masked gaussian")
        assert not session.similarities.is_due
        assert session.similar_to(3) == []


def test_a_matrix_of_some_clusters_is_a_part_of_that_of_all_and_one_that_is_gone_is_refused(session):
    ids = session.manager.cluster_ids
    for key in ("masked gaussian", "cosine"):
        whole = session.similarities.matrix(key, ids)
        assert_allclose(session.similarities.matrix(key, ids[[5, 2]]), whole[np.ix_([5, 2], [5, 2])], atol=1e-6)
    session.merge([1, 2])
    for key in ("masked gaussian", "cosine"):
        with pytest.raises(ClusteringError):
            session.similarities.matrix(key, ids)


def test_a_function_of_two_clusters_becomes_a_measure(session, only_ours, caplog):
    asked = []

    @napari_phy.similarity(title="as large")
    def as_large(one, other):
        """Ratio of sizes."""
        asked.append((one.cluster_id, other.cluster_id))
        if one.cluster_id == 2:
            raise ZeroDivisionError("no such thing")
        return min(one.n_spikes, other.n_spikes) / max(one.n_spikes, other.n_spikes)

    assert ("as large", "as_large") in measure_choices()
    choose(session, "as_large")
    session.prepare()
    sizes = session.manager.n_spikes
    for other, value in session.similar_to(5):
        assert value == pytest.approx(min(sizes(5), sizes(other)) / max(sizes(5), sizes(other))) or value == 0
    assert len(set(asked)) == len(asked)
    assert dict(session.similar_to(2)).keys() == dict(session.similar_to(5)).keys() - {2} | {5}
    assert len([record for record in caplog.records if "as_large failed" in record.getMessage()]) <= 1
    registry.clear()
    assert session.similar_to(5) == session.opened.ranking(5)  # the package is gone


def test_a_measure_needs_a_title_and_what_there_is(only_ours):
    with pytest.raises(TypeError, match="needs a title"):
        napari_phy.similarity(lambda one, other: 0.0)
    with pytest.raises(ValueError, match="needs a title"):
        napari_phy.similarity(title=" ")
    with pytest.raises(ValueError, match="not luck"):
        napari_phy.similarity(title="odd", needs=("luck",))
    with pytest.raises(ValueError, match="already"):
        napari_phy.similarity(title="mine", key="cosine")(lambda one, other: 0.0)


def test_the_cosine_of_the_matrix_is_that_of_the_sums(session):
    ids = session.manager.cluster_ids
    sums = session.sums.get(ids.tolist())
    vectors = np.array([sums[cluster].feature_mask_sum for cluster in ids.tolist()])
    assert_allclose(session.similarities.matrix("cosine", ids), cosine_matrix(vectors, vectors), atol=1e-6)


def test_a_package_of_one_file_offers_a_measure(session, tmp_path, monkeypatch, only_ours):
    (tmp_path / "same_size_similarity.py").write_text(
        "import napari_phy\n\n\n"
        '@napari_phy.similarity(title="same size")\n'
        "def same_size(one, other):\n"
        "    return float(one.n_spikes == other.n_spikes)\n"
    )
    info = tmp_path / "same_size_similarity-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: same-size-similarity\nVersion: 1.0\n")
    entry = "[napari_phy.similarities]\nsame_size = same_size_similarity:same_size\n"
    (info / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(tmp_path)
    assert ("same size", "same_size") in measure_choices()
    choose(session, "same_size")
    session.prepare()
    assert {value for _, value in session.similar_to(3)} <= {0.0, 1.0}
    sys.modules.pop("same_size_similarity")
