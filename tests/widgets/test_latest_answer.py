"""An answer on its way is dropped when its session is, also when the same question is asked again."""

import threading

import pytest

from napari_phy.core.errors import MissingDataError
from napari_phy.widgets.latest_answer import LatestAnswer


@pytest.fixture
def answers(qtbot):
    return LatestAnswer()


def test_the_answer_to_a_dropped_question_is_not_taken_for_that_of_its_like(answers, qtbot):
    go_on, heard = threading.Event(), []
    answers.answered.connect(lambda question, data: heard.append((question, data)))
    answers.ask("clusters 3 and 4", lambda: go_on.wait(10) and "of the clustering before")
    answers.drop()
    with qtbot.waitSignal(answers.answered):
        answers.ask("clusters 3 and 4", lambda: "of this clustering")
        go_on.set()
    assert heard == [("clusters 3 and 4", "of this clustering")]


def test_the_same_question_is_computed_once(answers, qtbot):
    go_on, asked = threading.Event(), []

    def compute():
        asked.append(1)
        return go_on.wait(10)

    with qtbot.waitSignal(answers.answered) as caught:
        answers.ask("a", compute)
        answers.ask("b", compute)
        answers.ask("a", compute)
        go_on.set()
    assert caught.args == ["a", True]
    assert asked == [1]


def test_what_goes_wrong_is_told_with_its_question(answers, qtbot):
    def fail():
        raise MissingDataError("Gone.")

    with qtbot.waitSignal(answers.failed) as caught:
        answers.ask("a", fail)
    assert caught.args[0] == "a"
    assert str(caught.args[1]) == "Gone."
    assert answers.wanted is None
