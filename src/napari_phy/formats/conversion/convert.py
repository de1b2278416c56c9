"""Writes any data set that can be opened anew in the layout of klusta 3, beside or far from the old one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.cluster_groups import UNSORTED
from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.errors import SaveError
from napari_phy.core.event_times import EventTimes
from napari_phy.files.install import check_folder
from napari_phy.formats.conversion.facts import is_uncertain, keep_numbering, storable, write_facts, write_parameters
from napari_phy.formats.conversion.groups import group_of, read_fractions, write_other_clusterings
from napari_phy.formats.conversion.raw import has_header, is_beside, is_hdf5, raw_files, raw_of
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.hdf5.values import as_float
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.create import create_kwik
from napari_phy.formats.kwik.events import EVENTS
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.opening import open_model
from napari_phy.formats.phy.model import PhyModel
from napari_phy.formats.raw_notes import read_raw_notes, write_raw_notes

_KNOWN_NODES = {"application_data", "channel_groups", "recordings", EVENTS.strip("/")}
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
_OF_WAVEFORMS = {"filter_low", "extract_s_before", "extract_s_after", "waveform_filter"}
_AS_READ: Mapping[int, StoredClustering] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion wrote.

    Attributes
    ----------
    path : Path
        The new `.kwik`; the `.kwx` is beside it.
    n_spikes : mapping of int to int
        {channel group: spikes}.
    raw_files : tuple of str
        Raw files that the new data set names; the old ones, or a new `.dat` where the old ones are HDF5.
    left_out : tuple of str
        One sentence for each thing that the new layout has no place for.
    taken_as : tuple of str, default ()
        One sentence for each thing that the old file does not say for certain, and how the new one has it.
    """

    path: Path
    n_spikes: Mapping[int, int]
    raw_files: tuple[str, ...]
    left_out: tuple[str, ...]
    taken_as: tuple[str, ...] = ()


def convert_data_set(
    source: str | Path,
    target: str | Path,
    on_progress: Callable[[float], object] = lambda _: None,
    *,
    sorted_now: Mapping[int, StoredClustering] = _AS_READ,
    copies_raw: bool = True,
) -> Converted:
    """Write a data set anew in the layout of klusta 3.

    All channel groups, all clusterings, features, masks, stored waveforms and events come along. Flat raw files stay
    where they are and are named; raw data in HDF5, or behind a header, are written to a `.dat`. The old files are only
    read. The new ones appear under their names when they are whole and were read back. Where it is not certain which
    recordings spikes belong to, their numbers and the raw data stay as they are, so that the new file can be read in
    either way too.

    Parameters
    ----------
    source : str or Path
        Any file that `open_model` opens.
    target : str or Path
        `.kwik` file to make.
    on_progress : callable, optional
        Called with the part that is done, 0…1.
    sorted_now : mapping of int to StoredClustering, optional
        {channel group: clustering to write as main}; the others get that of the file.
    copies_raw : bool, default True
        False names raw data in HDF5 too, where they are.

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
    check_folder(target)
    with ExitStack() as stack:
        models = [stack.enter_context(closing(model)) for model in _models(source)]
        keeps_numbering = is_uncertain(models[0])
        copies_raw = copies_raw and not keeps_numbering  # links to raw data may be what it is judged by
        copies_raw = copies_raw or has_header(models[0])
        has_new_raw = copies_raw and (is_hdf5(models[0]) or has_header(models[0]))
        for suffix in (".kwik", ".kwx", *([".dat"] if has_new_raw else [])):
            if target.with_suffix(suffix).exists():
                raise SaveError(f"{target.with_suffix(suffix).name} is there already; choose another name.")
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".converting-", dir=target.parent)))
            path = folder / target.name
            named = raw_files(models[0], path, target, copies_raw=copies_raw)
            _write(models, path, named, sorted_now, on_progress)
            write_parameters(models[0], path, has_new_raw=has_new_raw)
            if keeps_numbering:
                keep_numbering(models, path)
            _verify(models, path, target, sorted_now)
            for suffix in (".dat", ".kwx", ".kwik"):
                made = path.with_suffix(suffix)
                if made.exists():
                    made.replace(target.with_suffix(suffix))
        except OSError as error:
            raise SaveError(f"{target.name} could not be written: {error.strerror or error}.") from error
        on_progress(1.0)
        n_spikes = {
            model.channel_group: model.n_spikes for model in sorted(models, key=lambda item: item.channel_group)
        }
        left_out = tuple(_left_out(models, copies_raw=copies_raw))
        notes: tuple[str, ...] = ()
        if keeps_numbering:
            lacking = models[0].unnumbered if isinstance(models[0], KwikModel) else ""
            kept = f"{target.name} has the numbers of recordings as they are in {source.name}."
            notes = (lacking, kept) if lacking else (kept,)
        if keeps_numbering:
            write_raw_notes(target, lengths=read_raw_notes(models[0].path).lengths)
        return Converted(target, n_spikes, tuple(named), left_out, (*models[0].doubts, *notes))


def _models(source: Path) -> Iterator[BaseModel]:
    first = open_model(source)
    yield first
    for channel_group in first.channel_groups:
        if channel_group != first.channel_group and (channel_group, None) not in first.unreadable:
            yield first.opened_at(channel_group, None)


def _write(
    models: Sequence[BaseModel],
    path: Path,
    named: Sequence[str],
    sorted_now: Mapping[int, StoredClustering],
    on_progress: Callable[[float], object],
) -> None:
    first = models[0]
    with ExitStack() as stack:
        groups = {
            model.channel_group: stack.enter_context(
                group_of(model, sorted_now.get(model.channel_group), partial(on_progress, place / len(models)))
            )
            for place, model in enumerate(models)
        }
        create_kwik(
            path,
            sample_rate=first.sample_rate,
            recordings=first.recordings,
            dat_path=named,
            dtype=np.int16 if first.traces is None else first.traces.dtype,
            n_channels_total=_n_columns(models),
            microvolts_per_unit=first.microvolts_per_unit,
            groups=groups,
            parameters=_parameters(first),
            events=first.events,
        )
        for model in models:
            write_other_clusterings(model, groups[model.channel_group], path)
            write_facts(model, path)


def _n_columns(models: Sequence[BaseModel]) -> int:
    if models[0].traces is not None:
        return models[0].traces.shape[1]
    highest = max((int(model.probe.channel_ids.max()) for model in models if model.n_channels), default=0)
    stored = as_float(models[0].metadata.get("n_channels") or models[0].metadata.get("nchannels"))
    return max(highest + 1, int(stored or 0))


def _parameters(model: BaseModel) -> dict[str, Any]:
    """Return the parameters of SpikeDetekt that the new file can hold as they are."""
    if isinstance(model, PhyModel):
        return {name: value for name, value in model.metadata.items() if name in _OF_WAVEFORMS}
    with open_h5(model.path) as file:
        stored = file.attrs(schema.PARAMETERS)
    return {name: value for name, value in storable(stored).items() if name not in _OWN_PARAMETERS}


def _verify(models: Sequence[BaseModel], path: Path, target: Path, sorted_now: Mapping[int, StoredClustering]) -> None:
    beside = {
        raw.path.resolve().name: raw.path
        for raw in raw_of(models[0])
        if raw is not None and is_beside(raw.path, target)
    }
    for model in models:
        shown = sorted_now.get(model.channel_group, model)
        fractions = read_fractions(model)
        with closing(KwikModel(path, model.channel_group, raw_files=beside)) as made:
            same = (
                np.array_equal(made.spike_samples, model.spike_samples)
                and np.array_equal(made.spike_clusters, shown.spike_clusters)
                and (made.features is None) == (model.features is None)
                and dict(made.cluster_groups) == _groups_of_live(shown)
                and (fractions is None or _is_same(read_fractions(made), fractions))
                and _same_events(made.events, model.events)
            )
        if not same:
            raise SaveError(
                f"{target.name}: channel group {model.channel_group} came out other than it was read; nothing was "
                "kept, and the old files are as before."
            )


def _is_same(one: npt.NDArray[np.uint8] | None, other: npt.NDArray[np.uint8]) -> bool:
    return one is not None and np.array_equal(one, other)


def _groups_of_live(shown: BaseModel | StoredClustering) -> dict[int, str]:
    """Return {cluster: group} of the clusters that have spikes and are not unsorted."""
    live = set(np.unique(shown.spike_clusters).tolist())
    return {cluster: name for cluster, name in shown.cluster_groups.items() if cluster in live and name != UNSORTED}


def _same_events(one: Mapping[str, EventTimes], other: Mapping[str, EventTimes]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(one[name].samples, events.samples)
        and one[name].values.keys() == events.values.keys()
        and all(np.array_equal(one[name].values[field], values) for field, values in events.values.items())
        for name, events in other.items()
    )


def _left_out(models: Sequence[BaseModel], *, copies_raw: bool) -> Iterator[str]:
    first = models[0]
    if isinstance(first, PhyModel):
        others = [
            what
            for what, there in (("templates", first.templates), ("amplitudes", first.amplitudes))
            if there is not None
        ]
    else:
        with open_h5(first.path) as file:
            others = [str(item) for item in file.children("/") if str(item) not in _KNOWN_NODES]
    if others:
        yield f"{first.name} has {', '.join(others)}, for which the new file has no place."
    yield from dict.fromkeys(first.unreadable.values())
    for model in models:
        if model.features is None:
            yield f"Channel group {model.channel_group} has no features."
    if copies_raw and is_hdf5(first):
        for recording, raw in zip(first.recordings, raw_of(first), strict=True):
            if raw is None:
                yield f"Recording {recording.recording_id} has no raw data; its samples are 0 in the new file."
    if first.traces is None:
        yield "The raw data were not read; the new file names them as the old one did."
