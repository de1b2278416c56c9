"""What tests of lists share: Clusters with the clusters of a session in memory."""

import pytest
from widgets.light_session import light_session

from napari_phy.widgets.lists.clusters_panel import ClustersPanel


@pytest.fixture
def session():
    return light_session(with_raw=False)


@pytest.fixture
def panel(session, qtbot):
    """Yield a list of eight clusters."""
    panel = ClustersPanel(session)
    qtbot.addWidget(panel)
    panel.resize(700, 400)
    panel.show()
    yield panel
    panel.set_session(None)
