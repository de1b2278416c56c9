"""Which model a file wants, whatever file of a data set it is."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import KwikFormatError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.files.platform_files import is_file
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.open_ephys.files import SUFFIXES, find_raw_files, is_events_only
from napari_phy.formats.open_ephys.model import OpenEphysModel
from napari_phy.formats.phy.model import PhyModel
from napari_phy.formats.phy.params import find_folder

logger = logging.getLogger(__name__)
_BAND = re.compile(r"\.(raw|high|low)$", re.IGNORECASE)
_BESIDE = (".prm", ".prb", ".dat")  # files that belong to a data set, and say nothing of its spikes
_PROCESSOR = re.compile(r"_\d[\d._]*$")


def open_model(
    path: str | Path,
    channel_group: int | None = None,
    clustering: str | None = None,
    *,
    on_progress: OnProgress = no_progress,
) -> BaseModel:
    """Open a data set by any of its files: a sorting where there is one, else what Open Ephys recorded.

    Parameters
    ----------
    path : str or Path
        A `.kwik`, or a `.kwx`, `.kwe` or `.kwd` that belongs to one or was recorded by Open Ephys; a folder of phy or
        Kilosort, or its `params.py`.
    channel_group : int, optional
        None takes the first that has spikes.
    clustering : str, optional
        None takes the main one.
    on_progress : callable, default no_progress
        Hears how far it is; by raising CancelledError it ends the reading.

    Raises
    ------
    KwikFormatError
        The file is not what it should be.
    NotInFileError
        It has no such channel group or clustering.
    """
    path = Path(path)
    if find_folder(path) is not None:
        return PhyModel(path, channel_group, clustering)
    if path.suffix.lower() not in SUFFIXES:
        try:
            return KwikModel(path, channel_group, clustering, on_progress=on_progress)
        except KwikFormatError:
            if path.suffix.lower() in _BESIDE and is_file(path):
                raise KwikFormatError(_other_file(path)) from None
            recording = _recording_of(path)
            if recording is None:
                raise
            return OpenEphysModel(recording, channel_group, clustering)
    kwik = find_kwik(path)
    if kwik is None:
        return OpenEphysModel(path, channel_group, clustering)
    logger.info("%s belongs to %s, which is opened.", path.name, kwik.name)
    return KwikModel(kwik, channel_group, clustering, on_progress=on_progress)


def find_kwik(path: Path) -> Path | None:
    """Return the `.kwik` of the sorting that a file belongs to; None where there is only what Open Ephys recorded."""
    if path.suffix.lower() not in SUFFIXES:
        return path if find_folder(path) is None and _recording_of(path) is None else None
    if not is_file(path):
        return None
    base = _BAND.sub("", path.stem)
    bases = [base, _PROCESSOR.sub("", base)] if base != path.stem else [base]
    kwiks = [path.with_name(f"{name}.kwik") for name in bases]
    return next((kwik for kwik in kwiks if is_file(kwik) and not is_events_only(kwik)), None)


def _other_file(path: Path) -> str:
    """Return a sentence for a file that is no data set: which one to open in its place."""
    kwik = path.with_suffix(".kwik")
    if is_file(kwik):
        return f"{path.name} is no data set; open {kwik.name}."
    return f"{path.name} is no data set; open its .kwik, which `napari-phy sort` makes of raw data."


def _recording_of(kwik: Path) -> Path | None:
    """Return a file of the recording whose events a `.kwik` of the first versions of Open Ephys holds."""
    if kwik.suffix.lower() in SUFFIXES or not is_file(kwik) or not is_events_only(kwik):
        return None
    found = [kwik.with_suffix(".kwx"), *find_raw_files(kwik.with_suffix("")).values()]
    return next((file for file in found if is_file(file)), None)
