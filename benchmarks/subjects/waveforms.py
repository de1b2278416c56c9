"""Cut waveforms of 82 samples and 32 channels out of a flat raw file that is in memory, without and with a filter."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import numpy as np
from data_set import RESULTS
from harness import SEED, Limit, Row, Side, Size, Watch

SIZE = Size(n_spikes=10_000, n_repeats=7)
HAS_PEER = True
_BEFORE = _AFTER = 41
_N_CHANNELS = 32
_RATE = 20_000.0
_SAMPLES_PER_SPIKE = 120
_A_QUARTER = Limit(0.25, "ours / theirs")
ROWS = (
    Row("10 k waveforms as in the file (theirs: SpikeInterface)", "raw", _A_QUARTER, peer_key="SpikeInterface"),
    Row("  the same (theirs: phylib)", "raw", _A_QUARTER, peer_key="phylib"),
    Row("  scaled to microvolts", "unfiltered"),
    Row("  filtered with at least 5 ms on either side", "filtered", Limit(5.0)),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    rng = np.random.default_rng(SEED)
    n_samples = size.n_spikes * _SAMPLES_PER_SPIKE
    samples = np.sort(rng.choice(np.arange(_BEFORE, n_samples - _AFTER), size.n_spikes, replace=False))
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        path = Path(folder) / "raw.dat"
        rng.integers(-3000, 3000, (n_samples, _N_CHANNELS), dtype=np.int16).tofile(path)
        for cut in (_cut_by_us,) if side == "ours" else (_cut_by_phylib, _cut_by_spikeinterface):
            digest = hashlib.blake2b(np.ascontiguousarray(cut(path, samples, size, watch)), digest_size=8).hexdigest()
            watch.digest = digest if watch.digest in (None, digest) else "different"


def _cut_by_us(path: Path, samples: np.ndarray, size: Size, watch: Watch) -> np.ndarray:
    from napari_phy.formats.kwik.raw_files import RawData
    from napari_phy.formats.kwik.traces import JoinedTraces, RawSegment
    from napari_phy.formats.kwik.waveforms import Waveforms
    from napari_phy.stats.filtering import BandPass

    dtype = np.dtype(np.int16)
    n_rows = path.stat().st_size // (_N_CHANNELS * dtype.itemsize)
    raw = RawData(path, None, n_rows, _N_CHANNELS, dtype)
    traces = JoinedTraces([RawSegment(0, n_rows, raw, 0, n_rows)], _N_CHANNELS, dtype)
    waveforms = Waveforms(
        traces,
        samples,
        np.arange(_N_CHANNELS),
        before=_BEFORE,
        after=_AFTER,
        band=BandPass(500.0, 0.475 * _RATE, 3, _RATE),
        gain=0.195,
    )
    found = waveforms.raw[:]
    for _ in range(size.n_repeats):
        found = watch.time("raw", waveforms.raw.__getitem__, slice(None))
        watch.time("unfiltered", waveforms.unfiltered.__getitem__, slice(None))
    waveforms[:10]
    for _ in range(min(3, size.n_repeats)):
        watch.time("filtered", waveforms.__getitem__, slice(None))
    traces.close()
    return found


def _cut_by_phylib(path: Path, samples: np.ndarray, size: Size, watch: Watch) -> np.ndarray:
    from phylib.io.traces import extract_waveforms, get_ephys_reader

    traces = get_ephys_reader(path, sample_rate=_RATE, dtype=np.int16, n_channels=_N_CHANNELS, n_channels_dat=32)
    arguments = (traces, samples, np.arange(_N_CHANNELS), _BEFORE + _AFTER)
    found = extract_waveforms(*arguments)
    for _ in range(size.n_repeats):
        found = watch.time("phylib", extract_waveforms, *arguments)
    return found


def _cut_by_spikeinterface(path: Path, samples: np.ndarray, size: Size, watch: Watch) -> np.ndarray:
    from spikeinterface.core import BinaryRecordingExtractor
    from spikeinterface.core.base import minimum_spike_dtype
    from spikeinterface.core.waveform_tools import extract_waveforms_to_single_buffer

    recording = BinaryRecordingExtractor([path], sampling_frequency=_RATE, dtype="int16", num_channels=_N_CHANNELS)
    spikes = np.zeros(len(samples), dtype=minimum_spike_dtype)
    spikes["sample_index"] = samples
    # the quickest of its ways here: more processes or smaller chunks take longer
    options = {"mode": "shared_memory", "return_in_uV": False, "dtype": np.int16}
    options |= {"n_jobs": 1, "chunk_duration": "60s", "progress_bar": False}
    arguments = (recording, spikes, _BEFORE, _AFTER)
    found = extract_waveforms_to_single_buffer(*arguments, **options)
    for _ in range(size.n_repeats):
        found = watch.time("SpikeInterface", extract_waveforms_to_single_buffer, *arguments, **options)
    return found
