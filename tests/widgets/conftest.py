"""What tests of widgets share: a workspace in a real window."""

import pytest
from widgets.light_session import light_session

from napari_phy.layers.session_tag import TAG, SessionTag
from napari_phy.widgets.window.time_links import TimeLinks
from napari_phy.widgets.window.workspace import open_workspace


@pytest.fixture
def workspace(kept_window, qtbot):
    """Return the workspace of a session in memory, in a large window, with the keys in Clusters."""
    viewer = kept_window.take((1920, 1080), "dark")
    session = light_session()
    viewer.add_points([[0, 0], [1, 1]], name="spikes", metadata={TAG: SessionTag(session)}).editable = False
    workspace = open_workspace(viewer, session)
    qtbot.waitUntil(workspace.panels["Clusters"].list.hasFocus)
    return workspace


@pytest.fixture
def links(qapp, viewer, session):
    """Return what links the layers of the file's `viewer` to the clock of its `session`."""
    links = TimeLinks(viewer, qapp)
    links.follow(session)
    yield links
    links.follow(None)
    links.deleteLater()
