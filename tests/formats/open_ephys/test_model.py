"""Recordings of Open Ephys open from any of their files: raw data, pulses, messages, detected spikes."""

from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.open_ephys import BIT_VOLTS, RATE, Recorded, make_recorded, write_open_ephys
from kwik_writers.truth import make_truth

from napari_phy.core.base_model import Recording
from napari_phy.core.errors import KwikFormatError, MissingDataError, NotInFileError
from napari_phy.formats.open_ephys.model import OpenEphysModel

NO_FEATURES = "Features and similarity need features of the spikes; Open Ephys records none."
IN_TURN = "experiment1.kwx does not say which channels its electrodes have; they are taken to follow each other."


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return make_recorded()


@pytest.mark.parametrize("gains", ["attribute", "dataset"])
@pytest.mark.parametrize("events", ["kwe", "kwik"])
def test_everything_comes_back(tmp_path: Path, recorded: Recorded, gains: str, events: str) -> None:
    path = write_open_ephys(tmp_path, recorded, gains=gains, events=events)
    with closing(OpenEphysModel(path)) as model:
        assert model.sample_rate == RATE
        assert model.processors == ("100", "102")
        assert model.recordings == (
            Recording(0, "Open-Ephys Recording #0", 0, 3000),
            Recording(1, "Open-Ephys Recording #1", 3000, 2000),
        )
        assert model.duration == 5000 / RATE
        assert model.microvolts_per_unit == pytest.approx(BIT_VOLTS)
        np.testing.assert_allclose(model.channel_microvolts, BIT_VOLTS, rtol=1e-6)
        np.testing.assert_array_equal(model.traces[:], np.concatenate(recorded.raw[100]))
        np.testing.assert_array_equal(model.traces[2990:3010, [3]], np.concatenate(recorded.raw[100])[2990:3010, [3]])
        assert model.missing == (NO_FEATURES, IN_TURN)
        ttl, messages = model.events["TTL"], model.events["Messages"]
        assert ttl.samples.tolist() == [*range(100, 600, 100), *range(3100, 3600, 100)]
        assert ttl.values["eventID"].tolist() == [1, 0, 1, 0, 1] * 2
        assert set(ttl.values["event_channels"].tolist()) == {3}
        assert ttl.recordings.tolist() == [0] * 5 + [1] * 5
        assert messages.samples.tolist() == [7, 3009]
        assert messages.values["Text"].tolist() == ["dark", "größer"]


@pytest.mark.parametrize("electrode", [0, 1])
def test_detected_spikes_are_one_unsorted_cluster(tmp_path: Path, recorded: Recorded, electrode: int) -> None:
    path = write_open_ephys(tmp_path, recorded)
    times, numbers, waveforms = recorded.spikes[electrode]
    with closing(OpenEphysModel(path, channel_group=electrode)) as model:
        assert model.channel_groups == (0, 1)
        assert model.clusterings == ("detected",)
        expected = times - np.array(recorded.clock)[numbers] + np.array([0, 3000])[numbers]
        np.testing.assert_array_equal(model.spike_samples, expected)
        np.testing.assert_array_equal(model.spike_recordings, numbers)
        assert model.cluster_ids.tolist() == [0]
        assert model.cluster_groups == {}
        assert model.n_channels == waveforms.shape[2]
        assert model.channel_group == electrode
        assert model.probe.channel_ids.tolist() == ([0, 1, 2, 3], [4, 5])[electrode]
        np.testing.assert_allclose(model.waveforms[:], waveforms * np.float32(BIT_VOLTS), rtol=1e-6)
        np.testing.assert_allclose(model.waveforms[[9, 2]], waveforms[[9, 2]] * np.float32(BIT_VOLTS), rtol=1e-6)
        text = model.describe()
        for part in ("experiment1.kwx", "100, 102", "2 Messages, 10 TTL", "30000 Hz", "30"):
            assert part in text
        with closing(model.opened_at(1 - electrode, None)) as other:
            assert other.channel_group == 1 - electrode


@pytest.mark.parametrize("name", ["experiment1.kwx", "experiment1.kwe", "experiment1_100.raw.kwd"])
def test_any_file_of_the_experiment_opens_it(tmp_path: Path, recorded: Recorded, name: str) -> None:
    write_open_ephys(tmp_path, recorded)
    write_open_ephys(tmp_path, make_recorded((500,), seed=5), experiment=11)
    with closing(OpenEphysModel(tmp_path / name)) as model:
        assert model.processor == "100"
        assert model.n_spikes == 30
        assert model.traces.shape == (5000, 4)


def test_the_other_processor(tmp_path: Path, recorded: Recorded) -> None:
    path = write_open_ephys(tmp_path, recorded)
    for model in (OpenEphysModel(tmp_path / "experiment1_102.raw.kwd"), OpenEphysModel(path, processor="102")):
        np.testing.assert_array_equal(model.traces[:], np.concatenate(recorded.raw[102]))
        assert model.processor == "102"
        model.close()
    with pytest.raises(NotInFileError, match="has no processor '9'; it has 100, 102"):
        OpenEphysModel(path, processor="9")


def test_raw_data_alone(tmp_path: Path, recorded: Recorded) -> None:
    path = write_open_ephys(tmp_path, recorded)
    path.unlink()
    (tmp_path / "experiment1.kwe").unlink()
    with closing(OpenEphysModel(tmp_path / "experiment1_100.raw.kwd")) as model:
        assert model.n_spikes == 0
        assert model.events == {}
        assert model.probe.channel_ids.tolist() == [0, 1, 2, 3]
        assert model.channel_groups == (0,)
        assert model.missing == (NO_FEATURES, "experiment1_100.raw.kwd has no detected spikes.")
        np.testing.assert_array_equal(model.traces[:], np.concatenate(recorded.raw[100]))


def test_spikes_and_events_without_raw_data(tmp_path: Path, recorded: Recorded) -> None:
    path = write_open_ephys(tmp_path, recorded)
    for processor in (100, 102):
        (tmp_path / f"experiment1_{processor}.raw.kwd").unlink()
    with closing(OpenEphysModel(path)) as model:
        assert model.traces is None
        assert [recording.n_samples for recording in model.recordings] == [30000, 30000]
        times, numbers, _ = recorded.spikes[0]
        relative = times - np.array(recorded.clock)[numbers]
        np.testing.assert_array_equal(model.spike_samples, relative + 30000 * numbers)
        assert model.microvolts_per_unit is None
        assert model.events["TTL"].samples[-1] == 30500
        assert "Traces need a .raw.kwd, which is not beside experiment1.kwx. Everything else works." in model.missing


def test_channels_of_another_gain_are_named(tmp_path: Path, recorded: Recorded) -> None:
    write_open_ephys(tmp_path, recorded, gains="dataset")
    with h5py.File(tmp_path / "experiment1_100.raw.kwd", "r+") as file:
        for number in range(2):
            file[f"recordings/{number}/application_data/channel_bit_volts"][3] = 3.7e-5
    with closing(OpenEphysModel(tmp_path / "experiment1.kwx")) as model:
        assert model.microvolts_per_unit == pytest.approx(BIT_VOLTS)
        assert "Voltage is not to scale on channels with a gain of their own: 3." in model.missing
        assert model.channel_microvolts[3] == pytest.approx(3.7e-5)


def test_spikes_out_of_order_keep_their_waveforms(tmp_path: Path, recorded: Recorded) -> None:
    path = write_open_ephys(tmp_path, recorded)
    mixed = np.random.default_rng(0).permutation(30)
    with h5py.File(path, "r+") as file:
        node = file["channel_groups/0"]
        for name in ("time_samples", "recordings", "waveforms_filtered"):
            node[name][...] = node[name][()][mixed]
    with closing(OpenEphysModel(path)) as model:
        assert (np.diff(model.spike_samples) >= 0).all()
        expected = recorded.spikes[0][2] * np.float32(BIT_VOLTS)
        unique = np.flatnonzero(np.diff(model.spike_samples, prepend=-1, append=1 << 40).clip(0, 1)[1:])
        np.testing.assert_allclose(model.waveforms[unique], expected[unique], rtol=1e-6)


def test_what_cannot_be_opened_says_why(tmp_path: Path, recorded: Recorded) -> None:
    path = write_open_ephys(tmp_path, recorded)
    with pytest.raises(NotInFileError, match="has no electrode 7; it has 0, 1"):
        OpenEphysModel(path, channel_group=7)
    with pytest.raises(NotInFileError, match="has no clustering main; its spikes are only detected"):
        OpenEphysModel(path, clustering="main")
    with pytest.raises(KwikFormatError, match=r"gone\.kwx is not there"):
        OpenEphysModel(tmp_path / "gone.kwx")
    with pytest.raises(KwikFormatError, match=r"a\.txt is not a file of an Open Ephys recording"):
        OpenEphysModel(tmp_path / "a.txt")
    with h5py.File(path, "r+") as file:
        file["channel_groups/0/recordings"][3] = 8
    with pytest.raises(KwikFormatError, match="a spike belongs to recording 8, but the recordings are 0, 1"):
        OpenEphysModel(path)
    (tmp_path / "other").mkdir()
    write_klusta(tmp_path / "other", make_truth())
    with pytest.raises(KwikFormatError, match=r"set\.kwx holds the features of a sorting; open set\.kwik\."):
        OpenEphysModel(tmp_path / "other" / "set.kwx")


def test_after_closing_nothing_is_read(tmp_path: Path, recorded: Recorded) -> None:
    model = OpenEphysModel(write_open_ephys(tmp_path, recorded))
    model.close()
    for rows in (model.traces, model.waveforms):
        with pytest.raises(MissingDataError, match="was closed"):
            rows[:3]
