"""The same data set open in phy, in a real window of its own (Qt 5)."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SIZE = (1920, 1080)
# Those that show what ours show; phy has no raster among the views of its template program, and a rate instead.
VIEWS = {
    "Waveforms": "WaveformView",
    "Features": "FeatureView",
    "Correlograms": "CorrelogramView",
    "Traces": "TraceView",
    "Amplitude": "AmplitudeView",
    "Firing rate": "FiringRateView",
    "Probe": "ProbeView",
    "Intervals": "ISIView",
}


class PhyWindow:
    """Somebody who clicks rows of phy's list of clusters and calls its actions.

    Attributes
    ----------
    lists : the two lists by title; views : none, for phy's canvases are windows, not widgets; see `swaps`.
    swaps : by the title of a view, the signal that its canvas has shown what it drew.
    """

    def __init__(self, controller: Any, gui: Any, views: dict[str, Any]) -> None:
        self._gui = gui
        self._supervisor = controller.supervisor
        self.lists = {"Clusters": self._supervisor.cluster_view, "Similar": self._supervisor.similarity_view}
        self.views: dict[str, Any] = {}
        self.swaps = {title: view.canvas.frameSwapped for title, view in views.items()}

    def is_right(self) -> bool:
        """Tell whether phy says that it is done."""
        return not self._supervisor._is_busy

    def listed(self) -> list[int]:
        """Return the ids of all clusters."""
        return [int(cluster) for cluster in self._supervisor.clustering.cluster_ids]

    def settle(self) -> None:
        """Wait until all is done; phy does its work in the main thread, or soon after."""
        _rest(1)

    def click(self, cluster: int) -> None:
        """Click the row of a cluster."""
        from PyQt5.QtCore import Qt
        from PyQt5.QtTest import QTest

        table = self.lists["Clusters"]
        table.scroll_to(cluster)
        place = table.table_view.visualRect(table._proxy_index_for_id(cluster)).center()
        QTest.mouseClick(table.table_view.viewport(), Qt.LeftButton, Qt.NoModifier, place)

    def take_candidate(self) -> None:
        """Select the most similar cluster beside the chosen one."""
        self._supervisor.select_actions.next()

    def look(self, seconds: float) -> None:
        """Look at what is shown."""
        _rest(seconds)

    def merge(self) -> None:
        """Merge the selected clusters."""
        self._supervisor.actions.merge()

    def undo(self) -> None:
        """Take it back."""
        self._supervisor.actions.undo()


@contextmanager
def open_phy(params: Path) -> Iterator[PhyWindow]:
    """Open a template data set in phy with the views of `VIEWS`, all in sight."""
    os.environ["QT_API"] = "pyqt5"
    os.environ["HOME"] = str(params.parent)  # phy's settings of the person who calls stay as they are
    from phy.apps.template import TemplateController
    from phy.gui import create_app
    from phylib.io.model import load_model

    create_app()
    controller = TemplateController(
        model=load_model(params), dir_path=params.parent, config_dir=params.parent / "config"
    )
    gui = controller.create_gui(default_views=list(VIEWS.values()), do_prompt_save=False)
    logging.getLogger("phy").setLevel(logging.WARNING)  # it tells every step
    gui.show()
    _rest(2)  # it restores a geometry of its own
    views = {title: next(view for view in gui.views if type(view).__name__ == name) for title, name in VIEWS.items()}
    for view in list(gui.views):
        if view not in views.values() and type(view).__name__ not in ("ClusterView", "SimilarityView"):
            view.close()  # its default settings ask for one more
    gui.setGeometry(0, 0, *SIZE)
    _rest(2)
    yield PhyWindow(controller, gui, views)
    controller.close()


def _rest(seconds: float) -> None:
    from PyQt5.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)
