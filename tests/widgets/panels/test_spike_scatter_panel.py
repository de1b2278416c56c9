"""What views that a lasso is drawn in have in common."""

import pytest
from widgets.light_session import light_session

from napari_phy.widgets.docks.amplitude_panel import AmplitudePanel
from napari_phy.widgets.docks.cluster_scatter_panel import ClusterScatterPanel
from napari_phy.widgets.docks.features_panel import FeaturesPanel


@pytest.mark.parametrize("kind", [FeaturesPanel, AmplitudePanel, ClusterScatterPanel])
def test_a_lasso_is_offered_only_where_there_is_a_picture(qtbot, kind):
    panel = kind()
    qtbot.addWidget(panel)
    panel.resize(420, 380)
    panel.show()
    button = panel.header.lasso_button
    qtbot.waitUntil(lambda: not panel.stack.shows_picture)
    assert not button.isEnabled()
    session = light_session()
    session.selection.select([3, 4])
    panel.set_session(session)
    qtbot.waitUntil(lambda: panel.stack.shows_picture and panel.data is not None)
    assert button.isEnabled()
    panel.set_session(None)
    qtbot.waitUntil(lambda: not panel.stack.shows_picture)
    assert not button.isEnabled()
