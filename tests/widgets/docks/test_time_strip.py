"""The strip of the time bar shows the spikes of the selection, whatever was asked before."""

from widgets.light_session import light_session
from widgets.workers import Workers

from napari_phy.widgets.docks.time_strip import TimeStrip


def test_an_answer_that_is_not_wanted_any_more_is_not_shown(qtbot, monkeypatch):
    session, strip, workers = light_session(), TimeStrip(), Workers(monkeypatch)
    qtbot.addWidget(strip)
    strip.resize(600, 60)
    strip.set_session(session)
    pictures = {}
    for clusters in ((1,), (2,)):
        session.selection.select(clusters)
        workers.finish()
        pictures[clusters] = strip.grab().toImage()
    assert pictures[(1,)] != pictures[(2,)]
    session.selection.select([1])
    session.selection.select([2])
    workers.finish()
    assert strip.grab().toImage() == pictures[(2,)]
    session.close()
