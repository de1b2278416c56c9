"""File > Open Sample > Ephys recording (Kwik)."""

from napari.types import LayerData
from napari.utils import progress

from napari_phy.readers.kwik import read_kwik
from napari_phy.sample_data.places import working_copy


def open_sample() -> list[LayerData]:
    """Open the user's own copy of the sample, with the edits made in it before; the first time it is made."""
    return read_kwik(_working_copy())


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
