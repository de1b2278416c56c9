"""Lines of digital inputs of other recorders are on the samples of their recording."""

import json
from pathlib import Path

import numpy as np
import pytest

from napari_phy.core.errors import TimelineError
from napari_phy.timeline.recorder_lines import read_recorder_lines

RATE = 30_000


def write_open_ephys(
    folder: Path,
    recordings: list[tuple[int, int, list[tuple[int, int]]]],
    *,
    is_old: bool = False,
    stream: str = "Board",
) -> None:
    """Write recordings (first sample, number of samples, [(sample, ± line)])."""
    for number, (first, n_samples, events) in enumerate(recordings, 1):
        recording = folder / "Record Node 101" / "experiment1" / f"recording{number}"
        continuous, ttl = recording / "continuous" / stream, recording / "events" / stream / "TTL"
        continuous.mkdir(parents=True)
        ttl.mkdir(parents=True)
        structure = {
            "continuous": [{"folder_name": f"{stream}/", "sample_rate": RATE, "num_channels": 1}],
            "events": [{"folder_name": f"{stream}/TTL/", "sample_rate": RATE}],
        }
        (recording / "structure.oebin").write_text(json.dumps(structure))
        states = np.array([state for _, state in events], dtype=np.int16)
        samples = np.array([sample for sample, _ in events], dtype=np.int64)
        if is_old:
            np.save(continuous / "timestamps.npy", np.arange(first, first + n_samples))
            np.save(ttl / "timestamps.npy", samples)
            np.save(ttl / "channel_states.npy", states)
        else:
            np.save(continuous / "sample_numbers.npy", np.arange(first, first + n_samples))
            np.save(continuous / "timestamps.npy", 1e6 + np.arange(n_samples) / (RATE * 1.001))
            np.save(ttl / "sample_numbers.npy", samples)
            np.save(ttl / "timestamps.npy", samples / (RATE * 1.001) + 1e6)
            np.save(ttl / "states.npy", states)


@pytest.mark.parametrize("is_old", [False, True])
def test_lines_of_open_ephys_are_on_samples_also_across_recordings(tmp_path: Path, is_old: bool) -> None:
    one = (1000, 3000, [(1300, 3), (1330, -3), (1600, 5), (1900, 3), (1930, -3)])
    two = (90_000, 600, [(90_300, 3), (90_330, -3)])
    write_open_ephys(tmp_path, [one, two], is_old=is_old)
    lines = {line.name: line for line in read_recorder_lines(tmp_path)}
    assert list(lines) == ["TTL 3", "TTL 3, falling", "TTL 5"]
    assert (lines["TTL 3"].times_s * RATE).tolist() == pytest.approx([300, 900, 3300])
    widths = lines["TTL 3"].widths_s
    assert widths is not None
    assert (widths * RATE).tolist() == pytest.approx([30, 30, 30])


def test_several_streams_name_their_lines(tmp_path: Path) -> None:
    write_open_ephys(tmp_path, [(0, 100, [(10, 1)])], stream="A")
    recording = tmp_path / "Record Node 101" / "experiment1" / "recording1"
    structure = json.loads((recording / "structure.oebin").read_text())
    structure["continuous"].append({"folder_name": "B/", "sample_rate": RATE})
    (recording / "continuous" / "B").mkdir()
    np.save(recording / "continuous" / "B" / "sample_numbers.npy", np.arange(500, 600))
    (recording / "structure.oebin").write_text(json.dumps(structure))
    assert [line.name for line in read_recorder_lines(tmp_path)] == ["A: TTL 1"]


META = """\
fileName=D:/data/run_g0/run_g0_t0.nidq.bin
typeThis=nidq
niSampRate=1000
snsMnMaXaDw=0,0,1,1
nSavedChans=2
fileSizeBytes={n_bytes}
fileTimeSecs={seconds}
niAiRangeMax=5
niAiRangeMin=-5
niMaxInt=32768
niMNGain=1
niMAGain=1
snsSaveChanSubset=0:1
niXDBytes1=1
niXDChans1=0:3
firstSample=0
~snsChanMap=(0,0,1,1,1)(XA0;0:0)(XD0;1:1)
"""


def test_lines_of_spikeglx_are_read_by_neo(tmp_path: Path) -> None:
    folder = tmp_path / "run_g0"
    folder.mkdir()
    words = np.zeros((1000, 2), dtype=np.int16)
    words[100:110, 1] |= 0b10
    words[300:310, 1] |= 0b10
    words[500:600, 1] |= 0b01
    (folder / "run_g0_t0.nidq.bin").write_bytes(words.tobytes())
    meta = META.format(n_bytes=words.nbytes, seconds=1.0)
    (folder / "run_g0_t0.nidq.meta").write_text(meta)
    lines = {line.name: line for line in read_recorder_lines(folder)}
    assert lines["XD1 (NI-DAQ clock)"].times_s.tolist() == pytest.approx([0.1, 0.3])
    assert np.asarray(lines["XD1 (NI-DAQ clock)"].widths_s).tolist() == pytest.approx([0.01, 0.01])
    assert lines["XD0 (NI-DAQ clock)"].times_s.tolist() == pytest.approx([0.5])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"continuous": 3}', '{"continuous": [{}]}'])
def test_damaged_recordings_are_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "structure.oebin").write_text(content)
    with pytest.raises(TimelineError) as raised:
        read_recorder_lines(tmp_path)
    assert "\n" not in str(raised.value)


def test_other_folders_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match="is no recording of Open Ephys or SpikeGLX"):
        read_recorder_lines(tmp_path)
    (tmp_path / "x.nidq.meta").write_text("nothing")
    with pytest.raises(TimelineError):
        read_recorder_lines(tmp_path)
