"""What Open Ephys recorded can be sorted: edits are kept, and a copy with them is a data set of klusta."""

from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.open_ephys import make_recorded, write_open_ephys

from napari_phy import open_session
from napari_phy.core.errors import NotInFileError, ReadOnlyError, SaveError
from napari_phy.formats.kwik.model import KwikModel

TOLD = "experiment1.kwx has no place for a sorting. Edits are kept in the journal; save a copy to have them in a .kwik."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_open_ephys(tmp_path, make_recorded())
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_edits_are_kept_whichever_file_was_opened(folder: Path) -> None:
    before = contents(folder)
    with open_session(folder / "experiment1.kwx") as session:
        assert session.messages[-1] == TOLD
        session.split(np.arange(10))
        session.move([1], "good")
        expected = session.manager.spike_clusters.tolist()
        session.switch(channel_group=1)
        assert session.manager.cluster_ids.tolist() == [0]
        session.switch(channel_group=0)
        assert session.manager.spike_clusters.tolist() == expected
    for name in ("experiment1.kwe", "experiment1_102.raw.kwd"):
        with open_session(folder / name) as session:
            assert session.manager.spike_clusters.tolist() == expected
            assert session.n_unsaved == 2
    assert contents(folder) == before


def test_looking_leaves_nothing_behind(folder: Path) -> None:
    before = sorted(folder.iterdir())
    open_session(folder / "experiment1_100.raw.kwd").close()
    assert sorted(folder.iterdir()) == before


def test_raw_data_alone_open(folder: Path) -> None:
    for name in ("experiment1.kwx", "experiment1.kwe"):
        (folder / name).unlink()
    with open_session(folder / "experiment1_102.raw.kwd") as session:
        assert session.model.traces.shape == (5000, 2)
        assert session.manager.cluster_ids.tolist() == []


def test_it_cannot_be_saved_into_and_a_copy_can(folder: Path, tmp_path: Path) -> None:
    before = contents(folder)
    elsewhere = tmp_path / "copies"
    elsewhere.mkdir()
    with open_session(folder / "experiment1_100.raw.kwd") as session:
        session.split(np.arange(10))
        session.move([1], "good")
        session.add_group("axons")
        assert not session.can_save
        with pytest.raises(ReadOnlyError, match=r"experiment1\.kwx has no place for a sorting"):
            session.save()
        with pytest.raises(NotInFileError, match=r"only a \.kwik holds several"):
            session.copy_clustering("detected", "main")
        session.save_copy(elsewhere / "sorted.kwik")
        clusters, samples = session.manager.spike_clusters.tolist(), session.model.spike_samples.tolist()
        traces, recordings = session.model.traces[:], session.model.recordings
        with pytest.raises(SaveError, match=r"sorted\.kwik is there already"):
            session.save_copy(elsewhere / "sorted.kwik")
    assert contents(folder) == before
    assert sorted(file.name for file in elsewhere.iterdir()) == ["sorted.kwik", "sorted.kwx"]
    with closing(KwikModel(elsewhere / "sorted.kwik")) as model:
        assert model.spike_clusters.tolist() == clusters
        assert model.spike_samples.tolist() == samples
        assert dict(model.cluster_groups) == {1: "good"}
        assert "axons" in model.group_names
        assert model.recordings == recordings
        np.testing.assert_array_equal(model.traces[:], traces)
        assert model.waveforms is not None
        assert model.missing == ("sorted.kwx has no features of channel group 0.",)


def test_spikes_that_changed_set_the_edits_aside(folder: Path) -> None:
    with open_session(folder / "experiment1.kwx") as session:
        session.split(np.arange(10))
    with h5py.File(folder / "experiment1.kwx", "r+") as file:
        file["channel_groups/0/time_samples"][3] += 1
    with open_session(folder / "experiment1.kwx") as session:
        assert session.manager.cluster_ids.tolist() == [0]
        assert any("1 unsaved edit was set aside" in sentence for sentence in session.messages)
