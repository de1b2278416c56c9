"""Sessions that are opened in a window go with it, and nothing of ours keeps it alive."""

import gc
from weakref import ref

from napari.settings import get_plugin_settings, get_settings
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.layers.session_tag import TAG, SessionTag
from napari_phy.widgets.window.session_controller import PLUGIN, preferences
from napari_phy.widgets.window.workspace import open_workspace


def opened(viewer, session):
    """Open a session and return the workspace, which the caller alone holds."""
    viewer.add_points([[0, 0], [1, 1]], name="spikes", metadata={TAG: SessionTag(session)})
    return open_workspace(viewer, session)


def closings(session):
    closed = []
    session.closed.connect(lambda: closed.append(session.name))
    return closed


def alive_after_collecting(parts):
    gc.collect()
    return [name for name, part in parts.items() if part() is not None]


def close(viewer):
    viewer.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()


def test_a_window_that_closes_lets_go_of_its_session_and_of_all_that_showed_it(make_napari_viewer, qtbot):
    viewer, session = make_napari_viewer(show=True), light_session()
    closed, workspace = closings(session), opened(viewer, session)
    qtbot.waitUntil(lambda: not any(panel.busy for panel in workspace.panels.values() if hasattr(panel, "busy")))
    parts = (
        workspace.sessions,
        workspace.binding,
        workspace.order,
        workspace.board,
        workspace.controller,
        workspace.panels["Clusters"],
    )
    alive = {type(part).__name__: ref(part) for part in parts}
    del parts
    close(viewer)
    assert closed == [session.name]
    qtbot.waitUntil(lambda: alive_after_collecting(alive) == [])
    assert vars(workspace) == {}  # though somebody holds it


def test_a_session_in_two_windows_is_closed_with_the_second(make_napari_viewer, qtbot):
    session = light_session()
    closed = closings(session)
    viewers = [make_napari_viewer(show=True) for _ in range(2)]
    for viewer in viewers:
        opened(viewer, session)
    close(viewers[0])
    assert closed == []
    close(viewers[1])
    assert closed == [session.name]


def test_what_was_never_set_is_left_to_our_defaults(tmp_path, monkeypatch):
    monkeypatch.setattr(get_settings(), "config_path", tmp_path / "settings.yaml")
    assert preferences() == {}


def test_what_was_set_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(get_settings(), "config_path", tmp_path / "settings.yaml")
    ours = get_plugin_settings(PLUGIN)
    monkeypatch.setattr(ours.sorting, "waveforms_shown", 33)
    ours.save(tmp_path / f"{PLUGIN}.yaml")
    assert preferences()["waveforms_shown"] == 33
