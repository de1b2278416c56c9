"""The side folder is beside the file, or in the cache where nothing can be written there."""

import os

import pytest

from napari_phy.files.side_folder import clustering_file, make_side_folder, remove_side_folder, side_folder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "napari-phy"


@pytest.fixture
def kwik(tmp_path, cache):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "x.kwik").touch()
    return folder / "x.kwik"


@pytest.fixture
def lock_folder(monkeypatch):
    """Return a function that makes a folder look read-only, also to the administrator."""
    locked = set()
    access = os.access

    def seen(path, mode, **options):
        return access(path, mode, **options) and not (mode & os.W_OK and os.fspath(path) in locked)

    monkeypatch.setattr(os, "access", seen)
    return lambda folder: locked.add(os.fspath(folder))


def test_it_is_beside_the_file(kwik):
    assert side_folder(kwik) == kwik.parent / "x.napari-phy"
    assert not side_folder(kwik).exists()
    assert make_side_folder(kwik).is_dir()


def test_a_link_leads_to_the_folder_of_its_file(kwik, tmp_path):
    link = tmp_path / "link.kwik"
    link.symlink_to(kwik)
    assert side_folder(link) == side_folder(kwik)


def test_a_read_only_folder_has_it_in_the_cache(kwik, cache, lock_folder):
    lock_folder(kwik.parent)
    folder = side_folder(kwik)
    assert folder.parent == cache
    assert folder.name.startswith("x-")
    assert side_folder(kwik.with_name("y.kwik")) != folder
    assert make_side_folder(kwik).is_dir()


def test_edits_made_while_it_was_read_only_are_found_when_it_is_not(kwik, cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: False)
        folder = make_side_folder(kwik)
    assert folder.parent == cache
    assert side_folder(kwik) == folder


def test_edits_made_before_it_became_read_only_are_taken_along(kwik, cache, lock_folder):
    beside = make_side_folder(kwik)
    (beside / "journal-0-main.sqlite").write_bytes(b"edits")
    (beside / "pyramid.dat").touch()
    lock_folder(beside)
    folder = make_side_folder(kwik)
    assert folder.parent == cache
    assert [file.name for file in folder.iterdir()] == ["journal-0-main.sqlite"]
    assert (beside / "journal-0-main.sqlite").read_bytes() == b"edits"


def test_only_an_empty_one_is_removed(kwik):
    folder = make_side_folder(kwik)
    (folder / "clocks.json").touch()
    remove_side_folder(kwik)
    assert folder.is_dir()
    (folder / "clocks.json").unlink()
    remove_side_folder(kwik)
    assert not folder.exists()


def test_names_of_clusterings_become_names_of_files(kwik):
    folder = side_folder(kwik)
    assert clustering_file(folder, "journal", 0, "main", ".sqlite") == folder / "journal-0-main.sqlite"
    names = ["main", "Main", "..", "a/b", "a%2Fb", "ü", "x" * 300, "x" * 301]
    files = {clustering_file(folder, "journal", 1, name, ".sqlite") for name in names}
    assert len(files) == len(names)
    assert all(file.parent == folder and len(file.name) < 200 for file in files)
