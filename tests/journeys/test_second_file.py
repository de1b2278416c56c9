"""A second data set opened in the same window takes the place of the first."""

import shutil

from napari.layers import Points

from napari_phy.layers.session_tag import session_of


def test_a_second_file_in_the_same_window_can_be_clicked_through(person, kwik_copy, tmp_path):
    folder = tmp_path / "second"
    folder.mkdir()
    for suffix in (".kwik", ".kwx"):
        shutil.copy(kwik_copy.with_suffix(suffix), folder)
    person.open(kwik_copy)
    first = person.session
    for cluster in person.listed()[:3]:
        person.click(cluster)
        person.rest(0.1)
    for path in (folder / kwik_copy.name, kwik_copy, folder / kwik_copy.name):
        person.open(path)
        assert person.session is not first
        assert {session_of(layer) for layer in person.viewer.layers} == {person.session}
        assert isinstance(person.viewer.layers[-1], Points)  # above the traces
        for cluster in person.listed()[:4]:
            person.click(cluster)
            person.rest(0.1)
            assert person.chosen == (cluster,)
            assert len(person.viewer.layers[-1].data) == min(person.session.manager.n_spikes(cluster), 20_000)
