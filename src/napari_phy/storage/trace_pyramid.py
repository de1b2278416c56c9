"""Extremes of the traces in ever wider bins, kept on disk, so that a recording of any length is drawn at once."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.core.base_model import Samples
from napari_phy.core.errors import JournalLockedError, NapariPhyError, TracesError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.files.atomic import format_bytes, require_room, write_file
from napari_phy.files.lock_files import LockFile
from napari_phy.files.rows import RowFile
from napari_phy.stats.extremes import bin_extremes, join_bins

logger = logging.getLogger(__name__)

FINEST = 16
STEP = 4
N_COLUMNS_COARSEST = 2000
N_EXCERPTS, N_SAMPLES_EXCERPT = 32, 64
_CHUNK_BYTES = 2**24
_KEEP_BYTES = 2**29  # of traces, after which the place is noted from which building goes on another time
_MAX_ATTEMPTS = 3  # of building, where the traces change on the way
_VERSION = 1
_MAX_STATE_BYTES = 1 << 16


def pyramid_factors(n_samples: int) -> tuple[int, ...]:
    """Return the samples a bin of each level, finest first: 16, 64, 256 … until about 2 000 bins are left."""
    factors = []
    factor = FINEST
    while n_samples > N_COLUMNS_COARSEST * factor // STEP:
        factors.append(factor)
        factor *= STEP
    return tuple(factors)


def pyramid_bytes(traces: Samples) -> int:
    """Return the size of the pyramid of traces: about a sixth of theirs."""
    n_bins = sum(-(-traces.shape[0] // factor) for factor in pyramid_factors(traces.shape[0]))
    return n_bins * 2 * traces.shape[1] * traces.dtype.itemsize


class TracePyramid:
    """The smallest and the largest sample of each bin of 16, 64, 256 … samples, in files of one folder.

    It is read while it is being built, and building goes on where it was broken off. What is in the folder of other
    traces is not read, and replaced when this is built.

    Parameters
    ----------
    traces : Samples, shape (n_samples, n_channels)
        Integers or floats.
    folder : Path
        Folder of the files; it may not exist yet.
    """

    def __init__(self, traces: Samples, folder: Path) -> None:
        self.shape = traces.shape
        self.dtype = traces.dtype
        self.factors = pyramid_factors(traces.shape[0])
        self.n_bytes = pyramid_bytes(traces)
        self._traces = traces
        self._folder = folder
        self._levels: dict[int, RowFile] = {}
        self._identity = ""  # of traces that cannot be read
        self._n_done = 0
        with suppress(NapariPhyError, OSError):
            self._recognise()

    @property
    def n_done(self) -> int:
        """How many samples, from the first, are in it."""
        return self._n_done

    @property
    def is_complete(self) -> bool:
        """Whether all samples are in it."""
        return self._n_done >= self.shape[0]

    def covers(self, factor: int, start: int, stop: int) -> bool:
        """Tell whether the bins `start` to before `stop` of a level can be read."""
        return factor in self.factors and 0 <= start and min(stop * factor, self.shape[0]) <= self._n_done

    def read(self, factor: int, start: int, stop: int) -> npt.NDArray[Any]:
        """Return `(n_bins, 2, n_channels)` of the type of the traces, smallest first.

        Raises
        ------
        NapariPhyError, OSError
            The files are gone or were cut short.
        """
        return self._level(factor).read(start, min(stop, -(-self.shape[0] // factor)))

    def build(self, on_progress: OnProgress = no_progress) -> None:
        """Read all traces once and write what is missing; broken off, it goes on from there the next time.

        Of traces that changed since, also while it is built, nothing is kept.

        Raises
        ------
        NapariPhyError
            The traces cannot be read, or keep changing; there is too little room; the folder cannot be written to.
        CancelledError
            `on_progress` ended it.
        """
        self._recognise()
        if self.is_complete:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = LockFile(self._folder / "building.lock")
        except JournalLockedError as error:
            raise TracesError("Another program is building the summary of these traces.") from error
        except OSError as error:
            raise TracesError(f"The summary of the traces cannot be written: {error.strerror or error}.") from error
        try:
            self._build_all(on_progress)
        except OSError as error:
            raise TracesError(_why_not(error, self.n_bytes)) from error
        finally:
            lock.release()

    def close(self) -> None:
        """Release the files."""
        for level in self._levels.values():
            level.close()
        self._levels.clear()

    # --- what is on disk ---

    def _path(self, factor: int) -> Path:
        return self._folder / f"extremes-{factor}.bin"

    def _level(self, factor: int) -> RowFile:
        if factor not in self._levels:
            n_bins = -(-self.shape[0] // factor)
            self._levels[factor] = RowFile(self._path(factor), 0, n_bins, (2, self.shape[1]), self.dtype)
        return self._levels[factor]

    def _recognise(self) -> bool:
        """Find how far the traces, as they are now, are in the files of the folder; return whether they are others."""
        identity = _identity_of(self._traces)
        if identity == self._identity:
            return False
        self._identity = identity
        self._n_done = 0 if self.factors else self.shape[0]
        n_done = self._noted()
        if n_done and all(self._n_stored(factor) >= _n_bins(n_done, factor, self.shape[0]) for factor in self.factors):
            self._n_done = n_done
        return True

    def _noted(self) -> int:
        try:
            with (self._folder / "state.json").open("rb") as file:
                state = json.loads(file.read(_MAX_STATE_BYTES))
            if state["version"] != _VERSION or state["identity"] != self._identity:
                return 0
            n_done = int(state["n_done"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0
        return n_done if 0 <= n_done <= self.shape[0] and (n_done % FINEST == 0 or n_done == self.shape[0]) else 0

    def _n_stored(self, factor: int) -> int:
        try:
            path = self._path(factor)
            return 0 if path.is_symlink() else path.stat().st_size // self._bin_bytes
        except OSError:
            return 0

    def _note(self, n_done: int) -> None:
        state = {"version": _VERSION, "identity": self._identity, "n_done": n_done}
        write_file(self._folder / "state.json", lambda file: file.write(json.dumps(state).encode()))

    @property
    def _bin_bytes(self) -> int:
        return 2 * self.shape[1] * self.dtype.itemsize

    # --- building ---

    def _build_all(self, on_progress: OnProgress) -> None:
        """Build, and begin anew where the traces are not those that they were."""
        for _ in range(_MAX_ATTEMPTS):
            if self.is_complete or self._build(on_progress):
                return
        raise TracesError("The raw data keep changing while their summary is built.")

    def _build(self, on_progress: OnProgress) -> bool:
        """Build what is missing; return False where the traces changed, of which nothing is kept then."""
        stored = sum(_n_bins(self._n_done, factor, self.shape[0]) for factor in self.factors) * self._bin_bytes
        require_room(self._folder, self.n_bytes - stored)
        if not self._n_done:
            self.close()
            with suppress(FileNotFoundError):
                (self._folder / "state.json").unlink()
        with ExitStack() as stack:
            files = [stack.enter_context(self._opened(factor)) for factor in self.factors]
            cascade = _Cascade(files, self._pending())
            unkept = 0
            for stop, samples in self._chunks(self._n_done):
                cascade.push(bin_extremes(samples, FINEST))
                if stop == self.shape[0]:
                    break
                for file in files:
                    file.flush()
                self._n_done = stop
                unkept += samples.nbytes
                if unkept >= _KEEP_BYTES:
                    if self._recognise():
                        return False
                    self._keep(files)
                    unkept = 0
                try:
                    on_progress(stop / self.shape[0])
                except BaseException:
                    self._keep(files)
                    raise
            cascade.finish()
            if self._recognise():
                return False
            self._n_done = self.shape[0]
            self._keep(files)
        on_progress(1.0)
        logger.debug("Built the summary of the traces in %s: %s.", self._folder, format_bytes(self.n_bytes))
        return True

    def _opened(self, factor: int) -> BinaryIO:
        """Open the file of a level at the end of what is known to be right."""
        path = self._path(factor)
        goes_on = self._n_done and path.exists()
        if not goes_on:
            path.unlink(missing_ok=True)  # a link may lead to any file
        file = path.open("r+b" if goes_on else "xb")
        file.truncate(_n_bins(self._n_done, factor, self.shape[0]) * self._bin_bytes)
        file.seek(0, os.SEEK_END)
        return file

    def _pending(self) -> list[npt.NDArray[Any]]:
        """Return of each level the last bins that are not in a bin of the next one yet."""
        pending = []
        for factor in self.factors:
            n_bins = _n_bins(self._n_done, factor, self.shape[0])
            waiting = n_bins % STEP
            empty = np.empty((0, 2, self.shape[1]), dtype=self.dtype)
            pending.append(self.read(factor, n_bins - waiting, n_bins) if waiting else empty)
        return pending

    def _chunks(self, start: int) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Give (where it stops, samples) from `start` on; the next chunk is read while this one is worked on."""
        row_bytes = max(1, self.shape[1] * self.dtype.itemsize)
        n_rows = max(1, _CHUNK_BYTES // row_bytes // FINEST) * FINEST
        stops = [*range(start + n_rows, self.shape[0], n_rows), self.shape[0]]
        starts = [start, *stops[:-1]]
        with ThreadPoolExecutor(1, "napari-phy-traces") as reader:
            coming = reader.submit(self._traces.__getitem__, slice(starts[0], stops[0]))
            for place, stop in enumerate(stops):
                samples = coming.result()
                if stop < self.shape[0]:
                    coming = reader.submit(self._traces.__getitem__, slice(stop, stops[place + 1]))
                yield stop, samples

    def _keep(self, files: Sequence[BinaryIO]) -> None:
        """Note how far it is, once that is on the disk."""
        for file in files:
            file.flush()
            os.fsync(file.fileno())
        self._note(self._n_done)


class _Cascade:
    """Writes bins of the finest level, and those of each wider level as soon as they are full."""

    def __init__(self, files: Sequence[BinaryIO], pending: list[npt.NDArray[Any]]) -> None:
        self._files = files
        self._pending = pending

    def push(self, bins: npt.NDArray[Any], level: int = 0) -> None:
        """Write bins of a level, in their order."""
        if level == len(self._files) or not len(bins):
            return
        self._files[level].write(bins.data)
        waiting = np.concatenate([self._pending[level], bins]) if len(self._pending[level]) else bins
        n_full = len(waiting) // STEP * STEP
        self._pending[level] = waiting[n_full:].copy()
        self.push(join_bins(waiting[:n_full], STEP), level + 1)

    def finish(self) -> None:
        """Write the last bins, which are not full."""
        for level, waiting in enumerate(self._pending):
            if len(waiting):
                self.push_last(join_bins(waiting, STEP), level + 1)

    def push_last(self, bins: npt.NDArray[Any], level: int) -> None:
        """Write the last bin of a level; it is the last of what the next one waits for."""
        if level < len(self._files):
            self._files[level].write(bins.data)
            self._pending[level] = np.concatenate([self._pending[level], bins])


def _n_bins(n_done: int, factor: int, n_samples: int) -> int:
    """Return how many bins of a level are written when so many samples are done; the last one counts at the end."""
    return -(-n_done // factor) if n_done == n_samples else n_done // factor


def _identity_of(traces: Samples) -> str:
    """Return a digest of where traces come from, and of excerpts."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((tuple(traces.shape), traces.dtype.str, getattr(traces, "origin", None))).encode())
    for start in evenly_spaced(max(1, traces.shape[0] - N_SAMPLES_EXCERPT), N_EXCERPTS).tolist():
        digest.update(np.ascontiguousarray(traces[start : start + N_SAMPLES_EXCERPT]).data)
    return digest.hexdigest()


def _why_not(error: OSError, n_bytes: int) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"There is no room for the summary of the traces ({format_bytes(n_bytes)}): {error.strerror}."
    return f"The summary of the traces cannot be built: {error.strerror or error}."
