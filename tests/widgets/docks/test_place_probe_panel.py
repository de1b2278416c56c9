"""Place probe: what the form knows of an image and asks for, and that what it says is where the probe goes."""

import numpy as np
import pytest
from napari.components import ViewerModel
from widgets.light_session import light_session

from napari_phy.widgets.docks import imaging_messages
from napari_phy.widgets.docks.place_probe_panel import PlaceProbePanel
from napari_phy.widgets.window.probe_in_image import ProbeInImage


@pytest.fixture
def session():
    return light_session()


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def space(qapp, viewer, session):
    space = ProbeInImage(viewer, qapp)
    space.follow(session)
    yield space
    space.follow(None)
    space.deleteLater()


@pytest.fixture
def panel(qtbot, session, space):
    panel = PlaceProbePanel(session)
    qtbot.addWidget(panel)
    panel.follow_space(space)
    panel.resize(420, 600)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def picture(viewer, qtbot, panel, **options):
    layer = viewer.add_image(np.zeros((300, 400)), name="slice", **options)
    qtbot.waitUntil(lambda: panel.image.value is layer)
    return layer


def test_without_an_image_it_says_what_to_open(panel, qtbot):
    qtbot.waitUntil(lambda: panel.stack.page.isVisible())
    assert imaging_messages.NO_PICTURE.startswith(panel.stack.page.headline.text())


@pytest.mark.parametrize("scale", [(1, 1), (0.5, 0.5)])
def test_the_size_of_a_pixel_is_asked_for_where_no_unit_tells_it(panel, viewer, session, qtbot, scale):
    picture(viewer, qtbot, panel, scale=scale)
    assert panel.pixel_um.native.text() == "not known"
    assert imaging_messages.PIXEL_NOT_KNOWN in panel.words.text()
    panel.place_button.native.click()
    assert session.placements.now is None
    assert panel.words.text() == imaging_messages.PIXEL_NOT_KNOWN
    assert panel.words.property("wrong")
    panel.pixel_um.value = 2.0
    assert panel.words.text() == "The probe is in no image."
    panel.place_button.native.click()
    np.testing.assert_allclose(session.placements.now.placement.pixel_um, (2, 2))
    assert panel.words.text() == "The probe has its true size."


@pytest.mark.parametrize("size", [1.0, 2.0])
def test_the_size_of_a_pixel_is_known_of_an_image_in_micrometres(panel, viewer, session, qtbot, size):
    picture(viewer, qtbot, panel, scale=(size, size), units=("um", "um"))
    assert panel.pixel_um.value == size
    panel.place_button.native.click()
    np.testing.assert_allclose(session.placements.now.placement.pixel_um, (size, size))
    panel.remove_button.native.click()
    assert session.placements.now is None
