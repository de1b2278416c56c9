"""A panel follows its session, computes each wish once, and says how it stands."""

import threading
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patience import PATIENCE_S
from qtpy.QtCore import QEvent, QSignalBlocker, QThreadPool, QTimer
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QApplication, QLabel
from widgets.light_session import light_session
from widgets.workers import Workers

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.widgets.base.latest_result import view_pool
from napari_phy.widgets.panels.view_panel import ViewPanel


@dataclass(frozen=True)
class Wish:
    clusters: tuple


class CountingPanel(ViewPanel):
    """Its picture is the text of its clusters."""

    title = "Counting"
    subject = "its count"
    working = "Counting…"
    failed = "The spikes could not be counted."
    needs_raw_data = True

    def make_content(self):
        self.asked = []
        self.counted = []
        self.share = 0
        self.errors = {}
        self.gate = threading.Event()
        self.gate.set()
        self.label = QLabel()
        return self.label

    def make_request(self):
        return Wish(self.clusters) if self.clusters else None

    def compute(self, session, request, on_progress):
        self.asked.append(request.clusters)
        on_progress(self.share)
        assert self.gate.wait(PATIENCE_S)
        on_progress(self.share)
        self.counted.append(request.clusters)
        if request.clusters in self.errors:
            raise self.errors[request.clusters]
        return request.clusters

    def draw(self, data):
        self.label.setText(str(data))

    def paint_figure(self, painter, theme):
        painter.drawText(10, 20, "paper" if self.is_on_paper else "screen")


@pytest.fixture
def session():
    made = light_session()
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = CountingPanel(session)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    qtbot.waitUntil(lambda: not made.busy)
    yield made
    made.gate.set()
    qtbot.waitUntil(lambda: not made.busy)


def shows(panel, clusters):
    return panel.stack.shows_picture and panel.label.text() == str(clusters) and not panel.busy


def says(panel, words):
    return not panel.stack.shows_picture and words in panel.stack.page.text


def test_without_a_session_it_invites_to_open_a_file(qtbot):
    panel = CountingPanel()
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: says(panel, "Open a Kwik file to begin: File > Open, or drop it here."))


def test_without_a_selection_it_invites_to_select(panel):
    assert panel.stack.page.headline.text() == "Select a cluster to see its count."
    assert panel.stack.page.explanation.text() == "Click a row in Clusters, or press Home."
    assert says(panel, "Home")


def test_it_follows_the_selection_and_computes_each_wish_once(panel, session, qtbot):
    session.selection.select([3, 4])
    qtbot.waitUntil(lambda: shows(panel, (3, 4)))
    assert [entry.text for entry in panel.stack.legend.entries] == ["3", "4"]
    panel.refresh()
    qtbot.waitUntil(lambda: not panel.busy)
    session.selection.select_spikes(session.manager.spikes(3)[:5])
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.asked == [(3, 4)]
    session.selection.select([])
    qtbot.waitUntil(lambda: says(panel, "Select a cluster"))


def test_a_late_answer_is_dropped_and_only_the_newest_wish_is_computed(panel, session, qtbot):
    panel.gate.clear()
    session.selection.select([1])
    qtbot.waitUntil(lambda: panel.asked == [(1,)])
    for cluster in (2, 3, 4):
        session.selection.select([cluster])
        QApplication.processEvents()
    drawn = []
    panel.drawn.connect(lambda: drawn.append(panel.label.text()))
    panel.gate.set()
    qtbot.waitUntil(lambda: shows(panel, (4,)))
    assert drawn == ["(4,)"]
    assert panel.asked == [(1,), (4,)]


def test_views_do_not_wait_for_work_that_takes_minutes(panel, session, qtbot):
    go_on, shared = threading.Event(), QThreadPool.globalInstance()
    for _ in range(shared.maxThreadCount()):
        shared.start(lambda: go_on.wait(PATIENCE_S))
    session.selection.select([2])
    qtbot.waitUntil(lambda: shows(panel, (2,)))
    go_on.set()
    shared.waitForDone()


class Moments(CountingPanel):
    """Its requests differ in time, too; pictures of other times stand for each other."""

    time_s = 0

    def make_request(self):
        return (self.clusters, self.time_s) if self.clusters else None

    def is_like(self, request, other):
        return request[0] == other[0]

    def compute(self, session, request, on_progress):
        on_progress(0.0)
        return request

    def go_to(self, time_s):
        self.time_s = time_s
        self.refresh()


@pytest.fixture
def moments(qtbot, session):
    session.selection.select([1])
    made = Moments(session)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: not made.busy)
    return made


def test_while_time_goes_on_faster_than_pictures_come_each_finished_one_is_shown(moments, monkeypatch):
    drawn = []
    moments.drawn.connect(lambda: drawn.append(moments.data[1]))
    workers = Workers(monkeypatch)
    for time_s in range(1, 13):
        moments.go_to(time_s)
        QApplication.processEvents()
        if time_s % 3 == 0:  # it takes three times as long to compute
            workers.run()
            workers.deliver()
        assert moments.stack.shows_picture
    workers.finish()
    assert drawn == [1, 3, 6, 9, 12]
    assert not moments.busy
    assert workers.n_made == len(drawn)


def test_a_late_picture_of_other_clusters_is_not_shown(moments, session, monkeypatch):
    drawn = []
    moments.drawn.connect(lambda: drawn.append(moments.data))
    workers = Workers(monkeypatch)
    moments.go_to(1)
    QApplication.processEvents()
    session.selection.select([2])
    QApplication.processEvents()
    workers.run()
    workers.deliver()
    assert drawn == []
    workers.finish()
    assert drawn == [((2,), 1)]


STEPS = st.one_of(
    st.tuples(st.just("go_to"), st.integers(0, 3)),
    st.tuples(st.just("select"), st.sampled_from([(1,), (2,), (1, 2), ()])),
    st.sampled_from([("hide",), ("show",), ("run",), ("deliver",), ("events",), ("read_again",), ("show_batch",)]),
)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=20))
def test_once_all_is_done_a_panel_in_sight_shows_what_is_asked_for(moments, session, steps):
    """Whatever is asked, computed, told, hidden and shown, and in whatever order."""
    held = []
    with pytest.MonkeyPatch.context() as patched:
        workers = Workers(patched)
        moments.draw_batch = SimpleNamespace(hold=held.append)
        acts = {
            "go_to": moments.go_to, "select": session.selection.select, "hide": moments.hide, "show": moments.show,
            "run": workers.run, "deliver": workers.deliver, "events": QApplication.processEvents,
            "read_again": moments.read_again,
            "show_batch": lambda: [show() for show in held],
        }  # fmt: skip
        for name, *given_ in steps:
            acts[name](*given_)
        moments.show()
        for _ in range(9):  # an answer may be of a request that was replaced
            QApplication.processEvents()
            workers.finish()
            acts["show_batch"]()
        moments.draw_batch = None
    request = moments.make_request()
    assert not moments.busy
    assert moments.stack.shows_picture == (request is not None)
    assert request is None or moments.data == request
    assert not moments.stack.veil.isVisible()


def test_a_hidden_panel_waits_until_it_is_shown(panel, session, qtbot):
    panel.hide()
    session.selection.select([2])
    session.selection.select([5])
    QApplication.processEvents()
    assert panel.asked == []
    panel.show()
    qtbot.waitUntil(lambda: shows(panel, (5,)))
    assert panel.asked == [(5,)]


def test_waiting_shows_a_line_then_words_and_can_be_cancelled(panel, session, qtbot):
    session.selection.select([1])
    qtbot.waitUntil(lambda: shows(panel, (1,)))
    panel.gate.clear()
    session.selection.select([2])
    qtbot.waitUntil(lambda: panel.stack.edge.busy)
    assert panel.stack.veil.isVisible()
    assert panel.label.text() == "(1,)"
    qtbot.waitUntil(lambda: says(panel, "Counting…"))
    (cancel,) = panel.stack.page.buttons
    assert cancel.text() == "Cancel"
    cancel.click()
    assert says(panel, "Counting was cancelled. Nothing was changed.")
    assert panel.stack.page.explanation.text() == "Nothing was changed."
    panel.gate.set()
    (again,) = panel.stack.page.buttons
    again.click()
    qtbot.waitUntil(lambda: shows(panel, (2,)))
    assert not panel.stack.edge.busy
    assert not panel.stack.veil.isVisible()


def test_work_that_tells_how_far_it_is_shows_it_and_ends_by_cancel(panel, session, qtbot):
    panel.gate.clear()
    panel.share = 0.42
    session.selection.select([2])
    qtbot.waitUntil(lambda: says(panel, "Counting: 42 %"))
    bar = panel.stack.page.progress
    assert bar.isVisible()
    assert (bar.minimum(), bar.value(), bar.maximum()) == (0, 42, 100)
    (cancel,) = panel.stack.page.buttons
    cancel.click()
    panel.gate.set()
    view_pool().waitForDone()
    QApplication.processEvents()
    assert panel.counted == []
    assert says(panel, "Counting was cancelled. Nothing was changed.")


def test_a_panel_that_is_closed_while_it_computes_leaves_no_thread(qtbot, session):
    panel = CountingPanel(session)
    panel.show()
    panel.gate.clear()
    session.selection.select([2])
    qtbot.waitUntil(lambda: panel.asked == [(2,)])
    gate, counted = panel.gate, panel.counted
    panel.close()
    panel.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gate.set()
    view_pool().waitForDone()
    QApplication.processEvents()
    assert counted == []


def test_a_missing_file_is_named_and_can_be_located(panel, session, qtbot):
    panel.errors[(1,)] = MissingDataError(
        "Waveforms and traces need a.dat, which is not beside a.kwik. Everything else works."
    )
    session.selection.select([1])
    qtbot.waitUntil(lambda: says(panel, "a.dat"))
    assert panel.stack.page.headline.text() == "Waveforms and traces need a.dat, which is not beside a.kwik."
    assert panel.stack.page.explanation.text() == "Everything else works."
    (locate,) = panel.stack.page.buttons
    with qtbot.waitSignal(panel.locate_requested):
        locate.click()


def test_other_data_that_are_missing_leave_the_rest_as_it_is(panel, session, qtbot):
    panel.errors[(1,)] = MissingDataError("a.kwx is missing: features and similarity are not available.")
    session.selection.select([1])
    qtbot.waitUntil(lambda: says(panel, "a.kwx is missing"))
    assert panel.stack.page.explanation.text() == "Everything else works."


def test_an_error_tells_the_cause_and_can_be_tried_again(panel, session, qtbot):
    panel.errors[(1,)] = ClusteringError("a.kwx has 7 400 rows.")
    session.selection.select([1])
    qtbot.waitUntil(lambda: says(panel, "The spikes could not be counted. a.kwx has 7 400 rows."))
    again, copy = panel.stack.page.buttons
    copy.click()
    assert "ClusteringError: a.kwx has 7 400 rows." in QApplication.clipboard().text()
    panel.errors.clear()
    again.click()
    qtbot.waitUntil(lambda: shows(panel, (1,)))


def test_a_note_in_the_header_goes_with_the_picture_that_it_tells_of(panel, session, qtbot):
    note = panel.header.note_label
    session.selection.select([1])
    qtbot.waitUntil(lambda: shows(panel, (1,)))
    panel.header.set_note("3 of 9")
    assert not note.isHidden()
    session.selection.select([])
    qtbot.waitUntil(lambda: says(panel, "Select a cluster"))
    assert note.isHidden()
    session.selection.select([1])
    qtbot.waitUntil(lambda: shows(panel, (1,)))
    assert not note.isHidden()


class Once(dict):
    """Values that can be taken once."""

    def __getitem__(self, key):
        return self.pop(key)


def test_clusters_that_were_gone_for_a_moment_are_read_again(panel, session, qtbot):
    panel.gate.clear()
    panel.errors = Once({(3, 4): ClusteringError("There is no cluster 3.")})
    session.selection.select([3, 4])
    qtbot.waitUntil(lambda: panel.asked == [(3, 4)])
    session.merge([3, 4])
    session.undo()
    panel.gate.set()
    qtbot.waitUntil(lambda: panel.errors == {})
    qtbot.waitUntil(lambda: shows(panel, (3, 4)))
    assert panel.counted == [(3, 4)] * 2


def test_an_error_while_drawing_shows_and_does_not_stop_other_listeners(panel, session, qtbot, monkeypatch):
    def fail():
        raise ValueError("no ink")

    heard = []
    monkeypatch.setattr(panel, "on_selection", fail)
    session.selection.changed.connect(lambda: heard.append(session.selection.clusters))
    session.selection.select([1])
    assert heard == [(1,)]
    assert "no ink" in panel.stack.page.text


def test_a_frozen_panel_keeps_its_clusters_while_they_exist(panel, session, qtbot):
    session.selection.select([3, 4])
    qtbot.waitUntil(lambda: shows(panel, (3, 4)))
    panel.header.freeze_button.click()
    assert panel.frozen
    session.selection.select([5])
    qtbot.waitUntil(lambda: shows(panel, (3, 4)))
    edge = panel.stack.edge.grab().toImage().pixelColor(50, 0)
    assert edge == QColor(panel.theme.warning)
    session.merge([4, 5])
    qtbot.waitUntil(lambda: shows(panel, (3,)))
    session.undo()
    qtbot.waitUntil(lambda: shows(panel, (3, 4)))
    panel.header.freeze_button.click()
    qtbot.waitUntil(lambda: shows(panel, session.selection.clusters))


def test_the_edge_of_a_frozen_panel_lies_over_whatever_it_shows(panel, session, qtbot):
    def edge():
        image = panel.stack.grab().toImage()
        return [image.pixelColor(50, y) == QColor(panel.theme.warning) for y in range(3)]

    session.selection.select([3, 4])
    qtbot.waitUntil(lambda: shows(panel, (3, 4)))
    panel.header.freeze_button.click()
    panel.errors[(3, 4)] = ClusteringError("a.kwx has 7 400 rows.")
    panel.read_again()
    qtbot.waitUntil(lambda: says(panel, "7 400"))
    assert edge() == [True, True, False]
    panel.errors.clear()
    panel.read_again()
    qtbot.waitUntil(lambda: shows(panel, (3, 4)))
    assert edge() == [True, True, False]


def test_another_session_takes_over_completely(panel, session, qtbot):
    session.selection.select([1])
    qtbot.waitUntil(lambda: shows(panel, (1,)))
    other = light_session()
    panel.set_session(other)
    other.selection.select([2])
    qtbot.waitUntil(lambda: shows(panel, (2,)))
    session.selection.select([3])
    QApplication.processEvents()
    qtbot.waitUntil(lambda: shows(panel, (2,)))
    panel.set_session(None)
    qtbot.waitUntil(lambda: says(panel, "Open a Kwik file"))


def test_a_deleted_panel_leaves_no_slot_behind(qtbot, session):
    def count():
        return len(session.selection.changed), len(session.manager.changed)

    before = count()
    panel = CountingPanel(session)
    assert count() > before
    panel.show()
    panel.close()
    panel.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert count() == before
    session.selection.select([1])


def test_colours_follow_the_theme(qtbot, session, make_napari_viewer):
    viewer = make_napari_viewer()
    viewer.theme = "dark"
    panel = CountingPanel(session, viewer=viewer)
    qtbot.addWidget(panel)
    panel.show()
    session.selection.select([1])
    qtbot.waitUntil(lambda: shows(panel, (1,)))
    dark = panel.stack.legend.entries[0].color
    viewer.theme = "light"
    assert panel.stack.legend.entries[0].color != dark
    assert panel.stack.legend.grab().toImage().pixelColor(2, 2) == QColor("#ffffff")


def test_the_legend_says_how_many_have_no_room(qtbot):
    session = light_session(n_clusters=30)
    panel = CountingPanel(session)
    qtbot.addWidget(panel)
    panel.resize(240, 200)
    panel.show()
    session.selection.select(range(14))
    qtbot.waitUntil(lambda: not panel.busy)
    assert [entry.hollow for entry in panel.stack.legend.entries] == [False] * 12 + [True] * 2
    assert panel.stack.legend.n_shown() < 14
    panel.resize(900, 200)
    assert panel.stack.legend.n_shown() == 14


def test_a_caption_without_room_ends_in_dots_and_tells_all_in_its_tooltip(panel, session, qtbot):
    session.selection.select([1])
    qtbot.waitUntil(lambda: shows(panel, (1,)))
    words = "counts; dashed: expected at this rate; band: 2 ms refractory"
    panel.stack.caption.setText(words)
    panel.resize(240, 200)
    panel.grab()
    assert panel.stack.caption.shown_text().endswith("…")
    assert panel.stack.caption.tip() == words
    panel.resize(600, 200)
    assert panel.stack.caption.shown_text() == words


def test_clusters_that_an_edit_took_away_while_they_were_read_are_no_error(panel, session, qtbot):
    panel.gate.clear()
    session.selection.select([3, 4])
    qtbot.waitUntil(lambda: panel.asked[-1:] == [(3, 4)])
    panel.errors[(3, 4)] = ClusteringError("There is no cluster 3.")
    session.selection.changed.block()
    session.merge([3, 4])
    session.selection.changed.unblock()
    with QSignalBlocker(panel._soon):  # the answer comes before the panel has looked again
        QApplication.processEvents()
    panel.gate.set()
    qtbot.waitUntil(lambda: not panel.busy and panel._request is not None)
    assert shows(panel, session.selection.clusters)


@pytest.mark.parametrize(("kind", "suffix"), [("PNG (*.png)", ".png"), ("SVG (*.svg)", ".svg")])
def test_a_picture_gets_the_suffix_of_the_kind_that_is_chosen(panel, session, qtbot, tmp_path, kind, suffix):
    said = []
    session.selection.select([1])
    qtbot.waitUntil(lambda: shows(panel, (1,)))
    panel.said.connect(said.append)

    def answer():
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(20, answer)
            return
        dialog.selectNameFilter(kind)
        dialog.filterSelected.emit(kind)
        dialog.setDirectory(str(tmp_path))
        dialog.accept()

    QTimer.singleShot(20, answer)
    panel.pictures.ask()
    name = panel.pictures.proposed_path(panel.title).with_suffix(suffix).name
    content = (tmp_path / name).read_bytes()
    assert content.startswith(b"\x89PNG") == (suffix == ".png")
    assert (b">paper<" in content) == (suffix == ".svg")
    assert said == [f"Saved {name}."]
