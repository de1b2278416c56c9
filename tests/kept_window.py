"""A napari window that one test hands to the next, as long as it is left as clean as it was when it was new."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from napari.settings import get_settings
from napari.utils import _testsupport
from napari.viewer import Viewer
from qtpy.QtCore import QEvent, Qt, QThreadPool
from qtpy.QtWidgets import QApplication, QDialog
from waiting import run_until

from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.window.workspace import Workspace

logger = logging.getLogger(__name__)
MOMENT_S = 2  # for what is still on its way when a test ends; a window that isn't clean by then is closed


class KeptWindow:
    """The window of a module: made when a test takes it, closed when one leaves it changed and with the module.

    Its workspace is open and has no session. A test that fails, or whose window does not become as it was when it was
    new, costs the next test a new window, and nothing else; `--log-cli-level=INFO` tells what it left.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._outcome = SimpleNamespace(failed=False)  # of the last test, for napari
        self._open: Iterator[Viewer] | None = None
        self._viewer: Viewer | None = None
        self._form: tuple[tuple[int, int], str] | None = None
        self._clean: dict[str, object] = {}
        self._is_taken = False

    def take(self, size: tuple[int, int], theme: str) -> Viewer:
        """Return a viewer in a shown window of this size, with an empty workspace."""
        if self._viewer is not None and self._form != (size, theme):
            self.close()
        if self._viewer is None:
            self._outcome.failed = False
            self._open = _viewer(self._request, self._outcome)
            self._viewer = next(self._open)
            self._form = size, theme
            _prepare(self._viewer, size, theme)
            self._clean = _state(self._viewer)
            self._clean["sizes"] = {name: pytest.approx(size, abs=2) for name, size in self._clean["sizes"].items()}
        _activate(self._viewer)
        self._is_taken = True
        return self._viewer

    def give_back(self, test: str, *, failed: bool) -> None:
        """Take the session and all that a test has opened out of the window; close it if anything is left."""
        self._is_taken = False
        if self._viewer is None:
            return
        if failed or Workspace.find(self._viewer) is None:
            self._outcome.failed = failed
            self.close()
            return
        size, theme = self._form
        changes: dict[str, tuple[object, object]] = {}

        def is_clean() -> bool:
            now = _state(self._viewer)
            changes.clear()
            changes.update({key: (now[key], self._clean[key]) for key in now if now[key] != self._clean[key]})
            return not changes

        try:
            _empty(self._viewer, self._clean, size, theme)
            with suppress(TimeoutError):
                run_until(is_clean, "a clean window", patience_s=MOMENT_S)
        except BaseException:
            self._outcome.failed = True
            self.close()
            raise
        if changes:
            logger.info("%s left (found, clean): %s", test, changes)
            self.close()

    def close(self) -> None:
        """Close the window, if there is one, and see that nothing of it stays."""
        assert not self._is_taken, "a test that makes viewers of its own begins without the one that is kept"
        self._viewer, viewers, self._open = None, self._open, None
        if viewers is not None:
            next(viewers, None)


@contextmanager
def _finished(generator: Iterator[Any]) -> Iterator[Any]:
    """Yield what a fixture of napari yields, and have it clean up."""
    with closing(generator):
        yield next(generator)
        next(generator, None)


def _viewer(request: pytest.FixtureRequest, outcome: Any) -> Iterator[Viewer]:
    """Yield a viewer made by napari's own fixture, which also looks for what was not cleaned up."""
    test = SimpleNamespace(rep_call=outcome)
    asked = SimpleNamespace(config=request.config, module=SimpleNamespace(__name__=__name__), node=test, keywords=())
    with pytest.MonkeyPatch.context() as patch, _finished(_testsupport.mock_app_model.__wrapped__()) as app:
        make = _testsupport.make_napari_viewer.__wrapped__(None, asked, app, patch)
        with _finished(make) as make_viewer:
            yield make_viewer(show=False)


def _prepare(viewer: Viewer, size: tuple[int, int], theme: str) -> None:
    viewer.theme = theme
    window = viewer.window._qt_window
    viewer.window.show()
    viewer.window.set_geometry(0, 0, *size)
    _activate(viewer)
    workspace = Workspace.of(viewer)
    workspace.arrange(again=True)
    run_until(lambda: (window.width(), window.height()) == size)
    _settle(workspace)
    for widget in QApplication.topLevelWidgets():  # a completer's list, too
        widget.setProperty("kept", True)  # for `no_widget_left_behind`


def _activate(viewer: Viewer) -> None:
    viewer.window.activate()
    run_until(lambda: QApplication.activeWindow() is viewer.window._qt_window)


def _settle(workspace: Workspace) -> None:
    """Let docks find their places and views end what they do."""
    for _ in range(3):
        run_until(lambda: not any(getattr(panel, "busy", False) for panel in workspace.panels.values()))
        QApplication.processEvents()


def _empty(viewer: Viewer, clean: dict[str, object], size: tuple[int, int], theme: str) -> None:
    """Close the session, dialogs, notifications and docks that were opened, and take what was chosen back."""
    workspace = Workspace.find(viewer)
    window = viewer.window._qt_window
    workspace.panels["Clusters"].set_filter("")
    workspace.close_session()
    viewer.layers.clear()
    viewer.dims.ndisplay = 2
    workspace.command_line.leave()
    for dialog in window.findChildren(QDialog):
        dialog.close()
    for name in set(workspace.docks) - set(clean["docks"]):
        panel = workspace.panels[name]
        viewer.window.remove_dock_widget(panel)
        panel.close()
        panel.deleteLater()
    get_settings().reset()
    if key_bindings().any_own:
        key_bindings().reset_all()
    viewer.theme = theme
    viewer.window.set_geometry(0, 0, *size)
    for name, options in clean["options"].items():
        if workspace.panels[name].options() != options:
            workspace.panels[name].set_options(options)
    for panel in workspace.board.lists:
        model, (key, descending) = panel.list.cluster_model, clean["sorted"][panel.title]
        if _order(model) != (key, descending):
            place = next(place for place, column in enumerate(model.columns) if column.key == key)
            model.sort(place, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)
    workspace.arrange("Sort", again=True)
    viewer.status = ""
    _settle(workspace)


def _order(model: Any) -> tuple[str, bool]:
    return model.columns[model.sort_column].key, model.descending


def _state(viewer: Viewer) -> dict[str, object]:
    """Return all that a test could leave in the window."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    workspace, window = Workspace.find(viewer), viewer.window._qt_window
    clusters = workspace.panels["Clusters"]
    return {
        "session": workspace.session,
        "work": workspace.controller.work.job,
        "threads": QThreadPool.globalInstance().activeThreadCount(),
        "layers": list(viewer.layers),
        "dims": (viewer.dims.ndim, viewer.dims.ndisplay),
        "theme": viewer.theme,
        "window": (window.width(), window.height(), window.windowState(), window.windowTitle()),
        "dialogs": [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()],
        "popups": [QApplication.activeModalWidget(), QApplication.activePopupWidget(), QApplication.overrideCursor()],
        "docks": {
            name: (window.dockWidgetArea(dock), dock.isFloating(), dock.isHidden(), dock.visibleRegion().isEmpty())
            for name, dock in workspace.docks.items()
        },
        "sizes": {
            name: (dock.width(), dock.height())
            for name, dock in workspace.docks.items()
            if not dock.visibleRegion().isEmpty()
        },
        "options": {name: panel.options() for name, panel in workspace.panels.items()},
        "frozen": [name for name, panel in workspace.panels.items() if getattr(panel, "frozen", False)],
        "sorted": {panel.title: _order(panel.list.cluster_model) for panel in workspace.board.lists},
        "filter": clusters.filter_line.text,
        "toolbar": [(action.text(), action.isEnabled(), action.isChecked()) for action in workspace.toolbar.actions()],
        "layout": (workspace.board.preset, workspace.board.shows_napari_docks),
        "command line": workspace.command_line.isVisible(),
        "chosen": workspace.memory._known,
        "keys": (workspace.controller.bindings is key_bindings(), key_bindings().any_own),
    }
