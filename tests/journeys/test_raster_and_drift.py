"""Raster, Drift and the density of all spikes in a real window: opened by menus, on one clock with the traces."""

import numpy as np
import pytest
from journeys.person import ALT, CTRL, LEFT, PLAIN, SHIFT
from journeys.sizes import LARGE_FIRST
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_phy.layers import density


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    person.settle()
    return person


def choose(person, text):
    """Choose an entry of the Layout menu, or of a menu in it."""
    menu = person.workspace.toolbar.layout_button.menu()
    menu.aboutToShow.emit()
    menus = [menu, *(action.menu() for action in menu.actions() if action.menu() is not None)]
    next(action for one in menus for action in one.actions() if action.text() == text).trigger()
    person.settle()


def panel_of(person, title):
    person.wait(lambda: title in person.workspace.panels, title)
    panel = person.workspace.panels[title]
    person.wait(lambda: panel.data is not None and not panel.busy, title)
    return panel


def click_raster(panel, time_s, row, modifier=PLAIN):
    layout = panel.plot.layout_now
    place = QPoint(round(layout.x_of(time_s)), round(float(layout.zero_of(row))))
    QTest.mouseClick(panel.plot, LEFT, modifier, place)


@LARGE_FIRST
def test_they_stand_beside_the_canvas_and_stay_where_they_are_put(person, screen_size):
    window, docks = person.workspace.window, person.workspace.docks
    assert "Raster" not in docks
    canvas = window.centralWidget().width()
    choose(person, "Raster")
    person.viewer.window.add_plugin_dock_widget("napari-phy", "Drift")
    drift = panel_of(person, "Drift")
    person.wait(lambda: drift.isVisible(), "Drift in sight")
    neighbours = window.tabifiedDockWidgets(docks["Drift"])
    assert docks["Raster"] in neighbours
    assert docks["Amplitude"] not in neighbours  # which shares its place with many
    assert docks["Traces"].isVisible()
    assert docks["Traces"].width() > 300
    assert docks["Drift"].width() >= 400
    assert window.centralWidget().width() <= canvas
    assert (window.width(), window.height()) == screen_size
    choose(person, "Raster")
    assert person.workspace.panels["Raster"].isVisible()
    assert len(window.findChildren(type(drift))) == 1
    choose(person, "Sort")
    assert docks["Raster"] in window.tabifiedDockWidgets(docks["Drift"])


def test_a_click_in_one_moves_all_once(person):
    choose(person, "Drift")
    drift = panel_of(person, "Drift")
    choose(person, "Raster")
    raster = panel_of(person, "Raster")
    clock, moves = person.session.time, []
    clock.moved.connect(lambda: moves.append(clock.time_s))
    click_raster(raster, 20.0, 3)
    person.settle()
    assert len(moves) == 1
    assert clock.time_s == pytest.approx(20.0, abs=0.5)
    assert clock.shown_s[0] <= clock.time_s <= clock.shown_s[1]
    person.workspace.docks["Drift"].raise_()
    person.wait(lambda: drift.isVisible(), "Drift in sight")
    frame = drift.frame
    x, y = frame.to_px([[35.0, sum(frame.y_range) / 2]])[0]
    QTest.mouseClick(drift.plot, LEFT, PLAIN, QPoint(round(x), round(y)))
    person.settle()
    assert len(moves) == 2
    assert clock.time_s == pytest.approx(35.0, abs=0.5)
    person.press(Qt.Key.Key_Right, ALT)  # keys act in these docks too
    assert clock.time_s > 35.0 or clock.shown_s[0] > 34.0


def test_the_raster_selects_follows_edits_and_the_list(person):
    choose(person, "Raster")
    raster = panel_of(person, "Raster")
    before = person.chosen
    row, cluster = next((row, int(c)) for row, c in enumerate(raster.plot.rows) if row > 2 and c not in before)
    click_raster(raster, 10.0, row, CTRL)
    person.settle()
    assert person.chosen == (*before, cluster)
    click_raster(raster, 10.0, row, SHIFT)
    person.settle()
    assert person.chosen == (cluster,)
    other = int(raster.plot.rows[row + 1])
    person.click(other, modifier=CTRL)
    person.press(Qt.Key.Key_G)
    person.settle()
    new = int(person.session.manager.cluster_ids[-1])
    person.wait(lambda: new in raster.plot.rows, "the merged cluster")
    assert not {cluster, other} & set(raster.plot.rows.tolist())
    raster.choose(order="list")
    person.settle()
    assert raster.plot.rows.tolist() == person.listed()
    table = person.workspace.panels["Clusters"].list
    table.horizontalHeader().sectionClicked.emit(0)
    person.settle()
    assert raster.plot.rows.tolist() == person.listed()


@pytest.mark.soak
def test_all_spikes_as_a_picture_and_back(person):
    viewer = person.viewer
    names = [layer.name for layer in viewer.layers]
    choose(person, "Spike density")
    person.wait(lambda: density.NAME in viewer.layers, "the density")
    layer = viewer.layers[density.NAME]
    coarsest = layer.data[-1]
    n_spikes = float(np.asarray(coarsest, dtype=float).sum() * coarsest.factor / person.session.model.sample_rate)
    assert round(n_spikes) == person.session.model.n_spikes
    assert [layer.name for layer in viewer.layers] == [names[0], density.NAME, *names[1:]]
    assert viewer.layers.selection.active is not layer
    limit = round(layer.contrast_limits[1])
    assert viewer.status == f"The canvas shows all spikes: up to {limit} per second and channel."
    choose(person, "Spike density")
    assert [layer.name for layer in viewer.layers] == names
    choose(person, "Spike density")
    person.wait(lambda: density.NAME in viewer.layers, "the density again")
    number = np.asarray(viewer.layers[density.NAME].data[-1])
    choose(person, "Colour density by amplitude")
    person.wait(lambda: density.NAME in viewer.layers, "the density in other colours")
    assert not np.array_equal(np.asarray(viewer.layers[density.NAME].data[-1]), number)
    viewer.layers.remove(density.NAME)  # as in the list of layers
    person.workspace.toolbar.layout_button.menu().aboutToShow.emit()
    assert not person.workspace.overview.density.action.isChecked()
    assert person.session is not None


@pytest.mark.soak
def test_without_features_the_raster_shows_and_drift_says_what_is_missing(person, kwik_copy):
    kwik_copy.with_suffix(".kwx").unlink()
    person.viewer.layers.clear()
    person.open(kwik_copy)
    choose(person, "Raster")
    assert len(panel_of(person, "Raster").plot.rows) == len(person.session.manager.cluster_ids)
    choose(person, "Drift")
    drift = person.workspace.panels["Drift"]
    person.wait(lambda: not drift.busy, "an answer")
    assert f"{kwik_copy.stem}.kwx is missing" in drift.stack.page.headline.text()


@pytest.mark.soak
def test_the_density_is_there_on_the_next_shank_too(person):
    viewer, session = person.viewer, person.session
    choose(person, "Spike density")
    person.wait(lambda: density.NAME in viewer.layers, "the density")
    session.switch(channel_group=1)
    person.settle()
    person.wait(lambda: density.NAME in viewer.layers, "the density of the other shank")
    layer = viewer.layers[density.NAME]
    assert layer.data[0].shape[0] == session.model.n_channels
    viewer.layers.remove(density.NAME)
    session.switch(channel_group=0)
    person.settle()
    assert density.NAME not in viewer.layers
