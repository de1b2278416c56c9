"""Spikes of a parameter file are written beside it; those of traces and of open data sets are returned."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sorting.recordings import RATE, line_probe, recording

import napari_phy
from napari_phy.core.errors import KwikFormatError, MissingDataError, SaveError, SettingsError, SortingError
from napari_phy.core.settings import Number, Settings
from napari_phy.formats.checks import check_data_set
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.schema import RECORDINGS
from napari_phy.formats.parameter_files.prb import read_prb
from napari_phy.sorting import DetectedSpikes, Estimator, RawTraces, algorithms, sources, spikedetect
from napari_phy.sorting.traces import open_raw_files

PRB = """channel_groups = {
    0: {'channels': [0, 1, 2], 'graph': [(0, 1), (1, 2)], 'geometry': {0: (0, 0), 1: (0, 20), 2: (0, 40)}},
    1: {'channels': [3, 4, 5], 'graph': [(3, 4), (4, 5)], 'geometry': {3: (0, 0), 4: (0, 20), 5: (0, 40)}},
}"""
PRM = """experiment_name = 'set'
prb_file = 'set.prb'
traces = dict(raw_data_files=[{files}], voltage_gain=0.195, sample_rate=20000, n_channels=6, dtype='int16')
spikedetekt = dict(extract_s_before=12, threshold_strong_std_factor=4.0, {more})
klustakwik2 = dict(num_starting_clusters=50)
"""

PEAKS = """
import pathlib, sys
from napari_phy.sorting import spikedetect
for prm in sys.argv[1:]:
    found = spikedetect.run(prm).result()
    status = pathlib.Path("/proc/self/status").read_text()  # the peak of getrusage may be that of the parent
    print(sum(found.n_spikes.values()), int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


def write_set(folder, traces, names=("set.dat",), more=""):
    """Write traces, in as many files as there are names, with probe and parameters; return the `.prm`."""
    for name, part in zip(names, np.array_split(traces, len(names)), strict=True):
        part.tofile(folder / name)
    (folder / "set.prb").write_text(PRB)
    (folder / "set.prm").write_text(PRM.format(files=", ".join(map(repr, names)), more=more))
    return folder / "set.prm"


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_parameter_file_gives_a_data_set_beside_it(tmp_path):
    traces, samples = recording()
    job = spikedetect.run(write_set(tmp_path, traces))
    found = job.result()
    assert found.path == tmp_path / "set.kwik"
    assert names_in(tmp_path) == ["set.dat", "set.kwik", "set.kwx", "set.prb", "set.prm"]
    assert found.parameters["threshold_strong_std_factor"] == 4.0
    assert (found.parameters["extract_s_before"], found.parameters["extract_s_after"]) == (12, 10)  # as klusta's own
    assert job.log[-1] == "Wrote set.kwik."
    assert check_data_set(found.path) == []
    with napari_phy.open_session(found.path) as session:
        model = session.model
        assert model.missing == ()
        assert model.channel_groups == (0, 1)
        assert model.n_spikes == found.n_spikes[0] > 20
        assert model.microvolts_per_unit == 0.195
        assert model.waveforms[:3].shape == (3, 22, 3)
        assert model.metadata["num_starting_clusters"] == 50
        assert_array_equal(model.probe.edges, [[0, 1], [1, 2]])
        assert np.median(np.abs(model.spike_samples[:, None] - samples).min(axis=1)) <= 1


def test_what_is_written_is_what_is_returned(tmp_path):
    traces, _ = recording()
    found = spikedetect.run(write_set(tmp_path, traces)).result()
    probes = {0: line_probe(3), 1: line_probe(3, first=3)}
    raw = RawTraces(traces, RATE, probes)
    more = {"extract_s_before": 12, "extract_s_after": 10, "threshold_strong_std_factor": 4.0}
    with ThreadPoolExecutor(2) as executor:
        here = spikedetect.run(raw, ipp_view=SimpleNamespace(executor=executor), **more).result()
    assert here.path is None
    assert here.n_spikes.keys() == found.n_spikes.keys()
    model = KwikModel(found.path)
    raw = RawTraces(traces, RATE, {0: model.probe, 1: model.opened_at(1, None).probe})
    here = spikedetect.run(raw, **more).result()
    assert here.n_spikes == found.n_spikes
    spikes = here.groups[0]
    assert_array_equal(np.floor(spikes.samples), model.spike_samples)
    assert_array_equal(spikes.masks, model.masks[:])
    assert_array_equal(spikes.features.reshape(len(spikes.samples), -1), model.features[:])
    model.close()


def test_traces_in_memory_are_written_where_they_are_wanted(tmp_path):
    traces, _ = recording(dtype=np.float32)
    raw = RawTraces(traces, RATE, line_probe(6), microvolts_per_unit=1.0)
    found = spikedetect.run(raw, path=tmp_path / "new.kwik").result()
    assert names_in(tmp_path) == ["new.dat", "new.kwik", "new.kwx"]
    model = KwikModel(found.path)
    assert model.missing == ()
    assert_array_equal(model.traces[:], traces)
    model.close()


def test_an_open_data_set_is_detected_with_its_own_parameters(tmp_path):
    traces, _ = recording()
    written = spikedetect.run(write_set(tmp_path, traces)).result()
    model = KwikModel(written.path, 1)
    found = spikedetect.run(model).result()
    assert found.n_spikes == {1: written.n_spikes[1]}
    assert found.parameters == written.parameters
    fewer = spikedetect.run(model, threshold_strong_std_factor=8.0).result()
    assert fewer.n_spikes[1] < written.n_spikes[1]
    model.close()
    (tmp_path / "set.dat").unlink()
    without = KwikModel(written.path)
    with pytest.raises(
        MissingDataError, match=r"set\.kwik has no raw data to sort\. Waveforms and traces need set\.dat"
    ):
        spikedetect.run(without)
    without.close()


def test_recordings_of_any_number_are_read_alike_in_the_order_of_text_and_of_number(tmp_path):
    """klusta's readers go through recordings in the order of text: 0, 1, 10, 11, 2, …"""
    traces, _ = recording(n_samples=48_000)
    names = [f"part_{number:02d}.dat" for number in range(12)]
    found = spikedetect.run(write_set(tmp_path, traces, names)).result()
    with open_h5(found.path) as file:
        nodes = [str(node) for node in file.children(RECORDINGS)]
        numbers = file.read("/channel_groups/0/spikes/recording")
    assert sorted(nodes) == sorted(nodes, key=int) == [f"{number:02d}" for number in range(12)]
    model = KwikModel(found.path)
    assert model.missing == ()
    assert model.recording_order is None  # there is nothing to choose
    assert [one.start_sample for one in model.recordings] == list(range(0, 48_000, 4000))
    assert_array_equal(model.spike_samples // 4000, numbers)
    deepest = np.array([traces[sample, :3].min() for sample in model.spike_samples.tolist()])
    assert np.median(deepest) < -100
    model.close()


@pytest.mark.real_data
def test_twelve_recordings_have_their_spikes_at_true_times(tmp_path, data_folder):
    for path in (data_folder / "klusta_12rec").glob("part*"):
        if path.suffix in (".dat", ".prb", ".prm"):
            shutil.copy(path, tmp_path)
    found = spikedetect.run(tmp_path / "part.prm").result()
    with np.load(data_folder / "klusta_12rec" / "ground_truth.npz") as truth:
        true = np.sort(truth["spike_times"])
    model = KwikModel(found.path)
    nearest = np.abs(model.spike_samples[:, None] - true).min(axis=1)
    assert (nearest < 25).mean() > 0.95
    assert model.n_spikes == pytest.approx(409, abs=30)
    model.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells the peak of a program's memory")
def test_four_times_the_length_takes_no_more_memory(tmp_path):
    """The longer one has 43 MB more of raw data."""
    traces = recording(n_samples=300_000, n_spikes=900)[0]
    prms = []
    for n_times in (4, 16):  # 15 s each
        folder = tmp_path / str(n_times)
        folder.mkdir()
        prms.append(write_set(folder, traces))
        prms[-1].write_text(prms[-1].read_text().replace("'set.dat'", "'set.dat', " * n_times))
    printed = subprocess.run([sys.executable, "-c", PEAKS, *prms], capture_output=True, text=True, check=True).stdout
    n_spikes, peaks_mb = zip(*(map(int, line.split()) for line in printed.splitlines()), strict=True)
    assert n_spikes[1] == pytest.approx(4 * n_spikes[0], rel=0.01)
    assert n_spikes[1] > 10_000
    assert peaks_mb[1] < peaks_mb[0] + 8
    assert peaks_mb[1] < 300


def test_no_spikes_are_a_data_set_without_spikes(tmp_path):
    traces, _ = recording(n_spikes=0)
    found = spikedetect.run(write_set(tmp_path, traces), threshold_strong_std_factor=50.0).result()
    assert found.n_spikes == {0: 0, 1: 0}
    model = KwikModel(found.path)
    assert (model.n_spikes, model.n_channels) == (0, 3)
    model.close()


# ---- what cannot be


def test_files_that_are_there_are_never_overwritten(tmp_path):
    prm = write_set(tmp_path, recording()[0])
    (tmp_path / "set.kwx").write_bytes(b"mine")
    with pytest.raises(SaveError, match=r"already holds set\.kwx"):
        spikedetect.run(prm)
    assert (tmp_path / "set.kwx").read_bytes() == b"mine"


def test_a_job_that_fails_leaves_only_what_the_same_call_goes_on_from(tmp_path, monkeypatch):
    prm = write_set(tmp_path, recording()[0])
    before = names_in(tmp_path)

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sources, "write_detected", fail)
    job = spikedetect.run(prm)
    with pytest.raises(SaveError, match=r"set\.kwik could not be written: No space left"):
        job.result()
    assert job.status == "failed"
    assert names_in(tmp_path) == [".set.unfinished", *before]  # where the same call goes on


def test_files_cut_in_the_middle_of_a_sample_are_read_up_to_there(tmp_path):
    traces, _ = recording()
    prm = write_set(tmp_path, traces)
    with (tmp_path / "set.dat").open("ab") as file:
        file.write(b"12345")
    job = spikedetect.run(prm)
    job.result()
    assert "set.dat is no whole number of samples of 6 channels of int16" in job.log[0]
    assert "its last 5 bytes are left out" in job.log[0]

    (tmp_path / "set.dat").write_bytes((tmp_path / "set.dat").read_bytes()[:-4])
    (tmp_path / "set.kwik").unlink()
    (tmp_path / "set.kwx").unlink()
    job = spikedetect.run(prm)
    job.result()
    assert job.log[0].endswith("its last byte is left out.")


@pytest.mark.parametrize("offset", [0, 300, -300, 2000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_integers_that_are_read_as_floats_are_refused_before_anything_is_written(tmp_path, dtype, offset):
    prm = write_set(tmp_path, recording(n_samples=8000)[0] // 4 + np.int16(offset))
    prm.write_text(prm.read_text().replace("int16", dtype))
    before = names_in(tmp_path)
    with pytest.raises(SortingError, match=rf"set\.dat has no voltages of type {dtype}: values are not finite"):
        spikedetect.run(prm)
    assert names_in(tmp_path) == before


@pytest.mark.parametrize("unit", [1e-9, 1e-6, 1.0, 1e4])
def test_floats_of_any_unit_are_sorted_also_where_many_are_lost(tmp_path, unit):
    traces = recording(n_samples=8000)[0].astype(np.float32) * np.float32(unit)
    traces[1000:5000] = np.nan
    traces[:, 3] = 0
    probe = read_prb(write_set(tmp_path, traces).with_suffix(".prb"))
    raw = open_raw_files([tmp_path / "set.dat"], probe, sample_rate=RATE, n_channels=6, dtype="float32")
    assert raw.traces.dtype == np.float32


def test_another_number_of_channels_is_told_where_it_shows(tmp_path):
    traces = recording(n_channels=9)[0] + np.arange(9, dtype=np.int16) ** 2 * 50
    job = spikedetect.run(write_set(tmp_path, traces), threshold_strong_std_factor=100)
    job.result()
    assert job.log[0] == "set.dat looks as if it had 9 channels, not 6; correct the number if so."
    assert "No spike was found. Correct what is said of the raw data above." in job.log


def test_no_spike_is_a_small_data_set_and_told(tmp_path):
    job = spikedetect.run(write_set(tmp_path, recording()[0]), threshold_strong_std_factor=100)
    assert set(job.result().n_spikes.values()) == {0}
    assert job.log[-2:] == ("No spike was found. Lower the strong threshold.", "Wrote set.kwik.")


@pytest.mark.parametrize(
    ("old", "new", "kind", "sentence"),
    [
        (
            "n_channels=6",
            "n_channels=5",
            SortingError,
            r"has 5 channels, but channel group 1 of the probe has channel 5",
        ),
        ("sample_rate=20000, ", "", MissingDataError, r"set\.prm sets no sample_rate; add it"),
        ("prb_file = 'set.prb'", "", MissingDataError, r"set\.prm sets no prb_file; add it"),
        ("set.prb", "other.prb", MissingDataError, r"other\.prb"),
        ("'set.dat'", "'lost.dat'", MissingDataError, r"There is no file .*lost\.dat"),
        ("'set.dat'", "", MissingDataError, "No raw file is named"),
        ("dtype='int16'", "dtype='text'", KwikFormatError, "dtype is 'text', but must be a type of numbers"),
        ("extract_s_before=12", "filter_low=-3", SettingsError, "filter_low cannot be -3"),
        ("extract_s_before=12", "detect_spikes=3", SettingsError, "detect_spikes cannot be 3"),
    ],
)
def test_a_parameter_file_that_cannot_be_is_told_at_once(tmp_path, old, new, kind, sentence):
    prm = write_set(tmp_path, recording(n_samples=4000)[0])
    prm.write_text(prm.read_text().replace(old, new))
    before = names_in(tmp_path)
    with pytest.raises(kind, match=sentence):
        spikedetect.run(prm)
    assert names_in(tmp_path) == before


def test_an_empty_file_is_told(tmp_path):
    prm = write_set(tmp_path, np.zeros((0, 6), np.int16))
    with pytest.raises(SortingError, match=r"set\.dat is empty"):
        spikedetect.run(prm)
    (tmp_path / "set.dat").write_bytes(b"abc")
    with pytest.raises(SortingError, match=r"set\.dat has no whole sample of 6 channels; nothing"):
        spikedetect.run(prm)
    (tmp_path / "set.dat").unlink()
    (tmp_path / "set.dat").mkdir()
    with pytest.raises(MissingDataError, match=r"set\.dat is a folder; name the raw files in it"):
        spikedetect.run(prm)


def test_what_is_no_recording_is_told():
    with pytest.raises(SortingError, match=r"not in a ndarray"):
        spikedetect.run(np.zeros((100, 4)))
    raw = RawTraces(np.zeros((100, 4), np.int16), RATE, line_probe(4))
    with pytest.raises(SortingError, match="There is no algorithm best to detect spikes; there is"):
        spikedetect.run(raw, "best")
    with pytest.raises(SettingsError, match="no setting threshold"):
        spikedetect.run(raw, threshold=3)
    with pytest.raises(SaveError, match=r"new\.h5 does not end in \.kwik"):
        spikedetect.run(raw, path="new.h5")


def test_older_names_of_parameters_are_known(tmp_path):
    prm = write_set(tmp_path, recording()[0], more="use_single_threshold=0, filter_high=6000., save_raw=True")
    job = spikedetect.run(prm)
    found = job.result()
    assert found.parameters["use_single_threshold"] is False
    assert job.log[0] == "Not used by SpikeDetekt: save_raw."
    assert_allclose(found.parameters["filter_high_factor"], 0.3)


# ---- algorithms of others


@dataclass(frozen=True, slots=True)
class PeakParameters(Settings):
    height: Annotated[float, Number(title="Height", low=0, high=1e6, unit="raw units")] = 200.0


class Peaks(Estimator):
    key = "peaks"
    title = "Peaks"
    task = "detect"
    parameters_type = PeakParameters

    def fit(self, traces, reporter=None, executor=None, folder=None):
        self.groups_ = {}
        for number, probe in traces.groups.items():
            voltage = traces.traces[:][:, probe.channel_ids]
            samples = np.flatnonzero((voltage < -self.parameters.height).any(axis=1)).astype(float)
            shape = len(samples), probe.n_channels
            self.groups_[number] = DetectedSpikes(probe, samples, np.ones(shape), np.zeros((*shape, 3)))
        return self


def test_an_algorithm_of_a_package_is_run_and_written_like_ours(tmp_path, monkeypatch):
    monkeypatch.setattr(algorithms, "_known", dict(algorithms._known))
    algorithms.register(Peaks)
    traces, _ = recording()
    prm = write_set(tmp_path, traces)
    prm.write_text(prm.read_text() + "\nspikedetekt['height'] = 250\n")
    found = spikedetect.run(prm, "peaks").result()
    assert found.parameters == {"height": 250.0}
    model = KwikModel(found.path)
    assert_array_equal(model.spike_samples, np.flatnonzero((traces[:, :3] < -250).any(axis=1)))
    model.close()
    raw = RawTraces(traces, RATE, line_probe(6))
    assert spikedetect.run(raw, "peaks", height=1e6).result().n_spikes == {0: 0}
