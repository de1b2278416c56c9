"""Read pages of a raw file of 384 channels, cold and warm; draw them; build the summary of all of it."""

from __future__ import annotations

import hashlib
import os
import resource
import tempfile
from pathlib import Path

import numpy as np
from data_set import RESULTS
from harness import SEED, Limit, Row, Side, Size, Watch

SIZE = Size(n_spikes=900_000, n_repeats=9)  # samples of the file
HAS_PEER = True
_N_CHANNELS, _RATE = 384, 30_000.0
_WIDTH, _HEIGHT = 1500, 300
_N_PANS = 500
_SAME = Limit(1.1, "ours / theirs")
ROWS = (
    Row("a page of 1 s × 384 channels, cold (theirs: phylib)", "cold", _SAME, peer_key="phylib cold"),
    Row("  the same (theirs: SpikeInterface)", "cold", _SAME, peer_key="SpikeInterface cold"),
    Row("  warm (theirs: phylib)", "warm", _SAME, peer_key="phylib warm"),
    Row("  the same (theirs: SpikeInterface)", "warm", _SAME, peer_key="SpikeInterface warm"),
    Row("a frame of 32 channels, 0.25 s", "frame 32", Limit(0.060)),
    Row("a frame of 384 channels, 0.25 s", "frame 384", Limit(0.250)),
    Row(
        "the summary (theirs: reading the file once)",
        "summary",
        theirs_key="read once",
        limit=Limit(1 / 0.7, "ours / theirs"),
    ),
    Row("any step through the summary, 0.02 s to all", "step", Limit(0.050)),
    Row("memory that 500 random steps add", "growth", Limit(60e6), unit="B"),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        path = Path(folder) / "raw.dat"
        _write(path, size.n_spikes)
        rng = np.random.default_rng(SEED)
        starts = rng.integers(0, max(1, size.n_spikes - round(_RATE)), size.n_repeats).tolist()
        if side == "ours":
            _ours(path, starts, size, watch)
        else:
            for name, opened in (("phylib", _phylib), ("SpikeInterface", _spikeinterface)):
                _pages(path, opened, starts, watch, f"{name} ")


def _write(path: Path, n_samples: int) -> None:
    noise = np.random.default_rng(SEED).normal(0, 20, (20_011, _N_CHANNELS)).astype(np.int16)
    with path.open("wb") as file:
        for start in range(0, n_samples, len(noise)):
            file.write(noise[: min(len(noise), n_samples - start)].data)
        os.fsync(file.fileno())


def _forget(path: Path) -> None:
    """Have the system forget what it has of a file in memory."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _pages(path, opened, starts, watch, prefix=""):
    """Time pages; the file is opened anew for each, since the system does not forget what a process has mapped."""
    digest = hashlib.blake2b(digest_size=8)
    opened(path)(starts[0], starts[0] + 10)
    for start in starts:
        stop = start + round(_RATE)
        _forget(path)
        read = opened(path)
        watch.time(f"{prefix}cold", read, start, stop)
        digest.update(np.ascontiguousarray(watch.time(f"{prefix}warm", read, start, stop)))
        del read
    found = digest.hexdigest()
    watch.digest = found if watch.digest in (None, found) else "different"


def _phylib(path):
    from phylib.io.traces import get_ephys_reader

    traces = get_ephys_reader(path, sample_rate=_RATE, dtype=np.int16, n_channels=384, n_channels_dat=384)
    return lambda start, stop: np.array(traces[start:stop])


def _spikeinterface(path):
    from spikeinterface.core import BinaryRecordingExtractor

    recording = BinaryRecordingExtractor([path], sampling_frequency=_RATE, dtype="int16", num_channels=_N_CHANNELS)
    return lambda start, stop: np.array(recording.get_traces(start_frame=start, end_frame=stop))


def _ours(path: Path, starts: list[int], size: Size, watch: Watch) -> None:
    from napari_phy.formats.kwik.raw_files import RawData
    from napari_phy.formats.kwik.traces import JoinedTraces, RawSegment
    from napari_phy.stats.extremes import bin_extremes, join_bins
    from napari_phy.storage.trace_pyramid import TracePyramid
    from napari_phy.views.pictures import blank, draw_traces
    from napari_phy.views.trace_lines import Columns, make_lines
    from napari_phy.views.trace_source import TraceSource
    from napari_phy.views.traces import TraceReader, request_for

    n_samples = size.n_spikes
    raw = RawData(path, None, n_samples, _N_CHANNELS, np.dtype(np.int16))
    traces = JoinedTraces([RawSegment(0, n_samples, raw, 0, n_samples)], _N_CHANNELS, np.int16)
    _pages(path, lambda _: lambda start, stop: traces[start:stop], starts, watch)

    channels = np.arange(_N_CHANNELS)
    reader = TraceReader(TraceSource(traces, _RATE, channels, channels, None))
    page = reader.read(request_for(reader.source, 1.0, 1.25, _WIDTH))

    def frame(n_channels):
        image = blank(_WIDTH, _HEIGHT, "#15171c")
        zeros = (np.arange(n_channels) + 0.5) * _HEIGHT / n_channels
        lines = make_lines(channels[:n_channels], 0, page.low.shape[1], zeros, 0.1, [[160, 160, 160]], 1.0)
        columns = Columns(1.0 * _RATE / page.factor - page.first_bin, 0.25 * _RATE / page.factor / _WIDTH)
        draw_traces(image, page.low, page.high, lines, columns, 0.8)

    frame(1)
    for _ in range(size.n_repeats):
        watch.time("frame 32", frame, 32)
        watch.time("frame 384", frame, _N_CHANNELS)

    join_bins(bin_extremes(np.zeros((64, _N_CHANNELS), np.int16), 16), 4)  # compiled code is loaded on first use
    for number in range(min(3, size.n_repeats)):
        os.sync()
        _forget(path)
        watch.time("read once", _read_once, path)
        pyramid = TracePyramid(traces, path.parent / f"pyramid-{number}")
        os.sync()
        _forget(path)
        watch.time("summary", pyramid.build)

    source = TraceSource(traces, _RATE, channels, channels, None, pyramid=pyramid)
    stepper = TraceReader(source)
    stepper.noise  # noqa: B018  # the resting voltage is read once
    rng = np.random.default_rng(SEED)
    duration = n_samples / _RATE

    def step():
        length = float(np.exp(rng.uniform(np.log(0.02), np.log(duration))))
        start = rng.uniform(0, duration - length)
        stepper.read(request_for(source, start, start + length, _WIDTH))

    for _ in range(20):
        step()
    before = _resident()
    for _ in range(min(_N_PANS, 50 * size.n_repeats)):
        watch.time("step", step)
    watch.add("growth", max(0, _resident() - before))


def _read_once(path: Path) -> None:
    block = bytearray(2**24)
    with path.open("rb", buffering=0) as file:
        while file.readinto(block):
            pass


def _resident() -> int:
    """Return the bytes in memory, by the system's own count, or the greatest so far where that is not told."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
