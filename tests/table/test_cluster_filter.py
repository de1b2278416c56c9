"""Which clusters of a session a filter finds."""

import pytest
from widgets.light_session import light_session

from napari_phy.core.errors import FilterError
from napari_phy.table.cluster_filter import FilterColumns, find_clusters, offered_names
from napari_phy.table.columns import all_columns


@pytest.fixture
def session():
    return light_session()


def test_groups_counts_and_labels(session):
    session.label([3, 5], "note", "axon")
    sizes = {cluster: session.manager.n_spikes(cluster) for cluster in range(8)}
    assert find_clusters(session, 'group == "unsorted"') == [3, 4, 5, 6, 7]
    assert find_clusters(session, 'note == "axon" and id > 3') == [5]
    large = [cluster for cluster, size in sizes.items() if size > 150]
    assert find_clusters(session, "n_spikes > 150") == find_clusters(session, "spikes > 150") == large
    session.discard([5])
    assert find_clusters(session, 'note == "axon"') == [3]


@pytest.mark.parametrize("column", ["id", "ch", "depth", "spikes", "rate", "refr"])
def test_every_column_of_the_list_is_known(session, column):
    assert find_clusters(session, f"{column} is not null") == list(range(8))


def test_a_column_that_is_not_there(session):
    with pytest.raises(FilterError, match=r'There is no column "ampl"\. Did you mean amp\?'):
        find_clusters(session, "ampl > 1")


def test_names_are_offered_with_the_group_second_and_each_once():
    names = offered_names(("note", "spikes"))
    assert names[:8] == ("id", "group", "ch", "depth", "spikes", "rate", "amp", "refr")
    assert names[-1] == "note"
    assert len(set(names)) == len(names)


def test_a_label_is_hidden_by_a_column_of_our_own_and_not_by_an_alias():
    asked = []
    columns = FilterColumns(
        lambda key: asked.append(key) or [1.0, 2.0],
        lambda: ["good", "mua"],
        {"spikes": lambda: ["a", "b"], "size": lambda: ["c", "d"]},
    )
    assert columns["spikes"] is columns["spikes"]
    columns["fr"]
    assert asked == ["spikes", "rate"]  # each is computed once
    assert columns["size"] is not columns["spikes"]
    assert asked == ["spikes", "rate"]
    assert all(name in columns for name in ("group", "size", "fr", "id"))
    assert not any(name in columns for name in ("nothing", 3))
    assert len(columns) == len(list(columns)) == len(all_columns()) + 2
