import numpy as np

from napari_phy.table.similar_table import compute_similar


def test_candidates_come_with_the_most_similar_first(session):
    table = compute_similar(session, 3, hide_groups=())
    pairs = list(zip(table.rows.ids.tolist(), table.similarities.tolist(), strict=True))
    assert pairs == session.similar_to(3)
    assert table.n_hidden == 0


def test_noise_and_mua_are_hidden_and_counted(session):
    table = compute_similar(session, 3)
    assert sorted(table.rows.ids.tolist()) == [0, 4]
    assert table.n_hidden == 2


def test_half_of_a_cluster_is_most_like_the_other_half(session):
    halves = session.manager.split(session.manager.spikes(4)[::2]).added
    table = compute_similar(session, halves[0])
    assert table.rows.ids[0] == halves[1]
    assert table.similarities[0] > 0.99


def test_discarded_clusters_are_no_candidates(session):
    session.manager.discard([0])
    table = compute_similar(session, 3)
    assert table.rows.ids.tolist() == [4]
    assert table.n_hidden == 2


def test_without_a_ranking_the_largest_comes_first_and_no_features_are_read(session):
    session.manager.merge([0, 4])
    n_read = session.model.features.n_rows_read
    table = compute_similar(session, 3, hide_groups=(), is_ranked=False)
    assert table.rows.ids.tolist() == sorted([5, 1, 2], key=session.manager.n_spikes, reverse=True)
    assert table.similarities.tolist() == [0, 0, 0]
    assert session.model.features.n_rows_read == n_read


def test_noise_and_mua_are_hidden_where_nothing_is_said_and_the_cluster_itself_is_no_candidate(session):
    rows = compute_similar(session, 3, is_ranked=False).rows
    assert np.isnan(rows["depth"]).all()
    assert np.isfinite(rows["refractory"]).all()
    usual = compute_similar(session, 3)
    assert usual.rows.ids.tolist() == compute_similar(session, 3, ("noise", "mua")).rows.ids.tolist()
    assert usual.cluster == 3
    assert not usual.similarities.flags.writeable
    assert np.isnan(usual.rows["amplitude"]).all()
    assert np.isfinite(usual.rows["depth"]).all()
