"""From where spike times of several recordings count: by what the file says, else by the silence, with a sentence."""

from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.open_ephys import make_recorded, write_open_ephys
from kwik_writers.truth import RATE, Truth, make_truth

from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.spikes import Span
from napari_phy.formats.kwik.time_origin import find_origin
from napari_phy.formats.open_ephys.model import OpenEphysModel

BY_NUMBER = "set.kwik numbers its recordings by number; its times count from the start of the data set."
UNSAID = "set.kwik does not say from where spike times count."
NO_RAW = "Waveforms and traces need"


def told(model: KwikModel) -> list[str]:
    return [sentence for sentence in model.missing if not sentence.startswith((NO_RAW, BY_NUMBER))]


def written(folder: Path, truth: Truth, times: str, *, starts: str = "start_sample", raw: str = "none") -> Path:
    return write_klusta(folder, truth, raw=raw, times=times, starts=starts)


@pytest.mark.parametrize("starts", ["start_sample", "start_time"])
@pytest.mark.parametrize("lengths", [(6000, 4000), (6000, 500, 3000, 5000), (900,) * 13])
def test_absolute_times_without_raw_data(tmp_path: Path, lengths: tuple[int, ...], starts: str) -> None:
    truth = make_truth(lengths, n_spikes=300)
    path = written(tmp_path, truth, "numbered", starts=starts)
    for group, shank in truth.shanks.items():
        with closing(KwikModel(path, group)) as model:
            assert model.spike_samples.tolist() == truth.joined(shank).tolist()
            assert model.spike_recordings.tolist() == shank.recordings.tolist()
            assert [item.start_sample for item in model.recordings] == truth.starts.tolist()
            assert bool(told(model)) == (len(lengths) == 2)  # among more, one is shorter than its times


def test_it_is_said_when_only_the_silence_tells(tmp_path: Path) -> None:
    truth = make_truth((6000, 4000), n_spikes=300)
    with closing(KwikModel(written(tmp_path, truth, "numbered"))) as model:
        first = min(int(truth.joined(shank)[shank.recordings == 1][0]) for shank in truth.shanks.values())
        (sentence,) = told(model)
        assert sentence.startswith(f"{UNSAID} They are taken from the start of the data set: recording 1 would else")
        assert sentence.endswith(f"have no spike before {first / RATE:.1f} s.")


def test_without_any_starts_recordings_follow_their_spikes(tmp_path: Path) -> None:
    truth = make_truth((60_000, 40_000), n_spikes=300)
    with closing(KwikModel(written(tmp_path, truth, "numbered", starts="none"))) as model:
        assert model.spike_samples.tolist() == truth.joined(truth.shanks[0]).tolist()
        assert model.spike_recordings.tolist() == truth.shanks[0].recordings.tolist()
        assert [item.start_sample for item in model.recordings] == [0, 60_000]


@pytest.mark.parametrize("starts", ["start_sample", "start_time"])
@pytest.mark.parametrize("raw", ["none", "dat"])
def test_relative_times_need_no_sentence(tmp_path: Path, raw: str, starts: str) -> None:
    truth = make_truth((6000, 9000), n_spikes=300)
    with closing(KwikModel(written(tmp_path, truth, "relative", raw=raw, starts=starts))) as model:
        assert model.spike_samples.tolist() == truth.joined(truth.shanks[0]).tolist()
        assert told(model) == []


def test_few_late_spikes_stay_relative_with_a_sentence(tmp_path: Path) -> None:
    truth = make_truth((6000, 90_000), n_spikes=300)
    for shank in truth.shanks.values():
        is_late = shank.recordings == 1
        shank.samples[is_late] = np.sort(7000 + shank.samples[is_late] % 80_000)
    truth.shanks[0].recordings[:-3] = truth.shanks[1].recordings[:-3] = 0
    for shank in truth.shanks.values():
        shank.samples[:-3] = np.arange(len(shank.samples) - 3)
    with closing(KwikModel(written(tmp_path, truth, "relative"))) as model:
        assert model.spike_samples.tolist() == truth.joined(truth.shanks[0]).tolist()
        (sentence,) = told(model)
        assert sentence.startswith(
            f"{UNSAID} They are taken from the start of each recording; recording 1 has no spike"
        )


def test_raw_data_decide(tmp_path: Path) -> None:
    truth = make_truth((6000, 4000), n_spikes=300)
    with closing(KwikModel(written(tmp_path, truth, "numbered", raw="dat"))) as model:
        assert model.spike_samples.tolist() == truth.joined(truth.shanks[0]).tolist()
        assert told(model) == []


@pytest.mark.parametrize(
    ("lengths", "spans", "absolute", "doubtful"),
    [
        ((100, 0), {0: (5, 90, 50), 1: (3, 80, 50)}, False, False),  # later times begin before the first recording ends
        ((100, 0), {0: (5, 150, 50)}, True, False),  # all claim the first recording, which is shorter
        ((100, 0), {1: (150, 9000, 5)}, False, True),
        ((100, 0), {1: (150, 200, 50)}, True, True),
        ((100, 60), {0: (5, 90, 50), 1: (105, 150, 2)}, True, False),  # beyond the end of the second one
        (
            (100, 60, 0),
            {0: (5, 90, 9), 1: (70, 99, 9)},
            False,
            False,
        ),  # contradicts itself: read as the old programs do
        ((100,), {0: (5, 900, 9)}, False, False),
        ((100, 0), {0: (5, 90, 9), 7: (5, 90, 9)}, False, False),
        ((100, 0), {}, False, False),
    ],
)
def test_what_is_decided(lengths, spans, absolute, doubtful) -> None:
    ranges = {number: Span(*span) for number, span in spans.items()}
    origin = find_origin(range(len(lengths)), lengths, ranges, 10.0)
    assert (origin.absolute, origin.silent_until is not None) == (absolute, doubtful)


def test_recordings_of_other_rates_are_told(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, make_truth((900,) * 4))
    with h5py.File(path, "r+") as file:
        for number, rate in ((1, 25_000.0), (2, 25_000.0), (3, 10_000.0)):
            file[f"recordings/{number}"].attrs["sample_rate"] = rate
    with closing(KwikModel(path)) as model:
        assert model.sample_rate == RATE
        assert model.missing == (
            "Recordings 1, 2 have 25000 Hz, but everything is read at 20000 Hz; times in them are wrong by as much.",
            "Recording 3 has 10000 Hz, but everything is read at 20000 Hz; times in it are wrong by as much.",
        )
    with h5py.File(path, "r+") as file:
        del file["application_data/spikedetekt"].attrs["sample_rate"]
        for number in range(4):
            file[f"recordings/{number}"].attrs["sample_rate"] = np.float32(24_414.0625)
    with closing(KwikModel(path)) as model:
        assert (model.sample_rate, model.missing) == (24_414.0625, ())


def test_other_rates_of_open_ephys_are_told(tmp_path: Path) -> None:
    write_open_ephys(tmp_path, make_recorded())
    with h5py.File(tmp_path / "experiment1_100.raw.kwd", "r+") as file:
        file["recordings/1"].attrs["sample_rate"] = np.float32(25_000)
    with closing(OpenEphysModel(tmp_path / "experiment1.kwx")) as model:
        assert any(
            sentence.startswith("Recording 1 has 25000 Hz, but everything is read at 30000")
            for sentence in model.missing
        )
