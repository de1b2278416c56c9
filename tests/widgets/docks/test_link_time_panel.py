"""Link time: what it offers for a layer, what it says of faults, and that it links and unlinks."""

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from widgets.light_session import light_session

from napari_phy.core.event_times import EventTimes
from napari_phy.timeline import TimeBase
from napari_phy.widgets.docks import imaging_messages
from napari_phy.widgets.docks.link_time_form import CHANNEL, EVENTS, FILE, OTHER, RATE
from napari_phy.widgets.docks.link_time_panel import LinkTimePanel

N_FRAMES, RATE_HZ, START_S = 60, 20.0, 0.2


@pytest.fixture
def session():
    session = light_session()
    samples = np.rint((START_S + np.delete(np.arange(N_FRAMES), 30) / RATE_HZ) * session.model.sample_rate)
    samples = samples.astype(np.int64)
    values = {"channel": np.full(len(samples), 3, np.uint8), "eventid": np.ones(len(samples), np.uint8)}
    session.clocks.clear()  # that another test has kept
    session.model.events = {"TTL": EventTimes("TTL", samples, np.zeros_like(samples), values)}
    return session


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def panel(qtbot, session, links):
    panel = LinkTimePanel(session)
    qtbot.addWidget(panel)
    panel.follow_links(links)
    panel.resize(420, 600)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def stack(viewer, links, n_frames=N_FRAMES, **options):
    layer = viewer.add_image(np.zeros((n_frames, 4, 5), np.uint8), **options)
    links.changed.emit()
    return layer


def choices(field):
    return [value for value in field.choices if value is not None]


def push(button):
    QTest.mouseClick(button.native, Qt.MouseButton.LeftButton)


def test_without_a_stack_it_says_what_to_open(panel, qtbot):
    qtbot.waitUntil(lambda: panel.stack.page.isVisible())
    assert imaging_messages.NO_TIME_AXIS.startswith(panel.stack.page.headline.text())


def test_the_likely_line_is_proposed_and_linked_by_one_click(panel, viewer, links, session, qtbot):
    layer = stack(viewer, links, name="movie")
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    assert panel.form.source.value == EVENTS
    assert panel.words.text().startswith("TTL 3: 59 pulses, 60 frames, 1 missing")
    assert panel.picture.isVisible()
    assert not panel.unlink_button.enabled
    push(panel.link_button)
    assert links.linked.layers == (layer,)
    assert session.clocks["movie"].n_frames == N_FRAMES
    qtbot.waitUntil(lambda: panel.unlink_button.enabled)
    assert panel.state.text().startswith("movie is linked by TTL 3: 0.200–")
    push(panel.unlink_button)
    assert links.linked.layers == ()
    assert layer.scale[0] == 1


def test_only_what_can_be_is_offered(panel, viewer, links, session, qtbot):
    stack(viewer, links, name="movie")
    qtbot.waitUntil(lambda: panel.form.source.value is not None)
    offered = choices(panel.form.source)
    assert {EVENTS, FILE, RATE} <= set(offered)
    assert OTHER not in offered
    assert (CHANNEL in offered) == (session.model.traces is not None)


def test_a_file_of_times_and_its_faults(panel, viewer, links, session, qtbot, tmp_path):
    stack(viewer, links, name="movie")
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    panel.form.source.value = FILE
    assert panel.words.text() == imaging_messages.CHOOSE_TIMES[FILE]
    assert not panel.link_button.enabled
    (tmp_path / "empty.csv").write_text("")
    panel.form.file.value = tmp_path / "empty.csv"
    qtbot.waitUntil(lambda: panel.words.text() == "empty.csv is empty.")
    panel.form.file.value = tmp_path / "gone.csv"
    qtbot.waitUntil(lambda: panel.words.text() == "gone.csv cannot be read: there is no such file.")
    np.save(tmp_path / "times.npy", 1e3 * (START_S + np.arange(N_FRAMES) / RATE_HZ))
    panel.form.file.value = tmp_path / "times.npy"
    panel.form.unit.value = "ms"
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    push(panel.link_button)
    assert np.allclose(session.clocks["movie"].frame_times_s, START_S + np.arange(N_FRAMES) / RATE_HZ)


def test_a_doubtful_ratio_stays_doubtful_when_it_is_linked(panel, viewer, links, session, qtbot, tmp_path):
    stack(viewer, links, name="movie")
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    panel.form.source.value = FILE
    np.save(tmp_path / "few.npy", START_S + np.arange(20) / RATE_HZ)
    panel.form.file.value = tmp_path / "few.npy"
    qtbot.waitUntil(lambda: panel.words.text().startswith("few.npy has 20 times, the stack 60 frames"))
    assert not panel.link_button.enabled
    panel.form.are.value = "pulses"
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    likely = "70 % · few.npy: 20 pulses, 60 frames: 3 frames a pulse"
    assert panel.words.text() == likely
    push(panel.link_button)
    assert session.clocks["movie"].doubt.min() > 0.2
    panel.form.unit.value = "ms"
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    panel.form.unit.value = "s"  # asked again, now with a clock
    qtbot.waitUntil(lambda: panel.words.text() == likely)
    assert len(choices(panel.form.offer)) == 3


def test_labels_of_a_movie_take_its_clock(panel, viewer, links, session, qtbot):
    movie = stack(viewer, links, name="movie")
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    push(panel.link_button)
    cells = viewer.add_labels(np.zeros((N_FRAMES, 4, 5), np.uint8), name="cells")
    links.changed.emit()
    qtbot.waitUntil(lambda: cells in choices(panel.form.layer))
    panel.form.layer.value = cells
    qtbot.waitUntil(lambda: panel.form.source.value == OTHER and panel.link_button.enabled)
    push(panel.link_button)
    assert links.linked.clock_of(cells) == links.linked.clock_of(movie)


def test_points_take_the_clock_of_a_movie_that_has_more_frames(panel, viewer, links, session, qtbot):
    movie = stack(viewer, links, name="movie")
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    push(panel.link_button)
    pose = viewer.add_points(np.array([[0, 1, 1], [40, 2, 2]]), name="pose")
    links.changed.emit()
    qtbot.waitUntil(lambda: pose in choices(panel.form.layer))
    panel.form.layer.value = pose
    qtbot.waitUntil(lambda: panel.form.source.value == OTHER and panel.link_button.enabled)
    push(panel.link_button)
    assert links.linked.clock_of(pose) == links.linked.clock_of(movie)


def test_another_axis_can_be_time(panel, viewer, links, session, qtbot):
    layer = viewer.add_image(np.zeros((3, N_FRAMES, 4, 5), np.uint8), name="planes")
    links.changed.emit()
    qtbot.waitUntil(lambda: panel.form.layer.value is layer)
    assert panel.form.axis.value == 0
    panel.form.axis.value = 1
    qtbot.waitUntil(lambda: panel.link_button.enabled and panel.words.text().startswith("TTL 3"))
    push(panel.link_button)
    assert links.linked.axis_of(layer) == 1
    assert viewer.dims.axis_labels[1] == "time"


def test_rows_are_given_kept_and_shown_again(panel, viewer, links, session, qtbot):
    layer = stack(viewer, links, name="movie")
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    assert panel.form.row_ms.native.isVisible()
    assert panel.form.row_ms.native.text() == "not known"
    push(panel.link_button)
    assert len(session.clocks["movie"].row_offsets_s) == 0
    panel.form.row_ms.value = 450.0
    assert not panel.link_button.enabled
    assert "4 rows of 450 ms are 1800 ms, a frame is 50 ms" in panel.state.text()
    panel.form.row_ms.value = 0.45
    assert panel.form.row_ms.native.text() == "0.45"
    assert panel.link_button.enabled
    push(panel.link_button)
    assert " frames a second, rows 0.45 ms apart. " in panel.state.text()
    assert session.clocks["movie"].row_offsets_s == pytest.approx([0, 0.45e-3, 0.9e-3, 1.35e-3])
    assert not panel.link_button.enabled
    panel.on_session()  # as when the data set is opened again
    panel.refresh()
    qtbot.waitUntil(lambda: panel.form.layer.value is layer)
    assert panel.form.row_ms.value == 0.45
    panel.form.row_ms.value = 0.0
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    push(panel.link_button)
    assert len(session.clocks["movie"].row_offsets_s) == 0


def test_numbers_have_the_decimals_that_were_typed(panel, viewer, links, qtbot):
    stack(viewer, links, name="movie")
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    field = panel.form.row_ms.native
    for typed, seen in (("3", "3"), ("0.80", "0.8"), ("0.063476", "0.063476"), ("10", "10")):
        field.selectAll()
        QTest.keyClicks(field, typed)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert (field.text(), panel.form.row_ms.value) == (seen, float(typed))
        field.clearFocus()
        assert field.text() == seen
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "10.01"


def test_points_and_labels_have_no_rows(panel, viewer, links, qtbot):
    labels = viewer.add_labels(np.zeros((N_FRAMES, 4, 5), np.uint8), name="cells")
    links.changed.emit()
    qtbot.waitUntil(lambda: panel.form.layer.value is labels)
    assert not panel.form.row_ms.native.isVisible()


def test_the_numbers_of_a_clock_are_shown_again_and_can_be_corrected(panel, viewer, links, session, qtbot):
    layer = stack(viewer, links, name="movie")
    qtbot.waitUntil(lambda: panel.form.source.value is not None)
    clock = TimeBase.from_rate(N_FRAMES, 12.5, 1.25, sample_rate=session.model.sample_rate)
    links.link(layer, clock)  # by somebody else, as when the data set is opened again
    qtbot.waitUntil(lambda: panel.form.source.value == RATE)
    assert (panel.form.offset_s.value, panel.form.rate_hz.value) == (1.25, 12.5)
    assert panel.state.text() == "movie is linked by offset and rate: 1.250–6.050 s, 12.500 frames a second."
    qtbot.waitUntil(lambda: bool(panel.words.text()) and panel.form.offer.value is not None)
    assert not panel.link_button.enabled
    panel.form.offset_s.value = 1.5
    qtbot.waitUntil(lambda: panel.link_button.enabled)
    push(panel.link_button)
    assert session.clocks["movie"].range_s[0] == 1.5
    assert panel.form.source.value == RATE


def test_an_axis_is_named_with_its_frames(panel, viewer, links, qtbot):
    stack(viewer, links, name="movie", axis_labels=("t", "y", "x"))
    qtbot.waitUntil(lambda: panel.form.axis.value == 0)
    assert panel.form.axis.current_choice == "axis 0, t, 60 frames"
