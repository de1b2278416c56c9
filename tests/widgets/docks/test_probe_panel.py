"""The probe dock, by mouse: discs in the clusters' colours where they are large, and the channel that is chosen."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, QSize, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.views.probe import disc_radius, fan_offsets
from napari_phy.widgets.docks.probe_panel import ProbePanel

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def session():
    made = light_session(n_clusters=6, n_spikes=900, positions=[[30 * (i % 2), 25 * i] for i in range(8)])
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = ProbePanel(session)
    qtbot.addWidget(made)
    made.resize(400, 500)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request.clusters == panel.clusters


def color_at(panel, place):
    image = panel.plot.grab().toImage()
    scale = image.width() / panel.plot.width()
    return image.pixelColor(int(place[0] * scale), int(place[1] * scale)).name()


def center(panel, channel, right=0.0, down=0.0):
    return panel.layout_now.centers[channel] + np.array([right, down])


def click(qtbot, panel, place):
    qtbot.mouseClick(panel.plot, LEFT, NONE, QPointF(*place).toPoint())


def scroll(panel, place, notches):
    where = QPointF(*place)
    event = QWheelEvent(
        where, panel.plot.mapToGlobal(where), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(panel.plot, event)


def test_discs_are_in_the_clusters_colours_side_by_side_where_they_are_large(panel):
    data, picture = panel.data, panel.layout_now
    offsets = fan_offsets(picture, 2)
    n_seen = 0
    for place in (0, 1):
        for channel in range(8):
            outer = offsets[place] + np.sign(offsets[place]) * 0.5 * disc_radius(picture, data.shares[place, channel])
            if 0 < disc_radius(picture, data.shares[place, channel]) < 3:
                continue  # too small for a pixel of it to have the whole colour
            seen = color_at(panel, center(panel, channel, outer)) == panel.color_of(place)
            assert seen == (data.shares[place, channel] > 0)
            n_seen += seen
    assert n_seen >= 4


def test_a_site_without_clusters_is_hollow(panel):
    empty = int(np.flatnonzero((panel.data.shares == 0).all(axis=0))[0])
    assert color_at(panel, center(panel, empty)) == panel.theme.view
    x, y = center(panel, empty)
    assert color_at(panel, (x + panel.layout_now.radius + 2, y - 6)) == panel.theme.tile


def test_without_a_selection_the_probe_is_shown_alone(panel, session, qtbot):
    session.selection.select([])
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.stack.shows_picture
    assert color_at(panel, center(panel, 3)) == panel.theme.view
    assert panel.stack.legend.entries == ()


def test_a_click_chooses_a_channel_and_another_one_lets_go_of_it(panel, session, qtbot):
    click(qtbot, panel, center(panel, 4))
    assert session.channel.chosen == 4
    assert panel.stack.caption.text().startswith("channel 4 in Features; amplitude of")
    click(qtbot, panel, center(panel, 5))
    assert session.channel.chosen == 5
    click(qtbot, panel, center(panel, 5, 3, 3))
    assert session.channel.chosen is None
    click(qtbot, panel, (5, 5))
    assert session.channel.chosen is None
    assert panel.stack.caption.text().startswith("amplitude of")


def test_the_chosen_channel_has_a_ring(panel, session):
    radius = panel.layout_now.radius
    empty = int(np.flatnonzero((panel.data.shares == 0).all(axis=0))[0])
    place = center(panel, empty, 0, -radius - 2.5)
    before = color_at(panel, place)
    session.channel.choose(empty)
    after = QColor(color_at(panel, place))
    assert before == panel.theme.tile
    assert after.lightness() > QColor(panel.theme.dim).lightness()


def test_hovering_tells_the_channel_and_its_clusters(panel, qtbot):
    channel = int(np.argmax(panel.data.amplitudes[0]))
    with qtbot.waitSignal(panel.said) as heard:
        qtbot.mouseMove(panel.plot, QPointF(*center(panel, channel)).toPoint())
    amplitude = round(panel.data.amplitudes[0, channel])
    wanted = f"channel {channel}, {30 * (channel % 2)} µm, {25 * channel} µm; cluster 1: {amplitude} µV"
    assert heard.args[0].startswith(wanted)
    assert panel.read_out(2, 2) == ""


def test_the_wheel_zooms_about_the_mouse_dragging_moves_and_a_double_click_shows_all(panel, qtbot):
    before = panel.layout_now
    place = center(panel, 6).copy()
    scroll(panel, place, 4)
    zoomed = panel.layout_now
    assert zoomed.px_per_um == pytest.approx(before.px_per_um * 1.25**4)
    np.testing.assert_allclose(zoomed.centers[6], place, atol=1e-6)
    start = QPoint(200, 200)
    qtbot.mousePress(panel.plot, LEFT, NONE, start)
    qtbot.mouseMove(panel.plot, start + QPoint(30, 20))
    qtbot.mouseRelease(panel.plot, LEFT, NONE, start + QPoint(30, 20))
    np.testing.assert_allclose(panel.layout_now.centers[6], place + np.array([30, 20]), atol=1e-6)
    qtbot.mouseDClick(panel.plot, LEFT, NONE, QPoint(5, 5))
    np.testing.assert_allclose(panel.layout_now.centers, before.centers)
    scroll(panel, place, -3)
    np.testing.assert_allclose(panel.layout_now.centers, before.centers)


def test_a_frozen_view_keeps_its_clusters(panel, session, qtbot):
    panel.header.freeze_button.click()
    session.selection.select([4])
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.data.request.clusters == (1, 2)


@pytest.mark.parametrize("positions", [np.zeros((8, 2)), np.full((8, 2), np.nan), [[9.0, 3.0 * i] for i in range(8)]])
def test_any_probe_paints_in_any_size(qtbot, positions):
    session = light_session(n_clusters=14, positions=positions)
    panel = ProbePanel(session)
    qtbot.addWidget(panel)
    panel.show()
    session.selection.select(range(14))
    qtbot.waitUntil(lambda: ready(panel))
    for size in (QSize(30, 30), QSize(220, 100), QSize(1500, 900)):
        panel.plot.resize(size)
        panel.plot.grab()
    session.close()


def test_a_picture_is_saved_as_svg_in_the_light_colours(panel, tmp_path):
    panel.save_picture(str(tmp_path / "probe.svg"))
    text = (tmp_path / "probe.svg").read_text(encoding="utf-8")
    assert "50 µm" in text
    assert "#1e679c" in text
    assert panel.color_of(0) not in text
