"""The filter, the order of the list and the limits of metrics are the session's: all views and napari have the same."""

import numpy as np
import pytest
from notebook_views import rows, say, texts

from napari_phy.notebook import ClusterView, GridView, SimilarityView
from napari_phy.notebook.picture import TYPE
from napari_phy.views.metric_histograms import histogram_parts, read_limits


@pytest.fixture
def grid(session):
    session.views["grid"].update(content="metrics", metrics=("spikes", "rate"))
    return GridView(session)


def parts_of(grid, place):
    return histogram_parts(grid._layout(grid.data.n_tiles).tile(place), TYPE)


def test_a_filter_is_that_of_all_views(session):
    first, second, matrix, tiles = (
        ClusterView(session),
        ClusterView(session),
        SimilarityView(session),
        GridView(session),
    )
    session.move(session.manager.cluster_ids[2:4].tolist(), "good")
    say(first, "filter", text='group == "good"')
    good = {int(one) for one in session.manager.cluster_ids if session.manager.group(int(one)) == "good"}
    assert session.listed.clusters == good
    assert second.filter == 'group == "good"'
    for view in (first, second):
        assert set(rows(view)) == good
    assert set(matrix.data.cluster_ids.tolist()) == set(tiles.data.cluster_ids.tolist()) == good
    session.move([min(good)], "mua")
    assert session.listed.clusters == good - {min(good)}
    assert set(tiles.data.cluster_ids.tolist()) == set(rows(second)) == good - {min(good)}
    session.listed.show_all()  # as napari does
    assert first.filter == ""
    assert len(rows(first)) == 6


def test_a_view_that_is_made_later_has_the_filter(session):
    ClusterView(session, filter="id < 2")
    assert rows(ClusterView(session)) == sorted((0, 1), key=lambda cluster: -session.manager.n_spikes(cluster))


def test_when_a_cluster_leaves_the_list_the_next_row_is_selected(session):
    view = ClusterView(session, cluster_order="id", filter='group == "unsorted"')
    assert rows(view) == [0, 3, 4, 5]
    for order, moved, following in (("id", 3, 4), ("-id", 4, 0)):
        view.cluster_order = order
        say(view, "select", clusters=[moved])
        say(view, "action", name="move_all_mua")
        assert session.selection.clusters[0] == following


def test_metrics_are_histograms_with_limits(session, grid):
    assert {one["name"] for one in grid.controls} == {"content", "zoom"}
    assert texts(grid)[0].startswith("spikes")
    bars = parts_of(grid, 0).bars
    say(grid, "click", x=bars.left + bars.width / 2, y=bars.top + 5)
    limit = read_limits(session.views["grid"].limits)["spikes"]
    sizes = np.array([session.manager.n_spikes(one) for one in session.manager.cluster_ids.tolist()])
    assert limit.is_least
    assert sizes.min() < limit.value < sizes.max()
    n_passing = int((sizes >= limit.value).sum())
    assert grid.status == f"{n_passing} of 6 clusters pass 1 limit"
    assert [one["title"] for one in grid.tools] == ["Filter the list", "Clear"]
    say(grid, "tool", name="filter")
    assert len(session.listed.clusters) == n_passing
    assert grid.data.n_tiles == 2  # of all clusters, listed or not

    words = parts_of(grid, 0).words
    say(grid, "click", x=words.left + 5, y=words.top + 3)
    assert not read_limits(session.views["grid"].limits)["spikes"].is_least
    drag = {"start_x": bars.left + 4, "start_y": bars.top + 9, "now_x": bars.right + 50, "now_y": bars.top + 9}
    say(grid, "drag", dx=9, dy=0, **drag)
    assert read_limits(session.views["grid"].limits)["spikes"].value == pytest.approx(sizes.max(), rel=0.01)
    say(grid, "hover", x=bars.left, y=bars.top + 5)
    assert grid.status.startswith("spikes ")
    say(grid, "reset", x=bars.left, y=bars.top + 5)
    assert session.views["grid"].limits == ()
    assert grid.tools == []


def test_a_click_in_a_histogram_selects_no_cluster(session, grid):
    session.selection.select([2])
    bars = parts_of(grid, 1).bars
    say(grid, "click", x=bars.left + 3, y=bars.top + 5)
    assert session.selection.clusters == (2,)


def test_the_order_of_the_list_is_one_of_tiles(session):
    view = ClusterView(session, cluster_order="-id")
    say(view, "select", clusters=[1])
    session.views["grid"].order = "list"
    assert GridView(session).data.cluster_ids.tolist() == [5, 4, 3, 2, 1, 0]
