"""The hidden folder of a data set that is being made: a later run with the same input goes on from what is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import JournalLockedError, SortingError
from napari_phy.files.atomic import write_file
from napari_phy.files.lock_files import LockFile
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.traces import RawTraces

Arrays = dict[str, npt.NDArray[Any]]

_INPUT = "input.json"


class Unfinished:
    """A hidden folder, a context manager that returns it; it is removed when all is done or the job was cancelled.

    It is kept where the work fails or the program is killed. The same input is the same parameters, probe and version,
    and raw files of the same paths, sizes and times; traces in memory are never the same.

    Parameters
    ----------
    target : Path
        The `.kwik` that is being made.
    traces : RawTraces
        What it is made of.
    estimators : sequence of Estimator
        The one that detects, and those after it.
    reporter : Reporter
        Of the job; hears whether it goes on from an earlier run.

    Raises
    ------
    SortingError
        Another program is making the same.
    OSError
        The folder cannot be made.
    """

    def __init__(self, target: Path, traces: RawTraces, estimators: Sequence[Any], reporter: Reporter) -> None:
        self.folder = target.parent / f".{target.stem}.unfinished"
        self._target, self._reporter = target, reporter
        self._input = _described(traces, estimators) if estimators[0].goes_on else None

    def __enter__(self) -> Path:
        was_there = self.folder.exists()
        self.folder.mkdir(exist_ok=True)
        try:
            self._lock = LockFile(self.folder.with_name(f"{self.folder.name}.lock"))
        except JournalLockedError as error:
            raise SortingError(
                f"{self._target.name} is being made by another program; wait until it is done, or choose another name."
            ) from error
        path = self.folder / _INPUT
        if was_there and self._input is not None and path.exists() and path.read_bytes() == self._input:
            self._reporter.say("An earlier run did not come to the end; this one goes on from there.")
            return self.folder
        if was_there:
            self._reporter.say("An earlier run was of other parameters or raw files; this one starts anew.")
            shutil.rmtree(self.folder)
            self.folder.mkdir()
        if self._input is not None:
            content = self._input
            write_file(path, lambda file: file.write(content))
        return self.folder

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or self._input is None or not self._reporter.keeps_work:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            self._reporter.say(f"What was done is in the folder {self.folder.name}; the same call goes on from there.")
        self._lock.release()


def kept_arrays(folder: Path | None, name: str, make: Callable[[], Arrays]) -> Arrays:
    """Return arrays that an earlier run left in the folder, else those that `make` returns, which are left there."""
    if folder is None:
        return make()
    path = folder / f"{name}.npz"
    if not path.exists():
        made = make()
        write_file(path, lambda file: np.savez(file, **made))  # type: ignore[arg-type]
    with np.load(path) as kept:
        return {key: kept[key] for key in kept.files}


def _described(traces: RawTraces, estimators: Sequence[Any]) -> bytes | None:
    """Return what the result depends on, as JSON; None for traces that are in no file."""
    if not isinstance(traces.traces, JoinedTraces):
        return None
    raw = [(segment.start_sample, segment.n_samples, segment.raw) for segment in traces.traces.segments]
    try:
        release = version("napari-phy")
    except PackageNotFoundError:
        release = "unknown"
    facts = {
        "version": release,
        "files": [
            None if data is None else [*place, str(data.path.absolute()), data.node, *_state(data.path)]
            for *place, data in raw
        ],
        "dtype": traces.traces.dtype.str,
        "shape": list(traces.traces.shape),
        "rate": float(traces.sample_rate),
        "recordings": [[one.start_sample, one.n_samples] for one in traces.recordings],
        "probe": {
            number: [np.asarray(values).tolist() for values in (probe.channel_ids, probe.positions, probe.edges)]
            for number, probe in traces.groups.items()
        },
        "algorithms": [[one.key, one.get_params()] for one in estimators],
    }
    return json.dumps(facts, sort_keys=True, default=str).encode()


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
