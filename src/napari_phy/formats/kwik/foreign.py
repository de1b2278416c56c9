"""Tells files that look like Kwik and are not: each is refused by one sentence that says what it is."""

from __future__ import annotations

from pathlib import Path

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.hdf5.file import H5File

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_HEAD = 4096
_MARKS = {
    "/3BData": "a 3Brain recording",
    "/3BResults": "a 3Brain analysis (.bxr)",
    "/3BRecInfo": "a 3Brain file",
    "/general/session_start_time": "a Neurodata Without Borders file",
    "/session_start_time": "a Neurodata Without Borders file",
}


def check_is_hdf5(path: Path) -> None:
    """Raise KwikFormatError for a Kwik file of 2013, which was JSON text; other files are left to HDF5."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(_SIGNATURE) and text.startswith((b"{", b"[")):
        raise KwikFormatError(
            f"{path.name} is JSON text, as Kwik files of version 1 (2013) were; only version 2 can be read: "
            "sort the raw data again."
        )


def describe_foreign(file: H5File) -> str | None:
    """Return what a file without Kwik's channel groups, or without a sorting in them, is; None if it is unknown."""
    kind = next((kind for mark, kind in _MARKS.items() if file.has(mark)), None)
    if kind is not None:
        return f"{kind}, not a Kwik file; export its spikes with the program that made it."
    root = file.attrs("/")
    if "nwb_version" in root or "neurodata_type" in root:
        return f"{_MARKS['/session_start_time']}, not a Kwik file."
    if "BrwVersion" in root or "BxrVersion" in root or "ScaleFactor" in root:
        return f"{_MARKS['/3BRecInfo']}, not a Kwik file; export its spikes with the program that made it."
    groups = file.children("/channel_groups")
    if file.datasets("/channel_groups", "features_masks"):
        return f"a .kwx, which holds features; open the .kwik beside it ({file.path.stem}.kwik)."
    if file.datasets("/channel_groups", "waveforms_filtered"):
        return "a .kwx of Open Ephys, which holds detected spikes and no sorting; open it under the name .kwx."
    if file.datasets("/recordings", "data"):
        return "a .kwd, which holds raw data and no sorting; open it under the name .kwd."
    if file.has("/event_types") and not groups:
        return "a file of events of Open Ephys without a sorting; open the .kwd or .kwx beside it."
    return None
