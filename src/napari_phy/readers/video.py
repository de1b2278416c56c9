"""Opens films in napari as layers whose frames are decoded when they are shown."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari_phy.readers.kwik import PathOrPaths, complain

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv")


def get_reader(path: PathOrPaths) -> Callable[[PathOrPaths], list[Any]] | None:
    """Return the reader when all of these are films, else None."""
    return read_films if all(name.lower().endswith(SUFFIXES) for name in _names(path)) else None


def read_films(path: PathOrPaths) -> list[Any]:
    """Open films and return a layer of each; what is wrong with one is said in a notification."""
    from napari.viewer import current_viewer
    from superqt.utils import ensure_main_thread

    from napari_phy.core.errors import NapariPhyError
    from napari_phy.formats.video import open_film
    from napari_phy.layers.video import close_with_layer, film_layer
    from napari_phy.readers.opening import open_in_background

    viewer = current_viewer()
    layers: list[Any] = []
    for file in map(Path, _names(path)):
        try:
            film = open_film(file) if viewer is None else open_in_background(viewer, file, open_film)
        except NapariPhyError as error:
            complain(str(error))
            continue
        if film is not None:
            if film.trouble:
                complain(film.trouble)
            film.on_trouble = ensure_main_thread(complain)
            layers.append(film_layer(film))
    if viewer is not None and layers:
        close_with_layer(viewer.layers)
    return layers or [(None,)]


def _names(path: PathOrPaths) -> Sequence[str]:
    return [path] if isinstance(path, str) else [str(name) for name in path]
