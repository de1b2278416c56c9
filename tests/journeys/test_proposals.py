"""Proposals in a real window, by keys alone: accept, reject, take one out, undo, and the same after a restart."""

import numpy as np
import pytest
from journeys.person import CTRL, SHIFT
from qtpy.QtCore import Qt

from napari_phy import open_session
from napari_phy.actions import messages

pytestmark = pytest.mark.usefixtures("quick_disk")
RIGHT, DOWN = Qt.Key.Key_Right, Qt.Key.Key_Down


@pytest.fixture
def over_split(kwik_copy):
    """The sample, in which one half of a neuron is cut into three at random."""
    with open_session(kwik_copy) as session:
        first, *_ = (one.clusters for one in session.propose() if one.kind == "merge")
        largest = max(first, key=session.manager.n_spikes)
        spikes = session.manager.spikes(largest)
        session.assign(spikes, np.random.default_rng(0).integers(0, 3, len(spikes)))
        session.save()
    return kwik_copy


def proposals(person):
    """Press P, wait for what is found, and return the panel."""
    person.press(Qt.Key.Key_P)
    panel = person.workspace.panels["Proposals"]
    person.wait(lambda: not panel.is_searching and not panel.busy, "the proposals")
    person.settle()
    assert panel.isVisible()
    return panel


def rows(panel):
    return [(one.kind, one.clusters) for one in panel.table.proposals.proposals]


def test_proposals_are_gone_through_by_keys_alone_and_decisions_outlast_a_restart(person, over_split):
    person.open(over_split)
    panel = proposals(person)
    session, before = person.session, rows(panel)
    merges = [clusters for kind, clusters in before if kind == "merge"]
    group = next(clusters for clusters in merges if len(clusters) == 4)
    pair = next(clusters for clusters in merges if len(clusters) == 2)
    assert {kind for kind, _ in before} == {"merge", "split"}
    assert panel.page.left.text().startswith(f"{len(before)} left: ")

    def look_at(clusters):
        person.press(Qt.Key.Key_Home, CTRL)  # no key of ours
        for _ in before:
            if person.chosen == clusters:
                break
            person.press(Qt.Key.Key_N)
        for _ in before:
            if person.chosen == clusters:
                break
            person.press(Qt.Key.Key_N, SHIFT)
        assert person.chosen == clusters
        person.wait(lambda: panel.data is not None and panel.data.request.clusters == clusters, "the preview")

    look_at(group)
    person.press(RIGHT)  # from the last one to the first one
    person.press(Qt.Key.Key_X)
    rest = group[1:]
    assert person.chosen == rest
    assert ("merge", rest) in rows(panel)
    assert group not in [clusters for _, clusters in rows(panel)]
    person.press(Qt.Key.Key_A)
    assert not any(one in session.manager for one in rest)
    assert group[0] in session.manager
    look_at(pair)
    person.press(Qt.Key.Key_R)
    assert all(one in session.manager for one in pair)
    assert ("merge", pair) not in rows(panel)
    cluster = next(clusters[0] for kind, clusters in rows(panel) if kind == "split")
    look_at((cluster,))
    assert len(session.selection.spikes)
    assert panel.data.is_split
    n_done = session.manager.n_done
    person.press(Qt.Key.Key_A)
    assert cluster not in session.manager
    assert session.manager.n_done == n_done + 1
    assert panel.page.message.text == messages.ALL_PROPOSALS_DECIDED
    person.press(Qt.Key.Key_Z, CTRL)
    assert rows(panel) == [("split", (cluster,))]
    person.press(Qt.Key.Key_A)
    assert cluster not in session.manager
    person.press(Qt.Key.Key_Z, CTRL)
    person.press(Qt.Key.Key_Z, CTRL)
    assert rows(panel) == [("split", (cluster,)), ("merge", rest)]
    assert person.chosen == rest
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not session.is_dirty, "the save")

    person.workspace.close_session()
    person.open(over_split)
    panel = proposals(person)
    again = rows(panel)
    assert ("merge", pair) not in again
    assert not any(kind == "merge" and group[0] in clusters and set(clusters) & set(rest) for kind, clusters in again)
    assert set(again) == {("split", (cluster,)), ("merge", rest)}
    assert person.session.proposals.rejected == ()
