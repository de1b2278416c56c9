"""Every view on paper: its marks are where its data are, its words are text, and nothing leaves its plot."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtGui import QColor
from waiting import run_until
from widgets.docks.test_traces_panel import N_CHANNELS, RATE, make_traces
from widgets.light_session import light_session
from widgets.svg_reading import Svg, colors_of

from napari_phy.core.colors import selection_color
from napari_phy.session.comparison import Curation
from napari_phy.views import trace_lines
from napari_phy.widgets.base.figure import PNG_SCALE
from napari_phy.widgets.base.theme import BODY_PX, tokens
from napari_phy.widgets.docks.amplitude_panel import AmplitudePanel
from napari_phy.widgets.docks.drift_panel import DriftPanel
from napari_phy.widgets.docks.features_panel import FeaturesPanel
from napari_phy.widgets.docks.history_panel import HistoryPanel
from napari_phy.widgets.docks.raster_panel import RasterPanel
from napari_phy.widgets.docks.spikes_panel import SpikesPanel
from napari_phy.widgets.docks.traces_panel import TracesPanel
from napari_phy.widgets.docks.waveforms_panel import WaveformsPanel
from napari_phy.widgets.panels.picture_panel import PicturePanel
from napari_phy.widgets.plots.scatter_plot import BACKGROUND_PX, DISC_ALPHA, DISC_PX
from napari_phy.widgets.window.kinds import KINDS

LEGEND_PX = 28
VIEWS = [t for t, kind in KINDS.items() if issubclass(kind.panel, PicturePanel) and kind.panel.has_figure()]
BEST, SECOND = (selection_color(place, dark=False) for place in (0, 1))


@pytest.fixture
def session():
    model = light_session(n_clusters=5, n_spikes=600, n_channels=N_CHANNELS).model
    made = light_session(n_clusters=5, n_spikes=600, n_channels=N_CHANNELS, traces=make_traces(model))
    made.selection.select([1, 2])
    made.time.show(5.0, 6.0)
    made.events.add("light", np.arange(1.0, 19.0))
    made.comparison.open(Curation("original", made.opened.snapshot().clustering))
    yield made
    made.close()


@pytest.fixture
def shown(qtbot, session):
    def show(kind):
        panel = kind(session)
        qtbot.addWidget(panel)
        panel.resize(600, 420)
        panel.show()
        qtbot.waitExposed(panel)
        qtbot.waitUntil(lambda: settled(panel))
        return panel

    return show


def settled(panel):
    rest = getattr(panel, "rest", None)
    soon = getattr(panel, "_rest_soon", None)
    reads_on = (rest is not None and rest.wanted is not None) or (soon is not None and soon.isActive())
    return not panel.busy and panel.data is not None and not reads_on


def svg_of(panel):
    return Svg(panel.figure().svg())


def centres(svg, color):
    """Return the (n, 2) centres of the circles of a colour, below the legend."""
    return np.array([mark.points[0] for mark in svg.all("circle", color)]) - (0, LEGEND_PX)


def is_inside(marks, svg):
    """Tell whether all marks are clipped, and to one box."""
    (name,) = {mark.clip for mark in marks}
    return name is not None and svg.clip_box(name)


@pytest.mark.parametrize("title", VIEWS)
def test_each_view_has_a_figure_in_the_light_colours_and_keeps_its_own(shown, title):
    panel = shown(KINDS[title].panel)
    theme, before = panel.theme, panel.stack.body.grab().toImage()
    assert theme.dark
    svg, image = svg_of(panel), colors_of(panel.figure().image())
    assert svg.texts
    assert image.shape == (PNG_SCALE * svg.size[1], PNG_SCALE * svg.size[0], 3)
    assert image[1, 1].tolist() == list(QColor(tokens("light").view).getRgb()[:3]) or title == "History"
    written = svg.content.decode()
    dark = {selection_color(place, dark=True) for place in (0, 1)}
    assert not any(color in written for color in dark)
    assert panel.theme is theme
    assert not panel.is_on_paper
    panel.update()
    assert panel.stack.body.grab().toImage() == before
    assert "font-family" in written


def test_all_views_but_the_lists_have_figures():
    assert set(KINDS) - {"Clusters", "Similar"} >= set(VIEWS)
    assert len(VIEWS) >= 16


def test_features_are_circles_at_their_places(shown):
    panel = shown(FeaturesPanel)
    svg, data = svg_of(panel), panel.data.features
    px = panel.frame.to_px(np.column_stack([data.x, data.y]))
    left, top, right, bottom = is_inside(svg.all("circle"), svg)
    assert (left, top, right, bottom) == pytest.approx(
        (panel.frame.left, panel.frame.top + LEGEND_PX, panel.frame.left + panel.frame.width,
         panel.frame.top + panel.frame.height + LEGEND_PX)
    )  # fmt: skip
    for place, color in ((0, BEST), (1, SECOND), (-1, tokens("light").background_spikes)):
        wanted = px[data.places == place]
        reach = DISC_PX / 2
        low, high = (left - reach, top - LEGEND_PX - reach), (right + reach, bottom - LEGEND_PX + reach)
        wanted = wanted[((wanted >= low) & (wanted <= high)).all(axis=1)]
        dots = [mark for mark in svg.all("circle", color) if mark.clip]
        assert len(dots) == len(wanted) > 50
        np.testing.assert_allclose([mark.points[0] - (0, LEGEND_PX) for mark in dots], wanted, atol=2e-3)
        size = BACKGROUND_PX if place < 0 else DISC_PX
        assert {float(mark.attributes["r"]) for mark in dots} == {size / 2}
    (opacity,) = {float(mark.look["fill-opacity"]) for mark in svg.all("circle", BEST)}
    assert opacity == pytest.approx(DISC_ALPHA, abs=0.01)
    assert {data.x_label, data.y_label, panel.stack.caption.text(), "1", "2", "others"} <= set(svg.texts)


def test_what_qt_draws_of_the_svg_is_what_the_png_holds(shown):
    panel = shown(FeaturesPanel)
    frame = panel.frame
    drawn, image = svg_of(panel).image(PNG_SCALE), colors_of(panel.figure().image())
    plot = (
        slice(PNG_SCALE * int(frame.top + LEGEND_PX + 4), PNG_SCALE * int(frame.top + frame.height + LEGEND_PX - 4)),
        slice(PNG_SCALE * int(frame.left + 4), PNG_SCALE * int(frame.left + frame.width - 4)),
    )
    assert np.abs(drawn[plot] - image[plot]).mean() < 1
    data = panel.data.features
    best = int(np.flatnonzero(data.places == 0)[-1])  # drawn last
    x, y = panel.frame.to_px([[data.x[best], data.y[best]]])[0]
    wanted = DISC_ALPHA * np.array(QColor(BEST).getRgb()[:3]) + (1 - DISC_ALPHA) * 255
    for picture in (drawn, image):
        found = picture[round(PNG_SCALE * (y + LEGEND_PX)), round(PNG_SCALE * x)]
        assert (found <= wanted + 20).all()  # darker where others lie beneath
        assert found[2] > found[0] + 40


def test_a_grid_of_features_holds_each_cell(shown, qtbot):
    panel = shown(FeaturesPanel)
    panel.choose(grid="components")
    qtbot.waitUntil(lambda: settled(panel) and panel.data.grid is not None)
    svg, canvas = svg_of(panel), panel.canvas
    finite = np.isfinite(canvas._points).all(axis=1)
    dots = [mark for mark in svg.all("circle") if mark.clip]
    assert len(dots) == finite.sum() > 1000
    np.testing.assert_allclose([mark.points[0] - (0, LEGEND_PX) for mark in dots], canvas._points[finite], atol=2e-3)
    assert len({mark.clip for mark in dots}) == canvas.grid.n**2
    assert svg.texts.count("time") == canvas.grid.n


def test_ten_thousand_dots_stay_far_below_ten_megabytes(shown):
    panel = shown(FeaturesPanel)
    data, rng = panel.data.features, np.random.default_rng(0)
    many = 10_000
    grown = replace(
        data, x=rng.uniform(*data.x_range, many), y=rng.uniform(*data.y_range, many), spike_ids=np.arange(many),
        places=np.repeat([-1, 1, 0], [4000, 3000, 3000]).astype(np.int32), violates=np.zeros(many, np.bool_),
    )  # fmt: skip
    panel.canvas.set_data(grown)
    content = panel.figure().svg()
    assert len([mark for mark in Svg(content).all("circle") if mark.clip]) == many
    assert len(content) < 1_000_000


def test_amplitudes_have_their_histogram_and_no_frame_of_traces(shown):
    panel = shown(AmplitudePanel)
    svg, data = svg_of(panel), panel.data
    px = panel.frame.to_px(np.column_stack([data.x, data.y]))
    low = (panel.frame.left - 2, panel.frame.top - 2)
    high = (panel.frame.left + panel.frame.width + 2, panel.frame.top + panel.frame.height + 2)
    for place, color in ((0, BEST), (1, SECOND)):
        wanted = px[data.places == place]
        wanted = wanted[((wanted >= low) & (wanted <= high)).all(axis=1)]
        dots = [mark.points[0] - (0, LEGEND_PX) for mark in svg.all("circle", color) if mark.clip]
        np.testing.assert_allclose(dots, wanted, atol=2e-3)
    assert {"time (s)", data.y_label} <= set(svg.texts)
    bars = [mark for mark in svg.marks if mark.clip and mark.color == BEST and mark.tag != "circle"]
    assert [mark.tag for mark in bars] == ["polygon"]
    assert tokens("light").warning not in svg.content.decode()
    assert svg.content.decode().count("<clipPath") == 2


def test_waveforms_are_polylines_within_the_margin_of_the_bars(shown):
    panel = shown(WaveformsPanel)
    svg, canvas = svg_of(panel), panel.canvas
    singles = [mark for mark in svg.all("polyline") if float(mark.look["stroke-width"]) == 0.8]
    assert len(singles) == len(canvas._singles.px) > 0
    for mark, line in zip(singles, canvas._singles.px, strict=True):
        np.testing.assert_allclose(mark.points - (0, LEGEND_PX), line, atol=2e-3)
    *_, bottom = is_inside(singles, svg)
    assert bottom == pytest.approx(canvas.area.bottom + canvas._theme.px(8) + LEGEND_PX, abs=0.01)
    assert any(text.endswith(" ms") for text in svg.texts)


def test_traces_are_polylines_of_their_samples_and_spikes_lie_over_them(shown, session):
    panel = shown(TracesPanel)
    spike = int(session.manager.spikes(1)[0])
    time_s = session.model.spike_times[spike]
    session.time.show(time_s - 0.02, time_s + 0.03)
    svg = wait_for_lines(panel)
    layout, traces = panel.layout_now, panel.data.traces
    assert traces.factor == 1
    lines = [mark for mark in svg.all("polyline") if float(mark.look["stroke-width"]) == 0.8]
    assert len(lines) == N_CHANNELS
    for row, mark in zip(layout.rows, lines, strict=True):
        channel = layout.order[row]
        n_bins = len(mark.points)
        x = mark.points[:, 0]
        assert np.diff(x) == pytest.approx(layout.px_per_s / RATE, abs=2e-3)
        first = round((layout.start_s + (x[0] - layout.left) / layout.px_per_s) * RATE - 0.5) - traces.first_bin
        wanted = layout.zero_of(row) - traces.low[channel, first : first + n_bins] * panel.px_per_unit
        np.testing.assert_allclose(mark.points[:, 1] - LEGEND_PX, wanted, atol=0.01)
    spikes = [mark for mark in svg.all("polyline", BEST) if float(mark.look["stroke-width"]) == 1.5]
    assert spikes
    box = is_inside([*lines, *spikes], svg)
    assert box[0] == layout.left
    middle = spikes[0].points[:, 0].mean()
    assert abs(middle - layout.x_of(time_s)) < 0.003 * layout.px_per_s
    assert {"time (s)", "1", "2"} <= set(svg.texts)
    assert panel.figure_note() == ""
    assert tokens("light").warning not in svg.content.decode()


def wait_for_lines(panel):
    """Return the SVG once the panel shows the stretch it wishes for."""
    run_until(lambda: settled(panel) and panel._request == panel.make_request())
    return svg_of(panel)


def test_traces_of_too_many_points_are_a_picture_and_spikes_stay_lines(shown, monkeypatch):
    panel = shown(TracesPanel)
    wait_for_lines(panel)
    monkeypatch.setattr(trace_lines, "MAX_POINTS", 3000)
    svg = svg_of(panel)
    (image,) = svg.all("image")
    assert image.clip is not None
    assert panel.figure_note() == "its traces are a picture, as they have too many points"
    widths = {mark.look["stroke-width"] for mark in svg.all("polyline") if mark.clip == image.clip}
    assert widths == {"1.5"}
    monkeypatch.setattr(trace_lines, "MAX_POINTS", 10)
    svg = svg_of(panel)
    assert len(svg.all("image")) == 1
    assert not [mark for mark in svg.all("polyline") if mark.clip]


def test_a_raster_has_a_line_for_each_spike(shown, session):
    panel = shown(RasterPanel)
    svg, layout = svg_of(panel), panel.plot.layout_now
    lines = [mark for mark in svg.all("polyline") if mark.clip]
    assert len(lines) == session.model.n_spikes
    for cluster, color in ((1, BEST), (2, SECOND)):
        row = panel.plot.rows.tolist().index(cluster)
        ticks = [mark.points - (0, LEGEND_PX) for mark in lines if mark.color == color]
        times = session.model.spike_times[session.manager.spikes(cluster)]
        np.testing.assert_allclose(sorted(tick[0, 0] for tick in ticks), layout.x_of(np.sort(times)), atol=2e-3)
        assert {round(float(tick[:, 1].mean()), 1) for tick in ticks} == {round(float(layout.zero_of(row)), 1)}
        heights = {round(float(np.ptp(tick[:, 1])), 1) for tick in ticks}
        assert heights == {round(0.7 * layout.row_px, 1)}
    assert is_inside(lines, svg)[0] == layout.left
    panel.choose(marker="dot")
    assert len([mark for mark in svg_of(panel).all("circle") if mark.clip]) == session.model.n_spikes


def test_rows_of_too_many_spikes_are_a_picture_and_selected_ones_stay_lines(shown, session, monkeypatch):
    panel = shown(RasterPanel)
    n_selected = sum(session.manager.n_spikes(cluster) for cluster in (1, 2))
    monkeypatch.setattr("napari_phy.widgets.docks.raster_plot.MAX_MARKS", n_selected)
    svg = svg_of(panel)
    assert len(svg.all("image")) == 1
    assert {mark.color for mark in svg.all("polyline") if mark.clip} == {BEST, SECOND}
    assert len([mark for mark in svg.all("polyline") if mark.clip]) == n_selected
    assert panel.figure_note() == "the rows of other clusters are a picture, as they have too many spikes"
    monkeypatch.setattr("napari_phy.widgets.docks.raster_plot.MAX_MARKS", 0)
    assert not [mark for mark in svg_of(panel).all("polyline") if mark.clip]
    assert panel.figure_note() == "its rows are a picture, as they have too many spikes"


def test_drift_has_its_cells_as_a_picture_and_the_selection_as_circles(shown):
    panel = shown(DriftPanel)
    panel.plot.grab()
    svg, points, frame = svg_of(panel), panel._points, panel.frame
    (image,) = svg.all("image")
    assert image.points[0].tolist() == [frame.left, frame.top + LEGEND_PX]
    px = frame.to_px(np.column_stack([points.times_s, points.depths_um]))
    dots = [mark for mark in svg.all("circle") if mark.clip]
    np.testing.assert_allclose([mark.points[0] - (0, LEGEND_PX) for mark in dots], px, atol=2e-3)
    assert {"time (s)", "depth (µm)"} <= set(svg.texts)


def test_the_rows_of_spikes_and_of_edits_are_text(shown, session):
    panel = shown(SpikesPanel)
    svg = svg_of(panel)
    first = panel.list.spike_model
    assert {first.text(row, column) for row in range(5) for column in (0, 1, 6)} <= set(svg.texts)
    assert {"id", "spike", "depth"} <= set(svg.texts)
    session.merge([3, 4])
    history = shown(HistoryPanel)
    figure = history.figure()
    assert "Merge 3 and 4 → 5" in Svg(figure.svg()).texts
    assert figure.size.height() == 2 * history.theme.px(22)
    assert tokens("light").font(BODY_PX).pixelSize() == BODY_PX


def test_there_is_no_figure_of_a_message(shown, session):
    panel = shown(FeaturesPanel)
    session.selection.select([])
    wait_until_message(panel)
    assert panel.figure() is None


def wait_until_message(panel):
    run_until(lambda: not panel.stack.shows_picture)
