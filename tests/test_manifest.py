"""What napari's command palette offers of ours can be chosen there."""

from app_model.types import MenuItem
from napari._app_model import get_app_model
from npe2 import PluginManager
from qtpy.QtTest import QTest


def test_the_command_palette_offers_views_and_the_samples_alone(make_napari_viewer):
    viewer = make_napari_viewer()
    viewer.window._toggle_command_palette()
    palette = viewer.window._qt_window._command_palette
    menu = get_app_model().menus.get_menu(get_app_model().menus.COMMAND_PALETTE_ID)
    ours = [item.command for item in menu if isinstance(item, MenuItem) and item.command.id.startswith("napari-phy")]
    offered = {command.id for command in ours if command.enablement is None}
    contributions = PluginManager.instance().get_manifest("napari-phy").contributions
    views = {widget.command for widget in contributions.widgets}
    assert offered == views | {"napari-phy.kwik", "napari-phy.imaging"}, offered ^ views
    assert {command.id for command in ours} - offered == {"napari-phy.read_kwik", "napari-phy.read_video"}
    QTest.keyClicks(palette._line, "Open a Kwik data set")
    assert not palette._list.can_execute()
