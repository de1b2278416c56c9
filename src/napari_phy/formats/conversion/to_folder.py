"""Writes a channel group of any data set as a folder that phy opens, as Kilosort and SpikeInterface write them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.core.base_model import BaseModel
from napari_phy.core.cluster_groups import UNSORTED
from napari_phy.core.clustering_file import MAIN
from napari_phy.core.errors import SaveError
from napari_phy.core.sentences import listed
from napari_phy.files.atomic import sync_file
from napari_phy.files.install import check_folder
from napari_phy.files.platform_files import sync_folder
from napari_phy.formats.conversion.convert import Converted
from napari_phy.formats.conversion.groups import read_fractions
from napari_phy.formats.conversion.raw import is_hdf5, write_raw
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.formats.opening import open_model
from napari_phy.formats.phy.clustering_file import SPIKE_CLUSTERS, SPIKE_TEMPLATES
from napari_phy.formats.phy.model import PhyModel
from napari_phy.formats.phy.params import PARAMS, SPIKE_TIMES
from napari_phy.formats.phy.tables import texts_of, write_tables
from napari_phy.stats.similarity import lagged_cosines

RAW = "raw.dat"
N_NEAR = 32  # channels of a template whose features are kept; of a probe with fewer, all
_N_MEAN = 100  # spikes of a cluster that its template is the mean of
_BLOCK_BYTES = 2**24
_TROUGH = -np.exp(-0.5 * (np.arange(-16, 16) / 3) ** 2)  # stands in for waveforms that cannot be read
_CARRIED = (  # parameters that tell how waveforms are cut out of the raw data
    *("filter_low", "filter_high", "filter_high_factor", "filter_butter_order", "waveform_filter"),
    *("extract_s_before", "extract_s_after"),
)
_NO_FOLDERS = {".kwx", ".kwd", ".kwe", ".dat", ".bin", ".prm", ".prb", ".h5", ".hdf5", ".nwb", ".npy"}

OnProgress = Callable[[float], object]
Int64 = npt.NDArray[np.int64]


def convert_to_folder(
    source: str | Path,
    target: str | Path,
    on_progress: OnProgress = lambda _: None,
    *,
    channel_group: int | None = None,
) -> Converted:
    """Write a channel group of a data set as a folder that phy opens.

    Each cluster becomes a template: the mean of up to 100 of its waveforms, in units of the raw data; where these
    cannot be read, a trough as high as its features. The amplitude of a spike is the factor by which its features are
    those of its template. Flat raw files stay where they are and are named; others are written to `raw.dat` in the
    folder. The old files are only read. The folder appears under its name when it is whole and was read back.

    Parameters
    ----------
    source : str or Path
        Any file that `open_model` opens.
    target : str or Path
        Folder to make.
    on_progress : callable, optional
        Called with the part that is done, 0…1.
    channel_group : int, optional
        Which one; the first that has spikes if None.

    Returns
    -------
    Converted
        `path` is the folder, `left_out` has a sentence for what a folder has no place for.

    Raises
    ------
    SaveError
        If there is something of that name already, there are no spikes, the disk is too small, or what was written is
        not what was read.
    KwikFormatError, MissingDataError, NotInFileError
        If the old data set cannot be read, or has no such channel group.
    """
    target = Path(target).absolute()
    if target.suffix.lower() in _NO_FOLDERS:
        raise SaveError(f"{target.name} is neither a .kwik nor a name of a folder; choose another name.")
    check_folder(target)
    if os.path.lexists(target):
        raise SaveError(f"{target.name} is there already; choose another name.")
    with closing(open_model(source, channel_group)) as model:
        if isinstance(model, PhyModel):
            raise SaveError(f"{model.name} is a folder of phy already; copy it, or convert it to a .kwik.")
        if not model.n_spikes:
            raise SaveError(f"{model.name} has no spikes in channel group {model.channel_group}: none to write.")
        try:
            with tempfile.TemporaryDirectory(prefix=".converting-", dir=target.parent) as staging:
                folder = Path(staging) / target.name
                folder.mkdir()
                raw = _write(model, folder, target, on_progress)
                _verify(model, folder, target)
                for file in folder.iterdir():
                    sync_file(file)
                folder.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            raise SaveError(f"{target.name} could not be written: {error.strerror or error}.") from error
        on_progress(1.0)
        left_out = tuple(_left_out(model, raw))
        return Converted(target, {model.channel_group: model.n_spikes}, tuple(raw), left_out, model.doubts)


def _write(model: BaseModel, folder: Path, target: Path, on_progress: OnProgress) -> list[str]:
    """Write all files; return the names of the raw ones."""
    raw = _raw_files(model, folder, target)
    clusters, numbers = np.unique(model.spike_clusters, return_inverse=True)
    shown = _Sampled.of(model, numbers, lambda part: on_progress(0.5 * part))
    arrays: dict[str, npt.NDArray[Any]] = {
        SPIKE_TIMES: model.spike_samples.astype(np.uint64),
        SPIKE_CLUSTERS: model.spike_clusters.astype(np.int32),
        SPIKE_TEMPLATES: numbers.astype(np.uint32),
        "channel_map.npy": model.probe.channel_ids.astype(np.int32),
        "channel_positions.npy": model.probe.positions,
        "channel_shanks.npy": np.full(model.n_channels, model.channel_group, dtype=np.int32),
        "whitening_mat.npy": np.eye(model.n_channels),
        "whitening_mat_inv.npy": np.eye(model.n_channels),
    }
    if shown.templates is not None:
        arrays["templates.npy"] = shown.templates
        arrays["similar_templates.npy"] = lagged_cosines(shown.templates, shown.templates).astype(np.float32)
    for name, array in arrays.items():
        np.save(folder / name, array, allow_pickle=False)
    _write_rows(model, folder, numbers, shown, lambda part: on_progress(0.5 + 0.5 * part))
    alive = set(clusters.tolist())
    groups = {cluster: group for cluster, group in model.cluster_groups.items() if group != UNSORTED}
    tables = write_tables({}, alive, groups, model.cluster_colors, model.cluster_labels)
    for name, content in tables.items():
        (folder / name).write_bytes(content)
    (folder / PARAMS).write_text("".join(f"{name} = {value!r}\n" for name, value in _params(model, raw).items()))
    return raw


def _params(model: BaseModel, raw: Sequence[str]) -> Mapping[str, object]:
    dtype, n_columns = np.dtype(np.int16), int(model.probe.channel_ids.max(initial=-1)) + 1
    if model.traces is not None:
        dtype, n_columns = model.traces.dtype, model.traces.shape[1]
    params: dict[str, object] = {
        "dat_path": list(raw) if len(raw) != 1 else raw[0],
        "n_channels_dat": n_columns,
        "dtype": dtype.name if dtype.isnative else dtype.str,
        "offset": 0,
        "sample_rate": model.sample_rate,
        "hp_filtered": False,
    }
    if model.microvolts_per_unit is not None:
        params["voltage_gain"] = model.microvolts_per_unit
    for name in _CARRIED:
        value = model.metadata.get(name)
        if isinstance(value, int | float | np.number):
            params[name] = value.item() if isinstance(value, np.number) else value
    return params


@dataclass(frozen=True, slots=True, eq=False)
class _Sampled:
    """What is known of each template from some of its spikes; phy needs two templates, so that there may be one more.

    `templates` is (n_templates, n_samples, n_channels), None without waveforms; `near` is (n_templates, n_near)
    channels, the largest first; a spike has the amplitude of its features · `along` of its template.
    """

    templates: npt.NDArray[np.float32] | None
    near: Int64
    along: npt.NDArray[np.float64] | None

    @classmethod
    def of(cls, model: BaseModel, numbers: Int64, on_progress: OnProgress) -> _Sampled:
        n = int(numbers.max()) + 1
        order = np.argsort(numbers, kind="stable")
        mine = np.split(order, np.cumsum(np.bincount(numbers))[:-1])
        some = [np.sort(spikes[evenly_spaced(len(spikes), _N_MEAN)]) for spikes in mine]
        n_rows, waveforms = max(n, 2), model.waveforms
        sizes = np.zeros((n_rows, model.n_channels))
        templates = along = None
        if waveforms is not None:
            before, after = _around(model)
            half, gain = max(before, after), np.float32(model.microvolts_per_unit or 1)
            templates = np.zeros((n_rows, 2 * half, model.n_channels), dtype=np.float32)
            for number, spikes in enumerate(some):
                on_progress(number / n)
                templates[number, half - before : half + after] = waveforms[spikes].mean(axis=0) / gain
            sizes = np.ptp(templates, axis=1).astype(np.float64)
        if model.features is not None and model.masks is not None:
            along = np.zeros((n_rows, model.features.shape[1]))
            for number, spikes in enumerate(some):
                shares = np.repeat(np.nan_to_num(model.masks[spikes]).mean(axis=0), model.n_features_per_channel)
                means = np.nan_to_num(model.features[spikes]).mean(axis=0).astype(np.float64)
                along[number] = shares * means / max((shares * means**2).sum(), np.finfo(np.float64).tiny)
                if waveforms is None:
                    sizes[number] = np.abs(shares * means).reshape(model.n_channels, -1).sum(axis=1)
        if templates is None and along is not None:
            templates = (_TROUGH[:, None] * sizes[:, None]).astype(np.float32)
        near = np.argsort(-sizes, axis=1, kind="stable")[:, :N_NEAR]
        return cls(templates, near, along)


def _around(model: BaseModel) -> tuple[int, int]:
    """Return the samples of a waveform before the spike and from it on."""
    assert model.waveforms is not None
    n_samples = model.waveforms.shape[1]
    before = int(getattr(model.waveforms, "before", n_samples // 2))
    return before, n_samples - before


def _write_rows(model: BaseModel, folder: Path, numbers: Int64, shown: _Sampled, on_progress: OnProgress) -> None:
    """Write features on the channels of templates, and amplitudes."""
    amplitudes = np.ones(model.n_spikes)
    if model.features is not None and shown.along is not None:
        n_pcs, near = model.n_features_per_channel, shown.near
        np.save(folder / "pc_feature_ind.npy", near.astype(np.uint32))
        shape = (model.n_spikes, max(n_pcs, 2), near.shape[1])  # phy cannot read a single component
        rows = np.lib.format.open_memmap(folder / "pc_features.npy", "w+", np.float32, shape)
        step = max(1, _BLOCK_BYTES // (4 * model.features.shape[1]))
        for start in range(0, model.n_spikes, step):
            on_progress(start / model.n_spikes)
            block = slice(start, min(start + step, model.n_spikes))
            features, mine = model.features[block], numbers[block]
            by_channel = features.reshape(len(features), model.n_channels, n_pcs).swapaxes(1, 2)
            rows[block] = 0
            rows[block, :n_pcs] = np.take_along_axis(by_channel, near[mine][:, None], axis=2)
            amplitudes[block] = np.einsum("ij,ij->i", np.nan_to_num(features), shown.along[mine])
        rows.flush()
        del rows
    np.save(folder / "amplitudes.npy", amplitudes)


def _raw_files(model: BaseModel, folder: Path, target: Path) -> list[str]:
    """Return the raw files as `params.py` names them; those that phy cannot read are written to one that it can."""
    if model.traces is None:
        return [name for name in model.missing_raw if name]
    paths = _flat_files(model)
    if not paths:
        write_raw(model, folder / RAW, f"{target.name}/{RAW}")
        return [RAW]
    home = target.parent.resolve()
    return [os.path.relpath(path, home / target.name) if path.is_relative_to(home) else str(path) for path in paths]


def _flat_files(model: BaseModel) -> list[Path]:
    """Return the flat files that are the traces when they are joined; [] where they are not."""
    assert isinstance(model.traces, JoinedTraces)
    paths: list[Path] = []
    begin = stop = 0  # of the last file on the line
    for segment in model.traces.segments:
        raw = segment.raw
        if raw is None or raw.node is not None or raw.offset:
            return []
        path = raw.path.resolve()
        if not paths or path != paths[-1]:
            paths.append(path)
            begin, stop = stop, stop + raw.n_rows
        if segment.start_sample != begin + segment.first_row:
            return []
    return paths


def _verify(model: BaseModel, folder: Path, target: Path) -> None:
    with closing(PhyModel(folder)) as made:
        alive = set(np.unique(model.spike_clusters).tolist())
        groups = {one: name for one, name in model.cluster_groups.items() if one in alive and name != UNSORTED}
        same = (
            np.array_equal(made.spike_samples, model.spike_samples)
            and np.array_equal(made.spike_clusters, model.spike_clusters)
            and (made.features is None) == (model.features is None)
            and dict(made.cluster_groups) == groups
            and texts_of(made.cluster_labels, alive) == texts_of(model.cluster_labels, alive)
        )
    if not same:
        raise SaveError(f"{target.name} came out other than it was read; nothing was kept.")


def _left_out(model: BaseModel, raw: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each thing that a folder has no place for."""
    others = [str(group) for group in model.channel_groups if group != model.channel_group]
    if others:
        yield (
            f"A folder holds one channel group: {model.channel_group} was written; write {listed(others)} into folders "
            "of their own with --group."
        )
    clusterings = [name for name in model.clusterings if name not in (MAIN, model.clustering)]
    if clusterings:
        verb = "is" if len(clusterings) == 1 else "are"
        yield f"A folder holds one clustering: {listed(clusterings)} {verb} not in it."
    lost = [
        what
        for what, there in (
            ("masks", model.masks is not None),
            ("colours of groups", any(group.color for group in model.user_groups)),
            ("events", bool(model.events)),
            ("neighbours of channels", len(model.probe.edges)),
            ("fractions of samples", _has_fractions(model)),
            ("parameters of detection", any(name not in _CARRIED for name in model.metadata)),
        )
        if there
    ]
    if lost:
        yield f"{model.name} has {listed(lost)}, for which a folder has no place."
    if model.features is not None and model.n_channels > N_NEAR:
        yield f"Features are those of the {N_NEAR} channels of each template where it is largest."
    if model.features is not None and model.n_features_per_channel == 1:
        yield "Features have a second component of 0, since phy cannot read a single one."
    if len(model.recordings) > 1 and len(raw) != len(model.recordings):
        yield f"The {len(model.recordings)} recordings follow each other as one."
    if not model.probe.knows_positions:
        yield "Positions of channels are not known: those in the folder are assumed."
    if model.features is None:
        yield f"Channel group {model.channel_group} has no features."
    if model.waveforms is None:
        yield (
            "There are no templates, without which phy shows little: they need raw data, or features."
            if model.features is None
            else "Waveforms need raw data: templates have the height of features on each channel, and no true shape."
        )
    if model.traces is None:
        yield f"The raw data were not read; {PARAMS} names them as the old file did."
    elif is_hdf5(model) or raw == [RAW]:
        yield f"The raw data were written anew as {RAW}."


def _has_fractions(model: BaseModel) -> bool:
    fractions = read_fractions(model)
    return fractions is not None and bool(fractions.any())
