"""The summary of traces: built in the background, begun again when raw data are back."""

from types import SimpleNamespace

import pytest
from qtpy.QtWidgets import QLabel, QMainWindow

from napari_phy.core.errors import TracesError
from napari_phy.widgets import trace_summary
from napari_phy.widgets.trace_summary import TraceSummary


class Pyramid:
    """Cannot be built as long as something is wrong."""

    n_bytes, n_done, is_complete = trace_summary.WORTH_BYTES, 0, False
    wrong = "x.dat ends before row 5."

    def build(self, on_progress):
        if self.wrong:
            raise TracesError(self.wrong)
        self.is_complete = True


@pytest.fixture
def said(monkeypatch):
    said = []
    monkeypatch.setattr(trace_summary, "notify", lambda sentence, severity, choices: said.append(sentence))
    monkeypatch.setattr(trace_summary, "take_back", lambda sentences, window: [said.remove(x) for x in sentences])
    return said


def session_with(pyramid):
    model = SimpleNamespace(traces=object())
    return SimpleNamespace(name="x.kwik", model=model, trace_pyramid=lambda model: pyramid)


@pytest.fixture
def summary(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.statusBar().addPermanentWidget(QLabel("activity"))  # napari's
    yield TraceSummary(window, window)
    window.close()


def test_it_is_built_as_soon_as_raw_data_are_back(summary, said, qtbot):
    pyramid = Pyramid()
    summary.follow(session_with(pyramid))
    qtbot.waitUntil(lambda: summary.work.job is None)
    assert said == ["x.dat ends before row 5. Wide stretches of the traces stay slow."]
    pyramid.wrong = ""
    summary.go_on()
    qtbot.waitUntil(lambda: summary.work.job is None)
    assert pyramid.is_complete
    assert said == []
    summary.go_on()
    assert summary.work.job is None


def test_what_failed_is_not_built_for_another_data_set(summary, said, qtbot):
    pyramid = Pyramid()
    summary.follow(session_with(pyramid))
    qtbot.waitUntil(lambda: summary.work.job is None)
    summary.follow(None)
    assert said == []
    pyramid.wrong = ""
    summary.go_on()
    assert summary.work.job is None
    assert not pyramid.is_complete
