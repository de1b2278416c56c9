"""A `.kwik` is opened as few times as can be: each time is a search through its nodes, and may be a lock on it."""

import h5py
import pytest

import napari_phy


@pytest.fixture
def opened(monkeypatch):
    """Return the names of the `.kwik` files that h5py opens, copies that are saved included."""
    names, real = [], h5py.File.__init__

    def init(self, name, *args, **options):
        if ".kwik" in str(name):
            names.append(str(name))
        real(self, name, *args, **options)

    monkeypatch.setattr(h5py.File, "__init__", init)
    return names


def test_a_session_opens_its_file_twice(kwik_copy, opened):
    with napari_phy.open_session(kwik_copy):
        assert len(opened) == 2


@pytest.mark.parametrize("is_saved", [False, True])
def test_so_it_does_where_edits_are_found_again(kwik_copy, opened, is_saved):
    with napari_phy.open_session(kwik_copy) as session:
        session.merge(session.manager.cluster_ids[:2].tolist())
        if is_saved:
            session.save()
    opened.clear()
    with napari_phy.open_session(kwik_copy):
        assert len(opened) == 2


def test_a_save_opens_the_file_once_and_its_copy_twice(kwik_copy, opened):
    with napari_phy.open_session(kwik_copy) as session:
        for _ in range(2):  # the first one keeps what the edits begin with, too
            session.merge(session.manager.cluster_ids[:2].tolist())
            opened.clear()
            session.save()
            assert opened == [str(kwik_copy), *[str(kwik_copy.with_name(f".{kwik_copy.name}.saving"))] * 2]
