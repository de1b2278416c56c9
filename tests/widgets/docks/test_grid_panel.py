"""The grid of tiles, by mouse and key: what is in sight, scrolling, clicks, colours."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.views.metric_histograms import histogram_parts
from napari_phy.widgets.docks.grid_panel import GridPanel

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def session():
    made = light_session(n_clusters=40, n_spikes=4000)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = GridPanel(session)
    qtbot.addWidget(made)
    made.resize(480, 420)
    made.show()
    qtbot.waitExposed(made)
    made.choose(order="id")
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request == panel.make_request()


def box(panel, cluster):
    (place,) = np.flatnonzero(panel.data.cluster_ids == cluster)
    return QRectF(*panel.layout_now.tile(int(place)))


def click(qtbot, panel, cluster, modifier=NONE):
    qtbot.mouseClick(panel.plot, LEFT, modifier, box(panel, cluster).center().toPoint())


def colors_in(panel, rectangle):
    image = panel.plot.grab().toImage()
    scale = image.width() / panel.plot.width()
    xs = range(int(rectangle.left() * scale), int(rectangle.right() * scale))
    ys = range(int(rectangle.top() * scale), int(rectangle.bottom() * scale))
    return {image.pixelColor(x, y).name() for x in xs for y in ys}


def scroll(panel, notches):
    where = QPointF(100, 100)
    event = QWheelEvent(
        where, panel.plot.mapToGlobal(where), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(panel.plot, event)


def in_sight(panel):
    return [one for one in panel.data.cluster_ids.tolist() if 0 <= box(panel, one).top() < panel.plot.height()]


@pytest.mark.parametrize("content", ["waveform", "autocorrelogram", "rate"])
def test_selected_tiles_are_drawn_in_their_colours_and_others_grey(panel, qtbot, content):
    panel.choose(content=content)
    qtbot.waitUntil(lambda: ready(panel))
    for place, cluster in enumerate((1, 2)):
        inner = box(panel, cluster).adjusted(5, 22, -5, -4)
        assert panel.color_of(place) in colors_in(panel, inner)
    other = colors_in(panel, box(panel, 6))
    assert QColor(panel.theme.tile).name() in other
    assert not other & {panel.color_of(0), panel.color_of(1)}


def test_only_tiles_in_sight_are_computed(panel, session):
    assert list(panel.data.tiles) == in_sight(panel)
    assert 10 < len(panel.data.tiles) < 40
    assert session.model.waveforms.n_rows_read == sum(
        min(100, session.manager.n_spikes(one)) for one in in_sight(panel)
    )


def test_wheel_keys_and_bar_go_through_the_rows(panel, qtbot):
    layout = panel.layout_now
    assert panel.bar.isVisible()
    scroll(panel, -1)
    assert panel.layout_now.first == 1
    qtbot.waitUntil(lambda: ready(panel))
    assert set(in_sight(panel)) <= set(panel.data.tiles)
    qtbot.keyClick(panel, Qt.Key.Key_PageDown)
    assert panel.layout_now.first == min(1 + layout.n_whole, layout.n_lines - layout.n_whole)
    panel.bar.setValue(panel.bar.maximum())
    qtbot.waitUntil(lambda: ready(panel))
    assert 39 in panel.data.tiles
    assert box(panel, 39).bottom() <= panel.plot.height()
    scroll(panel, -5)
    assert panel.layout_now.first == panel.bar.maximum() == panel.bar.value()
    qtbot.keyClick(panel, Qt.Key.Key_PageUp)
    scroll(panel, 50)
    assert panel.layout_now.first == 0


def test_a_click_selects_ctrl_adds_and_drops(panel, session, qtbot):
    click(qtbot, panel, 5)
    assert session.selection.clusters == (5,)
    click(qtbot, panel, 7, CTRL)
    click(qtbot, panel, 6, CTRL)
    assert session.selection.clusters == (5, 7, 6)
    click(qtbot, panel, 5, CTRL)
    assert session.selection.clusters == (7, 6)
    qtbot.mouseClick(panel.plot, LEFT, NONE, QPoint(1, 1))
    assert session.selection.clusters == (7, 6)


@pytest.mark.parametrize("modifier", [NONE, CTRL])
def test_a_click_on_a_cluster_that_was_just_merged_does_nothing(panel, session, qtbot, modifier, caplog):
    place = box(panel, 4).center().toPoint()
    session.merge([3, 4])
    before = session.selection.clusters
    qtbot.mouseClick(panel.plot, LEFT, modifier, place)
    assert session.selection.clusters == before
    assert not caplog.records


def test_the_best_cluster_comes_into_sight_and_a_click_moves_nothing(panel, session, qtbot):
    session.selection.select([38])
    qtbot.waitUntil(lambda: ready(panel))
    assert 38 in in_sight(panel)
    row = panel.layout_now.first
    assert row > 0
    click(qtbot, panel, in_sight(panel)[-1])
    assert panel.layout_now.first == row


def test_hovering_tells_the_cluster_and_its_number(panel, session, qtbot):
    with qtbot.waitSignal(panel.said) as heard:
        qtbot.mouseMove(panel.plot, box(panel, 2).center().toPoint())
    n = session.manager.n_spikes(2)
    assert heard.args == [f"cluster 2, noise, {n} spikes; {panel.data.tiles[2].label}"]
    assert panel.read_out(1, 1) == ""


def test_an_edit_changes_the_tiles(panel, session, qtbot):
    session.merge([1, 2])
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.cluster_ids[-1] == 40
    assert not {1, 2} & set(panel.data.cluster_ids.tolist())
    assert 40 in in_sight(panel)  # it is the best one now


def test_tiles_can_be_larger(panel, qtbot):
    small = panel.layout_now
    panel.choose(zoom=1.7)
    qtbot.waitUntil(lambda: ready(panel))
    large = panel.layout_now
    assert large.n_columns < small.n_columns
    assert large.height == round(1.7 * small.height)
    assert panel.options()["zoom"] == 1.7


def test_without_raw_data_it_says_so_and_shows_the_rest(qtbot):
    session = light_session(with_raw=False)
    panel = GridPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: not panel.busy)
    assert "Waveforms and traces need memory.dat" in panel.stack.page.headline.text()
    panel.choose(content="rate")
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.stack.shows_picture
    session.close()


def test_it_paints_in_any_size_and_into_an_svg(panel, tmp_path):
    for size in (QSize(30, 30), QSize(220, 100), QSize(1500, 900)):
        panel.plot.resize(size)
        panel.plot.grab()
    panel.plot.resize(440, 360)
    panel.save_picture(str(tmp_path / "grid.svg"))
    assert "#1e679c" in (tmp_path / "grid.svg").read_text(encoding="utf-8")


# --- histograms of metrics ---


@pytest.fixture
def metrics(panel, qtbot):
    panel.choose(content="metrics", metrics=("spikes", "snr", "rate"))
    qtbot.waitUntil(lambda: ready(panel) and panel.data.n_tiles == 3)
    return panel


def bars(panel, place):
    return histogram_parts(panel.layout_now.tile(place), panel.theme).bars


def point(panel, place, along, at=0.5):
    area = bars(panel, place)
    return QPoint(round(area.left + along * area.width), round(area.top + at * area.height))


def test_a_click_sets_a_limit_a_drag_moves_it_and_a_double_click_drops_it(metrics, qtbot):
    plot = metrics.plot
    qtbot.mouseClick(plot, LEFT, NONE, point(metrics, 1, 0.5))
    first = metrics.limits["snr"]
    assert first.is_least
    values = metrics.data.histograms[1].values
    assert metrics.limits_bar.label.text().startswith(f"{np.count_nonzero(values >= first.value)} of 40 clusters pass")

    qtbot.mouseMove(plot, point(metrics, 1, 0.5))
    qtbot.mousePress(plot, LEFT, NONE, point(metrics, 1, 0.5))
    for along in (0.6, 0.7, 0.8):
        qtbot.mouseMove(plot, point(metrics, 1, along))
    qtbot.mouseRelease(plot, LEFT, NONE, point(metrics, 1, 0.8))
    assert metrics.limits["snr"].value == pytest.approx(metrics.data.histograms[1].value_at(0.8), rel=0.02)

    qtbot.mouseDClick(plot, LEFT, NONE, point(metrics, 1, 0.5))
    assert metrics.limits == {}
    assert metrics.limits_bar.isHidden()


def test_a_click_on_the_words_turns_a_limit_round(metrics, qtbot):
    words = histogram_parts(metrics.layout_now.tile(2), metrics.theme).words
    where = QPoint(*map(round, words.center))
    qtbot.mouseClick(metrics.plot, LEFT, NONE, where)
    assert metrics.limits == {}
    qtbot.mouseClick(metrics.plot, LEFT, NONE, point(metrics, 2, 0.4))
    qtbot.mouseClick(metrics.plot, LEFT, NONE, where)
    assert not metrics.limits["rate"].is_least


def test_one_click_makes_the_limits_the_filter_and_the_histograms_stay(metrics, session, qtbot):
    for place in (0, 1):
        qtbot.mouseClick(metrics.plot, LEFT, NONE, point(metrics, place, 0.4))
    passes = [one.passes(of.values) for one, of in zip(metrics.limits.values(), metrics.data.histograms, strict=False)]
    expected = np.flatnonzero(np.all(passes, axis=0)).tolist()
    qtbot.mouseClick(metrics.limits_bar.filter_button, LEFT)
    assert session.listed.text == " and ".join(limit.text for limit in metrics.limits.values())
    assert sorted(session.listed.clusters) == expected
    assert 0 < len(expected) < 40
    metrics.follow_list()
    qtbot.waitUntil(lambda: ready(metrics))
    assert len(metrics.data.histograms[0].values) == 40
    qtbot.mouseClick(metrics.limits_bar.clear_button, LEFT)
    assert metrics.limits == {}


def test_metrics_are_chosen_in_the_menu_and_read_under_the_mouse(metrics, qtbot):
    area = bars(metrics, 2)
    words = metrics.read_out(area.left + 0.5 * area.width, area.top + 2)
    assert words.startswith("rate ")
    assert words.endswith(" Hz")
    assert metrics.read_out(2000, 2000) == ""
    menu = next(one.menu() for one in metrics.header.more_menu.actions() if one.text() == "Metrics")
    menu.aboutToShow.emit()
    entries = {entry.text(): entry for entry in menu.actions()}
    assert entries["signal to noise"].isChecked()
    entries["signal to noise"].trigger()
    entries["spread"].trigger()
    assert metrics.settings.metrics == ("spikes", "rate", "spread")
    metrics.choose(metrics=())
    qtbot.waitUntil(lambda: metrics.data is None)


def test_histograms_mark_the_selection_and_follow_valid_periods(metrics, session, qtbot):
    area = QRectF(*bars(metrics, 0)).adjusted(-2, 0, 2, 0)
    assert metrics.color_of(0) in colors_in(metrics, area)
    session.table.valid_only = True
    qtbot.waitUntil(lambda: ready(metrics) and metrics.data.request.valid_only)
