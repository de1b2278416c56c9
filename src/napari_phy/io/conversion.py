"""Writes a data set of any Kwik variant anew in the layout of klusta 3, beside or far from the old one."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import SpikeRows
from napari_phy.core.errors import SaveError
from napari_phy.io.h5 import open_h5
from napari_phy.io.kwik import schema
from napari_phy.io.kwik.attributes import as_float, as_texts, encode
from napari_phy.io.kwik.create import KwikGroup, create_kwik
from napari_phy.io.kwik.model import KwikModel
from napari_phy.io.kwik.raw_files import RawData
from napari_phy.io.kwik.traces import JoinedTraces

_BLOCK_BYTES = 2**25
_KNOWN_NODES = {"application_data", "channel_groups", "recordings"}
_OWN_PARAMETERS = {
    "dtype",
    "experiment_name",
    "n_channels",
    "n_features_per_channel",
    "raw_data_files",
    "sample_rate",
    "nchannels",
    "nfeatures_per_channel",
    "fetdim",
}


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion wrote.

    Attributes
    ----------
    path : the new `.kwik`; the `.kwx` is beside it.
    n_spikes : {channel group: spikes}.
    raw_files : raw files that the new data set names; the old ones, or a new `.dat` where the old ones are HDF5.
    left_out : one sentence for each thing that the new layout has no place for.
    """

    path: Path
    n_spikes: Mapping[int, int]
    raw_files: tuple[str, ...]
    left_out: tuple[str, ...]


def convert_kwik(
    source: str | Path, target: str | Path, on_progress: Callable[[float], None] = lambda _: None
) -> Converted:
    """Write a data set anew in the layout of klusta 3: all channel groups, all clusterings, features and masks.

    Flat raw files stay where they are and are named; raw data in HDF5 are written to a `.dat`. The old files are only
    read. The new ones appear under their names when they are whole and were read back.

    Parameters
    ----------
    source : `.kwik` file of any variant.
    target : `.kwik` file to make.
    on_progress : called with the part that is done, 0…1.

    Raises
    ------
    SaveError
        If a file of that name is there already, the disk is too small, or what was written is not what was read.
    KwikFormatError, MissingDataError
        If the old data set cannot be read.
    """
    source, target = Path(source), Path(target).absolute()
    if target.suffix != ".kwik":
        raise SaveError(f"{target.name} does not end in .kwik; choose another name.")
    for suffix in (".kwik", ".kwx", ".dat"):
        if target.with_suffix(suffix).exists() and (suffix != ".dat" or _writes_raw(source)):
            raise SaveError(f"{target.with_suffix(suffix).name} is there already; choose another name.")
    if not target.parent.is_dir():
        raise SaveError(f"{target.name} cannot be written: there is no folder {target.parent}; make it first.")
    with contextlib.ExitStack() as stack:
        models = [stack.enter_context(contextlib.closing(model)) for model in _models(source)]
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".converting-", dir=target.parent)))
            converted = _write(models, folder / target.name, target, on_progress)
            for suffix in (".dat", ".kwx", ".kwik"):
                made = folder / target.with_suffix(suffix).name
                if made.exists():
                    made.replace(target.with_suffix(suffix))
        except OSError as error:
            raise SaveError(f"{target.name} could not be written: {error.strerror or error}.") from error
    return converted


class _Blocks:
    """Features `(n_spikes, n_channels, n_per_channel)` or masks, read block by block; zeros where there are none."""

    def __init__(self, rows: SpikeRows | None, shape: tuple[int, ...], on_read: Callable[[], None]) -> None:
        self.shape = shape
        self.ndim = len(shape)
        self._rows = rows
        self._on_read = on_read

    def __getitem__(self, rows: slice) -> npt.NDArray[np.float32]:
        start, stop, _ = rows.indices(self.shape[0])
        self._on_read()
        if self._rows is None:
            return np.zeros((stop - start, *self.shape[1:]), dtype=np.float32)
        return np.asarray(self._rows[start:stop]).reshape(stop - start, *self.shape[1:])


def _models(source: Path) -> Iterator[KwikModel]:
    first = KwikModel(source)
    yield first
    for channel_group in first.channel_groups:
        if channel_group != first.channel_group:
            yield KwikModel(source, channel_group=channel_group)


def _write(models: Sequence[KwikModel], path: Path, target: Path, on_progress: Callable[[float], None]) -> Converted:
    first = models[0]
    raw_files = _raw_files(first, path, target)
    per_channel = next((model.n_features_per_channel for model in models if model.features is not None), 3)
    create_kwik(
        path,
        sample_rate=first.sample_rate,
        recordings=first.recordings,
        dat_path=raw_files,
        dtype=np.int16 if first.traces is None else first.traces.dtype,
        n_channels_total=_n_columns(models),
        microvolts_per_unit=first.microvolts_per_unit,
        groups={
            model.channel_group: _group(model, per_channel, partial(on_progress, place / len(models)))
            for place, model in enumerate(models)
        },
        parameters=_parameters(first),
    )
    for model in models:
        _write_other_clusterings(model, path)
    _drop_made_up_features(models, path)
    _verify(models, path, target.name)
    on_progress(1.0)
    return Converted(
        target,
        {model.channel_group: model.n_spikes for model in sorted(models, key=lambda item: item.channel_group)},
        tuple(raw_files),
        tuple(_left_out(models)),
    )


def _group(model: KwikModel, per_channel: int, on_read: Callable[[], None]) -> KwikGroup:
    n_per_channel = per_channel if model.features is None else model.n_features_per_channel
    shape = (model.n_spikes, model.n_channels)
    return KwikGroup(
        probe=model.probe,
        spike_samples=model.spike_samples,
        spike_clusters=model.spike_clusters,
        features=cast("npt.NDArray[np.float32]", _Blocks(model.features, (*shape, n_per_channel), on_read)),
        masks=cast("npt.NDArray[np.float32]", _Blocks(model.masks, shape, on_read)),
        cluster_groups=model.cluster_groups,
        group_names=model.group_names,
        cluster_colors=model.cluster_colors,
        cluster_labels=model.cluster_labels,
    )


def _n_columns(models: Sequence[KwikModel]) -> int:
    if models[0].traces is not None:
        return models[0].traces.shape[1]
    highest = max((int(model.channel_order.max()) for model in models if model.n_channels), default=0)
    stored = as_float(models[0].metadata.get("n_channels") or models[0].metadata.get("nchannels"))
    return max(highest + 1, int(stored or 0))


def _parameters(model: KwikModel) -> dict[str, Any]:
    """Return the parameters of SpikeDetekt that the new file can hold as they are."""
    with open_h5(model.path) as file:
        stored = file.attrs(schema.PARAMETERS)
    kept = {}
    for name, value in stored.items():
        if name in _OWN_PARAMETERS or value is None or name in ("CLASS", "TITLE", "VERSION"):
            continue
        with contextlib.suppress(TypeError, ValueError):
            encode(value)
            kept[name] = value
    return kept


def _raw_of(model: KwikModel) -> list[RawData | None]:
    """Return the raw data of each recording."""
    return [segment.raw for segment in model.traces.segments] if isinstance(model.traces, JoinedTraces) else []


def _is_hdf5(model: KwikModel) -> bool:
    return any(raw is not None and raw.node is not None for raw in _raw_of(model))


def _writes_raw(source: Path) -> bool:
    with contextlib.closing(KwikModel(source)) as model:
        return _is_hdf5(model)


def _raw_files(model: KwikModel, path: Path, target: Path) -> list[str]:
    """Return what the new file says of its raw data; writes them where the old ones are HDF5."""
    if _is_hdf5(model):
        return [_write_raw(model, path.with_suffix(".dat"), target)]
    with open_h5(model.path) as file:
        links = [file.attrs(f"{schema.recording_path(item.recording_id)}/raw") for item in model.recordings]
    stored = [next(iter(as_texts(link.get("dat_path"))), f"{target.stem}.dat") for link in links]
    found = _raw_of(model) or [None] * len(stored)
    files = [name if raw is None else _named(raw.path, target) for raw, name in zip(found, stored, strict=True)]
    return files if len(set(files)) > 1 else files[:1]


def _named(file: Path, target: Path) -> str:
    file = file.resolve()
    return file.name if file.parent == target.parent.resolve() else str(file)


def _write_raw(model: KwikModel, dat: Path, target: Path) -> str:
    assert model.traces is not None
    n_samples, n_channels = model.traces.shape
    row_bytes = n_channels * model.traces.dtype.itemsize
    if shutil.disk_usage(dat.parent).free < n_samples * row_bytes:
        raise SaveError(
            f"{target.stem}.dat needs {n_samples * row_bytes / 1e9:.1f} GB, more than the disk has; make room first."
        )
    step = max(1, _BLOCK_BYTES // row_bytes)
    with dat.open("wb") as stream:
        for start in range(0, n_samples, step):
            np.ascontiguousarray(model.traces[start : start + step]).tofile(stream)
    return f"{target.stem}.dat"


def _write_other_clusterings(model: KwikModel, path: Path) -> None:
    """Write the clusterings beside the one that was written as main, with the groups of their clusters."""
    group = model.channel_group
    for name in model.clusterings:
        if name == "main" or (name == model.clustering and name != schema.ORIGINAL):
            continue
        with contextlib.closing(KwikModel(model.path, group, name)) as other, open_h5(path, "r+") as file:
            file.write(schema.clustering_path(group, name), other.spike_clusters)
            names = {item.lower(): number for number, item in enumerate(other.group_names)}
            for number, item in enumerate(other.group_names):
                default = schema.DEFAULT_GROUPS.get(number, item)
                file.write_attr(f"{schema.cluster_groups_path(group, name)}/{number}", "name", default)
            for cluster in other.cluster_ids.tolist():
                number = names.get(other.cluster_groups.get(cluster, "unsorted"), schema.UNSORTED)
                file.write_attr(schema.cluster_path(group, name, cluster), "cluster_group", number)


def _drop_made_up_features(models: Sequence[KwikModel], path: Path) -> None:
    """Take the zeros away again that stood for features which the old data set does not have."""
    without = [model.channel_group for model in models if model.features is None]
    kwx = path.with_suffix(".kwx")
    if len(without) == len(models):
        kwx.unlink()
        return
    if without:
        with open_h5(kwx, "r+") as file:
            for group in without:
                parent = file.node(schema.group_path(group))
                del parent[schema.features_masks_path(group).rpartition("/")[2]]


def _verify(models: Sequence[KwikModel], path: Path, name: str) -> None:
    for model in models:
        with contextlib.closing(KwikModel(path, model.channel_group)) as made:
            same = (
                np.array_equal(made.spike_samples, model.spike_samples)
                and np.array_equal(made.spike_clusters, model.spike_clusters)
                and (made.features is None) == (model.features is None)
                and dict(made.cluster_groups) == dict(model.cluster_groups)
            )
        if not same:
            raise SaveError(
                f"{name}: channel group {model.channel_group} came out other than it was read; nothing was kept, "
                "and the old files are as before."
            )


def _left_out(models: Sequence[KwikModel]) -> Iterator[str]:
    first = models[0]
    with open_h5(first.path) as file:
        others = [str(item) for item in file.children("/") if str(item) not in _KNOWN_NODES]
    if others:
        yield f"{first.name} has {', '.join(others)}, for which the new file has no place."
    for model in models:
        if model.features is None:
            yield f"Channel group {model.channel_group} has no features."
    if _is_hdf5(first):
        for recording, raw in zip(first.recordings, _raw_of(first), strict=True):
            if raw is None:
                yield f"Recording {recording.recording_id} has no raw data; its samples are 0 in the new file."
    if first.traces is None:
        yield "The raw data were not found; the new file names them as the old one did."
