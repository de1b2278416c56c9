"""Writes as the recorder of the Open Ephys GUI did in its Kwik format: `.raw.kwd`, `.kwe`, `.kwx`."""

from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

RATE = 30000.0
BIT_VOLTS = 0.195


@dataclass
class Recorded:
    """One experiment: times are on the clock of the acquisition, which runs on between recordings."""

    raw: dict[int, list[np.ndarray]]  # processor -> recordings
    clock: list[int]  # time at which each recording begins
    ttl: list[tuple[int, int, int, int]] = field(default_factory=list)  # time, recording, on or off, channel
    messages: list[tuple[int, int, str]] = field(default_factory=list)  # time, recording, text
    spikes: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)
    # electrode -> times, recordings, waveforms (n, n_samples, n_channels)


def make_recorded(lengths=(3000, 2000), seed=0) -> Recorded:
    """Return two processors (4 channels at 100, 2 at 102), pulses, messages and the spikes of a tetrode and a pair."""
    rng = np.random.default_rng(seed)
    raw = {100: 4, 102: 2}
    clock = [1000 + 50_000 * number for number in range(len(lengths))]
    spikes = {}
    for electrode, n_channels in enumerate((4, 2)):
        numbers = np.sort(rng.integers(0, len(lengths), 30))
        times = np.concatenate(
            [np.sort(rng.integers(clock[n], clock[n] + lengths[n], (numbers == n).sum())) for n in range(len(lengths))]
        )
        spikes[electrode] = (times, numbers, rng.integers(-900, 900, (30, 40, n_channels)).astype(np.int16))
    return Recorded(
        {p: [rng.normal(0, 300, (length, n)).astype(np.int16) for length in lengths] for p, n in raw.items()},
        clock,
        [(clock[n] + 100 * k, n, k % 2, 3) for n in range(len(lengths)) for k in range(1, 6)],
        [(clock[0] + 7, 0, "dark"), (clock[-1] + 9, len(lengths) - 1, "größer")],
        spikes,
    )


def write_open_ephys(
    folder: Path, recorded: Recorded, experiment: int = 1, *, gains: str = "attribute", events: str = "kwe"
) -> Path:
    """Write the files; return the `.kwx`.

    gains : channel_bit_volts as "attribute" (an array in a scalar space) or as "dataset".
    events : suffix of the file of events: "kwe", or "kwik" as the first versions had it.
    """
    base = f"experiment{experiment}"
    for processor, recordings in recorded.raw.items():
        with h5py.File(folder / f"{base}_{processor}.raw.kwd", "w") as file:
            file.attrs["kwik_version"] = np.uint16(2)
            for number, samples in enumerate(recordings):
                _write_recording(file, number, samples, recorded.clock[number], gains)
    with h5py.File(folder / f"{base}.{events}", "w") as file:
        file.attrs["kwik_version"] = np.uint16(2)
        for number, start in enumerate(recorded.clock):
            node = file.create_group(f"recordings/{number}")
            _describe(node, number, start)
        times = [(time, number, on) for time, number, on, _ in recorded.ttl]
        channels = np.array([channel for *_, channel in recorded.ttl], dtype=np.uint8)
        _write_events(file, "TTL", times, "event_channels", channels)
        texts = np.array([text.encode() for *_, text in recorded.messages], dtype="S256")
        _write_events(file, "Messages", [(time, n, 0) for time, n, _ in recorded.messages], "Text", texts)
    path = folder / f"{base}.kwx"
    with h5py.File(path, "w") as file:
        file.attrs["kwik_version"] = np.uint16(2)
        file.create_group("channel_groups")
        for electrode, (times, numbers, waveforms) in recorded.spikes.items():
            node = file.create_group(f"channel_groups/{electrode}")
            chunks = (8, 40, waveforms.shape[2])
            node.create_dataset("waveforms_filtered", data=waveforms, chunks=chunks, maxshape=(None, None, chunks[2]))
            _grow(node, "time_samples", times.astype(np.uint64))
            _grow(node, "recordings", numbers.astype(np.uint16))
    return path


def _write_recording(file: h5py.File, number: int, samples: np.ndarray, start: int, gains: str) -> None:
    node = file.create_group(f"recordings/{number}")
    _describe(node, number, start)
    node.attrs["start_sample"] = np.uint32(0)
    n_channels = samples.shape[1]
    more = node.create_group("application_data")
    more.attrs["is_multiSampleRate_data"] = np.uint8(0)
    rows = np.full(n_channels, len(samples), dtype=np.uint32)
    for place, name, values in (
        (more, "channel_bit_volts", np.full(n_channels, BIT_VOLTS, dtype=np.float32)),
        (more, "channel_sample_rates", np.full(n_channels, RATE, dtype=np.float32)),
    ):
        if gains == "dataset":
            place[name] = values
        else:
            _array_in_scalar(place, name, values)
    chunks = (640, n_channels)
    data = node.create_dataset("data", data=samples, chunks=chunks, maxshape=(None, n_channels))
    _array_in_scalar(data, "valid_samples", rows)


def _describe(node: h5py.Group, number: int, start: int) -> None:
    node.attrs["name"] = np.bytes_(f"Open-Ephys Recording #{number}")
    node.attrs["start_time"] = np.uint64(start)
    node.attrs["sample_rate"] = np.float32(RATE)
    node.attrs["bit_depth"] = np.uint32(16)


def _array_in_scalar(node: h5py.Group | h5py.Dataset, name: str, values: np.ndarray) -> None:
    """Write an attribute of an array type in a scalar space, as the recorder does for more than one value."""
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    kind = h5py.h5t.array_create(h5py.h5t.py_create(values.dtype), values.shape)
    attribute = h5py.h5a.create(node.id, name.encode(), kind, space)
    attribute.write(values, mtype=kind)


def _write_events(file: h5py.File, name: str, rows: list[tuple[int, int, int]], field_name: str, values) -> None:
    node = file.create_group(f"event_types/{name}/events")
    _grow(node, "time_samples", np.array([time for time, _, _ in rows], dtype=np.uint64))
    _grow(node, "recording", np.array([number for _, number, _ in rows], dtype=np.uint16))
    more = node.create_group("user_data")
    _grow(more, "eventID", np.array([on for *_, on in rows], dtype=np.uint8))
    _grow(more, "nodeID", np.full(len(rows), 100, dtype=np.uint8))
    _grow(more, field_name, values)


def _grow(node: h5py.Group, name: str, values: np.ndarray) -> None:
    node.create_dataset(name, data=values, chunks=(8,), maxshape=(None,))
