"""PSTH in a real window: epochs and trials become events, a click goes to a trial, edits and undo are followed."""

import numpy as np
import pytest
from journeys.person import LEFT, PLAIN
from journeys.test_raster_and_drift import choose, panel_of
from qtpy.QtCore import QPoint
from qtpy.QtTest import QTest


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    person.settle()
    return person


@pytest.fixture
def psth(person):
    """Return the view, with a light every second."""
    person.session.events.add("light", np.arange(1.0, 50.0), {"side": ["left", "right"] * 24 + ["left"]})
    choose(person, "PSTH")
    return panel_of(person, "PSTH")


def tiles(person, psth):
    person.settle()
    return [(tile.name, tile.n_trials) for tile in psth.data.tiles]


def test_the_view_opens_without_events_and_shows_the_epochs_that_are_drawn(person):
    choose(person, "PSTH")
    person.wait(lambda: "PSTH" in person.workspace.panels, "PSTH")
    psth = person.workspace.panels["PSTH"]
    person.wait(lambda: psth.stack.page.text.startswith("This data set has no events."), "what is said")
    person.session.epochs.add(10.0, 12.0, "run")
    person.session.epochs.add(20.0, 21.0, "run")
    person.wait(lambda: psth.stack.shows_picture, "the picture")
    assert tiles(person, psth) == [("run", 2)]
    person.session.epochs.remove(person.session.epochs.drawn[0])
    assert tiles(person, psth) == [("run", 1)]


def test_groups_edits_and_undo_are_followed(person, psth):
    assert tiles(person, psth) == [("light", 49)]
    person.session.views["psth"].group_by = "side"
    assert tiles(person, psth) == [("light · side left", 25), ("light · side right", 24)]
    one, other = person.listed()[:2]
    person.session.selection.select([one, other])
    person.settle()
    before = psth.data.tiles[0].counts
    new = person.session.merge([one, other]).added[0]
    person.settle()
    assert psth.data.cluster_ids.tolist()[0] == new
    assert (psth.data.tiles[0].counts[0] == before.sum(axis=0)).all()
    person.session.undo()
    person.settle()
    assert (psth.data.tiles[0].counts == before).all()


def test_a_click_on_a_trial_moves_the_clock_of_all_views(person, psth):
    place = psth.places(psth.plot.size(), psth.theme)[0]
    ((x, y),) = place.trials.to_px([[250.0, -19.5]])
    QTest.mouseClick(psth.plot, LEFT, PLAIN, QPoint(round(x), round(y)))
    person.settle()
    assert person.session.time.time_s == pytest.approx(20.25, abs=0.02)
    start, stop = person.session.time.shown_s
    assert start <= 20.25 <= stop


@pytest.mark.soak
def test_only_the_events_of_the_time_in_use_count(person, psth):
    person.session.time.set_range(10.0, 20.0)
    assert tiles(person, psth) == [("light", 10)]
    person.session.time.clear_range()
    assert tiles(person, psth) == [("light", 49)]


@pytest.mark.soak
def test_trials_that_were_read_are_there_the_next_time(person, psth, kwik_copy):
    table = kwik_copy.with_name("task_events.tsv")
    table.write_text("onset\tduration\ttrial_type\n5\t1\tgo\n6\t1\tstop\n7\t1\tgo\n")
    psth.read_trials(table)
    assert tiles(person, psth) == [("task_events", 3)]
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    person.open(kwik_copy)
    assert list(person.session.events) == ["task_events", "go", "stop"]
