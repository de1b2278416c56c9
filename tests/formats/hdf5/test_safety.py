"""A damaged or malicious file ends in one sentence: no link out of the folder, no memory for what is not there."""

import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.hdf5.file import open_h5


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Return an HDF5 file outside of the data folder."""
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["values"] = np.arange(3)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    (path / "sub").mkdir(parents=True)
    return path


def test_soft_links_are_followed(folder: Path) -> None:
    with h5py.File(folder / "x.h5", "w") as file:
        file["a/b/values"] = np.arange(3)
        file["link"] = h5py.SoftLink("/a/b")
        file["a/relative"] = h5py.SoftLink("b/./values")
        file["chain"] = h5py.SoftLink("link/values")
        file["dangling"] = h5py.SoftLink("/nowhere")
    with open_h5(folder / "x.h5") as file:
        for path in ("/link/values", "/a/relative", "/chain", "chain/"):
            assert file.read(path).tolist() == [0, 1, 2]
        assert file.children("/link") == ["values"]
        assert file.children("/") == ["a", "chain", "dangling", "link"]
        assert file.attrs("/") == {}
        assert not file.has("/dangling")
        assert not file.has("/chain/deeper")


@pytest.mark.parametrize("links", [{"a": "/a"}, {"a": "/b", "b": "/a"}, {"a": "/a/a/a"}])
def test_links_in_a_circle_are_named(folder: Path, links: dict[str, str]) -> None:
    with h5py.File(folder / "x.h5", "w") as file:
        for name, goal in links.items():
            file[name] = h5py.SoftLink(goal)
    with open_h5(folder / "x.h5") as file:
        with pytest.raises(KwikFormatError, match=r"^x\.h5: /a is a link that leads to itself; the file is damaged"):
            file.read("/a/c")
        assert not file.has("/a")
        assert len(file.dead_links) == 1


def test_groups_that_hold_themselves_are_no_circle_to_a_reader(folder: Path) -> None:
    with h5py.File(folder / "x.h5", "w") as file:
        file["g/values"] = np.arange(3)
        file["g/again"] = file["g"]
    with open_h5(folder / "x.h5") as file:
        assert file.children("/g") == ["again", "values"]
        assert file.read("/g" + "/again" * 50 + "/values").tolist() == [0, 1, 2]


def test_external_links_within_the_folder_are_followed_when_reading(folder: Path) -> None:
    with h5py.File(folder / "sub" / "y.h5", "w") as file:
        file["g/values"] = np.arange(3)
        file["g/back"] = h5py.ExternalLink("y.h5", "/g/values")
    with h5py.File(folder / "x.h5", "w") as file:
        file["link"] = h5py.ExternalLink("sub/y.h5", "/g")
    with open_h5(folder / "x.h5") as file:
        assert file.read("/link/values").tolist() == [0, 1, 2]
        assert file.children("/link") == ["back", "values"]
        with pytest.raises(KwikFormatError, match=r"y\.h5"):
            file.read("/link/back")
    with open_h5(folder / "x.h5", "r+") as file, pytest.raises(KwikFormatError, match="never written"):
        file.write("/link/values", np.arange(3))


@pytest.mark.parametrize("name", ["../secret.h5", "{absolute}", "gone.h5", "sub", "link.h5", "pipe", "..\\secret.h5"])
def test_external_links_out_of_the_folder_are_not_followed(folder: Path, target: Path, name: str) -> None:
    (folder / "link.h5").symlink_to(target)
    os.mkfifo(folder / "pipe")
    name = name.format(absolute=target)
    with h5py.File(folder / "x.h5", "w") as file:
        file["link"] = h5py.ExternalLink(name, "/")
    with open_h5(folder / "x.h5") as file:
        with pytest.raises(KwikFormatError, match=r"^x\.h5: /link is a link to .* and is not followed; put"):
            file.read("/link/values")
        assert not file.dead_links
        found = [look("/link/values") for look in (file.has, file.children, file.attrs, file.datasets)]
        assert found == [False, [], {}, []]
        (told,) = file.dead_links
        assert told.startswith("x.h5: /link is a link to ")


def test_values_kept_in_other_files_are_not_read(folder: Path, target: Path) -> None:
    layout = h5py.VirtualLayout((3,), dtype=np.int64)
    layout[:] = h5py.VirtualSource(str(target), "values", (3,))
    with h5py.File(folder / "x.h5", "w") as file:
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("external", (3,), np.uint8, external=[(str(target), 0, 3)])
    with open_h5(folder / "x.h5") as file:
        for path in ("/virtual", "/external"):
            with pytest.raises(KwikFormatError, match=f"{path} keeps its values in other files, which is not followed"):
                file.read(path)
    with open_h5(folder / "x.h5", "r+") as file, pytest.raises(KwikFormatError, match="in other files"):
        file.write("/external", np.zeros(3, dtype=np.uint8))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda f: f.create_dataset("d", (2**40,), np.int64, chunks=(1000,)), "needs 8.8 TB of memory"),
        (lambda f: f.create_dataset("d", (2**60,), np.int64, chunks=(1000,)), "needs 9e[+]18 bytes of memory"),
        (lambda f: f.create_dataset("d", (2**60,), np.int64), "needs 9e[+]18 bytes of memory"),
        (lambda f: f.create_dataset("d", (2**24,), np.int64), "should have 134 MB but only 0 bytes were written"),
        (
            lambda f: f.create_dataset("d", data=np.zeros(2**24, np.int64), chunks=(2**20,), compression=9),
            "should have 134 MB but only .* kB were written",
        ),
        (
            lambda f: f.create_dataset("d", (2**26,), np.int64, chunks=(2**26,), compression=1),
            "is compressed in pieces of 537 MB",
        ),
        (
            lambda f: f.create_dataset("d", (1,), "S2000000000", chunks=(1,), compression=1),
            "is compressed in pieces of 2 GB",
        ),
    ],
)
def test_sizes_are_checked_before_memory_is_taken(folder: Path, make: Callable, sentence: str) -> None:
    with h5py.File(folder / "x.h5", "w") as file:
        make(file)
    with open_h5(folder / "x.h5") as file, pytest.raises(KwikFormatError, match=rf"^x\.h5: /d {sentence}"):
        file.read("/d")
    with open_h5(folder / "x.h5") as file, pytest.raises(KwikFormatError, match=rf"^x\.h5: /d {sentence}"):
        next(file.read_blocks("/d"))


def test_what_was_counted_already_may_be_packed_tightly(folder: Path) -> None:
    with h5py.File(folder / "x.h5", "w") as file:
        file.create_dataset("d", data=np.zeros(2**24, np.int64), chunks=(2**20,), compression=9)
    with open_h5(folder / "x.h5") as file:
        assert file.read("/d", shape=(2**24,)).shape == (2**24,)
        assert len(next(file.read_blocks("/d", (2**24,), n_rows=10))) == 10
        with pytest.raises(KwikFormatError, match=r"/d has shape \(16777216,\) and should have \(7,\)"):
            file.read("/d", shape=(7,))


def test_a_dataset_that_reaches_beyond_the_file(folder: Path) -> None:
    path = folder / "x.h5"
    with h5py.File(path, "w") as file:
        file["d"] = np.arange(4000, dtype=np.int64)
    size = (4000).to_bytes(8, "little")
    data = path.read_bytes()
    for place in [place for place in range(2000) if data[place : place + 8] == size]:
        data = data[:place] + (2**50).to_bytes(8, "little") + data[place + 8 :]
    path.write_bytes(data)
    with (
        open_h5(path) as file,
        pytest.raises(KwikFormatError, match=r"x\.h5: /d (should have .* but the file has|can)"),
    ):
        file.read("/d")


def test_names_that_are_no_numbers_of_ours(folder: Path) -> None:
    with h5py.File(folder / "x.h5", "w") as file:
        group = file.create_group("g")
        for name in ("9" * 5000, "10", "٣", "02", b"\x80"):
            group.create_group(name)
        file.create_group("g/10/x")
        file["type"] = np.dtype("i4")
    with open_h5(folder / "x.h5") as file:
        assert file.children("/g")[0] == 10
        assert len(file.children("/g")) == 5
        assert file.children("/g/10") == ["x"]
        assert file.attrs(f"/g/{'9' * 5000}") == {}
        assert not file.has("/type")
        with pytest.raises(MissingDataError):
            file.read("/type")


def test_an_attribute_of_a_size_nobody_means_is_left_out(folder: Path) -> None:
    with h5py.File(folder / "x.h5", "w", libver="latest") as file:
        file.attrs["big"] = np.zeros(2**23 + 1)
        file.attrs["small"] = 1
    with open_h5(folder / "x.h5") as file:
        assert file.attrs("/") == {"big": None, "small": 1}
