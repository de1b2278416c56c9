"""Random edit sequences, and a naive clustering that does them the slow way."""

import numpy as np
from hypothesis import strategies as st

from napari_phy.core.errors import ClusteringError

MAX_SPIKES = 60


def clusterings(max_spikes=MAX_SPIKES):
    """Labels of up to `max_spikes` spikes."""
    return st.lists(st.integers(0, 7), min_size=2, max_size=max_spikes).map(lambda labels: np.array(labels, np.int32))


# An edit is (kind, seed): the seed picks clusters and spikes of the state it meets, so that every sequence makes sense.
KINDS = ("merge", "split", "assign", "assign_all", "move", "label", "recolor", "discard", "undo", "redo")
GROUP_KINDS = ("add_group", "rename_group", "recolor_group", "remove_group")
edits = st.tuples(st.sampled_from([*KINDS, *GROUP_KINDS]), st.integers(0, 2**32 - 1))
edit_lists = st.lists(edits, max_size=25)


def do(manager, kind, seed):
    """Do one random edit; return its record, or None when it could not be done in this state."""
    rng = np.random.default_rng(seed)
    ids = manager.cluster_ids
    some = rng.choice(ids, size=rng.integers(1, min(len(ids), 4) + 1), replace=False).tolist()
    n = manager.total_spikes
    spikes = rng.choice(n, size=rng.integers(1, n + 1), replace=False)
    try:
        match kind:
            case "merge":
                return manager.merge(some)
            case "split":
                inside = np.concatenate([manager.spikes(cluster) for cluster in some])
                return manager.split(rng.choice(inside, size=rng.integers(1, len(inside) + 1), replace=False))
            case "assign":
                return manager.assign(spikes, rng.integers(0, 3, len(spikes)))
            case "assign_all":
                return manager.assign_all(rng.integers(0, 4, n))
            case "move":
                return manager.move(some, rng.choice(["good", "mua", "noise", "unsorted", "my own"]))
            case "label":
                return manager.label(some, str(rng.choice(["quality", "note"])), [1, 2.5, "x", None][rng.integers(4)])
            case "recolor":
                return manager.recolor(some, ["#102030", "#ffffff", None][rng.integers(3)])
            case "discard":
                return manager.discard(some)
            case "undo":
                return manager.undo()
            case "redo":
                return manager.redo()
            case _:
                return edit_groups(manager, kind, rng)
    except ClusteringError:
        return None


def edit_groups(manager, kind, rng):
    """Do one random edit of the list of groups."""
    group, name = str(rng.choice(manager.group_names)), f"group {rng.integers(5)}"
    match kind:
        case "add_group":
            return manager.add_group(name, [None, "#a0b0c0"][rng.integers(2)])
        case "rename_group":
            return manager.rename_group(group, name)
        case "recolor_group":
            return manager.recolor_group(group, [None, "#0a0b0c"][rng.integers(2)])
        case "remove_group":
            return manager.remove_group(group)


def state(manager):
    """Everything that can be seen of a clustering."""
    return (
        manager.spike_clusters.tolist(),
        {cluster: manager.n_spikes(cluster) for cluster in manager.cluster_ids.tolist()},
        {cluster: manager.spikes(cluster).tolist() for cluster in manager.cluster_ids.tolist()},
        manager.cluster_groups,
        manager.cluster_colors,
        manager.cluster_labels,
        manager.stored_groups,
    )
