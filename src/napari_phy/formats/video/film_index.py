"""Where the frames of a film are: learned from its packets, of which none is decoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import VideoError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.formats.video.av_files import load_av, opened

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
PacketName = tuple[int | None, int | None, int]  # byte in the file, time stamp, size; a jump may land within a packet

_REPORT_EVERY = 1000  # packets
_SHARE_OF_PACKETS = 0.9  # of the work, where frames have to be decoded too to learn their order
_WITHOUT_ORDER = ("avi",)  # files that hold no time stamps of frames that come in another order than they are shown
_USUAL_RATE = 25.0  # frames a second, of a film that tells nothing of it


@dataclass(frozen=True, slots=True, eq=False)
class FilmIndex:
    """The frames of a film in the order in which they are shown.

    Packets are numbered as they come in the file, in which a frame may come before those that are shown before it.

    Attributes
    ----------
    packets : Ints
        (n_frames,) the packet that holds each frame.
    starts : Ints
        (n_frames,) the packet, of a keyframe, with which decoding must begin to get the frame.
    times_s : Floats
        (n_frames,) when each is shown, in seconds after the first.
    keyframes : mapping of int to int or None
        {packet: its time stamp}, of all packets with which decoding can begin, ascending.
    names : mapping of tuple to int
        {name: packet} of those packets.
    n_packets : int
        Number of packets.
    size_px : tuple of int
        Height and width of a frame.
    pixels : str
        Their format, by FFmpeg's name.
    trouble : str
        What is wrong with the film in one sentence; empty where nothing is.
    """

    packets: Ints
    starts: Ints
    times_s: Floats
    keyframes: Mapping[int, int | None]
    names: Mapping[PacketName, int]
    n_packets: int
    size_px: tuple[int, int]
    pixels: str
    trouble: str = ""


@dataclass(slots=True)
class _Packets:
    """What was found in the packets of a film."""

    stamps: list[int | None] = field(default_factory=list)  # when the frame is shown
    names: list[PacketName] = field(default_factory=list)
    keyframes: list[int] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)  # needed for decoding, never shown
    torn: set[int] = field(default_factory=set)
    is_cut: bool = False


def read_index(path: Path, on_progress: OnProgress = no_progress) -> FilmIndex:
    """Go through all packets of a film.

    Raises
    ------
    VideoError
        The film cannot be opened, or holds no frame.
    """
    with opened(path) as (container, stream):
        found = _read_packets(container, stream, on_progress)
        n_promised = int(stream.frames or 0)
        tick_s = float(stream.time_base) if stream.time_base else 0.0
        rate = float(stream.average_rate or stream.guessed_rate or _USUAL_RATE)
        context = stream.codec_context
        size_px, pixels = (int(context.height), int(context.width)), str(context.pix_fmt)
        tells_order = not context.has_b_frames or container.format.name not in _WITHOUT_ORDER
    n_packets = len(found.stamps)
    while n_packets and n_packets - 1 in found.torn:  # the end of a file that was cut short
        n_packets -= 1
        found.is_cut = True
    stamps = [stamp for stamp in found.stamps[:n_packets] if stamp is not None]
    has_stamps = len(stamps) == n_packets
    if has_stamps and tells_order:
        shown = np.flatnonzero([number not in found.hidden for number in range(n_packets)])
        packets = shown[np.argsort(np.array(stamps, dtype=np.int64)[shown], kind="stable")]
    else:
        packets = _order_by_decoding(path, n_packets, on_progress)
    if not len(packets):
        raise VideoError(f"{path.name} holds no frame that can be shown.")
    times_s = np.arange(len(packets)) / rate
    if has_stamps:
        sorted_stamps = np.sort(np.array(stamps, dtype=np.int64)[packets])
        times_s = (sorted_stamps - sorted_stamps[0]) * tick_s
    keyframes = {number: found.stamps[number] for number in sorted({0, *found.keyframes}) if number < n_packets}
    return FilmIndex(
        read_only(packets.astype(np.int64)),
        read_only(_starts(packets, np.array(list(keyframes), dtype=np.int64))),
        read_only(times_s.astype(np.float64)),
        keyframes,
        _known_again(found.names, list(keyframes)),
        n_packets,
        size_px,
        pixels,
        _trouble(path.name, len(packets), n_packets, n_promised, found),
    )


def _read_packets(container: Any, stream: Any, on_progress: OnProgress) -> _Packets:
    found, size = _Packets(), container.size or 0
    av = load_av()
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            number = len(found.stamps)
            found.stamps.append(packet.pts if packet.pts is not None else packet.dts)
            found.names.append(name_of(packet))
            if packet.is_keyframe:
                found.keyframes.append(number)
            if packet.is_discard:
                found.hidden.add(number)
            if packet.is_corrupt:
                found.torn.add(number)
            if number % _REPORT_EVERY == 0 and size > 0 and packet.pos is not None:
                on_progress(_SHARE_OF_PACKETS * min(1.0, packet.pos / size))
    except av.error.FFmpegError:
        found.is_cut = True
    return found


def _order_by_decoding(path: Path, n_packets: int, on_progress: OnProgress) -> Ints:
    """Return the packets in the order in which their frames are shown, where the file does not tell."""
    order: list[int] = []
    with opened(path) as (container, stream):
        for number, packet in number_packets(container, stream):
            if number % _REPORT_EVERY == 0:
                on_progress(_SHARE_OF_PACKETS + (1 - _SHARE_OF_PACKETS) * number / max(1, n_packets))
            order += [frame for frame, _ in decode(stream.codec_context, packet) if frame < n_packets]
        order += [frame for frame, _ in decode(stream.codec_context, None) if frame < n_packets]
    return np.array(list(dict.fromkeys(order)), dtype=np.int64)


def name_of(packet: Any) -> PacketName:
    """Return how a packet is known again after a jump."""
    return packet.pos, packet.pts, packet.size


def number_packets(container: Any, stream: Any) -> Iterator[tuple[int, Any]]:
    """Give (number, packet) of all packets from the beginning of a film that was just opened, until it breaks off."""
    av = load_av()
    number = 0
    try:
        for packet in container.demux(stream):
            if packet.size:
                packet.pts = packet.dts = number
                yield number, packet
                number += 1
    except av.error.FFmpegError:
        return


def decode(context: Any, packet: Any) -> list[tuple[int, Any]]:
    """Return (packet, frame) of all frames that come out when a packet whose time stamp is its number goes in.

    None as the packet brings out the last ones. What is damaged gives none.
    """
    av = load_av()
    try:
        return [(frame.pts, frame) for frame in context.decode(packet) if frame.pts is not None]
    except av.error.FFmpegError:
        return []


def _starts(packets: Ints, keyframes: Ints) -> Ints:
    """Return with which keyframe decoding must begin for each frame.

    Frames that come after a keyframe in the file and are shown before it may need what was before that keyframe.
    """
    shown = np.full(int(max(packets.max(), keyframes.max())) + 1, -1, dtype=np.int64)  # when that of a packet is shown
    shown[packets] = np.arange(len(packets))
    places = np.searchsorted(keyframes, packets, side="right") - 1
    while (early := (places > 0) & (shown[keyframes[places]] > np.arange(len(packets)))).any():
        places[early] -= 1
    return keyframes[places]


def _known_again(names: list[PacketName], numbers: list[int]) -> dict[PacketName, int]:
    """Return {name: packet} of those packets whose name no other packet has."""
    counts: dict[PacketName, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return {names[number]: number for number in numbers if counts[names[number]] == 1}


def _trouble(name: str, n_frames: int, n_packets: int, n_promised: int, found: _Packets) -> str:
    frames = f"{n_frames} {'frame' if n_frames == 1 else 'frames'}"
    if n_promised > n_packets:
        return f"{name} is cut short: {frames} of {n_promised} are there, and are shown."
    if found.is_cut:
        return f"{name} is cut short or damaged: the {frames} before that are shown."
    if found.torn:
        return f"{name} is damaged: some of its frames are missing or wrong."
    return ""
