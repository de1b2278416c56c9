"""Nodes and attributes come back as they were written; what is no HDF5 file says so."""

import errno
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_phy.core.errors import KwikFormatError, MissingDataError, ReadOnlyError, SaveError
from napari_phy.formats.hdf5 import reading
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.hdf5.values import decode

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
scalars = st.one_of(texts, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False))


def test_nodes_and_attributes_by_path(tmp_path: Path) -> None:
    with open_h5(tmp_path / "x.h5", "w") as file:
        file.write("/path/to/node", np.arange(5, dtype=np.uint16))
        file.write_attr("/path/to/node", "myattr", "µV")
        file.write_attr("/made/by/the/attribute", "n", 3)
    with open_h5(tmp_path / "x.h5") as file:
        values = file.read("/path/to/node")
        assert values.dtype == np.uint16
        assert values.tolist() == [0, 1, 2, 3, 4]
        assert not values.flags.writeable
        assert file.read_attr("/path/to/node", "myattr") == "µV"
        assert file.attrs("/made/by/the/attribute") == {"n": 3}
        assert file.has("/path/to")
        assert not file.has("/path/too")
        assert file.is_dataset("/path/to/node")
        assert not file.is_dataset("/path/to")


@given(value=scalars)
def test_scalars_come_back_in_value_and_type(value: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("h5") / "x.h5"
    with open_h5(path, "w") as file:
        file.write_attr("/a", "value", value)
    with open_h5(path) as file:
        read = file.read_attr("/a", "value")
    assert read == value
    assert type(read) is type(value)


@given(
    values=arrays(st.sampled_from([np.int32, np.uint64, np.float32, np.uint8]), array_shapes(max_dims=3, min_side=0))
)
def test_arrays_come_back_in_value_shape_and_type(values: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("h5") / "x.h5"
    with open_h5(path, "w") as file:
        file.write("/a", values)
    with open_h5(path) as file:
        read = file.read("/a")
    assert read.dtype == values.dtype
    np.testing.assert_array_equal(read, values)


def test_numbers_of_an_enumeration_are_plain_numbers(tmp_path: Path) -> None:
    numbers = np.array([1, 0, 1, 1], dtype=h5py.enum_dtype({"A": 0, "B": 1}, "i4"))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = numbers
    with open_h5(tmp_path / "x.h5") as file:
        for values in (file.read("/a"), *file.read_blocks("/a")):
            np.save(tmp_path / "a.npy", values)  # warns of names that it cannot write
            assert values.dtype.metadata is None
            np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), numbers)


def test_none_comes_back_and_lists_of_texts_stay_lists(tmp_path: Path) -> None:
    with open_h5(tmp_path / "x.h5", "w") as file:
        file.write_attr("/", "nothing", None)
        file.write_attr("/", "files", ["a.dat", "bé.dat"])
        file.write_attr("/", "place", np.array([1.5, 2.0], dtype=np.float32))
        assert file.read_attr("/", "nothing") is None
        assert file.read_attr("/", "files") == ["a.dat", "bé.dat"]
        assert file.read_attr("/", "place").tolist() == [1.5, 2.0]


def test_children_sort_as_numbers_then_as_text(tmp_path: Path) -> None:
    with open_h5(tmp_path / "x.h5", "w") as file:
        for name in ["10", "2", "01", "1", "b", "a", "-3"]:
            file.require_group(f"/g/{name}")
        file.write("/d", [1])
        assert file.children("/g") == [1, 2, 10, "-3", "01", "a", "b"]
        assert file.children("/nowhere") == []
        assert file.children("/d") == []


def test_writing_again_keeps_the_dataset_or_replaces_it(tmp_path: Path) -> None:
    with open_h5(tmp_path / "x.h5", "w") as file:
        file.write("/a", np.array([1, 2], dtype=np.int32))
        file.write_attr("/a", "kept", 1)
        file.write("/a", np.array([3, 4], dtype=np.int32))
        assert file.read("/a").tolist() == [3, 4]
        assert file.attrs("/a") == {"kept": 1}
        file.write("/a", np.array([3.5]))
        assert file.read("/a").tolist() == [3.5]
        file.require_group("/g")
        with pytest.raises(KwikFormatError, match="/g is a group"):
            file.write("/g", [1])


@pytest.mark.parametrize("n_rows", [1, 3, 7, 100])
def test_pieces_are_the_whole(n_rows: int, tmp_path: Path) -> None:
    values = np.arange(21, dtype=np.int16).reshape(7, 3)
    with open_h5(tmp_path / "x.h5", "w") as file:
        file.write("/a", values)
        file.write("/none", np.empty((0, 3), dtype=np.float32))
    with open_h5(tmp_path / "x.h5") as file:
        pieces = list(file.read_blocks("/a", n_rows=n_rows))
        assert [len(piece) for piece in pieces[:-1]] == [n_rows] * (len(pieces) - 1)
        np.testing.assert_array_equal(np.concatenate(pieces), values)
        assert not list(file.read_blocks("/none", n_rows=n_rows))


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with open_h5(tmp_path / "x.h5", "w") as file:
        file.require_group("/g")
        with pytest.raises(MissingDataError, match=r"^x\.h5 has no /a/b\.$"):
            file.read("/a/b")
        with pytest.raises(MissingDataError, match=r"^x\.h5: /g is a group, not a dataset\.$"):
            file.read("/g")
        with pytest.raises(MissingDataError, match=r"^x\.h5: /g has no attribute color\.$"):
            file.read_attr("/g", "color")
        with pytest.raises(MissingDataError, match=r"^x\.h5 has no /q\.$"):
            file.read_attr("/q", "color")
        assert file.attrs("/q") == {}
        file.delete_attr("/g", "color")


def test_a_file_opened_read_only_is_not_written_to(tmp_path: Path) -> None:
    with open_h5(tmp_path / "x.h5", "w") as file:
        file.write("/a", [1])
    with open_h5(tmp_path / "x.h5") as file:
        for write in (
            lambda: file.write("/a", [2]),
            lambda: file.write_attr("/a", "n", 1),
            lambda: file.delete_attr("/a", "n"),
            lambda: file.require_group("/b"),
        ):
            with pytest.raises(ReadOnlyError, match=r"x\.h5 was opened read-only"):
                write()
        assert file.read("/a").tolist() == [1]
        assert repr(file) == "<H5File x.h5 mode='r'>"
    file.close()
    assert "closed" in repr(file)


@pytest.mark.parametrize("value", [{"a": 1}, object(), 2**63, "a\0b", "\ud800"])
def test_what_no_attribute_can_hold_is_refused(value: object, tmp_path: Path) -> None:
    with open_h5(tmp_path / "x.h5", "w") as file, pytest.raises((TypeError, ValueError)):
        file.write_attr("/", "value", value)


def test_a_text_too_long_for_an_attribute_is_refused(tmp_path: Path) -> None:
    sentence = r"^x.h5: the attribute long of /a cannot be written \(.*\)\.$"
    with open_h5(tmp_path / "x.h5", "w") as file, pytest.raises(SaveError, match=sentence):
        file.write_attr("/a", "long", "x" * 70_000)


def test_files_that_are_no_hdf5_files_say_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "text.kwik").write_text("experiment_name = 'x'\n" * 100)
    (tmp_path / "empty.kwik").touch()
    (tmp_path / "folder.kwik").mkdir()
    with open_h5(tmp_path / "cut.kwik", "w") as file:
        file.write("/a", np.arange(10_000))
    whole = (tmp_path / "cut.kwik").read_bytes()
    (tmp_path / "cut.kwik").write_bytes(whole[: len(whole) // 2])
    for name, sentence in {
        "gone.kwik": r"gone\.kwik is not there: no such file in ",
        "empty.kwik": r"empty\.kwik is empty\.",
        "folder.kwik": r"folder\.kwik is a folder, not a file\.",
        "text.kwik": r"text\.kwik cannot be opened: it is not an HDF5 file\.",
        "cut.kwik": r"cut\.kwik cannot be opened: the file was cut short\.",
    }.items():
        with pytest.raises(KwikFormatError, match=f"^{sentence}"):
            open_h5(tmp_path / name)


def test_a_file_system_without_locks_is_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_h5(tmp_path / "x.h5", "w") as file:
        file.write("/a", [1])
    real = h5py.File

    def no_locks(path: Path, mode: str, locking: bool | None = None) -> h5py.File:
        if locking is None:
            raise OSError(errno.ENOLCK, "unable to lock file, errno = 37")
        return real(path, mode, locking=locking)

    monkeypatch.setattr(h5py, "File", no_locks)
    with open_h5(tmp_path / "x.h5") as file:
        assert file.read("/a").tolist() == [1]


def test_a_file_that_is_being_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_h5(tmp_path / "x.h5", "w") as file:
        file.write("/a", [1])

    def locked(path: Path, mode: str) -> h5py.File:
        raise BlockingIOError(errno.EAGAIN, "unable to lock file, errno = 11")

    monkeypatch.setattr(h5py, "File", locked)
    with pytest.raises(ReadOnlyError, match=r"x\.h5 is being written to by another program"):
        open_h5(tmp_path / "x.h5")


@pytest.fixture
def odd_nodes(tmp_path: Path) -> tuple[Path, list[int], str]:
    """A file with nodes 0 … in the group `/nodes` of which some are links, datasets or missing, and a path below."""
    below = "application_data/own"
    values: list[object] = [3, np.uint64(2**64 - 1), np.int8(-4), np.array([7]), np.array([1, 2]), "Good", 2.5, True]
    values += [np.float32(0.1), np.array([0.5, 2.5], np.float32), np.bytes_(b"caf\xc3\xa9"), np.array([b"one"])]
    values += [np.array([b"one", b"two"]), h5py.Empty("S1"), h5py.Empty("i4"), np.array([], np.int32), ["a", "b"]]
    values += [np.arange(2000.0), "x" * 9000, np.bytes_(b"(lp1\nI1\naI2\na."), np.array([1, 2], ">i2"), ""]
    with h5py.File(tmp_path / "outside.h5", "w") as outside:
        outside.create_group(below).attrs["color"] = "red"
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for number, value in enumerate(values):
            file.create_group(f"nodes/{number}").attrs["group"] = value
            file.create_group(f"nodes/{number}/{below}").attrs.update({"color": value, "other": number})
        file.create_group("nodes/50")  # no attribute
        file["nodes/51"] = np.arange(3)
        file["nodes/51"].attrs["group"] = 5
        file["nodes/52"] = h5py.SoftLink("/nodes/2")
        file["nodes/53"] = h5py.SoftLink("/nowhere")
        file["nodes/54/application_data"] = h5py.SoftLink("/nodes/2/application_data")
        file["nodes/55"] = file["nodes/2"]
        file["nodes/56"] = h5py.ExternalLink("outside.h5", "/")
        file.create_group("nodes/57").attrs[b"caf\xe9"] = 4
    return tmp_path / "x.h5", [*range(len(values)), *range(50, 59)], below


def test_attributes_of_many_children_are_those_of_each(odd_nodes: tuple[Path, list[int], str]) -> None:
    path, names, below = odd_nodes
    with open_h5(path) as file:
        found = list(file.attrs_of_children("/nodes", names, {"": None, below: None}))
        assert [name for name, _ in found] == names
        for name, (node, own) in found:
            np.testing.assert_equal(node, file.attrs(f"/nodes/{name}"))
            np.testing.assert_equal(own, file.attrs(f"/nodes/{name}/{below}"))
            assert [*map(type, own.values())] == [*map(type, file.attrs(f"/nodes/{name}/{below}").values())]
        for name, (node,) in file.attrs_of_children("/nodes", names, {"": ["group", "lacks"]}):
            stored = file.attrs(f"/nodes/{name}")
            np.testing.assert_equal(node, {"group": stored["group"]} if "group" in stored else {})
        assert list(file.attrs_of_children("/nothing", [1], {"": None, below: ["color"]})) == [(1, ({}, {}))]


def test_attributes_are_read_as_h5py_reads_them(odd_nodes: tuple[Path, list[int], str]) -> None:
    path, names, _ = odd_nodes
    with open_h5(path) as file, h5py.File(path) as plain:
        for name in names[:-9]:
            expected = decode(plain[f"nodes/{name}"].attrs["group"])
            if isinstance(expected, np.ndarray) and not expected.size:
                expected = None  # nothing is stored
            np.testing.assert_equal(file.read_attr(f"/nodes/{name}", "group"), expected)
            assert type(file.read_attr(f"/nodes/{name}", "group")) is type(expected)


def test_attributes_of_many_children_are_written_as_those_of_each(odd_nodes: tuple[Path, list[int], str]) -> None:
    path, names, below = odd_nodes
    names.remove(56)  # a link to another file, which is never written to
    values = {
        name: {"": {"group": name, "text": "é"}, below: {"color": "#102030"}, "new/one": {"x": [0.5, 2.0]}}
        for name in names
    }
    each = path.with_name("each.h5")
    each.write_bytes(path.read_bytes())
    with open_h5(path, "r+") as file:
        file.write_attrs_of_children("/nodes", values)
        file.write_attrs_of_children("/made/anew", {7: {"": {"a": 1}}})
        with pytest.raises(KwikFormatError, match="other files are never written"):
            file.write_attrs_of_children("/nodes", {56: {"": {"a": 1}}})
        with pytest.raises(TypeError):
            file.write_attrs_of_children("/nodes", {2: {"": {"a": 1, "b": object()}}})
        assert "a" not in file.attrs("/nodes/2")
        assert file.attrs("/made/anew/7") == {"a": 1}
    with open_h5(each, "r+") as file:
        for name, nodes in values.items():
            for inner, attributes in nodes.items():
                for attribute, value in attributes.items():
                    file.write_attr(f"/nodes/{name}/{inner}", attribute, value)
    with open_h5(path) as one, open_h5(each) as other:
        for name in one.children("/nodes"):
            if name != 56:
                assert one.children(f"/nodes/{name}") == other.children(f"/nodes/{name}")
                for inner in ("", below, "new/one"):
                    np.testing.assert_equal(one.attrs(f"/nodes/{name}/{inner}"), other.attrs(f"/nodes/{name}/{inner}"))


def test_names_of_attributes_that_are_no_utf_8_are_text_that_leads_back_to_them(tmp_path: Path) -> None:
    stored, name = b"caf\xe9", "caf\udce9"
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_group("nodes/1").attrs[stored] = 4
    with open_h5(tmp_path / "x.h5", "r+") as file:
        assert file.attrs("/nodes/1") == {name: 4}
        assert list(file.attrs_of_children("/nodes", [1], {"": None})) == [(1, ({name: 4},))]
        assert list(file.attrs_of_children("/nodes", [1], {"": [name]})) == [(1, ({name: 4},))]
        assert file.read_attr("/nodes/1", name) == 4
        file.write_attr("/nodes/1", name, 5)
        file.write_attrs_of_children("/nodes", {2: {"": {name: 6}}})
    with h5py.File(tmp_path / "x.h5") as file:
        assert dict(file["nodes/1"].attrs) == {stored: 5}
        assert dict(file["nodes/2"].attrs) == {stored: 6}
    with open_h5(tmp_path / "x.h5", "r+") as file:
        file.delete_attr("/nodes/1", name)
        assert file.attrs("/nodes/1") == {}


def test_datasets_of_a_group_are_those_with_values(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["g/one"] = 1
        file["g/empty"] = h5py.Empty("i4")
        file.create_group("g/group")
        file["g/linked"] = h5py.SoftLink("/g/one")
        file["g/nowhere"] = h5py.SoftLink("/g/two")
        file["g/3"] = [1, 2]
    with open_h5(tmp_path / "x.h5") as file:
        assert file.datasets("/g") == ["3", "linked", "one"]
        assert file.datasets("/nothing") == []
        assert file.datasets("/", "one") == ["g"]
        assert file.datasets("/", "linked") == ["g"]
        assert file.datasets("/", "group") == []


def test_a_file_tells_itself_from_what_it_becomes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.h5"
    with open_h5(path, "w") as file:
        file.write("/a", np.arange(3))
        assert file.state is None
    with open_h5(path) as file:
        assert file.state is None  # it was written to just now, and may be again at the same time
    monkeypatch.setattr(reading, "_SETTLED_NS", -(10**18))
    with open_h5(path) as file:
        state = file.state
        assert state is not None
    with open_h5(path) as file:
        assert file.state == state
        path.rename(tmp_path / "old.h5")
        with open_h5(path, "w") as other:
            other.write("/a", np.arange(3))
        assert file.state is None
    with open_h5(path) as file:
        assert file.state not in (state, None)
