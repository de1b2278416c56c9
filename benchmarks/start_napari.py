"""Start napari, alone or with a data set as `napari-phy open` does; print when its window was painted last."""

from __future__ import annotations

import os
import sys
import time

QUIET_S, PATIENCE_S = 0.3, 60.0  # a cursor blinks twice a second


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
    cpu, n_seen = time.process_time(), 0
    while time.monotonic() - last < QUIET_S or not n_seen or (paths and _busy(viewer)):
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # as the main loop does
        if paints.n > n_seen:
            n_seen, last, cpu = paints.n, time.monotonic(), time.process_time()
        if time.monotonic() - begin > PATIENCE_S:
            raise TimeoutError(f"Still busy or painting: {_busy(viewer) if paths else []}.")
        time.sleep(0.0005)
    print(last, cpu, flush=True)
    viewer.layers.clear()
    viewer.close()


def _busy(viewer: object) -> list[str]:
    """Return the names of the views in sight that are still to show something, or of the workspace that is to come."""
    from napari_phy.widgets.window.workspace import Workspace

    workspace = Workspace.find(viewer)
    if workspace is None or workspace.session is None:
        return ["workspace"]
    views = (panel for panel in workspace.panels.values() if hasattr(panel, "busy") and panel.isVisible())
    return [type(view).__name__ for view in views if view.busy]


if __name__ == "__main__":
    main(*sys.argv[1:])
