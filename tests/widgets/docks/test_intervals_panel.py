"""The view of intervals: step lines in the colours of the selection, a band, and what is said about them."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QSize
from qtpy.QtGui import QColor
from widgets.light_session import light_session

from napari_phy.views.intervals import violation_words
from napari_phy.widgets.docks.intervals_panel import IntervalsPanel


@pytest.fixture
def session():
    made = light_session(n_clusters=4, n_spikes=20_000)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = IntervalsPanel(session)
    qtbot.addWidget(made)
    made.resize(480, 340)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request == panel.make_request()


def color_near(panel, x, y, wanted):
    """Return whether a colour is within 2 px of a point of the plot."""
    image = panel.plot.grab().toImage()
    scale = image.width() / panel.plot.width()
    wanted = QColor(wanted).getRgb()[:3]
    around = [(round((x + dx) * scale), round((y + dy) * scale)) for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1)]
    return any(np.abs(np.array(image.pixelColor(*at).getRgb()[:3]) - wanted).max() <= 70 for at in around)


def place_of(panel, cluster, found):
    frame = panel.frame(panel.plot.size(), panel.theme)
    middle = panel.data.edges[found : found + 2].mean()
    return frame.to_px([[middle, values(panel)[cluster, found]]])[0]


def values(panel):
    return panel.data.values(panel.settings.heights)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("heights", ["density", "counts"])
def test_lines_are_where_the_values_are_in_the_colours_of_the_selection(panel, qtbot, scale, heights):
    panel.choose(scale=scale)
    panel.choose(heights=heights)
    qtbot.waitUntil(lambda: ready(panel))
    for place in range(2):
        apart = int((values(panel)[place] - values(panel)[1 - place]).argmax())  # neither line lies on the other
        assert color_near(panel, *place_of(panel, place, apart), panel.color_of(place))


def test_the_band_ends_at_the_refractory_time(panel, qtbot):
    for refractory in (2.0, 5.0):
        panel.choose(refractory_ms=refractory)
        qtbot.waitUntil(lambda: ready(panel))
        frame = panel.frame(panel.plot.size(), panel.theme)
        image, y = panel.plot.grab().toImage(), round(frame.top + 3)
        inside, outside = (round(frame.to_px([[ms, 0]])[0, 0]) for ms in (refractory - 0.8, refractory + 0.8))
        assert image.pixelColor(inside, y) == QColor(panel.theme.tile)
        assert image.pixelColor(outside, y) == QColor(panel.theme.view)


def test_the_legend_counts_violations(panel):
    texts = [entry.text for entry in panel.stack.legend.entries]
    assert texts == [f"{cluster} · {violation_words(panel.data, place)}" for place, cluster in enumerate((1, 2))]
    assert "%" in texts[0]


def test_hovering_tells_the_bin_and_the_counts(panel, qtbot):
    x, y = place_of(panel, 0, 7)
    words = f"intervals of 7–8 ms: 1: {panel.data.counts[0, 7]}, 2: {panel.data.counts[1, 7]}"
    assert panel.read_out(x, y) == words
    with qtbot.waitSignal(panel.said) as heard:
        qtbot.mouseMove(panel.plot, QPoint(round(x), round(y)))
    assert heard.args == [words]
    assert panel.read_out(1, 1) == ""


def test_what_is_chosen_is_told_and_can_be_set_again(panel, qtbot):
    panel.setting_controls.actions["longest_ms"][200.0].trigger()
    panel.setting_controls.actions["n_bins"][100].trigger()
    panel.choose(scale="log")
    chosen = panel.options()
    assert chosen == {
        "scale": "log", "heights": "density", "longest_ms": 200.0, "shortest_ms": 0.0, "log_longest_ms": 10_000.0,
        "log_shortest_ms": 0.1, "n_bins": 100, "bin_ms": None, "refractory_ms": 2.0,
    }  # fmt: skip
    panel.set_options({"scale": "linear", "n_bins": 7.5, "refractory_ms": -1})
    assert (panel.settings.scale, panel.settings.n_bins, panel.settings.refractory_ms) == ("linear", 100, 2.0)
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.edges_ms[-1] == 200
    assert panel.data.counts.shape == (2, 100)


def test_shortest_interval_and_width_of_bins(panel, qtbot):
    panel.setting_controls.actions["shortest_ms"][10.0].trigger()
    panel.setting_controls.actions["bin_ms"][5.0].trigger()
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.edges_ms.tolist() == [10, 15, 20, 25, 30, 35, 40, 45, 50]
    assert panel.frame(panel.plot.size(), panel.theme).x_range == (10, 50)
    panel.setting_controls.actions["n_bins"][25].trigger()
    assert (panel.settings.n_bins, panel.settings.bin_ms) == (25, None)


def test_a_number_that_the_menu_does_not_have_gets_an_entry_while_it_holds(panel):
    menu = panel.setting_controls.menus["n_bins"]
    assert not menu._own.isVisible()
    panel.choose(n_bins=77)
    assert (menu._own.text(), menu._own.isVisible(), menu._own.isChecked()) == ("77 bins", True, True)
    assert not any(action.isChecked() for action in menu.actions.values())
    panel.choose(n_bins=50)
    assert (menu._own.isVisible(), menu.actions[50].isChecked()) == (False, True)


def test_more_clusters_than_are_legible_are_left_out_and_the_caption_says_so(qtbot):
    session = light_session(n_clusters=20, n_spikes=2000)
    panel = IntervalsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    session.selection.select(range(20))
    qtbot.waitUntil(lambda: ready(panel))
    assert len(panel.data.cluster_ids) == 16
    assert panel.stack.caption.text().startswith("the first 16 of 20 clusters; ")
    session.close()


def test_pictures_of_any_size_and_an_svg_in_the_light_colours(panel, tmp_path):
    for size in (QSize(30, 30), QSize(220, 100), QSize(1500, 900)):
        panel.plot.resize(size)
        panel.plot.grab()
    panel.save_picture(str(tmp_path / "picture.svg"))
    text = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert "interspike interval (ms)" in text
    assert "#1e679c" in text
    assert panel.color_of(0) not in text
    assert all(entry.text in text for entry in panel.legend_entries())
    assert panel.stack.caption.text() in text
