"""A session goes elsewhere in two halves: the slow one leaves everything as it is, whatever comes of it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from patience import PATIENCE_S

from napari_phy import KwikModel, open_session
from napari_phy.core.errors import ClusteringError, NapariPhyError, NotInFileError
from napari_phy.core.progress import CancelledError
from napari_phy.formats.kwik import clusterings
from napari_phy.table import feature_sums

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture
def kwik(kwik_copy):
    """A file with the clusterings main, original and second."""
    model = KwikModel(kwik_copy)
    model.add_clustering("second", (model.spike_clusters + 1) % 20)
    model.close()
    return kwik_copy


@pytest.fixture
def session(kwik):
    with open_session(kwik) as session:
        yield session


@pytest.fixture
def heard(session):
    heard = []
    session.switched.connect(lambda: heard.append("switched"))
    session.clusterings_changed.connect(lambda: heard.append("clusterings"))
    return heard


@pytest.fixture
def worker():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def is_free(kwik, clustering):
    """Return whether nobody holds the journal of a clustering."""
    with open_session(kwik, clustering=clustering) as session:
        return not session.store.read_only


def stop_at(n_reports):
    """Return a listener that ends the work at a report, and the reports it got."""
    shares = []

    def on_progress(share):
        shares.append(share)
        if len(shares) == n_reports:
            raise CancelledError

    return on_progress, shares


def test_the_slow_half_of_a_switch_changes_nothing_and_the_quick_one_goes_there(session, heard, worker):
    session.start_wizard()
    left = session.opened
    change = session.beginning_to_switch(clustering="second")
    worker.submit(change.work).result()
    assert session.opened is left
    assert heard == []
    record = session.merge(session.manager.cluster_ids[:2])  # edits go on until it is left
    change.finish()
    assert session.model.clustering == "second"
    assert session.selection.clusters == session.wizard.place
    assert heard == ["switched"]
    session.switch(clustering="main")
    assert session.manager.undo_record.added == record.added


@pytest.mark.parametrize("n_reports", [1, 2, 3, 5])
def test_a_switch_that_is_cancelled_leaves_the_same_objects_and_an_unlocked_journal(
    session, kwik, heard, monkeypatch, n_reports
):
    monkeypatch.setattr(feature_sums, "BLOCK_BYTES", 2**15)
    session.start_wizard()
    left = session.opened
    change = session.beginning_to_switch(clustering="second")
    on_progress, shares = stop_at(n_reports)
    with pytest.raises(CancelledError):
        change.work(on_progress)
    change.drop()
    assert len(shares) == n_reports
    assert shares == sorted(shares)
    assert session.opened is left
    assert heard == []
    assert is_free(kwik, "second")
    session.merge(session.manager.cluster_ids[:2])
    assert session.model.features[:3].shape[0] == 3
    session.switch(clustering="second")
    assert heard == ["switched"]


def test_a_switch_that_is_cancelled_once_it_is_open_lets_go_of_it(session, kwik, heard):
    change = session.beginning_to_switch(clustering="second")
    change.work()
    assert not is_free(kwik, "second")
    change.drop()
    assert is_free(kwik, "second")
    change.finish()
    assert (session.model.clustering, heard) == ("main", [])


def test_a_switch_that_fails_leaves_room_for_another(session):
    change = session.beginning_to_switch(clustering="nowhere")
    with pytest.raises(NotInFileError):
        change.do()
    session.switch(clustering="second")
    assert session.model.clustering == "second"


def test_one_change_at_a_time(session):
    change = session.beginning_to_switch(clustering="second")
    for another in (
        lambda: session.switch(channel_group=1),
        lambda: session.copy_clustering("main", "third"),
        session.reset_clustering,
    ):
        with pytest.raises(ClusteringError, match=r"being changed\. Try again in a moment"):
            another()
    change.drop()
    session.copy_clustering("main", "third")
    assert "third" in session.clusterings


@pytest.mark.parametrize("group", [0, 1])
def test_closing_while_another_clustering_is_opened_leaves_no_lock(kwik, worker, monkeypatch, group):
    session = open_session(kwik)
    change = session.beginning_to_switch(group, "second" if group == 0 else "main")
    reached, go_on = threading.Event(), threading.Event()

    def wait(share):
        if share > 0:
            reached.set()
            assert go_on.wait(PATIENCE_S)

    working = worker.submit(change.work, wait)
    assert reached.wait(PATIENCE_S)
    session.close()
    go_on.set()
    assert isinstance(working.exception(), CancelledError | NapariPhyError | None)
    for place in ((0, "main"), (0, "second"), (1, "main")):
        with open_session(kwik, *place) as again:
            assert not again.store.read_only


def test_closing_once_another_clustering_is_open_leaves_no_lock(kwik, worker):
    session = open_session(kwik)
    worker.submit(session.beginning_to_switch(clustering="second").work).result()
    session.close()
    assert is_free(kwik, "second")
    assert is_free(kwik, "main")


def slowly(monkeypatch, name):
    """Let a writing of the file wait; return the events of being reached and of going on."""
    act, reached, go_on = getattr(clusterings, name), threading.Event(), threading.Event()

    def wait(*arguments):
        reached.set()
        assert go_on.wait(PATIENCE_S)
        act(*arguments)

    monkeypatch.setattr(clusterings, name, wait)
    return reached, go_on


def test_edits_of_a_clustering_that_is_being_renamed_are_refused_and_nothing_is_lost(
    session, heard, worker, monkeypatch
):
    reached, go_on = slowly(monkeypatch, "rename_clustering")
    kept = session.merge(session.manager.cluster_ids[:2])
    shown = session.manager.spike_clusters.tolist()
    change = session.beginning_to_rename("main", "mine")
    working = worker.submit(change.work)
    assert reached.wait(PATIENCE_S)
    for edit in (lambda: session.merge(session.manager.cluster_ids[:2]), session.undo):
        with pytest.raises(ClusteringError, match="being written; the edit was not made"):
            edit()
    assert session.manager.spike_clusters.tolist() == shown
    go_on.set()
    working.result()
    change.finish()
    assert heard == ["switched", "clusterings"]
    assert session.model.clustering == "mine"
    assert session.manager.spike_clusters.tolist() == shown
    assert session.manager.undo_record.added == kept.added
    session.undo()


def test_what_is_copied_is_what_was_shown_when_it_began_and_edits_go_on(session, worker, monkeypatch):
    reached, go_on = slowly(monkeypatch, "copy_clustering")
    shown = session.manager.spike_clusters.tolist()
    change = session.beginning_to_copy("main", "try")
    working = worker.submit(change.work)
    assert reached.wait(PATIENCE_S)
    session.merge(session.manager.cluster_ids[:2])
    go_on.set()
    working.result()
    change.finish()
    assert session.n_unsaved == 1
    session.switch(clustering="try")
    assert session.manager.spike_clusters.tolist() == shown


def test_a_renaming_that_fails_goes_on_with_the_old_name(session, heard, monkeypatch):
    def fail(*_):
        raise ClusteringError("No room.")

    monkeypatch.setattr(clusterings, "rename_clustering", fail)
    session.merge(session.manager.cluster_ids[:2])
    with pytest.raises(ClusteringError, match="No room"):
        session.rename_clustering("main", "mine")
    assert session.model.clustering == "main"
    assert session.n_unsaved == 1
    session.undo()


def test_closing_waits_until_the_file_is_whole(kwik, worker, monkeypatch):
    reached, go_on = slowly(monkeypatch, "rename_clustering")
    session = open_session(kwik)
    session.merge(session.manager.cluster_ids[:2])
    shown = session.manager.spike_clusters
    working = worker.submit(session.beginning_to_rename("main", "mine").work)
    assert reached.wait(PATIENCE_S)
    threading.Timer(0.05, go_on.set).start()
    session.close()
    working.result()
    with open_session(kwik, clustering="mine") as again:
        assert not again.store.read_only
        np.testing.assert_array_equal(again.manager.spike_clusters, shown)
