"""`napari-phy open` and `napari-phy demo`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_phy.cli.answers import Answer, check_there
from napari_phy.core.errors import NapariPhyError


def open_in_napari(path: Path, images: Sequence[Path] = ()) -> Answer:
    """Open a data set in napari, with image stacks and films beside it, and stay until the window is closed."""
    for one in (path, *images):
        check_there(one)
    _check_display()
    import napari

    from napari_phy.widgets.base.reader_preference import open_unasked

    viewer = napari.Viewer()
    open_unasked(viewer, path)
    for image in images:
        _add_image(viewer, image)
    if images:
        viewer.fit_to_view()  # of all of them: napari fits the first
    napari.run()
    return Answer({"opened": str(path)}, ())


def _add_image(viewer: Any, path: Path) -> None:
    """Open films with our reader, since napari's own claims them, too, and other images with the one napari finds."""
    from npe2 import PluginManager

    from napari_phy.formats.phy.params import find_folder
    from napari_phy.widgets.base.notifications import notify

    try:
        readers = PluginManager.instance().iter_compatible_readers([str(path)])
        is_ours = any(reader.plugin_name == "napari-phy" for reader in readers)
        others = None
        if path.is_dir():  # several plugins take folders, ours only those of phy
            is_ours, others = find_folder(path) is not None, "napari"
        viewer.open(str(path), plugin="napari-phy" if is_ours else others)
    except (ValueError, RuntimeError, OSError) as error:  # of napari: none of its readers, or several, take the file
        notify(f"{path.name} could not be opened: {error}", "error", stays=True)


def _check_display() -> None:
    """Say it where Qt would end the program; raises NapariPhyError."""
    needs_one = sys.platform.startswith("linux") and os.environ.get("QT_QPA_PLATFORM", "xcb") in ("", "xcb", "wayland")
    if needs_one and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise NapariPhyError("There is no display here to open a window on; use a desktop, or ssh -X.")


def open_demo(name: str = "ephys") -> Answer:
    """Open a fresh copy of a sample in napari, and say where it is."""
    from napari_phy.sample_data import EPHYS, SAMPLES, fresh_copy

    _check_display()
    sample = SAMPLES[name]
    path = fresh_copy(Path(tempfile.mkdtemp(prefix="napari-phy-demo-")), sample=sample)
    print(f"A fresh copy of the sample is in {path.parent}.", file=sys.stderr, flush=True)
    return open_in_napari(path) if sample is EPHYS else _open_imaging(path)


def _open_imaging(path: Path) -> Answer:
    import napari

    viewer = napari.Viewer()
    viewer.open_sample("napari-phy", "imaging", kwik=path)
    napari.run()
    return Answer({"opened": str(path)}, ())
