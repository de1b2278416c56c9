"""A copy holds what is shown, with its features and the way to its raw data; what it was made of stays as it was."""

import errno
import os
import shutil
import stat

import h5py
import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.errors import ReadOnlyError, SaveError
from napari_phy.files import atomic

RAW = np.random.default_rng(1).integers(-99, 99, (200_000, 4)).astype(np.int16)
STAYS = "Nothing was changed; your 1 edit stays in the journal."


@pytest.fixture
def kwik(tmp_path):
    """A data set with raw data, in a folder of its own; another folder, `mine`, is empty."""
    (tmp_path / "data").mkdir()
    (tmp_path / "mine").mkdir()
    path = make_kwik(tmp_path / "data")
    RAW.tofile(path.with_suffix(".dat"))
    return path


@pytest.fixture
def session(kwik):
    """The same, open, with one edit."""
    with open_session(kwik) as session:
        session.merge([0, 1])
        yield session


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_is_a_data_set_of_its_own(session, kwik, tmp_path):
    before = files(kwik.parent)
    session.move([3], "good")
    session.undo()
    target = tmp_path / "mine" / "copy.kwik"
    session.save_copy(target)
    assert session.n_unsaved == 1
    assert files(kwik.parent) == before
    assert names(target.parent) == ["copy.kwik", "copy.kwx", "copy.napari-phy"]
    assert target.with_suffix(".kwx").read_bytes() == before["small.kwx"]
    with open_session(target) as copy:
        assert copy.messages == ()
        assert not copy.is_dirty
        np.testing.assert_array_equal(copy.manager.spike_clusters, session.manager.spike_clusters)
        assert copy.manager.cluster_groups == session.manager.cluster_groups
        np.testing.assert_array_equal(copy.model.traces[:100], RAW[:100])
        np.testing.assert_array_equal(copy.model.features[::9], session.model.features[::9])
        copy.merge([3, 4])
        copy.save()
    assert files(kwik.parent) == before


def test_beside_the_file_raw_data_need_no_note(session, kwik):
    session.save_copy(kwik.with_name("copy.kwik"))
    assert "copy.napari-phy" not in names(kwik.parent)
    with open_session(kwik.with_name("copy.kwik")) as copy:
        assert copy.messages == ()


def test_raw_data_that_were_located_are_found_from_the_copy_too(kwik, tmp_path):
    shutil.move(kwik.with_suffix(".dat"), tmp_path / "raw.bin")
    with open_session(kwik) as session:
        session.locate_raw(tmp_path / "raw.bin")
        session.save_copy(tmp_path / "mine" / "copy.kwik")
    with open_session(tmp_path / "mine" / "copy.kwik") as copy:
        assert copy.messages == ()
        np.testing.assert_array_equal(copy.model.traces[:100], RAW[:100])


def test_a_data_set_of_which_only_the_kwik_is_left_is_copied(kwik, tmp_path):
    kwik.with_suffix(".kwx").unlink()
    kwik.with_suffix(".dat").unlink()
    with open_session(kwik) as session:
        session.save_copy(tmp_path / "mine" / "copy.kwik")
    assert names(tmp_path / "mine") == ["copy.kwik"]


def test_the_copy_of_a_read_only_file_can_be_written_to(session, kwik, tmp_path):
    for suffix in (".kwik", ".kwx"):
        kwik.with_suffix(suffix).chmod(0o444)
    session.save_copy(tmp_path / "mine" / "copy.kwik")
    for name in ("copy.kwik", "copy.kwx"):
        assert (tmp_path / "mine" / name).stat().st_mode & stat.S_IWUSR


def test_an_earlier_copy_may_be_replaced(session, tmp_path):
    target = tmp_path / "mine" / "copy.kwik"
    session.save_copy(target)
    features = target.with_suffix(".kwx").stat()
    session.move([3], "good")
    session.save_copy(target)
    assert target.with_suffix(".kwx").stat().st_ino == features.st_ino  # they are the same, so they stay
    with open_session(target) as copy:
        assert copy.manager.group(3) == "good"


def full(*_args, **_options):
    raise OSError(errno.ENOSPC, "12 GB needed, 1 GB free")


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("data/small.kwik", "Could not save: small.kwik cannot be a copy of itself; choose another name."),
        ("mine/copy.h5", "Could not save: copy.h5 does not end in .kwik; choose another name."),
        ("gone/copy.kwik", "Could not save: there is no folder {tmp}/gone; make it first."),
        (
            "mine/other.kwik",
            "Could not save: other.kwx is there already and belongs to another data set; choose another name.",
        ),
        ("mine/open.kwik", "Could not save: open.kwik is being edited; choose another name."),
    ],
)
def test_a_copy_that_would_do_harm_is_refused(session, kwik, tmp_path, target, sentence):
    (tmp_path / "mine" / "other.kwx").write_bytes(b"somebody's")
    shutil.copyfile(kwik, tmp_path / "mine" / "open.kwik")
    with open_session(tmp_path / "mine" / "open.kwik") as other:
        other.move([3], "good")
        before = files(tmp_path / "data"), files(tmp_path / "mine")
        with pytest.raises(SaveError) as caught:
            session.save_copy(tmp_path / target)
        assert str(caught.value) == f"{sentence.format(tmp=tmp_path)} {STAYS}"
    assert (files(tmp_path / "data"), files(tmp_path / "mine")) == before


@pytest.mark.parametrize("step", ["copy_file", "sync_file"])
def test_on_a_full_disk_nothing_is_left(session, tmp_path, monkeypatch, step):
    monkeypatch.setattr(atomic, step, full)
    with pytest.raises(SaveError) as caught:
        session.save_copy(tmp_path / "mine" / "copy.kwik")
    assert str(caught.value) == f"Could not save: the disk is full (12 GB needed, 1 GB free). {STAYS}"
    assert names(tmp_path / "mine") == []


# --- a file that another program writes while it is open here ---


def change(path):
    with h5py.File(path, "r+") as file:
        file["/channel_groups/0/spikes/clusters/main"][:10] = 5


def replaced(path):
    """Put another file in the place of the open one, as programs do that save safely."""
    copy = path.with_name("copy.tmp")
    shutil.copyfile(path, copy)
    change(copy)
    copy.replace(path)


@pytest.mark.parametrize("act", [change, replaced])
def test_a_change_is_noticed_once_and_never_saved_over(session, kwik, act):
    assert not session.store.look_at_file()
    act(kwik)
    after = files(kwik.parent)
    assert session.store.look_at_file()
    assert session.store.what_changed() == (
        "small.kwik was changed by another program and cannot be saved to. "
        "Your 1 edit stays in the journal; save a copy to keep it in a file."
    )
    assert not session.store.look_at_file()
    assert session.store.what_changed() == ""
    with pytest.raises(SaveError, match=rf"^Could not save: .*{STAYS}$"):
        session.save()
    assert files(kwik.parent) == after
    assert session.n_unsaved == 1


def test_a_file_that_was_taken_away(session, kwik, tmp_path):
    kwik.rename(tmp_path / "moved.kwik")
    assert session.store.look_at_file()
    gone = (
        "small.kwik is not there any more: it was moved or deleted. "
        "Your 1 edit stays in the journal; put the file back to save it."
    )
    assert session.store.what_changed() == gone
    with pytest.raises(ReadOnlyError) as caught:
        session.save()
    assert str(caught.value) == gone
    with pytest.raises(SaveError, match=r"^Could not save: small\.kwik is not there any more; put it back\."):
        session.save_copy(tmp_path / "mine" / "copy.kwik")
    (tmp_path / "moved.kwik").rename(kwik)
    session.save()
    assert not session.is_dirty


def test_our_own_save_and_a_file_that_was_only_touched_are_no_change(session, kwik):
    os.utime(kwik)
    assert session.store.look_at_file()
    assert session.store.what_changed() == ""
    session.save()
    assert not session.store.look_at_file()
    session.merge([3, 4])
    with h5py.File(kwik, "r+") as file:
        file["/recordings/0"].attrs["name"] = "renamed"
    assert session.store.look_at_file()
    assert session.store.what_changed() == ""
    session.save()
    assert not session.is_dirty


def test_who_only_looks_hears_of_a_save_elsewhere(session, kwik):
    with open_session(kwik) as reader:
        assert reader.store.read_only
        session.save()
        assert reader.store.look_at_file()
        assert reader.store.what_changed() == (
            "small.kwik was changed by another program. Open it again to see the change."
        )
        assert reader.store.what_changed() == ""
