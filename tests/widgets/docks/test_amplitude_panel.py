"""The amplitude view, worked by mouse and key like a person would."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import QApplication
from stats.quality_data import unsteady
from widgets.docks.test_features_panel import CTRL, LEFT, NONE, around_all, draw_lasso, wheel
from widgets.light_session import light_session

from napari_phy.core.errors import ClusteringError
from napari_phy.views import amplitudes
from napari_phy.widgets.docks import amplitude_panel
from napari_phy.widgets.docks.amplitude_panel import AmplitudePanel, paint_valid
from napari_phy.widgets.plots import lasso_tool


@pytest.fixture
def session():
    made = light_session(n_clusters=5, n_spikes=1000)
    yield made
    made.close()


def shown(qtbot, session):
    made = AmplitudePanel(session)
    qtbot.addWidget(made)
    made.resize(550, 480)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(made))
    return made


@pytest.fixture
def panel(qtbot, session):
    return shown(qtbot, session)


def ready(panel):
    data = panel.data
    return not panel.busy and data is not None and data.request == panel.make_request()


def alone(panel, place):
    """Return (index, pixel) of a dot of a cluster with no other dot beside it."""
    data = panel.data
    px = panel.frame.to_px(np.column_stack([data.x, data.y]))
    for index in np.flatnonzero(data.places == place):
        if np.sum(np.hypot(*(px - px[index]).T) < 9) == 1 and panel.frame.contains(*px[index]):
            return int(index), QPoint(*np.rint(px[index]).astype(int).tolist())
    raise AssertionError("every dot has neighbours")


def nowhere(panel):
    """Return a pixel of the plot with no dot around."""
    data, frame = panel.data, panel.frame
    px = frame.to_px(np.column_stack([data.x, data.y]))
    for x in range(round(frame.left) + 20, round(frame.left + frame.width) - 20, 7):
        for y in range(round(frame.top) + 20, round(frame.top + frame.height) - 20, 7):
            if np.hypot(*(px - [x, y]).T).min() > 12:
                return QPoint(x, y)
    raise AssertionError("dots are everywhere")


def test_dots_are_drawn_in_the_colours_of_their_places(panel):
    QApplication.processEvents()
    image = panel.canvas.native.grabFramebuffer()
    scale = image.width() / panel.canvas.native.width()
    view = np.array(QColor(panel.theme.view).getRgb()[:3])
    for place in (0, 1):
        _, spot = alone(panel, place)
        wanted = np.array(QColor(panel.color_of(place)).getRgb()[:3]) * 0.75 + view * 0.25
        found = image.pixelColor(round(spot.x() * scale), round(spot.y() * scale)).getRgb()[:3]
        assert found == pytest.approx(wanted, abs=14)


def test_the_histogram_is_at_the_right_in_the_colours_of_the_clusters(panel, session, qtbot):
    session.selection.select([1])
    qtbot.waitUntil(lambda: ready(panel))
    data, frame = panel.data, panel.frame
    image = panel.canvas.overlay.grab().toImage()
    fullest = int(np.argmax(data.histogram[0]))
    y = frame.to_px([[0, (fullest + 0.5) * data.bin_width]])[0, 1]
    scale = image.width() / panel.canvas.overlay.width()
    x = frame.left + frame.width + 12
    found = np.array(image.pixelColor(round(x * scale), round(y * scale)).getRgb()[:3])
    color, view = (np.array(QColor(c).getRgb()[:3]) for c in (panel.color_of(0), panel.theme.view))
    assert found == pytest.approx(color * 0.6 + view * 0.4, abs=6)
    assert frame.width / (panel.canvas.width() - frame.left) == pytest.approx(0.84, abs=0.04)


def test_the_caption_and_the_legend_tell_what_is_drawn(panel, session):
    n_total = session.manager.n_spikes(1) + session.manager.n_spikes(2)
    assert panel.stack.caption.text() == f"all {n_total} spikes"
    assert [entry.text for entry in panel.stack.legend.entries] == ["1", "2", "others"]


def test_a_click_on_a_dot_selects_its_spike_and_goes_there(panel, session, qtbot):
    index, spot = alone(panel, 0)
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, spot)
    spike = int(panel.data.spike_ids[index])
    assert session.selection.spikes.tolist() == [spike]
    assert session.selection.clusters == (1, 2)
    assert session.time.time_s == pytest.approx(session.model.spike_times[spike])
    assert panel.highlighted.points == pytest.approx(np.array([[panel.data.x[index], panel.data.y[index]]]))


def test_a_click_beside_the_dots_goes_to_that_moment(panel, session, qtbot):
    spot = nowhere(panel)
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, spot)
    assert len(session.selection.spikes) == 0
    assert session.time.time_s == pytest.approx(panel.frame.to_data([[spot.x(), spot.y()]])[0, 0])
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, QPoint(3, 3))
    assert session.time.time_s == pytest.approx(panel.frame.to_data([[spot.x(), spot.y()]])[0, 0])


def test_ctrl_click_on_a_grey_dot_adds_its_spike_and_its_cluster(panel, session, qtbot):
    index, spot = alone(panel, -1)
    spike, before = int(panel.data.spike_ids[index]), session.selection.clusters
    qtbot.mouseClick(panel.canvas.native, LEFT, CTRL, spot)
    assert session.selection.clusters == (*before, int(session.manager.clusters_of([spike])[0]))
    assert session.selection.spikes.tolist() == [spike]
    assert len(panel.lasso) == 0


def test_the_lasso_acts_on_all_spikes_of_the_selection(panel, session, qtbot, monkeypatch):
    settings = session.settings
    monkeypatch.setattr(
        type(settings), "value", lambda _, name: 10 if name == "amplitudes_per_cluster" else 50, raising=True
    )
    panel.refresh(again=True)
    qtbot.waitUntil(lambda: panel.data.n_shown == 20 and ready(panel))
    frame = panel.frame
    left, right = frame.to_px([[4.0, 0], [15.0, 0]])[:, 0]
    draw_lasso(qtbot, panel, [(left, frame.top + 1), (right, frame.top + 1), (right, 400), (left, 400)])
    low, high = panel.lasso.polygon[:, 0].min(), panel.lasso.polygon[:, 0].max()
    bottom = panel.lasso.polygon[:, 1].min()
    spikes = np.sort(np.concatenate([session.manager.spikes(1), session.manager.spikes(2)]))
    points = amplitudes.amplitude_points(session, panel.data.request, spikes)
    top = panel.lasso.polygon[:, 1].max()
    inside = (points[:, 0] >= low) & (points[:, 0] < high) & (points[:, 1] >= bottom) & (points[:, 1] < top)
    assert 100 < np.count_nonzero(inside) < len(spikes)
    assert np.array_equal(session.selection.spikes, spikes[inside])
    n_clusters = len(session.manager.cluster_ids)
    session.split(session.selection.spikes)
    assert len(session.manager.cluster_ids) == n_clusters + 1  # what was inside, and the rest of each
    assert len(panel.lasso) == 0


def test_a_lasso_that_has_to_read_raw_data_does_so_in_the_background(panel, session, qtbot, monkeypatch):
    monkeypatch.setattr(lasso_tool, "N_AT_ONCE", 10)
    draw_lasso(qtbot, panel, around_all(panel))
    assert panel.lasso.tag == "counting…"
    qtbot.waitUntil(lambda: len(session.selection.spikes) > 100)


def test_a_spike_selected_elsewhere_is_lit_though_it_is_not_drawn(panel, session, qtbot, monkeypatch):
    monkeypatch.setattr(type(session.settings), "value", lambda *_: 5, raising=True)
    panel.refresh(again=True)
    qtbot.waitUntil(lambda: panel.data.n_shown == 10 and ready(panel))
    spike = next(s for s in session.manager.spikes(1).tolist() if s not in panel.data.spike_ids)
    session.selection.select_spikes([spike])
    qtbot.waitUntil(lambda: len(panel.highlighted.points) == 1)
    wanted = amplitudes.amplitude_points(session, panel.data.request, np.array([spike]))
    assert panel.highlighted.points == pytest.approx(wanted)
    session.selection.select_spikes([])
    assert len(panel.highlighted.points) == 0


def test_a_lasso_goes_when_other_spikes_are_selected(panel, session, qtbot):
    draw_lasso(qtbot, panel, around_all(panel))
    assert panel.lasso.closed
    session.selection.select_spikes([3])
    assert len(panel.lasso) == 0
    assert session.selection.spikes.tolist() == [3]


def test_the_wheel_zooms_time_and_with_ctrl_amplitude(panel, qtbot):
    before = panel.frame
    wheel(panel, 200, 150, 3)
    zoomed = panel.frame
    assert np.ptp(zoomed.x_range) == pytest.approx(np.ptp(before.x_range) / 1.2**3)
    assert zoomed.y_range == before.y_range
    panel.canvas.mouse.scrolled.emit(panel.canvas.rect().center().toPointF(), 2.0, CTRL)
    assert panel.frame.x_range == zoomed.x_range
    assert np.ptp(panel.frame.y_range) == pytest.approx(np.ptp(before.y_range) / 1.2**2)
    qtbot.mouseDClick(panel.canvas.native, LEFT, NONE, QPoint(100, 100))
    assert panel.frame.x_range == before.x_range


def test_zoomed_in_it_follows_the_clock(panel, session):
    wheel(panel, 200, 150, 12)
    length = np.ptp(panel.frame.x_range)
    session.time.move_to(18.0)
    low, high = panel.frame.x_range
    assert low <= 18.0 <= high
    assert high - low == pytest.approx(length)


def test_what_traces_shows_is_framed(panel, session):
    before = panel.canvas.overlay.grab().toImage()
    session.time.show(5.0, 8.0)
    after = panel.canvas.overlay.grab().toImage()
    x, y = panel.frame.to_px([[5.0, 0]])[0, 0], panel.frame.top + 30
    scale = after.width() / panel.canvas.overlay.width()
    spot = (int(x * scale), round(y * scale))
    found = [after.pixelColor(spot[0] + dx, spot[1]).getRgb()[:3] for dx in (-1, 0, 1)]
    amber = np.array(QColor(panel.theme.warning).getRgb()[:3])
    assert min(np.abs(np.array(color) - amber).max() for color in found) < 90
    assert before != after


def test_the_kind_of_amplitude_can_be_chosen(panel, session, qtbot):
    assert panel.header.drop_downs[0].text() == "Peak to peak ▾"
    menu = panel.header.drop_downs[0].choices_menu
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "By feature").trigger()
    qtbot.waitUntil(lambda: panel.data.kind == "feature" and ready(panel))
    assert panel.data.y_label == "amplitude (features)"
    assert panel.header.drop_downs[0].text() == "By feature ▾"
    _, spot = alone(panel, 0)
    words = panel.read_out(spot.x(), spot.y())
    assert words.startswith("cluster 1, spike ")
    assert words.endswith(" (features)")


def test_first_some_spikes_then_all(qtbot, session, monkeypatch):
    monkeypatch.setattr(amplitudes, "N_FIRST", 15)
    monkeypatch.setattr(amplitudes, "SMALL_BYTES", 0)
    panel = AmplitudePanel(session)
    qtbot.addWidget(panel)
    drawn = []
    panel.drawn.connect(lambda: drawn.append(panel.data.n_shown))
    panel.resize(500, 400)
    panel.show()
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(panel))
    assert drawn == [30]
    assert panel.data.n_shown == panel.data.n_total
    assert panel.stack.caption.text().startswith("all ")


def test_without_raw_data_features_are_shown_and_without_both_a_sentence(qtbot):
    panel = shown(qtbot, light_session(with_raw=False))
    assert panel.data.kind == "feature"
    assert panel.header.drop_downs[0].isHidden()
    session = light_session(features=None, masks=None, with_raw=False)
    panel.set_session(session)
    session.selection.select([1])
    qtbot.waitUntil(lambda: not panel.stack.shows_picture and "memory.dat" in panel.stack.page.text)
    assert [button.text() for button in panel.stack.page.buttons] == ["Locate raw data…"]


def test_every_selected_spike_that_is_drawn_is_marked_however_many_there_are(qtbot):
    session = light_session(n_clusters=2, n_spikes=14_000)
    panel = AmplitudePanel(session)
    qtbot.addWidget(panel)
    panel.show()
    session.selection.select([1])
    qtbot.waitUntil(lambda: ready(panel))
    mine = session.manager.spikes(1)
    for n in (300, 5000, 10):
        session.selection.select_spikes(mine[np.linspace(0, len(mine) - 1, n).astype(int)])
        n_drawn = np.isin(panel.data.spike_ids, session.selection.spikes).sum()
        assert len(panel.canvas.marked) == (n_drawn if n > 200 else 0) > (0 if n > 200 else -1)
    qtbot.waitUntil(lambda: len(panel.highlighted.points) == 10)
    session.close()


def test_refractory_violations_are_marked_and_counted(qtbot):
    samples = np.arange(300) * 800
    samples[10] = samples[9] + 20
    session = light_session(n_clusters=1, n_spikes=300, spike_samples=samples)
    panel = AmplitudePanel(session)
    qtbot.addWidget(panel)
    panel.resize(550, 480)
    panel.show()
    session.selection.select([0])
    qtbot.waitUntil(lambda: ready(panel))
    panel.header.more_menu.aboutToShow.emit()
    entry = next(a for a in panel.header.more_menu.actions() if a.text() == "Mark refractory violations")
    entry.trigger()
    qtbot.waitUntil(lambda: ready(panel) and panel.data.n_violations == 1)
    assert [e.text for e in panel.stack.legend.entries] == ["0", "1 within 2 ms", "others"]
    QApplication.processEvents()
    index = int(np.flatnonzero(panel.data.spike_ids == 10)[0])
    x, y = panel.frame.to_px([[panel.data.x[index], panel.data.y[index]]])[0]
    image = panel.canvas.native.grabFramebuffer()
    scale = image.width() / panel.canvas.native.width()
    seen = image.pixelColor(int(x * scale), int(y * scale)).getRgb()[:3]
    assert seen == pytest.approx(QColor(panel.theme.text).getRgb()[:3], abs=12)
    assert panel.options()["violations"] is True
    entry.trigger()
    qtbot.waitUntil(lambda: ready(panel) and panel.data.n_violations is None)


def press(qtbot, panel, points):
    native = panel.canvas.native
    qtbot.mousePress(native, LEFT, CTRL, points[0])
    for point in points[1:]:
        qtbot.mouseMove(native, point)


def test_a_lasso_whose_clusters_go_while_it_is_drawn_goes_too(panel, session, qtbot, monkeypatch):
    points = [QPoint(round(x), round(y)) for x, y in around_all(panel)]
    press(qtbot, panel, points)
    with monkeypatch.context() as during:

        def refuse(*_):
            raise ClusteringError("There is no cluster 1; it was merged, split or never existed.")

        during.setattr(amplitude_panel, "beside_lasso", refuse)
        qtbot.mouseRelease(panel.canvas.native, LEFT, CTRL, points[-1])
    assert len(panel.lasso) == 0
    assert panel.stack.shows_picture
    press(qtbot, panel, points)
    session.selection.select([])
    qtbot.waitUntil(lambda: not panel.stack.shows_picture)
    qtbot.mouseRelease(panel.canvas.native, LEFT, CTRL, points[-1])
    assert len(panel.lasso) == 0
    assert panel.stack.page.text.startswith("Select a cluster to see its amplitude.")


def test_valid_periods_are_shaded_and_have_a_bar_for_each_cluster(qtbot):
    samples, sizes = unsteady()
    features = np.zeros((len(samples), 3))
    features[:, 0] = sizes
    session = light_session(
        1, len(samples), n_channels=1, spike_samples=samples, features=features, masks=np.ones((len(samples), 1)),
        with_raw=False, duration=1000.0,
    )  # fmt: skip
    panel = AmplitudePanel(session)
    qtbot.addWidget(panel)
    panel.choose(valid=True)
    panel.resize(500, 400)
    panel.show()
    session.selection.select([0])
    qtbot.waitUntil(lambda: panel.data is not None and len(panel.data.valid_s) == 1)
    frame, image = panel.frame, QImage(500, 400, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_valid(painter, panel.data, frame, panel.area, [panel.color_of(0)], 3)
    painter.end()
    places = {second: round(frame.to_px([[second, 0]])[0, 0]) for second in (100, 500, 600, 900)}
    top = round(frame.top) + 1
    is_bar = {second: image.pixelColor(x, top).name() == panel.color_of(0) for second, x in places.items()}
    assert is_bar == {100: True, 500: False, 600: True, 900: False}
    is_shaded = {second: image.pixelColor(x, top + 100).value() > 0 for second, x in places.items()}
    assert is_shaded == is_bar
    panel.set_session(None)
    session.close()


def test_numbers_of_a_folder_are_chosen_in_the_header(qtbot, session):
    values = np.linspace(-5, 5, session.model.n_spikes, dtype=np.float32)
    session.model.spike_values = {"amplitude": values * 0 + 1, "depth": values}
    panel = shown(qtbot, session)
    menu = panel._kind_menu.menu()
    texts = [action.text() for action in menu.actions()]
    assert texts[-1] == "depth"
    menu.actions()[-1].trigger()
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.y_label == "depth (of the sorter)"
    np.testing.assert_array_equal(panel.data.y, values[panel.data.spike_ids])
    low, high = panel.data.y_range
    assert low < panel.data.y.min() < 0 < panel.data.y.max() < high
    drawn = panel.data.y[panel.data.places >= 0]
    assert panel.data.histogram.sum() == len(drawn)
    menu.actions()[texts.index("By feature")].trigger()
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.y_label == "amplitude (features)"
