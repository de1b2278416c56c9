"""Lines of digital inputs that Open Ephys and SpikeGLX recorded beside a data set of another format."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line
from napari_phy.timeline.event_lines import lines_of_edges
from napari_phy.timeline.open_ephys_lines import STRUCTURE, read_open_ephys_edges
from napari_phy.timeline.pulses import PulseLine

Float64 = npt.NDArray[np.float64]
Edges = dict[str, tuple[Float64, Float64]]

_NO_NEO = 'Lines of SpikeGLX need the package neo. Install it by pip install "napari-phy[time]".'
_TTL = "3"  # the kind of event of a digital input in `.events`


def read_recorder_lines(folder: str | Path) -> list[PulseLine]:
    """Return the lines of digital inputs of a recording of Open Ephys (binary or `.events`) or SpikeGLX.

    Times are seconds from the first sample of the recording; several recordings follow each other without pauses.
    Those of SpikeGLX are on the clock of the NI-DAQ, as their names say: it drifts against that of a probe.

    Parameters
    ----------
    folder : str or Path
        The folder of the recording, or a file in it.

    Raises
    ------
    TimelineError
        It is no such recording, or neo is needed and cannot read it or is not installed.

    Examples
    --------
    >>> read_recorder_lines("2026-05-04_10-12-00")  # doctest: +SKIP
    [<PulseLine TTL 3: 17998 pulses>]
    """
    folder = Path(folder)
    folder = folder.parent if folder.is_file() else folder
    edges = read_open_ephys_edges(folder) if any(folder.rglob(STRUCTURE)) else _read_by_neo(folder)
    found = [line for name, (rises, falls) in edges.items() for line in lines_of_edges(name, rises, falls)]
    if not found:
        raise TimelineError(f"{folder.name} has no events on lines of a digital input.")
    return found


def _read_by_neo(folder: Path) -> Edges:
    is_spikeglx = any(folder.rglob("*.nidq.meta"))
    if not is_spikeglx and not any(folder.glob("*.continuous")):
        raise TimelineError(
            f"{folder.name} is no recording of Open Ephys or SpikeGLX: it has no {STRUCTURE}, *.continuous or "
            "*.nidq.meta."
        )
    try:
        from neo import rawio
    except ImportError as error:
        raise TimelineError(_NO_NEO) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = (rawio.SpikeGLXRawIO if is_spikeglx else rawio.OpenEphysRawIO)(dirname=str(folder))
            reader.parse_header()
            return _edges(reader, is_spikeglx=is_spikeglx)
    except Exception as error:  # whatever neo stumbles over in files of others
        raise TimelineError(f"{folder.name} cannot be read by neo ({on_one_line(error)}).") from error


def _edges(reader: Any, *, is_spikeglx: bool) -> Edges:
    rises: dict[str, list[Float64]] = {}
    falls: dict[str, list[Float64]] = {}
    offset_s = 0.0
    for segment in range(reader.header["nb_segment"][0]):
        start_s, length_s = _span(reader, segment)
        for place in range(len(reader.header["event_channels"])):
            stamps, _, labels = reader.get_event_timestamps(0, segment, place, None, None)
            times_s = np.asarray(reader.rescale_event_timestamp(stamps, "float64", place)) - start_s + offset_s
            labels = np.asarray(labels, dtype=str)
            for label in np.unique(labels).tolist():
                at_s = np.sort(times_s[labels == label])
                if is_spikeglx:  # `XD0 ON`, `XD0 OFF`
                    line, _, state = label.rpartition(" ")
                    (rises if state == "ON" else falls).setdefault(f"{line} (NI-DAQ clock)", []).append(at_s)
                elif label.startswith(f"{_TTL}#"):  # kind#processor#channel: edges take turns
                    line = f"TTL {int(label.rpartition('#')[2]) + 1}"
                    rises.setdefault(line, []).append(at_s[::2])
                    falls.setdefault(line, []).append(at_s[1::2])
        offset_s += length_s
    nothing = [np.empty(0)]
    return {
        name: (np.concatenate(rises.get(name, nothing)), np.concatenate(falls.get(name, nothing)))
        for name in dict.fromkeys([*rises, *falls])
    }


def _span(reader: Any, segment: int) -> tuple[float, float]:
    """Return when the signals of a segment begin, and how long they are: those of the NI-DAQ, where there are any."""
    names = [str(name) for name in reader.header["signal_streams"]["name"]]
    if not names:
        return 0.0, 0.0
    stream = next((place for place, name in enumerate(names) if "nidq" in name), 0)
    rate = reader.get_signal_sampling_rate(stream_index=stream)
    n_samples = reader.get_signal_size(0, segment, stream_index=stream)
    return float(reader.get_signal_t_start(0, segment, stream_index=stream)), float(n_samples / rate)
