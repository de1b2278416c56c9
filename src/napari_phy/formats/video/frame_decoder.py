"""Decodes frames of a film by number: forwards where that is near, else from the keyframe before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from napari_phy.formats.video.av_files import load_av, open_container
from napari_phy.formats.video.film_index import FilmIndex, decode, name_of, number_packets

_N_EARLIER = 2  # keyframes before the usual one to begin with, for a frame that does not come out
_N_JUMPS = 4  # that may land behind the keyframe before the film is read from its beginning


class FrameDecoder:
    """An open film, and the place in it where decoding goes on.

    Each packet carries its number through the decoder as its time stamp, so that a frame is known by the packet that it
    comes from, whatever time stamps the film has.

    Parameters
    ----------
    path : Path
        The film.
    index : FilmIndex
        What is known of its packets.
    """

    def __init__(self, path: Path, index: FilmIndex) -> None:
        self._path = path
        self._index = index
        self._frames = np.full(index.n_packets, -1, dtype=np.int64)  # that comes of each packet
        self._frames[index.packets] = np.arange(len(index.packets))
        self._keyframes = np.array(list(index.keyframes), dtype=np.int64)
        self._container, self._stream = open_container(path)
        self._run: Iterator[tuple[int, Any]] = iter(())
        self._next_packet, self._last_frame = 0, len(index.packets)

    def close(self) -> None:
        """Let go of the file."""
        self._run = iter(())
        self._last_frame = len(self._index.packets)
        self._container.close()

    def frames_to(self, frame: int) -> Iterator[tuple[int, Any]]:
        """Give (number, frame of PyAV) on the way to a frame, which comes last; if it does not, it is damaged."""
        start = int(self._index.starts[frame])
        if not (self._last_frame < frame and start <= self._next_packet):
            self._begin(start)
        earlier = self._keyframes[self._keyframes < start][::-1][:_N_EARLIER].tolist()
        while True:
            for number, picture in self._run:
                self._last_frame = number
                if number > frame:
                    break
                yield number, picture
                if number == frame:
                    return
            if not earlier:
                return
            self._begin(earlier.pop(0))

    def _begin(self, packet: int) -> None:
        self._run = self._decoded_from(packet)
        self._last_frame = -1

    def _decoded_from(self, start: int) -> Iterator[tuple[int, Any]]:
        for number, packet in self._packets_from(start):
            self._next_packet = number + 1
            yield from self._numbered(decode(self._stream.codec_context, packet))
        yield from self._numbered(decode(self._stream.codec_context, None))

    def _numbered(self, decoded: list[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        for packet, picture in decoded:
            frame = int(self._frames[packet]) if packet < len(self._frames) else -1
            if frame >= 0:
                yield frame, picture

    def _packets_from(self, start: int) -> Iterator[tuple[int, Any]]:
        """Give (number, packet) from a keyframe on."""
        for keyframe in self._keyframes[self._keyframes <= start][::-1][:_N_JUMPS].tolist():
            if not self._jump(keyframe):
                continue
            has_begun = False
            for number, packet in self._known_packets(start):
                has_begun = True
                yield number, packet
            if has_begun:
                return
        self._container.close()
        self._container, self._stream = open_container(self._path)
        for number, packet in number_packets(self._container, self._stream):
            if start <= number < self._index.n_packets:
                yield number, packet

    def _jump(self, keyframe: int) -> bool:
        stamp = self._index.keyframes[keyframe]
        if stamp is None:
            return False
        try:
            self._container.seek(stamp, stream=self._stream)
        except load_av().error.FFmpegError:
            return False
        self._stream.codec_context.flush_buffers()
        return True

    def _known_packets(self, start: int) -> Iterator[tuple[int, Any]]:
        """Give (number, packet) from `start` on, after a jump; nothing where the jump went too far."""
        av, number = load_av(), -1
        try:
            for packet in self._container.demux(self._stream):
                if not packet.size:
                    continue
                if number < 0:
                    number = self._index.names.get(name_of(packet), -1)
                    if number > start:
                        return
                else:
                    number += 1
                if start <= number < self._index.n_packets:
                    packet.pts = packet.dts = number
                    yield number, packet
        except av.error.FFmpegError:
            return
