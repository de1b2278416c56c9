"""Folders that one may not enter cost what is in them, and one sentence says so."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from soak.damaged import digests, run_limited
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.errors import KwikFormatError
from napari_phy.files.side_folder import side_folder
from napari_phy.formats.checks import check_data_set
from napari_phy.formats.conversion.convert import convert_data_set
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.model import KwikModel

pytestmark = pytest.mark.skipif(not hasattr(os, "setuid"), reason="folders are closed otherwise there")
NOBODY = 65534


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder in which anybody may do anything, with a cache and settings of its own."""
    folder = Path(tempfile.mkdtemp(prefix="napari-phy-closed-"))
    for name in ("data", "cache", "settings"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    folder.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("PHY_CONFIG_DIR", str(folder / "settings"))
    yield folder
    for closed in folder.rglob("*"):
        closed.chmod(0o700)
    shutil.rmtree(folder)


def as_somebody(act: Callable[[], str], folder: Path) -> str:
    """Run in a process without the rights of an administrator; return what it returned."""

    def run() -> str:
        if os.geteuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        return act()

    said, problem = run_limited(run, folder, seconds=20)
    assert not problem
    return said


def opened(path: Path) -> str:
    """Open, edit and save where that is possible; return all that is said."""
    with open_session(path) as session:
        said = list(session.messages)
        if not session.store.read_only:
            session.label([0], "seen", "yes")
            if session.can_save:
                session.save()
        session.load_settings()
        session.columns  # noqa: B018 - it looks into the side folder
        said += [finding.sentence for finding in check_data_set(path)]
    return " | ".join(said)


@pytest.fixture
def kwik(place: Path) -> Path:
    """Return a data set that anybody may write to."""
    path = make_kwik(place / "data")
    for file in (place / "data").iterdir():
        file.chmod(0o666)
    return path


def close(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(0)


@pytest.mark.parametrize(
    ("of_folder", "of_journal", "closed"),
    [
        (0, 0o444, "folder small.napari-phy"),
        (0o555, 0, "file journal-0-main.sqlite in small.napari-phy"),
        (0o111, 0o444, ""),  # names in it are not listed, but files can be read
    ],
)
def test_a_side_folder_of_somebody_else(kwik: Path, place: Path, of_folder: int, of_journal: int, closed: str) -> None:
    with open_session(kwik) as session:
        session.label([0], "mine", "yes")
    folder = side_folder(kwik)
    kept = digests(folder)
    (folder / "journal-0-main.sqlite").chmod(of_journal)
    folder.chmod(of_folder)
    said = as_somebody(lambda: opened(kwik), place)
    not_shown = f"The {closed} is closed to you: edits of small.kwik in it are not shown."
    assert (not_shown in said) == bool(closed)
    assert ("1 edit from" in said) != bool(closed)
    assert ("are not shown" in said) == bool(closed)
    assert "read-only" not in said  # edits are kept in the cache
    folder.chmod(0o700)
    (folder / "journal-0-main.sqlite").chmod(0o600)
    assert digests(folder) == kept


@pytest.mark.parametrize("closed", ["cache", "cache/napari-phy", "settings"])
def test_a_cache_or_settings_that_cannot_be_reached(kwik: Path, place: Path, closed: str) -> None:
    close(place / closed)
    assert "Traceback" not in as_somebody(lambda: opened(kwik), place)
    with open_session(kwik) as session:
        assert session.manager.cluster_labels == {"seen": {0: "yes"}}


def test_neither_side_folder_nor_cache(kwik: Path, place: Path) -> None:
    close(place / "cache")
    (place / "data").chmod(0o555)
    said = as_somebody(lambda: opened(kwik), place)
    assert "small.kwik opens read-only, because edits cannot be kept: " in said


def test_raw_data_in_a_closed_folder(kwik: Path, place: Path) -> None:
    np.zeros((1000, 4), dtype=np.int16).tofile(place / "small.dat")
    (place / "raw").mkdir()
    (place / "small.dat").rename(place / "raw" / "small.dat")
    with h5py.File(kwik, "r+") as file:
        file["/recordings/0/raw"].attrs["dat_path"] = str(place / "raw" / "small.dat")
    close(place / "raw")
    said = as_somebody(lambda: opened(kwik), place)
    assert "small.dat cannot be opened: its folder is closed to you; have its owner open it." in said


@pytest.mark.parametrize("name", ["small.dat", "small.raw.kwd"])
def test_raw_data_that_may_not_be_read(kwik: Path, place: Path, name: str) -> None:
    raw = np.zeros((200_000, 4), dtype=np.int16)
    file = place / "data" / name
    if file.suffix == ".dat":
        raw.tofile(file)
    else:
        with h5py.File(file, "w") as kwd, h5py.File(kwik, "r+") as stored:
            kwd["recordings/0/data"] = raw
            stored["/recordings/0/raw"].attrs["dat_path"] = name
    file.chmod(0)
    said = as_somebody(lambda: opened(kwik), place)
    assert f"Waveforms and traces cannot be read: {name} cannot be opened: its permissions do not allow it" in said
    made = kwik.with_name("new.kwik")
    assert as_somebody(lambda: " ".join(convert_data_set(kwik, made).left_out), place).startswith(
        "The raw data were not read;"
    )
    with closing(KwikModel(kwik)) as old, closing(KwikModel(made)) as new:
        np.testing.assert_array_equal(old.spike_clusters, new.spike_clusters)


def test_a_data_set_in_a_closed_folder(kwik: Path, place: Path) -> None:
    close(place / "data")

    def refused() -> str:
        with pytest.raises(KwikFormatError) as caught:
            open_session(kwik)
        return str(caught.value)

    assert as_somebody(refused, place) == "small.kwik cannot be opened: its folder is closed to you."


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.kwik")
    with pytest.raises(KwikFormatError, match="is a device or a pipe, not a file"):
        open_h5(tmp_path / "x.kwik")
