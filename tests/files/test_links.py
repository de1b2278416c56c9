"""What is written beside a data set never goes through a link that somebody laid there."""

import os
from pathlib import Path

import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.files.atomic import write_file
from napari_phy.files.exports import write_table
from napari_phy.files.side_folder import make_side_folder
from napari_phy.formats.conversion.convert import convert_data_set

PRECIOUS = b"nobody may write here"


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """Return a file that links lead to."""
    (tmp_path / "home").mkdir()
    file = tmp_path / "home" / "precious"
    file.write_bytes(PRECIOUS)
    return file


@pytest.fixture
def kwik(tmp_path: Path) -> Path:
    """Return a data set with raw data."""
    (tmp_path / "data").mkdir()
    np.zeros((200_000, 4), dtype=np.int16).tofile(tmp_path / "data" / "small.dat")
    return make_kwik(tmp_path / "data")


def edit_and_save(kwik: Path) -> None:
    with open_session(kwik) as session:
        session.label([0], "seen", "yes")
        session.save()


@pytest.mark.parametrize("name", [".small.kwik.saving", ".small.kwik.saving-bak", "small.kwik.bak"])
def test_saving(kwik: Path, precious: Path, name: str) -> None:
    kwik.with_name(name).symlink_to(precious)
    edit_and_save(kwik)
    assert precious.read_bytes() == PRECIOUS
    assert not kwik.is_symlink()
    assert not kwik.with_name("small.kwik.bak").is_symlink()


def test_files_that_are_written_whole(tmp_path: Path, precious: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can lay a link where the new file is made, nor where the old one is."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "0" * 8)
    (tmp_path / ".state.00000000").symlink_to(precious)
    (tmp_path / f".state.{os.getpid()}").symlink_to(precious)
    (tmp_path / "state").symlink_to(precious)
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "state", lambda file: file.write(b"new"))
    monkeypatch.undo()
    write_file(tmp_path / "state", lambda file: file.write(b"new"))
    assert precious.read_bytes() == PRECIOUS
    assert (tmp_path / "state").read_bytes() == b"new"
    assert not (tmp_path / "state").is_symlink()


def build_summary(kwik: Path) -> None:
    with open_session(kwik) as session:
        pyramid = session.trace_pyramid(session.model)
        assert pyramid is not None
        pyramid.build()
        assert pyramid.is_complete


def test_what_is_kept_of_the_raw_data(kwik: Path, precious: Path) -> None:
    build_summary(kwik)
    folder = make_side_folder(kwik)
    files = [file for file in folder.rglob("*") if file.is_file()]
    before = {file: file.read_bytes() for file in files}
    assert files
    for file in files:
        file.unlink()
        file.symlink_to(precious)
    build_summary(kwik)
    assert precious.read_bytes() == PRECIOUS
    assert {file: file.read_bytes() for file in files if not file.name.startswith("journal")} == {
        file: content for file, content in before.items() if not file.name.startswith("journal")
    }


def test_a_copy_and_a_table(kwik: Path, precious: Path, tmp_path: Path) -> None:
    lost = precious.with_name("lost")
    for name in ("new.kwik", "new.kwx", "copy.kwik", "table.csv"):
        (tmp_path / name).symlink_to(lost)
    convert_data_set(kwik, tmp_path / "new.kwik")
    write_table(tmp_path / "table.csv", ["id"], [[1]])
    assert not lost.exists()
    assert precious.read_bytes() == PRECIOUS
