"""File > Open Sample > Ephys recording (Kwik), and Ephys with imaging."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from napari.utils import progress

from napari_phy.core.errors import NapariPhyError
from napari_phy.files.platform_files import cache_folder
from napari_phy.readers.kwik import complain, read_kwik
from napari_phy.readers.video import read_films
from napari_phy.sample_data.places import EPHYS, IMAGING, Sample, working_copy

GAP_UM = 16.0  # between movie and film
CELLS = "cells"


def open_sample() -> list[Any]:
    """Open the user's own copy of the sample, with the edits made in it before; the first time it is made."""
    path = _working_copy(EPHYS, "Making the sample recording")
    return [(None,)] if path is None else read_kwik(path)


def open_imaging_sample(kwik: str | Path | None = None) -> list[Any]:
    """Open the user's own copy of the sample with imaging, or another one; the first time it is made."""
    path = kwik or _working_copy(IMAGING, "Making the sample with imaging")
    return [(None,)] if path is None else _read_imaging(Path(path))


def _read_imaging(kwik: Path) -> list[Any]:
    """Return the layers of the recording, of the movie with its cells, and of the film beside it."""
    from napari_phy.formats.imaging import read_labels
    from napari_phy.sample_data.imaging import cells_path, film_path, movie_path
    from napari_phy.sample_data.imaging_recipe import FILM_SIZE, MICROMETRES_PER_PIXEL, MICROSCOPE, MOVIE_SIZE

    height, width = (MICROMETRES_PER_PIXEL * size for size in MOVIE_SIZE)
    movie_options: dict[str, Any] = {
        "name": "two-photon",
        "axis_labels": ("time", "y", "x"),
        "scale": (1 / MICROSCOPE.rate_hz, MICROMETRES_PER_PIXEL, MICROMETRES_PER_PIXEL),
        "contrast_limits": (100, 900),
    }
    cells_options = {"name": CELLS, "axis_labels": ("y", "x"), "scale": movie_options["scale"][1:]}
    layers: list[Any] = [
        (_mapped(movie_path(kwik)), movie_options, "image"),
        (read_labels(cells_path(kwik)), cells_options, "labels"),
    ]
    for film in read_films(str(film_path(kwik))):
        if len(film) > 1:
            place = {
                "name": "behaviour",
                "scale": (film[1]["scale"][0], height / FILM_SIZE[0], height / FILM_SIZE[0]),
                "translate": (0.0, 0.0, width + GAP_UM),
            }
            layers.append((film[0], film[1] | place, film[2]))
    recording = [layer for layer in read_kwik(str(kwik)) if len(layer) > 1]
    _when_shown(partial(link_clocks, kwik))
    return [*recording, *layers]  # the recording makes way for the movie, which is fitted then


def link_clocks(kwik: Path) -> None:
    """Put movie and film on the clock of the recording, and outline the cells; called when all are shown."""
    from napari.layers import Labels
    from napari.viewer import current_viewer

    from napari_phy.widgets.window.workspace import Workspace

    viewer = current_viewer()
    for layer in () if viewer is None else viewer.layers:
        if layer.name == CELLS and isinstance(layer, Labels):
            layer.contour = 1  # so that the movie is seen in them
    workspace = None if viewer is None else Workspace.find(viewer)
    if workspace is not None and workspace.session is not None and workspace.session.model.path == kwik:
        workspace.proposals.accept_all()


def _when_shown(act: Callable[[], object]) -> None:
    """Do something when napari has taken over the layers and the workspace is open."""
    from napari.viewer import current_viewer

    viewer = current_viewer()
    if viewer is not None:
        from qtpy.QtCore import QTimer

        from napari_phy.widgets.window.first_opening import FirstOpening

        opening = FirstOpening.of(viewer.window.main_menu.window())
        if opening is None:
            QTimer.singleShot(0, act)
        else:
            opening.opened.connect(act)


def _mapped(path: Path) -> Any:
    from tifffile import memmap

    return memmap(path, mode="r")


def _working_copy(sample: Sample, words: str) -> str | None:
    """Return the `.kwik` of the user's copy; None, and what is wrong is said, where it cannot be made."""
    bar = None

    def report(share: float) -> None:
        nonlocal bar
        if bar is None:  # only when there is something to make
            bar = progress(total=100, desc=words)
        bar.update(round(100 * share) - bar.n)

    try:
        return str(working_copy(report, sample))
    except OSError as error:
        complain(f"Could not make the sample in {cache_folder()}: {error.strerror or error}. Nothing was opened.")
    except NapariPhyError as error:
        complain(str(error))
    finally:
        if bar is not None:
            bar.close()
    return None
