"""Views of a notebook follow one session, take what the browser says, and send little."""

import gc
import re
import weakref

import numpy as np
import pytest
import traitlets
from notebook_views import rows, say, size_of, texts
from soak.small_kwik import make_kwik

from napari_phy import notebook, open_session
from napari_phy.notebook import (
    ClusterView,
    CorrelogramsView,
    FeatureView,
    GridView,
    ProbeView,
    SimilarityView,
    TraceView,
    WaveformView,
    export_html,
    trace_view,
)
from napari_phy.notebook.page import state_of
from napari_phy.notebook.painted import MOST_BYTES

PAINTED = (CorrelogramsView, FeatureView, GridView, ProbeView, SimilarityView, TraceView, WaveformView)


def test_all_views_are_named():
    names = {one.__name__ for one in (*PAINTED, ClusterView)}
    assert names | {"Workspace", "export_html"} == set(notebook.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = notebook.Nothing


@pytest.mark.parametrize("kind", PAINTED)
def test_a_view_follows_the_selection_and_edits(session, kind):
    view = kind(session)
    first, second = session.manager.cluster_ids[:2].tolist()
    session.selection.select([first, second])
    assert view.clusters == [first, second]
    assert len(view.picture["parts"]) > 2
    session.merge([first, second])
    assert view.clusters == list(session.selection.clusters)
    assert second not in view.clusters
    session.undo()
    assert {first, second} <= set(view.clusters)
    assert "no cluster" not in view.status
    assert size_of(state_of(view)) < MOST_BYTES


@pytest.mark.parametrize("kind", PAINTED)
@pytest.mark.parametrize("size", [[1, 1], [300, 200], [1900, 1000], [10**6, 10**6]])
def test_a_view_has_a_picture_at_any_size(session, kind, size):
    session.selection.select(session.manager.cluster_ids.tolist())
    view = kind(session, size=size)
    assert view.picture["label"]
    assert size_of(state_of(view)) < MOST_BYTES


@pytest.mark.parametrize("kind", [CorrelogramsView, FeatureView, WaveformView])
def test_without_a_selection_a_view_says_what_to_do(session, kind):
    session.selection.select([])
    assert "Select a cluster to see" in " ".join(texts(kind(session)))


def test_a_selection_in_one_view_shows_in_the_others(session):
    list_of_clusters, features = ClusterView(session), FeatureView(session)
    ids = session.manager.cluster_ids[:3].tolist()
    list_of_clusters.clusters = ids
    assert features.clusters == ids
    assert session.selection.clusters == tuple(ids)
    features.selected_spikes = session.manager.spikes(ids[0])[:4]
    assert list_of_clusters.selected_spikes.tolist() == session.manager.spikes(ids[0])[:4].tolist()


def test_clusters_that_are_not_there_are_left_out(session):
    view = ClusterView(session)
    first = int(session.manager.cluster_ids[0])
    view.clusters = [first, 987_654]
    assert view.clusters == [first]
    view.selected_spikes = [10**6]
    assert view.selected_spikes.tolist() == []
    assert "Spikes go from 0" in view.status


def test_views_of_two_sessions_are_linked_by_traitlets(session, path, tmp_path):
    with open_session(path, read_only=True) as other:
        mine, theirs = FeatureView(session), WaveformView(other)
        with_link = traitlets.link((mine, "clusters"), (theirs, "clusters"))
        spikes = traitlets.link((mine, "selected_spikes"), (theirs, "selected_spikes"))
        ids = session.manager.cluster_ids[:2].tolist()
        session.selection.select(ids)
        session.selection.select_spikes([1, 2])
        assert list(other.selection.clusters) == ids
        assert other.selection.spikes.tolist() == [1, 2]
        with_link.unlink()
        spikes.unlink()


def test_a_clustering_that_is_set_is_one_edit(session):
    view, other = ClusterView(session), FeatureView(session)
    before = session.manager.spike_clusters.copy()
    n_edits = session.manager.n_done
    view.clustering = np.zeros(len(before), dtype=int)
    assert session.manager.n_done == n_edits + 1
    assert len(session.manager.cluster_ids) == 1
    assert np.array_equal(other.clustering, session.manager.spike_clusters)
    session.undo()
    assert np.array_equal(view.clustering, before)
    view.clustering = [1, 2]
    assert np.array_equal(view.clustering, before)
    assert "needs a cluster for each of 300 spikes, not 2." in view.status


def test_arrays_compare_by_value_and_are_read_only(session):
    view = FeatureView(session)
    heard = []
    view.observe(heard.append, "selected_spikes")
    session.selection.select_spikes([3, 4])
    view.selected_spikes = np.array([3, 4])
    assert len(heard) == 1
    assert not view.selected_spikes.flags.writeable
    with pytest.raises(traitlets.TraitError):
        view.selected_spikes = ["a"]


def test_arrays_travel_as_buffers(session):
    view = FeatureView(session)
    session.selection.select_spikes([3, 4])
    sent = view.get_state(["selected_spikes"])["selected_spikes"]
    assert sent == {"dtype": "int32", "shape": [2], "data": np.array([3, 4], np.int32).tobytes()}
    sent["data"] = memoryview(np.array([5, 6], np.int32).tobytes())
    view.set_state({"selected_spikes": sent})
    assert session.selection.spikes.tolist() == [5, 6]


def test_keys_and_buttons_edit(session):
    view = ClusterView(session)
    a, b, c = session.manager.cluster_ids[:3].tolist()
    say(view, "select", clusters=[a, b])
    assert session.selection.n_best == 2
    say(view, "key", key="G")
    (new,) = session.selection.best
    assert view.status.startswith(f"Merged {a} and {b} into {new} ({session.manager.n_spikes(new)} spikes).")
    say(view, "action", name="undo")
    assert a in session.manager
    say(view, "select", clusters=[c])
    say(view, "action", name="move_all_good")
    assert session.manager.group(c) == "good"
    say(view, "select", clusters=[c])
    say(view, "action", name="merge")
    assert view.status == "Select two or more clusters to merge."
    say(view, "action", name="save")
    assert not session.is_dirty
    tips = {button["name"]: button["why_not"] for button in view.buttons}
    assert tips["save"] == "Everything is saved."
    assert tips["move_all_noise"] == ""


def test_the_list_tells_of_edits_made_anywhere(session):
    view = ClusterView(session)
    a, b, c = session.manager.cluster_ids[:3].tolist()
    say(view, "select", clusters=[a, b])
    say(view, "key", key="G")
    session.move([c], "good")
    assert view.status == f"Moved {c} to good."
    session.undo()
    assert view.status == f"Undid: move {c} to good."
    session.redo()
    assert view.status == f"Redid: move {c} to good."


def test_read_only_nothing_can_be_changed(path):
    with open_session(path, read_only=True) as opened:
        view = ClusterView(opened)
        ids = opened.manager.cluster_ids[:2].tolist()
        say(view, "select", clusters=ids)
        say(view, "key", key="G")
        assert "read-only" in view.status
        assert opened.manager.cluster_ids[:2].tolist() == ids


def test_the_wizard_proposes_by_keys(session):
    view = ClusterView(session)
    say(view, "key", key="Space")
    assert session.wizard.best is not None
    assert view.clusters == list(session.wizard.place)


def test_the_list_sorts_and_filters_as_the_program(session):
    view = ClusterView(session)
    sizes = [session.manager.n_spikes(cluster) for cluster in rows(view)]
    assert sizes == sorted(sizes, reverse=True)
    view.cluster_order = "id"
    assert rows(view) == session.manager.cluster_ids.tolist()
    session.move([rows(view)[3]], "good")
    view.cluster_order = "group"
    assert session.manager.group(rows(view)[0]) == "good"
    say(view, "filter", text='group == "good"')
    assert {session.manager.group(cluster) for cluster in rows(view)} == {"good"}
    assert view.table["words"].endswith("of 6 clusters")
    say(view, "filter", text="spikes >")
    assert view.table["reason"]
    assert {session.manager.group(cluster) for cluster in rows(view)} == {"good"}  # as before
    say(view, "filter", text="")
    assert len(rows(view)) == 6
    with pytest.raises(traitlets.TraitError, match="Clusters can be sorted by"):
        view.cluster_order = "nothing"


def test_the_list_shows_any_column_and_labels(session):
    view = ClusterView(session, columns=["spikes"])
    cluster = int(session.manager.cluster_ids[0])
    session.label([cluster], "note", "<b>axon</b>")
    say(view, "column", key="rate", is_shown=True)
    assert [column["key"] for column in view.table["columns"]] == ["id", "group", "spikes", "rate", "label note"]
    assert view.table["labels"]["label note"][rows(view).index(cluster)] == "<b>axon</b>"
    rates = np.frombuffer(view.table["values"]["rate"], np.float32)
    assert rates[rows(view).index(cluster)] == pytest.approx(session.table["rate"][cluster], rel=1e-6)
    assert [one["key"] for one in view.offered if one["is_shown"]] == ["spikes", "rate"]


def test_a_lasso_selects_all_spikes_inside_and_splits(session):
    view = FeatureView(session)
    cluster = max(session.manager.cluster_ids.tolist(), key=session.manager.n_spikes)
    session.selection.select([cluster])
    area, middle = view.frame.area, float(np.median(view.data.x))
    edge = view.frame.to_px([[middle, 0]])[0, 0]
    say(view, "lasso", polygon=[[0, 0], [edge, 0], [edge, area.bottom + 50], [0, area.bottom + 50]])
    inside = view.data.spike_ids[(view.data.places == 0) & (view.data.x < middle)]
    assert set(inside.tolist()) <= set(view.selected_spikes.tolist())
    assert f"{len(view.selected_spikes)} spikes selected" in view.status
    n_inside = len(view.selected_spikes)
    say(view, "key", key="K")
    assert session.manager.n_spikes(session.selection.clusters[0]) == n_inside
    say(view, "lasso", polygon=[[0, 0]])
    assert view.status == "The lasso needs three points or more."


def test_a_click_on_a_spike_a_box_a_cell_and_a_tile_selects(session):
    a, b = session.manager.cluster_ids[:2].tolist()
    session.selection.select([a, b])
    features = FeatureView(session)
    place = int(np.flatnonzero(features.data.places == 0)[-1])
    x, y = features.frame.to_px([[features.data.x[place], features.data.y[place]]])[0].tolist()
    say(features, "hover", x=x, y=y)
    assert "spike " in features.status
    say(features, "click", x=x, y=y)
    assert len(session.selection.spikes) == 1
    boxes = CorrelogramsView(session)
    say(boxes, "click", x=boxes._grid.tile(1, 1).center[0], y=boxes._grid.tile(1, 1).center[1])
    assert session.selection.clusters == (b,)
    matrix = SimilarityView(session)
    say(matrix, "click", x=matrix._frame.cell(0, 1).center[0], y=matrix._frame.cell(0, 1).center[1])
    assert list(session.selection.clusters) == matrix.data.cluster_ids[:2].tolist()
    grid = GridView(session)
    say(grid, "click", x=20, y=30)
    assert session.selection.clusters == (int(grid.data.cluster_ids[0]),)


def test_a_click_on_the_probe_shows_the_channel_in_features(session):
    session.selection.select([int(session.manager.cluster_ids[0])])
    probe, features = ProbeView(session), FeatureView(session)
    x, y = probe._layout.centers[2].tolist()
    say(probe, "click", x=x, y=y)
    assert session.channel.chosen == 2
    assert features.data.x_label == f"channel {session.model.probe.channel_ids[2]} · PC1"


def test_traces_turn_pages_and_zoom_with_the_clock_of_the_session(session):
    view = TraceView(session)
    start_s, stop_s = session.time.shown_s
    say(view, "key", key="PageDown")
    assert session.time.shown_s == pytest.approx((stop_s, 2 * stop_s - start_s))
    assert f"{stop_s:.3f} s" in view.status
    say(view, "wheel", x=300, y=100, notches=2)
    start_s, stop_s = session.time.shown_s
    assert stop_s - start_s == pytest.approx(0.25 / 1.25**2)
    say(view, "drag", dx=-50, dy=0, start_x=300, start_y=100, now_x=250, now_y=100)
    assert session.time.shown_s[0] > start_s
    say(view, "key", key="End")
    assert session.time.shown_s[1] == pytest.approx(session.time.duration_s)


def test_traces_scroll_on_until_the_end(session, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(trace_view, "monotonic", lambda: now[0])
    view = TraceView(session)
    session.time.show(0, 1)
    session.views["traces"].speed = 2.0
    say(view, "tool", name="scroll")
    assert view.runs
    for now[0] in (0.1, 0.2):
        say(view, "tick")
    assert session.time.shown_s == pytest.approx((0.4, 1.4))
    now[0] = 1000.0
    say(view, "tick")  # a browser that was asleep does not jump
    assert session.time.shown_s[0] < 1
    session.time.show(session.time.duration_s - 1, session.time.duration_s)
    now[0] += 0.1
    say(view, "tick")
    assert not view.runs
    say(view, "tool", name="PageUp")
    assert session.time.shown_s[1] == pytest.approx(session.time.duration_s - 1)


@pytest.mark.parametrize("kind", PAINTED)
def test_wheels_drags_and_resets_leave_a_picture(session, kind):
    session.selection.select(session.manager.cluster_ids[:2].tolist())
    view = kind(session)
    for _ in range(40):
        say(view, "wheel", x=200, y=150, notches=3)
        say(view, "drag", dx=30, dy=-20, start_x=2, start_y=2, now_x=32, now_y=-18)
    assert size_of(state_of(view)) < MOST_BYTES
    say(view, "reset", x=200, y=150)
    assert view.picture["label"]


def test_a_setting_is_that_of_the_docks(session):
    session.selection.select([int(session.manager.cluster_ids[0])])
    view = CorrelogramsView(session)
    bins = next(one for one in view.controls if one["name"] == "bin_ms")
    say(view, "setting", name="bin_ms", place=bins["choices"].index("Bin 0.5 ms"))
    assert session.views["correlograms"].bin_ms == 0.5
    assert view.data.bin_ms == 0.5
    session.views["correlograms"].unit = "Hz"
    assert "Hz" in view.status
    say(view, "setting", name="refractory_ms", place=0)
    assert session.views["correlograms"].refractory_ms == 2.0


@pytest.mark.parametrize(
    "message",
    [{}, {"kind": 3}, {"kind": "click"}, {"kind": "click", "x": "1", "y": None}, {"kind": "wheel", "x": float("nan")},
     {"kind": "lasso", "polygon": "abc"}, {"kind": "lasso", "polygon": [[1, 2, 3]] * 5}, {"kind": "setting", "name": 3},
     {"kind": "select", "clusters": {"a": 1}}, {"kind": "select", "clusters": [True, "x", 1e9, 10**30]},
     {"kind": "action", "name": "__init__"}, {"kind": "column", "key": ["x"]}, {"kind": "unknown"}, {"kind": "key"}],
)  # fmt: skip
def test_messages_that_make_no_sense_change_nothing(session, message):
    session.selection.select([int(session.manager.cluster_ids[0])])
    edits = session.manager.n_done
    for view in (ClusterView(session), FeatureView(session)):
        view._handle_custom_msg(message, [])
    assert session.manager.n_done == edits


def test_a_view_of_what_is_not_there_says_so(tmp_path, quick_disk):
    with open_session(make_kwik(tmp_path)) as opened:  # without raw data
        opened.selection.select([int(opened.manager.cluster_ids[0])])
        assert "raw data" in " ".join(texts(TraceView(opened)))
        assert "small.dat" in " ".join(texts(WaveformView(opened)))


def test_views_follow_a_switch_and_end_with_the_session(session):
    views = [kind(session) for kind in (*PAINTED, ClusterView)]
    other = next(name for name in session.model.clusterings if name != session.model.clustering)
    session.switch(clustering=other)
    session.selection.select([int(session.manager.cluster_ids[0])])
    assert all(view.clusters == list(session.selection.clusters) for view in views)
    session.close()
    assert all("is closed" in view.status for view in views)


def test_a_closed_view_is_followed_by_nothing(session):
    view = FeatureView(session)
    gone = weakref.ref(view)
    view.close()
    before = view.picture
    session.selection.select([int(session.manager.cluster_ids[0])])
    assert view.picture is before
    del view
    gc.collect()
    assert gone() is None


def test_a_page_of_all_views_needs_nothing_else(session, tmp_path):
    session.selection.select(session.manager.cluster_ids[:3].tolist())
    page = export_html([kind(session) for kind in (ClusterView, *PAINTED)], tmp_path / "page.html", "</script><b>")
    text = page.read_text(encoding="utf-8")
    assert len(text) < 5 * 2**20
    assert "default-src 'none'" in text
    assert not re.search(r"https?://", text)
    assert "<title>&lt;/script&gt;&lt;b&gt;</title>" in text
