"""The preview of a detection is what the detection finds there, of each kind of raw data."""

from pathlib import Path

import numpy as np
import pytest
from sorting.recordings import RATE, recording
from sorting.test_spikedetect import PeakParameters, Peaks

from napari_phy.core.errors import MissingDataError, SortingError
from napari_phy.core.progress import CancelledError
from napari_phy.sorting import algorithms, spikedetect
from napari_phy.sorting.matched.detector import MatchedParameters
from napari_phy.sorting.spikedetekt.parameters import SpikeDetektParameters
from napari_phy.views.detection_preview import (
    DetectionRequest,
    RawChoice,
    compute_detection_preview,
    free_target,
)

PRB = "channel_groups = {0: {'channels': [0, 1, 2], 'graph': [(0, 1), (1, 2)]}, 1: {'channels': [3, 4, 5]}}"


@pytest.fixture
def folder(tmp_path):
    traces, _ = recording(60_000, n_spikes=190)
    traces.tofile(tmp_path / "raw.dat")
    (tmp_path / "two.prb").write_text(PRB)
    (tmp_path / "raw.prm").write_text(
        "experiment_name = 'raw'\nprb_file = 'two.prb'\n"
        f"traces = dict(raw_data_files=['raw.dat'], sample_rate={RATE}, n_channels=6, dtype='int16')\n"
        "spikedetekt = dict(threshold_strong_std_factor=6.)\n"
    )
    return tmp_path


def flat(folder, **changes):
    given = {"path": folder / "raw.dat", "probe": str(folder / "two.prb"), "sample_rate": RATE}
    return RawChoice(**{**given, **changes})


@pytest.mark.parametrize(("key", "kind"), [("spikedetekt", SpikeDetektParameters), ("matched", MatchedParameters)])
def test_its_spikes_are_those_of_the_whole_recording_in_that_stretch(folder, key, kind):
    choice = flat(folder)
    found = compute_detection_preview(DetectionRequest(choice, key, kind(), 1.0, 0.5))
    source = choice.open()
    whole = spikedetect.run(source.traces, key).result()
    source.close()
    times = np.concatenate([group.samples for group in whole.groups.values()])
    inside = np.sort(times[(times >= RATE) & (times < 1.5 * RATE)])
    assert len(inside) > 20
    np.testing.assert_allclose(np.sort(found.samples) + RATE, inside, atol=0.01)
    assert found.values.shape == (RATE / 2, 6)
    assert found.duration_s == 0.5
    peaks = found.values[np.rint(found.samples).astype(int)]
    assert ((peaks < -found.weak) | (found.masks == 0)).any(axis=1).all()
    assert (found.masks.max(axis=1) == 1).all()


def test_an_algorithm_of_another_package_detects_in_that_stretch(folder, monkeypatch):
    monkeypatch.setattr(algorithms, "_known", dict(algorithms._known))
    algorithms.register(Peaks)
    found = compute_detection_preview(DetectionRequest(flat(folder), "peaks", PeakParameters(), 1.5, 0.3))
    traces = np.fromfile(folder / "raw.dat", np.int16).reshape(-1, 6)[int(1.5 * RATE) : int(1.8 * RATE)]
    expected = [np.flatnonzero((traces[:, mine] < -200).any(axis=1)) for mine in (slice(0, 3), slice(3, 6))]
    assert len(expected[0]) > 10
    np.testing.assert_array_equal(found.samples, np.concatenate(expected))
    assert found.masks[: len(expected[0])].tolist() == [[1, 1, 1, 0, 0, 0]] * len(expected[0])
    assert found.values.shape == traces.shape
    assert found.values[found.samples[0].astype(int)].min() < -150  # filtered, in place
    assert np.isinf(found.strong).all()


def test_several_flat_files_are_recordings_in_their_order(folder):
    traces = np.fromfile(folder / "raw.dat", np.int16).reshape(-1, 6)
    for name, part in zip(("b.dat", "a.dat"), np.array_split(traces, 2), strict=True):
        part.tofile(folder / name)
    source = flat(folder, path=folder / "b.dat", further=(folder / "a.dat",)).open()
    assert [recording.name for recording in source.traces.recordings] == ["b", "a"]
    np.testing.assert_array_equal(source.traces.traces[:], traces)
    source.close()


def test_a_parameter_file_says_the_same_as_the_form(folder):
    parameters = SpikeDetektParameters()
    one, other = (
        compute_detection_preview(DetectionRequest(choice, "spikedetekt", parameters, 0.2, 1.0))
        for choice in (flat(folder), RawChoice(folder / "raw.prm"))
    )
    np.testing.assert_array_equal(one.samples, other.samples)
    np.testing.assert_array_equal(one.values, other.values)
    assert one.total_s == 3.0


@pytest.mark.parametrize(("start_s", "begin"), [(-1.0, 0.0), (2.9, 2.0), (1e9, 2.0)])
def test_a_stretch_beyond_an_end_is_moved_inside(folder, start_s, begin):
    request = DetectionRequest(flat(folder), "spikedetekt", SpikeDetektParameters(), start_s, 1.0)
    assert compute_detection_preview(request).start_s == begin


def test_the_busiest_channels_come_in_the_order_of_the_probe(folder):
    found = compute_detection_preview(DetectionRequest(flat(folder), "spikedetekt", SpikeDetektParameters(), 0.0, 3.0))
    busiest, weight = found.busiest(3), found.masks.sum(axis=0)
    assert (np.diff(busiest) > 0).all()
    assert weight[busiest].min() >= np.delete(weight, busiest).max()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"path": None}, "Choose raw data to sort"),
        ({"further": (Path("raw.prm"),)}, r"Choose a \.prm alone"),
        ({"probe": ""}, "Choose the probe"),
        ({"sample_rate": 0.0}, "Give the sample rate"),
        ({"n_channels": 4}, "has 4 channels, but channel group 1 of the probe has channel 4"),
    ],
)
def test_what_is_missing_or_wrong_is_one_sentence(folder, changes, sentence):
    with pytest.raises(SortingError, match=sentence):
        flat(folder, **changes).open()


def test_a_file_that_is_gone_is_one_sentence(folder):
    with pytest.raises(MissingDataError, match=r"There is no file .*gone\.dat"):
        flat(folder, path=folder / "gone.dat").open()
    with pytest.raises(MissingDataError, match=r"There is no probe file .*gone\.prb"):
        flat(folder, probe="gone.prb").open()


def test_it_is_ended_by_whoever_listens(folder):
    def stop(share):
        raise CancelledError

    request = DetectionRequest(flat(folder), "spikedetekt", SpikeDetektParameters(), 0.0, 1.0)
    with pytest.raises(CancelledError):
        compute_detection_preview(request, None, stop)


def test_a_free_name_is_beside_the_raw_data(tmp_path):
    beside = Path(tmp_path) / "raw.dat"
    assert free_target(beside) == tmp_path / "raw.kwik"
    (tmp_path / "raw.kwx").touch()
    (tmp_path / "raw_2.kwik").touch()
    assert free_target(beside) == tmp_path / "raw_3.kwik"
