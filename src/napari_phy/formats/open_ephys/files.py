"""Which files of an Open Ephys experiment belong together, and what its `.kwd` say of their recordings."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError
from napari_phy.files.platform_files import is_file
from napari_phy.formats import parameters
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.hdf5.values import as_float, as_int
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.events import EVENTS
from napari_phy.formats.kwik.raw_files import RawData, kwd_data

_KWD = re.compile(r"(?P<base>.+?)(?:_(?P<processor>\d[\d._]*))?\.raw\.kwd", re.IGNORECASE)
SUFFIXES = (".kwd", ".kwe", ".kwx")


@dataclass(frozen=True, slots=True)
class ExperimentFiles:
    """The files of one experiment.

    Attributes
    ----------
    base : str
        What their names begin with, such as "experiment1".
    processors : mapping of str to Path
        {name of the processor that recorded: its `.raw.kwd`}, by number; "" where the name has none.
    events : Path or None
        `.kwe`, or the `.kwik` of the first versions; None if there is none.
    spikes : Path or None
        The `.kwx`, if there is one.
    """

    base: str
    processors: Mapping[str, Path]
    events: Path | None
    spikes: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class RawRecording:
    """One recording as a `.kwd` or `.kwe` describes it.

    Attributes
    ----------
    recording_id : int
        Number of the recording in the file.
    name : str
        Name of the recording in the file.
    clock : int
        Sample of the acquisition's clock at which it begins; the clock runs on between recordings.
    sample_rate : float or None
        In Hz.
    raw : RawData or None
        Raw data of the recording, if there are any.
    gains : ndarray of float64, shape (n_channels,) or None
        µV of a raw unit.
    """

    recording_id: int
    name: str
    clock: int
    sample_rate: float | None
    raw: RawData | None
    gains: npt.NDArray[np.float64] | None


def find_experiment(path: Path) -> tuple[ExperimentFiles, str | None]:
    """Return the files that belong to a `.kwd`, `.kwe` or `.kwx`, and the processor that the name tells.

    Raises
    ------
    KwikFormatError
        If the file is none of these, is not there, or belongs to a sorting.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise KwikFormatError(f"{path.name} is not a file of an Open Ephys recording: those end in .kwd, .kwe or .kwx.")
    if not is_file(path):
        raise KwikFormatError(f"{path.name} is not there: no such file in {path.resolve().parent}.")
    match = _KWD.fullmatch(path.name)
    base = match["base"] if match else path.stem
    processors = find_raw_files(path.with_name(base))
    events = next((file for suffix in (".kwe", ".kwik") if (file := path.with_name(base + suffix)).is_file()), None)
    spikes = path.with_name(f"{base}.kwx")
    if events is not None and events.suffix == ".kwik" and not is_events_only(events):
        if path.suffix.lower() == ".kwx":
            raise KwikFormatError(f"{path.name} holds the features of a sorting; open {events.name}.")
        events = None
    return ExperimentFiles(base, processors, events, spikes if spikes.is_file() else None), (
        (match["processor"] or "") if match else None
    )


def find_raw_files(base: Path) -> dict[str, Path]:
    """Return {processor: its `.raw.kwd`} of the experiment whose files begin with `base`, by number."""
    found: dict[str, Path] = {}
    for sibling in sorted(base.parent.iterdir()):
        match = _KWD.fullmatch(sibling.name)
        if match and match["base"] == base.name and sibling.is_file():
            found[match["processor"] or ""] = sibling
    return dict(sorted(found.items(), key=lambda item: [int(part) for part in re.findall(r"\d+", item[0])]))


def read_recordings(file: H5File) -> list[RawRecording]:
    """Return the recordings of a `.kwd` or `.kwe` by number."""
    found = []
    for number, node in schema.recording_nodes(file).items():
        attributes = file.attrs(node)
        raw = kwd_data(file, node)
        name = str(attributes.get("name") or f"recording_{number}")
        clock = as_int(attributes.get("start_time")) or 0
        gains = _gains(file, node, raw.n_channels) if raw is not None else None
        found.append(RawRecording(number, name, max(0, clock), parameters.sample_rate(attributes), raw, gains))
    return found


def content_hash(path: Path, channel_group: int) -> str:
    """Return the BLAKE2b hash of the detected spikes of an electrode of a `.kwx`, as far as a clustering needs them."""
    digest = hashlib.blake2b(digest_size=32)
    with open_h5(path) as file:
        for name in ("time_samples", "recordings", "recording"):
            dataset = f"{schema.group_path(channel_group)}/{name}"
            if file.is_dataset(dataset):
                digest.update(np.ascontiguousarray(file.read(dataset), dtype="<i8").data)
    return digest.hexdigest()


def _gains(file: H5File, node: str, n_channels: int) -> npt.NDArray[np.float64] | None:
    """Return `channel_bit_volts`, an attribute or a dataset; as µV, None where it is not there for each channel."""
    more = f"{node}/application_data"
    stored = file.attrs(more).get("channel_bit_volts")
    if stored is None and file.is_dataset(f"{more}/channel_bit_volts"):
        dataset = file.dataset(f"{more}/channel_bit_volts")
        stored = file.read(f"{more}/channel_bit_volts", (n_channels,)) if dataset.shape == (n_channels,) else None
    if isinstance(stored, np.ndarray) and stored.size == n_channels and stored.dtype.kind in "iuf":
        return stored.reshape(-1).astype(np.float64)
    single = as_float(stored)
    return np.full(n_channels, single) if single is not None else None


def is_events_only(path: Path) -> bool:
    """Tell whether a `.kwik` is what the first versions of Open Ephys wrote: recordings and events, no spikes."""
    try:
        with open_h5(path) as file:
            return file.has(EVENTS) and not file.has(schema.GROUPS)
    except KwikFormatError:
        return False
