"""The correlogram view: a matrix in the colours of its clusters, legible at any size."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QColor
from widgets.light_session import light_session

from napari_phy.stats.correlograms import correlograms, symmetrise
from napari_phy.views import correlogram_cache
from napari_phy.views.correlogram_layout import correlogram_grid, height_words
from napari_phy.views.correlograms import N_MAX
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.docks import correlograms_panel
from napari_phy.widgets.docks.correlograms_panel import CorrelogramsPanel, shown_id

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session():
    made = light_session(n_clusters=14, n_spikes=4000)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = CorrelogramsPanel(session)
    qtbot.addWidget(made)
    made.resize(520, 545)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2, 3])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request == panel.make_request()


def entry(panel, name, value=True):
    return panel.setting_controls.actions[name][value]


def colors_of_tile(panel, row, column):
    image = panel.plot.grab().toImage()
    scale = image.width() / panel.plot.width()
    tile = panel.grid(panel.plot.size(), panel.theme).tile(row, column)
    xs = np.arange(tile.left + 1, tile.right - 1)
    ys = np.arange(tile.top + 1, tile.bottom - 1, 3)
    names = [image.pixelColor(int(x * scale), int(y * scale)).getRgb()[:3] for x in xs for y in ys]
    return np.array(names)


def has(colors, wanted):
    return (np.abs(colors - QColor(wanted).getRgb()[:3]).max(axis=1) <= 8).any()


def test_the_diagonal_has_the_cluster_s_colour_and_the_rest_is_grey(panel):
    for place in range(3):
        tile = colors_of_tile(panel, place, place)
        assert has(tile, panel.color_of(place))
        assert has(tile, panel.theme.tile)
    other = colors_of_tile(panel, 0, 1)
    assert has(other, panel.theme.bars)
    assert not any(has(other, panel.color_of(place)) for place in range(3))


def test_bin_and_window_start_at_1_and_50_ms_and_can_be_chosen(panel, qtbot):
    assert [box.text() for box in panel.header.drop_downs] == ["Bin 1 ms ▾", "Window 50 ms ▾"]
    assert panel.data.lags_ms[[0, -1]].tolist() == [-25, 25]
    panel.choose(bin_ms=0.5)
    panel.choose(window_ms=100.0)
    qtbot.waitUntil(lambda: ready(panel))
    assert [box.text() for box in panel.header.drop_downs] == ["Bin 0.5 ms ▾", "Window 100 ms ▾"]
    assert panel.data.lags_ms[[0, -1]].tolist() == [-50, 50]


def test_more_clusters_than_are_legible_are_left_out_and_the_caption_says_so(panel, session, qtbot):
    session.selection.select(range(11))
    qtbot.waitUntil(lambda: ready(panel))
    assert len(panel.data.cluster_ids) == N_MAX
    assert panel.stack.caption.text().startswith("the first 8 of 11 clusters; ")
    session.selection.select([1])
    qtbot.waitUntil(lambda: ready(panel))
    assert not panel.stack.caption.text().startswith("the first")


@pytest.mark.parametrize("size", [(520, 545), (410, 360)])
def test_ids_of_four_and_of_ten_digits_are_whole_beside_the_boxes(size):
    theme = tokens("dark")
    for ids in ([3177, 4038], [1_234_567_890, 1_234_567_891]):
        grid = correlogram_grid(ids, *size, theme)
        assert grid.left <= size[0] / 4
        assert shown_id(ids[0], grid.left - 9, theme) == str(ids[0])
    assert correlogram_grid([1, 22], *size, theme).left == theme.px(36)


def test_an_id_without_room_ends_in_its_last_digits_and_is_told_under_the_mouse(panel, session, qtbot):
    grid = correlogram_grid([1_234_567_890, 1], 220, 160, panel.theme)
    shown = shown_id(1_234_567_890, grid.left - 9, panel.theme)
    assert shown.startswith("…")
    assert shown.endswith("890")
    grid = panel.grid(panel.plot.size(), panel.theme)
    above, beside = grid.tile(0, 1), grid.tile(2, 0)
    assert panel.read_out(above.center[0], 5) == "Cluster 2"
    assert panel.read_out(5, beside.center[1]) == "Cluster 3"


def test_hovering_tells_the_pair_the_lag_and_the_count(panel, qtbot):
    tile = panel.grid(panel.plot.size(), panel.theme).tile(0, 2)
    middle = len(panel.data.lags_ms) // 2
    words = panel.read_out(tile.center[0], tile.center[1])
    assert words == f"1 → 3, 0 ms, {panel.data.counts[0, 2, middle]} pairs"
    assert panel.read_out(1, 1) == ""
    with qtbot.waitSignal(panel.said) as heard:
        qtbot.mouseMove(panel.plot, QPoint(round(tile.center[0]), round(tile.center[1])))
    assert heard.args == [words]


def test_a_click_on_a_box_selects_its_pair_the_row_first(panel, session, qtbot):
    def click(row, column):
        tile = panel.grid(panel.plot.size(), panel.theme).tile(row, column)
        qtbot.mouseClick(panel.plot, LEFT, pos=QPoint(round(tile.center[0]), round(tile.center[1])))
        qtbot.waitUntil(lambda: ready(panel))

    click(2, 0)
    assert session.selection.clusters == (3, 1)
    click(1, 0)
    assert session.selection.clusters == (1, 3)
    click(1, 1)
    assert session.selection.clusters == (3,)
    qtbot.mouseClick(panel.plot, LEFT, pos=QPoint(1, 1))
    assert session.selection.clusters == (3,)


def test_hz_are_read_out_and_the_caption_says_so(panel, qtbot):
    tile = panel.grid(panel.plot.size(), panel.theme).tile(0, 2)
    counts, n_spikes = panel.data.counts[0, 2], panel.data.n_spikes[0]
    pairs = panel.read_out(tile.center[0], tile.center[1])
    with qtbot.waitSignal(panel.drawn):
        entry(panel, "unit", "Hz").trigger()
    hz = panel.read_out(tile.center[0], tile.center[1])
    middle = len(counts) // 2
    assert pairs == f"1 → 3, 0 ms, {counts[middle]} pairs"
    assert hz == f"1 → 3, 0 ms, {height_words(counts[middle] / n_spikes / 0.001, 'Hz')} Hz"
    assert panel.stack.caption.text().startswith("Hz, around a spike of the row; ")


def tall(panel, row, column, color):
    """Return the highest pixel of a colour in a tile, in px above its bottom."""
    image = panel.plot.grab().toImage()
    tile = panel.grid(panel.plot.size(), panel.theme).tile(row, column)
    wanted = np.array(QColor(color).getRgb()[:3])
    for y in range(round(tile.top), round(tile.bottom)):
        line = [image.pixelColor(x, y).getRgb()[:3] for x in range(round(tile.left), round(tile.right))]
        if (np.abs(np.array(line) - wanted).max(axis=1) <= 8).any():
            return tile.bottom - y
    return 0


def test_with_one_scale_bars_of_different_boxes_can_be_compared(panel, session, qtbot):
    session.selection.select([session.merge([1, 2, 4, 5]).added[0], 3])
    qtbot.waitUntil(lambda: ready(panel))
    small = panel.color_of(1)
    own = tall(panel, 1, 1, small)
    entry(panel, "shared").trigger()
    ratio = panel.data.maxima[1, 1] / panel.settings.tops(panel.data)[0, 0]
    scale = panel.grid(panel.plot.size(), panel.theme).tile(1, 1).height - panel.theme.px(14)
    assert tall(panel, 1, 1, small) == pytest.approx(ratio * scale, abs=2)
    assert tall(panel, 1, 1, small) < 0.6 * own
    assert panel.options()["shared"] is True


def test_the_highest_bar_fills_its_box_also_where_bars_share_a_px(panel, qtbot):
    for window in (50.0, 500.0):
        panel.choose(bin_ms=0.5, window_ms=window)
        qtbot.waitUntil(lambda: ready(panel))
        height = panel.grid(panel.plot.size(), panel.theme).tile(1, 1).height - panel.theme.px(14)
        assert tall(panel, 1, 1, panel.color_of(1)) == pytest.approx(height, abs=2)


def test_the_expected_height_and_the_band_are_as_chosen(panel):
    def band(row, column):
        image = panel.plot.grab().toImage()
        tile = panel.grid(panel.plot.size(), panel.theme).tile(row, column)
        y = round(tile.top) + 1
        row_of = [image.pixelColor(x, y) for x in range(round(tile.left), round(tile.right))]
        return sum(color == QColor(panel.theme.grid) for color in row_of) / len(row_of)

    assert band(0, 1) == pytest.approx(4 / 51, abs=0.02)
    entry(panel, "refractory_ms", 5.0).trigger()
    assert band(0, 1) == pytest.approx(10 / 51, abs=0.02)
    assert "band: 5 ms refractory" in panel.stack.caption.text()
    before = panel.plot.grab().toImage()
    entry(panel, "baseline").trigger()
    assert panel.plot.grab().toImage() != before
    assert "dashed" not in panel.stack.caption.text()


def test_what_is_chosen_is_told_and_settings_hold_until_then(qtbot, session, monkeypatch):
    monkeypatch.setattr(type(session.settings), "value", lambda _, name: {"correlogram_bin_ms": 0.3}.get(name, 40.0))
    panel = CorrelogramsPanel(session)
    qtbot.addWidget(panel)
    assert [box.text() for box in panel.header.drop_downs] == ["Bin 0.3 ms ▾", "Window 40 ms ▾"]
    assert (panel.options()["bin_ms"], panel.options()["window_ms"]) == (None, None)
    chosen = {"bin_ms": 2.0, "unit": "Hz", "lags": "log", "refractory_ms": 3.0, "baseline": False, "shared": True}
    chosen["merged"] = False
    panel.set_options(chosen)
    assert panel.options() == {**chosen, "window_ms": None}
    assert [box.text() for box in panel.header.drop_downs] == ["Bin 2 ms ▾", "Window 40 ms ▾"]
    assert entry(panel, "unit", "Hz").isChecked()
    assert entry(panel, "shared").isChecked()
    assert not entry(panel, "baseline").isChecked()


def test_those_of_all_clusters_are_kept_in_the_background_once_for_each_kind_of_bins(qtbot, session, monkeypatch):
    kept = []
    keep = correlograms_panel.cache_correlograms
    monkeypatch.setattr(correlogram_cache, "CACHED_FROM", 0)
    monkeypatch.setattr(
        correlograms_panel,
        "cache_correlograms",
        lambda opened, request, on_progress: kept.append((request.bin_ms, keep(opened, request, on_progress))),
    )
    panel = CorrelogramsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    for clusters, bin_ms in (([1, 2], 1.0), ([2, 3], 1.0), ([2, 3], 2.0)):
        panel.choose(bin_ms=bin_ms)
        session.selection.select(clusters)
        qtbot.waitUntil(lambda: ready(panel) and panel._caching.wanted is None)
    assert kept == [(1.0, True), (2.0, True)]
    new = session.merge([2, 3]).added[0]
    session.selection.select([new, 5])
    qtbot.waitUntil(lambda: ready(panel))
    model, labels = session.model, session.manager.spike_clusters
    wanted = correlograms(model.spike_samples, labels, [new, 5], sample_rate=model.sample_rate, bin_ms=2)
    np.testing.assert_array_equal(panel.data.counts, symmetrise(wanted))
    assert len(kept) == 2


def test_a_picture_is_saved_as_png_and_as_svg_in_the_light_colours(panel, tmp_path):
    png, svg = tmp_path / "picture.png", tmp_path / "picture.svg"
    panel.save_picture(str(png))
    panel.save_picture(str(svg))
    assert png.stat().st_size > 1000
    text = svg.read_text(encoding="utf-8")
    assert "lag (ms)" in text
    assert "#1e679c" in text
    assert panel.color_of(0) not in text


def test_a_correlogram_without_any_pair_says_so(qtbot, tmp_path):
    session = light_session(n_clusters=2, n_spikes=60, duration=600.0)
    panel = CorrelogramsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(400, 400)
    panel.show()
    session.selection.select([0])
    qtbot.waitUntil(lambda: ready(panel))
    assert not panel.data.counts.any()
    svg = tmp_path / "picture.svg"
    panel.save_picture(str(svg))
    assert "no pairs" in svg.read_text(encoding="utf-8")
    session.close()


def test_it_paints_into_any_rectangle(panel):
    for size in (QSize(30, 30), QSize(220, 100), QSize(1500, 900)):
        grid = panel.grid(size, panel.theme)
        assert grid.tile(0, 0).width >= 4
        panel.plot.resize(size)
        panel.plot.grab()


def test_the_box_at_the_bottom_left_is_what_all_would_be_as_one(panel, session, qtbot):
    tile = panel.grid(panel.plot.size(), panel.theme).tile(2, 0)
    as_one = panel.read_out(*tile.center)
    assert as_one.startswith("1, 2 and 3 as one, 0 ms, ")
    assert panel.stack.caption.text().endswith("; bottom left: all as one")
    before = panel.plot.grab().toImage()
    entry(panel, "merged").trigger()
    assert panel.read_out(*tile.center).startswith("3 → 1, 0 ms, ")
    assert "as one" not in panel.stack.caption.text()
    assert panel.plot.grab().toImage() != before
    new = session.merge([1, 2, 3]).added[0]
    session.selection.select([new])
    qtbot.waitUntil(lambda: ready(panel))
    only = panel.grid(panel.plot.size(), panel.theme).tile(0, 0)
    assert panel.read_out(*only.center).split(", ")[2] == as_one.split(", ")[3]
