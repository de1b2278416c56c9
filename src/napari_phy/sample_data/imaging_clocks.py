"""Frames of the cameras on the clock of the recording, and the pulses that it got of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_phy.core.event_times import EventTimes
from napari_phy.sample_data.imaging_recipe import DRIFT, ROW_S, Camera
from napari_phy.sample_data.recipe import SAMPLE_RATE

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

KIND = "TTL"  # as the recorder of Open Ephys calls them
PULSE_S, FALSE_PULSE_S = 5e-3, 1e-3  # how long a line is high
_NODE = 100


def exposure_samples(camera: Camera, frames: npt.ArrayLike | None = None) -> Floats:
    """Return when frames of a camera begin, in samples of the recording; None for all, those that were dropped too."""
    numbers = np.arange(camera.n_pulses) if frames is None else np.asarray(frames)
    times_s = camera.first_s + numbers / camera.rate_hz * (1 + DRIFT)
    return np.asarray(times_s * SAMPLE_RATE, dtype=np.float64)


def kept_frames(camera: Camera) -> Ints:
    """Return the numbers of the frames that came into the file."""
    return np.setdiff1d(np.arange(camera.n_pulses, dtype=np.int64), np.array(camera.dropped, dtype=np.int64))


def ttl_events(cameras: Sequence[Camera]) -> EventTimes:
    """Return the edges of all lines as the recorder of Open Ephys keeps them: `eventID` is 1 where one rises."""
    parts = []
    for camera in cameras:
        for starts, width_s in (
            (exposure_samples(camera), PULSE_S),
            (exposure_samples(camera, camera.false_pulses), FALSE_PULSE_S),
        ):
            rising = np.floor(starts).astype(np.int64)
            for samples, state in ((rising, 1), (rising + round(width_s * SAMPLE_RATE), 0)):
                parts.append((samples, np.full(len(samples), state), np.full(len(samples), camera.line)))
    samples, states, lines = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(samples, kind="stable")
    values = {
        "eventID": states[order].astype(np.uint8),
        "event_channels": lines[order].astype(np.uint8),
        "nodeID": np.full(len(samples), _NODE, dtype=np.uint8),
    }
    return EventTimes(KIND, samples[order], np.zeros(len(samples), dtype=np.int64), values)


def frames_at(samples: Floats, starts: Floats, camera: Camera) -> Ints:
    """Return which frame in the file was taken at each sample; −1 before the first, after the last and where it fails.

    `starts` are the samples at which the frames in the file begin.
    """
    length = SAMPLE_RATE / camera.rate_hz * (1 + DRIFT)
    frames = np.searchsorted(starts, samples, side="right") - 1
    elapsed = samples - starts[np.maximum(frames, 0)]
    return np.where((frames >= 0) & (elapsed < length), frames, -1).astype(np.int64)


def rows_at(samples: Floats, starts: Floats, frames: Ints, n_rows: int) -> Ints:
    """Return which row the microscope scanned at each sample; −1 on the way back, and where there is no frame."""
    rows = np.floor((samples - starts[np.maximum(frames, 0)]) / (ROW_S * SAMPLE_RATE)).astype(np.int64)
    return np.where((frames >= 0) & (rows < n_rows), rows, -1)
