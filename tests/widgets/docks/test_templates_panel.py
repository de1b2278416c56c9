"""Templates: a column for each cluster, read as they come into sight."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, QSize, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.views.templates import unread_templates
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.docks.templates_panel import TemplatesPanel

LEFT, NONE, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def session():
    made = light_session(n_clusters=30, n_spikes=3000, n_channels=12)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = TemplatesPanel(session)
    made.choose(order="id")
    qtbot.addWidget(made)
    made.resize(480, 360)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([3, 5])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request == panel.make_request()


def lines_of(panel, place):
    """Return the polylines of a column, the largest first."""
    template = panel.data.templates[int(panel.data.cluster_ids[place])]
    height = np.ptp(template.mean, axis=0).max()
    lines = panel.layout_now.lines(template, panel.data.rows, place, panel.layout_now.tall_px / height)
    return [lines[template.best], *lines]


def has_color(panel, line, color):
    image = panel.plot.grab().toImage()
    wanted = np.array(QColor(color).getRgb()[:3])
    for point in line:
        found = [image.pixelColor(round(point[0] + dx), round(point[1] + dy)) for dx in (-1, 0) for dy in (-1, 0)]
        if min(np.abs(np.array(one.getRgb()[:3]) - wanted).max() for one in found) <= 40:
            return True
    return False


def test_a_column_has_the_colour_of_its_cluster_in_the_selection(panel, qtbot, session):
    assert has_color(panel, lines_of(panel, 3)[0], panel.color_of(0))
    assert has_color(panel, lines_of(panel, 5)[0], panel.color_of(1))
    assert has_color(panel, lines_of(panel, 4)[0], panel.theme.dim)
    session.selection.select([4])
    assert has_color(panel, lines_of(panel, 4)[0], panel.color_of(0))
    assert has_color(panel, lines_of(panel, 3)[0], panel.theme.dim)


def test_a_click_selects_and_with_ctrl_adds_or_drops(panel, qtbot, session):
    def click(place, modifiers=NONE):
        center = panel.layout_now.column(place).center
        qtbot.mouseClick(panel.plot, LEFT, modifiers, QPoint(*map(round, center)))

    click(6)
    assert session.selection.clusters == (6,)
    click(2, CTRL)
    assert session.selection.clusters == (6, 2)
    click(6, CTRL)
    assert session.selection.clusters == (2,)


def test_columns_in_sight_are_read_first_and_the_others_after_them(panel, qtbot, session):
    first, stop = panel.layout_now.in_sight
    assert (first, stop) == (0, 11)
    assert set(range(11)) <= set(panel.data.templates)
    qtbot.waitUntil(lambda: not unread_templates(session.opened, list(range(30))))
    native = panel.plot
    event = QWheelEvent(
        QPointF(200, 100), QPointF(native.mapToGlobal(QPointF(200, 100))), QPoint(), QPoint(0, -360),
        Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    n_read = session.model.waveforms.n_rows_read
    QApplication.sendEvent(native, event)
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.layout_now.first == panel.bar.value() == 6
    assert list(panel.data.templates) == list(range(6, 17))
    assert session.model.waveforms.n_rows_read == n_read
    qtbot.keyClick(panel, Qt.Key.Key_PageDown)
    assert panel.layout_now.first == 16
    panel.bar.setValue(0)
    assert panel.layout_now.first == 0


def test_the_best_cluster_comes_into_sight(panel, qtbot, session):
    session.selection.select([27])
    first, stop = panel.layout_now.in_sight
    assert first <= 27 < stop
    panel.resize(260, 300)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: ready(panel))
    session.selection.select([1])
    assert panel.layout_now.first <= 1


def test_hovering_tells_cluster_spikes_amplitude_and_channel(panel, session):
    x = panel.layout_now.column(3).center[0]
    template = panel.data.templates[3]
    n_spikes = session.manager.n_spikes(3)
    assert panel.read_out(x, 100) == f"cluster 3, {n_spikes} spikes, {round(template.amplitude)} µV on channel 10"
    assert panel.read_out(2, 100) == ""


def test_a_merge_takes_columns_away_and_adds_one(panel, qtbot, session):
    session.merge([3, 5])
    qtbot.waitUntil(lambda: ready(panel) and len(panel.data.cluster_ids) == 29)
    assert panel.data.cluster_ids.tolist()[-1] == 30
    assert panel.layout_now.in_sight[1] == 29


@pytest.mark.parametrize(("size", "zoom"), [((220, 140), 2.0), ((480, 300), 0.7), ((900, 600), 1.0)])
def test_it_draws_at_every_size(panel, qtbot, size, zoom):
    panel.choose(zoom=zoom)
    panel.resize(*size)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: ready(panel))
    layout = panel.layout_now
    assert layout.tall_px <= layout.height
    assert not panel.plot.grab().isNull()


def test_a_picture_can_be_saved(panel, tmp_path):
    panel.save_picture(str(tmp_path / "templates.svg"))
    text = (tmp_path / "templates.svg").read_text()
    assert text.count("<polyline") + text.count("<path") > 30
    assert tokens("light").dim in text
    panel.save_picture(str(tmp_path / "templates.png"))
    assert (tmp_path / "templates.png").stat().st_size > 1000
    assert panel.options() == {"order": "id", "scaling": "own", "zoom": 1.0, "scheme": "grey"}


def test_without_raw_data_the_file_is_named(qtbot):
    with light_session(with_raw=False) as session:
        panel = TemplatesPanel(session)
        qtbot.addWidget(panel)
        panel.show()
        qtbot.waitUntil(lambda: not panel.stack.shows_picture and "memory.dat" in panel.stack.page.text)


def test_the_layout_ends_with_the_last_column(panel):
    layout = panel.layout_of(QSize(480, 300), 30, panel.theme)
    panel.scroll_to(500)
    assert panel.layout_now.first == 30 - layout.n_whole
