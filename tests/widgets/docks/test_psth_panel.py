"""PSTH: rows and rates where they belong, the header that chooses events and groups, tables that are read."""

import numpy as np
import pytest
from qtpy.QtCore import QPointF, QSize
from qtpy.QtGui import QColor
from widgets.light_session import light_session
from widgets.svg_reading import Svg

from napari_phy.views.psth import response_words
from napari_phy.views.psth_layout import spike_marks
from napari_phy.widgets.docks import psth_panel
from napari_phy.widgets.docks.psth_panel import PsthPanel

SIDES = ["left", "right"] * 9


@pytest.fixture
def session():
    made = light_session(n_clusters=4, n_spikes=8000)
    made.events.add("light", np.arange(1.0, 19.0), {"side": SIDES, "contrast": np.arange(18) % 3})
    made.events.add("sound", np.arange(1.5, 19.5, 2.0))
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = PsthPanel(session)
    qtbot.addWidget(made)
    made.resize(640, 420)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request == panel.make_request()


def tiles(panel):
    return [tile.name for tile in panel.data.tiles]


def near(panel, x, y, wanted):
    """Return whether a colour is within 2 px of a point of the plot."""
    image = panel.plot.grab().toImage()
    scale = image.width() / panel.plot.width()
    wanted = np.array(QColor(wanted).getRgb()[:3])
    around = [(int((x + dx) * scale), int((y + dy) * scale)) for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1)]
    return any(np.abs(np.array(image.pixelColor(*at).getRgb()[:3]) - wanted).max() <= 70 for at in around)


def test_spikes_and_rates_are_painted_where_they_are(panel):
    (tile,), (place,) = panel.data.tiles, panel.places(panel.plot.size(), panel.theme)
    for cluster in range(2):
        marks = spike_marks(tile, cluster, place.trials, panel.data.sample_rate)
        for one in (0, len(marks) // 2, len(marks) - 1):
            middle = (marks.top[one] + marks.bottom[one]) / 2
            assert near(panel, marks.x[one], middle, panel.color_of(cluster))
        apart = int((tile.rates[cluster] - tile.rates[1 - cluster]).argmax())
        ms = panel.data.edges_ms[apart : apart + 2].mean()
        ((x, y),) = place.rates.to_px([[ms, tile.rates[cluster, apart]]])
        assert near(panel, x, y, panel.color_of(cluster))


def test_the_first_events_are_shown_until_others_are_chosen(panel, session, qtbot):
    assert tiles(panel) == ["light"]
    assert panel.events_menu.text() == "light ▾"
    panel.events_menu.chosen.emit("sound")
    qtbot.waitUntil(lambda: ready(panel) and tiles(panel) == ["sound"])
    assert session.views["psth"].events == ("sound",)
    assert not panel.groups_menu.isVisible()
    session.views["psth"].events = ("light", "sound", "gone")
    qtbot.waitUntil(lambda: ready(panel) and tiles(panel) == ["light", "sound"])
    assert panel.events_menu.text() == "light + sound ▾"
    session.events.remove("light")
    qtbot.waitUntil(lambda: ready(panel) and tiles(panel) == ["sound"])


def test_groups_stand_side_by_side(panel, qtbot):
    panel.groups_menu.chosen.emit("side")
    qtbot.waitUntil(lambda: ready(panel) and len(tiles(panel)) == 2)
    assert tiles(panel) == ["light · side left", "light · side right"]
    assert panel.groups_menu.text() == "by side ▾"
    assert [entry.text for entry in panel.stack.legend.entries] == ["1", "2"]
    panel.choose(group_by="", sort_by="contrast")
    qtbot.waitUntil(lambda: ready(panel) and len(tiles(panel)) == 1)
    times = panel.data.tiles[0].events / panel.data.sample_rate
    assert times.tolist() == sorted(times.tolist(), key=lambda time: ((time - 1) % 3, time))
    words = [
        f"{cluster} · {response_words(panel.data, panel.data.tiles[0], place)}" for place, cluster in ((0, 1), (1, 2))
    ]
    assert [entry.text for entry in panel.stack.legend.entries] == words


def test_menus_put_kinds_side_by_side_and_sort(panel, qtbot):
    menus = {action.text(): action.menu() for action in panel.header.more_menu.actions() if action.menu()}
    beside = menus["Events side by side"]
    beside.aboutToShow.emit()
    assert [(entry.text(), entry.isChecked()) for entry in beside.actions()] == [("light", True), ("sound", False)]
    beside.actions()[1].trigger()
    qtbot.waitUntil(lambda: ready(panel) and tiles(panel) == ["light", "sound"])
    sort = menus["Sort trials"]
    sort.aboutToShow.emit()
    entries = {entry.text(): entry for entry in sort.actions() if entry.text()}
    assert list(entries) == ["By time", "By side", "By contrast"]
    entries["By side"].trigger()
    assert panel.settings.sort_by == "side"
    remove = menus["Remove events"]
    remove.aboutToShow.emit()
    assert [entry.text() for entry in remove.actions()] == ["light", "sound"]
    remove.actions()[0].trigger()
    qtbot.waitUntil(lambda: ready(panel) and tiles(panel) == ["sound"])


def test_a_click_on_a_trial_goes_there(panel, session):
    (place,) = panel.places(panel.plot.size(), panel.theme)
    ((x, y),) = place.trials.to_px([[100.0, -3.5]])
    assert "trial 4 of 18 at 4.000 s" in panel.read_out(x, y)
    panel.on_clicked(QPointF(x, y), ctrl=False)
    assert session.time.time_s == pytest.approx(4.1, abs=0.01)
    ((x, y),) = place.rates.to_px([[105.0, 0.1]])
    assert panel.read_out(x, y).startswith("light, 105.0 ms: 1: ")


def test_drawn_epochs_are_events_and_go_out(panel, session, qtbot, tmp_path, monkeypatch):
    session.epochs.add(2.0, 3.0, "run")
    panel.choose(events=("run",))
    qtbot.waitUntil(lambda: ready(panel) and tiles(panel) == ["run"])
    session.epochs.add(6.0, 7.0, "run")
    qtbot.waitUntil(lambda: ready(panel) and panel.data.tiles[0].n_trials == 2)
    said = []
    panel.said.connect(said.append)
    monkeypatch.setattr(psth_panel.QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "out"), ""))
    panel.ask_epochs()
    assert (tmp_path / "out.tsv").read_text().splitlines()[1:] == ["2\t1\trun", "6\t1\trun"]
    assert said == ["Wrote 2 epochs to out.tsv."]


def test_a_table_of_trials_is_read_and_shown(panel, session, qtbot, tmp_path, monkeypatch):
    table = tmp_path / "task.csv"
    table.write_text("onset,side\n2,left\n4,right\nx,left\n")
    told, said = [], []
    monkeypatch.setattr(psth_panel, "notify", lambda words, kind: told.append((kind, words)))
    monkeypatch.setattr(psth_panel.QFileDialog, "getOpenFileName", lambda *_: (str(table), ""))
    panel.said.connect(said.append)
    panel.ask_trials()
    qtbot.waitUntil(lambda: ready(panel) and tiles(panel) == ["task"])
    assert said == ["Read 2 trials of task.csv."]
    assert told == [("warning", "task.csv: line 4 is left out; it does not have a number as onset.")]
    table.write_text("a,b\n1,2\n")
    panel.read_trials(table)
    assert told[1][0] == "error"
    assert told[1][1].startswith("task.csv has no column onset")
    assert tiles(panel) == ["task"]


def test_without_events_it_says_how_to_get_some(qtbot, tmp_path):
    with light_session() as session:
        panel = PsthPanel(session)
        qtbot.addWidget(panel)
        panel.show()
        qtbot.waitExposed(panel)
        qtbot.waitUntil(lambda: panel.stack.page.text.startswith("Select a cluster to see its spikes around events."))
        session.selection.select([0])
        qtbot.waitUntil(lambda: panel.stack.page.text.startswith("This data set has no events."))
        assert [button.text() for button in panel.stack.page.buttons] == ["Read trials…", "Imaging"]
        assert panel.events_menu.text() == "no events ▾"
        (tmp_path / "task.tsv").write_text("onset\n2\n")
        panel.read_trials(tmp_path / "task.tsv")
        qtbot.waitUntil(lambda: ready(panel))
        assert tiles(panel) == ["task"]


def test_imaging_is_a_source_of_events(panel, qtbot):
    entry = next(one for one in panel.header.more_menu.actions() if one.text() == "Crossings of a cell…")
    with qtbot.waitSignal(panel.dock_requested) as asked:
        entry.trigger()
    assert asked.args == ["Imaging"]


def test_what_is_not_shown_has_no_room(panel, qtbot):
    both = panel.places(QSize(600, 400), panel.theme)[0]
    panel.choose(shown="trials")
    trials = panel.places(QSize(600, 400), panel.theme)[0]
    assert (trials.rates, trials.trials.height > both.trials.height) == (None, True)
    panel.choose(shown="rates")
    rates = panel.places(QSize(600, 400), panel.theme)[0]
    assert (rates.trials, rates.rates.height > both.rates.height) == (None, True)


def test_many_spikes_are_pixels_in_the_same_colours(panel, monkeypatch):
    assert panel.figure_note() == ""
    lines = np.array([near(panel, *place, panel.color_of(1)) for place in marks_of(panel, 1)])
    monkeypatch.setattr("napari_phy.views.psth_layout.MOST_MARKS", 10)
    assert panel.figure_note() == "its trials are a picture, as they have too many spikes"
    assert lines.all()
    assert all(near(panel, *place, panel.color_of(1)) for place in marks_of(panel, 1))
    assert Svg(panel.figure().svg()).texts


def marks_of(panel, cluster):
    (tile,), (place,) = panel.data.tiles, panel.places(panel.plot.size(), panel.theme)
    marks = spike_marks(tile, cluster, place.trials, panel.data.sample_rate)
    return np.column_stack([marks.x, (marks.top + marks.bottom) / 2])[::40]


def test_the_figure_names_events_and_axes(panel):
    texts = Svg(panel.figure().svg()).texts
    words = " ".join(str(text) for text in texts)
    for wanted in ("light, 18 trials", "time from event (ms)", "firing rate (Hz)"):
        assert wanted in words
