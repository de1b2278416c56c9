"""Video files as PyAV opens them, which is imported when the first is opened."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from napari_phy.core.errors import VideoError

FORMATS = "mov,matroska,avi,mpegts,mpeg,h264,hevc,ogg,asf,flv"  # no lists of files, which name others to be opened


def load_av() -> Any:
    """Return the package av.

    Raises
    ------
    VideoError
        It is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise VideoError('Films need the package PyAV. Install it by pip install "napari-phy[video]".') from error
    return av


def open_container(path: Path) -> tuple[Any, Any]:
    """Return a film as PyAV opens it, and the stream of its pictures.

    Raises
    ------
    VideoError
        It cannot be opened, or has no pictures.
    """
    av = load_av()
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        container = av.open(f"file:{path.absolute()}", container_options=options, metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path.name} cannot be opened as a film: {_reason(error)}.") from error
    streams = [stream for stream in container.streams.video if stream.codec_context is not None]
    if not streams or not streams[0].codec_context.width:
        container.close()
        raise VideoError(f"{path.name} holds no pictures that can be decoded here.")
    streams[0].thread_type = "AUTO"
    return container, streams[0]


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a film for the time of a block; give container and stream."""
    container, stream = open_container(path)
    try:
        yield container, stream
    finally:
        container.close()


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, OSError) and not isinstance(error, ValueError) and error.errno in (errno.EACCES, errno.EISDIR):
        return "it cannot be read"
    return "it is damaged, cut short, or no film of a kind that is known here"
