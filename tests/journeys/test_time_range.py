"""Only the spikes of a stretch of time, in all views, by keys, a dialog and the button that takes it back."""

import numpy as np
import pytest
from journeys.person import ALT, LEFT, PLAIN, SHIFT
from journeys.sizes import LARGE_FIRST
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLineEdit


@pytest.fixture(autouse=True)
def _open(person, kwik_copy):
    person.open(kwik_copy)


def drawn(person):
    """Return the times in seconds of the selected spikes in Features."""
    features = person.workspace.panels["Features"].data.features
    chosen = features.spike_ids[features.places >= 0]
    return person.session.model.spike_samples[chosen] / person.session.model.sample_rate


@LARGE_FIRST
def test_views_show_the_page_of_traces_alone_and_all_times_again(person):
    clock, chip = person.session.time, person.workspace.toolbar.range_chip
    assert not chip.isVisible()
    clock.show(5.0, 9.0)
    person.settle()
    counts = person.workspace.panels["Correlograms"].data.counts.sum()
    person.press(Qt.Key.Key_R, ALT)
    assert clock.range_s == (5.0, 9.0)
    assert chip.isVisible()
    assert chip.text().startswith("only 5.0–9.0 s")
    times = drawn(person)
    assert len(times)
    assert (times >= 5).all()
    assert (times < 9).all()
    assert 0 < person.workspace.panels["Correlograms"].data.counts.sum() < counts
    assert person.viewer.status == "Views use only the spikes of 5.0–9.0 s."
    QTest.mouseClick(chip, LEFT, PLAIN, chip.rect().center())
    person.settle()
    assert not chip.isVisible()
    assert np.ptp(drawn(person)) > 20
    assert person.workspace.panels["Correlograms"].data.counts.sum() == counts


def test_a_stretch_can_be_typed_and_what_is_none_is_refused(person):
    said = []

    def type_it(dialog):
        start, stop, _name = dialog.findChildren(QLineEdit)
        start.setText("12")
        stop.setText("3")
        said.append(dialog.problem_label.text())
        start.setText("0:03")
        stop.setText("12")
        QTest.keyClick(stop, Qt.Key.Key_Return)

    person.answer(type_it)
    person.press(Qt.Key.Key_R, ALT | SHIFT)
    assert said == ["The end has to be later than the start."]
    assert person.session.time.range_s == (3.0, 12.0)
    assert drawn(person).max() < 12
    person.press(Qt.Key.Key_R, ALT)
    assert person.session.time.range_s is None


@pytest.mark.soak
def test_every_caption_tells_of_which_times_its_spikes_are(person):
    of_all_times, veiled = ("Similarity",), ("Raster", "Firing rate")
    for title in (*of_all_times, *veiled, "Scatter", "Intervals", "History"):
        person.workspace.board.open(title)
    person.session.time.show(5.0, 9.0)
    person.settle()

    def captions():
        return {title: person.workspace.panels[title].stack.caption.text() for title in told}

    told = ("Waveforms", "Features", "Correlograms", "Intervals", "Scatter", *of_all_times, *veiled)
    before = captions()
    person.press(Qt.Key.Key_R, ALT)
    for title, caption in captions().items():
        if title in of_all_times:
            assert caption == f"all times: {before[title]}"
        elif title in veiled:
            assert caption == f"all times, dimmed outside 5.0–9.0 s: {before[title]}"
        else:
            assert caption.startswith("only 5.0–9.0 s: ")
    note = person.workspace.panels["Traces"].header.note_label
    assert note.text().endswith("other views use only 5.0–9.0 s")
    assert "s: " not in person.workspace.panels["History"].stack.caption.text()
    person.press(Qt.Key.Key_R, ALT)
    assert "other views" not in note.text()
    assert captions() == before


@pytest.mark.soak
def test_an_edit_acts_on_all_spikes_whatever_is_shown(person):
    person.session.time.set_range(0, 10)
    person.settle()
    first, second = person.listed()[:2]
    n_spikes = person.session.manager.n_spikes(first) + person.session.manager.n_spikes(second)
    person.session.selection.select([first, second])
    person.settle()
    person.push("merge")
    merged = person.chosen[0]
    assert person.session.manager.n_spikes(merged) == n_spikes
    assert person.session.shown.manager.n_spikes(merged) < n_spikes


@pytest.mark.soak
@LARGE_FIRST
def test_epochs_are_chosen_by_mouse_and_one_click_takes_that_back(person):
    session, toolbar = person.session, person.workspace.toolbar
    button, chip = toolbar.times_button, toolbar.range_chip
    session.epochs.add(5.0, 9.0, "run")
    session.epochs.add(12.0, 14.0, "run")
    assert button.text() == "All times ▾"

    def entries():
        button.fill()
        return {entry.text().partition("\t")[0]: entry for entry in button.times_menu.actions() if entry.text()}

    assert list(entries()) == [
        "All times", "Only what Traces shows", "A time range…", "Epochs", "run, 2 epochs of 6.0 s together"
    ]  # fmt: skip
    assert entries()["All times"].isChecked()
    entries()["run, 2 epochs of 6.0 s together"].trigger()
    person.settle()
    assert entries()["run, 2 epochs of 6.0 s together"].isChecked()
    assert chip.text() == "only run (2 epochs)  ×"
    assert person.viewer.status == "Views use only the spikes of run (2 epochs)."
    times = drawn(person)
    assert len(times)
    assert (((times >= 5) & (times < 9)) | ((times >= 12) & (times < 14))).all()
    QTest.mouseClick(chip, LEFT, PLAIN, chip.rect().center())
    person.settle()
    assert button.text() == "All times ▾"
    assert not chip.isVisible()
    session.epochs.remove(session.epochs.drawn[0])
    session.epochs.remove(session.epochs.drawn[0])
    assert not list(entries().values())[-1].isEnabled()
