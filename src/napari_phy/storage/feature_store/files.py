"""The files of a feature store: what is in its folder, and how one that is being built goes on where it was left."""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import FeatureStoreError
from napari_phy.files.atomic import write_file
from napari_phy.files.platform_files import is_file

VERSION = 1
HEADER, STATE = "store.json", "building.json"
COLUMNS, INDEX = "columns.bin", "index.bin"
ROWS, MORE_ROWS = "rows.bin", "more-rows.bin"
SAMPLE, ABSENT = "sample.bin", "absent.bin"
RUNS, RUN_STARTS = "runs.tmp", "run-starts.tmp"
_MAX_JSON_BYTES = 1 << 20
_WAITING_BYTES = 2**26  # that wait for the disk
_WRITE_BYTES = 2**26


class AppendedFiles:
    """Files that grow at their end, and a note of how long they are when all of them are right.

    A thread writes and waits for the disk; what is wrong there is raised by a later call.

    Parameters
    ----------
    folder : Path
        Their folder.
    identity : object
        What they are built from, as JSON has it; files of something else are begun anew. None: always.
    """

    def __init__(self, folder: Path, identity: Any) -> None:
        identity = json.loads(json.dumps(identity))
        self._folder, self._identity = folder, identity
        noted = read_json(folder / STATE)
        is_same = identity is not None and noted.get("identity") == identity
        if noted.get("version") != VERSION or not is_same or not self._reach(noted):
            noted = {}
            remove_store(folder)
        self.values: dict[str, Any] = noted.get("values", {})
        self._sizes: dict[str, int] = noted.get("sizes", {})
        self._files: dict[str, FileIO] = {}
        self._unsynced: set[str] = set()
        self._writer = ThreadPoolExecutor(1, "napari-phy-write")
        self._tasks: deque[tuple[Future[None], int]] = deque()  # each with the bytes it holds
        self._n_waiting = 0
        self._failure: BaseException | None = None

    def size(self, name: str) -> int:
        """Return how long a file is when all is written."""
        return self._sizes.get(name, 0)

    def write(self, name: str, array: npt.NDArray[Any]) -> None:
        """Append the bytes of an array, which must not be changed from now on."""
        self.write_at(name, self.size(name), array)

    def write_at(self, name: str, start: int, array: npt.NDArray[Any]) -> None:
        """Write the bytes of an array from byte `start` on; it must not be changed from now on."""
        content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        file = self._open(name)
        self._sizes[name] = max(self.size(name), start + len(content))
        self._unsynced.add(name)

        def write() -> None:
            file.seek(start)
            done = 0
            while done < len(content):
                done += file.write(content[done : done + _WRITE_BYTES])

        self._later(write, len(content))

    def read(self, name: str, start: int, array: npt.NDArray[Any]) -> None:
        """Fill an array with bytes of a file that are on the disk, from byte `start` on."""
        with (self._folder / name).open("rb", buffering=0) as file:
            file.seek(start)
            target = array.reshape(-1).view(np.uint8).data
            done = 0
            while done < len(target):
                count = file.readinto(target[done:])
                if not count:
                    raise OSError(errno.EIO, "a file was cut short", name)
                done += count

    def read_whole(self, name: str) -> bytes:
        """Return what is in a small file."""
        self._open(name)
        self.settle()
        return (self._folder / name).read_bytes()

    def check(self, name: str) -> int:
        """Return the checksum of a small file."""
        return zlib.crc32(self.read_whole(name))

    def note(self, **values: Any) -> None:
        """Keep what was written so far and values that tell where to go on."""
        self.values |= values
        noted = {"version": VERSION, "identity": self._identity, "sizes": self._sizes, "values": self.values}
        text = json.dumps(noted).encode()
        files = [self._files[name] for name in self._unsynced]
        self._unsynced.clear()

        def sync() -> None:
            for file in files:
                os.fsync(file.fileno())
            write_file(self._folder / STATE, lambda file: file.write(text))

        self._later(sync, 0)

    def settle(self) -> None:
        """Return when all of this is on the disk."""
        while self._tasks:
            self._take_first()
        if self._failure is not None:
            raise self._failure

    def finish(self, header: Mapping[str, Any]) -> None:
        """Make a store of the files: they are whole."""
        for name in (RUNS, RUN_STARTS):
            self._remove(name)
        self.note()
        self.settle()
        names = [name for name in (COLUMNS, INDEX, ROWS, MORE_ROWS, SAMPLE, ABSENT) if self._sizes.get(name)]
        content = {
            **header,
            "version": VERSION,
            "sizes": {name: self._sizes[name] for name in names},
        }
        text = json.dumps(content)
        sealed = json.dumps({"content": text, "check": zlib.crc32(text.encode())})
        write_file(self._folder / HEADER, lambda file: file.write(sealed.encode()))
        (self._folder / STATE).unlink(missing_ok=True)

    def close(self) -> None:
        """Release the files; what was noted is on the disk then, if there was room."""
        self._writer.shutdown()
        for file in self._files.values():
            with suppress(OSError):
                file.close()
        self._files.clear()

    def _open(self, name: str) -> FileIO:
        if name not in self._files:
            path = self._folder / name
            is_new = not self._sizes.get(name)
            if is_new:
                path.unlink(missing_ok=True)  # a link may lead to any file
            file = path.open("x+b" if is_new else "r+b", buffering=0)
            file.truncate(self._sizes.get(name, 0))
            self._files[name] = file
        return self._files[name]

    def _later(self, work: Callable[[], None], n_bytes: int) -> None:
        """Let the thread do some work; wait for earlier work where that holds much memory."""
        while self._tasks and (self._tasks[0][0].done() or self._n_waiting > _WAITING_BYTES):
            self._take_first()

        def work_unless_failed() -> None:
            if self._failure is None:  # after a failure files must not grow, or be noted
                try:
                    work()
                except BaseException as error:
                    self._failure = error
                    raise

        self._tasks.append((self._writer.submit(work_unless_failed), n_bytes))
        self._n_waiting += n_bytes

    def _take_first(self) -> None:
        task, n_bytes = self._tasks.popleft()
        self._n_waiting -= n_bytes
        task.result()

    def _remove(self, name: str) -> None:
        """Remove a file that is no longer needed."""
        self.settle()
        if name in self._files:
            self._files.pop(name).close()
        self._sizes.pop(name, None)
        self._unsynced.discard(name)
        (self._folder / name).unlink(missing_ok=True)

    def _reach(self, noted: Mapping[str, Any]) -> bool:
        """Tell whether the files are as long as was noted."""
        with suppress(OSError, AttributeError, TypeError):
            sizes = noted["sizes"].items()
            return all((self._folder / name).stat().st_size >= size for name, size in sizes)
        return False


def read_header(folder: Path, identity: Any = None) -> dict[str, Any]:
    """Return what the header of a store says.

    Raises
    ------
    FeatureStoreError
        There is no store, or it is damaged, or of another version or other spikes.
    """
    if not is_file(folder / HEADER):
        raise FeatureStoreError(f"{folder} holds no feature store; build it.")
    sealed = read_json(folder / HEADER)
    text = sealed.get("content")
    if not isinstance(text, str) or zlib.crc32(text.encode("utf-8", "surrogatepass")) != sealed.get("check"):
        raise FeatureStoreError(f"{folder / HEADER} is damaged; build the feature store again.")
    header: dict[str, Any] = json.loads(text)
    if header["version"] != VERSION:
        raise FeatureStoreError(f"{folder} holds a feature store of version {header['version']}; build it again.")
    if identity is not None and header["identity"] != json.loads(json.dumps(identity)):
        raise FeatureStoreError(f"{folder} holds the features of other spikes; build the feature store again.")
    for name, size in header["sizes"].items():
        found = (folder / name).stat().st_size if is_file(folder / name) else 0
        if found != size:
            raise FeatureStoreError(
                f"{folder / name} has {found} bytes and not {size}: it is damaged; build the feature store again."
            )
    return header


def read_json(path: Path) -> dict[str, Any]:
    """Return what a small file holds; {} where it is not there or damaged."""
    with suppress(OSError, ValueError, RecursionError), path.open("rb") as file:
        found = json.loads(file.read(_MAX_JSON_BYTES))
        return found if isinstance(found, dict) else {}
    return {}


def remove_store(folder: Path) -> None:
    """Remove the files of a store, whole or not; the header first, so that nobody takes it for one."""
    for name in (HEADER, STATE, COLUMNS, INDEX, ROWS, MORE_ROWS, SAMPLE, ABSENT, RUNS, RUN_STARTS):
        (folder / name).unlink(missing_ok=True)
