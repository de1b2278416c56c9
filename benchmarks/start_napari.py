"""Start napari, alone or with a data set as `napari-phy open` does; print when its window was painted last."""

from __future__ import annotations

import os
import sys
import time

QUIET_S, PATIENCE_S = 0.3, 60.0  # a cursor blinks twice a second
NAP_S = 0.0005


def main(home: str, *paths: str) -> None:
    """Print the monotonic time of the last paint of the whole window, and the processor time until then."""
    os.environ["XDG_CONFIG_HOME"] = home  # settings of the person who calls stay as they are
    os.environ["PHY_CONFIG_DIR"] = f"{home}/phy"
    import napari

    viewer = napari.Viewer()
    for path in paths:
        viewer.open(path, plugin="napari-phy")
    from qtpy.QtCore import QEvent, QObject
    from qtpy.QtWidgets import QApplication

    class Paints(QObject):
        n = 0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                self.n += 1
            return False

    paints = Paints()
    QApplication.instance().installEventFilter(paints)
    begin = last = time.monotonic()
    cpu, n_seen, rested = time.process_time(), 0, 0.0
    while rested < QUIET_S or not n_seen:
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # as the main loop does
        if paints.n > n_seen:
            n_seen, last, cpu, rested = paints.n, time.monotonic(), time.process_time(), 0.0
        elif rested + NAP_S >= QUIET_S and paths and _busy(viewer):
            rested = 0.0
        if time.monotonic() - begin > PATIENCE_S:
            raise TimeoutError(f"Still busy or painting: {_busy(viewer) if paths else []}.")
        rested += NAP_S  # not what events took, which may have asked for a paint
        time.sleep(NAP_S)
    print(last, cpu, flush=True)
    viewer.layers.clear()
    viewer.close()


def _busy(viewer: object) -> list[str]:
    """Return what is still to show something: views in sight, a window that is kept from painting, the workspace."""
    from napari_phy.widgets.window.workspace import Workspace

    workspace = Workspace.find(viewer)
    if workspace is None or workspace.session is None:
        return ["workspace"]
    if not workspace.window.updatesEnabled():
        return ["window"]
    made = workspace.panels.made.values()  # asking for others would make them
    return [panel.title for panel in made if getattr(panel, "busy", False) and panel.isVisible()]


if __name__ == "__main__":
    main(*sys.argv[1:])
