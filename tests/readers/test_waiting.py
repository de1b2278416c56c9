"""While a data set is opened, napari says so."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_phy.core.errors import KwikFormatError
from napari_phy.readers import kwik


def test_a_file_that_is_opened_is_named_under_a_wait_cursor(make_napari_viewer, monkeypatch):
    viewer = make_napari_viewer()
    seen = []

    def look(path):
        seen.append((viewer.status, QApplication.overrideCursor().shape()))
        raise KwikFormatError(f"{path.name} is not a Kwik file.")

    monkeypatch.setattr("napari_phy.session.open_session", look)
    monkeypatch.setattr("napari_phy.readers.complaint.complain", seen.append)
    assert kwik.read_kwik("large.kwik") == [(None,)]
    assert seen == [("Opening large.kwik…", Qt.CursorShape.WaitCursor), "large.kwik is not a Kwik file."]
    assert QApplication.overrideCursor() is None
    assert viewer.status == ""
