"""Components are those of a graph of crossings; their times and masks follow from the values in them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sorting.recordings import line_probe

from napari_phy.core.probe import Probe
from napari_phy.sorting.spikedetekt.flood import adjacency, find_components, masks_at
from napari_phy.sorting.spikedetekt.thresholds import Thresholds

WEAK, STRONG = 1.0, 2.0


def brute_force(values, adjacent, join_size, power):
    """Return times and masks by a graph in which every pair of crossings is looked at."""
    nodes = np.argwhere(values > WEAK)
    near = np.abs(nodes[:, None, 0] - nodes[None, :, 0]) <= join_size
    rows, columns = np.nonzero(near & adjacent[nodes[:, None, 1], nodes[None, :, 1]])
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(nodes), len(nodes)))
    _, labels = connected_components(graph, directed=False)
    found = []
    for label in range(labels.max(initial=-1) + 1):
        mine = nodes[labels == label]
        height = values[mine[:, 0], mine[:, 1]].astype(float)
        if not (height > STRONG).any():
            continue
        share = np.clip((height - WEAK) / (STRONG - WEAK), 0, 1)
        masks = np.zeros(values.shape[1])
        np.maximum.at(masks, mine[:, 1], share)
        found.append((np.average(mine[:, 0], weights=share**power), *masks))
    return np.array(sorted(found)).reshape(-1, values.shape[1] + 1)


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(0, 3), st.sampled_from([1.0, 2.0]),
    st.sampled_from([-1, 0, 1]),
)  # fmt: skip
def test_components_times_and_masks_are_those_of_the_graph(seed, n_channels, join_size, power, sign):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (150, n_channels)).astype(np.float32)
    adjacent = adjacency([line_probe(n_channels)])
    thresholds = Thresholds(np.full(n_channels, WEAK), np.full(n_channels, STRONG))
    found = find_components(values, thresholds, adjacent, sign=sign, join_size=join_size, weight_power=power)
    turned = np.abs(values) if sign == 0 else sign * values
    expected = brute_force(turned, adjacent, join_size, power)
    made = np.column_stack([found.times, found.masks])
    assert_allclose(made[np.lexsort(made.T[::-1])], expected[np.lexsort(expected.T[::-1])], atol=1e-6)
    assert (np.diff(found.times) >= 0).all()


def test_more_crossings_than_there_is_room_for_at_first_are_all_found():
    values = np.full((500, 4), 3.0, dtype=np.float32)
    thresholds = Thresholds(np.ones(4), np.full(4, 2.0))
    found = find_components(values, thresholds, adjacency([line_probe(4)]), sign=1, join_size=1, weight_power=1)
    assert found.times.tolist() == [249.5]


def test_a_strong_crossing_counts_whichever_channel_joins_it():
    """klusta lost a spike whose only strong crossing was labelled by a neighbour that it came to later."""
    probe = Probe([7, 8], edges=[(7, 8)])
    for channel in range(2):
        values = np.zeros((9, 2), dtype=np.float32)
        values[4] = 1.5
        values[4, channel] = 3.0
        thresholds = Thresholds(np.ones(2), np.full(2, 2.0))
        found = find_components(values, thresholds, adjacency([probe]), sign=1, join_size=1, weight_power=2)
        assert found.times.tolist() == [4.0]
        assert found.masks.max(axis=1).tolist() == [1.0]


def test_channel_groups_never_touch():
    values = np.zeros((9, 4), dtype=np.float32)
    values[4] = 3.0
    thresholds = Thresholds(np.ones(4), np.full(4, 2.0))
    adjacent = adjacency([line_probe(2), line_probe(2, first=2)])
    found = find_components(values, thresholds, adjacent, sign=1, join_size=1, weight_power=2)
    assert found.channels.tolist() == [0, 2]
    assert found.masks.tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]


def test_a_known_spike_has_the_mask_of_a_value_that_is_farther_than_its_waveform_reaches():
    values = np.zeros((99, 2), dtype=np.float32)
    values[57, 1] = 3.0
    thresholds = Thresholds(np.ones(2), np.full(2, 2.0))
    adjacent, times = adjacency([line_probe(2)]), np.array([50.0, 49.0, 58.0])
    masks = masks_at(values, thresholds, adjacent, slice(0, 2), times, sign=1, join_size=6, reach=1)
    assert masks.tolist() == [[0, 1], [0, 0], [0, 1]]
