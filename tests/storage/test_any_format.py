"""Edits are kept, saved, found again and undone whatever the format: here that of `memory_format`."""

import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_format import MemoryClusteringFile
from support import ArrayModel

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.errors import ClusteringError, SaveError
from napari_phy.session.session import Session
from napari_phy.storage.store import EditStore

N_SPIKES = 24
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["merge", "split", "move", "label", "color", "undo", "redo", "save", "reopen"]),
        st.integers(0, 2**31),
    ),
    max_size=25,
)


def make_file(folder, *, keeps_original=True):
    file = MemoryClusteringFile(Path(folder) / "small.memory")
    clusters = np.arange(N_SPIKES, dtype=np.int32) % 5
    file.write_first(StoredClustering(clusters, {0: "good"}, {}, {}, ()), keeps_original=keeps_original)
    return file


def open_file(file):
    stored = file.read()
    model = ArrayModel(
        stored.spike_clusters,
        path=file.path,
        cluster_groups=stored.cluster_groups,
        cluster_colors=stored.cluster_colors,
        cluster_labels=stored.cluster_labels,
    )
    return Session(model, EditStore.open(model))


def edit(manager, act, seed):
    """Do an edit that a seed tells, the same in each manager of the same state; none where it would change nothing."""
    with suppress(ClusteringError):
        do(manager, act, seed)


def do(manager, act, seed):
    rng = np.random.default_rng(seed)
    ids = manager.cluster_ids
    cluster = int(rng.choice(ids))
    if act == "merge" and len(ids) > 1:
        manager.merge(rng.choice(ids, 2, replace=False).tolist())
    elif act == "split":
        manager.split(np.sort(rng.choice(N_SPIKES, 3, replace=False)))
    elif act == "move":
        manager.move([cluster], str(rng.choice(["good", "mua", "noise", "unsorted"])))
    elif act == "label":
        manager.label([cluster], "quality", int(rng.integers(3)))
    elif act == "color":
        manager.recolor([cluster], f"#{rng.integers(2**24):06x}")
    elif act in ("undo", "redo"):
        getattr(manager, act)()


def state(clustering):
    return (
        clustering.spike_clusters.tolist(),
        dict(clustering.cluster_groups),
        dict(clustering.cluster_colors),
        {field: dict(values) for field, values in clustering.cluster_labels.items() if values},
    )


@settings(deadline=None, max_examples=examples(25))
@given(acts=ACTS, keeps_original=st.booleans())
def test_edits_saves_and_openings_in_any_order_lose_nothing(acts, keeps_original):
    with tempfile.TemporaryDirectory() as folder:
        file = make_file(folder, keeps_original=keeps_original)
        stored = file.read()
        expected = ClusterManager(stored.spike_clusters, stored.cluster_groups)
        saved = state(stored)
        session = open_file(file)
        try:
            for act, seed in acts:
                if act == "save":
                    session.save()
                    saved = state(expected)
                elif act == "reopen":
                    session.close()
                    session = open_file(file)
                else:
                    edit(session.manager, act, seed)
                    edit(expected, act, seed)
                assert state(session.manager) == state(expected)
                assert state(file.read()) == saved
            while expected.undo():
                assert session.undo()
                assert state(session.manager) == state(expected)
        finally:
            session.close()


def test_edits_made_on_a_file_that_another_program_wrote_are_set_aside(tmp_path):
    file = make_file(tmp_path)
    session = open_file(file)
    session.merge([0, 1])
    session.close()
    file.write_first(StoredClustering(np.zeros(N_SPIKES, dtype=np.int32), {}, {}, {}, ()))
    session = open_file(file)
    assert session.manager.cluster_ids.tolist() == [0]
    assert session.store.set_aside is not None
    session.close()


def test_a_save_over_what_another_program_wrote_is_refused(tmp_path):
    file = make_file(tmp_path)
    session = open_file(file)
    session.merge([0, 1])
    file.write_first(StoredClustering(np.zeros(N_SPIKES, dtype=np.int32), {}, {}, {}, ()))
    written = file.path.read_bytes()
    with pytest.raises(SaveError, match="another program"):
        session.save()
    assert file.path.read_bytes() == written
    session.close()


@pytest.mark.parametrize("why", ["", "small.memory cannot be written to."])
def test_what_no_save_can_write_is_said_when_it_is_opened_and_its_edits_are_kept(tmp_path, monkeypatch, why):
    monkeypatch.setattr(MemoryClusteringFile, "why_not_saved", lambda _: why)
    file = make_file(tmp_path)
    session = open_file(file)
    assert session.store.messages == ((why,) if why else ())
    assert (session.store.read_only, session.store.can_save) == (False, not why)
    session.merge([0, 1])
    session.close()
    session = open_file(file)
    assert session.n_unsaved == 1
    session.close()


def test_a_copy_holds_what_is_shown(tmp_path):
    file = make_file(tmp_path)
    session = open_file(file)
    session.merge([0, 1])
    session.save_copy(tmp_path / "copy.memory")
    assert state(MemoryClusteringFile(tmp_path / "copy.memory").read()) == state(session.manager)
    assert state(file.read()) != state(session.manager)
    session.close()
