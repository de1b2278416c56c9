"""The list of spikes, worked by mouse and key like a person would."""

import threading

import numpy as np
import pytest
from patience import PATIENCE_S
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from widgets.light_session import light_session

from napari_phy.table.numbers import THIN_SPACE
from napari_phy.views.spike_amplitudes import spike_amplitudes
from napari_phy.widgets.docks import spike_table
from napari_phy.widgets.docks.spike_table import COLUMNS
from napari_phy.widgets.docks.spikes_panel import SpikesPanel

LEFT = Qt.MouseButton.LeftButton
NONE, CTRL, SHIFT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip
PLACE = {column.key: place for place, column in enumerate(COLUMNS)}


@pytest.fixture
def session():
    made = light_session(n_clusters=5, n_spikes=1500)
    yield made
    made.close()


def shown(qtbot, session, clusters=(1, 2)):
    made = SpikesPanel(session)
    qtbot.addWidget(made)
    made.resize(480, 420)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select(clusters)
    qtbot.waitUntil(lambda: ready(made))
    return made


@pytest.fixture
def panel(qtbot, session):
    return shown(qtbot, session)


def ready(panel):
    data = panel.data
    return not panel.busy and data is not None and data.request == panel.make_request() and data.is_complete


def click(qtbot, panel, row, modifier=NONE):
    view = panel.list
    view.scrollTo(view.model().index(row, 0))
    qtbot.mouseClick(view.viewport(), LEFT, modifier, view.visualRect(view.model().index(row, 1)).center())


def spike_in(panel, row):
    return int(panel.data.spike_ids[panel.data.rows[row]])


def texts(panel, row):
    return {column.key: panel.list.spike_model.text(row, place) for place, column in enumerate(COLUMNS)}


def test_a_row_tells_cluster_time_place_and_size(panel, session):
    spike, model, columns = spike_in(panel, 7), session.model, session.columns.get()
    row = texts(panel, 7)
    assert row["cluster"] == str(int(session.manager.clusters_of([spike])[0]))
    assert row["time"] == f"{model.spike_times[spike]:.4f}"
    assert row["channel"] == str(columns.channels[spike])
    assert row["depth"] == f"{columns.depths[spike]:.0f}"
    assert row["amplitude"] == f"{spike_amplitudes(session, 'peak to peak', np.array([spike]))[0]:.0f}"
    assert panel.list.spike_model.headerData(PLACE["amplitude"], Qt.Orientation.Horizontal) == "amp"
    assert row["spike"] == str(spike)
    assert texts(panel, 0)["interval"] == "–"
    assert panel.list.model().rowCount() == session.manager.n_spikes(1) + session.manager.n_spikes(2)


def test_the_rows_are_there_before_their_depths_are_read(qtbot, session, monkeypatch):
    go_on, get = threading.Event(), type(session.columns).get

    def slowly(store, on_progress):
        on_progress(0.42)
        go_on.wait(PATIENCE_S)
        return get(store, on_progress)

    monkeypatch.setattr(type(session.columns), "get", slowly)
    panel = SpikesPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    session.selection.select([1])
    qtbot.waitUntil(lambda: panel.stack.caption.text().endswith("within 2 ms; reading depths and amplitudes: 21 %"))
    assert panel.stack.shows_picture
    assert panel.list.model().rowCount() == session.manager.n_spikes(1)
    assert texts(panel, 0)["depth"] == texts(panel, 0)["channel"] == "–"
    go_on.set()
    qtbot.waitUntil(lambda: ready(panel))
    assert texts(panel, 0)["depth"] == f"{session.columns.known.depths[spike_in(panel, 0)]:.0f}"


def test_large_numbers_are_grouped(qtbot):
    session = light_session(n_clusters=1, n_spikes=1500)
    panel = shown(qtbot, session, [0])
    assert texts(panel, 1234)["spike"] == f"1{THIN_SPACE}234"


def test_a_click_selects_the_spike_and_the_clock_follows(panel, session, qtbot):
    click(qtbot, panel, 40)
    spike = spike_in(panel, 40)
    assert session.selection.spikes.tolist() == [spike]
    assert session.selection.clusters == (1, 2)
    assert session.time.time_s == pytest.approx(session.model.spike_times[spike])
    assert panel.list.is_highlighted(spike)


def test_up_and_down_step_and_letters_do_nothing(panel, session, qtbot):
    click(qtbot, panel, 40)
    for key, row in (
        (Qt.Key.Key_Down, 41),
        (Qt.Key.Key_Down, 42),
        (Qt.Key.Key_Up, 41),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_End, len(panel.data.rows) - 1),
        (Qt.Key.Key_Down, len(panel.data.rows) - 1),
        (Qt.Key.Key_1, len(panel.data.rows) - 1),
    ):
        qtbot.keyClick(panel.list, key)
        assert session.selection.spikes.tolist() == [spike_in(panel, row)]
        assert session.time.time_s == pytest.approx(session.model.spike_times[spike_in(panel, row)])


def test_a_page_is_what_is_in_sight(panel, session, qtbot):
    click(qtbot, panel, 0)
    qtbot.keyClick(panel.list, Qt.Key.Key_PageDown)
    row = panel.data.row_of(int(session.selection.spikes[0]))
    assert row == panel.list.viewport().height() // panel.list.rowHeight(0) - 1
    qtbot.keyClick(panel.list, Qt.Key.Key_PageUp)
    assert session.selection.spikes.tolist() == [spike_in(panel, 0)]


def test_shift_chooses_a_range_and_ctrl_adds_and_takes_away(panel, session, qtbot):
    def chosen(rows):
        return sorted(spike_in(panel, row) for row in rows)

    click(qtbot, panel, 20)
    click(qtbot, panel, 25, SHIFT)
    assert session.selection.spikes.tolist() == chosen(range(20, 26))
    click(qtbot, panel, 18, SHIFT)
    assert session.selection.spikes.tolist() == chosen(range(18, 21))
    click(qtbot, panel, 30, CTRL)
    assert session.selection.spikes.tolist() == chosen([18, 19, 20, 30])
    click(qtbot, panel, 19, CTRL)
    assert session.selection.spikes.tolist() == chosen([18, 20, 30])
    qtbot.keyClick(panel.list, Qt.Key.Key_Down, SHIFT)
    assert session.selection.spikes.tolist() == chosen([19, 20])


def test_a_spike_selected_elsewhere_is_brought_into_sight(panel, session):
    spike = spike_in(panel, len(panel.data.rows) - 5)
    session.selection.select_spikes([spike])
    view = panel.list
    assert view.is_highlighted(spike)
    assert view.viewport().rect().contains(view.visualRect(view.model().index(panel.data.row_of(spike), 0)).center())


def header_click(qtbot, panel, key):
    header = panel.list.horizontalHeader()
    place = PLACE[key]
    spot = header.rect().center()
    spot.setX(header.sectionViewportPosition(place) + header.sectionSize(place) // 2)
    qtbot.mouseClick(header.viewport(), LEFT, NONE, spot)
    qtbot.waitUntil(lambda: ready(panel) and panel.settings.key == key)


def test_a_header_word_sorts_and_the_chosen_spike_stays_in_sight(panel, session, qtbot):
    click(qtbot, panel, 3)
    spike = int(session.selection.spikes[0])
    header_click(qtbot, panel, "amplitude")
    values = panel.data.amplitudes[panel.data.rows]
    assert (np.diff(values) <= 0).all()
    view = panel.list
    row = panel.data.row_of(spike)
    assert view.viewport().rect().contains(view.visualRect(view.model().index(row, 0)).center())
    words = [view.model().headerData(place, Qt.Orientation.Horizontal) for place in range(len(COLUMNS))]
    assert words[PLACE["amplitude"]] == "▾ amp"
    assert words[PLACE["time"]] == "time"
    header_click(qtbot, panel, "amplitude")
    qtbot.waitUntil(lambda: ready(panel) and not panel.settings.descending)
    assert (np.diff(panel.data.amplitudes[panel.data.rows]) >= 0).all()
    header_click(qtbot, panel, "time")
    assert panel.data.rows.tolist() == list(range(len(panel.data.rows)))


def test_only_violations_are_listed_on_wish_and_their_interval_is_coloured(qtbot):
    samples = np.arange(600) * 400
    samples[10] = samples[9] + 20
    session = light_session(n_clusters=1, n_spikes=600, spike_samples=samples)
    panel = shown(qtbot, session, [0])
    assert panel.stack.caption.text() == "600 spikes, 1 within 2 ms"
    menu = panel.header.drop_downs[0].choices_menu
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "Refractory violations").trigger()
    qtbot.waitUntil(lambda: ready(panel) and len(panel.data.rows) == 1)
    assert spike_in(panel, 0) == 10
    image = panel.list.viewport().grab().toImage()
    cell = panel.list.visualRect(panel.list.model().index(0, PLACE["interval"]))
    scale = image.devicePixelRatio()
    seen = {
        image.pixelColor(int(x * scale), int(y * scale)).getRgb()[:3]
        for x in range(cell.left(), cell.right())
        for y in range(cell.top(), cell.bottom())
    }
    warning = np.array(QColor(panel.theme.warning).getRgb()[:3])
    assert min(np.abs(np.array(color) - warning).max() for color in seen) < 40


def test_a_million_rows_are_made_of_nothing_but_what_is_in_sight(qtbot, monkeypatch):
    n_spikes = 1_000_000
    rng = np.random.default_rng(0)
    session = light_session(
        n_clusters=2, n_spikes=n_spikes, n_channels=1, n_samples=1, features=None, masks=None, with_raw=False,
        spike_samples=np.sort(rng.integers(0, 10**8, n_spikes)), duration=5000.0,
    )  # fmt: skip
    asked = []
    index_of = spike_table.SpikeModel.index_of
    monkeypatch.setattr(
        spike_table.SpikeModel, "index_of", lambda self, row: (asked.append(row), index_of(self, row))[1]
    )
    panel = shown(qtbot, session, [0, 1])
    assert panel.list.model().rowCount() == n_spikes
    panel.grab()
    assert 0 < len(set(asked)) < 100
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_End)
    panel.grab()
    assert session.selection.spikes.tolist() == [n_spikes - 1]
    assert n_spikes - 1 in asked
    assert len(set(asked)) < 200


def test_the_least_needed_columns_go_where_it_is_narrow(panel, qtbot):
    assert not any(panel.list.isColumnHidden(place) for place in range(len(COLUMNS)))
    panel.resize(220, 400)
    qtbot.waitUntil(lambda: panel.list.isColumnHidden(PLACE["depth"]))

    def kept():
        return [column.key for place, column in enumerate(COLUMNS) if not panel.list.isColumnHidden(place)]

    assert kept() == ["cluster", "time", "interval"]
    assert sum(panel.list.columnWidth(place) for place in range(len(COLUMNS))) <= panel.list.viewport().width()
    panel.sort("depth", True)
    qtbot.waitUntil(lambda: ready(panel))
    assert "depth" in kept()


def test_another_selection_gives_other_rows(panel, session, qtbot):
    click(qtbot, panel, 4)
    session.selection.select([3])
    qtbot.waitUntil(lambda: ready(panel))
    assert panel.data.spike_ids.tolist() == session.manager.spikes(3).tolist()
    assert panel.list.verticalScrollBar().value() == 0


@pytest.mark.parametrize("height", [200, 333, 420, 431])
def test_no_row_is_cut_by_the_caption(qtbot, session, height):
    panel = shown(qtbot, session)
    panel.resize(480, height)
    view = panel.list
    bar = view.verticalScrollBar()
    for place in (0, bar.maximum()):
        bar.setValue(place)
        assert view.viewport().height() % view.rowHeight(0) == 0
        assert view.visualRect(view.indexAt(view.viewport().rect().bottomLeft())).bottom() < view.viewport().height()
    panel.list.apply_theme(panel.theme, small=True)
    panel.apply_theme(panel.theme)
    assert view.viewport().height() % view.rowHeight(0) == 0
