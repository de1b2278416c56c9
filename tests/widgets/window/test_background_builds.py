"""The summary of traces and the store of features: built in the background, begun again when data are back."""

from types import SimpleNamespace

import pytest
from qtpy.QtWidgets import QLabel, QMainWindow

from napari_phy.core.errors import KwikFormatError, TracesError
from napari_phy.widgets.window import background_builds
from napari_phy.widgets.window.background_builds import FeatureStorage, TraceSummary


class Pyramid:
    """Cannot be built as long as something is wrong."""

    n_bytes, n_done, is_complete, n_built = background_builds.WORTH_BYTES, 0, False, 0

    def __init__(self, wrong=None):
        self.wrong = wrong

    def build(self, on_progress):
        if self.wrong is not None:
            raise self.wrong
        self.is_complete = True
        self.n_built += 1


@pytest.fixture
def said(monkeypatch):
    said = []
    monkeypatch.setattr(background_builds, "notify", lambda sentence, severity, choices: said.append(sentence))
    monkeypatch.setattr(background_builds, "take_back", lambda sentences, window: [said.remove(x) for x in sentences])
    return said


def session_with(pyramid):
    troubles = []
    return SimpleNamespace(
        name="x.kwik",
        model=SimpleNamespace(traces=object()),
        trace_pyramid=lambda model: pyramid,
        tell_raw_trouble=troubles.append,
        troubles=troubles,
    )


@pytest.fixture
def summary(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.statusBar().addPermanentWidget(QLabel("activity"))  # napari's
    yield TraceSummary(window, window)
    window.close()


def follow(summary, session, qtbot):
    summary.follow(session)
    qtbot.waitUntil(lambda: summary.work.job is None)


def go_on(summary, qtbot):
    summary.go_on()
    qtbot.waitUntil(lambda: summary.work.job is None)


def test_it_is_built_as_soon_as_raw_data_are_back(summary, said, qtbot):
    cut = KwikFormatError("x.dat ends before row 5.")
    pyramid = Pyramid(cut)
    session = session_with(pyramid)
    follow(summary, session, qtbot)
    assert session.troubles == [cut]  # what watches raw data says it
    assert said == []
    pyramid.wrong = None
    go_on(summary, qtbot)
    assert pyramid.n_built == 1


def test_what_cannot_be_built_is_said_and_tried_again(summary, said, qtbot):
    pyramid = Pyramid(TracesError("There is no room."))
    session = session_with(pyramid)
    follow(summary, session, qtbot)
    assert said == ["There is no room. Wide stretches of the traces stay slow."]
    assert session.troubles == []
    pyramid.wrong = None
    go_on(summary, qtbot)
    assert pyramid.n_built == 1
    assert said == []


def test_that_of_a_complete_one_is_looked_at_again(summary, said, qtbot):
    """Raw data that are back may be others."""
    pyramid = Pyramid()
    pyramid.is_complete = True
    follow(summary, session_with(pyramid), qtbot)
    assert pyramid.n_built == 0
    go_on(summary, qtbot)
    assert pyramid.n_built == 1


def test_what_was_cancelled_stays_so(summary, said, qtbot):
    pyramid = Pyramid()
    summary.follow(session_with(pyramid))
    summary.work.cancel()
    summary.go_on()
    assert summary.work.job is None


def test_what_failed_is_not_built_for_another_data_set(summary, said, qtbot):
    pyramid = Pyramid(TracesError("There is no room."))
    follow(summary, session_with(pyramid), qtbot)
    summary.follow(None)
    assert said == []
    pyramid.wrong = None
    summary.go_on()
    assert summary.work.job is None
    assert not pyramid.is_complete


def test_a_store_of_features_is_offered_and_built(said, qtbot, monkeypatch):
    offered = []
    monkeypatch.setattr(
        background_builds, "notify", lambda sentence, severity, choices: offered.append((sentence, choices))
    )
    monkeypatch.setattr(background_builds, "take_back", lambda sentences, window: None)
    window = QMainWindow()
    qtbot.addWidget(window)
    storage, stored = FeatureStorage(window, window), Pyramid()
    stored.n_bytes = background_builds.ASK_BYTES
    storage.follow(SimpleNamespace(name="x.kwik", opened=SimpleNamespace(stored_features=stored)))
    ((sentence, choices),) = offered
    assert sentence == (
        "Views of features of x.kwik are fast once these are stored by column, which takes up to 2.15 GB."
    )
    dict(choices)["Build"]()
    qtbot.waitUntil(lambda: storage.work.job is None)
    assert stored.is_complete
    storage.follow(SimpleNamespace(opened=SimpleNamespace(stored_features=None)))
    window.close()
