"""The files of a feature store: what is in its folder, and how one that is being built goes on where it was left."""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import FeatureStoreError
from napari_phy.files.atomic import write_file
from napari_phy.files.platform_files import is_file

VERSION = 1
HEADER, STATE = "store.json", "building.json"
COLUMNS, INDEX, ROWS, MORE_ROWS, SAMPLE, ABSENT = (
    *("columns.bin", "index.bin", "rows.bin", "more-rows.bin"),
    *("sample.bin", "absent.bin"),
)
RUNS, RUN_STARTS = "runs.tmp", "run-starts.tmp"
_MAX_JSON_BYTES = 1 << 20


class AppendedFiles:
    """Files that grow at their end, and a note of how long they are when all of them are right.

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
        self._files: dict[str, BinaryIO] = {}
        self._syncing = ThreadPoolExecutor(1, "napari-phy-sync")
        self._noting: Future[None] | None = None

    def __getitem__(self, name: str) -> BinaryIO:
        if name not in self._files:
            path = self._folder / name
            is_new = not self._sizes.get(name)
            if is_new:
                path.unlink(missing_ok=True)  # a link may lead to any file
            file = path.open("x+b" if is_new else "r+b")
            file.truncate(self._sizes.get(name, 0))
            file.seek(0, os.SEEK_END)
            self._files[name] = file
        return self._files[name]

    def write(self, name: str, array: npt.NDArray[Any]) -> None:
        """Append the bytes of an array."""
        self[name].write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)

    def read(self, name: str, start: int, array: npt.NDArray[Any]) -> None:
        """Fill an array with bytes of a file, from byte `start` on."""
        file = self[name]
        file.seek(start)
        content = file.read(array.nbytes)
        file.seek(0, os.SEEK_END)
        if len(content) != array.nbytes:
            raise OSError(errno.EIO, "a file was cut short", name)
        array.reshape(-1).view(np.uint8)[:] = np.frombuffer(content, np.uint8)

    def check(self, name: str) -> int:
        """Return the checksum of a small file."""
        file = self[name]
        file.seek(0)
        return zlib.crc32(file.read())

    def note(self, **values: Any) -> None:
        """Keep what was written so far and values that tell where to go on; the disk is waited for by the next note."""
        self.settle()
        for name, file in self._files.items():
            file.flush()
            self._sizes[name] = file.tell()
        self.values |= values
        noted = {"version": VERSION, "identity": self._identity, "sizes": self._sizes, "values": self.values}
        text = json.dumps(noted).encode()
        files = [file.fileno() for file in self._files.values()]

        def sync() -> None:
            for descriptor in files:
                os.fsync(descriptor)
            write_file(self._folder / STATE, lambda file: file.write(text))

        self._noting = self._syncing.submit(sync)

    def settle(self) -> None:
        """Return when what was noted is on the disk."""
        noting, self._noting = self._noting, None
        if noting is not None:
            noting.result()

    def finish(self, header: Mapping[str, Any]) -> None:
        """Make a store of the files: they are whole."""
        for name in (RUNS, RUN_STARTS):
            self.remove(name)
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

    def remove(self, name: str) -> None:
        """Remove a file that is no longer needed."""
        self.settle()
        if name in self._files:
            self._files.pop(name).close()
        self._sizes.pop(name, None)
        (self._folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Release the files; what was noted is on the disk then, if there was room."""
        self._syncing.shutdown()
        for file in self._files.values():
            with suppress(OSError):  # there was no room for what is not written yet
                file.close()
        self._files.clear()

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
