"""Attributes of every known writer become plain values; pickles are looked at, never run."""

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.hdf5.pickled import NOT_PLAIN, decode_pickle
from napari_phy.formats.hdf5.values import as_float, as_int, decode


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("trap"),))


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        (np.array([b"hybrid_10sec"], dtype="S"), "hybrid_10sec"),
        (np.array([b"int16\0\0"], dtype="S12"), "int16"),
        (np.array(["schön".encode()], dtype="S"), "schön"),
        (np.array([b"caf\xe9"], dtype="S"), "café"),
        (np.array([b"a.dat", b"b.dat"], dtype="S"), ["a.dat", "b.dat"]),
        (np.bytes_(b"negative"), "negative"),
        (b"negative", "negative"),
        ("text", "text"),
        (np.bytes_(b"N."), None),
        (h5py.Empty("S1"), None),
        (None, None),
        (np.bytes_(b"(lp0\nVa.dat\np1\naVb.dat\np2\na."), ["a.dat", "b.dat"]),
        (pickle.dumps(["a.dat", "é.dat"], protocol=2), ["a.dat", "é.dat"]),
        (pickle.dumps([500, 0.5], protocol=0), [500, 0.5]),
        (pickle.dumps([], protocol=0), []),
        (np.bytes_(b"(F35.0\nF310.0\ntp1\n."), [35.0, 310.0]),
        (np.bytes_(b"(lp1\n(I0\nI1\ntp2\na(I1\nI2\ntp3\na."), [[0, 1], [1, 2]]),
        (np.bytes_(b"(lp1\nS'a.dat'\np2\nag2\na."), ["a.dat", "a.dat"]),
        (pickle.dumps([None, True, [0.5, (3, 4, 5)]], protocol=2), [None, True, [0.5, [3, 4, 5]]]),
        (pickle.dumps(["x", ["y"]], protocol=4), ["x", ["y"]]),
        (b"(a name, with brackets.", "(a name, with brackets."),
        (b"No.", "No."),
        (np.array([b"N."], dtype="S"), "N."),
        (np.int64(3), 3),
        (np.uint8(1), 1),
        (np.float64(0.475), 0.475),
        (np.bool_(True), True),
    ],
)
def test_every_form_is_understood(stored: object, value: object) -> None:
    decoded = decode(stored)
    assert decoded == value
    assert type(decoded) is type(value)


def test_pickles_of_objects_stay_text_and_are_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for protocol in range(5):
        decode(pickle.dumps(_Trap(), protocol=protocol))
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"(lp0\ncos\nsystem\np1\na.",
        b"(lp0\ng0\na.",
        b"(lp0\n(lp1\nag1\nag1\na.",
        b"(dp0\nS'a'\nI1\ns.",
        b"NN.",
        b"(.",
        b"]q\x00h\x00a.",
        b"\x80\x02.",
        b"N.N.",
    ],
)
def test_classes_calls_and_lists_that_hold_themselves_are_not_decoded(data: bytes) -> None:
    assert decode_pickle(data, bytes.decode) is NOT_PLAIN
    assert decode(data) == data.decode("latin-1").rstrip("\0")


def test_one_element_strings_of_the_file_come_back_as_text(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.kwik", "w") as file:
        file.attrs["klusta"] = np.array([b"main"], dtype="S")
        file.attrs["pytables"] = np.bytes_(b"N.")
        file.attrs["TITLE"] = h5py.Empty("S1")
        file.attrs["vlen"] = "é"
        file.attrs["place"] = np.array([35.0, 310.0], dtype=np.float32)
    with open_h5(tmp_path / "x.kwik") as file:
        attributes = file.attrs("/")
    place = attributes.pop("place")
    assert attributes == {"klusta": "main", "pytables": None, "TITLE": None, "vlen": "é"}
    assert place.dtype == np.float32
    assert not place.flags.writeable


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        (np.array([3]), 3),
        ("3", 3),
        (" -2 ", -2),
        (3.0, 3),
        (3.5, None),
        ("good", None),
        (None, None),
        ([], None),
    ],
)
def test_integers_from_what_was_meant(value: object, number: int | None) -> None:
    assert as_int(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        (np.array([0.5]), 0.5),
        ("0.195", 0.195),
        ("", None),
        (None, None),
        (float("nan"), None),
        ([1, 2], None),
    ],
)
def test_numbers_from_what_was_meant(value: object, number: float | None) -> None:
    assert as_float(value) == number
