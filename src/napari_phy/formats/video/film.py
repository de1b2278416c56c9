"""A film as an array of its frames, which are decoded when they are needed."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import LazyArray
from napari_phy.core.errors import VideoError
from napari_phy.core.memory import ByteCache
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.formats.video.av_files import load_av
from napari_phy.formats.video.film_index import FilmIndex, read_index
from napari_phy.formats.video.frame_decoder import FrameDecoder

MAX_ARRAY_BYTES = 1 << 30  # that are read at once
KEPT_BYTES = 64 << 20  # of decoded frames of one film
_MAX_AHEAD = 8  # frames
_STEP = 4  # frames: so few from one to the next is playing
_PAUSE_S = 0.005  # between two reads in which the next frames can be decoded

_ahead = ThreadPoolExecutor(2, "napari-phy films")


class Film(LazyArray):
    """`(n_frames, height, width, 3)` uint8; without the last axis where the film is grey, uint16 beyond 8 bits.

    Any frame is exactly that of its number. Those decoded on the way to a frame are kept for steps back from it; while
    frames are read one after the other, the next ones are decoded ahead. Safe in threads. A closed film opens its file
    again when it is read.

    Parameters
    ----------
    path : Path
        The video file.
    index : FilmIndex
        What is known of its packets.
    on_trouble : callable, optional
        Called with one sentence when a frame cannot be decoded, once; such frames are black.

    Attributes
    ----------
    path : Path
        The video file.
    times_s : ndarray of float64, shape (n_frames,)
        When each frame is shown, in seconds after the first, as the file says.
    trouble : str
        What is wrong with the film in one sentence; empty where nothing is known to be.
    """

    def __init__(self, path: Path, index: FilmIndex, on_trouble: Callable[[str], object] | None = None) -> None:
        self.path = path
        self.times_s = index.times_s
        self.trouble = index.trouble
        self.on_trouble = on_trouble
        self._index = index
        self._state = _state_of(path)
        self._format = _array_format(index.pixels)
        self.dtype = np.dtype(np.uint16 if self._format == "gray16le" else np.uint8)
        self.shape = (len(index.packets), *index.size_px, *((3,) if self._format == "rgb24" else ()))
        self._frame_bytes = math.prod(self.shape[1:]) * self.dtype.itemsize
        self._decoded: ByteCache[int, Any] = ByteCache(_buffer_bytes)
        self._decoder: FrameDecoder | None = None
        self._damaged: set[int] = set()
        self._lock = threading.RLock()  # of the decoder and what it gave
        self._reformatter: Any = None
        self._counting, self._converting = threading.Lock(), threading.Lock()
        self._n_waiting = 0
        self._last, self._read_s = -1, 0.0  # which frame was read last, and when
        self._reading_ahead: Future[None] | None = None

    @property
    def interval_s(self) -> float:
        """Median time from one frame to the next, in seconds; 0 for a single frame."""
        return float(np.median(np.diff(self.times_s))) if len(self) > 1 else 0.0

    def __repr__(self) -> str:
        return f"<Film {self.path.name}, {' × '.join(map(str, self.shape))} {self.dtype}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # a copy of a layer shows the same file

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        return (self._frame(frame) for frame in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return self[:].astype(dtype or self.dtype, copy=False)

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Return frames, or parts of them, as NumPy would.

        Raises
        ------
        VideoError
            That many frames do not go into memory, or the file is no longer there.
        """
        frames, inside = self._split(key)
        if isinstance(frames, int):
            return np.asarray(self._frame(frames)[inside])
        if len(frames) * self._frame_bytes > MAX_ARRAY_BYTES:
            raise VideoError(
                f"{len(frames)} frames of {self.path.name} are {len(frames) * self._frame_bytes / 2**30:.1f} GiB; "
                f"read at most {MAX_ARRAY_BYTES // self._frame_bytes} at once."
            )
        shape = np.empty((1, *self.shape[1:]), self.dtype)[(0, *inside)].shape
        found = np.empty((len(frames), *shape), self.dtype)
        for place, frame in enumerate(frames.tolist()):
            found[place] = self._frame(frame)[inside]
        return found

    def close(self) -> None:
        """Let go of the file and of the frames that are kept."""
        with self._waiting():
            self._let_go()

    def _split(self, key: Any) -> tuple[int | npt.NDArray[np.int64], tuple[Any, ...]]:
        """Return the frame or frames that a key means, and what of each."""
        keys = key if isinstance(key, tuple) else (key,)
        if any(item is Ellipsis for item in keys):
            place = next(number for number, item in enumerate(keys) if item is Ellipsis)
            keys = (*keys[:place], *[slice(None)] * (self.ndim - len(keys) + 1), *keys[place + 1 :])
        if len(keys) > self.ndim:
            raise IndexError(f"{len(keys)} indices for a film of {self.ndim} axes.")
        first, *inside = keys or (slice(None),)
        if isinstance(first, (int, np.integer)):
            frame = int(first) + (len(self) if first < 0 else 0)
            if not 0 <= frame < len(self):
                raise IndexError(f"{self.path.name} has {len(self)} frames; there is no frame {int(first)}.")
            return frame, tuple(inside)
        return np.arange(len(self))[first], tuple(inside)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Hold the decoder; what is being read ahead makes way."""
        with self._counting:
            self._n_waiting += 1
        with self._lock:
            with self._counting:
                self._n_waiting -= 1
            yield

    def _frame(self, number: int) -> npt.NDArray[Any]:
        is_shown = time.perf_counter() - self._read_s > _PAUSE_S  # in between, not read one straight after the other
        with self._waiting():
            decoded = self._decoded.get(number)
            if decoded is None:
                decoded = self._decode(number)
            if number == self._last + 1:  # memory that is used again at once is the quickest
                self._decoded.remove(self._last)
            is_playing = is_shown and 0 < number - self._last <= _STEP
            self._last = number
            if is_playing and (self._reading_ahead is None or self._reading_ahead.done()):
                self._reading_ahead = _ahead.submit(self._read_ahead, number + 1)
        if decoded is None:
            self._tell_damaged(number)
        found = self._as_array(decoded)
        self._read_s = time.perf_counter()
        return found

    def _read_ahead(self, start: int) -> None:
        n_ahead = min(_MAX_AHEAD, KEPT_BYTES // self._frame_bytes)  # half of what is kept: RGB is twice as large
        for number in range(start, min(start + n_ahead, len(self))):
            if self._n_waiting:
                return
            with self._lock:
                if self._decoder is None:
                    return
                if number not in self._decoded:
                    self._decode(number)

    def _decode(self, wanted: int) -> Any:
        """Return a frame as PyAV has it, None where it is damaged; keep it and those on the way to it."""
        if wanted in self._damaged:
            return None
        if self._decoder is None:
            self._check_file()
            self._decoder = FrameDecoder(self.path, self._index)
        for number, decoded in self._decoder.frames_to(wanted):
            self._decoded.put(number, decoded)
            while self._decoded.nbytes > KEPT_BYTES:
                self._decoded.forget_oldest()
            if number == wanted:
                return decoded
        self._damaged.add(wanted)
        return None

    def _tell_damaged(self, number: int) -> None:
        if not self.trouble:
            self.trouble = f"Frame {number} of {self.path.name} cannot be decoded; such frames are shown black."
            if self.on_trouble is not None:
                self.on_trouble(self.trouble)

    def _as_array(self, decoded: Any) -> npt.NDArray[Any]:
        if decoded is None:
            return np.zeros(self.shape[1:], self.dtype)
        height, width = self.shape[1:3]
        with self._converting:  # a frame is converted by one thread at a time
            if self._reformatter is None:  # one for all frames: to make one takes longer than to convert a frame
                self._reformatter = load_av().video.reformatter.VideoReformatter()
            return np.asarray(self._reformatter.reformat(decoded, width, height, self._format).to_ndarray())

    def _check_file(self) -> None:
        if _state_of(self.path) != self._state:
            raise VideoError(f"{self.path.name} was changed or removed since it was opened. Open it again.")

    def _let_go(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None
        self._decoded = ByteCache(_buffer_bytes)


def open_film(
    path: str | Path, on_progress: OnProgress = no_progress, on_trouble: Callable[[str], object] | None = None
) -> Film:
    """Open a film; its packets are read once to know where each frame is, and no frame is decoded.

    Parameters
    ----------
    path : str or Path
        The video file.
    on_progress : callable, optional
        Called with the share that is done, from 0 to 1.
    on_trouble : callable, optional
        Called with one sentence when a frame cannot be decoded, once.

    Returns
    -------
    Film
        Its frames.

    Raises
    ------
    VideoError
        It cannot be opened, or holds no frame.
    """
    path = Path(path)
    return Film(path, read_index(path, on_progress), on_trouble)


def _array_format(pixels: str | None) -> str:
    """Return the format of PyAV in which frames of these pixels are handed out."""
    name = pixels or ""
    if not name.startswith(("gray", "y400", "monob", "monow")):
        return "rgb24"
    return "gray" if name in ("gray", "gray8", "y400a", "monob", "monow") else "gray16le"


def _buffer_bytes(decoded: Any) -> int:
    return sum(plane.buffer_size for plane in decoded.planes)


def _state_of(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns
