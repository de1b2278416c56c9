"""Colours of clusters that are not selected: by cluster, group or a measure, and where the raster paints them."""

import numpy as np
import pytest
from qtpy.QtGui import QColor
from widgets.light_session import light_session

from napari_phy.views.cluster_table import compute_cluster_table
from napari_phy.widgets.color_schemes import GREY, SCHEMES, scheme_colors
from napari_phy.widgets.raster_panel import RasterPanel
from napari_phy.widgets.theme import tokens


@pytest.fixture
def session():
    return light_session()


def brightness(color):
    return sum(QColor(color).getRgb()[:3])


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_each_scheme_colours_every_cluster_whose_value_is_known(session, theme):
    for _, scheme in SCHEMES:
        colors = scheme_colors(session, scheme, tokens(theme))
        if scheme in (GREY, "amplitude"):  # amplitudes were not read
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
    in_order = [brightness(colors[cluster]) for cluster in table.ids[np.argsort(table.depths)].tolist()]
    assert (np.diff(in_order) * sign >= -30).all()
    assert (in_order[-1] - in_order[0]) * sign > 150


def test_the_raster_paints_rows_in_the_colours_of_the_scheme(qtbot, session):
    panel = RasterPanel(session)
    qtbot.addWidget(panel)
    panel.resize(500, 300)
    panel.show()
    session.selection.select([7])
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
    panel.set_scheme("group")
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
    panel.set_scheme("grey")
    assert panel.options()["scheme"] == "grey"
