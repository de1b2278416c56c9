"""Plain values come out of pickled arrays of objects; nothing that they call is called."""

import pickle
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from napari_phy.core.errors import ImagingError
from napari_phy.formats.imaging.object_arrays import UNREAD, read_object_array

numbers = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.booleans(), st.none(), st.text())
arrays = of_numpy.arrays(st.sampled_from(["<f4", ">f8", "<i8", "|u1", "|b1"]), of_numpy.array_shapes(max_dims=3))
values = st.one_of(
    numbers, arrays, st.lists(numbers, max_size=4), st.tuples(numbers, numbers), st.builds(np.float32, st.just(2.5))
)


def write(path: Path, objects, protocol: int) -> Path:
    """Write what `numpy.save` writes, with a pickle of another protocol."""
    array = np.empty(len(objects), dtype=object)
    array[:] = objects
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": array.shape})
        pickle.dump(array, file, protocol=protocol)
    return path


@given(st.lists(st.dictionaries(st.text(max_size=5), values, max_size=5), min_size=1, max_size=4), st.integers(2, 5))
def test_plain_values_come_back_as_they_are(tmp_path_factory, objects, protocol):
    found = read_object_array(write(tmp_path_factory.mktemp("o") / "stat.npy", objects, protocol))
    assert len(found) == len(objects)
    for one, wanted in zip(found, objects, strict=True):
        assert one.keys() == wanted.keys()
        for key, value in wanted.items():
            if isinstance(value, np.ndarray):
                assert one[key].dtype == value.dtype
                assert one[key].tobytes() == value.tobytes()
                assert one[key].shape == value.shape
            else:
                assert one[key] == value


def test_a_dictionary_that_was_saved_is_a_list_of_one(tmp_path):
    np.save(tmp_path / "ops.npy", {"fs": 30.0, "Ly": 512, "mean": np.eye(3, order="F")}, allow_pickle=True)
    (found,) = read_object_array(tmp_path / "ops.npy")
    assert (found["fs"], found["Ly"]) == (30.0, 512)
    assert np.array_equal(found["mean"], np.eye(3))


class Caller:
    """Pickled as a call."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def test_nothing_is_called_and_what_is_beside_a_call_is_read(tmp_path):
    canary = tmp_path / "canary"
    objects = [{"bad": Caller(str(canary)), "date": datetime.now(UTC), "slice": slice(3), "good": np.arange(3)}]
    (found,) = read_object_array(write(tmp_path / "stat.npy", objects, 4))
    assert not canary.exists()
    assert found["bad"] is found["date"] is found["slice"] is UNREAD
    assert found["good"].tolist() == [0, 1, 2]


def test_what_holds_itself_ends(tmp_path):
    item = {}
    item["itself"] = item
    (found,) = read_object_array(write(tmp_path / "stat.npy", [item], 4))
    assert found == {"itself": UNREAD}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no NumPy file of objects"),
        (b"\x93NUMPY\x01\x00\x05\x00{{{{{", "no NumPy file of objects"),
        (b"cos\nsystem\n(S'true'\ntR.", "no NumPy file of objects"),
    ],
)
def test_what_is_no_array_of_objects_is_said(tmp_path, data, words):
    (tmp_path / "stat.npy").write_bytes(data)
    with pytest.raises(ImagingError, match=words):
        read_object_array(tmp_path / "stat.npy")
    np.save(tmp_path / "F.npy", np.ones(3))
    with pytest.raises(ImagingError, match=r"F\.npy is no NumPy file of objects"):
        read_object_array(tmp_path / "F.npy")


@given(st.data())
def test_damaged_files_are_said_or_read(tmp_path_factory, data):
    path = write(tmp_path_factory.mktemp("o") / "stat.npy", [{"ypix": np.arange(4), "med": [1, 2.5]}], 4)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(ImagingError):  # nothing else may be raised
        assert isinstance(read_object_array(path), list)
