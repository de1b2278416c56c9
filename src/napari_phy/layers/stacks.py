"""Tells image stacks from what lies in one plane."""

from collections.abc import Iterable

from napari.layers import Layer


def has_stack(layers: Iterable[Layer]) -> bool:
    """Tell whether a layer has more than two dimensions: then ours would lie over its Y and X."""
    return any(layer.ndim > 2 for layer in layers)
