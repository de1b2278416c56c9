"""Finds what contradicts itself in a data set: between `.kwik`, `.kwx`, raw data and parameter files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import KwikFormatError, NapariPhyError
from napari_phy.io.h5 import H5File, open_h5
from napari_phy.io.kwik import parameters, schema
from napari_phy.io.kwik.attributes import as_int
from napari_phy.io.kwik.clusters import read_group_names
from napari_phy.io.kwik.model import KwikModel
from napari_phy.io.opening import find_kwik, open_model
from napari_phy.io.prm import read_prm

_N_SAMPLED = 10_000
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes
    ----------
    level : "problem": something cannot be seen or is wrong; "note": all works, but one should know.
    place : file, and the part of it.
    what : what is wrong there, as the end of a sentence.
    advice : what to do.
    """

    level: Literal["problem", "note"]
    place: str
    what: str
    advice: str

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        return f"{self.place} {self.what}; {self.advice}."


def check_data_set(path: str | Path) -> list[Finding]:
    """Return everything that contradicts itself in a data set, problems first; empty if all is well.

    Nothing is changed. Features are sampled (10 000 spikes of each channel group), the rest is read whole.

    Parameters
    ----------
    path : any file that `open_model` opens.

    Raises
    ------
    KwikFormatError
        If it is no file of a data set at all.
    """
    kwik = find_kwik(Path(path))
    findings = _check_recording(Path(path)) if kwik is None else _check_kwik(kwik)
    unique = {finding.sentence: finding for finding in findings}
    return sorted(unique.values(), key=lambda finding: finding.level == "note")


def _check_recording(path: Path) -> list[Finding]:
    """Check what Open Ephys recorded: everything is read that can be."""
    findings: list[Finding] = []
    with contextlib.closing(open_model(path)) as first:
        findings += _missing_of(first)
        for electrode in first.channel_groups:
            with (
                _as_finding(findings, f"{path.name}: electrode {electrode}"),
                contextlib.closing(first.opened_at(electrode, None)) as model,
            ):
                findings += _missing_of(model)
    return findings


def _missing_of(model: BaseModel) -> Iterator[Finding]:
    """Give what a recording lacks: what cannot be seen for it is a problem, what needs a sorting is none."""
    for sentence in model.missing:
        what, _, advice = sentence.partition(". ")[0].rstrip(".").partition("; ")
        level: Literal["problem", "note"] = "problem" if "not beside" in what or "left out" in what else "note"
        yield Finding(level, f"{model.name}:", what, advice or "everything else works")


def _check_kwik(path: Path) -> list[Finding]:
    findings: list[Finding] = []
    with open_h5(path) as file:
        schema.check_is_kwik(file)
        groups = [group for group in file.children(schema.GROUPS) if isinstance(group, int)]
        if not groups:
            raise KwikFormatError(f"{path.name} has no channel groups; there is nothing to check.")
        findings += _check_recordings(file)
        findings += _check_channels(file, groups)
        for group in groups:
            with _as_finding(findings, f"{path.name}: channel group {group}"):
                findings += _check_group(file, group)
    for group in groups:
        with _as_finding(findings, f"{path.name}: channel group {group}"):
            findings += _check_opened(path, group)
    findings += _check_parameter_file(path)
    return findings


@contextlib.contextmanager
def _as_finding(findings: list[Finding], place: str) -> Iterator[None]:
    """Turn an error of reading into a finding: one bad channel group leaves the others to be checked."""
    try:
        yield
    except NapariPhyError as error:
        said = str(error).rstrip(".")
        what, _, advice = said.partition("; ")
        findings.append(Finding("problem", f"{place} cannot be read:", what, advice or "use another copy of the file"))


def _check_recordings(file: H5File) -> Iterator[Finding]:
    name = file.path.name
    numbers = [item for item in file.children(schema.RECORDINGS) if isinstance(item, int)]
    if not numbers:
        yield Finding("note", name, "has no recordings", "all spikes are taken to be of one recording")
    starts: list[int | None] = []
    for number in numbers:
        attributes = file.attrs(schema.recording_path(number))
        place = f"{name}: recording {number}"
        if not file.attrs(f"{schema.recording_path(number)}/raw"):
            yield Finding("note", place, "names no raw file", "it is looked for by the name of the data set")
        starts.append(as_int(attributes.get("start_sample")))
    known = [start for start in starts if start is not None]
    if known != sorted(known):
        yield Finding("problem", name, f"has recordings that start at {_list(known)}", "correct start_sample")


def _check_channels(file: H5File, groups: Sequence[int]) -> Iterator[Finding]:
    owners: dict[int, int] = {}
    for group in groups:
        node, place = schema.group_path(group), f"{file.path.name}: channel group {group}"
        attributes = file.attrs(node)
        nodes = [item for item in file.children(f"{node}/channels") if isinstance(item, int)]
        order = attributes.get("channel_order")
        if order is None:
            order = nodes
            yield Finding("note", place, "has no channel_order", "its channels are taken in ascending order")
        channels = [number for item in np.asarray(order).reshape(-1).tolist() if (number := as_int(item)) is not None]
        if not channels:
            yield Finding("problem", place, "has no channels", "add them, or leave the group out")
        for channel in channels:
            if channel in owners:
                what = f"has channel {channel}, as channel group {owners[channel]} has"
                yield Finding("note", place, what, "its spikes may be found twice")
            owners.setdefault(channel, group)
        if len(set(channels)) < len(channels):
            yield Finding("problem", place, "names a channel twice in channel_order", "name each channel once")
        lost = [channel for channel in channels if not _has_position(file, f"{node}/channels/{channel}")]
        if lost:
            what = f"has no position for channels {_list(lost)}"
            yield Finding("note", place, what, "they are drawn on a line, 20 µm apart")
        graph = np.asarray(attributes.get("adjacency_graph", ())).reshape(-1)
        if graph.dtype.kind in "iu" and (strange := np.setdiff1d(graph, channels)).size:
            what = f"has edges to channels {_list(strange.tolist())}, which it does not have"
            yield Finding("note", place, what, "these edges are left out")


def _has_position(file: H5File, node: str) -> bool:
    stored = file.attrs(node).get("position")
    return isinstance(stored, np.ndarray) and stored.size == 2


def _check_group(file: H5File, group: int) -> Iterator[Finding]:
    place = f"{file.path.name}: channel group {group}"
    path = schema.spikes_path(group, "time_samples")
    if not file.is_dataset(path):
        yield Finding("note", place, "has no spikes", "there is nothing to sort in it")
        return
    samples = file.read(path)
    n_spikes = samples.size
    for name in ("recording", "time_fractional"):
        other = schema.spikes_path(group, name)
        if file.is_dataset(other) and file.dataset(other).shape != samples.shape:
            what = f"has {n_spikes} spikes but {name} of shape {file.dataset(other).shape}"
            yield Finding("problem", place, what, "one of them is of another sorting")
        if name == "recording" and not file.is_dataset(other):
            yield Finding("note", place, "does not say of which recording its spikes are", "all count to the first")
    path = schema.spikes_path(group, "recording")
    numbers = file.read(path) if file.is_dataset(path) else np.zeros(n_spikes, dtype=np.int64)
    if numbers.shape == samples.shape and samples.ndim == 1 and samples.dtype.kind in "iu":
        yield from _check_order(place, samples.astype(np.int64), numbers)
        known = [item for item in file.children(schema.RECORDINGS) if isinstance(item, int)]
        strange = np.setdiff1d(numbers, known or [0])
        if strange.size:
            what = f"has spikes of recordings {_list(strange.tolist())}, which the file does not have"
            yield Finding("problem", place, what, "add these recordings, or correct the numbers")
    yield from _check_clusterings(file, group, n_spikes)


def _check_order(place: str, samples: npt.NDArray[np.int64], numbers: npt.NDArray[Any]) -> Iterator[Finding]:
    same = numbers[1:] == numbers[:-1]
    backwards = int(((np.diff(samples) < 0) & same).sum()) + int((numbers[1:] < numbers[:-1]).sum())
    if backwards:
        what = f"has {backwards} spikes that come before the one they follow"
        yield Finding("note", place, what, "they are sorted when read; the file stays as it is")
    twice = int(((np.diff(samples) == 0) & same).sum())
    if twice:
        yield Finding("note", place, f"has {twice} pairs of spikes at the same sample", "look for spikes found twice")


def _check_clusterings(file: H5File, group: int, n_spikes: int) -> Iterator[Finding]:
    node, place = schema.clusterings_path(group), f"{file.path.name}: channel group {group}"
    names = [str(item) for item in file.children(node) if file.is_dataset(f"{node}/{item}")]
    if not names:
        yield Finding("note", place, "has no clustering", "all its spikes are shown as one cluster")
    elif "main" not in names:
        what = f"has no clustering main, but {', '.join(names)}"
        yield Finding("note", place, what, f"{names[0]} is opened unless another one is chosen")
    for name in names:
        where = f"{place}, clustering {name}"
        shape, dtype = file.dataset(f"{node}/{name}").shape, file.dataset(f"{node}/{name}").dtype
        if shape != (n_spikes,) or dtype.kind not in "iu":
            what = f"has shape {shape} of {dtype} for {n_spikes} spikes"
            yield Finding("problem", where, what, "it is of another sorting; delete it, or open another clustering")
            continue
        live = np.unique(file.read(f"{node}/{name}")).tolist()
        yield from _check_clusters(file, group, name, live, where)


def _check_clusters(file: H5File, group: int, clustering: str, live: Sequence[int], place: str) -> Iterator[Finding]:
    nodes = {item for item in file.children(schema.clusters_path(group, clustering)) if isinstance(item, int)}
    without = [cluster for cluster in live if cluster not in nodes]
    if without:
        what = f"has clusters without a node: {_list(without)}"
        yield Finding("note", place, what, "they are unsorted; saving gives them one")
    empty = sorted(nodes.difference(live))
    if empty:
        what = f"has nodes of clusters without spikes: {_list(empty)}"
        yield Finding("note", place, what, "they are not shown, and their ids are not used again")
    names = read_group_names(file, group, clustering)
    known = {*names.values(), *(name.lower() for name in schema.DEFAULT_GROUPS.values())}
    for cluster in (cluster for cluster in live if cluster in nodes):
        stored = file.attrs(schema.cluster_path(group, clustering, cluster)).get("cluster_group")
        number = as_int(stored)
        unknown = (
            number not in {*names, *schema.DEFAULT_GROUPS}
            if number is not None
            else (isinstance(stored, str) and stored.strip().lower() not in known)
        )
        if unknown:
            what = f"has cluster {cluster} in group {stored}, which the file does not have"
            yield Finding("problem", place, what, f"it is shown as group_{stored}; move it to another group and save")


def _check_opened(path: Path, group: int) -> Iterator[Finding]:
    with contextlib.closing(KwikModel(path, channel_group=group)) as model:
        for sentence in model.missing:
            if sentence in model.doubts:
                what, _, assumed = sentence.rstrip(".").partition(". ")
                yield Finding("note", f"{path.name}:", what, f"{assumed[:1].lower()}{assumed[1:]}")
                continue
            what, _, advice = sentence.partition(". ")[0].rstrip(".").partition("; ")
            yield Finding("problem", f"{path.name}:", what, advice or "put the file there, or go on without it")
        if model.microvolts_per_unit is None:
            stored = parameters.number(model.metadata, "voltage_gain")
            what = "gives no voltage_gain" if stored is None else f"gives {stored:g} µV a unit, which no amplifier has"
            yield Finding("note", path.name, what, "voltages are shown in a.u. until the gain is set")
        yield from _check_traces(model)
        yield from _check_features(model)


def _check_traces(model: KwikModel) -> Iterator[Finding]:
    segments = getattr(model.traces, "segments", ())
    for recording, segment in zip(model.recordings, segments, strict=False):
        place = f"{model.name}: recording {recording.recording_id}"
        if segment.n_rows and segment.n_rows < recording.n_samples:
            lost = (recording.n_samples - segment.n_rows) / model.sample_rate
            what = f"is {lost:.3f} s longer than its raw data"
            yield Finding("problem", place, what, "the raw file is cut short; what is not there is shown as 0")


def _check_features(model: KwikModel) -> Iterator[Finding]:
    if model.features is None or model.masks is None or not model.n_spikes:
        return
    place = f"{model.path.with_suffix('.kwx').name}: channel group {model.channel_group}"
    rows = np.unique(np.linspace(0, model.n_spikes - 1, _N_SAMPLED).astype(np.int64))
    lost = int((~np.isfinite(model.features[rows])).any(axis=1).sum())
    if lost:
        what = f"has {lost} of {len(rows)} spikes with features that are no numbers"
        yield Finding("problem", place, what, "compute the features again")
    masks = model.masks[rows]
    if not ((masks >= 0) & (masks <= 1)).all():
        yield Finding("problem", place, "has masks outside of 0 to 1", "compute the features again")
    silent = int((masks <= 0).all(axis=1).sum())
    if silent:
        what = f"has {silent} of {len(rows)} spikes that are masked on every channel"
        yield Finding("note", place, what, "they have no place on the probe")


def _check_parameter_file(path: Path) -> list[Finding]:
    """Compare with the `.prm` beside the file, if there is one."""
    prm = path.with_suffix(".prm")
    if not prm.is_file():
        return []
    findings: list[Finding] = []
    with _as_finding(findings, prm.name), open_h5(path) as file:
        read = read_prm(prm)
        stored = file.attrs(schema.PARAMETERS)
        pairs = (
            ("sample_rate", read.sample_rate, parameters.number(stored, "sample_rate")),
            ("n_channels", read.n_channels, parameters.integer(stored, "n_channels")),
            ("dtype", read.dtype, parameters.sample_type(stored)),
        )
        for name, in_prm, in_kwik in pairs:
            if in_prm is not None and in_kwik is not None and in_prm != in_kwik:
                what = f"gives {in_prm} as {name} but {path.name} {in_kwik}"
                findings.append(Finding("problem", prm.name, what, "correct the one that is wrong"))
    return findings


def _list(values: Sequence[Any]) -> str:
    shown = ", ".join(map(str, values[:_SHOWN]))
    return shown if len(values) <= _SHOWN else f"{shown} and {len(values) - _SHOWN} more"
