"""The waveform view: channels on the probe, the best cluster on top."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.widgets.theme import TICK_PX
from napari_phy.widgets.waveforms_panel import WaveformsPanel


def staggered(n=8):
    return np.column_stack([np.where(np.arange(n) % 2, -15.0, 15.0), 20.0 * np.arange(n)])


@pytest.fixture
def session():
    made = light_session(n_clusters=5, n_spikes=1500, n_channels=8, positions=staggered())
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = WaveformsPanel(session)
    qtbot.addWidget(made)
    made.resize(420, 500)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request.clusters == panel.clusters


def test_only_channels_that_take_part_are_shown(panel):
    shown = panel._channels
    masks = panel.data.mean_masks
    assert 0 < len(shown) < 8
    assert (masks[:, shown].max(axis=0) > 0.5).all()
    assert len(panel.boxes.left) == len(shown)


def test_channels_sit_as_on_the_probe(panel):
    positions = panel.data.positions[panel._channels]
    boxes = panel.boxes
    for one in range(len(positions)):
        for other in range(len(positions)):
            if positions[one, 0] < positions[other, 0]:
                assert boxes.left[one] < boxes.left[other]
            if positions[one, 1] > positions[other, 1]:
                assert boxes.center_y[one] < boxes.center_y[other]


def test_every_mean_stays_inside_the_canvas_and_clear_of_the_scale_bar(panel):
    canvas = QRectF(panel.canvas.rect())
    bars = QRectF(canvas.right() - 60, canvas.bottom() - 62, 60, 62)
    for cluster in range(2):
        for place, channel in enumerate(panel._channels):
            if panel.boxes.takes_part[cluster, place]:
                line = panel.boxes.line(place, panel.data.means[cluster, :, channel])
                assert all(canvas.contains(QPointF(x, y)) for x, y in line)
                assert not any(bars.contains(QPointF(x, y)) for x, y in line)


def pixel(panel, x, y):
    image = panel.grab().toImage()
    scale = image.width() / panel.width()
    corner = panel.canvas.mapTo(panel, QPoint(0, 0))
    return image.pixelColor(round((corner.x() + x) * scale), round((corner.y() + y) * scale))


def close_to(color, wanted, tolerance=40):
    return np.abs(np.array(color.getRgb()[:3]) - QColor(wanted).getRgb()[:3]).max() <= tolerance


def test_the_mean_of_the_best_cluster_lies_on_top_in_its_colour(panel):
    best = int(np.argmax(np.ptp(panel.data.means[0], axis=0)))
    place = panel._channels.tolist().index(best)
    line = panel.boxes.line(place, panel.data.means[0, :, best])
    x, y = line[int(np.argmax(line[:, 1]))]
    assert close_to(pixel(panel, x, y - 0.5), panel.color_of(0))


def test_mean_or_spikes_can_be_left_out(panel, qtbot):
    n_both = panel._lines._n_marks
    assert n_both > 0
    panel.set_show("mean")
    assert panel._lines._n_marks == 0
    assert panel.header.drop_downs[0].text() == "Mean ▾"
    panel.set_show("spikes")
    assert panel._lines._n_marks == n_both


def test_channels_can_be_put_in_one_column(panel):
    panel.set_layout("stacked")
    assert len(set(panel.boxes.left.tolist())) == 1
    assert panel.header.drop_downs[1].text() == "One column ▾"
    distances = np.diff(np.sort(panel.boxes.center_y))
    assert distances == pytest.approx(distances[0])


def test_the_wheel_makes_waveforms_taller_and_a_double_click_resets(panel, qtbot):
    native, before = panel.canvas.native, panel.boxes.px_per_unit
    position = QPointF(100, 100)
    event = QWheelEvent(
        position, QPointF(native.mapToGlobal(position)), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(native, event)
    assert panel.boxes.px_per_unit == pytest.approx(before * 1.2**2)
    qtbot.mouseDClick(native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(50, 50))
    assert panel.boxes.px_per_unit == pytest.approx(before)


def test_hovering_tells_channel_time_and_voltage(panel):
    boxes, data = panel.boxes, panel.data
    place = 1
    x, y = boxes.left[place], boxes.center_y[place] + 50 * boxes.px_per_unit
    channel, time, voltage = panel.read_out(x, boxes.center_y[place]).split(", ")
    assert channel == f"channel {data.channel_ids[panel._channels[place]]}"
    assert time == f"{data.times_ms[0]:.2f} ms".replace("-", "\u2212")
    assert voltage == "0 µV"
    if boxes.at(x, y) == place:
        assert panel.read_out(x, y).endswith("\u221250 µV")
    assert panel.read_out(-10, -10) == ""


@pytest.mark.parametrize("size", [(220, 200), (260, 240), (410, 360), (900, 300)])
def test_it_draws_at_every_size(panel, qtbot, size):
    panel.resize(*size)
    QApplication.processEvents()
    assert np.isfinite(panel.boxes.center_y).all()
    assert (panel.boxes.left >= 0).all()
    assert (panel.boxes.left + panel.boxes.x[-1] <= panel.canvas.width()).all()


def test_without_raw_data_the_file_is_named_and_can_be_located(qtbot):
    session = light_session(with_raw=False)
    panel = WaveformsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    session.selection.select([1])
    qtbot.waitUntil(lambda: not panel.stack.shows_picture and "memory.dat" in panel.stack.page.text)
    (locate,) = panel.stack.page.buttons
    assert locate.text() == "Locate raw data…"
    with qtbot.waitSignal(panel.locate_requested):
        locate.click()


def shown(qtbot, session, clusters, size=(420, 500)):
    """Return a panel that shows some clusters."""
    panel = WaveformsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.show()
    session.selection.select(clusters)
    qtbot.waitUntil(lambda: ready(panel))
    return panel


@pytest.mark.parametrize("n_channels", [12, 96, 384])
def test_channel_numbers_do_not_touch(qtbot, n_channels):
    with light_session(n_clusters=3, n_spikes=60, n_channels=n_channels, positions=staggered(n_channels)) as session:
        session.model.masks._rows = np.ones((60, n_channels), np.float32)
        panel = shown(qtbot, session, [1])
        boxes, height = panel.boxes, panel.theme.metrics(TICK_PX).height()
        numbered = boxes.spaced(panel.theme.px(12))
        for left in np.unique(boxes.left):
            centers = boxes.center_y[numbered][boxes.left[numbered] == left]
            assert np.abs(np.diff(centers)).min(initial=height) >= height - 2
        widest = max(panel.theme.text_width(str(c), TICK_PX) for c in panel.data.channel_ids)
        assert boxes.left.min() - widest - 4 >= 0
        if n_channels == 12:
            assert len(numbered) == 12


def test_spikes_stay_out_of_the_margin_of_the_scale_bar(panel):
    panel.scale_by(50)
    bottom = round(panel.area.bottom()) + panel.theme.px(8)
    image = panel.canvas.grab().toImage()
    free = [image.pixelColor(x, y).name() for y in range(bottom + 2, image.height()) for x in range(0, 200, 3)]
    assert set(free) == {panel.theme.view}


def test_a_flat_waveform_has_a_sane_scale_bar(qtbot):
    with light_session(n_clusters=2, n_spikes=40) as session:
        session.model.waveforms._rows = np.zeros(session.model.waveforms.shape, np.float32)
        panel = shown(qtbot, session, [0])
        assert 1e-2 < panel.boxes.px_per_unit < 100
        assert np.ptp(panel.boxes.line(0, panel.data.means[0, :, 0])[:, 1]) == 0


def test_clusters_past_the_end_of_the_raw_data_are_told_of(qtbot):
    with light_session(n_clusters=3, n_spikes=90) as session:
        last = session.manager.spikes(2)
        session.model.waveforms.with_data = lambda ids: np.setdiff1d(ids, last)
        panel = shown(qtbot, session, [1, 2])
        assert panel.stack.caption.text().endswith("; 2 lies past the end of the raw data")
        before = panel.canvas.grab().toImage()
        session.selection.select([2])
        qtbot.waitUntil(lambda: ready(panel) and panel.data.n_shown == 0)
        assert panel._zero._n_marks == panel._lines._n_marks == 0
        assert panel.stack.caption.text().startswith("0 of ")
        image = panel.canvas.grab().toImage()
        assert image != before
