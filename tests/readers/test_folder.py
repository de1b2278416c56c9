"""A folder of phy or Kilosort is opened by itself and by its `params.py`; other folders and scripts are left alone."""

import pytest
from napari.components import ViewerModel
from npe2 import PluginManager
from phy_folder import write_folder

from napari_phy.layers.session_tag import session_of
from napari_phy.readers.kwik import get_reader, read_kwik


@pytest.mark.parametrize("path", ["ks", "ks/params.py", "ks/spike_clusters.npy"])
def test_a_folder_shows_its_traces_and_spikes(tmp_path, path):
    write_folder(tmp_path / "ks")
    assert get_reader(str(tmp_path / path)) is read_kwik
    PluginManager.instance().discover()  # as a window does
    viewer = ViewerModel()
    layers = viewer.open(str(tmp_path / path), plugin="napari-phy")
    session = session_of(layers[0])
    assert session is not None
    assert session.name == "ks"
    assert len(layers) == 2
    viewer.layers.clear()
    session.close()


def test_what_is_no_folder_of_phy_is_left_to_others(tmp_path):
    write_folder(tmp_path / "ks", spike_times=None)
    (tmp_path / "params.py").write_text("a = 1\n")
    for path in ("ks", "ks/params.py", "params.py", ".", "ks/templates.npy"):
        assert get_reader(str(tmp_path / path)) is None
    assert get_reader([str(tmp_path / "ks"), str(tmp_path / "ks")]) is None
