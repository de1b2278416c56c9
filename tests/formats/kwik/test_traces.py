"""Traces equal the raw files laid end to end; a missing piece reads as zeros and is named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.base_model import Recording
from napari_phy.formats.kwik import traces as traces_module
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.raw_files import RawData
from napari_phy.formats.kwik.traces import JoinedTraces, RawSegment

RAW = np.random.default_rng(0).integers(-3000, 3000, (700, 3)).astype(np.int16)


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> JoinedTraces:
    folder = tmp_path_factory.mktemp("raw")
    RAW[:400].tofile(folder / "a.dat")
    RAW[400:].tofile(folder / "b.dat")
    dtype = np.dtype(np.int16)
    segments = [
        RawSegment(0, 400, RawData(folder / "a.dat", None, 400, 3, dtype), 0, 400),
        RawSegment(400, 300, RawData(folder / "b.dat", None, 300, 3, dtype), 0, 300),
    ]
    return JoinedTraces(segments, 3, np.int16)


rows = st.one_of(
    st.slices(700),
    st.integers(-700, 699),
    st.lists(st.integers(-700, 699), max_size=20).map(lambda items: np.array(items, dtype=np.int64)),
)
channels = st.one_of(st.none(), st.slices(3), st.sampled_from([[0], [2, 0], [1, 1, 2]]))


@given(rows=rows, channels=channels)
def test_any_index_equals_numpy(joined: JoinedTraces, rows: object, channels: object) -> None:
    key = rows if channels is None else (rows, channels)
    expected = RAW[rows] if channels is None else np.atleast_2d(RAW[rows])[:, channels]
    result = joined[key]
    if channels is not None and isinstance(rows, int):
        expected = expected[0]
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == np.int16


def test_shape_is_known_without_reading(joined: JoinedTraces, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (joined.shape, joined.ndim, joined.size, len(joined)) == ((700, 3), 2, 2100, 700)
    np.testing.assert_array_equal(joined[...], RAW)
    monkeypatch.setattr(traces_module, "_BLOCK_BYTES", 100)
    np.testing.assert_array_equal(joined[3:650, [2]], RAW[3:650, [2]])


def test_recordings_beyond_ten_stay_in_numeric_order(make_kwik: Callable, tmp_path: Path) -> None:
    made = make_kwik(lengths=(1000,) * 13, dat_path=[f"part{i}.dat" for i in range(13)])
    for place in range(13):
        made.raw[place * 1000 : (place + 1) * 1000].tofile(tmp_path / f"part{place}.dat")
    model = KwikModel(made.path)
    assert [recording.recording_id for recording in model.recordings] == list(range(13))
    np.testing.assert_array_equal(model.traces[:], made.raw)
    np.testing.assert_array_equal(model.spike_samples, made.groups[1].spike_samples)
    np.testing.assert_array_equal(model.spike_recordings, made.groups[1].spike_samples // 1000)
    model.close()
    for place in range(13):
        (tmp_path / f"part{place}.dat").unlink()
    (tmp_path / "small.dat").unlink()
    model = KwikModel(made.path)
    np.testing.assert_array_equal(model.spike_samples, made.groups[1].spike_samples)
    assert model.missing[0].startswith("Waveforms and traces need part0.dat, part1.dat, ")
    assert " and part12.dat, which are not beside small.kwik. Everything else works." in model.missing[0]
    model.close()


def test_one_missing_file_of_several(make_kwik: Callable, tmp_path: Path) -> None:
    made = make_kwik(lengths=(5000, 6000, 5000), dat_path=["a.dat", "b.dat", "c.dat"])
    made.raw[:5000].tofile(tmp_path / "a.dat")
    made.raw[11000:].tofile(tmp_path / "c.dat")
    model = KwikModel(made.path)
    assert model.missing == ("Waveforms and traces need b.dat, which is not beside small.kwik. Everything else works.",)
    assert model.recordings == made.recordings
    np.testing.assert_array_equal(model.traces[:5000], made.raw[:5000])
    np.testing.assert_array_equal(model.traces[11000:], made.raw[11000:])
    assert not model.traces[5000:11000].any()
    waves = model.waveforms[:]
    silent = model.spike_recordings == 1
    assert not waves[silent].any()
    assert waves[~silent].any(axis=(1, 2)).all()
    model.close()


@pytest.mark.parametrize(
    "stored",
    ["small.dat", "/nowhere/of/old/small.dat", r"C:\data\2014\small.dat", "gone.dat", "sub/small.dat"],
)
def test_raw_files_that_moved_are_found(make_kwik: Callable, stored: str) -> None:
    made = make_kwik(dat_path=stored)
    model = KwikModel(made.path)
    assert model.missing == ()
    np.testing.assert_array_equal(model.traces[:50], made.raw[:50])
    model.close()


def test_the_stored_path_comes_first(make_kwik: Callable, tmp_path: Path) -> None:
    made = make_kwik(dat_path="sub/small.dat")
    (tmp_path / "sub").mkdir()
    (made.raw + 1).astype(np.int16).tofile(tmp_path / "sub" / "small.dat")
    model = KwikModel(made.path)
    np.testing.assert_array_equal(model.traces[:50], made.raw[:50] + 1)
    model.close()


def test_raw_data_without_any_recording_node(small) -> None:
    with h5py.File(small.path, "r+") as file:
        del file["recordings"]
        file["channel_groups/1/spikes/recording"][...] = 0
        del file["channel_groups/10"]
    model = KwikModel(small.path)
    assert model.recordings == (Recording(0, "recording_0", 0, 16000),)
    np.testing.assert_array_equal(model.traces[:], small.raw)
    model.close()


def test_times_that_are_absolute_already_are_kept(small) -> None:
    with h5py.File(small.path, "r+") as file:
        for key, group in small.groups.items():
            file[f"channel_groups/{key}/spikes/time_samples"][...] = group.spike_samples
            file[f"channel_groups/{key}/spikes/recording"][...] = 0
    model = KwikModel(small.path)
    np.testing.assert_array_equal(model.spike_samples, small.groups[1].spike_samples)
    np.testing.assert_array_equal(model.spike_recordings, np.asarray(model.spike_samples) >= 9000)
    assert model.recordings == small.recordings
    model.close()


def test_a_raw_file_cut_short_reads_as_zeros(small) -> None:
    raw = small.path.with_name("small.dat")
    raw.write_bytes(raw.read_bytes()[: 16 * 12_000 + 5])
    model = KwikModel(small.path)
    last = int(max(group.spike_samples[-1] for group in small.groups.values()))
    assert model.recordings[1].n_samples == last + 1 - 9000
    np.testing.assert_array_equal(model.traces[:12_000], small.raw[:12_000])
    assert not model.traces[12_000:].any()
    np.testing.assert_array_equal(model.spike_samples, small.groups[1].spike_samples)
    model.close()


def test_duration_without_raw_data_reaches_the_whole_second_after_the_last_spike(make_kwik: Callable) -> None:
    made = make_kwik(lengths=(30_000, 16_000))
    made.path.with_name("small.dat").unlink()
    model = KwikModel(made.path)
    assert [recording.start_sample for recording in model.recordings] == [0, 30_000]
    assert model.recordings[1].n_samples == 20_000
    assert model.duration == 2.5
    model.close()


def test_all_channel_groups_share_one_line(small) -> None:
    small.path.with_name("small.dat").unlink()
    with h5py.File(small.path, "r+") as file:
        del file["recordings/1"].attrs["start_sample"], file["recordings/1"].attrs["start_time"]
        file["channel_groups/10/spikes/time_samples"][0] = 50_000
    lines = []
    for key in (1, 10):
        model = KwikModel(small.path, channel_group=key)
        lines.append(model.recordings)
        assert (np.diff(model.spike_samples) >= 0).all()
        model.close()
    assert lines[0] == lines[1]
    assert lines[0][1].start_sample == 60_000


def test_raw_data_of_an_impossible_type_or_width(small) -> None:
    with h5py.File(small.path, "r+") as file:
        file["application_data/spikedetekt"].attrs["dtype"] = "object"
    model = KwikModel(small.path)
    assert model.traces is None
    assert model.missing == ("Waveforms and traces cannot be read: small.kwik gives 'object' as type of a sample.",)
    model.close()
    with h5py.File(small.path, "r+") as file:
        file["application_data/spikedetekt"].attrs["dtype"] = "int16"
        file["application_data/spikedetekt"].attrs["n_channels"] = 3
    model = KwikModel(small.path)
    (sentence,) = model.missing
    assert sentence == (
        "Waveforms and traces cannot be read: small.kwik has 3 channels in the raw data, "
        "but channel group 1 has channel 4."
    )
    model.close()


def test_a_data_set_may_move_as_a_whole(small, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("elsewhere") / "größer"
    shutil.copytree(small.path.parent, folder)
    model = KwikModel(folder / "small.kwik")
    assert model.missing == ()
    np.testing.assert_array_equal(model.traces[:], small.raw)
    model.close()
