"""Finds what contradicts itself in a data set: between `.kwik`, `.kwx`, raw data and parameter files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import LARGEST, is_measured
from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import KwikFormatError
from napari_phy.files.platform_files import is_file
from napari_phy.formats import parameters
from napari_phy.formats.findings import Finding, as_finding, finding_of
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.foreign import check_is_hdf5
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.node_checks import check_channels, check_group, check_recordings
from napari_phy.formats.kwik.spike_proof import SpikeProof, prove_spikes
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.formats.opening import find_kwik, open_model
from napari_phy.formats.parameter_files.prm import read_prm
from napari_phy.formats.phy.model import PhyModel
from napari_phy.formats.phy.params import find_folder

_BROKEN = ("another sorting", "another probe", "another copy", "cut short", "cannot be", "is not beside", "lie past")
_ROWS_AT_ONCE = 2**14
_N_PROVED, _LEAST_PROVED, _N_PROVED_OF_ALL = 200, 20, 10_000  # spikes of a recording, and of all


def check_data_set(path: str | Path) -> list[Finding]:
    """Return everything that contradicts itself in a data set, problems first; empty if all is well.

    Nothing is changed. Everything but the raw data is read whole; these at 200 spikes and random times of each
    recording.

    Parameters
    ----------
    path : str or Path
        Any file that `open_model` opens.

    Raises
    ------
    KwikFormatError
        If it is no file of a data set at all.
    """
    if find_folder(Path(path)) is not None:
        findings = list(_check_folder(Path(path)))
    else:
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
                as_finding(findings, f"{path.name}: electrode {electrode}"),
                contextlib.closing(first.opened_at(electrode, None)) as model,
            ):
                findings += _missing_of(model)
    return findings


def _check_folder(path: Path) -> Iterator[Finding]:
    """Check a folder of phy or Kilosort: sizes against each other, spikes against raw data, features for gaps."""
    with contextlib.closing(open_model(path)) as model:
        for sentence in model.missing:
            is_problem = any(words in sentence for words in _BROKEN)
            yield finding_of(model.name, sentence, "problem" if is_problem else "note")
        yield from _check_spikes(model)
        yield from _check_features(model)


def _missing_of(model: BaseModel) -> Iterator[Finding]:
    """Give what a recording lacks: what cannot be seen for it is a problem, what needs a sorting is none."""
    for sentence in model.missing:
        yield finding_of(
            model.name, sentence, "problem" if "not beside" in sentence or "left out" in sentence else "note"
        )


def _check_kwik(path: Path) -> list[Finding]:
    findings: list[Finding] = []
    check_is_hdf5(path)
    with open_h5(path) as file:
        schema.check_is_kwik(file)
        groups = [group for group in file.children(schema.GROUPS) if isinstance(group, int)]
        if not groups:
            raise KwikFormatError(f"{path.name} has no channel groups; there is nothing to check.")
        findings += check_recordings(file)
        findings += check_channels(file, groups)
        for group in groups:
            with as_finding(findings, f"{path.name}: channel group {group}"):
                findings += check_group(file, group)
    for group in groups:
        with as_finding(findings, f"{path.name}: channel group {group}"):
            findings += _check_opened(path, group)
    findings += _check_parameter_file(path)
    return findings


def _check_opened(path: Path, group: int) -> Iterator[Finding]:
    with contextlib.closing(KwikModel(path, channel_group=group)) as model:
        for sentence in model.missing:
            if sentence in model.part_sentences:
                continue  # reported by the check of the nodes
            yield finding_of(path.name, sentence, "note" if sentence in model.doubts else "problem")
        if model.microvolts_per_unit is None:
            stored = parameters.number(model.metadata, "voltage_gain")
            what = "gives no voltage_gain" if stored is None else f"gives {stored:g} µV a unit, which no amplifier has"
            yield Finding("note", path.name, what, "voltages are shown in a.u. until the gain is set")
        yield from _check_traces(model)
        yield from _check_spikes(model)
        yield from _check_features(model)


def _check_traces(model: KwikModel) -> Iterator[Finding]:
    """Find pauses; a raw file that ends before a spike in it is reported by the model."""
    if not isinstance(model.traces, JoinedTraces) or any("ends at" in sentence for sentence in model.missing):
        return
    for recording, segment in zip(model.recordings, model.traces.segments, strict=True):
        if segment.n_rows and segment.n_rows < recording.n_samples:
            lost = (recording.n_samples - segment.n_rows) / model.sample_rate
            place, what = (
                f"{model.name}: recording {recording.recording_id}",
                f"is {lost:.3f} s longer than its raw data",
            )
            then = "there was a pause, or the raw file is cut short: what is not there is shown as 0"
            yield Finding("note", place, what, then)


def _check_spikes(model: BaseModel) -> Iterator[Finding]:
    """Prove that spikes are where the raw data have them."""
    for number, proof in prove_recordings(model).items():
        if proof.fails:
            scale = model.microvolts_per_unit or 1
            place = f"{model.name}: recording {number} of channel group {model.channel_group}"
            what = (
                f"has no spikes where the file says: the voltage at {proof.n_spikes} of them reaches "
                f"{proof.at_spikes * scale:.3g} {model.unit} on average, {proof.at_random * scale:.3g} at random times"
            )
            advice = "its raw file is another one, or its spikes are of another recording"
            yield Finding("problem", place, what, advice)


def prove_recordings(model: BaseModel) -> dict[int, SpikeProof]:
    """Return {recording: what its raw data show at its spikes}, of the recordings that have both."""
    if not isinstance(model.traces, JoinedTraces):
        return {}
    n_each = max(_LEAST_PROVED, min(_N_PROVED, _N_PROVED_OF_ALL // len(model.recordings)))
    traces, masks = model.traces, model.masks

    def strongest(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        assert masks is not None
        return np.asarray(np.nan_to_num(masks[rows]).argmax(axis=1), dtype=np.int64)

    def prove(channels_of: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]] | None) -> dict[int, SpikeProof]:
        channels, rate = model.probe.channel_ids, model.sample_rate
        return prove_spikes(traces, model.spike_samples, channels, model.metadata, rate, n_each, channels_of)

    proofs = prove(None if masks is None else strongest)
    if masks is not None and any(proof.fails for proof in proofs.values()):  # masks may be of other channels
        proofs = {place: max(proof, proofs[place], key=lambda each: each.share) for place, proof in prove(None).items()}
    return {model.recordings[place].recording_id: proof for place, proof in proofs.items()}


def _check_features(model: BaseModel) -> Iterator[Finding]:
    if model.features is None or model.masks is None or not model.n_spikes:
        return
    if isinstance(model, PhyModel) and model.computes_features:
        return  # from raw data, which are checked
    file = model.feature_file if isinstance(model, PhyModel) else None
    place = f"{(file or model.path.with_suffix('.kwx')).name}: channel group {model.channel_group}"
    n_lost = n_silent = 0
    are_shares = True
    for start in range(0, model.n_spikes, _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        measured, masks = is_measured(model.features[rows]), model.masks[rows]
        n_lost += int(np.count_nonzero(~measured))
        are_shares = are_shares and bool(((masks >= 0) & (masks <= 1)).all())
        n_silent += int(((masks <= 0).all(axis=1) & measured).sum())
    if n_lost:
        values = f"features or masks that are no numbers, unreadable or above {LARGEST:g}"
        what = f"has {n_lost} of {model.n_spikes} spikes with {values}"
        yield Finding("problem", place, what, "these spikes are shown without features; compute the features again")
    if not are_shares:
        yield Finding("problem", place, "has masks outside of 0 to 1", "compute the features again")
    if n_silent:
        what = f"has {n_silent} of {model.n_spikes} spikes that are masked on every channel"
        yield Finding("note", place, what, "they have no place on the probe")


def _check_parameter_file(path: Path) -> list[Finding]:
    """Compare with the `.prm` beside the file, if there is one."""
    prm = path.with_suffix(".prm")
    if not is_file(prm):
        return []
    findings: list[Finding] = []
    with as_finding(findings, prm.name), open_h5(path) as file:
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
