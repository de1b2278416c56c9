"""File > Open Sample > Ephys recording (Kwik)."""

from typing import Any

from napari.utils import progress

from napari_phy.files.platform_files import cache_folder
from napari_phy.readers.kwik import complain, read_kwik
from napari_phy.sample_data.places import working_copy


def open_sample() -> list[Any]:
    """Open the user's own copy of the sample, with the edits made in it before; the first time it is made."""
    try:
        path = _working_copy()
    except OSError as error:
        complain(f"Could not make the sample in {cache_folder()}: {error.strerror or error}. Nothing was opened.")
        return [(None,)]
    return read_kwik(path)


def _working_copy() -> str:
    bar = None

    def report(share: float) -> None:
        nonlocal bar
        if bar is None:  # only when there is something to make
            bar = progress(total=100, desc="Making the sample recording")
        bar.update(round(100 * share) - bar.n)

    try:
        return str(working_copy(report))
    finally:
        if bar is not None:
            bar.close()
