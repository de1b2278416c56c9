"""An answer on its way is dropped when its session is, also when the same question is asked again."""

import gc
import threading
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S
from qtpy.QtCore import QEvent, QThreadPool
from qtpy.QtWidgets import QApplication
from superqt.utils import WorkerBase
from widgets.workers import Workers

from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import CancelledError
from napari_phy.widgets.base.latest_result import LatestResult


@pytest.fixture
def answers(qtbot):
    return LatestResult()


class Reading:
    """Slow work of some steps; `go_on` lets it do one, then all others."""

    N_STEPS = 64

    def __init__(self):
        self.n_steps = 0
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, on_progress):
        for step in range(self.N_STEPS):
            on_progress(step / self.N_STEPS)
            self.n_steps += 1
            self.begun.set()
            assert self.go_on.wait(PATIENCE_S)
        return self.n_steps


@pytest.fixture
def readings():
    """Return two pieces of slow work that the test may leave running."""
    made = Reading(), Reading()
    yield made
    for reading in made:
        reading.go_on.set()
    QThreadPool.globalInstance().waitForDone()


def test_the_answer_to_a_dropped_question_is_not_taken_for_that_of_its_like(answers, qtbot):
    go_on, heard = threading.Event(), []
    answers.result_ready.connect(lambda question, data: heard.append((question, data)))
    answers.ask("clusters 3 and 4", lambda _: go_on.wait(PATIENCE_S) and "of the clustering before")
    answers.drop()
    with qtbot.waitSignal(answers.result_ready):
        answers.ask("clusters 3 and 4", lambda _: "of this clustering")
        go_on.set()
    assert heard == [("clusters 3 and 4", "of this clustering")]


def test_the_same_question_is_computed_once(answers, qtbot):
    go_on, asked = threading.Event(), []

    def compute(_):
        asked.append(1)
        return go_on.wait(PATIENCE_S)

    with qtbot.waitSignal(answers.result_ready) as caught:
        answers.ask("a", compute)
        answers.ask("b", compute)
        answers.ask("a", compute)
        go_on.set()
    assert caught.args == ["a", True]
    assert asked == [1]


def test_what_goes_wrong_is_told_with_its_question(answers, qtbot):
    def fail(_):
        raise MissingDataError("Gone.")

    with qtbot.waitSignal(answers.failed) as caught:
        answers.ask("a", fail)
    assert caught.args[0] == "a"
    assert str(caught.args[1]) == "Gone."
    assert answers.wanted is None


def test_work_that_is_dropped_ends_at_its_next_report(answers, readings):
    reading, _ = readings
    heard = []
    answers.result_ready.connect(lambda *answer: heard.append(answer))
    answers.failed.connect(lambda *answer: heard.append(answer))
    answers.ask("a", reading)
    assert reading.begun.wait(PATIENCE_S)
    answers.drop()
    reading.go_on.set()
    QThreadPool.globalInstance().waitForDone()
    QApplication.processEvents()
    assert reading.n_steps == 1
    assert heard == []


def test_a_newer_question_stops_the_running_one(answers, readings, qtbot):
    older, newer = readings
    newer.go_on.set()
    answers.ask("older", older)
    assert older.begun.wait(PATIENCE_S)
    with qtbot.waitSignal(answers.result_ready) as caught:
        answers.ask("newer", newer)
        older.go_on.set()
    assert caught.args == ["newer", Reading.N_STEPS]
    assert older.n_steps == 1


def test_work_that_was_stopped_begins_again_when_it_is_asked_for_again(answers, readings, qtbot):
    reading, other = readings
    answers.ask("a", reading)
    assert reading.begun.wait(PATIENCE_S)
    with qtbot.waitSignal(answers.result_ready) as caught:
        answers.ask("b", other)
        answers.ask("a", reading)
        reading.go_on.set()
    assert caught.args == ["a", 1 + Reading.N_STEPS]
    assert other.n_steps == 0


def test_each_whole_per_cent_of_the_question_asked_last_is_told(answers, readings, qtbot):
    older, newer = readings
    heard = []
    answers.progressed.connect(heard.append)
    answers.ask("older", older)
    assert older.begun.wait(PATIENCE_S)
    older.go_on.set()
    newer.go_on.set()
    with qtbot.waitSignal(answers.result_ready):
        answers.ask("newer", newer)
    assert heard == [100 * step // Reading.N_STEPS for step in range(1, Reading.N_STEPS)]


def test_work_ends_when_nobody_is_left_to_hear_of_it(answers, readings):
    reading, _ = readings
    answers.ask("a", reading)
    assert reading.begun.wait(PATIENCE_S)
    answers.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    reading.go_on.set()
    QThreadPool.globalInstance().waitForDone()
    assert reading.n_steps == 1


def test_an_answer_comes_also_when_napari_quits_its_worker_as_another_window_closes(answers, qtbot):
    go_on, begun, heard = threading.Event(), threading.Event(), []
    answers.result_ready.connect(lambda question, data: heard.append((question, data)))
    answers.ask("clusters 3 and 4", lambda _: begun.set() or go_on.wait(PATIENCE_S))
    assert begun.wait(PATIENCE_S)
    for worker in WorkerBase._worker_set:
        worker.quit()
    go_on.set()
    qtbot.waitUntil(lambda: heard == [("clusters 3 and 4", True)])
    assert answers.wanted is None


class Picture:
    """Something large that a view shows."""


def test_an_answer_is_let_go_when_nobody_holds_it_any_more(make_napari_viewer, qtbot):
    make_napari_viewer()
    answers = LatestResult()
    with qtbot.waitSignal(answers.result_ready) as caught:
        answers.ask("a", lambda _: Picture())
    picture = weakref.ref(caught.args[1])
    assert picture() is not None
    caught.args.clear()
    qtbot.waitUntil(lambda: gc.collect() >= 0 and picture() is None)


ENDS = {"gone": MissingDataError("Gone."), "bug": ValueError("A bug."), "cancelled": CancelledError(), "well": None}
ACTS = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 2), st.sampled_from(sorted(ENDS)), st.booleans()),
    st.sampled_from([("drop",), ("run",), ("deliver",)]),
)


def computing(age, end):
    """Return work that ends well, by an error, or as if it was stopped by something else."""

    def compute(on_progress):
        on_progress(0.5)
        if ENDS[end] is not None:
            raise ENDS[end]
        return age

    return compute


@given(st.lists(ACTS, max_size=25))
def test_the_question_asked_last_is_answered_in_whatever_order_things_happen(qapp, acts):
    heard, n_drops, answers = [], 0, LatestResult()
    answers.result_ready.connect(lambda question, age: heard.append((question, age)))
    answers.failed.connect(lambda question, _: heard.append((question, n_drops)))
    with pytest.MonkeyPatch.context() as patched:
        workers = Workers(patched)
        for name, *given_ in acts:
            if name == "ask":
                question, end, lets_end = given_
                answers.ask(question, computing(n_drops, end), lets_end=lets_end)
            elif name == "drop":
                n_drops += 1
                heard.clear()
                answers.drop()
            else:
                getattr(workers, name)()
        last, n_before = answers.wanted, len(heard)
        workers.finish()
    assert answers.wanted is None
    assert {age for _, age in heard} <= {n_drops}  # nothing that was asked before it was dropped
    assert last is None or heard[n_before:][-1][0] == last
    answers.deleteLater()


def test_what_is_asked_faster_than_it_is_answered_is_answered_now_and_then(answers, qtbot):
    heard, begun, gates = [], [threading.Event() for _ in range(9)], [threading.Event() for _ in range(9)]
    answers.result_ready.connect(lambda question, _: heard.append(question))

    def ask(number):
        def compute(on_progress):
            begun[number].set()
            assert gates[number].wait(PATIENCE_S)
            on_progress(0.5)

        answers.ask(number, compute, lets_end=True)

    for number in range(3):
        ask(number)
    assert begun[0].wait(PATIENCE_S)
    gates[0].set()
    qtbot.waitUntil(lambda: heard == [0])
    assert answers.wanted == 2
    assert begun[2].wait(PATIENCE_S)
    ask(3)
    gates[2].set()
    gates[3].set()
    qtbot.waitUntil(lambda: answers.wanted is None)
    assert heard == [0, 2, 3]
    assert not begun[1].is_set()
