"""A napari window that one test hands to the next, as long as it is left as clean as it was when it was new."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from napari.settings import get_settings
from napari.utils import _testsupport
from napari.viewer import Viewer
from qtpy.QtCore import QEvent, Qt, QThreadPool, QTimer
from qtpy.QtWidgets import QApplication, QDialog
from waiting import PATIENCE_S, run_until

from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.latest_result import view_pool
from napari_phy.widgets.window.layout_store import LayoutStore
from napari_phy.widgets.window.workspace import Workspace

Form = tuple[tuple[int, int], str]  # size and theme

OPEN_FILES = Path("/proc/self/fd")  # on Linux alone
DATA_SUFFIXES = {".kwik", ".kwx", ".kwd", ".kwe", ".dat", ".sqlite"}


class KeptWindow:
    """The window that tests hand on: made when one takes it, closed before a file that does not use it.

    Its workspace is open and has no session. A test whose window does not become as it was when it was new fails and is
    told what it left; that, as any test that fails, costs the next test a new window. For another size or theme the
    same window is arranged anew.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.patience_s = PATIENCE_S  # for what is still on its way when a test ends
        self.file: Path | None = None  # of the test that took it
        self._request = request
        self._outcome = SimpleNamespace(failed=False)  # of the last test, for napari
        self._open: Iterator[Viewer] | None = None
        self._viewer: Viewer | None = None
        self._form: Form | None = None
        self._clean: dict[Form, dict[str, object]] = {}
        self._is_taken = False

    def take(self, size: tuple[int, int], theme: str) -> Viewer:
        """Return a viewer in a shown window of this size, with an empty workspace."""
        if self._viewer is None:
            self._outcome.failed = False
            pass_over_what_stays()
            self._open = _viewer(self._request, self._outcome)
            self._viewer = next(self._open)
            self._clean.clear()
            self._form = size, theme
            _arrange(self._viewer, size, theme)
            for widget in QApplication.topLevelWidgets():  # a completer's list, too
                widget.setProperty("kept", True)  # for `no_widget_left_behind`
            pass_over_what_stays()
        elif self._form != (size, theme):
            self._form = size, theme
            _arrange(self._viewer, size, theme)
        if self._form not in self._clean:
            self._clean[self._form] = clean = _state(self._viewer)
            clean["sizes"] = {name: pytest.approx(size, abs=2) for name, size in clean["sizes"].items()}
        _activate(self._viewer)
        self._is_taken = True
        return self._viewer

    def give_back(self, *, failed: bool) -> None:
        """Take the session and all that a test has opened out of the window, and look whether anything is left."""
        self._is_taken = False
        if self._viewer is None:
            return
        if failed or Workspace.find(self._viewer) is None:
            self._outcome.failed = failed
            self.close()
            return
        clean = self._clean[self._form]
        changes: dict[str, tuple[object, object]] = {}

        def is_clean() -> bool:
            now = _state(self._viewer)
            changes.clear()
            changes.update({key: (now[key], clean[key]) for key in now if now[key] != clean[key]})
            return not changes

        try:
            _empty(self._viewer, clean, *self._form)
            with suppress(TimeoutError):
                run_until(is_clean, "a clean window", patience_s=self.patience_s)
        except BaseException:
            self._outcome.failed = True
            self.close()
            raise
        if changes:
            self._outcome.failed = True
            self.close()
            pytest.fail(left_behind(changes), pytrace=False)

    def close(self) -> None:
        """Close the window, if there is one, and see that nothing of it stays."""
        assert not self._is_taken, "a test that makes viewers of its own begins without the one that is kept"
        self._viewer, viewer, viewers, self._open = None, self._viewer, self._open, None
        if viewers is not None:
            gc.unfreeze()
            if workspace := Workspace.find(viewer):
                workspace.close_session()  # of a test that has failed: nobody answers questions
            next(viewers, None)


def pass_over_what_stays() -> None:
    """Have the garbage collector pass over all there is: for each layer that goes, napari has it look at all objects.

    Those of a viewer's menus stay when it is closed, some 5 000 of them.
    """
    gc.collect()
    gc.freeze()


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


def _arrange(viewer: Viewer, size: tuple[int, int], theme: str) -> None:
    viewer.theme = theme
    window = viewer.window._qt_window
    viewer.window.show()
    viewer.window.set_geometry(0, 0, *size)
    _activate(viewer)
    workspace = Workspace.of(viewer)
    workspace.arrange(again=True)
    run_until(lambda: (window.width(), window.height()) == size)
    _settle(workspace)


def _activate(viewer: Viewer) -> None:
    viewer.window.activate()
    run_until(lambda: QApplication.activeWindow() is viewer.window._qt_window)


def _settle(workspace: Workspace) -> None:
    """Let docks find their places and views end what they do."""
    for _ in range(3):
        run_until(lambda: not any(getattr(panel, "busy", False) for panel in workspace.panels.values()))
        run_until(lambda: not workspace.size.is_due)
        QApplication.processEvents()


def _empty(viewer: Viewer, clean: dict[str, object], size: tuple[int, int], theme: str) -> None:
    """Close the session, dialogs, notifications and docks that were opened, and take what was chosen back."""
    workspace = Workspace.find(viewer)
    window = viewer.window._qt_window
    workspace.panels["Clusters"].set_filter("")
    workspace.close_session()
    viewer.layers.clear()
    viewer.dims.ndisplay = 2
    viewer.canvas.grid.enabled = False
    window.menuBar().show()  # a key of napari's hides it
    while popup := QApplication.activePopupWidget():
        popup.close()
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
    if (window.width(), window.height()) != size:  # docks that were wide had made it wider
        viewer.window.set_geometry(0, 0, *size)
        workspace.arrange("Sort", again=True)
    viewer.status = ""
    _settle(workspace)
    workspace.memory.save()  # now, not half a second after


def left_behind(changes: dict[str, tuple[object, object]]) -> str:
    """Return a sentence of what is not as it was in a new window; `changes` is {what: (found, clean)}."""
    return "left in the window: " + "; ".join(f"{what} {_difference(*pair)}" for what, pair in changes.items())


def _difference(found: object, clean: object) -> str:
    if isinstance(found, dict) and isinstance(clean, dict):
        keys = [key for key in {**clean, **found} if found.get(key) != clean.get(key)]
        return ", ".join(f"{key}: {found.get(key)!r}, not {clean.get(key)!r}" for key in keys)
    return f"{found!r}, not {clean!r}"


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
        "threads": QThreadPool.globalInstance().activeThreadCount() + view_pool().activeThreadCount(),
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
        "files": _open_data_files(),
        "timers": _running_timers(window),
    }


def _open_data_files() -> list[str]:
    if not OPEN_FILES.is_dir():
        return []
    paths = []
    for link in OPEN_FILES.iterdir():
        with suppress(OSError):  # closed since they were listed
            paths.append(Path(os.readlink(link)))  # noqa: PTH115
    return sorted(str(path) for path in paths if path.suffix in DATA_SUFFIXES)


def _running_timers(window: Any) -> Counter[str]:
    """Return whose timers run; but a layout is saved a moment after docks were arranged, also in a new window."""
    running = (timer.parent() for timer in window.findChildren(QTimer) if timer.isActive())
    return Counter(type(owner).__qualname__ for owner in running if not isinstance(owner, LayoutStore))
