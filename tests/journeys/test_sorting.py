"""Open, select, merge, split by lasso, undo, redo, save, reopen: with mouse and keys, in a window."""

import shutil

import numpy as np
import pytest
from journeys.person import ALT, CTRL, SHIFT, Person
from qtpy.QtCore import Qt

from napari_phy import open_session
from napari_phy.sample_data import read_truth, truth_path


def sort_a_little(person):
    """Merge the first two clusters, split the result by a lasso, take it back and do it again; return the labels."""
    session = person.session
    first, second = person.listed()[:2]
    person.click(first)
    person.click(second, modifier=CTRL)
    assert person.chosen == (first, second)
    assert person.button_text("merge") == "Merge 2"
    n_spikes = session.manager.n_spikes(first) + session.manager.n_spikes(second)
    before = session.manager.spike_clusters
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    assert session.manager.n_spikes(merged) == n_spikes
    assert merged in person.listed()
    assert not {first, second} & set(person.listed())
    assert person.workspace.window.windowTitle().startswith(f"{session.name}*")

    person.click(merged)
    spikes = session.manager.spikes(merged)
    person.lasso(person.around(spikes[len(spikes) // 3 : len(spikes) // 3 + 40]))
    inside = session.selection.spikes
    assert 0 < len(inside) < n_spikes
    assert person.button_text("split").startswith("Split")
    person.press(Qt.Key.Key_K)
    new, rest = person.chosen
    assert np.array_equal(session.manager.spikes(new), inside)
    assert session.manager.n_spikes(new) + session.manager.n_spikes(rest) == n_spikes
    after = session.manager.spike_clusters

    person.press(Qt.Key.Key_Z, CTRL)
    assert person.chosen == (merged,)
    person.press(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(session.manager.spike_clusters, before)
    assert not session.is_dirty
    assert not person.workspace.window.windowTitle().startswith(f"{session.name}*")
    person.press(Qt.Key.Key_Z, CTRL | SHIFT)
    person.press(Qt.Key.Key_Y, CTRL)
    assert np.array_equal(session.manager.spike_clusters, after)
    return after


def save(person):
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")
    person.settle()


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", [pytest.param("hybrid_10sec/hybrid_10sec", marks=pytest.mark.soak), "klusta_synth32/synth32"]
)
def test_real_data_are_sorted_by_hand(person, data_folder, tmp_path, name):
    source = data_folder / f"{name}.kwik"
    for suffix in (".kwik", ".kwx", ".dat"):
        if source.with_suffix(suffix).exists():
            shutil.copyfile(source.with_suffix(suffix), tmp_path / f"{source.stem}{suffix}")
    path = tmp_path / source.name
    person.open(path)
    labels = sort_a_little(person)
    save(person)
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    with open_session(path) as again:
        assert np.array_equal(again.manager.spike_clusters, labels)
    person.open(path)
    assert np.array_equal(person.session.manager.spike_clusters, labels)
    person.press(Qt.Key.Key_Z, CTRL)
    assert person.session.is_dirty


def test_a_newcomer_makes_a_right_merge_and_a_right_split(person, kwik_copy, sample_kwik):
    truth = read_truth(truth_path(sample_kwik))
    units = truth.spike_units[0]
    person.open(kwik_copy)
    session = person.session
    best, candidate = person.chosen
    assert {*truth.units_of(0, best), *truth.units_of(0, candidate)} == {truth.units_of(0, best)[0]}
    assert session.manager.group(best) == "unsorted"
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    assert len(np.unique(units[session.manager.spikes(merged)])) == 1
    person.press(Qt.Key.Key_G, ALT)
    assert session.manager.group(merged) == "good"

    mixture = person.chosen[0]
    person.click(mixture)
    spikes = session.manager.spikes(mixture)
    one, other = np.unique(units[spikes])
    person.lasso(person.around(spikes[units[spikes] == one]))
    person.press(Qt.Key.Key_K)
    for cluster in person.chosen:
        _, counts = np.unique(units[session.manager.spikes(cluster)], return_counts=True)
        assert counts.max() > 0.9 * counts.sum()
    assert one != other
    save(person)
    assert person.listed() == person.workspace.panels["Clusters"].cluster_ids


def test_a_click_on_the_best_cluster_drops_the_candidates(person, kwik_copy):
    person.open(kwik_copy)
    best, candidate = person.chosen
    person.click(best)
    assert person.chosen == (best,)
    person.click(candidate, "Similar")
    assert person.chosen == (best, candidate)
    person.click(candidate, modifier=CTRL)
    assert set(person.chosen) == {best, candidate}


def test_keys_step_through_the_lists(person, kwik_copy):
    person.open(kwik_copy)
    listed = person.listed()
    person.press(Qt.Key.Key_Home)
    assert person.chosen[0] == listed[0]
    person.press(Qt.Key.Key_Down)
    assert person.chosen[0] == listed[1]
    person.press(Qt.Key.Key_Up)
    assert person.chosen[0] == listed[0]
    person.press(Qt.Key.Key_End)
    assert person.chosen[0] == listed[-1]
    person.press(Qt.Key.Key_Home)
    candidates = person.listed("Similar")
    person.press(Qt.Key.Key_Space)
    first = person.chosen[1]
    assert first in candidates
    person.press(Qt.Key.Key_Space)
    assert person.chosen[0] == listed[0]
    assert person.chosen[1] in candidates
    assert person.chosen[1] != first
    person.press(Qt.Key.Key_Space, SHIFT)
    assert person.chosen[1] == first
    person.press(Qt.Key.Key_Backspace)
    assert person.chosen == (listed[0],)
    person.press(Qt.Key.Key_G)
    assert not person.session.is_dirty  # one cluster can't be merged


def test_what_was_not_saved_is_there_after_the_next_opening(person, kwik_copy, make_napari_viewer):
    person.open(kwik_copy)
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    another = Person(make_napari_viewer(show=True))
    another.resize(1600, 900)
    another.viewer.open(str(kwik_copy), plugin="napari-phy")
    another.wait(lambda: another.workspace.session is not None, "the workspace")
    assert merged in another.session.manager.cluster_ids
    assert another.session.is_dirty
