"""The waveform view: channels on the probe, the best cluster on top."""

import numpy as np
import pytest
from napari.settings import get_settings
from qtpy.QtCore import QPoint, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QImage, QWheelEvent
from qtpy.QtWidgets import QApplication
from support import CountedRows
from widgets.light_session import light_session

from napari_phy.core.colors import selection_color
from napari_phy.stats.lasso import points_in_polygon
from napari_phy.table.cluster_channels import cluster_channels
from napari_phy.table.numbers import format_number
from napari_phy.views.waveform_boxes import Scale
from napari_phy.widgets.base.theme import TICK_PX
from napari_phy.widgets.docks.waveforms_panel import WaveformsPanel


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
    shown = panel.data.channels.tolist()
    of_clusters = cluster_channels(panel.session, panel.clusters).values()
    assert 0 < len(shown) < 8
    assert shown == sorted(set(np.concatenate(list(of_clusters)).tolist()))
    assert len(panel.boxes.left) == len(shown)


def test_how_many_spikes_are_read_and_drawn_is_chosen(panel, qtbot):
    panel.setting_controls.actions["n_spikes"][20].trigger()
    qtbot.waitUntil(lambda: panel.data.request == panel.make_request())
    assert (panel.data.n_read, panel.data.n_shown) == (40, 40)
    assert panel.options()["n_spikes"] == 20
    panel.choose(n_spikes=None)
    assert panel.make_request().n_per_cluster == panel.session.settings.value("waveforms_per_cluster")


def test_nearly_all_single_spikes_are_within_the_picture_and_an_artefact_does_not_flatten_it(qtbot):
    session = light_session(n_clusters=2, n_spikes=400, n_channels=3, positions=staggered(3))
    waveforms = session.model.waveforms[np.arange(400)]
    noisy = waveforms + np.random.default_rng(0).normal(0, 120, waveforms.shape)  # as large as the means
    noisy[::67] *= 40
    session.model.waveforms = CountedRows(noisy.astype(np.float32))
    panel = WaveformsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(420, 500)
    panel.show()
    qtbot.waitExposed(panel)
    session.selection.select([0, 1])
    qtbot.waitUntil(lambda: ready(panel))
    y = panel.canvas._singles.px[..., 1]
    area = panel.canvas.area
    whole = (y >= area.top - 1).all(axis=1) & (y <= area.bottom + 1).all(axis=1)
    assert 0.95 < whole.mean() < 1
    with_singles = panel.boxes.px_per_unit
    panel.choose(kind="mean")
    assert with_singles < panel.boxes.px_per_unit < 4 * with_singles
    session.close()


def test_channels_sit_as_on_the_probe(panel):
    positions = panel.data.positions[panel.data.channels]
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
        for box in range(len(panel.boxes.left)):
            if panel.boxes.takes_part[cluster, box]:
                line = panel.boxes.line(box, panel.data.means[cluster, :, box], cluster)
                assert all(canvas.contains(QPointF(x, y)) for x, y in line)
                assert not any(bars.contains(QPointF(x, y)) for x, y in line)


def pixel(panel, x, y):
    image = panel.grab().toImage()
    scale = image.width() / panel.width()
    corner = panel.canvas.mapTo(panel, QPoint(0, 0))
    return image.pixelColor(round((corner.x() + x) * scale), round((corner.y() + y) * scale))


def passes(panel, x, y, color):
    """Return whether a line of a colour passes a place."""
    return any(close_to(pixel(panel, x + dx, y + dy), color) for dx in (-1, 0, 1) for dy in (-1, 0, 1))


def close_to(color, wanted, tolerance=40):
    return np.abs(np.array(color.getRgb()[:3]) - QColor(wanted).getRgb()[:3]).max() <= tolerance


def test_the_mean_of_the_best_cluster_lies_on_top_in_its_colour(panel):
    x, y = trough(panel, 0)
    assert close_to(pixel(panel, x, y - 0.5), panel.color_of(0))


def trough(panel, cluster, among=(0,)):
    """Return where the mean of a cluster is lowest, on the channel where those `among` all take part."""
    heights = np.ptp(panel.data.means[cluster], axis=0)
    box = int(np.argmax(heights * panel.boxes.takes_part[list(among)].all(axis=0)))
    line = panel.boxes.line(box, panel.data.means[cluster, :, box], cluster)
    return line[int(np.argmax(line[:, 1]))]


def test_mean_or_spikes_can_be_left_out(panel, qtbot):
    lines = panel.canvas._lines
    n_both = lines._n_marks
    assert n_both > 0
    panel.choose(kind="mean")
    assert lines._n_marks == 0
    assert panel.header.drop_downs[0].text() == "Mean ▾"
    n_total = panel.data.n_total
    assert panel.stack.caption.text() == f"mean of 200 of {n_total} spikes"
    panel.choose(kind="spikes")
    assert lines._n_marks == n_both
    assert panel.stack.caption.text() == panel.data.caption


def test_channels_can_be_put_in_one_column(panel):
    panel.choose(arrangement="stacked")
    assert len(set(panel.boxes.left.tolist())) == 1
    assert panel.header.drop_downs[1].text() == "One column ▾"
    distances = np.diff(np.sort(panel.boxes.center_y))
    assert distances == pytest.approx(distances[0])


def test_the_wheel_makes_waveforms_taller_and_a_double_click_resets(panel, qtbot):
    before = panel.boxes.px_per_unit
    wheel(panel, QPointF(100, 100), 2)
    assert panel.boxes.px_per_unit == pytest.approx(before * 1.2**2)
    wheel(panel, QPointF(100, 100), 1, CTRL)
    assert panel.boxes.px_per_unit == pytest.approx(before * 1.2**3)
    qtbot.mouseDClick(panel.canvas.native, LEFT, NONE, QPoint(50, 50))
    assert panel.boxes.px_per_unit == pytest.approx(before)


LEFT = Qt.MouseButton.LeftButton
NONE, CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip


def wheel(panel, position, notches, modifiers=NONE):
    """Turn the wheel; with Alt, Qt tells of a turn sideways."""
    delta = QPoint(120 * notches, 0) if modifiers == ALT else QPoint(0, 120 * notches)
    native = panel.canvas.native
    event = QWheelEvent(
        position, QPointF(native.mapToGlobal(position)), QPoint(), delta, Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(native, event)


@pytest.mark.parametrize("modifiers", [SHIFT, ALT])
def test_the_wheel_moves_channels_apart_and_what_is_under_the_mouse_stays(panel, modifiers):
    boxes = panel.boxes
    middle = boxes.left + boxes.width / 2
    position = QPointF(middle[1], boxes.center_y[1])
    wheel(panel, position, 3, modifiers)
    factors = (1.2**3, 1.0) if modifiers == ALT else (1.0, 1.2**3)
    after = panel.boxes
    assert after.left - after.left[1] == pytest.approx((boxes.left - boxes.left[1]) * factors[0])
    assert after.center_y - after.center_y[1] == pytest.approx((boxes.center_y - boxes.center_y[1]) * factors[1])
    assert (after.left + after.width / 2)[1] == pytest.approx(position.x())
    assert after.center_y[1] == pytest.approx(position.y())
    assert (after.px_per_unit, after.width) == (pytest.approx(boxes.px_per_unit), pytest.approx(boxes.width))


@pytest.mark.parametrize(
    ("key", "modifiers", "part"),
    [("Up", CTRL, "voltage"), ("Right", CTRL, "width"), ("Right", SHIFT, "across"), ("Up", SHIFT, "along")],
)
def test_keys_stretch_and_their_counterparts_take_that_back(panel, qtbot, key, modifiers, part):
    back = {"Up": Qt.Key.Key_Down, "Right": Qt.Key.Key_Left}[key]
    qtbot.keyClick(panel, getattr(Qt.Key, f"Key_{key}"), modifiers)
    assert panel.look.scale == Scale(**{part: 1.2})
    qtbot.keyClick(panel, back, modifiers)
    assert getattr(panel.look.scale, part) == pytest.approx(1.0)


def test_dragging_moves_everything_and_a_double_click_takes_it_back(panel, qtbot):
    left, top = panel.boxes.left.copy(), panel.boxes.center_y.copy()
    native = panel.canvas.native
    qtbot.mousePress(native, LEFT, NONE, QPoint(100, 100))
    qtbot.mouseMove(native, QPoint(120, 110))
    qtbot.mouseMove(native, QPoint(150, 80))
    qtbot.mouseRelease(native, LEFT, NONE, QPoint(150, 80))
    assert panel.boxes.left == pytest.approx(left + 50)
    assert panel.boxes.center_y == pytest.approx(top - 20)
    assert not len(panel.session.selection.spikes)
    qtbot.mouseDClick(native, LEFT, NONE, QPoint(50, 50))
    assert panel.boxes.left == pytest.approx(left)


def test_clusters_side_by_side_do_not_overlap(panel):
    whole = panel.boxes.width
    panel.choose(side_by_side=True)
    boxes = panel.boxes
    assert boxes.lanes.tolist() == [0, pytest.approx(boxes.x[-1] + 4)]
    assert boxes.width == pytest.approx(whole)
    singles = panel.canvas._singles
    lanes = panel.data.places[singles.rows]
    start = boxes.left[singles.boxes] + boxes.lanes[lanes]
    assert singles.px[:, 0, 0] == pytest.approx(start, abs=1e-3)
    assert singles.px[:, -1, 0] == pytest.approx(start + boxes.x[-1], abs=1e-3)
    x, y = trough(panel, 1)
    assert close_to(pixel(panel, x, y - 0.5), panel.color_of(1))
    assert panel.options() == {"kind": "both", "arrangement": "probe", "side_by_side": True, "n_spikes": None}


def test_a_band_is_as_wide_as_the_waveforms_scatter(panel):
    panel.choose(kind="band")
    panel.scale_by(4)
    boxes, data = panel.boxes, panel.data
    box = int(np.argmax(boxes.takes_part[0]))
    column = box
    sample = 3
    x, y = boxes.line(box, data.means[0, :, column])[sample]
    reach = data.stds[0, sample, column] * boxes.px_per_unit
    assert reach > 6
    behind = pixel(panel, x, y - 1.3 * reach)
    panel.show_as(front=1)
    inside = pixel(panel, x, y - 0.7 * reach)
    assert QColor(inside) != QColor(behind)


def test_a_density_is_strongest_where_most_waveforms_pass(panel, qtbot):
    panel.session.selection.select([1])
    panel.choose(kind="density")
    qtbot.waitUntil(lambda: ready(panel) and panel.data.density is not None)
    assert panel.canvas._lines._n_marks == 0
    assert panel.stack.caption.text().startswith("density of ")
    data, boxes = panel.data, panel.boxes
    box = int(np.argmax(boxes.takes_part[0] * np.ptp(data.means[0], axis=0)))
    counts = data.density.counts[0, box]
    column = counts.shape[1] // 2
    step = (data.density.high - data.density.low) / counts.shape[0]

    def place_of(row):
        voltage = data.density.high - (row + 0.5) * step
        return boxes.left[box] + boxes.x[-1] / 2, boxes.center_y[box] - voltage * boxes.px_per_unit

    def strength(color):
        view, full = QColor(panel.theme.view), QColor(panel.color_of(0))
        return (
            np.abs(np.subtract(color.getRgb(), view.getRgb())).sum()
            / np.abs(np.subtract(full.getRgb(), view.getRgb())).sum()
        )

    most = int(np.argmax(counts[:, column]))
    assert strength(pixel(panel, *place_of(most))) > 0.4
    around = counts[:, column - 8 : column + 9].sum(axis=1)
    empty = next(row for row in range(6, len(around) - 6) if not around[row - 6 : row + 7].any())
    assert strength(pixel(panel, *place_of(empty))) < 0.1


def test_a_click_on_a_chip_brings_its_cluster_to_the_front(panel, qtbot):
    panel.choose(kind="mean")
    x, y = trough(panel, 1, among=(0, 1))
    legend = panel.stack.legend
    second = QPoint(next(x for x in range(legend.width()) if legend.entry_at(x) == 1) + 3, 12)
    qtbot.mouseClick(legend, LEFT, NONE, second)
    assert panel.look.front == 2
    assert panel.canvas.order == [0, 1]
    assert close_to(pixel(panel, x, y - 0.5), panel.color_of(1))


def a_point_on(panel, spike_row):
    """Return a pixel that only the waveform of one spike passes."""
    singles = panel.canvas._singles
    for line in np.flatnonzero(singles.rows == spike_row):
        for x, y in singles.px[line]:
            if panel.canvas.spike_at(float(round(x)), float(round(y))) == spike_row:
                return QPoint(round(x), round(y))
    return None


def test_a_click_on_a_waveform_selects_its_spike_which_is_drawn_in_front(panel, qtbot):
    panel.choose(kind="spikes")
    row, point = next((row, a_point_on(panel, row)) for row in range(200) if a_point_on(panel, row) is not None)
    spike = int(panel.data.spike_ids[row])
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, point)
    assert panel.session.selection.spikes.tolist() == [spike]
    assert panel.session.time.time_s == pytest.approx(panel.session.model.spike_times[spike])
    qtbot.waitUntil(lambda: not panel.busy and panel.data.highlighted.spike_ids.tolist() == [spike])
    line = panel.canvas._highlighted[0]
    assert passes(panel, *line[len(line) // 2], panel.theme.text)
    for expected in ([], [spike]):
        qtbot.mouseClick(panel.canvas.native, LEFT, CTRL, point)
        assert panel.session.selection.spikes.tolist() == expected
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not len(panel.session.selection.spikes)
    qtbot.waitUntil(lambda: not panel.busy and not len(panel.data.highlighted.spike_ids))


def test_a_spike_selected_elsewhere_is_drawn_even_if_it_is_none_of_the_sample(panel, qtbot, session):
    other = int(np.setdiff1d(session.manager.spikes(2), panel.data.spike_ids)[0])
    session.selection.select_spikes([other])
    qtbot.waitUntil(lambda: not panel.busy and panel.data.highlighted.spike_ids.tolist() == [other])
    part = panel.boxes.takes_part[1] & (session.model.masks[np.array([other])][0][panel.data.channels] > 0)
    assert len(panel.canvas._highlighted) == part.sum() > 0
    assert passes(panel, *panel.canvas._highlighted[0][12], panel.theme.text)


def test_shift_click_on_a_channel_shows_it_in_features(panel, qtbot, session):
    session.selection.select_spikes([3])
    box = 2
    point = QPoint(round(panel.boxes.left[box] + 20), round(panel.boxes.center_y[box]))
    qtbot.mouseClick(panel.canvas.native, LEFT, SHIFT, point)
    assert session.channel.chosen == panel.canvas.chosen_channel == panel.data.channels[box]
    assert session.selection.spikes.tolist() == [3]
    assert not len(panel.lasso)


def drag(qtbot, panel, points, modifiers=CTRL):
    native = panel.canvas.native
    qtbot.mousePress(native, LEFT, modifiers, points[0])
    for point in points[1:]:
        qtbot.mouseMove(native, point)
    qtbot.mouseRelease(native, LEFT, modifiers, points[-1])


def trough_box(panel, x_ms, low, high):
    """Return the corners in px of a rectangle of ms and voltage on the best channel of the first cluster."""
    heights = np.ptp(panel.data.means[0], axis=0) * panel.boxes.takes_part[0]
    box = int(np.argmax(heights))
    frame = panel.boxes.frame(box, 0, panel.data.times_ms, panel.canvas.extent)
    corners = [(x_ms[0], low), (x_ms[1], low), (x_ms[1], high), (x_ms[0], high)]
    return box, [QPoint(round(x), round(y)) for x, y in frame.to_px(corners)]


def test_a_lasso_on_a_channel_finds_all_spikes_whose_waveform_passes(panel, qtbot, session):
    channel_means = panel.data.means[0].min(axis=0)
    deepest = float(channel_means.min())
    box, points = trough_box(panel, (-0.06, 0.06), deepest * 1.2, deepest)
    drag(qtbot, panel, points)
    qtbot.waitUntil(lambda: len(session.selection.spikes) > 0)
    channel = panel.data.channels[box]
    assert panel.lasso_channel == channel
    spikes = np.sort(np.concatenate([session.manager.spikes(1), session.manager.spikes(2)]))
    waveforms = session.model.waveforms._rows[spikes, :, channel]
    polygon = panel.lasso.polygon
    x = np.linspace(-0.06, 0.06, 400)
    fine = np.array([np.interp(x, panel.data.times_ms, waveform) for waveform in waveforms])
    inside = [points_in_polygon(np.column_stack([x, line]), polygon).any() for line in fine]
    assert session.selection.spikes.tolist() == spikes[inside].tolist()
    assert len(session.selection.spikes) > np.isin(session.selection.spikes, panel.data.spike_ids).sum()
    n_drawn = np.isin(panel.data.spike_ids, session.selection.spikes).sum()
    n_inside = len(session.selection.spikes)
    assert panel.lasso.tag == f"{n_inside} spikes inside, {n_drawn} of them drawn  ·  K splits"
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not len(panel.lasso)
    assert not len(session.selection.spikes)


def test_side_by_side_a_lasso_acts_on_the_cluster_it_is_drawn_on(panel, qtbot, session):
    panel.choose(side_by_side=True)
    _, points = trough_box(panel, (-0.4, 0.4), -150, 50)
    drag(qtbot, panel, points)
    qtbot.waitUntil(lambda: len(session.selection.spikes) > 0)
    assert set(session.manager.clusters_of(session.selection.spikes)) == {1}
    session.selection.select([3])
    assert not len(panel.lasso)


@pytest.mark.parametrize("is_deselected", [False, True])
def test_a_lasso_ends_with_the_clusters_that_it_was_begun_on(panel, qtbot, session, caplog, is_deselected):
    _, points = trough_box(panel, (-0.4, 0.4), -150, 50)
    native = panel.canvas.native
    qtbot.mousePress(native, LEFT, CTRL, points[0])
    qtbot.mouseMove(native, points[1])
    assert panel.lasso.drawing
    if is_deselected:
        session.selection.select([])
    else:
        session.merge([1, 2])
    qtbot.mouseMove(native, points[2])
    qtbot.mouseRelease(native, LEFT, CTRL, points[3])
    assert not len(panel.lasso)
    assert not caplog.records


def test_the_lasso_can_be_drawn_without_ctrl_after_its_menu_entry(panel, qtbot, session):
    panel._lasso_action.trigger()
    _, points = trough_box(panel, (-0.4, 0.4), -150, 50)
    drag(qtbot, panel, points, NONE)
    qtbot.waitUntil(lambda: len(session.selection.spikes) > 0)
    assert not panel._lasso_action.isChecked()


def test_hovering_tells_channel_time_and_voltage(panel):
    boxes, data = panel.boxes, panel.data
    box = 1
    x, y = boxes.left[box], boxes.center_y[box] + 50 * boxes.px_per_unit
    channel, time, voltage = panel.canvas.read_out(x, boxes.center_y[box]).split(", ")[-3:]
    assert channel == f"channel {data.channel_ids[data.channels[box]]}"
    assert time == f"{data.times_ms[0]:.2f} ms".replace("-", "\u2212")
    assert voltage == "0 µV"
    if boxes.at(x, y) == box:
        assert panel.canvas.read_out(x, y).endswith("\u221250 µV")
    assert panel.canvas.read_out(-10, -10) == ""
    row, point = next((row, a_point_on(panel, row)) for row in range(200) if a_point_on(panel, row) is not None)
    cluster = data.request.clusters[data.places[row]]
    spike = format_number(data.spike_ids[row])
    assert panel.canvas.read_out(point.x(), point.y()).startswith(f"cluster {cluster}, spike {spike}, channel ")


@pytest.mark.parametrize("size", [(220, 200), (900, 300)])
def test_it_draws_at_every_size(panel, qtbot, size):
    panel.resize(*size)
    QApplication.processEvents()
    assert np.isfinite(panel.boxes.center_y).all()
    assert (panel.boxes.left >= 0).all()
    assert (panel.boxes.left + panel.boxes.x[-1] <= panel.canvas.width()).all()


@pytest.mark.parametrize("size", [(220, 120), (220, 160), (480, 140), (220, 300)])
def test_with_large_type_it_draws_in_a_low_dock_and_scale_bars_leave_room(qtbot, session, monkeypatch, size):
    monkeypatch.setattr(get_settings().appearance, "font_size", 16)
    panel = shown(qtbot, session, [1, 2], size)
    panel.canvas.grab()
    assert panel.boxes.px_per_unit > 0
    canvas, area = panel.canvas, panel.canvas.area
    assert area.bottom <= max(canvas.height(), area.top + 1)
    if canvas.height() > 40:
        assert area.height > 0.3 * canvas.height()


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


@pytest.mark.parametrize("n_channels", [12, 384])
def test_channel_numbers_do_not_touch(qtbot, n_channels):
    everywhere = {"positions": staggered(n_channels), "masks": np.ones((60, n_channels))}
    with light_session(n_clusters=3, n_spikes=60, n_channels=n_channels, **everywhere) as session:
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
    bottom = round(panel.canvas.area.bottom) + panel.theme.px(8)
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
        assert panel.data.channels.tolist() == sorted(cluster_channels(session, [1])[1].tolist())
        assert not panel.boxes.takes_part[1].any()
        before = panel.canvas.grab().toImage()
        session.selection.select([2])
        qtbot.waitUntil(lambda: ready(panel) and panel.data.n_shown == 0)
        assert panel.canvas._zero._n_marks == panel.canvas._lines._n_marks == 0
        assert panel.stack.caption.text().startswith("0 of ")
        image = panel.canvas.grab().toImage()
        assert image != before


@pytest.mark.parametrize("kind", ["both", "band", "density"])
def test_an_svg_holds_what_is_seen_in_the_colours_for_paper(panel, qtbot, tmp_path, kind):
    panel.choose(kind=kind)
    qtbot.waitUntil(lambda: ready(panel) and (kind != "density" or panel.data.density is not None))
    path = tmp_path / "waveforms.svg"
    panel.save_picture(str(path))
    text = path.read_text()
    light = [selection_color(place, dark=False) for place in (0, 1)]
    assert light[0] != panel.color_of(0)
    if kind == "density":
        n_drawn = int(panel.boxes.takes_part.sum())
        assert text.count("<image") == n_drawn
    else:
        assert all(color in text for color in light)
        n_singles = len(panel.canvas._singles.px) if kind == "both" else 0
        assert text.count("<polyline") >= n_singles + panel.boxes.takes_part.sum()
    for number in panel.data.channel_ids[panel.data.channels]:
        assert f">{number}<" in text
    panel.save_picture(str(tmp_path / "waveforms.png"))
    assert (tmp_path / "waveforms.png").stat().st_size > 1000


def test_clusters_without_spikes_in_the_times_that_are_used_are_told_of(panel, qtbot, session):
    times = session.model.spike_times
    gap = int(np.argmax(np.diff(times)))
    session.time.set_range(times[gap] + 1e-3, times[gap + 1] - 1e-3)
    qtbot.waitUntil(lambda: ready(panel) and panel.data.n_total == 0)
    assert panel.stack.caption.text().endswith(" s: 0 spikes; 1 and 2 have no spikes in these times")
    assert panel.boxes is None
    session.time.clear_range()
    qtbot.waitUntil(lambda: ready(panel) and panel.data.n_total > 0)
    assert panel.stack.caption.text() == panel.data.caption


@pytest.mark.parametrize("with_others", [False, True])
def test_waveforms_of_spikes_in_a_lasso_elsewhere_stand_out(panel, qtbot, session, with_others):
    """More than are lit one by one: every other spike that is drawn, and maybe many that are not."""
    panel.choose(kind="spikes")
    drawn = panel.data.spike_ids[::2]
    others = np.setdiff1d(np.concatenate([session.manager.spikes(1), session.manager.spikes(2)]), panel.data.spike_ids)
    strength = ink(panel)
    session.selection.select_spikes(np.concatenate([drawn, others]) if with_others else drawn)
    qtbot.waitUntil(lambda: ready(panel))
    assert not len(panel.data.highlighted.spike_ids)
    rows = panel.canvas._singles.rows
    is_selected = np.isin(panel.data.spike_ids[rows], drawn)
    assert 0 < is_selected.sum() < len(rows)
    assert not np.diff(is_selected.astype(int)).min() < 0  # they are drawn last
    assert ink(panel) > 1.5 * strength
    session.selection.select_spikes(np.empty(0, np.int64))
    qtbot.waitUntil(lambda: ready(panel))
    assert ink(panel) == pytest.approx(strength, rel=0.01)


def ink(panel):
    """Return how much the waveforms differ from the background."""
    image = panel.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    corner, size = panel.canvas.mapTo(panel, QPoint(0, 0)), QRectF(*panel.canvas.area).size().toSize()
    pixels = np.frombuffer(image.constBits().asarray(image.sizeInBytes()), np.uint8)
    pixels = pixels.reshape(image.height(), -1, 4)[corner.y() : corner.y() + size.height(), : size.width(), :3]
    background = np.array(QColor(panel.theme.view).getRgb()[2::-1])
    return np.abs(pixels.astype(int) - background).sum()


def test_the_more_spikes_are_selected_the_less_each_stands_out(panel, qtbot, session):
    alphas = []
    for n_spikes in (1, 20, 40, 80):
        session.selection.select_spikes(np.sort(panel.data.spike_ids[:n_spikes]))
        qtbot.waitUntil(lambda: ready(panel))
        alphas.append(panel.canvas._selected_alpha)
    assert alphas == [0.8, 0.8, 0.75, 0.375]
