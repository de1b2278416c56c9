"""Proposals: rows that are looked at, accepted, rejected and reconsidered, and a preview of what is selected."""

import json

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from widgets.light_session import light_session

from napari_phy.actions import messages
from napari_phy.actions.action import perform
from napari_phy.actions.action_table import BY_ID
from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.views.proposals import Proposal
from napari_phy.widgets.docks.proposal_table import CLUSTERS, WHAT, WHY
from napari_phy.widgets.docks.proposals_panel import ProposalsPanel

LEFT = Qt.MouseButton.LeftButton
GROUP = Proposal("merge", (2, 3, 5), 0.95, ("similar shapes 0.98", "no gap between their spikes"))
PAIR = Proposal("merge", (0, 7), 0.9, ("similar shapes 0.96",))
NOISE = Proposal("noise", (1,), 0.8, ("on 8 of 8 channels at once",))


class Desk:
    """Does what a workspace does for the actions of a panel."""

    def __init__(self, session):
        self.session, self.said = session, []

    def say(self, sentence):
        self.said.append(sentence)

    complain = say

    def run(self, action_id):
        perform(BY_ID[action_id], self)


@pytest.fixture
def panel(qtbot):
    session = light_session(9, 2000)
    session.move(session.manager.cluster_ids, "unsorted")
    spikes = session.manager.spikes(4)
    split = Proposal("split", (4,), 0.7, ("two clouds",), ClusterCut(4, spikes[:20], len(spikes) - 20, "features", 3.0))
    session.proposals.add([NOISE, PAIR, split, GROUP])
    made = ProposalsPanel(session)
    qtbot.addWidget(made)
    made.desk = Desk(session)
    made.action_requested.connect(made.desk.run)
    made.resize(480, 420)
    made.show()
    settle(qtbot, made)
    return made


def settle(qtbot, panel):
    qtbot.waitUntil(lambda: not panel.busy)


def rows(panel, column=CLUSTERS):
    model = panel.table.proposals
    return [model.text(row, column) for row in range(model.rowCount())]


def do(qtbot, panel, action_id):
    panel.desk.run(action_id)
    settle(qtbot, panel)


def press(qtbot, panel, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(panel.table, key, modifier)
    settle(qtbot, panel)


def test_the_surest_comes_first_and_down_selects_its_clusters(panel, qtbot):
    assert rows(panel) == ["2, 3, 5", "0, 7", "1", "4"]
    assert rows(panel, WHAT) == ["merge", "merge", "noise", "split"]
    assert rows(panel, WHY)[0] == "similar shapes 0.98; no gap between their spikes"
    assert panel.page.left.text().startswith("4 left: 2 merges, 1 noise, 1 split")
    press(qtbot, panel, Qt.Key.Key_Down)
    assert panel.session.selection.clusters == (2, 3, 5)
    assert panel.table.chosen_row == 0
    press(qtbot, panel, Qt.Key.Key_Down)
    assert panel.session.selection.clusters == (0, 7)
    assert panel.data.request.clusters == (0, 7)
    assert panel.plot.isVisible()
    panel.session.selection.select([8])
    settle(qtbot, panel)
    assert panel.table.chosen_row is None
    assert not panel.plot.isVisible()
    assert panel.figure() is None
    assert not panel.page.buttons["accept_proposal"].isEnabled()


def test_a_split_shows_its_cut_before_it_is_made(panel, qtbot):
    press(qtbot, panel, Qt.Key.Key_Down)
    for _ in range(3):
        press(qtbot, panel, Qt.Key.Key_Down)
    session = panel.session
    cut = session.proposals.shown[3].cut
    assert session.selection.clusters == (4,)
    assert session.selection.spikes.tolist() == cut.spikes.tolist()
    assert panel.data.is_split
    assert panel.data.n_spikes.tolist() == [20, cut.n_rest]
    do(qtbot, panel, "accept_proposal")
    assert 4 not in session.manager
    new = set(session.manager.clusters_of(cut.spikes).tolist())
    assert len(new) == 1


def test_accepting_is_an_edit_that_undo_takes_back_with_the_proposal(panel, qtbot):
    session = panel.session
    press(qtbot, panel, Qt.Key.Key_Down)
    QTest.mouseClick(panel.page.buttons["accept_proposal"], LEFT)
    settle(qtbot, panel)
    assert session.manager.n_done == 2
    assert not any(one in session.manager for one in (2, 3, 5))
    assert rows(panel) == ["0, 7", "1", "4"]
    assert session.selection.clusters == (0, 7)
    assert panel.table.chosen_row == 0
    assert panel.page.left.text().startswith("3 left: 1 merge, 1 noise, 1 split")
    session.undo()
    settle(qtbot, panel)
    assert rows(panel) == ["2, 3, 5", "0, 7", "1", "4"]
    assert session.selection.clusters == (2, 3, 5)
    assert panel.table.chosen_row == 0
    do(qtbot, panel, "next_proposal")
    do(qtbot, panel, "next_proposal")
    assert session.selection.clusters == (1,)
    do(qtbot, panel, "accept_proposal")
    assert session.manager.group(1) == "noise"


def test_what_is_rejected_is_listed_apart_and_can_be_reconsidered(panel, qtbot):
    session = panel.session
    do(qtbot, panel, "next_proposal")
    do(qtbot, panel, "reject_proposal")
    settle(qtbot, panel)
    assert rows(panel) == ["0, 7", "1", "4"]
    assert session.selection.clusters == (0, 7)
    panel.choose(shown="rejected")
    assert rows(panel) == ["2, 3, 5"]
    assert panel.page.buttons["reject_proposal"].text().startswith("Reconsider")
    do(qtbot, panel, "next_proposal")
    assert panel.desk.said == [f"Rejected: merge 2, 3 and 5. {messages.NO_EDIT}"]
    do(qtbot, panel, "accept_proposal")
    assert panel.desk.said[-1] == messages.IS_REJECTED
    do(qtbot, panel, "reject_proposal")
    assert panel.page.message.text == messages.NOTHING_REJECTED
    QTest.mouseClick(panel.page.message.buttons[0], LEFT)
    assert rows(panel) == ["2, 3, 5", "0, 7", "1", "4"]


def test_one_cluster_is_taken_out_of_a_group(panel, qtbot):
    session = panel.session
    press(qtbot, panel, Qt.Key.Key_Down)
    assert panel.page.buttons["take_out"].text() == "Take out 5  X"
    press(qtbot, panel, Qt.Key.Key_Left)
    assert panel.table.member == 3
    press(qtbot, panel, Qt.Key.Key_Left)
    press(qtbot, panel, Qt.Key.Key_Left)
    assert panel.table.member == 5
    index = panel.table.proposals.index(0, CLUSTERS)
    spans, n_more = panel.table.spans(0, panel.table.visualRect(index).width())
    assert ([cluster for cluster, _, _ in spans], n_more) == ([2, 3, 5], 0)
    place = panel.table.visualRect(index).topLeft()
    place.setX(round(place.x() + spans[1][1] + spans[1][2] / 2))
    place.setY(place.y() + 6)
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=place)
    assert panel.table.member == 3
    do(qtbot, panel, "take_out")
    settle(qtbot, panel)
    assert rows(panel)[0] == "2, 5"
    assert session.selection.clusters == (2, 5)
    assert not panel.page.buttons["take_out"].isEnabled()
    do(qtbot, panel, "take_out")
    assert panel.desk.said[0].startswith("3 taken out of the merge with 2 and 5. ")
    assert panel.desk.said[1:] == [messages.NEED_GROUP]
    do(qtbot, panel, "accept_proposal")
    assert 3 in session.manager
    assert 2 not in session.manager


def test_one_kind_is_listed_and_each_empty_list_says_why(panel, qtbot):
    session = panel.session
    panel.choose(shown="noise")
    assert rows(panel) == ["1"]
    do(qtbot, panel, "next_proposal")
    do(qtbot, panel, "reject_proposal")
    assert panel.page.message.text == messages.NONE_OF_KIND
    panel.choose(shown="all")
    for _ in range(3):
        do(qtbot, panel, "next_proposal")
        do(qtbot, panel, "reject_proposal")
    assert panel.page.message.text == messages.ALL_PROPOSALS_DECIDED
    do(qtbot, panel, "accept_proposal")
    assert panel.desk.said[-1] == messages.NO_PROPOSALS
    session.selection.select([0, 1])
    settle(qtbot, panel)
    assert panel.plot.isVisible()
    assert panel.read_out(1, 1) == ""
    assert panel.figure() is not None


def test_proposals_are_looked_for_in_the_background_and_the_search_can_be_cancelled(qtbot):
    session = light_session(9, 2000)
    panel = ProposalsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(480, 420)
    panel.show()
    settle(qtbot, panel)
    assert panel.page.message.text == messages.NOT_LOOKED_YET
    panel.look_for()
    assert panel.is_searching
    assert panel.page.message.text == messages.FINDING_PROPOSALS
    QTest.mouseClick(panel.page.message.buttons[0], LEFT)
    assert panel.page.message.text == messages.NOT_LOOKED_YET
    assert session.proposals.settings is None
    panel.begin()
    qtbot.waitUntil(lambda: not panel.is_searching)
    assert session.proposals.settings is not None
    assert panel.page.shows_list or panel.page.message.text == messages.NOTHING_PROPOSED
    panel.choose(least_score=0.99, noise=False)
    qtbot.waitUntil(lambda: not panel.is_searching)
    assert session.proposals.settings.least_score == 0.99
    settle(qtbot, panel)
    assert panel.page.message.text == messages.NOTHING_PROPOSED
    panel.choose(shown="split")
    assert not panel.is_searching


def test_lists_of_spikeinterface_are_read_and_written(panel, qtbot, tmp_path):
    session, said = panel.session, []
    panel.said.connect(said.append)
    written = tmp_path / "merges.json"
    panel.export_list(written, as_curation=False)
    assert json.loads(written.read_text()) == [[2, 3, 5], [0, 7]]
    assert said[-1] == "Wrote 2 proposals to merges.json."
    panel.export_list(tmp_path / "all.json", as_curation=True)
    assert said[-1] == "Wrote 4 proposals to all.json."
    groups = tmp_path / "groups.json"
    groups.write_text("[[6, 8], [0, 99]]")
    panel.import_list(groups)
    settle(qtbot, panel)
    assert said.count("Read 1 proposal of groups.json.") == 1
    assert rows(panel)[0] == "6, 8"
    assert session.selection.clusters == (6, 8)
    groups.write_text("{}")
    panel.import_list(groups)
    assert panel.page.message.text.startswith("groups.json is neither a list of merge groups")
    QTest.mouseClick(panel.page.message.buttons[0], LEFT)
    assert panel.page.shows_list
    panel.import_list(tmp_path / "missing.json")
    assert "cannot be read" in panel.page.message.text
