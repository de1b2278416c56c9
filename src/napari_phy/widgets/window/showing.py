"""Shows a session in napari: its layers, then the workspace beside them."""

from functools import partial
from typing import Any

from napari.layers import Layer
from napari.viewer import Viewer, current_viewer
from qtpy.QtCore import QTimer

from napari_phy.layers.session_tag import session_of
from napari_phy.layers.spikes import spikes_layer
from napari_phy.layers.stacks import has_stack
from napari_phy.layers.traces import traces_layer
from napari_phy.session.session import Session
from napari_phy.widgets.napari_compat import open_viewers
from napari_phy.widgets.window.first_opening import FirstOpening
from napari_phy.widgets.window.session_controller import KEPT
from napari_phy.widgets.window.workspace import Workspace, open_workspace

ASPECT = 2.4  # width to height of the canvas until the workspace has measured it


def show_session(session: Session, viewer: Viewer | None = None) -> Viewer:
    """Show a session of a script or a notebook in napari; both follow each other, and it stays open after the window.

    Parameters
    ----------
    session : Session
        What is shown.
    viewer : napari.Viewer, optional
        Where; None: the current one, or a new one.

    Returns
    -------
    napari.Viewer
        The viewer. A script goes on to `napari.run()`; a notebook says `%gui qt` before.
    """
    viewer = viewer or current_viewer() or Viewer()
    KEPT.add(session)
    open_workspace_later(viewer, session)
    if not has_stack(viewer.layers):
        for layer in layers_of(session):
            viewer.add_layer(Layer.create(*layer))
    return viewer


def layers_of(session: Session) -> list[Any]:
    """Return the layers of a session as (data, attributes, type)."""
    pitch = session.model.duration / max(1, session.model.n_channels) / ASPECT
    return [layer for layer in (traces_layer(session, pitch), spikes_layer(session, pitch)) if layer is not None]


def open_workspace_later(viewer: Viewer, session: Session) -> None:
    """Open the workspace when napari has taken over the layers, the first one of a window when that is shown."""
    if Workspace.find(viewer) is None:
        FirstOpening(viewer.window.main_menu.window(), partial(_open_workspace, session))
    else:
        QTimer.singleShot(0, partial(_open_workspace, session))


def _open_workspace(session: Session) -> None:
    """Open the workspace in the viewer that got the layers."""
    showing = (v for v in open_viewers() if any(session_of(layer) is session for layer in v.layers))
    viewer = next(showing, current_viewer())
    if viewer is not None:
        open_workspace(viewer, session)
