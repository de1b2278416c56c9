"""Finds out which recordings the numbers of spikes mean, where the file can be read in two ways.

klusta goes through the recordings in the order of text (0, 1, 10, 11, 2, …) and gives each spike the place of its
recording in it; other programs give it the number of the recording. From 11 recordings on that is not the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Any

import numpy as np

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.recording_order import OTHER, Order, RecordingOrder
from napari_phy.io.config import load_config
from napari_phy.io.h5 import H5File
from napari_phy.io.kwik import schema, spikes
from napari_phy.io.kwik.attributes import as_texts
from napari_phy.io.kwik.probe import read_channels
from napari_phy.io.kwik.recordings import Timeline
from napari_phy.io.kwik.spike_proof import SpikeProof, prove_spikes
from napari_phy.io.kwik.time_origin import Ranges
from napari_phy.io.kwik.traces import JoinedTraces
from napari_phy.io.kwik.voltage import alike
from napari_phy.io.raw_notes import read_raw_notes

logger = logging.getLogger(__name__)

_N_SPIKES = 100  # of a recording
_N_SPIKES_OF_ALL = 3000
_LEAST_SPIKES = 20
_LEAST_GAIN = 0.15  # in the share of spikes that are higher than random times
_SHOWN = 5


def choose_order(
    file: H5File,
    lines: Mapping[Order, Timeline],
    ranges: Ranges,
    metadata: Mapping[str, Any],
    sample_rate: float,
) -> RecordingOrder | None:
    """Return the order that holds; None where both would give the same, or this program wrote the file.

    In turn: numbers that mean no recording in one of the orders; what the user says; times that count from the start of
    the data set; spikes behind the end of their recording; the voltage at spikes; the program that wrote the file.

    Parameters
    ----------
    file : open `.kwik`.
    lines : the recordings in either order, of `read_timelines`.
    ranges : {number in the file: its spikes}, over all channel groups.
    metadata : parameters of the file.
    sample_rate : in Hz.
    """
    creator = next(iter(as_texts(file.attrs("/").get("creator_version"))), "")
    if "text" not in lines or creator.startswith("napari-phy"):
        return None
    example = ", ".join(map(str, [*lines["text"].numbers.values()][:_SHOWN])) + ", …"

    def found(order: Order, reason: str, *, is_certain: bool = True, has_other: bool = True) -> RecordingOrder:
        return RecordingOrder(order, reason, is_certain, example, has_other=has_other)

    for order, line in lines.items():
        strange = lines[OTHER[order]].strange(ranges)
        if strange and not line.strange(ranges):
            return found(order, f"the other way there would be no recording {strange[0]}", has_other=False)
    config = load_config(file.path)
    if config.value("recording_order") != "auto":
        return found(config.value("recording_order"), f"it was chosen so in {config.source('recording_order')}")
    remembered = read_raw_notes(file.path).recording_order
    if remembered is not None:
        return found(remembered, "it was chosen so by hand")
    by_number = lines["number"]
    if by_number.absolute and not by_number.doubt:
        return found("number", "its times count from the start of the data set")
    by_end = _by_ends(lines)
    # A single recording with spikes behind its end may have a raw file that is cut short.
    is_weak = by_end is not None and len(lines[OTHER[by_end]].overfull) == 1 and _has_raw(lines[by_end])
    by_voltage = _by_voltage(file, lines, metadata, sample_rate) if by_end is None or is_weak else None
    if by_voltage is not None:
        order, shares = by_voltage
        return found(
            order,
            f"so {100 * shares[order]:.0f} of 100 spikes stand out from the raw data, "
            f"and {100 * shares[OTHER[order]]:.0f} the other way, where 50 is chance",
        )
    if by_end is not None:
        overfull = lines[OTHER[by_end]].overfull
        ids = ", ".join(map(str, overfull[:_SHOWN])) + (", …" if len(overfull) > _SHOWN else "")
        noun = "recording" if len(overfull) == 1 else "recordings"
        return found(by_end, f"the other way spikes would lie behind the end of {noun} {ids}", is_certain=not is_weak)
    if by_number.is_linked:
        return found("number", "its links name the recordings of the raw data", is_certain=False)
    if creator.partition(" ")[0].lower() == "klusta":
        return found("text", "klusta, which wrote the file, does so", is_certain=False)
    return found("number", "most programs do so", is_certain=False)


def _by_ends(lines: Mapping[Order, Timeline]) -> Order | None:
    """Return the only order without spikes behind the end of a recording."""
    fitting = [order for order, line in lines.items() if not line.overfull]
    return fitting[0] if len(fitting) == 1 else None


def _has_raw(line: Timeline) -> bool:
    return any(segment.raw is not None for segment in line.segments)


def _by_voltage(
    file: H5File, lines: Mapping[Order, Timeline], metadata: Mapping[str, Any], sample_rate: float
) -> tuple[Order, dict[Order, float]] | None:
    """Return the order in which spikes are where the voltage is high, if that is clear, and the shares of both."""
    if not _has_raw(lines["text"]):
        return None
    try:
        found = [_proofs(file, line, lines, metadata, sample_rate) for line in lines.values()]
    except (NapariPhyError, OSError) as error:
        logger.debug("%s: its spikes cannot be compared with the raw data (%s).", file.path.name, error)
        return None
    counts = [sum(proof.n_spikes for proof in proofs) for proofs in found]
    if min(counts) < _LEAST_SPIKES:
        return None
    shares: dict[Order, float] = {
        order: sum(proof.share * proof.n_spikes for proof in proofs) / count
        for order, proofs, count in zip(lines, found, counts, strict=True)
    }
    order = max(shares, key=lambda order: shares[order])
    return (order, shares) if shares[order] - shares[OTHER[order]] > _LEAST_GAIN else None


def _proofs(
    file: H5File, line: Timeline, lines: Mapping[Order, Timeline], metadata: Mapping[str, Any], sample_rate: float
) -> list[SpikeProof]:
    """Return what spikes show of which the two orders say different things, of the channel group with most of them."""
    raw = next(segment.raw for segment in line.segments if segment.raw is not None)
    channels, times = {}, {}
    for group in (item for item in file.children(schema.GROUPS) if isinstance(item, int)):
        with suppress(NapariPhyError):  # one that cannot be read
            ids = read_channels(file, group)
            channels[group], times[group] = ids[ids < raw.n_channels], spikes.read_times(file, group)
    if not times:
        return []
    group = max(times, key=lambda group: (len(channels[group]) > 0, len(times[group][0])))
    samples, numbers = times[group]
    by_number, by_text = lines["number"].numbers, lines["text"].numbers
    differing = [number for number in by_number if number in by_text and by_number[number] != by_text[number]]
    n_each = max(1, min(_N_SPIKES, _N_SPIKES_OF_ALL // max(1, len(differing))))
    rows = [own for number in differing if len(own := np.flatnonzero(numbers == number))]
    if not rows:
        return []
    kept = np.concatenate([own[np.unique(np.linspace(0, len(own) - 1, n_each).astype(np.int64))] for own in rows])
    on_line = np.sort(samples[kept] + line.starts_of(numbers[kept]))
    with closing(JoinedTraces(alike(line, raw)[0], raw.n_channels, raw.dtype)) as traces:
        return [*prove_spikes(traces, on_line, channels[group], metadata, sample_rate, n_each).values()]
