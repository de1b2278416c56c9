"""Three clusterings of the same spikes, and a slow way to merge them."""

import numpy as np
from hypothesis import strategies as st

from napari_phy.core.cluster_manager import ClusterManager

GROUPS = ("noise", "mua", "good", "unsorted")


@st.composite
def clusterings(draw, n):
    """Return a clustering of n spikes, with groups."""
    labels = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    return ClusterManager(labels, {one: draw(st.sampled_from(GROUPS)) for one in sorted(set(labels))})


three_clusterings = st.integers(1, 12).flatmap(lambda n: st.tuples(*[clusterings(n)] * 3))


def sets_of(clustering):
    """Return {set of spikes: group}."""
    labels = clustering.spike_clusters
    groups = clustering.cluster_groups
    return {
        frozenset(np.flatnonzero(labels == one).tolist()): groups.get(one, "unsorted")
        for one in np.unique(labels).tolist()
    }


def by_hand(base, ours, theirs):
    """Merge sets of spikes the slow way: parts that both divide, each taken from whoever changed it."""
    base, ours, theirs = map(sets_of, (base, ours, theirs))
    parts = [set(one) for one in ours]
    for other in theirs:  # join the parts that it touches
        touched = [part for part in parts if part & other]
        parts = [part for part in parts if not part & other] + [set().union(*touched)]
    merged = {}
    for part in parts:
        mine, yours = ({one: of[one] for one in of if one <= part} for of in (ours, theirs))
        take = set(mine) != set(yours) and set(mine) <= set(base)
        if set(mine) == set(yours):
            before = {group for one, group in base.items() if one & part}
            take = set(mine.values()) == before
        merged |= yours if take else mine
    return merged
