"""Raw data are detected, clustered, opened, curated and saved, by clicks in a real window."""

import numpy as np
import pytest
from journeys.person import LEFT
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QPushButton
from sorting.recordings import RATE, recording

from napari_phy import open_session

pytestmark = pytest.mark.usefixtures("quick_disk")
PRB = "channel_groups = {0: {'channels': [0, 1, 2, 3], 'graph': [(0, 1), (1, 2), (2, 3)]}}"


@pytest.fixture
def raw(tmp_path):
    """Raw data of some seconds, with a probe beside them."""
    traces, _ = recording(80_000, n_channels=4, n_spikes=260)
    traces.tofile(tmp_path / "raw.dat")
    (tmp_path / "four.prb").write_text(PRB)
    return tmp_path / "raw.dat"


def open_dock(person):
    """Open the dock by the Layout menu, in front of others; return its panel."""
    menu = person.workspace.toolbar.layout_button.menu()
    menu.aboutToShow.emit()
    menus = [menu, *(action.menu() for action in menu.actions() if action.menu() is not None)]
    next(action for one in menus for action in one.actions() if action.text() == "Detect and sort").trigger()
    person.wait(lambda: "Detect and sort" in person.workspace.panels, "the dock")
    panel = person.workspace.panels["Detect and sort"]
    person.wait(lambda: panel.isVisible() and not panel.busy, "the form")
    return panel


def choose(person, field, path):
    """Choose a file by the button beside a field."""
    person.answer(lambda dialog: person.choose_file(dialog, path))
    button = field.native.findChild(QPushButton)
    QTest.mouseClick(button, LEFT)


def sort(person, panel):
    """Push the button, and wait until the result is open."""
    target = panel.form.target_path
    assert panel.run_button.enabled, panel.words.text()
    QTest.mouseClick(panel.run_button.native, LEFT)
    person.wait(lambda: person.session is not None and person.session.model.path == target, "the result")
    person.settle()


def test_raw_data_become_a_curated_data_set(person, raw, own_dialogs):
    panel = open_dock(person)
    choose(person, panel.form.file, raw)
    assert panel.form.probe.value == raw.with_name("four.prb")
    rate = panel.form.rate_hz.native
    QTest.keyClicks(rate.lineEdit(), "")
    rate.lineEdit().selectAll()
    QTest.keyClicks(rate.lineEdit(), f"{RATE:.0f}")
    QTest.keyClick(rate.lineEdit(), Qt.Key.Key_Return)
    person.wait(lambda: panel.data is not None and not panel.busy, "the preview")
    assert len(panel.data.samples) > 5
    sort(person, panel)
    session = person.session
    assert session.model.path == raw.with_suffix(".kwik")
    assert session.model.traces is not None
    assert session.model.n_spikes > 200
    one, other = [cluster for cluster in person.listed() if cluster > 1][:2]
    person.click(one)
    person.click(other, modifier=Qt.KeyboardModifier.ControlModifier)
    n_spikes = session.manager.n_spikes(one) + session.manager.n_spikes(other)
    person.push("merge")
    (merged,) = person.chosen
    assert session.manager.n_spikes(merged) == n_spikes
    person.push("save")
    person.wait(lambda: not session.is_dirty, "the save")
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    with open_session(raw.with_suffix(".kwik")) as saved:
        assert saved.manager.n_spikes(merged) == n_spikes
        assert one not in saved.manager


@pytest.mark.soak
@pytest.mark.real_data
def test_a_recording_of_klusta_is_sorted_as_it_truly_is(person, data_folder, tmp_path, own_dialogs):
    for path in (data_folder / "klusta_synth32").glob("synth32.[dp]*"):
        (tmp_path / path.name).symlink_to(path)
    panel = open_dock(person)
    choose(person, panel.form.file, tmp_path / "synth32.prm")
    person.wait(lambda: panel.data is not None and not panel.busy, "the preview")
    sort(person, panel)
    truth = np.load(data_folder / "klusta_synth32" / "ground_truth.npz")
    assert person.session.model.n_spikes > 7000
    assert len([cluster for cluster in person.listed() if cluster > 1]) >= 15, truth.files
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
