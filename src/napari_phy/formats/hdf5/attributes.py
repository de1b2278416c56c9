"""Reads and writes attributes of HDF5 nodes; those of many nodes by h5py's low-level calls, which cost a fraction."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import h5py
import numpy as np

from napari_phy.formats.hdf5.links import HDF5_ERRORS, is_there, reason, to_bytes, to_text
from napari_phy.formats.hdf5.values import decode

logger = logging.getLogger(__name__)

_MAX_BYTES = 2**26
_MAX_PLAIN_BYTES = 2**12
_NATIVE_BYTES = 8
_UNUSUAL = object()


def read_attr(node: h5py.Group | h5py.Dataset, name: str | bytes) -> Any:
    """Return the decoded value of an attribute; None where it cannot be read or is larger than can be meant."""
    try:
        stored = node.attrs.get_id(name)
        value = _read_plain(stored)
        if value is not _UNUSUAL:
            return value
        return decode(node.attrs[name]) if stored.get_storage_size() <= _MAX_BYTES else None
    except HDF5_ERRORS as error:
        logger.debug("%s: attribute %s cannot be read (%s).", node.name, name, reason(error))
        return None


def read_plain_attrs(group: h5py.h5g.GroupID, path: str, names: Iterable[str] | None) -> dict[str, Any] | None:
    """Return attributes of the node at a path below a group, decoded; empty where there is no node.

    Parameters
    ----------
    group : GroupID
        The group where the path begins.
    path : str
        Path of the node.
    names : iterable of str or None
        Names of the attributes; None takes all.

    Returns
    -------
    dict of str to object, optional
        {name: value} of those that are there; None where a link is on the way, a value is of an unusual type, or
        something is damaged.
    """
    place = to_bytes(path)
    try:
        found = is_there(group, place)
        if not found:
            return None if found is None else {}
        if names is None:
            encoded: list[bytes] = []
            node = h5py.h5o.open(group, place)
            h5py.h5a.iterate(node, encoded.append)
            stored = {to_text(name): h5py.h5a.open(node, name) for name in encoded}
        else:
            stored = {}
            for name in names:
                try:
                    stored[name] = h5py.h5a.open(group, to_bytes(name), obj_name=place)
                except KeyError:
                    continue
        values = {name: _read_plain(attribute) for name, attribute in stored.items()}
    except HDF5_ERRORS:
        return None
    return None if any(value is _UNUSUAL for value in values.values()) else values


def write_plain_attrs(group: h5py.Group, path: str, values: Mapping[str, Any]) -> bool:
    """Write attributes of the node at an ASCII path below a group; groups that are missing are made.

    Returns
    -------
    bool
        False where a link or a dataset is on the way; nothing is written then.
    """
    place, node = path.encode("ascii"), group.id
    found = is_there(node, place)
    if found is None:
        return False
    if not found:
        try:
            h5py.h5g.create(node, place, lcpl=_with_parents())
        except HDF5_ERRORS:  # a dataset is on the way
            return False
    for name, value in values.items():
        if isinstance(value, h5py.Empty):
            group[place].attrs[to_bytes(name)] = value
            continue
        array, encoded = np.asarray(value, order="C"), to_bytes(name)
        if h5py.h5a.exists(node, encoded, obj_name=place):
            h5py.h5a.delete(node, encoded, obj_name=place)
        kind, space = h5py.h5t.py_create(array.dtype, logical=True), h5py.h5s.create_simple(array.shape)
        h5py.h5a.create(node, encoded, kind, space, obj_name=place).write(array)
    return True


@cache
def _with_parents() -> h5py.h5p.PropLCID:
    properties = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    properties.set_create_intermediate_group(True)
    return properties


def _read_plain(stored: h5py.h5a.AttrID) -> Any:
    """Return the decoded value of a small attribute of numbers or text; _UNUSUAL for any other."""
    kind, shape = stored.get_type(), stored.shape
    class_, n_bytes = kind.get_class(), stored.get_storage_size()
    if shape is None or not 0 < n_bytes <= _MAX_PLAIN_BYTES:
        return _UNUSUAL
    if class_ == h5py.h5t.STRING and kind.is_variable_str():
        if shape != ():
            return _UNUSUAL
        text = np.empty((), h5py.string_dtype("utf-8" if kind.get_cset() == h5py.h5t.CSET_UTF8 else "ascii"))
        stored.read(text)
        value = text.item()
        return decode(value.decode("utf-8", "surrogateescape")) if isinstance(value, bytes) else _UNUSUAL
    if class_ == h5py.h5t.STRING:
        texts = np.empty(shape, f"S{kind.get_size()}")
        stored.read(texts, kind)
        return decode(texts if shape else texts[()])
    if class_ not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT):
        return _UNUSUAL
    if class_ == h5py.h5t.INTEGER and shape == () and (n_bytes < _NATIVE_BYTES or kind.get_sign() == h5py.h5t.SGN_2):
        number = np.empty((), np.int64)
        stored.read(number, h5py.h5t.NATIVE_INT64)
        return number.item()
    if class_ == h5py.h5t.FLOAT and shape == () and n_bytes <= _NATIVE_BYTES:
        real = np.empty((), np.float64)
        stored.read(real, h5py.h5t.NATIVE_DOUBLE)
        return real.item()
    numbers = np.empty(shape, stored.dtype)
    stored.read(numbers)
    return decode(numbers)
