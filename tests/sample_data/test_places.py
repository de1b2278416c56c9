"""The sample is made once, and what a user did to it is never lost."""

import os
from dataclasses import replace

import pytest

from napari_phy.core.errors import SaveError
from napari_phy.files.install import install
from napari_phy.sample_data import places
from napari_phy.sample_data.install import SUFFIXES


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of its own, and files that only look like a sample."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = []

    def make(folder, name="sample", progress=None):
        made.append(folder)
        if progress:
            progress(1.0)

        def write(staging):
            for suffix in SUFFIXES:
                (staging / f"{name}{suffix}").write_text(suffix)

        return install(folder, name, write, SUFFIXES)

    monkeypatch.setattr(places, "make_sample", make)
    return made


def test_it_is_made_once(cache, tmp_path):
    first, second = places.sample_path(), places.sample_path()
    assert first == second
    assert first.exists()
    assert first.is_relative_to(tmp_path / "cache" / "napari-phy")
    assert len(cache) == 1
    assert list(first.parent.parent.iterdir()) == [first.parent]


def test_progress_is_reported_only_when_it_is_made():
    shares = []
    places.sample_path(shares.append)
    places.sample_path(shares.append)
    assert shares == [1.0]


def test_a_sample_that_lost_a_file_is_made_again(cache):
    path = places.sample_path()
    path.with_suffix(".dat").unlink()
    assert places.sample_path().with_suffix(".dat").exists()
    assert len(cache) == 2


def test_where_another_process_was_quicker_its_sample_stays(monkeypatch):
    make = places.make_sample

    def make_while_another_does(folder, name="sample", progress=None):
        make(folder, name)
        monkeypatch.setattr(places, "make_sample", make)
        (places.sample_path().with_suffix(".dat")).write_text("theirs")

    monkeypatch.setattr(places, "make_sample", make_while_another_does)
    path = places.sample_path()
    assert path.with_suffix(".dat").read_text() == "theirs"
    assert list(path.parent.parent.iterdir()) == [path.parent]


def test_a_failure_leaves_nothing_that_looks_whole(monkeypatch):
    def fail(folder, name="sample", progress=None):
        (folder / "sample.kwik").write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(places, "make_sample", fail)
    with pytest.raises(OSError, match="disk full"):
        places.sample_path()
    assert not list(places.cache_folder().rglob("*.kwik"))


def test_fresh_copies_are_pristine_and_never_overwrite(tmp_path):
    copy = places.fresh_copy(tmp_path / "one")
    copy.write_text("edited")
    assert places.fresh_copy(tmp_path / "two").read_text() == ".kwik"
    assert places.sample_path().read_text() == ".kwik"
    with pytest.raises(SaveError):
        places.fresh_copy(tmp_path / "one")
    assert copy.read_text() == "edited"


def test_the_working_copy_keeps_its_edits_and_stays_one():
    copy = places.working_copy()
    copy.write_text("edited")
    journal = copy.parent / "sample.napari-phy" / "journal-0-main.sqlite"
    journal.parent.mkdir()
    journal.write_text("edits")
    assert places.working_copy() == copy
    assert copy.read_text() == "edited"
    assert journal.read_text() == "edits"
    assert places.sample_path().read_text() == ".kwik"
    assert sorted(path.name for path in copy.parent.parent.iterdir()) == ["pristine", "working"]


def test_raw_data_lost_from_the_working_copy_come_back():
    copy = places.working_copy()
    copy.write_text("edited")
    copy.with_suffix(".dat").unlink()
    places.working_copy()
    assert copy.with_suffix(".dat").read_text() == ".dat"
    assert copy.read_text() == "edited"


def test_a_new_version_removes_the_old_pristine_sample_but_no_edits():
    old = places.working_copy()
    old.write_text("edited")
    abandoned = old.parent.parent / ".making-killed"
    abandoned.mkdir()
    os.utime(abandoned, (0, 0))
    new = places.working_copy(sample=replace(places.EPHYS, version=places.EPHYS.version + 1))
    assert new != old
    assert new.read_text() == ".kwik"
    assert old.read_text() == "edited"
    assert [path.name for path in old.parent.parent.iterdir()] == ["working"]


def test_each_sample_has_its_own_place(monkeypatch, tmp_path):
    def make(folder, name, progress=None):
        return install(folder, name, lambda staging: fill(staging, name), places.IMAGING.suffixes)

    def fill(staging, name):
        for suffix in places.IMAGING.suffixes:
            (staging / f"{name}{suffix}").write_text(suffix)

    monkeypatch.setattr(places, "make_imaging_sample", make)
    ephys, imaging = places.working_copy(), places.working_copy(sample=places.IMAGING)
    assert ephys.name == "sample.kwik"
    assert imaging.name == "imaging.kwik"
    assert not imaging.is_relative_to(places.cache_folder() / "sample")
    names = sorted(f"imaging{suffix}" for suffix in places.IMAGING.suffixes)
    assert sorted(path.name for path in imaging.parent.iterdir()) == names
    copy = places.fresh_copy(tmp_path / "copy", sample=places.IMAGING)
    assert sorted(path.name for path in copy.parent.iterdir()) == names
