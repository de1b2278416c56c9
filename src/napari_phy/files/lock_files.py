"""A lock that is a file, for folders whose system locks nothing: it names its holder and shows that it is alive."""

from __future__ import annotations

import json
import logging
import os
import platform
import secrets
import threading
from contextlib import suppress
from pathlib import Path

from napari_phy.core.errors import JournalLockedError

logger = logging.getLogger(__name__)

BEAT_S = 10.0
STALE_S = 60.0
_MAX_BYTES = 4096
_ours: set[str] = set()


class LockFile:
    """Held from when it is made until `release`; its age stays below `STALE_S` as long as the holder runs.

    The lock of a holder that is gone is taken over: at once where it ran on this computer, else when it has not been
    touched for `STALE_S` by the clock of the folder.

    Raises
    ------
    JournalLockedError
        Somebody has it.
    OSError
        No file can be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._token = secrets.token_hex(8)
        self._done = threading.Event()
        for _ in range(3):
            if self._create():
                break
            _remove_stale(path)
        else:
            raise JournalLockedError(f"{path.stem} is in use by another program.")
        _ours.add(self._token)
        threading.Thread(target=self._beat, name="napari-phy-lock", daemon=True).start()

    @property
    def is_held(self) -> bool:
        """Whether no other process has taken it over, as may happen to a computer that slept."""
        return _read(self.path).get("token") == self._token

    def release(self) -> None:
        """Let others have it; twice does no harm."""
        if self._done.is_set():
            return
        self._done.set()
        _ours.discard(self._token)
        if self.is_held:
            with suppress(OSError):
                self.path.unlink()

    def _create(self) -> bool:
        process = os.getpid()
        owner = {"token": self._token, "computer": _computer(), "process": process, "started": _started(process)}
        try:
            descriptor = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(owner).encode())
            file.flush()
            os.fsync(file.fileno())
        return True

    def _beat(self) -> None:
        while not self._done.wait(BEAT_S):
            with suppress(OSError):
                if self.is_held:
                    os.utime(self.path)


def is_held_by_somebody(path: Path) -> bool:
    """Tell whether there is a lock whose holder lives; one whose holder is gone is removed."""
    if path.exists():
        _remove_stale(path)
    return path.exists()


def _remove_stale(path: Path) -> None:
    """Remove a lock whose holder is gone; of several programs that try, one does it."""
    if not _is_stale(path):
        return
    owner = _read(path).get("token")
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        path.rename(aside)
    except OSError:
        return
    if _read(aside).get("token") != owner:  # somebody was quicker, and this is his
        with suppress(OSError):
            aside.rename(path)
        return
    logger.debug("The lock %s was left by a program that is gone.", path.name)
    with suppress(OSError):
        aside.unlink()


def _is_stale(path: Path) -> bool:
    owner = _read(path)
    if owner.get("token") in _ours:
        return False
    started = owner.get("started")
    if owner.get("computer") == _computer() and started:
        return _started(int(owner.get("process", "0"))) != started
    return _age_s(path) > STALE_S


def _age_s(path: Path) -> float:
    """Return how long ago a file was touched, by the clock that the folder's computer gives new files."""
    now = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        now.touch(exist_ok=False)
        try:
            return now.stat().st_mtime - path.stat().st_mtime
        finally:
            now.unlink()
    except OSError:
        return 0.0


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            owner = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in owner.items()} if isinstance(owner, dict) else {}


def _computer() -> str:
    """Return what differs where a process id means another process: computer, boot, container."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    return " ".join(parts)


def _started(process: int) -> str:
    """Return when a process began, as the system counts; nothing where it does not run or that is not known."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
