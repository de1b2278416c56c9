"""Finds out which recordings the numbers of spikes mean, where the file can be read in two ways.

klusta goes through the recordings in the order of text (0, 1, 10, 11, 2, …) and gives each spike the place of its
recording in it; other programs give it the number of the recording, or its place in the order of number. From 11
recordings on, or where numbers do not follow one another from 0 on, that is not the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Any

import numpy as np

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.recording_order import Order, RecordingOrder
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.hdf5.values import as_texts
from napari_phy.formats.kwik import schema, spikes
from napari_phy.formats.kwik.probe import read_channels
from napari_phy.formats.kwik.recordings import Timeline
from napari_phy.formats.kwik.spike_proof import SpikeProof, prove_spikes
from napari_phy.formats.kwik.time_origin import Ranges
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.formats.kwik.voltage import alike
from napari_phy.formats.parameter_files.config import load_config
from napari_phy.formats.raw_notes import read_raw_notes

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
    """Return the order that holds; None where all would give the same, or this program wrote the file.

    In turn: numbers that mean no recording in some of the orders; what the user says; times that count from the start
    of the data set; spikes behind the end of their recording; the voltage at spikes; the program that wrote the file.

    Parameters
    ----------
    file : H5File
        Open `.kwik`.
    lines : mapping of Order to Timeline
        The recordings in each order, of `read_timelines`.
    ranges : Ranges
        {number in the file: its spikes}, over all channel groups.
    metadata : mapping of str to object
        Parameters of the file.
    sample_rate : float
        In Hz.
    """
    creator = next(iter(as_texts(file.attrs("/").get("creator_version"))), "")
    distinct: dict[Order, Timeline] = {}
    for order, line in lines.items():
        if not any(line is other for other in distinct.values()):
            distinct[order] = line
    if len(distinct) == 1 or creator.startswith("napari-phy"):
        return None
    strange = {order: line.strange(ranges) for order, line in distinct.items()}
    possible = {order: line for order, line in distinct.items() if not strange[order]} or distinct

    def found(order: Order, reason: str, is_certain: bool = True, *, is_chosen: bool = False) -> RecordingOrder:
        shown = [*lines[order].numbers.values()]
        example = ", ".join(map(str, shown[:_SHOWN])) + (", …" if len(shown) > _SHOWN else "")
        others = tuple(other for other, line in possible.items() if line is not lines[order])
        return RecordingOrder(order, reason, is_certain, example, others, is_chosen)

    remembered = read_raw_notes(file.path).recording_order
    if len(possible) == 1:
        (order,) = possible
        if order == "number" and lines["text"] is lines["place"]:
            return None
        number = next(iter(next(numbers for numbers in strange.values() if numbers)))
        return found(order, f"the other way there would be no recording {number}", is_chosen=order == remembered)
    config = load_config(file.path)
    by_hand: tuple[tuple[Any, str], ...] = (
        (config.value("recording_order"), f"it was chosen so in {config.source('recording_order')}"),
        (remembered, "it was chosen so by hand"),
    )
    for chosen, reason in by_hand:
        if chosen in lines and any(lines[chosen] is line for line in possible.values()):
            return found(chosen, reason, is_chosen=True)
    by_number = possible.get("number")
    if by_number is not None and by_number.absolute and not by_number.doubt:
        return found("number", "its times count from the start of the data set")
    by_data = _by_data(file, possible, metadata, sample_rate)
    if by_data is not None:
        return found(*by_data)
    fitting = {order: line for order, line in possible.items() if not line.overfull}
    return found(*_by_writer(fitting or possible, creator), False)


def _by_data(
    file: H5File, lines: Mapping[Order, Timeline], metadata: Mapping[str, Any], sample_rate: float
) -> tuple[Order, str, bool] | None:
    """Return the order that ends of recordings or the voltage show, why, and whether that is certain."""
    fitting = {order: line for order, line in lines.items() if not line.overfull}
    overfull = sorted({number for line in lines.values() for number in line.overfull})
    # A single recording with spikes behind its end may have a raw file that is cut short.
    is_weak = len(overfull) == 1 and any(map(_has_raw, lines.values()))
    if len(fitting) != 1 or is_weak:
        shares = _shares(file, lines if is_weak or not fitting else fitting, metadata, sample_rate)
        order, second = sorted(shares, key=lambda order: -shares[order])[:2] if shares else (None, None)
        if order is not None and second is not None and shares[order] - shares[second] > _LEAST_GAIN:
            reason = (
                f"so {100 * shares[order]:.0f} of 100 spikes stand out from the raw data, "
                f"and {100 * shares[second]:.0f} the other way, where 50 is chance"
            )
            return order, reason, True
    if len(fitting) != 1:
        return None
    ids = ", ".join(map(str, overfull[:_SHOWN])) + (", …" if len(overfull) > _SHOWN else "")
    noun = "recording" if len(overfull) == 1 else "recordings"
    return next(iter(fitting)), f"the other way spikes would lie behind the end of {noun} {ids}", not is_weak


def _by_writer(lines: Mapping[Order, Timeline], creator: str) -> tuple[Order, str]:
    """Return the likely order and why, where the data do not tell."""
    if "number" in lines and lines["number"].is_linked:
        return "number", "its links name the recordings of the raw data"
    if "text" in lines and creator.partition(" ")[0].lower() == "klusta":
        return "text", "klusta, which wrote the file, does so"
    if "number" in lines:
        return "number", "most programs do so"
    return "place" if "place" in lines else "text", "its numbers are not those of the recordings"


def _has_raw(line: Timeline) -> bool:
    return any(segment.raw is not None for segment in line.segments)


def _shares(
    file: H5File, lines: Mapping[Order, Timeline], metadata: Mapping[str, Any], sample_rate: float
) -> dict[Order, float]:
    """Return the share of spikes that stand out from the raw data in each order; {} where that is not known."""
    if not any(map(_has_raw, lines.values())):
        return {}
    try:
        found = [_proofs(file, line, lines, metadata, sample_rate) for line in lines.values()]
    except (NapariPhyError, OSError) as error:
        logger.debug("%s: its spikes cannot be compared with the raw data (%s).", file.path.name, error)
        return {}
    counts = [sum(proof.n_spikes for proof in proofs) for proofs in found]
    if min(counts) < _LEAST_SPIKES:
        return {}
    return {
        order: sum(proof.share * proof.n_spikes for proof in proofs) / count
        for order, proofs, count in zip(lines, found, counts, strict=True)
    }


def _proofs(
    file: H5File, line: Timeline, lines: Mapping[Order, Timeline], metadata: Mapping[str, Any], sample_rate: float
) -> list[SpikeProof]:
    """Return what spikes show of which the orders say different things, of the channel group with most of them."""
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
    meant = {number: {line.numbers.get(number) for line in lines.values()} for number in np.unique(numbers).tolist()}
    differing = [number for number, ids in meant.items() if len(ids) > 1 and None not in ids]
    n_each = max(1, min(_N_SPIKES, _N_SPIKES_OF_ALL // max(1, len(differing))))
    rows = [own for number in differing if len(own := np.flatnonzero(numbers == number))]
    if not rows:
        return []
    kept = np.concatenate([own[np.unique(np.linspace(0, len(own) - 1, n_each).astype(np.int64))] for own in rows])
    on_line = np.sort(samples[kept] + line.starts_of(numbers[kept]))
    with closing(JoinedTraces(alike(line, raw)[0], raw.n_channels, raw.dtype)) as traces:
        return [*prove_spikes(traces, on_line, channels[group], metadata, sample_rate, n_each).values()]
