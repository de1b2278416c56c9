"""What a small file claims costs little: counts and sizes are bounded, and what is left out is said."""

import tracemalloc

import h5py
import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy.cli.describing import describe
from napari_phy.io.kwik import events, parts
from napari_phy.io.kwik.model import KwikModel


def test_columns_that_no_channel_has_are_not_read(tmp_path):
    path = make_kwik(tmp_path)
    kwd = tmp_path / "small.raw.kwd"
    n_columns = 10**6
    with h5py.File(kwd, "w") as file:
        shape, chunks = (2 * n_columns, n_columns), (1, n_columns)
        file.create_dataset("recordings/0/data", shape, np.int16, chunks=chunks, compression="gzip", fillvalue=3)
    assert kwd.stat().st_size < 5000
    with h5py.File(path, "r+") as file:
        file["recordings/0/raw"].attrs["hdf5_path"] = "{raw.kwd}/recordings/0/data"
        del file["recordings/0/raw"].attrs["dat_path"]
    tracemalloc.start()
    model = KwikModel(path)
    waveforms, some = model.waveforms[:10], model.traces[1000:1010]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert waveforms.shape[2] == 4
    assert some.shape == (10, 4)
    assert (some == 3).all()
    assert peak < 5e7
    model.close()


@pytest.fixture
def counted(monkeypatch):
    """Count the channel groups that are looked at."""
    looked_at: list[int] = []
    scan = parts._scan

    def look(file, number, known):
        looked_at.append(number)
        return scan(file, number, known)

    monkeypatch.setattr(parts, "_scan", look)
    return looked_at


def test_of_very_many_channel_groups_the_first_are_read_and_it_is_said(tmp_path, monkeypatch, counted):
    monkeypatch.setattr(parts, "MAX_GROUPS", 5)
    path = make_kwik(tmp_path)
    with h5py.File(path, "r+") as file:
        for number in range(1, 9):
            file[f"channel_groups/{number}"] = file["channel_groups/0"]  # a hard link
    model = KwikModel(path)
    assert model.channel_groups == tuple(range(5))
    assert "small.kwik has 9 channel groups; only the first 5 are read." in model.missing
    assert counted == [0, 1, 2, 3, 4]
    model.close()
    other = KwikModel(path, channel_group=8)
    assert other.n_spikes == 300
    other.close()


def test_describe_looks_at_each_channel_group_once(tmp_path, counted):
    path = make_kwik(tmp_path, groups=range(6))
    assert len(describe(path).facts["channel_groups"]) == 6
    assert counted == list(range(6))


def test_another_look_is_taken_at_a_file_that_has_changed(tmp_path, counted):
    path = make_kwik(tmp_path, groups=(0, 1))
    model = KwikModel(path)
    with h5py.File(path, "r+") as file:
        file["channel_groups/1/spikes/clusters/mine"] = np.zeros(300, np.int32)
    other = model.opened_at(1, "mine")
    assert other.cluster_ids.tolist() == [0]
    assert counted == [0, 1, 0, 1]
    for each in (model, other):
        each.close()


def test_of_very_many_kinds_of_events_the_first_are_read_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(events, "MAX_KINDS", 3)
    path = make_kwik(tmp_path)
    with h5py.File(path, "r+") as file:
        for number in range(9):
            file[f"event_types/kind {number}/events/time_samples"] = np.arange(2, dtype=np.uint64)
    model = KwikModel(path)
    assert list(model.events) == ["kind 0", "kind 1", "kind 2"]
    assert "small.kwik has 9 kinds of events; only the first 3 are read." in model.missing
    model.close()
