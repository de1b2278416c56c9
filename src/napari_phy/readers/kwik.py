"""Opens a Kwik data set, or a folder of phy or Kilosort, in napari: its layers, then the Sort workspace beside them."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari_phy.files.platform_files import is_folder
from napari_phy.session.session import Session

logger = logging.getLogger(__name__)


PathOrPaths = str | Sequence[str]
SUFFIXES = (".kwik", ".kwx", ".kwe", ".raw.kwd")
FOLDER_FILES = ("params.py", "spike_clusters.npy")  # by which a folder of phy or Kilosort is opened


def get_reader(path: PathOrPaths) -> Callable[[PathOrPaths], list[Any]] | None:
    """Return the reader when this is one file of a Kwik data set, or a folder of phy or Kilosort, else None.

    Where the user lets napari open all folders with us, others are read with the plugin that reads them.
    """
    paths = [path] if isinstance(path, str) else list(path)
    if len(paths) != 1:
        return None
    if str(paths[0]).lower().endswith(SUFFIXES) or _is_sorted_folder(Path(paths[0])):
        return read_kwik
    if is_folder(Path(paths[0])):
        from napari_phy.widgets.base.reader_preference import is_chosen, only_other_reader

        return only_other_reader(str(paths[0])) if is_chosen() else None
    return None


def _is_sorted_folder(path: Path) -> bool:
    """Tell whether this is a folder of phy or Kilosort, or a file by which one is opened."""
    folder = path.absolute().parent if path.name in FOLDER_FILES else path
    try:
        return all((folder / name).is_file() for name in ("params.py", "spike_times.npy"))
    except OSError:
        return False


def read_kwik(path: PathOrPaths) -> list[Any]:
    """Open the data set and return its layers; what is wrong with it is said in a notification."""
    from napari.viewer import current_viewer

    from napari_phy.core.errors import NapariPhyError
    from napari_phy.readers.opening import open_in_background

    file = Path(path if isinstance(path, str) else path[0])
    viewer = current_viewer()
    try:
        session = _open_where_left(file) if viewer is None else open_in_background(viewer, file, _open_where_left)
    except NapariPhyError as error:
        complain(str(error))
        return [(None,)]
    if session is None:
        return [(None,)]
    if viewer is not None and _is_sorted_folder(file):
        from napari_phy.widgets.base.reader_preference import offer

        offer()
    return _shown(session)


def last_place(file: Path) -> tuple[int, str] | None:
    """Return the channel group and clustering that were open last, by any file of a data set; None if unknown."""
    from napari_phy.formats.opening import find_kwik
    from napari_phy.storage.clustering_summaries import load_left

    kwik = file if file.suffix.lower() == ".kwik" else find_kwik(file)
    return None if kwik is None else load_left(kwik).last


def _open_where_left(file: Path, **options: Any) -> Any:
    """Open the channel group and clustering that were open last, as far as that is known and they can be opened."""
    from napari_phy.core.errors import NapariPhyError
    from napari_phy.session import open_session

    place = last_place(file)
    if place is not None:
        try:
            return open_session(file, *place, **options)
        except NapariPhyError as error:
            logger.warning("%s does not open where it was left: %s", file.name, error)
    return open_session(file, **options)


def _shown(session: Session) -> list[Any]:
    from napari.viewer import current_viewer

    from napari_phy.layers.stacks import has_stack
    from napari_phy.widgets.window.showing import layers_of, open_workspace_later

    viewer = current_viewer()
    if viewer is not None:
        open_workspace_later(viewer, session)
    return [(None,)] if viewer is not None and has_stack(viewer.layers) else layers_of(session)


def complain(sentence: str) -> None:
    """Show an error: in a window the whole sentence, until somebody closes it; a window that opens is not seen yet."""
    from napari.utils.notifications import show_error
    from napari.viewer import current_viewer

    if current_viewer() is None:
        show_error(sentence)
    else:
        from napari_phy.widgets.base.notifications import notify

        notify(sentence, "error", stays=True)
