"""What a `.kwik` says besides spikes and clusters, brought into a new one: parameters, facts about clusters."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from napari_phy.core.base_model import BaseModel
from napari_phy.io.h5 import H5File, open_h5
from napari_phy.io.kwik import schema
from napari_phy.io.kwik.attributes import encode
from napari_phy.io.kwik.cluster_data import read_extras, write_extras

_OF_PYTABLES = {"CLASS", "TITLE", "VERSION"}


def storable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that a new file can hold as they are."""
    kept = {}
    for name, value in attributes.items():
        if value is not None and name not in _OF_PYTABLES:
            with suppress(TypeError, ValueError):
                encode(value)
                kept[name] = value
    return kept


def write_facts(model: BaseModel, path: Path) -> None:
    """Write the parameters of KlustaKwik2, those of each clustering, and what is said of each cluster in it."""
    group = model.channel_group
    with open_h5(model.path) as old, open_h5(path, "r+") as new:
        _copy_attributes(old, new, schema.CLUSTERING_PARAMETERS, schema.CLUSTERING_PARAMETERS)
        for name in model.clusterings:
            for made in _written_as(model, name):
                _copy_attributes(old, new, schema.clusters_path(group, name), schema.clusters_path(group, made))
                for cluster in new.children(schema.clusters_path(group, made)):
                    if isinstance(cluster, int):
                        write_extras(new, group, made, cluster, read_extras(old, group, name, cluster))


def _written_as(model: BaseModel, name: str) -> tuple[str, ...]:
    """Return the names that a clustering has in the new file: that which is open is `main` there."""
    if name != model.clustering:
        return (name,)
    return (schema.MAIN, name) if name == schema.ORIGINAL else (schema.MAIN,)


def _copy_attributes(old: H5File, new: H5File, source: str, target: str) -> None:
    for name, value in storable(old.attrs(source)).items():
        new.write_attr(target, name, value)
