"""Edits in two folders, or in the folder of a file that was renamed, are never hidden without a word."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy import Session, open_session
from napari_phy.files.side_folder import side_folder, take_over_edits
from napari_phy.storage.journal import Journal


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "napari-phy"


@pytest.fixture
def kwik(tmp_path: Path, cache: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return make_kwik(folder)


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path | None], None]:
    """Return a function that makes one folder look read-only, also to the administrator; None makes it none."""
    locked: list[Path] = []
    access = os.access

    def seen(path: Path, mode: int, **options: bool) -> bool:
        return access(path, mode, **options) and not (mode & os.W_OK and Path(path) in locked)

    monkeypatch.setattr(os, "access", seen)

    def make(folder: Path | None) -> None:
        locked[:] = [] if folder is None else [folder]

    return make


def edit(kwik: Path, n_edits: int) -> Session:
    """Make edits in a session of its own; return it, closed."""
    with open_session(kwik) as session:
        for number in range(n_edits):
            session.label([3], "note", f"{number} of {n_edits}")
    return session


def shown(session: Session) -> tuple[object, ...]:
    return session.manager.spike_clusters.tolist(), session.manager.cluster_labels, session.manager.n_done


@pytest.mark.parametrize("is_read_only", [False, True])
@pytest.mark.parametrize(("beside", "cached"), [(2, 3), (3, 2)])
def test_more_edits_win_whichever_are_newer(
    kwik: Path, lock: Callable[[Path | None], None], beside: int, cached: int, is_read_only: bool
) -> None:
    here = shown(edit(kwik, beside))
    folder = kwik.with_suffix(".napari-phy")
    folder.rename(kwik.parent / "away")
    lock(kwik.parent)
    there = shown(edit(kwik, cached))
    in_cache = side_folder(kwik)
    (kwik.parent / "away").rename(folder)
    for journal in (folder if beside > cached else in_cache).glob("*.sqlite"):
        os.utime(journal, (1, 1))  # the others are the newer ones
    lock(folder if is_read_only else None)
    with open_session(kwik) as session:
        assert shown(session) == (here if beside > cached else there)
        (sentence,) = (one for one in session.store.messages if "two folders" in one)
        assert f"The {max(beside, cached)} edits in" in sentence
        assert f"the {min(beside, cached)} edits in the other were set aside as" in sentence
        assert session.store.set_aside.is_file()
    with open_session(kwik) as session:
        assert shown(session) == (here if beside > cached else there)
        assert not any("two folders" in one for one in session.store.messages)


def test_edits_that_go_on_from_those_of_the_other_folder_need_no_word(
    kwik: Path, lock: Callable[[Path | None], None]
) -> None:
    edit(kwik, 2)
    lock(kwik.with_suffix(".napari-phy"))
    there = shown(edit(kwik, 3))
    for folder in (kwik.with_suffix(".napari-phy"), None):
        lock(folder)
        with open_session(kwik) as session:
            assert shown(session) == there
            assert session.manager.n_done == 5
            assert not any("two folders" in one for one in session.store.messages)


def test_edits_of_what_the_file_held_before_do_not_win(kwik: Path, lock: Callable[[Path | None], None]) -> None:
    edit(kwik, 5)
    beside = kwik.with_suffix(".napari-phy")
    shutil.move(beside, kwik.parent / "old")
    with open_session(kwik) as session:
        session.merge([0, 1])
        session.save()
    shutil.rmtree(beside)
    lock(kwik.parent)
    here = shown(edit(kwik, 1))
    shutil.move(kwik.parent / "old", beside)
    lock(None)
    with open_session(kwik) as session:
        assert shown(session) == here
        assert any("The 1 edit in" in one and "the 5 edits in the other" in one for one in session.store.messages)


def test_edits_left_behind_by_a_renamed_file_are_offered(kwik: Path) -> None:
    edit(kwik, 2)
    with open_session(kwik) as session:
        session.split(np.arange(4))
        session.save()
        session.label(session.manager.cluster_ids[:1].tolist(), "note", "last")
        expected = shown(session)
        n_edits = session.manager.n_done
    left = kwik.with_suffix(".napari-phy")
    renamed = kwik.rename(kwik.with_name("new name.kwik"))
    for _ in range(2):  # an offer is no order
        with open_session(renamed) as session:
            assert session.manager.n_done == 0
            assert session.store.left_behind == left
            assert session.messages[-1] == (
                f"{n_edits} edits of small.kwik, which is gone, fit new name.kwik. "
                "If it was renamed, use them here, or rename the folder small.napari-phy, too."
            )
    take_over_edits(renamed, left)
    with open_session(renamed) as session:
        assert shown(session) == expected
        assert session.store.left_behind is None
    with pytest.raises(FileExistsError):
        take_over_edits(renamed, left)


def test_edits_in_a_side_folder_that_was_renamed_are_offered(kwik: Path) -> None:
    expected = shown(edit(kwik, 2))
    left = kwik.with_suffix(".napari-phy").rename(kwik.parent / "old [1]")
    with open_session(kwik) as session:
        assert session.store.left_behind == left
        assert session.messages[-1] == (
            "2 edits in the folder old [1] fit small.kwik. If the folder was renamed, use them here, or rename it back."
        )
    take_over_edits(kwik, left)
    with open_session(kwik) as session:
        assert shown(session) == expected
        assert session.store.left_behind is None


def test_folders_of_files_that_are_there_or_hold_something_else_are_not_offered(kwik: Path) -> None:
    edit(kwik, 2)
    copy = Path(shutil.copy(kwik, kwik.with_name("copy.kwik")))
    with open_session(copy) as session:
        assert session.store.left_behind is None
        session.merge([0, 1])
        session.save()
    shutil.rmtree(copy.with_suffix(".napari-phy"))
    kwik.unlink()
    with open_session(copy) as session:
        assert session.store.left_behind is None


def test_edits_in_the_other_folder_that_another_process_holds_are_not_joined(
    kwik: Path, lock: Callable[[Path | None], None]
) -> None:
    edit(kwik, 2)
    folder = kwik.with_suffix(".napari-phy")
    folder.rename(kwik.parent / "away")
    lock(kwik.parent)
    there = shown(edit(kwik, 3))
    in_cache = side_folder(kwik)
    (kwik.parent / "away").rename(folder)
    lock(None)
    (journal,) = in_cache.glob("*.sqlite")
    before = sorted(kwik.parent.rglob("*"))
    with closing(Journal(journal)), open_session(kwik) as session:
        assert session.store.read_only
        assert "is being edited in another program" in session.store.messages[0]
    assert sorted(kwik.parent.rglob("*")) == before
    with open_session(kwik) as session:
        assert shown(session) == there
