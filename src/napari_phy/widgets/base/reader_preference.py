"""Which plugin napari opens folders and `params.py` with.

Napari knows readers by patterns of names alone, and all that read folders offer themselves for each folder, so it asks,
and for `params.py` its own reader, which would run the file, is offered, too. Napari's setting for this
(*Preferences > Plugins*) is the only way without a question. It is only changed when the user says so.
"""

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

OURS = "napari-phy"
FOLDERS, PARAMS = PATTERNS = ("*/", "*/params.py")
ASKS = "ask_for_folders.json"
QUESTION = (
    "Napari asks which plugin opens a folder or params.py, and its own reader would run params.py. napari-phy can open "
    "them without a question, and leave other folders to napari's reader."
)
DONE = "Folders and params.py open without a question. Preferences > Plugins has this choice."
_offering = ContextVar("_offering", default=True)


def is_chosen(pattern: str = FOLDERS) -> bool:
    """Tell whether napari opens what the pattern names with us, without a question."""
    return _choices().get(pattern) == OURS


def choose(is_ours: bool = True) -> None:
    """Let napari open folders and `params.py` with us without a question, or ask again."""
    from napari.settings import get_settings

    others = {pattern: plugin for pattern, plugin in _choices().items() if pattern not in PATTERNS or plugin != OURS}
    get_settings().plugins.extension2reader = {**others, **(dict.fromkeys(PATTERNS, OURS) if is_ours else {})}


def open_unasked(viewer: Any, path: str | Path) -> None:
    """Open a data set with us, where napari asked nothing: then it is not offered to ask no more."""
    before = _offering.set(False)
    try:
        viewer.open(str(path), plugin=OURS)
    finally:
        _offering.reset(before)


def offer() -> None:
    """Ask once whether napari is to open folders and `params.py` with us, after it asked."""
    from napari_phy.files.user_files import load_user_file, save_user_file
    from napari_phy.widgets.base.notifications import notify

    if not _offering.get() or all(map(is_chosen, PATTERNS)) or load_user_file(ASKS, "it is asked again") is not None:
        return

    def keep() -> None:
        save_user_file(ASKS, True, "it is asked again")

    def accept() -> None:
        choose()
        notify(DONE, "info")

    notify(QUESTION, "info", [("Open without a question", accept), ("Keep asking", keep)], stays=True)


def only_other_reader(folder: str) -> Callable[[Any], list[Any]] | None:
    """Return what reads a folder with the one other plugin that takes folders; None where napari has to ask."""
    from npe2 import PluginManager

    readers = PluginManager.instance().iter_compatible_readers([folder])
    others = {reader.plugin_name for reader in readers} - {OURS}
    if len(others) != 1:
        return None
    other = others.pop()

    def read(path: Any) -> list[Any]:
        from napari.viewer import current_viewer

        viewer = current_viewer()
        if viewer is None:
            from npe2 import read

            return list(read([folder], stack=False, plugin_name=other))
        viewer.open(folder, plugin=other)
        return [(None,)]

    return read


def _choices() -> dict[str, str]:
    from napari.settings import get_settings

    return dict(get_settings().plugins.extension2reader)
