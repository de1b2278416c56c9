"""Colours of clusters that are not selected: by cluster, group or a measure, and where the raster paints them."""

import numpy as np
import pytest
from qtpy.QtGui import QColor
from widgets.light_session import light_session

from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.columns import column_named, find_column
from napari_phy.table.value_range import spread
from napari_phy.views.cluster_colors import GREY, GROUP, schemes
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.docks.drift_panel import DriftPanel
from napari_phy.widgets.docks.raster_panel import RasterPanel
from napari_phy.widgets.docks.templates_panel import TemplatesPanel
from napari_phy.widgets.panels.color_schemes import find_coloring


@pytest.fixture
def session():
    return light_session()


def scheme_colors(session, scheme, theme):
    return find_coloring(session, scheme, theme, theme.dim).colors


def brightness(color):
    return sum(QColor(color).getRgb()[:3])


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_each_scheme_colours_every_cluster_whose_value_is_known(session, theme):
    for _, scheme in schemes():
        colors = scheme_colors(session, scheme, tokens(theme))
        column = column_named(scheme)
        if scheme == GREY or (column is not None and column.in_background):  # which was not computed
            assert colors == {}
        else:
            assert set(colors) == set(session.manager.cluster_ids.tolist())
            assert all(QColor(color).isValid() for color in colors.values())


def test_clusters_have_their_own_colour_or_differ(session):
    session.recolor([3], "#123456")
    colors = scheme_colors(session, "cluster", tokens("dark"))
    assert colors[3] == "#123456"
    assert len(set(colors.values())) == len(colors)


def test_groups_have_the_colours_of_the_lists(session):
    theme = tokens("dark")
    session.add_group("fibre", "#ff00ff")
    session.move([5], "fibre")
    colors = scheme_colors(session, "group", theme)
    assert (colors[0], colors[1], colors[2], colors[5]) == (theme.good, theme.mua, theme.noise, "#ff00ff")


@pytest.mark.parametrize(("theme", "sign"), [("dark", 1), ("light", -1)])
def test_larger_values_stand_out_more_from_the_background(session, theme, sign):
    colors = scheme_colors(session, "depth", tokens(theme))
    table = compute_cluster_table(session)
    in_order = [brightness(colors[cluster]) for cluster in table.ids[np.argsort(table["depth"])].tolist()]
    assert (np.diff(in_order) * sign >= -30).all()
    assert (in_order[-1] - in_order[0]) * sign > 150


@pytest.mark.parametrize("kind", [RasterPanel, TemplatesPanel, DriftPanel])
def test_colours_by_rate_are_those_of_the_times_that_are_used(qtbot, session, kind):
    panel = kind(session)
    qtbot.addWidget(panel)
    panel.resize(500, 300)
    panel.show()
    panel.choose(**{"color" if kind is DriftPanel else "scheme": "rate"})
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
    session.time.set_range(1.0, 3.0)
    samples = session.model.spike_samples
    inside = (samples >= 20_000) & (samples < 60_000)
    rates = np.bincount(session.model.spike_clusters[inside], minlength=8) / 2
    ends = find_column("rate").range_labels(spread(rates)[1], "")
    qtbot.waitUntil(lambda: not panel.busy)
    scale = panel.color_scale()
    assert (scale.low, scale.high) == ends
    fastest, slowest = int(rates.argmax()), int(rates.argmin())
    colors = panel._coloring().colors
    assert brightness(colors[fastest]) > brightness(colors[slowest])
    session.time.clear_range()
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.color_scale().high != ends[1]


@pytest.mark.parametrize("kind", [RasterPanel, TemplatesPanel])
def test_views_of_all_clusters_paint_those_that_are_not_selected_in_the_colours_of_the_scheme(qtbot, session, kind):
    panel = kind(session)
    qtbot.addWidget(panel)
    panel.resize(500, 300)
    panel.show()
    session.selection.select([7])
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
    panel.choose(scheme="group")
    assert panel.stack.caption.text().endswith("; others by group")
    good = QColor(panel.theme.good).getRgb()[:3]

    def has(color):
        image = panel.plot.grab().toImage()
        width, height = image.width(), image.height()
        pixels = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8).reshape(height, -1)
        bgr = pixels[:, : 4 * width].reshape(height, width, 4)[..., 2::-1]
        return bool((np.abs(bgr.astype(int) - color).max(axis=-1) < 12).any())

    assert has(good)
    assert has(QColor(panel.color_of(0)).getRgb()[:3])
    session.move([0], "noise")
    qtbot.waitUntil(lambda: not panel.busy)
    assert not has(good)
    assert panel.options()["scheme"] == "group"
    panel.choose(scheme="grey")
    assert "others" not in panel.stack.caption.text()


def test_drift_paints_spikes_in_the_colours_of_groups_and_names_them(qtbot, session):
    session.move(range(8), "good")
    session.move([7], "noise")
    panel = DriftPanel(session)
    qtbot.addWidget(panel)
    panel.resize(500, 300)
    panel.show()
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
    panel.choose(color=GROUP)
    pixels = panel._cells(panel.frame, 1.0, panel.theme)[..., 2::-1].astype(int)
    drawn = pixels[np.abs(pixels - QColor(panel.theme.view).getRgb()[:3]).max(axis=-1) > 40]
    is_green = drawn[:, 1] - drawn[:, 0] > 30  # as "good" is, and "noise" not
    assert 0.7 < is_green.mean() < 0.98
    assert [entry.text for entry in panel.stack.legend.entries] == ["good", "noise"]
    assert panel.options() == {"color": "group"}
