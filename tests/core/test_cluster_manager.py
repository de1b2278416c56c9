"""The laws of editing."""

import gc
import tracemalloc

import numpy as np
import pytest
from core.edits import clusterings, do, edit_lists, state
from hypothesis import given
from hypothesis import strategies as st

from napari_phy import ClusterManager, UpdateInfo
from napari_phy.core.errors import ClusteringError, ReplayError

LABELS = np.array([3, 2, 2, 5, 3, 2, 5, 9])


@pytest.fixture
def manager():
    return ClusterManager(LABELS, cluster_groups={2: "good", 5: "noise"})


@given(clusterings(), edit_lists)
def test_undoing_and_redoing_everything_visits_the_same_states(labels, sequence):
    manager = ClusterManager(labels)
    for kind, seed in sequence:
        do(manager, kind, seed)
    while manager.redo():
        pass
    forward = [state(manager)]
    while manager.undo():
        forward.append(state(manager))
    assert manager.spike_clusters.tolist() == labels.tolist()
    backward = [state(manager)]
    while manager.redo():
        backward.append(state(manager))
    assert backward == forward[::-1]


@given(clusterings(), edit_lists)
def test_every_spike_is_in_exactly_one_cluster(labels, sequence):
    manager = ClusterManager(labels)
    for kind, seed in sequence:
        do(manager, kind, seed)
        lists = [manager.spikes(cluster) for cluster in manager.cluster_ids]
        assert sorted(np.concatenate(lists).tolist()) == list(range(len(labels)))
        for cluster, spikes in zip(manager.cluster_ids.tolist(), lists, strict=True):
            assert (np.diff(spikes) > 0).all()
            assert manager.n_spikes(cluster) == len(spikes) > 0
            assert (manager.spike_clusters[spikes] == cluster).all()
        assert manager.clusters_of(np.arange(len(labels))).tolist() == manager.spike_clusters.tolist()


@given(clusterings(), edit_lists)
def test_the_slots_lead_to_the_clusters_and_change_only_when_the_count_of_cuts_does(labels, sequence):
    manager = ClusterManager(labels)
    for kind, seed in sequence:
        slots, n_cuts = manager.spike_slots.copy(), manager.n_cuts
        do(manager, kind, seed)
        assert manager.slot_clusters[manager.spike_slots].tolist() == manager.spike_clusters.tolist()
        assert manager.n_cuts != n_cuts or np.array_equal(manager.spike_slots, slots)
    assert not manager.spike_slots.flags.writeable


@given(clusterings(), edit_lists)
def test_a_cluster_id_means_the_same_spikes_for_ever(labels, sequence):
    manager = ClusterManager(labels)
    known = {}
    for kind, seed in sequence:
        next_id = manager.next_id
        update = do(manager, kind, seed)
        if update is not None and update.cause == "edit":
            assert all(new >= next_id for new in update.added)
        assert manager.next_id >= next_id
        for cluster in manager.cluster_ids.tolist():
            spikes = manager.spikes(cluster).tolist()
            assert known.setdefault(cluster, spikes) == spikes


@given(clusterings(), edit_lists)
def test_records_replay_to_the_same_state_and_history(labels, sequence):
    manager = ClusterManager(labels)
    for kind, seed in sequence:
        do(manager, kind, seed)
    again = ClusterManager(labels)
    again.restore(manager.history, manager.n_done, manager.next_id)
    assert state(again) == state(manager)
    assert again.next_id == manager.next_id
    assert (again.undo() is None) == (manager.undo() is None)
    assert state(again) == state(manager)
    while manager.redo():
        assert again.redo() is not None
    assert state(again) == state(manager)
    applied = ClusterManager(labels)
    applied.apply(manager.history)
    assert state(applied) == state(manager)


def test_the_record_of_a_split_names_the_spikes_of_the_smaller_side():
    for n in range(2, 20):
        for n_chosen in range(1, n):
            update = ClusterManager(np.zeros(n, int)).split(np.arange(n_chosen))
            assert len(update.spike_ids) == min(n_chosen, n - n_chosen)


def test_the_first_record_that_does_not_fit_is_said(manager):
    records = (manager.merge([2, 3]), manager.merge([5, 9]))
    with pytest.raises(ReplayError, match=r"^Edit 2 does not fit the clusters: There is no cluster 9") as raised:
        ClusterManager(np.where(LABELS == 9, 5, LABELS)).restore(records, 2)
    assert raised.value.n_fit == 1
    for n_done in (-1, 3):
        with pytest.raises(ClusteringError, match=f"Of 2 records {n_done} can't be done"):
            ClusterManager(LABELS).restore(records, n_done)


@given(clusterings(), edit_lists)
def test_a_record_tells_what_changed(labels, sequence):
    manager = ClusterManager(labels)
    updates = []
    manager.changed.connect(updates.append)
    clusters, metadata = set(manager.cluster_ids.tolist()), {}
    for kind, seed in sequence:
        before = manager.spike_clusters
        update = do(manager, kind, seed)
        if update is None:
            assert not updates
            assert manager.spike_clusters is before
            continue
        assert updates == [update]
        updates.clear()
        assert clusters >= set(update.deleted)
        assert not clusters & set(update.added)
        clusters = (clusters - set(update.deleted)) | set(update.added)
        assert clusters == set(manager.cluster_ids.tolist())
        after = manager.spike_clusters
        moved = before != after
        pairs = {(int(old), int(new)) for old, new in zip(before[moved], after[moved], strict=True)}
        assert pairs == set(update.descendants)
        for change in update.metadata_changed:
            key = (change.cluster_id, change.field)
            assert metadata.get(key, "unsorted" if change.field == "group" else None) == change.old
            metadata[key] = change.new
        for cluster in clusters:
            assert manager.group(cluster) == metadata.get((cluster, "group"), "unsorted")
            assert manager.color(cluster) == metadata.get((cluster, "color"))


@given(clusterings(), edit_lists, st.integers(1, 4))
def test_a_limited_history_undoes_that_many_edits(labels, sequence, limit):
    manager, endless = ClusterManager(labels, history_limit=limit), ClusterManager(labels)
    states = []
    for kind, seed in sequence:
        if kind in ("undo", "redo"):
            continue
        before = state(manager)
        if do(manager, kind, seed) is not None:
            states.append(before)
        do(endless, kind, seed)
        assert state(manager) == state(endless)
    undone = []
    while manager.undo():
        undone.append(state(manager))
    assert undone == states[::-1][:limit]


@given(clusterings(), edit_lists, st.integers(0, 2**32 - 1))
def test_an_edit_that_cannot_be_committed_is_taken_back(labels, sequence, seed):
    fails = False

    def commit(update):
        if fails:
            raise OSError("disk full")

    manager = ClusterManager(labels, commit=commit)
    for kind, one in sequence:
        do(manager, kind, one)
    before, history, next_id = state(manager), manager.history, manager.next_id
    fails = True
    heard = []
    manager.changed.connect(heard.append)
    for kind in ("merge", "split", "assign_all", "move", "undo", "redo"):
        try:
            done = do(manager, kind, seed)
        except OSError:
            done = None
        assert done is None
        assert state(manager) == before
        assert manager.history == history
        assert manager.next_id == next_id
    assert not heard


def test_merge_and_undo(manager):
    update = manager.merge([5, 2])
    assert (update.description, update.added, update.deleted) == ("merge", (10,), (2, 5))
    assert update.descendants == ((2, 10), (5, 10))
    assert manager.spike_clusters.tolist() == [3, 10, 10, 10, 3, 10, 10, 9]
    assert manager.undo().added == (2, 5)
    assert manager.spike_clusters.tolist() == LABELS.tolist()
    assert manager.redo().added == (10,)
    manager.undo()
    assert manager.merge([3, 9]).added == (11,)
    assert manager.redo() is None


def test_split_gives_the_chosen_one_id_and_each_rest_another(manager):
    update = manager.split([0, 1, 2])
    assert update.added == (10, 11, 12)
    assert manager.spike_clusters.tolist() == [10, 10, 10, 5, 11 + 1, 11, 5, 9]
    assert update.descendants == ((2, 10), (2, 11), (3, 10), (3, 12))
    assert len(update.spike_ids) == 2  # the smaller sides: spike 5 of cluster 2, one of the two of cluster 3


def test_assign_keeps_the_ids_of_unchanged_clusters(manager):
    update = manager.assign_all([7, 4, 4, 5, 5, 4, 5, 6])
    assert manager.spike_clusters.tolist() == [11, 2, 2, 10, 10, 2, 10, 9]
    assert update.deleted == (3, 5)


def test_labels_are_inherited(manager):
    manager.label([2], "note", "axon")
    new = manager.merge([2, 3]).added[0]
    assert manager.group(new) == "good"  # the only one that is not unsorted
    assert manager.labels(new) == {"note": "axon"}
    mixed = manager.merge([new, 5]).added[0]
    assert manager.group(mixed) == "good"  # the larger parent's
    first, rest = manager.split(manager.spikes(mixed)[:2]).added
    assert manager.group(first) == manager.group(rest) == "good"


def test_blank_text_takes_a_label_away(manager):
    manager.label([2, 3], "note", "axon")
    assert manager.label([2], "note", "").metadata_changed[0].new is None
    assert manager.cluster_labels == {"note": {3: "axon"}}


def test_a_label_of_a_file_that_is_named_like_a_column_is_read_and_can_only_be_taken_away():
    manager = ClusterManager(LABELS, cluster_labels={"rate": {2: "fast"}})
    assert manager.labels(2) == {"rate": "fast"}
    with pytest.raises(ClusteringError, match='"rate" is a column'):
        manager.label([2], "rate", "slow")
    manager.label([2], "rate", None)
    assert manager.labels(2) == {}


def test_groups_and_labels_share_the_undo_stack(manager):
    manager.move([3, 9], "good")
    manager.label([3], "quality", 0.5)
    manager.recolor([3], "#AABBCC")
    manager.discard([9])
    assert manager.cluster_groups == {2: "good", 5: "noise", 3: "good", 9: "discarded"}
    assert manager.cluster_colors == {3: "#aabbcc"}
    assert [manager.undo().description for _ in range(4)] == ["discard", "recolor", "label", "move"]
    assert manager.cluster_groups == {2: "good", 5: "noise"}
    assert manager.cluster_labels == {}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.merge([2, 4]), "no cluster 4"),
        (lambda m: m.merge([2]), "two or more"),
        (lambda m: m.merge([2, 2]), "two or more"),
        (lambda m: m.merge([2.0, 3.0]), "integers"),
        (lambda m: m.merge(6), r"come as a list, such as \[6\]"),
        (lambda m: m.move(6, "good"), "come as a list"),
        (lambda m: m.merge([True, False]), "integers"),
        (lambda m: m.split([]), "at least one"),
        (lambda m: m.split([1, 8]), "no spike 8"),
        (lambda m: m.split([-1]), "no spike -1"),
        (lambda m: m.split([0.5]), "integers"),
        (lambda m: m.split([1, 2, 5]), "all 3 spikes of cluster 2"),
        (lambda m: m.assign([0, 1], [1]), "2 spikes need 2"),
        (lambda m: m.assign([0, 0], [1, 2]), "twice"),
        (lambda m: m.assign_all(LABELS + 1), "nothing would change"),
        (lambda m: m.assign([], []), "at least one"),
        (lambda m: m.move([2], "good"), "already in good"),
        (lambda m: m.move([2], ""), "name"),
        (lambda m: m.move([2], "discarded"), "protected"),
        (lambda m: m.move([], "good"), "Select a cluster"),
        (lambda m: m.move([77], "good"), "no cluster 77"),
        (lambda m: m.label([2], "group", "x"), '"group" is a column of the list: choose another name'),
        (lambda m: m.label([2], "group", None), '"group" is a column'),
        (lambda m: m.label([2], "color", "x"), '"color" is the colour of clusters'),
        (lambda m: m.label([2], " spikes", 3), '"spikes" is a column of the list: choose another name'),
        (lambda m: m.label([2], "note", " "), "Cluster 2: already without note"),
        (lambda m: m.label([2], "note", [1]), "text, a number"),
        (lambda m: m.recolor([2], "red"), "#rrggbb"),
        (lambda m: m.apply([UpdateInfo("merge", added=(2,), deleted=(3, 5), heirs=((3, 2), (5, 2)))]), "used before"),
        (lambda m: m.apply([UpdateInfo("merge", added=(10,), deleted=(3, 4))]), "no cluster 4"),
        (lambda m: m.apply([UpdateInfo("merge", added=(10,), deleted=(3, 5))]), "without a cluster"),
    ],
)
def test_bad_calls_say_why_and_change_nothing(manager, call, message):
    before, next_id = state(manager), manager.next_id
    with pytest.raises(ClusteringError, match=message):
        call(manager)
    assert state(manager) == before
    assert manager.next_id == next_id
    assert manager.undo() is None


@pytest.mark.parametrize("labels", [[0.5, 1.0], [[1, 2], [3, 4]], [-1, 0], [2**53]])
def test_bad_clusterings_are_refused(labels):
    with pytest.raises(ClusteringError):
        ClusterManager(labels)


def test_arrays_handed_out_are_read_only(manager):
    for array in (manager.spike_clusters, manager.cluster_ids, manager.spikes(2)):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_an_empty_clustering_has_no_clusters():
    manager = ClusterManager([])
    assert len(manager.cluster_ids) == 0
    assert manager.undo() is None


def test_apply_does_all_records_or_none(manager):
    other = ClusterManager(LABELS)
    other.merge([2, 3])
    other.split([3])
    good = other.history
    bad = UpdateInfo("merge", added=(50,), deleted=(99, 2), heirs=((99, 50), (2, 50)))
    before = state(manager)
    with pytest.raises(ClusteringError):
        manager.apply([*good, bad])
    assert state(manager) == before
    manager.apply(good)
    assert manager.spike_clusters.tolist() == other.spike_clusters.tolist()
    assert manager.n_done == 2


@pytest.mark.parametrize("n_clusters", [3, 70_000])
def test_many_spikes_are_indexed_like_few(n_clusters):
    labels = np.random.default_rng(0).integers(0, n_clusters, 1_200_000)
    manager = ClusterManager(labels)
    for cluster in manager.cluster_ids[:: max(1, n_clusters // 3)].tolist():
        assert np.array_equal(manager.spikes(cluster), np.flatnonzero(labels == cluster))
    assert np.array_equal(manager.spike_clusters, labels)


def test_a_cluster_of_very_many_parts_is_listed():
    labels = np.arange(300)
    manager = ClusterManager(labels)
    new = manager.merge(range(1, 300)).added[0]
    assert manager.spikes(new).tolist() == list(range(1, 300))


def test_sparse_cluster_ids_cost_no_table():
    manager = ClusterManager([2_000_000_000, 5, 2_000_000_000])
    assert manager.cluster_ids.tolist() == [5, 2_000_000_000]
    assert manager.merge([5, 2_000_000_000]).added == (2_000_000_001,)


def test_an_edit_keeps_two_kilobytes_besides_the_spikes_that_it_moves():
    """The same cluster is split and merged again and again, and its spikes are asked for, as views do."""
    manager = ClusterManager(np.zeros(20_000, dtype=np.int64))
    n_edits = 300
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for start in range(n_edits // 2):
            manager.split(np.arange(start, start + 10))
            for cluster in manager.cluster_ids.tolist():
                manager.spikes(cluster)
            manager.merge(manager.cluster_ids)
        manager.undo()
        manager.redo()
        gc.collect()
        live = sum(manager.spikes(cluster).nbytes for cluster in manager.cluster_ids.tolist())
        kept = tracemalloc.get_traced_memory()[0] - before - live
    finally:
        tracemalloc.stop()
    assert kept / n_edits < 2000 + 10 * 8


@pytest.mark.parametrize("n_committed", [0, 1, 2, 3])
def test_of_several_records_those_hold_that_were_committed_and_only_they_are_told(n_committed):
    other = ClusterManager(LABELS)
    states = [state(other)]
    for edit in (lambda: other.merge([2, 3]), lambda: other.split([3]), lambda: other.move([9], "mine")):
        edit()
        states.append(state(other))
    committed, told = [], []

    def commit(update):
        if len(committed) == n_committed:
            raise OSError("disk full")
        committed.append(update.description)

    manager = ClusterManager(LABELS, commit=commit)
    manager.changed.connect(lambda update: told.append(update.description))
    if n_committed < 3:
        with pytest.raises(OSError, match="disk full"):
            manager.apply(other.history)
    else:
        manager.apply(other.history)
    assert told == committed == ["merge", "split", "move"][:n_committed]
    assert state(manager) == states[n_committed]
    assert (manager.n_done, manager.redo_record) == (n_committed, None)
    assert manager.next_id == [10, 11, 13, 13][n_committed]
    n_committed = 99
    manager.apply(other.history[len(committed) :])
    assert state(manager) == states[-1]


def test_a_reset_makes_all_the_same_in_one_edit_and_values_of_another_type_are_others():
    other = ClusterManager(
        [7, 2, 2, 5, 7, 2, 5, 5], {2: "mua", 7: "mine"}, {5: "#010203"}, {"note": {2: True, 5: "b"}, "rank": {7: 0}}
    )
    manager = ClusterManager(LABELS, {2: "good", 5: "noise"}, {}, {"note": {2: 1, 5: "a", 3: 0.5}})
    before = state(manager)
    update = manager.reset(other)
    assert (update.description, update.deleted) == ("reset", (5, 9))
    ids = {7: 3, 2: 2, 5: manager.spike_clusters[3].item()}
    assert manager.spike_clusters.tolist() == [ids[label] for label in other.spike_clusters.tolist()]
    for theirs, own in ids.items():
        assert (manager.group(own), manager.color(own)) == (other.group(theirs), other.color(theirs))
        assert repr(manager.labels(own)) == repr(other.labels(theirs))
    with pytest.raises(ClusteringError, match="The clustering is the same already; nothing would change"):
        manager.reset(other)
    manager.undo()
    assert state(manager) == before


@given(clusterings(), st.data())
def test_clusters_that_are_adopted_are_divided_as_there_and_all_others_stay(labels, data):
    n = len(labels)
    last = int(labels.max())
    manager = ClusterManager(
        labels, {last: "good"}, {last: "#102030"}, {"note": {last: "old", int(labels[0]): "first"}}
    )
    there = ClusterManager(
        data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)),
        {1: "mua", 2: "mine"},
        None,
        {"note": {1: "new"}},
    )
    chosen = data.draw(st.sets(st.sampled_from(manager.cluster_ids.tolist()), min_size=1))
    before, spikes = state(manager), np.flatnonzero(np.isin(labels, list(chosen)))
    try:
        update = manager.adopt(chosen, there)
    except ClusteringError:
        assert state(manager) == before
        update = None
    after, theirs = manager.spike_clusters, there.spike_clusters
    for other in np.unique(theirs[spikes]).tolist():
        of_other = spikes[theirs[spikes] == other]
        (own,) = set(after[of_other].tolist())
        assert manager.spikes(own).tolist() == of_other.tolist()
        assert (manager.group(own), manager.color(own)) == (there.group(other), there.color(other))
        assert manager.labels(own) == there.labels(other)
    untouched = np.setdiff1d(np.arange(n), spikes)
    assert after[untouched].tolist() == labels[untouched].tolist()
    assert manager.n_done == (update is not None)
    manager.undo()
    assert state(manager)[:-1] == before[:-1]
