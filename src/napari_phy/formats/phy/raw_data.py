"""The raw data of a folder: where they are, and why they cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_phy.core.sentences import cause_of, listed
from napari_phy.files.platform_files import is_file
from napari_phy.formats.kwik.raw_files import RawData
from napari_phy.formats.phy.params import PARAMS, Params, find_raw

REST_WORKS = "Everything else works."


@dataclass(frozen=True, slots=True)
class FoundRaw:
    """Raw data in the order of time; none where not all of them can be read.

    Attributes
    ----------
    parts : tuple of RawData
        One for each file.
    sentences : tuple of str
        What is wrong with them.
    """

    parts: tuple[RawData, ...]
    sentences: tuple[str, ...]


def raw_places(
    folder: Path, params: Params, chosen: Mapping[str, Path], remembered: Mapping[str, Sequence[Path]]
) -> dict[str, Path]:
    """Return {raw file as `params.py` names it: where it is}, as far as they are found.

    Parameters
    ----------
    folder : Path
        The folder.
    params : Params
        What `params.py` says.
    chosen, remembered : mapping
        Where the user says that files are now, and said so before.
    """
    places = {}
    for named in params.dat_path:
        moved = (chosen[named],) if named in chosen else remembered.get(named, ())
        found = next((place for place in moved if is_file(place)), None) or find_raw(folder, named)
        if found is not None:
            places[named] = found
    return places


def open_raw(params: Params, places: Mapping[str, Path], n_needed: int) -> FoundRaw:
    """Return the raw data of a folder; `n_needed` is how many columns its channels need at least."""
    if not params.dat_path:
        return _none(f"Traces need raw data, and {PARAMS} names none in dat_path. {REST_WORKS}")
    packed = [named for named in params.dat_path if named.lower().endswith((".cbin", ".ch"))]
    if packed:
        return _none(
            f"Traces cannot be read: {packed[0]} is compressed; unpack it with mtscomp and name it in dat_path."
        )
    lost = [named for named in params.dat_path if named not in places]
    if lost:
        verb = "is" if len(lost) == 1 else "are"
        return _none(f"Traces need {listed(lost)}, which {verb} not beside {PARAMS}. {REST_WORKS}")
    n_channels = params.n_channels or n_needed
    if n_channels < n_needed:
        return _none(
            f"Traces cannot be read: {PARAMS} gives n_channels_dat = {n_channels}, but channel_map.npy has channel "
            f"{n_needed - 1}; correct it."
        )
    said = ["The raw data are whitened by Kilosort: traces and waveforms are not in µV."] if params.is_whitened else []
    parts = []
    for named, path in places.items():
        try:
            size = path.stat().st_size - params.offset
            with path.open("rb"):
                pass
        except OSError as error:
            return _none(f"Traces cannot be read: {path.name} cannot be opened ({cause_of(error)}). {REST_WORKS}")
        n_rows, n_spare = divmod(max(0, size), n_channels * params.dtype.itemsize)
        if not n_rows:
            return _none(f"Traces cannot be read: {named} is empty. {REST_WORKS}")
        if n_spare:
            said.append(
                f"{path.name} does not end with a whole sample of {n_channels} channels of {params.dtype}; "
                "n_channels_dat, dtype or offset may be wrong."
            )
        parts.append(RawData(path, None, n_rows, n_channels, params.dtype, n_spare, offset=params.offset))
    return FoundRaw(tuple(parts), tuple(said))


def _none(sentence: str) -> FoundRaw:
    return FoundRaw((), (sentence,))
