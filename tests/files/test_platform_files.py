"""Open, edit, save and reopen where the system can do less with files; with each thing switched off in turn."""

import errno
import os
import threading
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import platformdirs
import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.files import atomic, platform_files
from napari_phy.files.platform_files import (
    cache_folder,
    is_writable_folder,
    link_file,
    locks_files,
    read_at,
    replace_file,
    sync_folder,
)
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.storage import journal_file


def refuse(number):
    """Return a function that fails as the system does."""

    def fail(*_args, **_options):
        raise OSError(number, os.strerror(number))

    return fail


# --- what is switched off ---


def no_reading_at_a_place(patch):
    patch.delattr(os, "preadv", raising=False)
    patch.delattr(os, "pread", raising=False)
    patch.delattr(os, "RWF_NOWAIT", raising=False)


def no_mapping(patch):
    """Nothing is mapped into memory, so nothing needs `madvise`."""
    patch.delattr(os, "posix_fadvise", raising=False)
    patch.setattr(np, "memmap", refuse(errno.ENODEV))
    patch.setattr("mmap.mmap", refuse(errno.ENODEV))


def no_hard_links(patch):
    patch.setattr(os, "link", refuse(errno.EPERM))


def no_symbolic_links(patch):
    patch.setattr(os, "symlink", refuse(errno.EPERM))
    patch.setattr(Path, "symlink_to", refuse(errno.EPERM))


def no_folder_sync(patch):
    real = os.open

    def open_(path, flags, *args, **options):
        if os.path.isdir(path):  # noqa: PTH112
            raise PermissionError(errno.EACCES, "folders cannot be opened")
        return real(path, flags, *args, **options)

    patch.setattr(os, "open", open_)


def no_copying_in_the_kernel(patch):
    patch.setattr(atomic, "_reflink", lambda source, target: False)
    patch.setattr(os, "copy_file_range", refuse(errno.EXDEV), raising=False)


def no_removing_of_open_files(patch):
    """Return what Windows says as long as somebody has a file open: here three times for each."""
    patch.setattr(platform_files, "REMOVES_OPEN_FILES", False)
    patch.setattr(journal_file, "REMOVES_OPEN_FILES", False)
    patch.setattr(platform_files, "_PAUSE_S", 0.0)
    tries = {}
    real = Path.replace

    def replace(self, target):
        tries[target] = tries.get(target, 0) + 1
        if tries[target] < 3:
            raise PermissionError(errno.EACCES, "the file is used by another process")
        return real(self, target)

    patch.setattr(Path, "replace", replace)


def no_locks_in_hdf5(patch):
    real = h5py.File

    def open_(path, mode="r", locking=None, **options):
        if locking is None:
            raise OSError(errno.ENOLCK, "unable to lock file, errno = 37")
        return real(path, mode, locking=locking, **options)

    patch.setattr("napari_phy.formats.hdf5.file.h5py.File", open_)


SWITCHES = [
    no_reading_at_a_place,
    no_mapping,
    no_hard_links,
    no_symbolic_links,
    no_folder_sync,
    no_copying_in_the_kernel,
    no_removing_of_open_files,
    no_locks_in_hdf5,
]


def everything(patch):
    for switch in SWITCHES:
        switch(patch)


@pytest.mark.parametrize("switch", [*SWITCHES, everything], ids=lambda switch: switch.__name__)
def test_edits_are_made_saved_and_found_again(tmp_path, monkeypatch, switch):
    kwik = make_kwik(tmp_path)
    raw = np.random.default_rng(1).integers(-99, 99, (200_000, 4)).astype(np.int16)
    raw.tofile(tmp_path / "small.dat")
    before = {suffix: kwik.with_suffix(suffix).read_bytes() for suffix in (".kwik", ".kwx", ".dat")}
    with closing(KwikModel(kwik)) as model:
        waveforms, features = model.waveforms[::7], model.features[::7]
    switch(monkeypatch)
    with open_session(kwik) as session:
        np.testing.assert_array_equal(session.model.waveforms[::7], waveforms)
        np.testing.assert_array_equal(session.model.features[::7], features)
        np.testing.assert_array_equal(session.model.traces[1000:1010], raw[1000:1010])
        session.merge([0, 1])
        session.split(session.manager.spikes(3)[:5])
        session.save()
        assert not session.is_dirty
        session.move([4], "good")
        labels, groups = session.manager.spike_clusters, session.manager.cluster_groups
    with open_session(kwik) as session:
        assert session.n_unsaved == 1
        np.testing.assert_array_equal(session.manager.spike_clusters, labels)
        assert session.manager.cluster_groups == groups
        for _ in range(3):
            session.undo()
        with closing(KwikModel(kwik)) as model:
            np.testing.assert_array_equal(model.spike_clusters, labels)
    assert kwik.with_name("small.kwik.bak").read_bytes() == before[".kwik"]
    assert {suffix: kwik.with_suffix(suffix).read_bytes() for suffix in (".kwx", ".dat")} == {
        suffix: before[suffix] for suffix in (".kwx", ".dat")
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "small.dat", "small.kwik", "small.kwik.bak", "small.kwx", "small.napari-phy",
    ]  # fmt: skip


def test_an_empty_journal_is_removed_where_open_files_stay(tmp_path, monkeypatch):
    kwik = make_kwik(tmp_path)
    before = sorted(tmp_path.iterdir())
    no_removing_of_open_files(monkeypatch)
    open_session(kwik).close()
    assert sorted(tmp_path.iterdir()) == before


# --- each alone ---


def test_threads_that_share_a_file_read_their_own_places(tmp_path, monkeypatch):
    no_reading_at_a_place(monkeypatch)
    rows = np.arange(200_000, dtype=np.uint32)
    (tmp_path / "rows").write_bytes(rows.tobytes())
    seeking, wrong = threading.Lock(), []

    def read(number, start):
        for first in range(start, len(rows) - 100, 4000):
            target = np.empty(100, dtype=np.uint32)
            assert read_at(number, memoryview(target).cast("B"), 4 * first, seeking) == 400
            if not np.array_equal(target, rows[first : first + 100]):
                wrong.append(first)

    with (tmp_path / "rows").open("rb") as file:
        threads = [threading.Thread(target=read, args=(file.fileno(), 500 * k)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_file_that_stays_open_elsewhere_is_not_replaced(tmp_path, monkeypatch):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    new.write_text("new")
    monkeypatch.setattr(platform_files, "_PAUSE_S", 0.0)
    monkeypatch.setattr(platform_files, "REMOVES_OPEN_FILES", False)
    monkeypatch.setattr(Path, "replace", refuse(errno.EACCES))
    with pytest.raises(PermissionError):
        replace_file(new, old)
    assert (old.read_text(), new.read_text()) == ("old", "new")


def test_a_second_name(tmp_path, monkeypatch):
    (tmp_path / "one").write_text("it")
    assert link_file(tmp_path / "one", tmp_path / "two")
    no_hard_links(monkeypatch)
    assert not link_file(tmp_path / "one", tmp_path / "three")
    monkeypatch.delattr(os, "link")
    assert not link_file(tmp_path / "one", tmp_path / "three")
    assert not (tmp_path / "three").exists()


def test_a_disk_that_fails_is_no_folder_that_cannot_be_synced(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", refuse(errno.EINVAL))
    sync_folder(tmp_path)
    monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        sync_folder(tmp_path)


def test_folders_that_lock_and_that_do_not(tmp_path, monkeypatch):
    assert locks_files(tmp_path)
    assert locks_files(tmp_path / "gone")  # nobody can tell
    monkeypatch.setattr(platform_files, "_lock", refuse(errno.EOPNOTSUPP))
    assert not locks_files(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_the_system_does_not_tell_a_folder_is_tried(tmp_path, monkeypatch):
    assert is_writable_folder(tmp_path)
    monkeypatch.setattr(platform_files, "TELLS_WRITABLE", False)
    assert is_writable_folder(tmp_path)
    monkeypatch.setattr(platform_files.tempfile, "TemporaryFile", refuse(errno.EROFS))
    assert not is_writable_folder(tmp_path)


@pytest.mark.parametrize(
    ("system", "variables", "folder"),
    [
        (Unix, {}, "home/.cache/napari-phy"),
        (MacOS, {}, "home/Library/Caches/napari-phy"),
        (Windows, {}, "local/napari-phy/Cache"),
        (MacOS, {"XDG_CACHE_HOME": "xdg"}, "xdg/napari-phy"),
    ],
)
def test_the_cache_is_where_the_system_has_it(tmp_path, monkeypatch, system, variables, folder):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setattr(platformdirs, "PlatformDirs", system)
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", lambda name: str(tmp_path / "local"))
    assert cache_folder() == tmp_path / folder
