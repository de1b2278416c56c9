"""While a data set is opened, napari says so."""

import time

import pytest
from patience import PATIENCE_S
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_phy.core.errors import KwikFormatError
from napari_phy.readers import kwik, opening

WORDS = "Opening large.kwik…"


@pytest.fixture
def said(monkeypatch):
    said = []
    monkeypatch.setattr("napari_phy.readers.kwik.complain", said.append)
    return said


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Opening may take long before anybody can cancel it."""
    monkeypatch.setattr(opening, "FIRM_S", 600)


def fail(path, on_progress):
    raise KwikFormatError(f"{path.name} is not a Kwik file.")


def test_a_file_that_takes_a_moment_is_named_under_a_wait_cursor(make_napari_viewer, monkeypatch, said):
    viewer = make_napari_viewer()
    seen = []

    def look(path, on_progress):
        end = time.monotonic() + PATIENCE_S
        while viewer.status != WORDS and time.monotonic() < end:
            time.sleep(0.01)
        seen.append((viewer.status, QApplication.overrideCursor().shape()))
        fail(path, on_progress)

    monkeypatch.setattr("napari_phy.session.open_session", look)
    assert kwik.read_kwik("large.kwik") == [(None,)]
    assert seen == [(WORDS, Qt.CursorShape.WaitCursor)]
    assert said == ["large.kwik is not a Kwik file."]
    assert QApplication.overrideCursor() is None
    assert viewer.status == ""


def test_of_a_small_file_nothing_is_said(make_napari_viewer, monkeypatch, said):
    viewer = make_napari_viewer()
    monkeypatch.setattr(opening, "QUIET_S", 600)
    monkeypatch.setattr(opening, "show_opening", None)
    monkeypatch.setattr("napari_phy.session.open_session", fail)
    before = viewer.status
    assert kwik.read_kwik("small.kwik") == [(None,)]
    assert said == ["small.kwik is not a Kwik file."]
    assert viewer.status == before


def test_without_a_viewer_a_file_is_opened_at_once(monkeypatch, said):
    monkeypatch.setattr(opening, "open_in_background", None)
    monkeypatch.setattr("napari_phy.session.open_session", lambda path: fail(path, None))
    monkeypatch.setattr("napari.viewer.current_viewer", lambda: None)
    assert kwik.read_kwik("large.kwik") == [(None,)]
    assert said == ["large.kwik is not a Kwik file."]
