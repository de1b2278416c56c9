"""The scatter of clusters, by mouse: discs where the columns are, clicks and lassos that select clusters."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, QSize, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.core.colors import distinct_colors
from napari_phy.core.group_colors import own_group_colors
from napari_phy.views.cluster_scatter import disc_radii
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.docks.cluster_scatter_panel import NOTHING_INSIDE, ClusterScatterPanel

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def session():
    made = light_session(n_clusters=8, n_spikes=1600)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = ClusterScatterPanel(session)
    qtbot.addWidget(made)
    made.resize(480, 440)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2])
    made.choose(x_by="id")
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request == panel.make_request()


def place(panel, cluster):
    """Return the px of a cluster's disc."""
    data = panel.data
    (index,) = np.flatnonzero(data.cluster_ids == cluster)
    return panel.frame_now.to_px([[data.x[index], data.y[index]]])[0]


def point(panel, cluster):
    return QPointF(*place(panel, cluster)).toPoint()


def color_at(panel, where):
    image = panel.plot.grab().toImage()
    scale = image.width() / panel.plot.width()
    return np.array(image.pixelColor(int(where[0] * scale), int(where[1] * scale)).getRgb()[:3])


def over_view(panel, color, alpha):
    rgb, view = (np.array(QColor(one).getRgb()[:3]) for one in (color, panel.theme.view))
    return alpha * rgb + (1 - alpha) * view


def test_discs_have_the_colour_of_their_group_and_selected_ones_their_own(panel, session):
    for rank, cluster in enumerate((1, 2)):
        np.testing.assert_allclose(
            color_at(panel, place(panel, cluster)), over_view(panel, panel.color_of(rank), 0.92), atol=18
        )
    wanted = over_view(panel, panel.theme.group_color("good"), 0.78)
    np.testing.assert_allclose(color_at(panel, place(panel, 0)), wanted, atol=18)


def test_colours_can_stand_for_a_column(panel, qtbot):
    panel.choose(color="id")
    panel.choose(size_by="same")
    qtbot.waitUntil(lambda: ready(panel))
    colors = panel.colors(panel.theme)
    assert colors[-1] == panel.theme.ramp[2]
    np.testing.assert_allclose(color_at(panel, place(panel, 7)), over_view(panel, panel.theme.ramp[2], 0.78), atol=18)
    assert len(set(colors)) == 8
    panel.choose(color="cluster")
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.colors(panel.theme) == list(distinct_colors(8))
    assert len(set(disc_radii(panel.data, panel.theme.scale))) == 1
    assert [entry.text for entry in panel.stack.legend.entries] == ["1", "2"]


def test_a_group_of_one_s_own_is_in_the_legend_in_its_colour(panel, session, qtbot):
    session.add_group("interneuron", "#12ab34")
    session.move([5], "interneuron")
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.colors(panel.theme)[5] == "#12ab34"
    assert ("interneuron", "#12ab34") in [(entry.text, entry.color) for entry in panel.stack.legend.entries]


def test_unsorted_clusters_are_hollow_as_in_the_lists(panel, session):
    assert session.manager.group(6) == "unsorted"
    (index,) = np.flatnonzero(panel.data.cluster_ids == 6)
    radius = float(disc_radii(panel.data, panel.theme.scale)[index])
    wanted = over_view(panel, panel.theme.unsorted, 0.78)
    np.testing.assert_allclose(color_at(panel, np.add(place(panel, 6), (radius, 0))), wanted, atol=60)
    within = color_at(panel, np.add(place(panel, 6), (radius / 2, radius / 3)))  # beside the lines of the grid
    np.testing.assert_allclose(within, over_view(panel, panel.theme.view, 1), atol=18)
    hollow = {entry.text: entry.hollow for entry in panel.stack.legend.entries}
    assert hollow == {"1": False, "2": False, "good": False, "mua": False, "unsorted": True, "noise": False}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_groups_of_one_s_own_have_colours_of_their_own_in_list_and_view(panel, session, qtbot, theme):
    session.add_group("interneuron")
    session.add_group("pyramidal")
    session.move([5], "interneuron")
    session.move([6], "pyramidal")
    qtbot.waitUntil(lambda: ready(panel))
    colors = panel.colors(tokens(theme))
    own = own_group_colors(session.groups, theme == "dark")
    assert [colors[5], colors[6]] == [own["interneuron"], own["pyramidal"]]


def test_logarithmic_axes_are_remembered_and_keep_the_values(panel, qtbot):
    panel.choose(x_by="spikes")
    panel.choose(log=True)
    qtbot.waitUntil(lambda: ready(panel))
    np.testing.assert_allclose(10**panel.data.x, panel.data.n_spikes)
    assert panel.options()["log"] is True
    panel.plot.grab()


def test_a_long_probe_has_depths_in_thousands(qtbot):
    session = light_session(positions=[[0.0, 3000.0 * i] for i in range(8)])
    panel = ClusterScatterPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.y_range[1] > 10_000
    panel.plot.grab()
    session.close()


def test_areas_grow_with_the_size(panel, qtbot):
    data = panel.data
    areas = disc_radii(data, panel.theme.scale) ** 2
    assert np.argsort(areas).tolist() == np.argsort(data.n_spikes).tolist()
    assert [entry.text for entry in panel.stack.legend.entries] == ["1", "2", "good", "mua", "unsorted", "noise"]


def test_a_click_selects_ctrl_adds_and_drops(panel, session, qtbot):
    qtbot.mouseClick(panel.plot, LEFT, NONE, point(panel, 4))
    assert session.selection.clusters == (4,)
    qtbot.mouseClick(panel.plot, LEFT, CTRL, point(panel, 6))
    assert session.selection.clusters == (4, 6)
    qtbot.mouseClick(panel.plot, LEFT, CTRL, point(panel, 4))
    assert session.selection.clusters == (6,)
    qtbot.mouseClick(panel.plot, LEFT, NONE, QPoint(2, 2))
    assert session.selection.clusters == (6,)


def drag(qtbot, panel, points, modifier):
    points = [QPointF(*one).toPoint() for one in points]
    qtbot.mousePress(panel.plot, LEFT, modifier, points[0])
    for one in points[1:]:
        qtbot.mouseMove(panel.plot, one)
    qtbot.mouseRelease(panel.plot, LEFT, modifier, points[-1])


def box_around(panel, clusters):
    places = np.array([place(panel, cluster) for cluster in clusters])
    (left, top), (right, bottom) = places.min(axis=0) - 6, places.max(axis=0) + 6
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top + 1)]


def inside(panel, box):
    (left, top), (right, bottom) = box[0], box[2]
    ids = panel.data.cluster_ids.tolist()
    return {one for one in ids if left < place(panel, one)[0] < right and top < place(panel, one)[1] < bottom}


@pytest.mark.parametrize("by_button", [False, True])
def test_a_lasso_selects_the_clusters_inside(panel, session, qtbot, by_button):
    box = box_around(panel, (3, 4))
    wanted = inside(panel, box)
    if by_button:
        panel.header.lasso_button.click()
    drag(qtbot, panel, box, NONE if by_button else CTRL)
    assert set(session.selection.best) == set(session.selection.clusters) == wanted
    assert {3, 4} <= wanted
    sizes = [session.manager.n_spikes(cluster) for cluster in session.selection.clusters]
    assert sizes == sorted(sizes, reverse=True)
    assert not panel.header.lasso_button.isChecked()


def test_a_lasso_around_nothing_says_so_and_keeps_the_selection(panel, session, qtbot):
    frame = panel.frame_now
    x, y = frame.left + 3, frame.top + 3
    with qtbot.waitSignal(panel.said, check_params_cb=lambda words: words == NOTHING_INSIDE):
        drag(qtbot, panel, [(x, y), (x + 12, y), (x + 12, y + 12), (x, y + 12)], CTRL)
    assert session.selection.clusters == (1, 2)


def test_a_lasso_is_drawn_as_it_goes_and_esc_drops_it(panel, session, qtbot):
    box = [QPointF(*one).toPoint() for one in box_around(panel, (3, 4))]
    qtbot.mousePress(panel.plot, LEFT, CTRL, box[0])
    for one in box[1:3]:
        qtbot.mouseMove(panel.plot, one)
    edge = (box[0] + box[1]) / 2
    line = [color_at(panel, (edge.x() + step, edge.y())).max() for step in range(-6, 7)]
    assert max(line) > 150  # dashes in the colour of text
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert len(panel.lasso) == 0
    qtbot.mouseRelease(panel.plot, LEFT, CTRL, box[3])
    assert session.selection.clusters == (1, 2)


def test_hovering_tells_the_cluster(panel, session, qtbot):
    with qtbot.waitSignal(panel.said) as heard:
        qtbot.mouseMove(panel.plot, point(panel, 5))
    n = session.manager.n_spikes(5)
    assert heard.args[0].startswith(f"cluster 5, unsorted, {n} spikes: cluster id 5, depth ")
    assert panel.read_out(1, 1) == ""


def test_the_wheel_zooms_dragging_moves_and_a_double_click_shows_all(panel, qtbot):
    before = panel.frame_now
    where = QPointF(*place(panel, 3))
    event = QWheelEvent(
        where, panel.plot.mapToGlobal(where), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(panel.plot, event)
    np.testing.assert_allclose(place(panel, 3), (where.x(), where.y()), atol=1e-6)
    assert np.ptp(panel.frame_now.x_range) == pytest.approx(np.ptp(before.x_range) / 1.44)
    drag(qtbot, panel, [(200, 200), (230, 210)], NONE)
    np.testing.assert_allclose(place(panel, 3), (where.x() + 30, where.y() + 10), atol=1e-6)
    qtbot.mouseDClick(panel.plot, LEFT, NONE, QPoint(5, 5))
    assert panel.frame_now == before


def test_a_move_to_a_group_and_a_merge_are_shown(panel, session, qtbot):
    session.move([5], "good")
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.groups[5] == "good"
    session.merge([3, 4])
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.cluster_ids.tolist() == [0, 1, 2, 5, 6, 7, 8]


def test_it_paints_in_any_size_and_into_an_svg(panel, tmp_path):
    for size in (QSize(30, 30), QSize(220, 100), QSize(1500, 900)):
        panel.plot.resize(size)
        panel.plot.grab()
    panel.save_picture(str(tmp_path / "scatter.svg"))
    assert "depth (µm)" in (tmp_path / "scatter.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("lacks", "axes"),
    [
        ({"features": None}, ("rate", "amplitude")),
        ({"features": None, "with_raw": False}, ("rate", "refractory")),
        ({"knows_positions": False}, ("rate", "amplitude")),
    ],
)
def test_it_opens_on_columns_that_the_data_set_has(qtbot, lacks, axes):
    session = light_session(n_clusters=8, n_spikes=1600, **lacks)
    panel = ClusterScatterPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitExposed(panel)
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.axes == (panel.data.request.x, panel.data.request.y) == axes
    assert len(panel.data.cluster_ids) == 8
    assert panel.setting_controls.drop_downs["y_by"].text().startswith(f"y  {axes[1]}")
    assert panel.options()["y_by"] == "depth"  # what was chosen holds where there are depths
    panel.setting_controls.drop_downs["y_by"].chosen.emit("depth")
    qtbot.waitUntil(lambda: ready(panel))
    assert len(panel.data.cluster_ids) == 0
    session.close()


def test_the_menu_and_the_axis_call_a_column_the_same(panel):
    assert (
        panel.data.x_label
        == "cluster id"
        == panel.setting_controls.drop_downs["x_by"].text().removeprefix("x").strip(" ▾")
    )
