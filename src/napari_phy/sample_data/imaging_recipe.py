"""Contents of the sample with imaging: two cameras with clocks of their own, faults, and cells that follow units."""

from __future__ import annotations

from dataclasses import dataclass

from napari_phy.sample_data.recipe import UNITS

IMAGING_VERSION = 1  # raise it when the bytes of the sample change: each version has its own place in the cache
IMAGING_S = 32.0  # of the recording
DRIFT = 20e-6  # the clock of both cameras is slow by this share: their frames last longer


@dataclass(frozen=True, slots=True)
class Camera:
    """When the frames of a camera begin, and the pulses that it sends to the recording.

    Attributes
    ----------
    line : int
        Of the TTL input of the recording.
    rate_hz : float
        Frames a second, by its own clock.
    first_s : float
        When the first frame begins, in seconds of the recording.
    n_pulses : int
        Frames it took, each with a pulse when it begins.
    dropped : tuple of int
        Frames, counted from 0, that never came into the file.
    false_pulses : tuple of float
        Frames, and the part of one, after which there was a pulse without a frame.
    """

    line: int
    rate_hz: float
    first_s: float
    n_pulses: int
    dropped: tuple[int, ...] = ()
    false_pulses: tuple[float, ...] = ()


MICROSCOPE = Camera(line=3, rate_hz=15.0, first_s=1.0123, n_pulses=450, false_pulses=(127.38,))
FILM_CAMERA = Camera(line=5, rate_hz=30.0, first_s=0.5077, n_pulses=930, dropped=(311, 602))

MOVIE_SIZE = (128, 128)  # rows and columns
MICROMETRES_PER_PIXEL = 2.0
ROW_S = 450e-6  # from one row to the next; the frames leave time for the way back
FILM_SIZE = (240, 320)

RISE_S, DECAY_S = 0.05, 0.45  # of the indicator
PEAK_DFF = 0.3  # ΔF/F at the peak that follows one spike

OUT_OF_VIEW = (6, 12)  # units without a cell
CELL_UNITS = tuple(unit for unit in range(len(UNITS)) if unit not in OUT_OF_VIEW)
N_OTHER_CELLS = 12  # that follow no unit
