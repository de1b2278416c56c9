"""Every kind of node and attribute that a program does not expect, at every node of a data set."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from h5py import h5a, h5g, h5s, h5t

NOT_UTF8 = b"\xff\xfe name"
_COMPOUND = np.dtype([("a", "<i4"), ("b", "<f8")])

MakeNode = Callable[[h5py.File, str, tuple[int, ...]], object]
MakeAttribute = Callable[[h5py.AttributeManager, str], object]


@dataclass(frozen=True)
class Oddity:
    """One change of one file: `kind` at `node`, or at its attribute."""

    suffix: str
    node: str
    kind: str
    attribute: str | None = None

    def __str__(self) -> str:
        at = "" if self.attribute is None else f"@{self.attribute}"
        return f"{self.kind} at {self.suffix}:{self.node}{at}"

    def make(self, kwik: Path) -> None:
        """Change the file of a data set."""
        with h5py.File(kwik.with_suffix(self.suffix), "r+") as file:
            if self.attribute is not None:
                _set_attribute(file[self.node], self.attribute, ATTRIBUTES[self.kind])
            elif self.kind in NAMES:
                NAMES[self.kind](file[self.node])
            else:
                _replace(file, self.node, NODES[self.kind])


def every_oddity(kwik: Path) -> Iterator[Oddity]:
    """Give every change of the files of a data set."""
    for suffix in (".kwik", ".kwx"):
        with h5py.File(kwik.with_suffix(suffix)) as file:
            names = ["/"]
            file.visit(lambda name, names=names: names.append(f"/{name}"))
            for name in names:
                for attribute in [*file[name].attrs, "name"]:
                    yield from (Oddity(suffix, name, kind, attribute) for kind in ATTRIBUTES)
                yield Oddity(suffix, name, "attribute not in UTF-8")
                if isinstance(file[name], h5py.Group):
                    yield Oddity(suffix, name, "child not in UTF-8")
                if name != "/":
                    yield from (Oddity(suffix, name, kind) for kind in NODES)


def _replace(file: h5py.File, name: str, make: MakeNode) -> None:
    node = file[name]
    shape = node.shape if isinstance(node, h5py.Dataset) and node.shape is not None else (3,)
    attributes = dict(node.attrs) if isinstance(node, h5py.Dataset) else {}
    del file[name]
    make(file, name, shape)
    if isinstance(file.get(name, getlink=True), h5py.HardLink) and isinstance(file[name], h5py.Dataset):
        for key, value in attributes.items():
            file[name].attrs[key] = value


def _soft(target: str | None = None) -> MakeNode:
    def make(file: h5py.File, name: str, _: tuple[int, ...]) -> None:
        file[name] = h5py.SoftLink(target or name)

    return make


def _external(other: str) -> MakeNode:
    def make(file: h5py.File, name: str, _: tuple[int, ...]) -> None:
        file[name] = h5py.ExternalLink(other, "/secret")

    return make


def _of_type(dtype: np.dtype) -> MakeNode:
    def make(file: h5py.File, name: str, shape: tuple[int, ...]) -> None:
        file.create_dataset(name, shape, dtype)

    return make


def _opaque(file: h5py.File, name: str, shape: tuple[int, ...]) -> None:
    file.create_dataset(name, shape, h5py.opaque_dtype(np.dtype("V8")))


def _null(file: h5py.File, name: str, _: tuple[int, ...]) -> None:
    file.create_dataset(name, data=h5py.Empty("f8"))


def _scalar(file: h5py.File, name: str, _: tuple[int, ...]) -> None:
    file[name] = 7


def _named_type(file: h5py.File, name: str, _: tuple[int, ...]) -> None:
    file[name] = np.dtype("f8")


def _empty_group(file: h5py.File, name: str, _: tuple[int, ...]) -> None:
    file.create_group(name)


def _dataset(file: h5py.File, name: str, shape: tuple[int, ...]) -> None:
    file[name] = np.zeros(shape, dtype=np.int32)


NODES: dict[str, MakeNode] = {
    "dangling link": _soft("/nowhere"),
    "link to itself": _soft(),
    "link to the root": _soft("/"),
    "link to a missing file": _external("missing.h5"),
    "link to a file outside": _external("../outside.h5"),
    "null dataset": _null,
    "scalar": _scalar,
    "empty group": _empty_group,
    "named type": _named_type,
    "dataset": _dataset,
    "vlen text": _of_type(h5py.string_dtype()),
    "vlen numbers": _of_type(h5py.vlen_dtype(np.int32)),
    "compound": _of_type(_COMPOUND),
    "references": _of_type(h5py.ref_dtype),
    "region references": _of_type(h5py.regionref_dtype),
    "enum": _of_type(h5py.enum_dtype({"A": 0, "B": 1}, "i4")),
    "opaque": _opaque,
    "complex": _of_type(np.dtype("c16")),
    "text": _of_type(np.dtype("S4")),
}


def _set_attribute(node: h5py.Group | h5py.Dataset, name: str, make: MakeAttribute) -> None:
    if name in node.attrs:
        del node.attrs[name]
    make(node.attrs, name)


def _value(value: object, dtype: object = None) -> MakeAttribute:
    return lambda attributes, name: attributes.create(name, value, dtype=dtype)


def _not_utf8_text(attributes: h5py.AttributeManager, name: str) -> None:
    kind = h5t.C_S1.copy()
    kind.set_size(4)
    kind.set_cset(h5t.CSET_UTF8)
    made = h5a.create(attributes._id, name.encode(), kind, h5s.create(h5s.SCALAR))
    made.write(np.array(b"\xff\xfe\xfd\xfc"), mtype=kind)


def _vlen_numbers(attributes: h5py.AttributeManager, name: str) -> None:
    values = np.empty(2, dtype=object)
    values[:] = [np.arange(3, dtype=np.int32), np.arange(1, dtype=np.int32)]
    attributes.create(name, values, dtype=h5py.vlen_dtype(np.int32))


def _reference(attributes: h5py.AttributeManager, name: str) -> None:
    attributes.create(name, h5py.Reference(), dtype=h5py.ref_dtype)


ATTRIBUTES: dict[str, MakeAttribute] = {
    "null": _value(h5py.Empty("f8")),
    "null text": _value(h5py.Empty("S4")),
    "not UTF-8": _not_utf8_text,
    "vlen text": _value(["a", "b"], h5py.string_dtype()),
    "vlen not UTF-8": _value(b"\xff\xfe", h5py.string_dtype()),
    "vlen numbers": _vlen_numbers,
    "compound": _value(np.zeros(2, dtype=_COMPOUND)),
    "reference": _reference,
    "enum": _value(1, h5py.enum_dtype({"A": 0, "B": 1}, "i4")),
    "opaque": _value(np.array(b"12345678", dtype="V8").astype(h5py.opaque_dtype(np.dtype("V8")))),
    "complex": _value(1j),
    "no values": _value(np.zeros(0)),
    "table": _value(np.zeros((2, 3))),
    "infinite": _value(np.inf),
    "largest": _value(np.uint64(2**64 - 1)),
    "control characters": _value("\x1b]0;title\x07\u202ereversed\n<img src=x>"),
}


def _attribute_not_in_utf8(node: h5py.Group | h5py.Dataset) -> None:
    made = h5a.create(node.id, NOT_UTF8, h5t.NATIVE_INT32, h5s.create(h5s.SCALAR))
    made.write(np.array(1, dtype=np.int32))


def _child_not_in_utf8(group: h5py.Group) -> None:
    h5g.create(group.id, NOT_UTF8)


NAMES: dict[str, Callable[[h5py.Group], object]] = {
    "attribute not in UTF-8": _attribute_not_in_utf8,
    "child not in UTF-8": _child_not_in_utf8,
}
