"""Correlograms, Intervals and Firing rate in a real window: clicks on boxes and times, and what menus offer."""

import numpy as np
import pytest
from journeys.person import CTRL, LEFT, PLAIN
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    for cluster in person.listed()[:3]:
        person.click(cluster, modifier=CTRL if cluster != person.listed()[0] else PLAIN)
    person.settle()
    return person


def opened(person, title):
    """Open a dock by the menu Sort, and wait until it shows the selection."""
    panel = person.workspace.board.open(title)
    person.wait(lambda: panel.data is not None and not panel.busy, title)
    return panel


def click(panel, x, y):
    QTest.mouseClick(panel.plot, LEFT, PLAIN, QPoint(round(x), round(y)))


def test_a_click_on_a_box_selects_its_pair_everywhere(person):
    panel = opened(person, "Correlograms")
    first, _, third = person.chosen
    tile = panel.grid(panel.plot.size(), panel.theme).tile(2, 0)
    click(panel, *tile.center)
    person.settle()
    assert person.chosen == (third, first)
    assert panel.data.cluster_ids.tolist() == [third, first]
    assert person.workspace.panels["Features"].clusters == (third, first)
    tile = panel.grid(panel.plot.size(), panel.theme).tile(1, 1)
    click(panel, *tile.center)
    person.settle()
    assert person.chosen == (first,)


def test_the_menus_of_correlograms_change_what_is_drawn_and_a_second_dock_begins_so(person):
    panel = opened(person, "Correlograms")
    person.pick(panel.header.drop_downs[0], "Bin 2 ms")
    assert panel.data.request.bin_ms == 2
    person.pick(panel.header.more_button, "Height", "Hz")
    person.pick(panel.header.more_button, "Lags", "Logarithmic")
    person.pick(panel.header.more_button, "Refractory time", "3 ms")
    person.pick(panel.header.more_button, "One scale for all")
    assert panel.stack.caption.text() == (
        "Hz, around a spike of the row; one scale for all; logarithmic lags; dashed: expected at this rate; "
        "band: 3 ms refractory; bottom left: all as one"
    )
    chosen = panel.options()
    copy = person.workspace.panels[person.workspace.board.duplicate("Correlograms")]
    assert copy.options() == chosen
    assert chosen["bin_ms"] == 2.0


def test_an_edit_is_counted_in_all_of_them(person):
    panels = [opened(person, title) for title in ("Correlograms", "Intervals", "Firing rate")]
    a, b = person.chosen[:2]
    person.session.selection.select([a, b])
    person.press(Qt.Key.Key_G)
    for panel in panels:
        panel = opened(person, panel.title)
        assert panel.data.cluster_ids.tolist() == list(person.chosen)
    new = int(person.session.manager.cluster_ids[-1])
    assert person.chosen[0] == new
    rate, correlograms = panels[2].data, panels[0].data
    assert rate.counts[0].sum() == correlograms.n_spikes[0] == person.session.manager.n_spikes(new)
    person.press(Qt.Key.Key_Z, CTRL)
    assert opened(person, "Firing rate").data.cluster_ids.tolist() == list(person.chosen)


def test_a_click_on_the_firing_rate_moves_the_clock_of_all_views(person):
    panel = opened(person, "Firing rate")
    clock, moves = person.session.time, []
    clock.moved.connect(lambda: moves.append(clock.time_s))
    frame = panel.frame(panel.plot.size(), panel.theme)
    x, y = frame.to_px([[0.7 * clock.duration_s, frame.y_range[1] / 2]])[0]
    click(panel, x, y)
    person.settle()
    assert moves == [pytest.approx(0.7 * clock.duration_s, abs=clock.duration_s / frame.width)]
    assert clock.shown_s[0] <= moves[0] <= clock.shown_s[1]
    traces = person.workspace.panels["Traces"]
    assert traces.session.time.time_s == moves[0]


def strength(panel, start, stop):
    """Return how much a stretch of the firing rates differs from the background, both ends in shares of the time."""
    image = panel.plot.grab().toImage()
    scale, frame = image.width() / panel.plot.width(), panel.frame(panel.plot.size(), panel.theme)
    (left, top), (right, bottom) = frame.to_px(
        np.column_stack([np.multiply([start, stop], frame.x_range[1]), frame.y_range[::-1]])
    )
    part = image.copy(*(round(edge * scale) for edge in (left, top + 2, right - left, bottom - top - 4)))
    colors = [part.pixelColor(x, y).getRgb()[:3] for x in range(part.width()) for y in range(0, part.height(), 7)]
    return np.abs(np.array(colors, dtype=float) - panel.theme.color("view").getRgb()[:3]).mean()


@pytest.mark.soak
def test_unused_times_are_veiled_and_intervals_are_of_those_used(person):
    intervals, rate = opened(person, "Intervals"), opened(person, "Firing rate")
    n_all, before = intervals.data.n_intervals.sum(), strength(rate, 0.3, 0.95)
    person.session.time.set_range(0, person.session.time.duration_s / 4)
    person.settle()
    assert rate.data.counts.sum() == sum(person.session.manager.n_spikes(cluster) for cluster in person.chosen)
    assert strength(rate, 0.3, 0.95) < 0.5 * before
    opened(person, "Intervals")
    assert 0 < intervals.data.n_intervals.sum() < n_all / 2


@pytest.mark.soak
def test_intervals_are_chosen_linear_or_logarithmic_by_their_menu(person):
    panel = opened(person, "Intervals")
    person.pick(panel.header.drop_downs[0], "Log")
    assert panel.data.request.settings.scale == "log"
    person.pick(panel.header.more_button, "Refractory time", "5 ms")
    assert panel.stack.caption.text().split("; ")[1] == "beside the ids: intervals below 5 ms"
