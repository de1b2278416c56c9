"""Imaging: results of a movie become layers, pairs a table; what is missing is said, and work can be cancelled."""

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from tifffile import imwrite
from widgets.light_session import light_session

from napari_phy.layers.linked_time import LinkedTime
from napari_phy.layers.session_tag import RESULT
from napari_phy.timeline.time_base import TimeBase
from napari_phy.widgets.docks import imaging_messages
from napari_phy.widgets.docks.imaging_form import NOTHING
from napari_phy.widgets.docks.imaging_panel import ImagingPanel

N_FRAMES = 600


@pytest.fixture
def session():
    session = light_session()
    yield session
    session.close()


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def clock(session):
    return TimeBase.from_rate(N_FRAMES, N_FRAMES / session.model.duration)


@pytest.fixture
def movie(viewer, session, clock):
    """Return an image of four cells, of which the first three follow clusters 0, 1 and 2."""
    rng = np.random.default_rng(0)
    pixels = rng.normal(100, 2, (N_FRAMES, 12, 12))
    for cluster, part in enumerate((np.s_[1:5, 1:5], np.s_[1:5, 7:11], np.s_[7:11, 1:5])):
        times_s = session.model.spike_samples[session.manager.spikes(cluster)] / session.model.sample_rate
        counts = np.bincount(clock.frame_at(times_s), minlength=N_FRAMES)[:N_FRAMES]
        pixels[2:, *part] += 10 * counts[:-2, None, None]
    return viewer.add_image(pixels.astype(np.float32), name="movie")


@pytest.fixture
def cells(viewer, movie):
    labels = np.zeros((12, 12), int)
    labels[1:5, 1:5], labels[1:5, 7:11], labels[7:11, 1:5], labels[7:11, 7:11] = 3, 4, 7, 8
    return viewer.add_labels(labels, name="cells")


@pytest.fixture
def panel(viewer, session, cells, clock, qtbot):
    session.clocks["movie"] = clock
    made = ImagingPanel(session, viewer=viewer)
    qtbot.addWidget(made)
    made.resize(420, 700)
    made.show()
    session.selection.select([0, 1, 2])
    made.form.set_options({"start_s": 0.0, "stop_s": 0.2, "baseline_s": 10.0})
    made.form.cells.value = cells
    qtbot.waitExposed(made)
    return made


def results(panel):
    return {layer.name: layer for layer in panel.viewer.layers if RESULT in layer.metadata}


def compare(qtbot, panel):
    QTest.mouseClick(panel.form.buttons["cells"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.shown is not None and not panel.form.progress.isVisible())


def words(panel, row):
    model = panel.table.pair_model
    return [model.text(row, column) for column in range(model.columnCount())]


def test_pairs_that_belong_to_each_other_are_listed_first(panel, qtbot):
    compare(qtbot, panel)
    first = [words(panel, row)[:2] for row in range(3)]
    assert sorted(first) == [["0", "3"], ["1", "4"], ["2", "7"]]
    assert panel.table.pair_model.rowCount() == 12
    assert [panel.table.pair_model.is_sure(row) for row in range(5)] == [True, True, True, False, False]
    assert panel.form.words.text().startswith("3 clusters: ")
    assert "12 pairs tested by" in panel.form.words.toolTip()
    assert "Cluster 1:" in panel.form.words.toolTip()
    assert list(results(panel)) == [f"correlation of cells with {cluster}" for cluster in range(3)]
    assert panel.plot.traces.rate_name == f"cluster {first[0][0]}, spikes/s"


def test_a_click_on_a_pair_is_plotted_and_its_cell_comes_to_the_middle(panel, qtbot):
    compare(qtbot, panel)
    row = next(row for row in range(12) if words(panel, row)[:2] == ["1", "4"])
    place = panel.table.visualRect(panel.table.pair_model.index(row, 1)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert panel.table.chosen_row == row
    assert panel.form.cells.value.selected_label == 4
    assert np.allclose(panel.viewer.scene.camera.center[-2:], (2.5, 8.5))
    assert panel.plot.traces.change_name == "cell 4, ΔF/F"


def test_the_cell_under_the_mouse_is_plotted(panel, qtbot):
    compare(qtbot, panel)
    panel.viewer.cursor.position = (0, 8, 8)
    assert panel.plot.traces.change_name == "cell 8, ΔF/F"
    assert len(panel.plot.traces.change) == N_FRAMES
    panel.viewer.cursor.position = (0, 0, 0)
    assert panel.plot.traces.change_name == "cell 8, ΔF/F"


def seen_trace(qtbot, panel, name):
    qtbot.waitUntil(lambda: panel.plot.traces is not None and panel.plot.traces.change_name == name)
    return panel.plot.traces


def test_pointing_at_a_cell_shows_it_with_no_other_work(panel, qtbot, movie, cells):
    assert panel.plot.empty_words.startswith("Point at a cell in the image to see its ΔF/F.")
    panel.viewer.cursor.position = (0, 8, 3)
    traces = seen_trace(qtbot, panel, "cell 7, ΔF/F")
    brightness = movie.data[:, 7:11, 1:5].mean(axis=(1, 2))
    assert np.corrcoef(traces.change, brightness)[0, 1] > 0.9
    assert traces.rate_name == "cluster 0, spikes/s"
    panel.session.selection.select([2])
    qtbot.waitUntil(lambda: panel.plot.traces.rate_name == "cluster 2, spikes/s")
    assert np.corrcoef(panel.plot.traces.rate[:-2], brightness[2:])[0, 1] > 0.5
    panel.session.selection.select([])
    qtbot.waitUntil(lambda: panel.plot.traces.rate is None)
    assert panel.plot.traces.change_name == "cell 7, ΔF/F"
    assert results(panel) == {}
    cells.selected_label = 4
    seen_trace(qtbot, panel, "cell 4, ΔF/F")
    del panel.session.clocks["movie"]
    assert panel.plot.traces is None
    assert "has no clock yet" in panel.plot.empty_words


def test_a_shape_that_was_just_drawn_is_a_cell(panel, qtbot, movie, cells):
    panel.viewer.layers.remove(cells)
    shapes = panel.viewer.add_shapes(np.array([[0.6, 6.6], [0.6, 10.4], [4.4, 10.4], [4.4, 6.6]]), name="mine")
    assert panel.form.chosen_cells is None
    panel.viewer.cursor.position = (0, 2, 8)
    traces = seen_trace(qtbot, panel, "cell 1, ΔF/F")
    brightness = movie.data[:, 1:5, 7:11].mean(axis=(1, 2))
    assert np.corrcoef(traces.change, brightness)[0, 1] > 0.9
    panel.viewer.layers.remove(shapes)
    assert panel.plot.traces is None
    assert panel.plot.empty_words.startswith("Choose labels or shapes as cells")


def test_the_cell_that_is_looked_at_last_is_the_one_that_is_seen(panel, qtbot, movie):
    for place in ((0, 2, 2), (0, 2, 8), (0, 8, 8), (0, 2, 8)):
        panel.viewer.cursor.position = place
    seen_trace(qtbot, panel, "cell 4, ΔF/F")
    movie.data = np.zeros_like(movie.data)
    panel.viewer.cursor.position = (0, 8, 8)
    traces = seen_trace(qtbot, panel, "cell 8, brightness: its baseline is not above 0")
    assert (traces.change == 0).all()
    compare_words = panel.plot.traces.change_name
    panel.apply_theme(panel.theme)
    assert panel.plot.traces.change_name == compare_words


def test_maps_and_averages_replace_those_of_before_and_only_the_first_is_shown(panel, qtbot):
    for _ in range(2):
        before = set(results(panel).values())
        panel.ask("correlation")
        qtbot.waitUntil(lambda before=before: len(results(panel)) == 3 and not before & set(results(panel).values()))
    assert [layer.visible for layer in results(panel).values()] == [True, False, False]
    panel.form.cells.value = NOTHING
    assert "hidden" not in panel.form.words.text()
    panel.ask("average")
    qtbot.waitUntil(lambda: len(results(panel)) == 6)
    hidden = " Hidden now: correlation with 0; the layer list shows it again."
    assert panel.form.words.text().endswith(hidden)
    average = results(panel)["STA of 0: change of brightness"]
    assert average.data.shape == (7, 1, 12, 12)
    assert average.data[2, 0, 1:5, 1:5].min() > average.data[2, 0, 7:, 7:].max()
    assert panel.viewer.dims.axis_labels[0] == "lag"
    change = np.abs(average.data - average.data.mean(axis=0)).max(axis=(1, 2, 3))
    assert panel.viewer.dims.point[0] == average.data_to_world((int(change.argmax()), 0, 0, 0))[0]


def test_crossings_of_a_cell_are_counted_at_once_and_become_events_of_psth(panel, qtbot):
    form, session = panel.crossings_form, panel.session
    assert not form.isVisible()
    compare(qtbot, panel)
    panel.viewer.cursor.position = (0, 2, 2)
    assert form.isVisible()
    form.threshold.value = 0.05
    trace, times_s = panel.plot.traces.change, panel.plot.traces.times_s
    n = int(((trace[:-1] <= 0.05) & (trace[1:] > 0.05)).sum())
    assert n > 5
    assert form.count_label.text() == f"{n} crossings of cell 3"
    QTest.mouseClick(form.add_button, Qt.MouseButton.LeftButton)
    trials = session.events.trials("cell 3 above 0.05")
    assert len(trials) == n
    after = times_s[1:][(trace[:-1] <= 0.05) & (trace[1:] > 0.05)]
    lead_s = after - trials.samples / session.model.sample_rate
    assert (lead_s > -1e-4).all()
    assert (lead_s <= np.diff(times_s).max() + 1e-4).all()
    assert session.views["psth"].events == ("cell 3 above 0.05",)
    assert panel.form.words.text() == f"Added {n} events, cell 3 above 0.05: PSTH shows them."
    assert len(session.usable_epochs["cell 3 above 0.05"]) == n
    form.threshold.value = 1000
    assert not form.add_button.isEnabled()
    panel.viewer.cursor.position = (0, 8, 8)  # what was chosen stays
    assert form.count_label.text() == "0 crossings of cell 8"
    assert form.threshold.value == 1000


def test_crossings_of_a_cell_need_nothing_but_pointing_at_it(panel, qtbot):
    form, session = panel.crossings_form, panel.session
    session.selection.select([])
    panel.viewer.cursor.position = (0, 2, 8)
    traces = seen_trace(qtbot, panel, "cell 4, ΔF/F")
    assert form.isVisible()
    assert traces.rate is None
    name, n = form.name, len(form.crossings)
    assert n > 0
    QTest.mouseClick(form.add_button, Qt.MouseButton.LeftButton)
    assert len(session.events.trials(name)) == n
    assert panel.shown is None


def test_what_is_missing_is_said_at_the_buttons(panel):
    buttons = panel.form.buttons
    assert all(button.isEnabled() for button in buttons.values())
    panel.form.cells.value = NOTHING
    assert not buttons["cells"].isEnabled()
    assert "Choose labels or shapes" in buttons["cells"].toolTip()
    panel.session.selection.select([])
    assert "Select one or more clusters" in buttons["average"].toolTip()
    del panel.session.clocks["movie"]
    assert "movie has no clock yet" in buttons["average"].toolTip()
    panel.ask("average")
    assert panel.form.words.text() == "movie has no clock yet: Link time gives it one."
    panel.viewer.layers.remove("movie")
    assert "Open an image stack" in buttons["average"].toolTip()


def test_work_can_be_cancelled(panel):
    panel.ask("correlation")
    assert panel.form.cancel_button.isVisibleTo(panel)
    panel.form.cancel_button.click()
    assert not panel.form.cancel_button.isVisibleTo(panel)
    assert panel.form.words.text() == "Cancelled. Nothing was changed."
    assert results(panel) == {}


@pytest.mark.parametrize("gone", ["movie", "cells", "clock", "cluster"])
def test_work_ends_when_what_it_is_about_is_gone(panel, session, gone):
    session.selection.select([0, 1])
    panel.ask("cells")
    panel.viewer.add_points(np.zeros((1, 2)), name="points")
    session.clocks["film"] = TimeBase.from_rate(10, 10)
    session.move([0, 3], "good")
    assert panel.form.cancel_button.isVisibleTo(panel)  # all of this is nothing to it
    if gone in panel.viewer.layers:
        panel.viewer.layers.remove(gone)
    elif gone == "clock":
        del session.clocks["movie"]
    else:
        session.merge([1, 2])
    assert not panel.form.cancel_button.isVisibleTo(panel)
    assert panel.form.words.text() == imaging_messages.COMPARED_IS_GONE
    assert results(panel) == {}
    assert panel.shown is None


def test_table_and_curves_follow_selection_merges_and_undo(panel, qtbot):
    compare(qtbot, panel)
    session, rows = panel.session, panel.table.pair_model
    everything = [words(panel, row) for row in range(12)]
    panel.table.choose(next(row for row in range(12) if words(panel, row)[:2] == ["1", "8"]))
    session.selection.select([1, 2])
    assert {words(panel, row)[0] for row in range(rows.rowCount())} == {"1", "2"}
    assert panel.plot.traces.change_name == "cell 8, ΔF/F"
    assert words(panel, panel.table.chosen_row)[:2] == ["1", "8"]
    session.selection.select([2])
    assert panel.plot.traces.rate_name == "cluster 2, spikes/s"
    assert words(panel, panel.table.chosen_row)[:2] == ["2", "7"]
    session.selection.select([5])
    assert (rows.rowCount(), panel.plot.traces) == (0, None)
    assert panel.plot.empty_words.endswith("The selected clusters were not compared yet: press Compare cells.")
    session.selection.select([0, 1])
    session.merge([0, 1])
    assert (rows.rowCount(), panel.plot.traces) == (0, None)
    assert "not compared yet" in panel.plot.empty_words
    session.undo()
    session.selection.select([])
    assert (rows.rowCount(), panel.plot.traces) == (0, None)
    assert panel.plot.empty_words.endswith("Select one or more clusters first.")
    session.selection.select([0, 1, 2])
    assert [words(panel, row) for row in range(12)] == everything
    assert panel.plot.traces is not None


def test_what_was_computed_is_said_while_its_clusters_are_selected(panel, qtbot):
    compare(qtbot, panel)
    said, session = panel.form.words.text(), panel.session
    assert said.startswith("3 clusters: ")
    session.selection.select([1])
    assert panel.form.words.text() == ""
    session.selection.select([2, 1, 0])
    assert panel.form.words.text() == said


def test_the_buttons_stay_in_their_place_whatever_is_said_below(panel, qtbot):
    def places():
        panel.form.bar.layout().activate()
        panel.page.layout().activate()
        return [button.mapTo(panel, QPoint(0, 0)) for button in panel.form.buttons.values()]

    before = places()
    panel.form.say("a sentence")
    assert places() == before
    panel.form.say("a sentence that takes more than one line of the panel " * 2, is_error=True)
    assert places() == before
    panel.form.show_progress(30)
    assert places() == before
    panel.form.show_progress(None)
    panel.form.say("")
    assert places() == before


def test_an_empty_panel_says_what_to_do(panel):
    assert panel.plot.empty_words.endswith("Compare cells tests which cells follow the selected clusters.")
    panel.form.cells.value = NOTHING
    assert panel.plot.empty_words.startswith("Point at a cell in the image to see its ΔF/F. Choose labels or shapes")
    panel.viewer.layers.selection.active = panel.viewer.layers["movie"]
    assert panel.plot.empty_words.startswith("Choose labels or shapes as cells")
    assert not panel.table.isVisible()


def test_labels_of_the_size_of_the_movie_are_the_cells_until_somebody_chooses(panel, viewer, qtbot):
    panel.form.cells.value = NOTHING
    viewer.add_labels(np.zeros((5, 5), int), name="other")
    assert panel.form.chosen_cells is None
    viewer.layers.move(0, 2)
    assert panel.form.chosen_cells is None
    later = viewer.add_labels(np.ones((12, 12), int), name="later")
    assert panel.form.chosen_cells is later
    viewer.add_labels(np.ones((12, 12), int), name="latest")
    assert panel.form.chosen_cells is later
    fresh = ImagingPanel(panel.session, viewer=viewer)
    qtbot.addWidget(fresh)
    assert fresh.form.chosen_cells.name == "latest"


def test_rows_at_their_own_times_need_a_clock_that_knows_them(panel, clock):
    box = panel.form.has_row_times
    assert not box.enabled
    assert not box.value
    assert "has no times of rows" in box.tooltip
    assert panel.options()["has_row_times"] is True
    panel.session.clocks["movie"] = clock.with_rows(12, 1e-4)
    assert box.enabled
    assert box.value
    panel.set_options({"has_row_times": False})
    assert not box.value
    assert not panel.choice.source().has_row_times


def test_a_movie_that_is_renamed_keeps_its_clock(panel, viewer, clock, movie):
    linked = LinkedTime(viewer, panel.session.time)
    irregular = TimeBase.from_times(np.delete(clock.frame_times_s, 300), n_frames=N_FRAMES - 1)
    for base in (clock, irregular):
        movie.data = movie.data[: base.n_frames]
        panel.session.clocks["movie"] = base
        linked.link(movie, base, 0)
        movie.name = "neurons"
        assert panel.form.buttons["average"].isEnabled()
        assert panel.form.movie.native.currentText() == "neurons"
        assert panel.choice.source().clock == panel.session.clocks["movie"]
        linked.unlink(movie)
        viewer.layers.move(0, 2)
        assert "neurons has no clock yet" in panel.form.buttons["average"].toolTip()
        movie.name = "movie"


def test_the_buttons_stay_in_sight_in_a_low_dock(panel, qtbot):
    def is_whole(part):
        return part.visibleRegion().boundingRect().size() == part.size()

    panel.resize(420, 230)
    for part in (*panel.form.buttons.values(), panel.form.movie.native, panel.form.cells.native):
        qtbot.waitUntil(lambda part=part: is_whole(part))
    compare(qtbot, panel)
    qtbot.waitUntil(lambda: is_whole(panel.table))
    assert all(is_whole(part) for part in panel.form.buttons.values())
    panel.resize(420, 700)
    for part in (panel.form.movie.native, panel.form.lights_up.native, panel.table, panel.plot):
        qtbot.waitUntil(lambda part=part: is_whole(part))


def test_the_row_of_crossings_comes_into_sight_in_a_low_dock(panel, qtbot):
    panel.resize(420, 300)
    panel.viewer.cursor.position = (0, 2, 8)
    seen_trace(qtbot, panel, "cell 4, ΔF/F")
    row = panel.crossings_form
    qtbot.waitUntil(lambda: row.visibleRegion().boundingRect().size() == row.size())


def test_a_header_sorts(panel, qtbot):
    compare(qtbot, panel)
    panel.table.sort(1)
    assert [words(panel, row)[1] for row in range(12)] == sorted(["3", "4", "7", "8"] * 3)


def test_the_spikes_of_the_frame_are_highlighted(panel, clock, qtbot):
    session = panel.session
    spike = int(session.manager.spikes(1)[10])
    time_s = session.model.spike_samples[spike] / session.model.sample_rate
    frame = clock.frame_at(time_s)
    panel.form.lights_up.value = True
    session.time.move_to(time_s)
    mine = np.concatenate([session.manager.spikes(cluster) for cluster in (0, 1, 2)])
    frames = clock.frame_at(session.model.spike_samples[mine] / session.model.sample_rate)
    wanted = np.sort(mine[frames == frame]).tolist()
    qtbot.waitUntil(lambda: session.selection.spikes.tolist() == wanted)
    assert spike in wanted


def test_cells_of_a_file_come_as_labels(panel, tmp_path):
    np.save(tmp_path / "F.npy", np.random.default_rng(1).normal(size=(2, N_FRAMES)))
    panel.open_cells(str(tmp_path / "F.npy"))
    missing = panel.form.words.text()
    assert missing.startswith("Cells of suite2p need their places.")
    assert all(f"{name}.npy, which tells" in missing for name in ("ops", "stat"))
    stat = np.empty(2, dtype=object)
    stat[:] = [{"ypix": np.array([1, 2]), "xpix": np.array([3, 3])}, {"ypix": np.array([9]), "xpix": np.array([9])}]
    np.save(tmp_path / "stat.npy", stat, allow_pickle=True)
    np.save(tmp_path / "ops.npy", {"Ly": 12, "Lx": 12}, allow_pickle=True)
    panel.open_cells(str(tmp_path))
    assert panel.form.words.text() == "Read 2 cells of suite2p."
    assert panel.form.cells.value.data[2, 3] == 1
    assert panel.form.cells.value.contour == 1
    panel.open_cells(str(tmp_path / "none"))
    assert "none is not there" in panel.form.words.text()


def test_cells_of_another_movie_are_refused_at_once_and_pairs_of_before_go(panel, tmp_path, qtbot):
    compare(qtbot, panel)
    assert panel.pairs.isVisible()
    n_layers = len(panel.viewer.layers)
    np.save(tmp_path / "F.npy", np.random.default_rng(1).normal(size=(1, N_FRAMES - 1)))
    stat = np.empty(1, dtype=object)
    stat[0] = {"ypix": np.array([1, 2]), "xpix": np.array([3, 3])}
    np.save(tmp_path / "stat.npy", stat, allow_pickle=True)
    np.save(tmp_path / "ops.npy", {"Ly": 12, "Lx": 12}, allow_pickle=True)
    panel.open_cells(str(tmp_path))
    words = "The traces of suite2p have 599 frames, and movie 600: they are of another movie. Nothing was opened."
    assert panel.form.words.text() == words
    assert panel.form.words.property("wrong")
    assert not panel.pairs.isVisible()
    np.save(tmp_path / "F.npy", np.ones((1, N_FRAMES)))
    np.save(tmp_path / "ops.npy", {"Ly": 12, "Lx": 13}, allow_pickle=True)
    panel.open_cells(str(tmp_path))
    assert "12 × 13 pixels, and frames of movie have 12 × 12." in panel.form.words.text()
    assert len(panel.viewer.layers) == n_layers


def test_labels_of_a_tiff_become_the_cells(panel, cells, tmp_path):
    imwrite(tmp_path / "found.tif", cells.data.astype(np.uint16))
    panel.open_cells(str(tmp_path / "found.tif"))
    assert panel.form.words.text() == "Read 4 cells of found.tif."
    layer = panel.form.cells.value
    assert layer.name == "found.tif"
    assert np.array_equal(layer.data, cells.data)
    imwrite(tmp_path / "other.tif", np.ones((12, 11), np.uint8))
    panel.open_cells(str(tmp_path / "other.tif"))
    assert panel.form.words.text().startswith("other.tif: 12 × 11 pixels, and frames of movie have 12 × 12.")
    assert panel.form.cells.value is layer


def test_what_was_chosen_is_kept_and_what_cannot_be_is_left_out(panel):
    chosen = panel.options()
    assert chosen["stop_s"] == 0.2
    panel.set_options({"stop_s": 1e9, "start_s": "x", "minus_mean": False, "has_neuropil": 7, "other": 1})
    assert panel.options() == {**chosen, "minus_mean": False}
