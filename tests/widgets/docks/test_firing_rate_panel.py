"""The view of firing rates: step lines along time, the clock in it, and a click that moves it."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QColor
from widgets.light_session import light_session

from napari_phy.widgets.docks.firing_rate_panel import FiringRatePanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session():
    made = light_session(n_clusters=4, n_spikes=4000)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = FiringRatePanel(session)
    qtbot.addWidget(made)
    made.resize(480, 340)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request == panel.make_request()


def frame_of(panel):
    return panel.frame(panel.plot.size(), panel.theme)


def colors_at(panel, x, y):
    image = panel.plot.grab().toImage()
    scale = image.width() / panel.plot.width()
    around = [(x + dx, y + dy) for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1, 2)]
    return np.array([image.pixelColor(round(a * scale), round(b * scale)).getRgb()[:3] for a, b in around])


def has(colors, wanted):
    return (np.abs(colors - QColor(wanted).getRgb()[:3]).max(axis=1) <= 60).any()


@pytest.mark.parametrize("n_bins", [50, 200, 1000])
def test_lines_are_where_the_rates_are_in_the_colours_of_the_selection(panel, qtbot, n_bins):
    panel.choose(n_bins=n_bins)
    qtbot.waitUntil(lambda: ready(panel))
    data = panel.data
    for place in range(2):
        apart = int((data.rates[place] - data.rates[1 - place]).argmax())  # neither line lies on the other
        point = [data.edges_s[apart : apart + 2].mean(), data.rates[place, apart]]
        assert has(colors_at(panel, *frame_of(panel).to_px([point])[0]), panel.color_of(place))


def test_a_click_moves_the_clock_and_the_line_follows_it(panel, session, qtbot):
    frame, duration = frame_of(panel), session.time.duration_s
    x = round(frame.to_px([[0.6 * duration, 0]])[0, 0])
    qtbot.mouseClick(panel.plot, LEFT, pos=QPoint(x, round(frame.top + 20)))
    assert session.time.time_s == pytest.approx(0.6 * duration, abs=duration / frame.width)
    line = frame.to_px([[session.time.time_s, 0]])[0, 0]
    assert has(colors_at(panel, line, frame.top + 3), panel.theme.warning)
    moment = session.time.time_s
    qtbot.mouseClick(panel.plot, LEFT, pos=QPoint(2, 2))
    assert session.time.time_s == moment


def test_the_yellow_frame_is_what_traces_shows(panel, session):
    session.time.show(0.3, 0.5)
    frame = frame_of(panel)
    left, right = (frame.to_px([[edge, 0]])[0, 0] for edge in session.time.shown_s)
    for x in (left, right):
        assert has(colors_at(panel, x, frame.top + 30), panel.theme.warning)


def test_the_legend_has_mean_rates_and_hovering_those_of_the_bin(panel, qtbot):
    means = panel.data.mean_rates
    assert [entry.text for entry in panel.stack.legend.entries] == [f"1 · {means[0]:.1f} Hz", f"2 · {means[1]:.1f} Hz"]
    frame, data = frame_of(panel), panel.data
    x, y = frame.to_px([[data.edges_s[4:6].mean(), 1.0]])[0]
    words = panel.read_out(x, y)
    assert words.endswith(f" s: 1: {data.rates[0, 4]:.1f} Hz, 2: {data.rates[1, 4]:.1f} Hz")
    with qtbot.waitSignal(panel.said):
        qtbot.mouseMove(panel.plot, QPoint(round(x), round(y)))
    assert panel.read_out(1, 1) == ""


def test_the_mean_beside_an_id_is_that_of_the_times_that_are_used(panel, session, qtbot):
    samples = session.model.spike_samples[session.manager.spikes(1)]
    session.time.set_range(2.0, 5.0)
    n_spikes = np.count_nonzero((samples >= 40_000) & (samples < 100_000))
    qtbot.waitUntil(lambda: panel.stack.legend.entries[0].text == f"1 · {n_spikes / 3:.1f} Hz")
    assert panel.data.edges_s[-1] == pytest.approx(session.model.duration)
    assert panel.data.counts[0].sum() == len(samples)


def test_the_number_of_bins_is_chosen_in_the_header_and_remembered(panel, qtbot):
    assert panel.header.drop_downs[0].text() == "Automatic bins ▾"
    action = next(a for a in panel.header.drop_downs[0].choices_menu.actions() if a.text() == "500 bins")
    action.trigger()
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.rates.shape == (2, 500)
    assert panel.options() == {"n_bins": 500, "bin_s": None}


def test_the_width_of_bins_is_chosen_instead_of_their_number(panel, qtbot):
    panel.setting_controls.actions["bin_s"][0.5].trigger()
    qtbot.waitUntil(lambda: ready(panel))
    assert np.diff(panel.data.edges_s)[:-1] == pytest.approx(0.5)
    assert panel.header.drop_downs[0].text() == "Bins of 0.5 s ▾"
    assert panel.options() == {"n_bins": None, "bin_s": 0.5}
    panel.choose(n_bins=50)
    assert (panel.settings.bin_s, panel.header.drop_downs[0].text()) == (None, "50 bins ▾")


def test_a_stretch_of_time_is_shown_until_another_data_set_comes(panel, session, qtbot):
    session.time.show(2.0, 4.0)
    times = next(a.menu() for a in panel.header.more_menu.actions() if a.text() == "Times shown")
    next(a for a in times.actions() if a.text() == "Those in Traces").trigger()
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.edges_s[[0, -1]].tolist() == [2.0, 4.0]
    assert frame_of(panel).x_range == (2.0, 4.0)
    panel.set_options({"start_s": 5.0})
    assert (panel.settings.start_s, panel.settings.stop_s) == (5.0, None)
    panel.set_options({"stop_s": 3.0})
    assert (panel.settings.start_s, panel.settings.stop_s) == (0.0, 3.0)
    assert "start_s" not in panel.options()
    other = light_session(n_clusters=4, n_spikes=4000)
    panel.set_session(other)
    assert (panel.settings.start_s, panel.settings.stop_s) == (0.0, None)
    panel.set_session(None)
    other.close()


def test_pictures_of_any_size_and_an_svg_in_the_light_colours(panel, tmp_path):
    for size in (QSize(30, 30), QSize(220, 100), QSize(1500, 900)):
        panel.plot.resize(size)
        panel.plot.grab()
    panel.save_picture(str(tmp_path / "picture.svg"))
    text = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert "firing rate (Hz)" in text
    assert "#1e679c" in text
