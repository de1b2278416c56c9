"""Columns are computed a few clusters at a time, each once for all lists, and never in the threads of views."""

import threading

import pytest
from patience import PATIENCE_S
from qtpy.QtCore import QThreadPool
from widgets.light_session import light_session

from napari_phy.table.cluster_table import CLUSTERS_AT_ONCE
from napari_phy.widgets.base.latest_result import background_pool
from napari_phy.widgets.lists import cluster_columns
from napari_phy.widgets.lists.cluster_columns import ColumnReader

N_CLUSTERS = 3 * CLUSTERS_AT_ONCE


@pytest.fixture
def session():
    return light_session(N_CLUSTERS)


@pytest.fixture
def lists(qtbot):
    """Return two lists' readers and what each was told."""
    readers = ColumnReader(), ColumnReader()
    told = {}, {}
    for reader, heard in zip(readers, told, strict=True):
        reader.known.connect(lambda _key, values, heard=heard: heard.update(values))
    yield readers, told
    for reader in readers:
        reader.drop()
    background_pool().waitForDone()


def slowly(monkeypatch):
    """Let what is read wait for the event returned; return the clusters read too."""
    go_on, read = threading.Event(), []
    compute = cluster_columns.compute_values

    def wait(session, key, clusters, on_progress):
        go_on.wait(PATIENCE_S)
        on_progress(0)
        read.append(clusters)
        return compute(session, key, clusters, on_progress)

    monkeypatch.setattr(cluster_columns, "compute_values", wait)
    return go_on, read


def test_both_lists_are_told_and_each_cluster_is_read_once(lists, session, qtbot, monkeypatch):
    (clusters, similar), told = lists
    read = []
    from napari_phy.table import columns

    sample = columns.waveform_samples
    monkeypatch.setattr(columns, "waveform_samples", lambda s, ids, on_progress: read.extend(ids) or sample(s, ids))
    clusters.ask(session, {"amplitude": range(N_CLUSTERS)})
    similar.ask(session, {"amplitude": range(1, N_CLUSTERS)})
    qtbot.waitUntil(lambda: [len(heard) for heard in told] == [N_CLUSTERS, N_CLUSTERS - 1])
    assert sorted(read) == list(range(N_CLUSTERS))
    assert all(told[1][cluster] == told[0][cluster] > 0 for cluster in told[1])


def test_the_threads_of_the_views_stay_free(lists, session, qtbot, monkeypatch):
    go_on, _ = slowly(monkeypatch)
    for reader in lists[0]:
        reader.ask(session, {"amplitude": range(N_CLUSTERS)})
    qtbot.waitUntil(lambda: background_pool().activeThreadCount() == 1)
    assert QThreadPool.globalInstance().activeThreadCount() == 0
    go_on.set()
    qtbot.waitUntil(lambda: [len(heard) for heard in lists[1]] == [N_CLUSTERS] * 2)


def test_when_the_session_is_dropped_nothing_more_is_read(lists, session, qtbot, monkeypatch):
    (clusters, similar), told = lists
    go_on, read = slowly(monkeypatch)
    for reader in (clusters, similar):
        reader.ask(session, {"amplitude": range(N_CLUSTERS)})
        reader.drop()
    go_on.set()
    other = light_session(2, 100)
    clusters.ask(other, {"amplitude": [0, 1]})
    qtbot.waitUntil(lambda: len(told[0]) == 2)
    assert read == [(0, 1)]
    assert told[1] == {}


def test_a_cluster_that_was_merged_meanwhile_holds_up_nobody(lists, session, qtbot, monkeypatch):
    (clusters, _), (told, _) = lists
    go_on, _ = slowly(monkeypatch)
    failures = []
    clusters.failed.connect(lambda _key, error: failures.append(error))
    clusters.ask(session, {"amplitude": range(N_CLUSTERS)})
    session.merge([0, 1])
    go_on.set()
    qtbot.waitUntil(lambda: set(told) == set(range(2, N_CLUSTERS)))
    assert failures == []


def test_what_cannot_be_read_is_told_and_not_tried_again(lists, session, qtbot, monkeypatch):
    (clusters, _), (told, _) = lists
    failures = []
    clusters.failed.connect(lambda _key, error: failures.append(error))

    def fail(_session, _key, some, _on_progress):
        if 0 in some:
            raise OSError("gone")
        return dict.fromkeys(some, 1.0)

    monkeypatch.setattr(cluster_columns, "compute_values", fail)
    clusters.ask(session, {"amplitude": range(N_CLUSTERS)})
    qtbot.waitUntil(lambda: len(told) == N_CLUSTERS - CLUSTERS_AT_ONCE)
    assert [str(error) for error in failures] == ["gone"]
