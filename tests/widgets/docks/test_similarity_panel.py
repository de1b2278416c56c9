"""The similarity matrix as a picture: its colours are the values, a click selects the pair."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, QSize, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.widgets.docks.similarity_panel import SimilarityPanel

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def session():
    made = light_session(n_clusters=9, n_spikes=2000)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = SimilarityPanel(session)
    qtbot.addWidget(made)
    made.resize(480, 500)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([3, 5])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request == panel.make_request()


def middle(panel, row, column):
    return panel.frame_now.cell(row, column).center


def place_of(panel, cluster):
    return panel.data.cluster_ids.tolist().index(cluster)


def color_at(panel, place):
    image = panel.plot.grab().toImage()
    scale = image.width() / panel.plot.width()
    return image.pixelColor(int(place[0] * scale), int(place[1] * scale)).getRgb()[:3]


def mixed(ramp, share):
    """Return the colour a share of the way along three colours."""
    stops = np.array([QColor(color).getRgb()[:3] for color in ramp], dtype=float)
    return [np.interp(share * 2, range(3), stops[:, part]) for part in range(3)]


def scroll(panel, place, notches):
    where = QPointF(*place)
    event = QWheelEvent(
        where, panel.plot.mapToGlobal(where), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(panel.plot, event)


def test_the_colour_of_a_cell_is_its_value_on_the_ramp(panel):
    values = panel.data.similarities
    for row, column in [(0, 0), (0, 4), (2, 7), (8, 1), (5, 6)]:
        wanted = mixed(panel.theme.ramp, float(np.clip(values[row, column], 0, 1)))
        np.testing.assert_allclose(color_at(panel, middle(panel, row, column)), wanted, atol=3)


def test_a_click_selects_the_row_as_best_and_the_column_as_similar(panel, session, qtbot):
    ids = panel.data.cluster_ids
    qtbot.mouseClick(panel.plot, LEFT, NONE, QPointF(*middle(panel, 2, 6)).toPoint())
    assert session.selection.best == (ids[2],)
    assert session.selection.similar == (ids[6],)
    qtbot.mouseClick(panel.plot, LEFT, NONE, QPointF(*middle(panel, 4, 4)).toPoint())
    assert session.selection.clusters == (ids[4],)
    qtbot.mouseClick(panel.plot, LEFT, CTRL, QPointF(*middle(panel, 4, 8)).toPoint())
    assert session.selection.clusters == (ids[4], ids[8])
    qtbot.mouseClick(panel.plot, LEFT, NONE, QPoint(2, 2))
    assert session.selection.clusters == (ids[4], ids[8])


def test_the_pair_looked_at_is_framed(panel, session):
    row, column = place_of(panel, 3), place_of(panel, 5)
    assert panel.pair == (row, column)
    cell = panel.frame_now.cell(row, column)
    framed = QColor(*color_at(panel, (cell.left, cell.top + 8)))
    assert framed.lightness() > 180
    session.selection.select([7])
    assert panel.pair == (place_of(panel, 7), place_of(panel, 7))
    session.selection.select([])
    assert panel.pair is None


def test_selected_ids_are_written_in_their_colours(panel):
    frame = panel.frame_now
    image = panel.plot.grab().toImage()
    scale = image.width() / panel.plot.width()
    for place, cluster in enumerate((3, 5)):
        cell = frame.cell(place_of(panel, cluster), 0)
        xs = range(int((frame.left - 2) * scale))
        ys = range(int((cell.center[1] - 6) * scale), int((cell.center[1] + 6) * scale))
        seen = {image.pixelColor(x, y).name() for x in xs for y in ys}
        assert panel.color_of(place) in seen
        assert panel.color_of(1 - place) not in seen


def test_the_line_on_top_and_the_status_bar_tell_the_pair(panel, qtbot):
    with qtbot.waitSignal(panel.said) as heard:
        qtbot.mouseMove(panel.plot, QPointF(*middle(panel, 1, 7)).toPoint())
    ids, value = panel.data.cluster_ids, panel.data.similarities[1, 7]
    assert heard.args == [f"{ids[1]} × {ids[7]}   {value:.2f} similar".replace("-", "−")]
    assert panel.read_out(1, 1) == ""


def test_an_edit_changes_rows_and_an_order_is_kept(panel, session, qtbot):
    panel.choose(order="size")
    qtbot.waitUntil(lambda: ready(panel))
    session.merge([3, 5])
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.cluster_ids[0] == 9
    assert sorted(panel.data.cluster_ids.tolist()) == [0, 1, 2, 4, 6, 7, 8, 9]
    session.discard([0])
    qtbot.waitUntil(lambda: ready(panel))
    assert 0 not in panel.data.cluster_ids


def test_the_order_of_the_list_is_followed(panel, qtbot):
    panel.listed = lambda: [4, 2, 7]
    panel.choose(order="list")
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.cluster_ids.tolist() == [4, 2, 7, 0, 1, 3, 5, 6, 8]
    panel.listed = lambda: [7, 4]
    panel.follow_list()
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.cluster_ids.tolist()[:2] == [7, 4]


def test_the_wheel_zooms_about_the_mouse_and_a_double_click_shows_all(panel, qtbot):
    place = middle(panel, 6, 2)
    scroll(panel, place, 2)
    frame = panel.frame_now
    assert frame.span == pytest.approx(9 / 1.25**2)
    assert frame.cell_at(*place) == (6, 2)
    start = QPointF(*place).toPoint()
    qtbot.mousePress(panel.plot, LEFT, NONE, start)
    qtbot.mouseMove(panel.plot, start + QPoint(-20, 15))
    qtbot.mouseRelease(panel.plot, LEFT, NONE, start + QPoint(-20, 15))
    moved = panel.frame_now
    assert moved.first_column == pytest.approx(frame.first_column + 20 / frame.cell_px)
    scroll(panel, place, 20)
    assert panel.frame_now.span == 4
    qtbot.mouseDClick(panel.plot, LEFT, NONE, QPoint(2, 2))
    assert panel.frame_now.span == 9
    scroll(panel, place, -5)
    assert panel.frame_now.span == 9


def test_without_features_it_says_what_is_missing(qtbot):
    session = light_session(features=None, masks=None)
    panel = SimilarityPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: not panel.busy)
    assert "memory.kwx is missing" in panel.stack.page.headline.text()
    session.close()


def test_it_paints_in_any_size_and_into_an_svg(panel, tmp_path):
    for size in (QSize(30, 30), QSize(220, 100), QSize(1500, 900)):
        panel.plot.resize(size)
        panel.plot.grab()
    panel.save_picture(str(tmp_path / "similarity.svg"))
    text = (tmp_path / "similarity.svg").read_text(encoding="utf-8")
    assert "similar" in text
    assert "#1e679c" in text


def test_another_measure_is_another_matrix(panel, session, qtbot):
    cosines = panel.data.similarities
    panel.setting_controls.actions["measure"]["masked gaussian"].trigger()
    assert session.views["similarity"].measure == "masked gaussian"
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.caption.startswith("9 clusters: probability that the mean")
    assert np.abs(panel.data.similarities - cosines).max() > 0.1
    ranking = dict(session.similar_to(3))  # compared once, for all
    shown = panel.data.similarities[place_of(panel, 3), place_of(panel, 5)]
    assert shown == pytest.approx(ranking[5], abs=1e-6)
