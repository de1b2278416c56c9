"""Opening pauses the collector of cycles, for a moment."""

import gc

import pytest
from qtpy.QtTest import QTest

from napari_phy.readers import collector
from napari_phy.readers.collector import pause_collector


def test_cycles_are_collected_again_when_the_event_loop_has_run(qapp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "PAUSE_MS", 20)
    pause_collector()
    assert not gc.isenabled()
    pause_collector()
    QTest.qWait(60)
    assert gc.isenabled()


def test_who_collects_no_cycles_is_not_overruled(qapp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "PAUSE_MS", 20)
    gc.disable()
    try:
        pause_collector()
        QTest.qWait(60)
        assert not gc.isenabled()
    finally:
        gc.enable()
