"""Where a colour stands for a value, the view says for which: the scale has the colour that is painted."""

import numpy as np
import pytest
from qtpy.QtGui import QColor
from widgets.docks.test_traces_panel import N_CHANNELS, make_traces
from widgets.light_session import light_session
from widgets.svg_reading import Svg

from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.docks.cluster_scatter_panel import ClusterScatterPanel
from napari_phy.widgets.docks.drift_panel import DriftPanel
from napari_phy.widgets.docks.raster_panel import RasterPanel, numbers_scale
from napari_phy.widgets.docks.templates_panel import TemplatesPanel
from napari_phy.widgets.docks.trace_painter import depth_colors
from napari_phy.widgets.docks.traces_panel import TracesPanel
from napari_phy.widgets.docks.waveforms_panel import WaveformsPanel
from napari_phy.widgets.panels.color_schemes import find_coloring

VIEWS = [
    (RasterPanel, lambda panel: panel.choose(scheme="rate"), "rate", "Hz"),
    (RasterPanel, lambda panel: panel.choose(scheme="depth"), "depth", "µm"),
    (TemplatesPanel, lambda panel: panel.choose(scheme="rate"), "rate", "Hz"),
    (DriftPanel, lambda panel: panel.choose(color="rate"), "rate", "Hz"),
    (DriftPanel, lambda panel: panel.choose(color="amplitude"), "amplitude", "µV"),
    (DriftPanel, lambda panel: panel.choose(color="number"), "spikes a cell, log", ""),
    (ClusterScatterPanel, lambda panel: panel.choose(color="depth"), "depth", "µm"),
    (WaveformsPanel, lambda panel: panel.choose(kind="density"), "waveforms, log", ""),
]


@pytest.fixture
def session():
    made = light_session(n_clusters=6, n_spikes=4000)
    made.selection.select([3])
    yield made
    made.close()


def shown(qtbot, kind, session, choose=lambda panel: None):
    panel = kind(session)
    qtbot.addWidget(panel)
    panel.resize(520, 360)
    choose(panel)
    panel.show()
    qtbot.waitExposed(panel)
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
    panel.grab()
    return panel


@pytest.mark.parametrize(("kind", "choose", "title", "unit"), VIEWS)
def test_a_view_whose_colours_stand_for_a_value_says_so_on_screen_and_on_paper(
    qtbot, session, kind, choose, title, unit
):
    panel = shown(qtbot, kind, session, choose)
    scale = panel.stack.legend.scale
    assert panel.stack.legend.isVisible()
    assert scale.title == title
    assert scale.high.endswith(unit)
    assert scale.low != scale.high
    svg = Svg(panel.figure().svg())
    assert {scale.title, scale.low, scale.high} <= set(svg.texts)
    assert svg.root.find(".//{*}linearGradient") is not None


@pytest.mark.parametrize("kind", [RasterPanel, TemplatesPanel, ClusterScatterPanel, WaveformsPanel])
def test_there_is_no_scale_where_no_colour_stands_for_a_value(qtbot, session, kind):
    panel = shown(qtbot, kind, session)
    assert panel.stack.legend.scale is None
    assert Svg(panel.figure().svg()).root.find(".//{*}linearGradient") is None


def test_templates_have_a_line_above_them_only_while_colours_stand_for_more_than_the_selection(qtbot, session):
    panel = shown(qtbot, TemplatesPanel, session)
    assert not panel.stack.legend.isVisible()
    panel.choose(scheme="group")
    assert [entry.text for entry in panel.stack.legend.entries] == ["good", "mua", "unsorted", "noise"]
    assert panel.stack.legend.isVisible()
    panel.choose(scheme="grey")
    assert not panel.stack.legend.isVisible()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_colour_of_a_cluster_is_that_of_its_value_on_the_scale(session, name):
    theme = tokens(name)
    found, table = find_coloring(session, "rate", theme, theme.dim), compute_cluster_table(session)
    low, high = (float(text.split()[-1 if "≤" in text else -2]) for text in (found.scale.low, found.scale.high))
    places, stops = zip(*found.scale.stops, strict=True)
    parts = np.array([QColor(color).getRgb()[:3] for color in stops])
    for cluster, rate in zip(table.ids.tolist(), table["rate"].tolist(), strict=True):
        place = min(max((rate - low) / (high - low), 0), 1)
        wanted = [np.interp(place, places, parts[:, part]) for part in range(3)]
        np.testing.assert_allclose(QColor(found.colors[cluster]).getRgb()[:3], wanted, atol=12)  # labels are rounded


def test_clusters_of_unknown_value_have_a_chip_and_colours_come_once_they_are_known(session):
    theme = tokens("dark")
    found = find_coloring(session, "amplitude", theme, theme.dim)
    assert (found.colors, found.scale, found.is_whole) == ({}, None, False)
    assert [(entry.text, entry.color) for entry in found.entries] == [("amplitude unknown", theme.dim)]


def test_the_scale_of_a_raster_tells_from_how_many_spikes_a_pixel_is_opaque():
    assert numbers_scale(1.4, "#5a616d", "#15171c") is None
    scale = numbers_scale(16, "#5a616d", "#15171c")
    assert (scale.title, scale.low, scale.high) == ("spikes a pixel", "1", "≥ 16")
    assert scale.stops[-1] == (1, "#5a616d")


def test_a_raster_of_many_spikes_tells_how_many_a_pixel_has(qtbot):
    session = light_session(n_clusters=4, n_spikes=60_000)
    panel = shown(qtbot, RasterPanel, session)
    assert panel.plot.opaque > 4
    assert panel.stack.legend.scale == numbers_scale(panel.plot.opaque, panel.theme.background_spikes, panel.theme.view)
    panel.plot.show_time(1.0, 1.1)
    panel.plot.grab()
    assert panel.stack.legend.scale is None
    session.close()


def test_traces_coloured_by_depth_say_which_depths(qtbot):
    model = light_session(n_channels=N_CHANNELS).model
    session = light_session(n_channels=N_CHANNELS, traces=make_traces(model))
    panel = shown(qtbot, TracesPanel, session)
    assert not panel.stack.legend.isVisible()
    panel.set_options({"colors": "depth"})
    depths = session.model.probe.positions[:, 1]
    scale = panel.stack.legend.scale
    assert panel.stack.legend.isVisible()
    assert (scale.title, scale.low, scale.high) == ("depth", f"{depths.min():.0f}", f"{depths.max():.0f} µm")
    assert [color for _, color in scale.stops] == [depth_colors(depths, panel.theme)[place] for place in (0, -1)]
    assert {"depth", scale.low, scale.high} <= set(Svg(panel.figure().svg()).texts)
    session.close()
