"""A folder as Kilosort writes it: opened, looked at, sorted with keys and clicks, saved, and opened again."""

import numpy as np
from journeys.person import ALT, CTRL
from phy_folder import make_truth, write_folder
from qtpy.QtCore import Qt

from napari_phy.formats.phy.model import PhyModel


def test_sort_save_and_open_again(person, tmp_path):
    folder = tmp_path / "kilosort4"
    truth = write_folder(folder, make_truth(400), amplitudes=None)
    person.open(folder / "spike_clusters.npy")
    assert sorted(person.listed()) == [0, 1, 2, 3]
    person.click(1)
    for title in ("Waveforms", "Features", "Correlograms", "Traces"):
        panel = person.workspace.panels[title]
        assert panel.data is not None, title
    person.press(Qt.Key.Key_Space)
    best, candidate = person.chosen
    person.press(Qt.Key.Key_G)
    (merged, *_) = person.chosen
    assert merged == 4
    person.press(Qt.Key.Key_Z, CTRL)
    assert set(person.listed()) == {0, 1, 2, 3}
    person.press(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    person.press(Qt.Key.Key_G, ALT)
    rest = next(one for one in person.listed() if one != merged)
    half = person.session.manager.spikes(rest)[::2]
    person.session.selection.select([rest])
    person.session.selection.select_spikes(half)
    person.press(Qt.Key.Key_K)
    assert np.array_equal(person.session.manager.spikes(5), half)
    person.press(Qt.Key.Key_S, CTRL)
    assert person.session.n_unsaved == 0
    sorted_now = np.array(person.session.manager.spike_clusters)
    with np.errstate(all="raise"):
        stored = np.load(folder / "spike_clusters.npy")
    assert stored.dtype == np.int32
    assert np.array_equal(stored, sorted_now)
    assert np.array_equal(np.sort(np.unique(stored[np.isin(truth.clusters, [best, candidate])])), [merged])
    model = PhyModel(folder)
    assert model.cluster_groups[merged] == "good"
    model.close()
