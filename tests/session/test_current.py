"""The wizard of a session: its orders, its cuts, and what is remembered after a restart."""

import json
import threading

import pytest
from widgets.light_session import light_session

import napari_phy
from napari_phy.core.errors import ClusteringError
from napari_phy.files.side_folder import side_folder
from napari_phy.storage import side_files


def bests(session):
    """Return all best clusters in the order in which they come."""
    session.reset_wizard()
    found = [session.wizard.best]
    while (following := session.wizard.next_best()) not in found:
        found.append(following)
    session.reset_wizard()
    return found


def test_best_clusters_come_by_any_column_by_the_list_or_by_gain():
    session = light_session()
    undecided = bests(session)
    assert undecided == sorted(undecided, key=session.manager.n_spikes, reverse=True)
    session.order_wizard("rate", is_ascending=True)
    assert bests(session) == sorted(undecided, key=session.manager.n_spikes)
    session.order_wizard("depth")
    depths = session.table["depth"]
    assert [depths[one] for one in bests(session)] == sorted((depths[one] for one in undecided), reverse=True)
    session.listed.order = (5, 3, 7, 4, 6)
    session.order_wizard("list")
    assert bests(session) == [5, 3, 7, 4, 6]
    session.order_wizard("list", is_ascending=True)
    assert bests(session) == [6, 4, 7, 3, 5]
    session.order_wizard("gain")
    gains = session.wizard.gain(session.manager.cluster_ids.tolist())
    assert bests(session)[0] == max(undecided, key=gains.get)
    with pytest.raises(ClusteringError, match="There is no column beauty"):
        session.order_wizard("beauty")


def test_the_setting_of_the_view_sets_the_order():
    session = light_session()
    session.views["wizard"].update(order="spikes", ascending=True)
    session.start_wizard()
    assert session.wizard.best == min(range(3, 8), key=session.manager.n_spikes)


def test_a_cut_is_selected_split_and_left_by_another_lasso():
    session = light_session()
    joined = session.merge([3, 6]).added[0]
    session.selection.select([joined])
    assert session.propose_cut()
    cut = session.wizard.cut
    assert session.selection.clusters == (joined,)
    assert session.selection.spikes.tolist() == cut.spikes.tolist()
    session.split(session.selection.spikes)
    assert session.wizard.cut is None
    assert len(session.selection.spikes) == 0
    session.undo()
    assert session.selection.clusters == (joined,)
    assert session.selection.spikes.tolist() == cut.spikes.tolist()
    session.redo()
    assert len(session.selection.spikes) == 0
    session.undo()
    assert session.propose_cut()
    session.selection.select_spikes(cut.spikes[:5])
    assert session.wizard.cut is None
    assert not session.wizard.is_one(joined)


def test_decisions_hold_after_a_restart_for_the_same_spikes(kwik_copy):
    with napari_phy.open_session(kwik_copy) as session:
        session.start_wizard()
        pair = session.wizard.place
        session.wizard.next()
        session.wizard.next_best()
        skipped = session.wizard.skipped
    with napari_phy.open_session(kwik_copy) as session:
        assert session.wizard.skipped == skipped
        session.start_wizard()
        assert session.wizard.best not in skipped
        session.selection.select(pair[1:])
        assert session.wizard.next_candidate() != pair[0]
        session.merge(pair)
        session.undo()
        session.selection.select(pair[1:])
        assert session.wizard.next_candidate() != pair[0]
        session.reset_wizard()
        assert session.wizard.place == pair
    with napari_phy.open_session(kwik_copy) as session:
        assert session.wizard.skipped == ()


def test_nobody_waits_until_a_decision_is_on_the_disk_and_closing_does(kwik_copy, monkeypatch):
    is_free, write = threading.Event(), side_files.write_file
    file = side_folder(kwik_copy) / "decisions.json"
    with napari_phy.open_session(kwik_copy) as session:
        monkeypatch.setattr(side_files, "write_file", lambda *given: is_free.wait() and write(*given))
        session.start_wizard()
        pairs = []
        for _ in range(4):
            pairs.append(sorted(session.wizard.place))
            session.wizard.next()
        assert not file.exists()
        is_free.set()
    kept = json.loads(file.read_text())["decisions"]["0/main"]["different"]
    assert sorted(kept) == sorted(pairs)


@pytest.mark.parametrize("content", ['{"decisions": {"0/main": {"different": [[1, "x"]], "skipped": 3}}}', "[]", "{"])
def test_decisions_that_cannot_be_read_cost_nothing_else(kwik_copy, content):
    file = side_folder(kwik_copy) / "decisions.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    with napari_phy.open_session(kwik_copy) as session:
        session.start_wizard()
        session.wizard.next()
    assert json.loads(file.read_text())["decisions"]
