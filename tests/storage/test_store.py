"""Edits are found again after any end, and the file holds what was saved."""

import errno
import logging
import os
import shutil
import sqlite3
import stat
import threading
from contextlib import closing, contextmanager
from datetime import datetime

import h5py
import numpy as np
import pytest
from core.edits import do, edit_lists, state
from examples import examples
from hypothesis import HealthCheck, given, settings
from patience import PATIENCE_S
from soak.small_kwik import make_kwik, snapshot_of

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import JournalError, ReadOnlyError, SaveError
from napari_phy.files import atomic, crash_points, locks
from napari_phy.formats.checks import check_data_set
from napari_phy.formats.hdf5 import sizes as h5_sizes
from napari_phy.formats.kwik import clustering_file, clusterings
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.save import content_hash
from napari_phy.storage import store_messages
from napari_phy.storage.store import EditStore


class OpenedStore:
    """A store with a manager on it, as a session has them."""

    def __init__(self, path, **options):
        self.model = KwikModel(path)
        self.store = EditStore.open(self.model, **options)
        base = self.store.base
        self.manager = ClusterManager(
            base.spike_clusters, base.cluster_groups, base.cluster_colors, base.cluster_labels, commit=self.store.commit
        )
        self.manager.restore(self.store.records, self.store.n_done, self.store.next_id)

    def snapshot(self):
        return snapshot_of(self.manager, self.model.group_names, self.store)

    def save(self):
        self.store.save(self.snapshot())

    def close(self):
        self.store.close()
        self.model.close()


@contextmanager
def opened_store(path, **options):
    with closing(OpenedStore(path, **options)) as opened:
        yield opened


@pytest.fixture
def kwik(tmp_path):
    return make_kwik(tmp_path)


@pytest.fixture
def side(kwik):
    return kwik.with_suffix(".napari-phy")


def file_state(path):
    """What a program that knows nothing of the journal sees."""
    with closing(KwikModel(path)) as model:
        return (
            model.spike_clusters.tolist(),
            dict(model.cluster_groups),
            dict(model.cluster_colors),
            {field: dict(values) for field, values in model.cluster_labels.items()},
        )


def shown(manager):
    return (manager.spike_clusters.tolist(), manager.cluster_groups, manager.cluster_colors, manager.cluster_labels)


def change_elsewhere(path):
    with h5py.File(path, "r+") as file:
        file["/channel_groups/0/spikes/clusters/main"][:10] = 5


def test_looking_leaves_nothing_behind(kwik, side):
    before = sorted(kwik.parent.iterdir())
    with opened_store(kwik) as opened:
        assert opened.store.messages == ()
        assert side.is_dir()
    assert sorted(kwik.parent.iterdir()) == before


def test_edits_that_were_not_saved_are_recovered(kwik):
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
        opened.manager.split(opened.manager.spikes(3)[:7])
        opened.manager.label([4], "note", "look again")
        opened.manager.undo()
        expected, next_id = state(opened.manager), opened.manager.next_id
    before = file_state(kwik)
    with opened_store(kwik) as opened:
        assert state(opened.manager) == expected
        assert opened.manager.next_id == next_id
        clock = datetime.now().astimezone()
        assert abs((opened.store.recovered_at - clock).total_seconds()) < 60
        when = f"{opened.store.recovered_at:%H:%M}"
        assert opened.store.messages == (f"2 edits from {when} were recovered. They are not yet saved.",)
        assert opened.manager.redo().description == "label"
    assert file_state(kwik) == before


def test_one_recovered_edit_is_told_of_as_one(kwik):
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
    with opened_store(kwik) as opened:
        assert opened.store.messages[0].startswith("1 edit from ")


def test_saving_writes_what_is_shown_and_keeps_what_was(kwik):
    before = kwik.read_bytes()
    with opened_store(kwik) as opened:
        new = opened.manager.merge([0, 1]).added
        opened.manager.move(new, "mua")
        opened.manager.label(new, "quality", 3)
        opened.manager.move([3], "my own")
        opened.save()
        assert opened.store.n_unsaved == 0
        assert opened.store.saved_position == 4
        expected = shown(opened.manager)
    assert file_state(kwik) == expected
    assert kwik.with_name("small.kwik.bak").read_bytes() == before
    assert sorted(file.name for file in kwik.parent.iterdir()) == [
        "small.kwik",
        "small.kwik.bak",
        "small.kwx",
        "small.napari-phy",
    ]


def test_undo_goes_on_after_saving_and_opening_again(kwik):
    with opened_store(kwik) as opened:
        states = [state(opened.manager)]
        for act in (lambda m: m.merge([0, 1]), lambda m: m.split(m.spikes(3)[:5]), lambda m: m.move([4], "mua")):
            act(opened.manager)
            states.append(state(opened.manager))
        opened.save()
    with opened_store(kwik) as opened:
        assert opened.store.messages == ()
        for expected in states[2::-1]:
            opened.manager.undo()
            assert state(opened.manager) == expected
        assert opened.store.n_unsaved == 3
        opened.save()
    with opened_store(kwik) as opened:
        assert state(opened.manager) == states[0]
        assert opened.store.n_unsaved == 0
        while opened.manager.redo():
            pass
        assert state(opened.manager) == states[3]


def test_what_edits_began_with_is_the_original_or_a_file(kwik, side):
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
        opened.save()
    assert not list(side.glob("*.npy"))  # clusters/original of the file is the same
    with opened_store(kwik) as opened:
        opened.manager.merge([2, 3])
        opened.save()
        first = state(opened.manager)
    shutil.rmtree(side)
    with opened_store(kwik) as opened:  # now main differs from original
        opened.manager.merge([4, 5])
        opened.save()
    assert [file.name for file in side.glob("*.npy")] == ["base-0-main.npy"]
    with opened_store(kwik) as opened:
        opened.manager.undo()
        assert state(opened.manager) == first


@pytest.mark.parametrize("removed", ["folder", "journal", "folder renamed", "data restored"])
@pytest.mark.parametrize("n_saved", [0, 1, 2])
def test_a_journal_that_is_removed_while_it_is_open_is_written_anew(kwik, side, removed, n_saved, caplog):
    for _ in range(n_saved):
        with opened_store(kwik) as opened:
            opened.manager.merge(opened.manager.cluster_ids[:2])
            opened.save()
        shutil.rmtree(side)  # the second time what edits begin with is a file of its own
    opened = OpenedStore(kwik)
    opened.manager.merge(opened.manager.cluster_ids[:2])
    if n_saved:
        opened.save()
    before = state(opened.manager)
    if removed == "folder":
        shutil.rmtree(side)
    elif removed == "folder renamed":
        side.rename(kwik.parent / "renamed")
    elif removed == "data restored":
        backup = shutil.copytree(kwik.parent, kwik.parent.with_name("backup"))
        shutil.rmtree(kwik.parent)
        backup.rename(kwik.parent)
    else:
        (side / "journal-0-main.sqlite").unlink()
    opened.manager.label(opened.manager.cluster_ids[:1], "note", "axon")
    opened.manager.undo()
    opened.manager.label(opened.manager.cluster_ids[:1], "note", 3)
    assert "written anew" in caplog.text
    edited = state(opened.manager)
    opened.model.close()
    killed = shutil.copytree(kwik.parent, kwik.parent / "killed")  # as a crash would leave it
    with opened_store(killed / kwik.name) as again:
        assert state(again.manager) == edited
        again.manager.undo()
        assert state(again.manager) == before
    opened.store.close()


def test_edits_of_a_folder_that_was_deleted_are_refused_until_it_is_restored(tmp_path):
    kwik = make_kwik(tmp_path)
    data, backup = tmp_path / "data", tmp_path / "backup"
    data.mkdir()
    kwik = kwik.rename(data / kwik.name)
    opened = OpenedStore(kwik)
    shutil.copytree(data, backup)
    opened.manager.move([3], "good")
    opened.manager.move([4], "mua")
    shutil.rmtree(data)
    edited = state(opened.manager)
    with pytest.raises(JournalError, match=r"journal-0-main\.sqlite is gone, and cannot be written again \(.*\)\."):
        opened.manager.merge([0, 1])
    assert state(opened.manager) == edited
    with pytest.raises(ReadOnlyError) as caught:
        opened.save()
    assert str(caught.value) == (
        "small.kwik is not there any more: it was moved or deleted. "
        "The journal is gone, too: your 2 edits are kept in memory only; put the file back before you close it."
    )
    backup.rename(data)
    opened.close()  # writes the journal again
    with opened_store(kwik) as again:
        assert state(again.manager) == edited


def test_edits_go_along_with_a_folder_that_is_renamed(tmp_path):
    kwik = make_kwik(tmp_path)
    data, moved = tmp_path / "data", tmp_path / "moved"
    data.mkdir()
    kwik = kwik.rename(data / kwik.name)
    with opened_store(kwik) as opened:
        opened.manager.move([3], "good")
        data.rename(moved)
        opened.manager.move([4], "mua")
        edited = state(opened.manager)
        with pytest.raises(ReadOnlyError, match=r"The journal with your 2 edits was moved, too; put the folder back"):
            opened.save()
    assert not data.exists()
    with opened_store(moved / kwik.name) as again:
        assert state(again.manager) == edited


@pytest.mark.parametrize("n_saved", [0, 1])
def test_saving_goes_on_where_the_side_folder_was_removed(kwik, side, n_saved):
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
        if n_saved:
            opened.save()
        opened.manager.merge([2, 3])
        shutil.rmtree(side)
        opened.save()
        assert opened.store.n_unsaved == 0
        saved = state(opened.manager)
    with opened_store(kwik) as opened:
        assert state(opened.manager) == saved
        assert opened.store.n_done == 2


@pytest.mark.parametrize("source", ["original", "labels"])
def test_edits_whose_beginning_is_gone_begin_with_the_file(kwik, side, source):
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
        opened.save()
    if source == "labels":
        shutil.rmtree(side)
        with opened_store(kwik) as opened:
            opened.manager.merge([2, 3])
            opened.save()
    with opened_store(kwik) as opened:
        opened.manager.move([4], "mua")
        expected = state(opened.manager)
    if source == "labels":
        np.save(side / "base-0-main.npy", np.zeros(3))
    else:
        with h5py.File(kwik, "r+") as file:
            file["/channel_groups/0/spikes/clusters/original"][0] = 99
    with opened_store(kwik) as opened:
        assert opened.store.messages[0].startswith("What the edits in the journal of small.kwik begin with is damaged.")
        assert opened.store.set_aside.is_file()
        assert state(opened.manager) == expected
        assert opened.store.n_unsaved == 1


@pytest.mark.parametrize("how", ["emptied", "cut short", "overwritten", "another file"])
@pytest.mark.parametrize("n_saved", [0, 1])
def test_a_journal_that_another_program_changes_while_it_is_open_is_written_anew(kwik, side, n_saved, how, caplog):
    opened = OpenedStore(kwik)
    opened.manager.merge([0, 1])
    if n_saved:
        opened.save()
    opened.manager.split(opened.manager.spikes(3)[:7])
    journal = side / "journal-0-main.sqlite"
    if how == "another file":
        (side / "other").write_bytes(journal.read_bytes())
        (side / "other").replace(journal)
    else:
        descriptor = os.open(journal, os.O_RDWR)  # not closed before SQLite: that would free its locks
        if how == "overwritten":
            os.pwrite(descriptor, b"once upon a time " * 1000, 0)
        else:
            os.ftruncate(descriptor, 0 if how == "emptied" else journal.stat().st_size - 4096)
    left = journal.read_bytes()
    opened.manager.label([4], "note", "axon")
    opened.manager.undo()
    opened.manager.label([4], "note", 3)
    assert "written anew" in caplog.text
    assert left in [aside.read_bytes() for aside in side.glob("*set-aside*")]
    edited = state(opened.manager)
    opened.model.close()
    killed = shutil.copytree(kwik.parent, kwik.parent / "killed")  # as a crash would leave it
    with opened_store(killed / kwik.name) as again:
        assert state(again.manager) == edited
        assert not any("damaged" in sentence for sentence in again.store.messages)
        again.manager.undo()
        again.manager.undo()
    opened.store.close()


@pytest.mark.parametrize("n_unsaved", [0, 1, 3])
def test_a_file_changed_by_another_program_gets_no_edits_of_ours(kwik, n_unsaved):
    with opened_store(kwik) as opened:
        opened.manager.move([4], "noise")
        opened.save()
        for field in "abc"[:n_unsaved]:
            opened.manager.label([3], field, 1)
    change_elsewhere(kwik)
    expected = file_state(kwik)
    with opened_store(kwik) as opened:
        told = {
            0: "The undo history was set aside.",
            1: "1 unsaved edit was set aside, not applied.",
            3: "3 unsaved edits were set aside, not applied.",
        }[n_unsaved]
        assert opened.store.messages == (f"small.kwik was changed by another program. {told}",)
        assert shown(opened.manager) == expected
        assert opened.store.records == ()
        aside = opened.store.set_aside
        opened.manager.merge([3, 4])
        opened.save()
    assert aside.is_file()
    with opened_store(kwik) as opened:
        assert opened.store.messages == ()
        assert opened.manager.n_done == 1


def test_a_file_that_is_only_repacked_is_the_same_file(kwik):
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
        expected = state(opened.manager)
    with h5py.File(kwik) as old, h5py.File(kwik.with_name("packed"), "w") as new:
        for name in old:
            old.copy(name, new)
        for name, value in old.attrs.items():
            new.attrs[name] = value
    kwik.with_name("packed").replace(kwik)
    with opened_store(kwik) as opened:
        assert state(opened.manager) == expected


def test_clusters_that_are_packed_tightly_are_edited_checked_and_copied(tmp_path, monkeypatch):
    monkeypatch.setattr(h5_sizes, "SMALL", 1000)  # as if this were millions of spikes
    path = make_kwik(tmp_path, spike_clusters=np.zeros(20_000, dtype=np.int64))
    with h5py.File(path, "r+") as file:
        for name in ("recording", "clusters/main", "clusters/original"):
            node = f"channel_groups/0/spikes/{name}"
            values = file[node][()]
            del file[node]
            file.create_dataset(node, data=values, chunks=(20_000,), compression=9)
    with opened_store(path) as opened:
        opened.manager.split(np.arange(10))
        opened.save()
    assert not [finding for finding in check_data_set(path) if "written" in finding.sentence]
    clusterings.copy_clustering(path, 0, "main", "copy")
    with closing(KwikModel(path, clustering="copy")) as model:
        assert np.count_nonzero(model.spike_clusters == 1) == 10


def test_a_file_changed_while_it_is_open_is_not_overwritten(kwik):
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
        opened.model.close()
        change_elsewhere(kwik)
        before = kwik.read_bytes()
        with pytest.raises(SaveError, match="changed by another program"):
            opened.save()
        assert kwik.read_bytes() == before
        assert opened.store.n_unsaved == 1


def test_a_damaged_journal_is_set_aside_and_kept(kwik, side):
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
    (side / "journal-0-main.sqlite").write_bytes(b"once upon a time " * 500)
    with opened_store(kwik) as opened:
        (message,) = opened.store.messages
        assert message.startswith(
            "The journal of small.kwik cannot be read. It was set aside as journal-0-main.set-aside-"
        )
        assert opened.store.set_aside.read_bytes().startswith(b"once upon a time")
        opened.manager.merge([2, 3])
    with opened_store(kwik) as opened:
        assert opened.manager.n_done == 1


def test_a_second_one_opens_read_only(kwik):
    with opened_store(kwik) as first:
        first.manager.merge([0, 1])
        with opened_store(kwik) as second:
            assert second.store.read_only
            assert second.store.messages == (store_messages.edited_elsewhere("small.kwik", in_this_program=True),)
            assert shown(second.manager) == file_state(kwik)
            with pytest.raises(ReadOnlyError):
                second.manager.merge([2, 3])
            with pytest.raises(ReadOnlyError):
                second.save()
        first.manager.undo()
    with opened_store(kwik) as opened:
        assert not opened.store.read_only


def test_asking_for_read_only_touches_nothing(kwik):
    before = sorted(kwik.parent.iterdir())
    with opened_store(kwik, read_only=True) as opened:
        assert opened.store.read_only
        assert opened.store.n_unsaved == 0
        assert opened.store.messages == ()
        assert sorted(kwik.parent.iterdir()) == before


def test_a_file_that_cannot_be_written_keeps_its_edits_in_the_cache(kwik, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    sentence = "small.kwik is read-only. Edits are kept in the journal; save a copy to keep them in a file."
    with opened_store(kwik) as opened:
        assert opened.store.messages == (sentence,)
        assert not opened.store.can_save
        opened.manager.merge([0, 1])
        with pytest.raises(ReadOnlyError, match="save a copy"):
            opened.save()
        opened.store.save_copy(opened.snapshot(), tmp_path / "copy.kwik")
        expected = shown(opened.manager)
    assert not kwik.with_suffix(".napari-phy").exists()
    with opened_store(kwik) as opened:
        assert opened.manager.n_done == 1
    with h5py.File(tmp_path / "copy.kwik") as copy:
        assert copy["/channel_groups/0/spikes/clusters/main"][:].tolist() == expected[0]


@pytest.mark.parametrize("named", ["small.kwik", None])
def test_what_the_system_refuses_is_told_without_numbers_and_folders(kwik, monkeypatch, named):
    def refuse(path, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", *([str(path)] if named else []))

    with opened_store(kwik) as opened:
        opened.manager.label([3], "a", 1)
        monkeypatch.setattr(atomic, "copy_file", lambda source, target, **_: refuse(target))
        with pytest.raises(SaveError) as caught:
            opened.save()
        monkeypatch.undo()
    cause = f"{named}: " if named else ""
    told = f"Could not save: {cause}Permission denied. Nothing was changed; your 1 edit stays in the journal."
    assert str(caught.value) == told


def test_a_backup_that_cannot_be_written_is_told_by_its_name(kwik, monkeypatch):
    def refuse(path, backup, temporary):
        raise PermissionError(errno.EACCES, "Permission denied", str(temporary))

    with opened_store(kwik) as opened:
        opened.manager.label([3], "a", 1)
        monkeypatch.setattr(atomic, "keep_backup", refuse)
        with pytest.raises(SaveError, match=r"^Could not save: small\.kwik\.bak: Permission denied\. Nothing"):
            opened.save()


def test_a_side_folder_that_cannot_be_written_is_told_without_folders(kwik, monkeypatch):
    with opened_store(kwik) as opened:
        opened.manager.label([3], "a", 1)

        def refuse(path, *_):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        monkeypatch.setattr("napari_phy.files.locks.connect_exclusively", refuse)
        with pytest.raises(SaveError) as caught:
            opened.save()
        monkeypatch.undo()
    assert str(kwik.parent) not in str(caught.value)
    assert "Errno" not in str(caught.value)


def test_clusters_of_the_sorter_are_not_saved_over(kwik):
    model = KwikModel(kwik, clustering="original")
    with closing(model), closing(EditStore.open(model)) as store:
        assert not store.can_save


@pytest.mark.parametrize("moment", ["lock", "before", "copy", "hdf5", "journal"])
def test_a_full_disk_changes_nothing(kwik, monkeypatch, moment):
    with opened_store(kwik) as opened:
        for field in "abc":
            opened.manager.label([3], field, 1)
        before, names = kwik.read_bytes(), sorted(kwik.parent.iterdir())

        def full(*_, **__):
            raise OSError(errno.ENOSPC, "No space left on device")

        def full_database(*_):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

        if moment == "lock":
            monkeypatch.setattr(locks, "_connect_locked", full_database)
        elif moment == "before":
            usage = shutil.disk_usage(kwik.parent)
            monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2_000))
        elif moment == "copy":
            monkeypatch.setattr(atomic.shutil, "copystat", full)
        elif moment == "hdf5":
            monkeypatch.setattr(clustering_file, "write_clustering", full)
        else:
            monkeypatch.setattr(type(opened.store._journal), "expect", full)
        with pytest.raises(SaveError) as caught:
            opened.save()
        assert str(caught.value).startswith("Could not save: the disk is full")
        assert str(caught.value).endswith(". Nothing was changed; your 3 edits stay in the journal.")
        assert ("MB needed, 2 kB free" in str(caught.value)) == (moment == "before")
        assert kwik.read_bytes() == before
        assert sorted(kwik.parent.iterdir()) == names
        monkeypatch.undo()
        opened.save()
        assert opened.store.n_unsaved == 0


def test_mode_and_links_are_kept(kwik, tmp_path):
    kwik.chmod(0o640)
    link = tmp_path / "elsewhere" / "link.kwik"
    link.parent.mkdir()
    link.symlink_to(kwik)
    with opened_store(link) as opened:
        opened.manager.merge([0, 1])
        opened.save()
    assert link.is_symlink()
    assert stat.S_IMODE(kwik.stat().st_mode) == 0o640
    assert [file.name for file in link.parent.iterdir()] == ["link.kwik"]


def test_a_file_system_without_links_gets_a_copy_as_backup(kwik, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    before = kwik.read_bytes()
    monkeypatch.setattr(os, "link", refuse)
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
        opened.save()
    assert kwik.with_name("small.kwik.bak").read_bytes() == before


@pytest.mark.parametrize("failing", ["_reflink", "_copy_range"])
def test_every_way_to_copy_copies(tmp_path, monkeypatch, failing):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(os.urandom(3_000_000))
    monkeypatch.setattr(atomic, "_reflink", lambda *_: False)
    monkeypatch.setattr(atomic, failing, lambda *_: False)
    atomic.copy_file(source, target)
    assert target.read_bytes() == source.read_bytes()


def test_edits_go_on_while_a_thread_saves(kwik):
    reached, go_on = threading.Event(), threading.Event()

    def wait(name):
        if name == "save.copied":
            reached.set()
            assert go_on.wait(PATIENCE_S)

    with opened_store(kwik) as opened:
        opened.manager.move([3], "good")
        opened.manager.merge([0, 1])
        saved = shown(opened.manager)
        thread = threading.Thread(target=opened.store.save, args=(opened.snapshot(),))
        forget = crash_points.observe(wait)
        thread.start()
        assert reached.wait(PATIENCE_S)
        opened.manager.undo()
        opened.manager.merge([4, 5])
        go_on.set()
        thread.join()
        forget()
        assert file_state(kwik) == saved
        assert opened.store.saved_position is None
        assert opened.store.n_unsaved == 2
        expected = state(opened.manager)
    with opened_store(kwik) as opened:
        assert state(opened.manager) == expected
        assert opened.store.messages[0].startswith("2 edits from ")


def test_two_channel_groups_of_one_file_are_edited_side_by_side(tmp_path):
    kwik = make_kwik(tmp_path, "two.kwik", groups=(0, 1))
    models = [KwikModel(kwik, channel_group=group) for group in (0, 1)]
    stores = [EditStore.open(model) for model in models]
    managers = [
        ClusterManager(store.base.spike_clusters, store.base.cluster_groups, commit=store.commit) for store in stores
    ]
    for manager, store, clusters in zip(managers, stores, ([0, 1], [2, 3]), strict=True):
        manager.merge(clusters)
        store.save(snapshot_of(manager, models[0].group_names, store))
    for manager, store, model, group in zip(managers, stores, models, (0, 1), strict=True):
        store.close()
        model.close()
        with closing(KwikModel(kwik, channel_group=group)) as again:
            assert np.array_equal(again.spike_clusters, manager.spike_clusters)


def test_ids_of_clusters_without_spikes_are_not_given_again(kwik):
    with h5py.File(kwik, "r+") as file:
        file.create_group("/channel_groups/0/clusters/main/41")
    with opened_store(kwik) as opened:
        assert opened.manager.merge([0, 1]).added == (42,)


def test_saving_says_so_in_the_log(kwik, caplog):
    with opened_store(kwik) as opened, caplog.at_level(logging.INFO, "napari_phy"):
        opened.manager.merge([0, 1])
        opened.save()
    assert "Saved 1 edit to small.kwik." in caplog.messages


def test_nothing_that_is_not_ours_changes(kwik):
    with h5py.File(kwik, "r+") as file:
        file["/channel_groups/0/clusters/main/4"].attrs["other"] = 7
    kwx = kwik.with_suffix(".kwx").read_bytes()
    with opened_store(kwik) as opened:
        opened.manager.merge([0, 1])
        opened.save()
    assert kwik.with_suffix(".kwx").read_bytes() == kwx
    with h5py.File(kwik) as now, h5py.File(kwik.with_name("small.kwik.bak")) as old:
        assert now["/channel_groups/0/clusters/main/4"].attrs["other"] == 7
        original = "/channel_groups/0/spikes/clusters/original"
        assert np.array_equal(now[original][:], old[original][:])


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["klusta_synth32", "hybrid_10sec", "klusta_4ch"])
def test_data_sets_of_klusta_are_edited_saved_and_opened_again(tmp_path, data_folder, name):
    for file in (data_folder / name).iterdir():
        if file.suffix in (".kwik", ".kwx"):
            shutil.copyfile(file, tmp_path / file.name)
    (kwik,) = tmp_path.glob("*.kwik")
    with opened_store(kwik) as opened:
        first = state(opened.manager)
        opened.manager.merge(opened.manager.cluster_ids[:2])
        opened.manager.split(opened.manager.spikes(int(opened.manager.cluster_ids[0]))[::2])
        opened.manager.move(opened.manager.cluster_ids[-1:], "mua")
        opened.save()
        expected = state(opened.manager)
    with opened_store(kwik) as opened:
        assert state(opened.manager) == expected
        assert file_state(kwik) == shown(opened.manager)
        while opened.manager.undo():
            pass
        assert state(opened.manager) == first


@given(edits=edit_lists)
@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_was_done_is_there_after_opening_again(tmp_path_factory, edits):
    kwik = make_kwik(tmp_path_factory.mktemp("random"))
    with opened_store(kwik) as opened:
        for number, (kind, seed) in enumerate(edits):
            do(opened.manager, kind, seed)
            if number == len(edits) // 2:
                opened.save()
                assert content_hash(kwik, 0, "main") == opened.store._journal.state.saved_hash
        expected, n_unsaved = state(opened.manager), opened.store.n_unsaved
    with opened_store(kwik) as opened:
        assert state(opened.manager) == expected
        assert opened.store.n_unsaved == n_unsaved
        opened.save()
        assert file_state(kwik) == shown(opened.manager)
