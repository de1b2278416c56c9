"""Everything that is in an HDF5 file, to compare two of them."""

import h5py
import numpy as np


def tree(path):
    """Return {place: (attributes, type and values)} of every node, links not followed."""
    found = {}

    def look(name, node):
        attributes = {key: _plain(value) for key, value in node.attrs.items()}
        found[f"/{name}"] = (attributes, _plain(node[()]) if isinstance(node, h5py.Dataset) else None)

    with h5py.File(path) as file:
        look("", file)
        file.visititems(look)
    return found


def without(nodes, *places):
    """Return the nodes that are neither at nor below one of the places."""
    return {
        name: node
        for name, node in nodes.items()
        if not any(name == place or name.startswith(f"{place}/") for place in places)
    }


def below(nodes, place):
    """Return the nodes at and below a place, named from there."""
    return {
        name.removeprefix(place): node for name, node in nodes.items() if name == place or name.startswith(f"{place}/")
    }


def _plain(value):
    if isinstance(value, h5py.Empty):
        return ("empty", str(value.dtype))
    array = np.asarray(value)
    return (str(array.dtype), array.shape, array.tobytes() if array.dtype.kind != "O" else array.tolist())
