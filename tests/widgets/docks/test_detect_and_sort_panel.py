"""Detect and sort: what it shows of raw data before it runs, what it refuses, and what it makes."""

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from sorting.recordings import RATE, recording
from widgets.light_session import light_session

from napari_phy import open_session
from napari_phy.actions import messages
from napari_phy.sorting.detection import Detection
from napari_phy.widgets.docks.detect_and_sort_panel import (
    CHOOSE_RAW,
    NAME_RESULT,
    NO_CLUSTERS,
    SORTING,
    DetectAndSortPanel,
    sorted_spikes,
)
from napari_phy.widgets.docks.sorting_form import OPEN

PRB = "channel_groups = {0: {'channels': [0, 1, 2, 3], 'graph': [(0, 1), (1, 2), (2, 3)]}}"


@pytest.fixture
def folder(tmp_path):
    traces, _ = recording(40_000, n_channels=4, n_spikes=120)
    traces.tofile(tmp_path / "raw.dat")
    (tmp_path / "four.prb").write_text(PRB)
    (tmp_path / "set.prm").write_text(
        "experiment_name = 'set'\nprb_file = 'four.prb'\n"
        f"traces = dict(raw_data_files=['raw.dat'], sample_rate={RATE}, n_channels=4, dtype='int16')\n"
        "spikedetekt = dict(threshold_strong_std_factor=6.25, n_excerpts=7)\n"
        "klustakwik2 = dict(num_starting_clusters=40)\n"
    )
    return tmp_path


@pytest.fixture
def panel(qtbot):
    return shown(DetectAndSortPanel(), qtbot)


def shown(panel, qtbot):
    qtbot.addWidget(panel)
    panel.resize(460, 700)
    panel.show()
    qtbot.waitExposed(panel)
    qtbot.waitUntil(lambda: not panel.busy)
    return panel


def settle(panel, qtbot):
    qtbot.waitUntil(lambda: not panel.busy)


def push(button):
    assert button.native.isVisible()
    QTest.mouseClick(button.native, Qt.MouseButton.LeftButton)


def visible(panel):
    return {field.label for field in panel.form.fields if field.native.isVisibleTo(panel.area.widget())}


def test_without_anything_it_says_what_to_choose(panel):
    assert panel.words.text() == CHOOSE_RAW
    assert not panel.run_button.enabled
    assert "Sort" not in visible(panel)
    assert not {"Probe", "Sample rate (Hz)", "Channels", "Type"} & visible(panel)


def test_a_parameter_file_fills_the_form_and_its_spikes_are_seen(panel, folder, qtbot):
    panel.form.file.value = folder / "set.prm"
    settle(panel, qtbot)
    assert panel.words.text() == ""
    assert panel.form.detect.parameters.threshold_strong_std_factor == 6.25
    assert panel.form.detect.parameters.n_excerpts == 7
    assert panel.form.cluster.parameters.num_starting_clusters == 40
    assert panel.form.target_path == folder / "set.kwik"
    assert panel.data.values.shape == (RATE * 0.2, 4)
    assert len(panel.data.samples) > 5
    assert panel.run_button.enabled
    assert "Probe" not in visible(panel)


def test_higher_thresholds_find_fewer_spikes_and_contradictions_are_a_sentence(panel, folder, qtbot):
    panel.form.file.value = folder / "set.prm"
    panel.form.shown_s.value = 1.0
    settle(panel, qtbot)
    before = len(panel.data.samples)
    panel.form.detect.fields["matched"]["threshold_strong_std_factor"].value = 30
    settle(panel, qtbot)
    assert len(panel.data.samples) < before
    panel.form.detect.fields["matched"]["threshold_weak_std_factor"].value = 40
    settle(panel, qtbot)
    assert "must be less than threshold_strong_std_factor" in panel.words.text()
    assert panel.words.property("wrong")
    assert not panel.run_button.enabled
    panel.form.detect.fields["matched"]["threshold_weak_std_factor"].value = 3
    settle(panel, qtbot)
    assert panel.words.text() == ""
    assert panel.run_button.enabled


def test_more_settings_are_those_of_the_algorithm(panel, folder, qtbot):
    few = visible(panel)
    panel.form.more.value = True
    more = visible(panel)
    assert few < more
    assert "Matched filter (ms)" in more
    panel.form.detect.algorithm.value = "spikedetekt"
    assert "Matched filter (ms)" not in visible(panel)
    assert {"Refine by", "Rounds"} <= visible(panel)
    panel.form.cluster.algorithm.value = ""
    assert not {"Seed", "Refine by", "Rounds"} & visible(panel)


@pytest.mark.parametrize(
    ("name", "field", "value", "sentence"),
    [
        ("gone.prm", None, None, "gone.prm"),
        ("raw.dat", "probe", "", "Choose the probe"),
        ("raw.dat", "rate_hz", 0, "Give the sample rate of the raw data, in Hz."),
        ("raw.dat", "rate_hz", 10, "a sample rate of 10 Hz cannot be"),
        ("raw.dat", "n_channels", 3, "has 3 channels, but channel group 0 of the probe has channel 3"),
        ("raw.dat", "dtype", "float32", "raw.dat has no voltages of type float32"),
        ("raw.dat", "probe", "no.prb", "There is no probe file no.prb"),
    ],
)
def test_what_cannot_be_is_one_sentence(panel, folder, qtbot, name, field, value, sentence):
    panel.form.rate_hz.value = RATE
    panel.form.file.value = folder / name
    if field is not None:
        widget = getattr(panel.form, field)
        getattr(widget, "line_edit", widget).value = value
    settle(panel, qtbot)
    assert sentence in panel.words.text()
    assert panel.words.property("wrong") != sentence.startswith(("Choose", "Give"))  # which only asks
    assert not panel.run_button.enabled
    assert panel.data is None


TYPED = (
    "/",
    "//",
    ".",
    "..",
    "~",
    "~nobody-of-this-name",
    " ",
    ", ",
    "/\0",
    "a\0.prm",
    "x" * 5000,
    f"/{'x' * 5000}.prm",
)


def test_whatever_is_typed_is_a_sentence_or_nothing(panel, folder, qtbot):
    panel.form.rate_hz.value = RATE
    for name, good in (("file", "raw.dat"), ("probe", "four.prb")):
        for text in (*TYPED, str(folder)):
            getattr(panel.form, name).line_edit.value = text
            settle(panel, qtbot)
            assert panel.words.text().endswith(".")
            assert panel.failed not in panel.words.text()
            assert not panel.run_button.enabled
        getattr(panel.form, name).value = folder / good
    settle(panel, qtbot)
    before = sorted(folder.iterdir())
    for text in ("/", ".", "..", " ", "/\0", "/" + "x" * 5000, f"/{'x' * 5000}/a.kwik"):
        panel.form.target.line_edit.value = text
        push(panel.run_button)
        settle(panel, qtbot)
        assert panel.words.text().endswith(".")
        assert panel.words.property("wrong")
        assert panel.failed not in panel.words.text()
    assert sorted(folder.iterdir()) == before


def test_another_number_of_channels_is_told_before_and_after_it_runs(panel, folder, qtbot):
    offsets = np.arange(4, dtype=np.int16) ** 2 * 200
    (np.fromfile(folder / "raw.dat", np.int16).reshape(-1, 4) // 8 + offsets).tofile(folder / "raw.dat")
    panel.form.rate_hz.value = RATE
    panel.form.n_channels.value = 7
    panel.form.file.value = folder / "raw.dat"
    panel.form.detect.algorithm.value = "spikedetekt"
    panel.form.detect.fields["spikedetekt"]["threshold_strong_std_factor"].value = 100
    settle(panel, qtbot)
    looks = "raw.dat looks as if it had 4 channels, not 7; correct the number if so."
    assert looks in panel.words.text()
    assert panel.words.property("wrong")
    push(panel.run_button)
    settle(panel, qtbot)
    assert panel.words.text().startswith("No spike was found, and nothing was written. ")
    assert panel.words.text().endswith(looks)
    panel.form.n_channels.value = 4
    settle(panel, qtbot)
    assert panel.words.text() == ""


def test_a_flat_file_is_sorted_into_a_data_set_beside_it(panel, folder, qtbot):
    asked = []
    panel.file_requested.connect(asked.append)
    panel.form.file.value = folder / "raw.dat"
    assert panel.form.probe.value == folder / "four.prb"  # the only one there
    panel.form.rate_hz.value = RATE
    settle(panel, qtbot)
    push(panel.run_button)
    assert panel.cancel_button.native.isVisible()
    settle(panel, qtbot)
    assert asked == [str(folder / "raw.kwik")]
    assert panel.words.text().startswith("Found ")
    with open_session(folder / "raw.kwik") as session:
        assert session.model.n_spikes > 60
        n_spikes = session.model.n_spikes
    panel.refresh()
    settle(panel, qtbot)
    assert panel.words.text().startswith("Found ")  # until something else is chosen
    panel.form.cluster.algorithm.value = ""
    settle(panel, qtbot)
    assert panel.form.target_path == folder / "raw_2.kwik"
    push(panel.run_button)
    settle(panel, qtbot)
    assert panel.words.text() == f"Found {n_spikes} spikes: raw_2.kwik."


def test_several_flat_files_are_recordings_of_one_data_set(panel, folder, qtbot):
    (folder / "b, c.dat").write_bytes((folder / "raw.dat").read_bytes())
    panel.form.rate_hz.value = RATE
    panel.form.file.value = folder / "b, c.dat"
    settle(panel, qtbot)
    assert panel.data.total_s == 2  # one file, whose name has a comma
    (folder / "b.dat").write_bytes((folder / "raw.dat").read_bytes())
    panel.form.file.value = (folder / "raw.dat", folder / "b.dat")
    settle(panel, qtbot)
    assert panel.data.total_s == 4
    assert panel.form.target_path == folder / "raw.kwik"
    panel.form.file.value = (folder / "raw.dat", folder / "set.prm")
    settle(panel, qtbot)
    assert panel.words.text() == "Choose a .prm alone: it names its raw files."


def test_cancel_leaves_nothing_behind(panel, folder, qtbot):
    panel.form.file.value = folder / "set.prm"
    settle(panel, qtbot)
    before = sorted(folder.iterdir())
    push(panel.run_button)
    push(panel.cancel_button)
    settle(panel, qtbot)
    assert panel.words.text() == messages.cancelled(SORTING)
    assert panel.run_button.native.isVisible()
    qtbot.waitUntil(lambda: sorted(folder.iterdir()) == before)


def test_a_name_that_is_taken_is_refused_in_a_sentence(panel, folder, qtbot):
    panel.form.file.value = folder / "set.prm"
    (folder / "other.kwik").touch()
    panel.form.target.value = folder / "other.kwik"
    settle(panel, qtbot)
    push(panel.run_button)
    settle(panel, qtbot)
    assert "already holds other.kwik" in panel.words.text()
    assert panel.words.property("wrong")
    panel.form.target.line_edit.value = ""
    push(panel.run_button)
    assert panel.words.text() == NAME_RESULT


def test_no_cluster_is_told():
    found = Detection({0: 3, 1: 1}, {0: 0, 1: 0}, Path("a.kwik"), {}, {})
    assert sorted_spikes(found, "", is_clustered=True) == f"Found 4 spikes in 0 clusters: a.kwik. {NO_CLUSTERS}"
    assert sorted_spikes(found, "", is_clustered=False) == "Found 4 spikes: a.kwik."


def test_no_spike_is_told_and_not_opened(panel, folder, qtbot):
    asked = []
    panel.file_requested.connect(asked.append)
    panel.form.file.value = folder / "set.prm"
    panel.form.detect.algorithm.value = "spikedetekt"
    panel.form.detect.fields["spikedetekt"]["threshold_strong_std_factor"].value = 100
    settle(panel, qtbot)
    assert len(panel.data.samples) == 0
    push(panel.run_button)
    settle(panel, qtbot)
    assert panel.words.text() == "No spike was found, and nothing was written. Lower the strong threshold."
    assert not asked
    assert not list(folder.glob("*.kw*"))
    assert panel.form.target_path == folder / "set.kwik"  # is free for the next one


def test_the_raw_data_of_what_is_open_are_offered(qtbot):
    session = light_session()
    panel = shown(DetectAndSortPanel(session), qtbot)
    has_raw = session.model.traces is not None
    assert ("Sort" in visible(panel)) == has_raw
    assert (panel.form.source.value == OPEN) == has_raw
    assert "Raw data" not in visible(panel) or not has_raw
    panel.set_session(None)
    settle(panel, qtbot)
    assert "Sort" not in visible(panel)
    assert panel.words.text() == CHOOSE_RAW
