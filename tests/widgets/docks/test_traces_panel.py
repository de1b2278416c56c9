"""The Traces dock: what is drawn is in the file, the mouse moves through time, a click selects."""

import threading

import numpy as np
import pytest
from patience import PATIENCE_S
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session
from widgets.workers import Workers

from napari_phy.actions.navigation import go_to, go_to_spike, go_to_time, go_to_violation, turn_page
from napari_phy.core.errors import ClusteringError, KwikFormatError
from napari_phy.core.event_times import EventTimes
from napari_phy.layers.traces import traces_layer
from napari_phy.stats.trace_levels import measure_levels
from napari_phy.views import traces
from napari_phy.views.trace_layout import ROW_PX
from napari_phy.views.traces_reading import NOISE_ROWS, WAVE_ROWS
from napari_phy.widgets.docks.trace_painter import depth_colors
from napari_phy.widgets.docks.traces_panel import TracesPanel

RATE = 20_000.0
N_CHANNELS = 8


def make_traces(session_like, seed=0, waves=0.0):
    """Return noise with a trough of 400 units at each spike on the best channel of its cluster, on waves of 3 Hz."""
    rng = np.random.default_rng(seed)
    traces = rng.normal(0, 10, (round(20 * RATE), N_CHANNELS))
    traces += waves * np.sin(2 * np.pi * 3 * np.arange(len(traces)) / RATE)[:, None]
    traces = traces.astype(np.int16)
    channels = (3 * session_like.spike_clusters + 1) % N_CHANNELS
    for shift in range(-4, 5):
        rows = np.clip(session_like.spike_samples + shift, 0, len(traces) - 1)
        traces[rows, channels] = -400
    return traces


@pytest.fixture
def session():
    model = light_session(n_clusters=5, n_spikes=600, n_channels=N_CHANNELS).model
    made = light_session(n_clusters=5, n_spikes=600, n_channels=N_CHANNELS, traces=make_traces(model))
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = TracesPanel(session)
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2])
    session.time.show(5.0, 5.25)
    qtbot.waitUntil(lambda: ready(made))
    return made


@pytest.fixture
def wide(panel, session, qtbot):
    """The dock with a second in sight, in which each cluster has spikes."""
    session.time.show(5.0, 6.0)
    qtbot.waitUntil(lambda: ready(panel))
    return panel


def ready(panel):
    return not panel.busy and panel.data is not None and panel._request == panel.make_request()


def test_noise_fills_a_share_of_its_row(panel):
    noise = 10 * panel.data.source.unit_scale
    assert panel.px_per_unit * NOISE_ROWS * noise == pytest.approx(panel.layout_now.row_px, rel=0.05)


def test_channels_are_measured_once_for_the_overview_the_view_and_their_filters(qtbot, session, monkeypatch):
    measured = []
    monkeypatch.setattr(traces, "measure_levels", lambda *given: measured.append(given) or measure_levels(*given))
    levels, _, _ = traces_layer(session, 1.0)
    panel = TracesPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: ready(panel))
    panel.read_again()
    qtbot.waitUntil(lambda: ready(panel))
    made, filtering = threading.Event(), levels[0].filtering
    filtering.ready.connect(made.set)
    filtering.name = "band-pass"
    raw = levels[0][:, 1000:2000]
    assert made.wait(PATIENCE_S)
    assert np.abs(levels[0][:, 1000:2000] - raw).max() > 1  # filtered
    filtering.close()
    assert len(measured) == 1


def test_strong_slow_waves_stay_in_their_rows_and_noise_alone_keeps_its_scale(qtbot):
    model = light_session(n_clusters=5, n_spikes=600, n_channels=N_CHANNELS).model
    session = light_session(n_clusters=5, n_spikes=600, n_channels=N_CHANNELS, traces=make_traces(model, waves=3000))
    panel = TracesPanel(session)
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.traces.is_filtered  # at first: spikes are lost in the waves
    assert panel.header.drop_downs[1].text() == "Band-pass ▾"
    assert panel.options()["filter_name"] == "automatic"
    panel.choose(filter_name="raw")
    assert panel.options()["filter_name"] == "raw"
    qtbot.waitUntil(lambda: ready(panel) and not panel.data.traces.is_filtered)
    row_px, unit = panel.layout_now.row_px, panel.data.source.unit_scale
    assert panel.px_per_unit * WAVE_ROWS * 3000 * unit == pytest.approx(row_px, rel=0.05)
    highest = max(panel.data.traces.high.max(), -panel.data.traces.low.min())
    assert highest * panel.px_per_unit < 0.5 * row_px
    panel.choose(filter_name="band-pass")
    qtbot.waitUntil(lambda: ready(panel) and panel.data.traces.is_filtered)
    assert panel.px_per_unit * NOISE_ROWS * 10 * unit == pytest.approx(row_px, rel=0.1)
    session.close()


def wheel(panel, notches, x_px, y_px, modifiers=Qt.KeyboardModifier.NoModifier):
    plot = panel.plot
    place = QPointF(x_px, y_px)
    delta = QPoint(0, round(120 * notches))
    event = QWheelEvent(
        place, QPointF(plot.mapToGlobal(place.toPoint())), QPoint(), delta, Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot, event)


def first_spike(panel, cluster):
    """Return a spike of a cluster in sight, and its pixel."""
    data, layout = panel.data, panel.layout_now
    place = panel.clusters.index(cluster)
    times = data.spikes.samples / RATE
    inside = (data.spikes.places == place) & (times > layout.start_s + 0.01) & (times < layout.stop_s - 0.01)
    number = int(np.flatnonzero(inside)[0])
    channel = (3 * cluster + 1) % N_CHANNELS
    row = int(np.flatnonzero(layout.order == channel)[0])
    return int(data.spikes.spike_ids[number]), layout.x_of(times[number]), float(layout.zero_of(row))


def test_lines_lie_where_the_samples_are(panel, session, qtbot):
    """Read the pixels back: the middle of the ink of each column and channel is the sample there."""
    session.selection.select([0])
    session.time.show(5.0, 5.02)
    qtbot.waitUntil(lambda: ready(panel))
    layout, scale = panel.layout_now, panel.plot.devicePixelRatioF()
    image = panel.plot.grab().toImage()
    background = QColor(panel.theme.view).getRgb()[0]
    row_of = {int(channel): row for row, channel in enumerate(layout.order)}
    baseline = np.median(session.model.traces, axis=0)
    samples = session.model.traces[round(5.0 * RATE) : round(5.02 * RATE)] - baseline
    unit = session.model.microvolts_per_unit
    for channel in (0, 3, 6):  # of clusters that are not selected, and quiet
        for number in range(40, 360, 29):
            if np.abs(samples[number - 3 : number + 4]).max() > 60:
                continue
            x = layout.x_of(5.0 + (number + 0.5) / RATE)
            y = float(layout.zero_of(row_of[channel])) - samples[number, channel] * unit * panel.px_per_unit
            rows = np.arange(round(y) - 6, round(y) + 7)
            ink = np.array([abs(image.pixelColor(int(x * scale), int(r * scale)).red() - background) for r in rows])
            assert ink.sum() > 0
            assert abs((rows * ink).sum() / ink.sum() - y) < 2.5


def test_spikes_are_drawn_in_the_colours_of_the_selection(wide):
    image = wide.plot.grab().toImage()
    for place, cluster in enumerate(wide.clusters):
        _, x, y = first_spike(wide, cluster)
        wanted = QColor(wide.color_of(place)).getRgb()[:3]
        around = [
            image.pixelColor(int(x + dx), int(y + dy)).getRgb()[:3] for dx in range(-6, 7) for dy in range(0, 40, 2)
        ]
        assert min(np.abs(np.subtract(color, wanted)).max() for color in around) < 60


def test_a_drag_moves_time_and_the_page_before_and_after_are_there(panel, session, qtbot):
    layout = panel.layout_now
    y = int(layout.top + 20)
    qtbot.mousePress(panel.plot, Qt.MouseButton.LeftButton, pos=QPoint(400, y))
    for x in range(400, 200, -20):
        qtbot.mouseMove(panel.plot, QPoint(x, y))
    qtbot.mouseRelease(panel.plot, Qt.MouseButton.LeftButton, pos=QPoint(220, y))
    moved = session.time.shown_s[0] - 5.0
    assert moved == pytest.approx(180 / layout.px_per_s, abs=0.01)
    traces = panel.data.traces
    start, stop = (time_s * RATE / traces.factor for time_s in session.time.shown_s)
    assert traces.first_bin <= start
    assert traces.first_bin + traces.low.shape[1] >= stop


def test_while_time_goes_on_faster_than_traces_are_read_those_read_last_are_shown(panel, session, monkeypatch):
    drawn = []
    panel.drawn.connect(lambda: drawn.append((panel.layout_now.start_s, panel.layout_now.stop_s)))
    workers = Workers(monkeypatch)
    for step in range(1, 25):
        session.time.show(5 + 0.5 * step, 5.25 + 0.5 * step)
        QApplication.processEvents()
        if step % 4 == 0:
            workers.run()
            workers.deliver()
        assert panel.stack.shows_picture
        layout, traces = panel.layout_now, panel.data.traces
        assert layout.stop_s - layout.start_s == pytest.approx(0.25)
        assert traces.first_bin * traces.factor <= layout.start_s * RATE
        assert (traces.first_bin + traces.low.shape[1]) * traces.factor >= layout.stop_s * RATE
    workers.finish()
    assert len(drawn) == workers.n_made == 7
    assert (panel.layout_now.start_s, panel.layout_now.stop_s) == session.time.shown_s
    assert [start for start, _ in drawn] == sorted(start for start, _ in drawn)


def test_a_drag_goes_on_from_where_the_mouse_has_moved_time_not_from_what_is_read(panel, session, qtbot, monkeypatch):
    workers, layout = Workers(monkeypatch), panel.layout_now
    y, x = int(layout.top + 20), int(layout.left + 10)
    width = int(layout.width) - 20
    for _ in range(5):
        qtbot.mousePress(panel.plot, Qt.MouseButton.LeftButton, pos=QPoint(x + width, y))
        for place in np.linspace(x + width, x, 8).astype(int).tolist():
            qtbot.mouseMove(panel.plot, QPoint(place, y))
        qtbot.mouseRelease(panel.plot, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
    assert session.time.shown_s[0] == pytest.approx(5.0 + 5 * width / layout.px_per_s, abs=0.02)
    workers.finish()


def test_the_wheel_zooms_time_about_the_mouse(panel, session):
    layout = panel.layout_now
    x = layout.left + layout.width / 4
    time_s = layout.time_at(x)
    wheel(panel, 2, x, 50)
    start_s, stop_s = session.time.shown_s
    assert stop_s - start_s == pytest.approx(0.25 / 1.25**2, rel=1e-6)
    assert panel.layout_now.time_at(x) == pytest.approx(time_s, abs=1e-6)


def test_the_wheel_with_ctrl_and_shift_scales_voltage_and_rows(panel):
    unit, row = panel.px_per_unit, panel.layout_now.row_px
    wheel(panel, 1, 300, 50, Qt.KeyboardModifier.ControlModifier)
    assert panel.px_per_unit == pytest.approx(1.25 * unit)
    wheel(panel, 1, 300, 50, Qt.KeyboardModifier.ShiftModifier)
    assert panel.layout_now.row_px == pytest.approx(1.25 * row)
    panel.reset()
    assert (panel.px_per_unit, panel.layout_now.row_px) == (pytest.approx(unit), pytest.approx(row))


def test_a_click_goes_there_and_selects_the_spike_ctrl_click_drops_it_and_shift_click_takes_its_cluster(
    wide, session, qtbot
):
    spike, x, y = first_spike(wide, 2)
    qtbot.mouseClick(wide.plot, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert session.selection.spikes.tolist() == [spike]
    assert session.time.time_s == pytest.approx(
        session.model.spike_samples[spike] / RATE, abs=2 / wide.layout_now.px_per_s
    )
    clusters, control = session.selection.clusters, Qt.KeyboardModifier.ControlModifier
    for expected in ([], [spike]):
        qtbot.mouseClick(wide.plot, Qt.MouseButton.LeftButton, control, pos=QPoint(round(x), round(y)))
        assert session.selection.spikes.tolist() == expected
        assert session.selection.clusters == clusters
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(wide.plot, Qt.MouseButton.LeftButton, shift, pos=QPoint(round(x), round(y)))
    assert session.selection.clusters == (2,)


def test_the_read_out_names_time_channel_and_spike(wide):
    spike, x, y = first_spike(wide, 1)
    words = wide.read_out(x, y)
    assert words.startswith("cluster 1, spike ")
    assert f"channel {(3 * 1 + 1) % N_CHANNELS}" in words
    assert wide.read_out(-5, y) == ""
    assert spike >= 0


def test_orders_of_channels(panel, session):
    panel.choose(order="number")
    assert panel.layout_now.order.tolist() == list(range(N_CHANNELS))
    panel.choose(order="depth")
    depths = session.model.probe.positions[panel.layout_now.order, 1]
    assert (np.diff(depths) <= 0).all()
    panel.choose(order="best")
    assert panel.layout_now.order[0] == (3 * 1 + 1) % N_CHANNELS


def test_filters_change_the_traces(panel, qtbot):
    raw = panel.data.traces.low
    panel.choose(filter_name="common median")
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.traces.is_filtered
    assert not np.array_equal(panel.data.traces.low, raw)


def test_quiet_traces_are_raw_at_first_and_the_choice_is_kept_for_other_data(panel, qtbot):
    assert not panel.data.traces.is_filtered
    texts = [action.text() for action in panel.header.drop_downs[1].choices_menu.actions()]
    assert texts[:4] == ["Raw", "Band-pass", "Common median", "Band-pass and common median"]
    panel.header.drop_downs[1].choices_menu.actions()[3].trigger()
    qtbot.waitUntil(lambda: ready(panel) and panel.data.traces.is_filtered)
    assert panel.header.note_label.text() == ""  # the drop-down says it
    words = "band-pass and common median, 300–9\u2009500 Hz"
    assert words in panel.header.drop_downs[1].toolTip()
    assert panel.figure_caption() == words
    kept, other = panel.options(), TracesPanel()
    qtbot.addWidget(other)
    other.set_options(kept)
    assert other.settings.filter_name == "band-pass and common median"


def test_model_and_residual_are_parts_of_band_passed_traces_and_follow_edits(wide, session, qtbot):
    panel = wide
    panel.choose(part="model")
    assert panel.header.drop_downs[1].text() == "Band-pass ▾"  # whatever the filter
    qtbot.waitUntil(lambda: ready(panel))
    model = panel.data.traces.low
    assert (panel.data.part, panel.header.note_label.text()) == (
        "model", "model: what all clusters but noise explain",
    )  # fmt: skip
    panel.choose(part="residual")
    qtbot.waitUntil(lambda: ready(panel))
    residual = panel.data.traces.low
    assert panel.figure_caption().startswith("band-pass, 300–9\u2009500 Hz; residual: what all")
    panel.choose(part="traces", filter_name="band-pass")
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.header.note_label.text() == ""
    assert (model.min(axis=1) < -20).sum() >= 4  # four clusters have spikes, each on a channel of its own
    assert panel.data.traces.low.std() > 1.2 * residual.std()
    panel.choose(part="residual")
    session.move([3], "noise")
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.traces.low.std() > 1.1 * residual.std()
    session.undo()
    qtbot.waitUntil(lambda: ready(panel))
    assert np.array_equal(panel.data.traces.low, residual)
    session.time.show(0, 20)
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.header.note_label.text() == "raw: the residual is shown on 10 s and less"


def test_wide_pages_say_that_they_are_not_filtered(panel, session, qtbot):
    panel.choose(filter_name="band-pass")
    session.time.show(0, 20)
    qtbot.waitUntil(lambda: ready(panel))
    assert not panel.data.traces.is_filtered
    assert panel.header.note_label.text() == "raw: filters act on 10 s and less"
    assert panel.header.drop_downs[1].toolTip().endswith("; filters act on 10 s and less")


def test_pages_moments_spikes_and_violations(panel, session, qtbot):
    turn_page(session, 1)
    assert session.time.shown_s == (pytest.approx(5.25), pytest.approx(5.5))
    turn_page(session, -1)
    assert session.time.shown_s == (pytest.approx(5.0), pytest.approx(5.25))
    go_to_time(session, 12.0)
    assert session.time.time_s == 12.0
    assert sum(session.time.shown_s) / 2 == pytest.approx(12.0)
    go_to_spike(session, 1)
    (spike,) = session.selection.spikes.tolist()
    own = np.sort(np.concatenate([session.manager.spikes(1), session.manager.spikes(2)]))
    after = own[session.model.spike_samples[own] > 12.0 * RATE]
    assert spike == after[0]
    go_to_time(session, 20.0)
    with pytest.raises(ClusteringError, match="no further spike"):
        go_to_spike(session, 1)
    session.selection.select([])
    with pytest.raises(ClusteringError, match="no further refractory"):
        go_to_violation(session)


def test_it_scrolls_on_by_itself_until_the_end(panel, session, qtbot):
    session.time.show(19.5, 19.75)
    panel.choose(speed=2.0)
    panel.set_running(True)
    qtbot.waitUntil(lambda: session.time.shown_s[1] >= 20.0)
    qtbot.waitUntil(lambda: not panel.is_running)


def test_the_page_menu_shows_and_sets_the_length(panel, session):
    assert panel.header.drop_downs[0].text() == "0.25 s ▾"
    panel.set_page(1.0)
    assert session.time.shown_s[1] - session.time.shown_s[0] == pytest.approx(1.0)
    assert panel.header.drop_downs[0].text() == "1 s ▾"


def test_without_raw_data_it_says_so_and_offers_to_look(qtbot):
    session = light_session(with_raw=False)
    panel = TracesPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: "memory.dat" in panel.stack.page.headline.text())
    with qtbot.waitSignal(panel.locate_requested):
        panel.stack.page.buttons[0].click()
    session.close()


def test_raw_data_that_go_while_open_are_said_and_found_again(panel, session, qtbot, monkeypatch):
    traces = session.model.traces

    class Gone:
        shape, dtype = traces.shape, traces.dtype

        def __getitem__(self, key):
            raise KwikFormatError("memory.dat ends before row 7 of 9.")

    session.model.traces = Gone()
    panel.read_again()
    session.time.show(9.0, 9.25)
    qtbot.waitUntil(lambda: not panel.busy and not panel.stack.shows_picture)
    assert "memory.dat ends before row 7" in panel.stack.page.explanation.text()
    session.model.traces = traces
    panel.stack.page.buttons[0].click()
    qtbot.waitUntil(lambda: ready(panel) and panel.stack.shows_picture)


def test_a_selected_spike_is_pointed_at(wide, session, qtbot):
    spike, x, _ = first_spike(wide, 1)
    before = wide.plot.grab().toImage()
    session.selection.select_spikes([spike])
    qtbot.waitUntil(lambda: not wide.busy)
    after = wide.plot.grab().toImage()
    y = round(wide.layout_now.top) + 2
    assert before.pixelColor(round(x), y) != after.pixelColor(round(x), y)
    assert after.pixelColor(round(x), y).name() == wide.theme.text


def test_events_in_sight_are_dashed_lines_with_their_words(panel, session, monkeypatch):
    def column(time_s):
        image, layout = panel.plot.grab().toImage(), panel.layout_now
        x = int(layout.x_of(time_s))
        return [image.pixelColor(x, y).name() for y in range(round(layout.top), round(layout.top + layout.height))]

    moment = 5.0 + 0.125
    before = column(moment)
    samples = np.array([round(moment * RATE), round(7.0 * RATE)])
    light = EventTimes("light", samples, np.zeros(2, np.int64), {})
    monkeypatch.setattr(session.model, "events", {"light": light}, raising=False)
    assert [event.words for event in panel._events(*session.time.shown_s)] == ["light"]
    drawn = column(moment).count(panel.theme.dim)
    assert drawn > 0.3 * panel.layout_now.height
    assert before.count(panel.theme.dim) < 0.1 * panel.layout_now.height
    close = EventTimes("close", samples[0] + np.arange(4) * round(0.002 * RATE), np.zeros(4, np.int64), {})
    monkeypatch.setattr(session.model, "events", {"close": close}, raising=False)
    x, width = panel.layout_now.x_of(moment), panel.theme.px(10)
    assert panel.layout_now.x_of(moment + 0.002) - x < width
    image, bottom = panel.plot.grab().toImage(), round(panel.layout_now.top + panel.layout_now.height)
    label = {image.pixelColor(round(x) + px, bottom - 2).name() for px in range(2, width)}
    assert label == {panel.theme.view}  # below the words, neither a trace nor the next line
    many = EventTimes("many", np.arange(100_000, 104_000, 5), np.zeros(800, np.int64), {})
    monkeypatch.setattr(session.model, "events", {"many": many}, raising=False)
    assert panel._events(*session.time.shown_s) == []


def test_channels_can_be_coloured_by_depth(panel):
    assert panel.color_scale() is None
    panel.choose(colors="depth")
    colors = depth_colors(panel.data.source.depths, panel.theme)
    assert len(set(colors)) == N_CHANNELS
    found, full = (sorted(QColor(color).lightness() for color in ends) for ends in (
        (colors[0], colors[-1]), panel.theme.ramp[1:],
    ))  # fmt: skip
    assert all(dim < bright for dim, bright in zip(found, full, strict=True))  # for spikes to stand out
    legend = panel.stack.legend
    scale = panel.color_scale()
    assert legend.isVisible()
    assert (scale.title, scale.stops) == ("depth", tuple(zip((0.0, 1.0), (colors[0], colors[-1]), strict=True)))
    assert scale.high.endswith(" µm")
    panel.choose(colors="grey")
    assert panel.color_scale() is None
    assert not legend.isVisible()


def test_the_best_channel_stays_in_sight_in_a_lower_dock_unless_the_user_moved_channels(panel, session, qtbot):
    for cluster in (2, 0):  # near the top, and near the bottom
        panel.resize(900, 400)
        session.selection.select([cluster])
        qtbot.waitUntil(lambda: ready(panel))
        panel.resize(900, 100)
        qtbot.waitUntil(lambda: ready(panel))
        layout = panel.layout_now
        row = int(np.flatnonzero(layout.order == (3 * cluster + 1) % N_CHANNELS)[0])
        assert len(layout.rows) < N_CHANNELS
        assert layout.row_at(float(layout.zero_of(row))) == row
        assert len(layout.rows) * layout.row_px == pytest.approx(layout.height)  # whole channels only
        assert layout.row_px >= panel.theme.px(ROW_PX)
    scroll = layout.scroll_px
    panel._on_dragged(0, 30)
    assert panel.layout_now.scroll_px == scroll - 30
    panel.resize(900, 101)
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.layout_now.scroll_px == scroll - 30


def test_the_header_forgets_what_it_said_of_another_data_set(panel, qtbot):
    panel.resize(900, 100)
    qtbot.waitUntil(lambda: "channels" in panel.header.note_label.text())
    panel.set_session(None)
    assert panel.header.note_label.text() == ""


def test_a_spike_on_channels_out_of_sight_brings_them(wide, session, qtbot):
    """Two neurons in one cluster, whose best channel is that of one of them."""
    first, second = (session.manager.spikes(cluster) for cluster in (1, 2))
    session.merge([1, 2])
    wide.heighten_by(4)
    qtbot.waitUntil(lambda: ready(wide))
    assert len(wide.layout_now.rows) < N_CHANNELS / 2
    times_s = session.model.spike_times
    for spikes, channel in ((first, 4), (second, 7), (first, 4)):
        spike = next(spike for spike in spikes.tolist() if 5.1 < times_s[spike] < 5.9)
        session.selection.select_spikes([spike])
        qtbot.waitUntil(lambda: ready(wide))
        layout = wide.layout_now
        top = float(layout.zero_of(np.flatnonzero(layout.order == channel)[0])) - layout.row_px / 2
        assert layout.top <= top <= top + layout.row_px <= layout.top + layout.height
    session.selection.select_spikes([int(second[times_s[second] > 12][0])])
    session.time.show(12.0, 20.0)
    qtbot.waitUntil(lambda: ready(wide))
    layout = wide.layout_now
    assert layout.top < layout.zero_of(np.flatnonzero(layout.order == 7)[0]) < layout.top + layout.height


def test_a_spike_of_a_cluster_that_is_not_selected_is_brought_into_sight_and_drawn(wide, session, qtbot):
    wide.heighten_by(4)
    for cluster, channel in ((3, 2), (0, 1), (4, 5)):
        spikes, gaps = session.manager.spikes(cluster), np.diff(session.model.spike_times)
        spike = next(spike for spike in spikes.tolist() if spike > 300 and gaps[spike - 1 : spike + 1].min() > 0.01)
        go_to(session, f"#{spike}")
        qtbot.waitUntil(lambda: ready(wide))
        layout = wide.layout_now
        y = float(layout.zero_of(np.flatnonzero(layout.order == channel)[0]))
        assert layout.top < y < layout.top + layout.height
        x = layout.x_of(session.time.time_s)
        assert wide.spike_at(x, y) == (spike, cluster)
        lines = wide._scene().strokes()[1][0]
        assert [QColor(wide.theme.text).red()] in lines[lines[:, 0] == channel][:, 5:6].tolist()
    session.selection.select_spikes([])
    qtbot.waitUntil(lambda: ready(wide))
    assert wide.data.spikes.clusters == (1, 2)
