"""A folder that phy, Kilosort or SpikeInterface wrote: spikes, clusters, templates, features and raw data."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import MAX_ID, compact_ids, read_only
from napari_phy.core.base_model import BaseModel, Recording
from napari_phy.core.cluster_groups import STANDARD_GROUPS
from napari_phy.core.clustering_file import MAIN
from napari_phy.core.errors import KwikFormatError, MissingDataError, NapariPhyError, NotInFileError
from napari_phy.core.probe import UNKNOWN_POSITIONS, Probe, assumed_line
from napari_phy.core.sentences import cause_of, listed, visible
from napari_phy.files.atomic import make_file
from napari_phy.files.platform_files import is_file
from napari_phy.formats import parameters
from napari_phy.formats.kwik.raw_files import RawData
from napari_phy.formats.kwik.spikes import MAX_SAMPLE
from napari_phy.formats.kwik.traces import JoinedTraces, RawSegment
from napari_phy.formats.kwik.waveforms import Waveforms
from napari_phy.formats.phy.arrays import NpyArray, as_integers, find_npy, open_npy
from napari_phy.formats.phy.clustering_file import SPIKE_CLUSTERS, SPIKE_TEMPLATES, PhyClusteringFile
from napari_phy.formats.phy.features import PcFeatures, PcMasks, sparse_rows
from napari_phy.formats.phy.params import PARAMS, SPIKE_TIMES, choose_raw, find_folder, find_raw, read_params
from napari_phy.formats.phy.pending_tables import read_tables
from napari_phy.formats.phy.tables import colors_of, groups_of, labels_of, read_columns
from napari_phy.formats.phy.templates import Templates, TemplateWaveforms, open_templates
from napari_phy.formats.raw_notes import read_raw_notes, write_raw_notes

_LOW_HZ = 300.0  # from which waveforms are shown, as Kilosort filters
_REST_WORKS = "Everything else works."
_OF_RAW_DATA = (
    *("traces", "waveforms", "recordings", "duration", "spike_recordings", "microvolts_per_unit", "metadata"),
    *("missing", "_raw_places", "_raw_files"),
)


class PhyModel(BaseModel):
    """The sorting of a folder; all of its channels are channel group 0.

    Parameters
    ----------
    path : str or Path
        The folder, its `params.py`, or an array in it.
    channel_group : int, optional
        0 or None.
    clustering : str, optional
        "main" or None.
    raw_files : mapping of str to Path, optional
        {raw file as `params.py` names it: where it is now}, for files that moved.

    Attributes
    ----------
    folder : Path
        The folder.
    cluster_ids : ndarray of int64
        Ascending; clusters that have spikes.
    spike_templates : ndarray of int64, shape (n_spikes,)
        Template of each spike; -1 where the folder does not say.
    amplitudes : ndarray of float64, shape (n_spikes,), or None
        What the template of each spike is multiplied by.
    templates : Templates or None
        Shapes of the templates on all channels, unwhitened where the folder says how.
    channel_shanks : ndarray of int64, shape (n_channels,)
        Shank of each channel.

    Raises
    ------
    KwikFormatError
        The spikes cannot be read, or files contradict each other.
    MissingDataError
        There is no `params.py`, or no times or clusters of spikes.
    NotInFileError
        There is no such channel group or clustering.
    """

    def __init__(
        self,
        path: str | Path,
        channel_group: int | None = None,
        clustering: str | None = None,
        *,
        raw_files: Mapping[str, Path] = MappingProxyType({}),
    ) -> None:
        folder = find_folder(Path(path))
        if folder is None:
            raise KwikFormatError(f"{Path(path).name} is no folder of phy or Kilosort: it has no {PARAMS}.")
        if channel_group not in (None, 0) or clustering not in (None, MAIN):
            raise NotInFileError(f"{folder.name} has one channel group, 0, and one clustering, main.")
        self.folder = folder
        self.channel_group, self.channel_groups = 0, (0,)
        self.clustering, self.clusterings = MAIN, (MAIN,)
        self.missing = ()
        self._raw_files = raw_files
        self._held: list[NpyArray] = []
        self._params = read_params(folder / PARAMS)
        self.sample_rate = self._params.sample_rate
        self.path = folder / (SPIKE_CLUSTERS if is_file(folder / SPIKE_CLUSTERS) else SPIKE_TEMPLATES)
        self._read_spikes()
        self._read_clusters()
        self._read_channels()
        self._open_templates()
        self._open_raw()
        self._open_waveforms()
        self._open_features()
        self.missing = tuple(map(visible, self.missing))

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.resolve().name

    @property
    def clustering_file(self) -> PhyClusteringFile:
        """What edits are kept for and saved into; without `spike_clusters.npy`, that of templates is copied to it."""
        if self.path.name == SPIKE_TEMPLATES:
            target = self.folder / SPIKE_CLUSTERS
            with suppress(OSError):
                make_file(target, self.path.read_bytes())
                self.path = target
        return PhyClusteringFile(self.path.resolve(), self.folder)

    @property
    def feature_file(self) -> Path | None:
        """`pc_features.npy`, None where there is none that is read."""
        return None if self.features is None else self.folder / "pc_features.npy"

    @property
    def file_order(self) -> npt.NDArray[np.int64] | None:
        """(n_spikes,) row of the file of each spike, or None where the file has them in the order of time."""
        return self._order

    @property
    def waveforms_identity(self) -> Mapping[str, Any] | None:
        """The raw data and how waveforms are cut out of them."""
        return {"waveforms": self.waveforms.identity} if isinstance(self.waveforms, Waveforms) else None

    @property
    def raw_places(self) -> dict[str, Path]:
        """{name of a raw file in `params.py`: where it was found}."""
        return dict(self._raw_places)

    @property
    def missing_raw(self) -> tuple[str, ...]:
        """Names of raw files that were not found."""
        return tuple(named for named in self._params.dat_path if named not in self._raw_places)

    def opened_at(self, channel_group: int | None, clustering: str | None) -> Self:
        """Return the same as a model of its own; the folder has nothing else."""
        return type(self)(self.folder, channel_group, clustering, raw_files=self._raw_files)

    def with_raw(self, paths: Any) -> Self:
        """Return this data set with raw data from files that moved; it shares all else with this one.

        The places are remembered in the side folder for the next opening; `params.py` is not written to.

        Parameters
        ----------
        paths : str or Path or sequence of str or Path or mapping of str to str or Path
            A file, several, or a folder that has them; or {raw file as `params.py` names it: file}. One file may have
            any name; several are known by their names.

        Raises
        ------
        MissingDataError
            There is no such file, or the raw data cannot be read from it.
        """
        named = self._params.dat_path
        chosen = choose_raw(paths, named)
        opened = type(self)(self.folder, raw_files={**self._raw_files, **chosen})
        if opened.traces is None:
            opened.close()
            why = next(
                (said for said in opened.missing if said.startswith("Traces")), f"{self.name} names no raw data."
            )
            raise MissingDataError(why)
        write_raw_notes(self.path, chosen)
        found = copy.copy(self)
        for name in _OF_RAW_DATA:
            setattr(found, name, getattr(opened, name))
        return found

    def mean_template(self, cluster_id: int) -> npt.NDArray[np.float64]:
        """Return (n_samples, n_channels), the mean over the spikes of a cluster of template times amplitude.

        Raises
        ------
        MissingDataError
            The folder has no templates.
        """
        if self.templates is None:
            raise MissingDataError(f"{self.name} has no templates.")
        mine = self.spike_clusters == cluster_id
        weights = np.ones(int(mine.sum())) if self.amplitudes is None else self.amplitudes[mine]
        return self.templates.mean_of(self.spike_templates[mine], weights)

    def describe(self) -> str:
        """Return a readable summary."""
        lines = {
            "Folder": self.folder,
            "Recordings": len(self.recordings),
            "Duration": f"{self.duration:.1f} s",
            "Sample rate": f"{self.sample_rate:g} Hz",
            "Channels": self.n_channels,
            "Shanks": len(np.unique(self.channel_shanks)),
            "Spikes": self.n_spikes,
            "Clusters": len(self.cluster_ids),
            "Templates": "–" if self.templates is None else len(self.templates),
            "Labels": ", ".join(self.cluster_labels) or "–",
            "Features": "–" if self.features is None else f"{self.n_features_per_channel} per channel",
            "Unit": self.unit,
        }
        parts = [*(f"{name + ':':<13}{value}" for name, value in lines.items()), *self.missing]
        return "\n".join(map(visible, parts))

    def close(self) -> None:
        """Release every file; what is lazy cannot be read any more."""
        self.close_traces()
        for array in self._held:
            array.close()

    def close_traces(self) -> None:
        """Release the files of traces and waveforms only."""
        if self.traces is not None:
            self.traces.close()

    # ---- reading

    def _read_spikes(self) -> None:
        times = open_npy(self.folder / SPIKE_TIMES).row("spikes")
        samples = as_integers(times, SPIKE_TIMES)
        if samples.size and int(samples.max()) >= MAX_SAMPLE:
            raise KwikFormatError(f"{SPIKE_TIMES} has a spike at sample {samples.max()}, which cannot be.")
        n_before = int(np.count_nonzero(samples < 0))
        if n_before:
            self._tell(f"{SPIKE_TIMES}: {n_before} spikes lie before the recording and are shown at its beginning.")
            samples = np.maximum(samples, 0)
        self._order = None if bool((np.diff(samples) >= 0).all()) else np.argsort(samples, kind="stable")
        self.journal_places = self._order
        self.spike_samples = read_only(self._in_time(samples))

    def _read_clusters(self) -> None:
        n, stored = len(self.spike_samples), find_npy(self.folder / SPIKE_TEMPLATES)
        found = None if stored is None else as_integers(stored.row("spikes", n), SPIKE_TEMPLATES)
        self.spike_templates = read_only(self._in_time(np.full(n, -1) if found is None else found))
        clusters = found
        if self.path.name == SPIKE_CLUSTERS:
            clusters = as_integers(open_npy(self.path).row("spikes", n), SPIKE_CLUSTERS)
        elif clusters is not None:
            self._tell(f"{SPIKE_CLUSTERS} is not there; clusters are the templates of {SPIKE_TEMPLATES}.")
        if clusters is None:
            raise MissingDataError(f"{self.name} has neither {SPIKE_CLUSTERS} nor {SPIKE_TEMPLATES}; sort it anew.")
        if n and not 0 <= int(clusters.min()) <= int(clusters.max()) <= MAX_ID:
            raise KwikFormatError(f"{self.path.name} has a cluster below 0; use another copy of it.")
        self.spike_clusters = read_only(compact_ids(self._in_time(clusters)))
        self.cluster_ids = read_only(np.unique(self.spike_clusters).astype(np.int64))
        columns, problems = read_columns(read_tables(self.folder, self.path))
        self.missing += problems
        alive = set(self.cluster_ids.tolist())
        groups = groups_of(columns, alive)
        self.cluster_groups = MappingProxyType(groups)
        self.cluster_colors = MappingProxyType(colors_of(columns, alive))
        labels = {name: MappingProxyType(values) for name, values in labels_of(columns, alive).items() if values}
        self.cluster_labels = MappingProxyType(labels)
        self.group_names = tuple(dict.fromkeys((*STANDARD_GROUPS, *sorted(set(groups.values())))))
        amplitudes = self._optional("amplitudes.npy")
        self.amplitudes = None
        if amplitudes is not None:
            with self._telling("Amplitudes are not used"):
                values = amplitudes.row("spikes", n).astype(np.float64)
                self.amplitudes = read_only(self._in_time(values))

    def _read_channels(self) -> None:
        ids, positions = self._optional("channel_map.npy"), self._optional("channel_positions.npy")
        if ids is None:
            n = positions.shape[0] if positions is not None else self._params.n_channels
            self._tell("channel_map.npy is not there; channels are taken to be those of the raw data in their order.")
            channels = np.arange(n, dtype=np.int64)
        else:
            channels = as_integers(ids.row("channels"), ids.path.name)
        n = len(channels)
        if n and (int(channels.min()) < 0 or len(np.unique(channels)) < n):
            raise KwikFormatError("The file channel_map.npy names a channel twice or below 0; correct it.")
        probe = Probe(read_only(channels), read_only(assumed_line(n)), is_known=read_only(np.zeros(n, dtype=np.bool_)))
        if positions is not None and positions.shape == (n, 2):
            probe = Probe(read_only(channels), read_only(positions.read().astype(np.float64)))
        else:
            self._tell(UNKNOWN_POSITIONS)
        self.probe = probe
        shanks = self._optional("channel_shanks.npy")
        self.channel_shanks = read_only(np.zeros(n, dtype=np.int64))
        if shanks is not None:
            with self._telling("All channels are taken to be of one shank"):
                self.channel_shanks = read_only(as_integers(shanks.row("channels", n), shanks.path.name))

    def _open_raw(self) -> None:
        params = self._params
        self._raw_places: dict[str, Path] = {}
        self.traces: JoinedTraces | None = None
        self.microvolts_per_unit = parameters.plausible_gain(params.values)
        self.metadata = MappingProxyType({**self._how_waveforms_are_cut(), **params.values})
        raw = self._find_raw()
        last = int(self.spike_samples[-1]) + 1 if len(self.spike_samples) else 0
        lengths = [one.n_rows for one in raw] or [max(1, last)]
        if raw and last > sum(lengths):
            n_past = int(np.count_nonzero(self.spike_samples >= sum(lengths)))
            self._tell(f"{n_past} spikes lie past the end of the raw data; what is not there is shown as 0.")
            lengths[-1] += last - sum(lengths)
        starts = np.cumsum([0, *lengths]).tolist()
        names = [Path(one.path).name for one in raw] or [self.name]
        pairs = enumerate(zip(names, starts[:-1], lengths, strict=True))
        self.recordings = tuple(Recording(number, name, start, length) for number, (name, start, length) in pairs)
        self.duration = starts[-1] / self.sample_rate
        places = np.searchsorted(starts[1:], self.spike_samples, side="right")
        self.spike_recordings = read_only(np.minimum(places, len(lengths) - 1).astype(np.int64))
        if raw:
            pieces = zip(self.recordings, raw, strict=True)
            segments = [RawSegment(one.start_sample, one.n_samples, part, 0, part.n_rows) for one, part in pieces]
            self.traces = JoinedTraces(segments, raw[0].n_channels, raw[0].dtype)

    def _how_waveforms_are_cut(self) -> dict[str, Any]:
        """Return it as parameters of detection: as long as templates, which have the spike in their middle."""
        cut: dict[str, Any] = {"waveform_filter": 0} if self._params.is_filtered else {"filter_low": _LOW_HZ}
        if self.templates is not None:
            n_samples = self.templates.shape[1]
            cut |= {"extract_s_before": n_samples // 2, "extract_s_after": n_samples - n_samples // 2}
        return cut

    def _find_raw(self) -> list[RawData]:
        """Return the raw files in the order of time; where not all of them can be read, none, and say why."""
        params, needed = self._params, 1 + int(self.probe.channel_ids.max(initial=-1))
        if not params.dat_path:
            self._tell(f"Traces need raw data, and {PARAMS} names none in dat_path. {_REST_WORKS}")
            return []
        notes = read_raw_notes(self.path)
        for named in params.dat_path:
            moved = (self._raw_files[named],) if named in self._raw_files else notes.files.get(named, ())
            found = next((place for place in moved if is_file(place)), None) or find_raw(self.folder, named)
            if found is not None:
                self._raw_places[named] = found
        packed = [named for named in params.dat_path if named.lower().endswith((".cbin", ".ch"))]
        if packed:
            self._tell(
                f"Traces cannot be read: {packed[0]} is compressed; unpack it with mtscomp and name it in dat_path."
            )
            return []
        if self.missing_raw:
            names, verb = listed(self.missing_raw), "is" if len(self.missing_raw) == 1 else "are"
            self._tell(f"Traces need {names}, which {verb} not beside {PARAMS}. {_REST_WORKS}")
            return []
        n_channels = params.n_channels or needed
        if n_channels < needed:
            self._tell(
                f"Traces cannot be read: {PARAMS} gives n_channels_dat = {n_channels}, but channel_map.npy has channel "
                f"{needed - 1}; correct it."
            )
            return []
        if params.is_whitened:
            self._tell("The raw data are whitened by Kilosort: traces and waveforms are not in µV.")
            self.microvolts_per_unit = None
        parts: list[RawData] = []
        row_bytes = n_channels * params.dtype.itemsize
        for named, path in self._raw_places.items():
            try:
                size = path.stat().st_size - params.offset
                with path.open("rb"):
                    pass
            except OSError as error:
                self._tell(f"Traces cannot be read: {path.name} cannot be opened ({cause_of(error)}). {_REST_WORKS}")
                return []
            n_rows, n_spare = divmod(max(0, size), row_bytes)
            if not n_rows:
                self._tell(f"Traces cannot be read: {named} is empty. {_REST_WORKS}")
                return []
            if n_spare:
                self._tell(
                    f"{path.name} does not end with a whole sample of {n_channels} channels of {params.dtype}; "
                    "n_channels_dat, dtype or offset may be wrong."
                )
            parts.append(RawData(path, None, n_rows, n_channels, params.dtype, n_spare, offset=params.offset))
        return parts

    def _open_templates(self) -> None:
        self.templates: Templates | None = None
        stored = self._optional("templates.npy")
        if stored is not None:
            near = self._optional("template_ind.npy") or self._optional("templates_ind.npy")
            with self._telling("Templates are not shown"):
                self.templates = open_templates(stored, near, self._unwhitening(), self.n_channels)

    def _unwhitening(self) -> npt.NDArray[np.float64] | None:
        """Return the matrix that whitened channels are multiplied by to have those of the raw data."""
        for name in ("whitening_mat_inv.npy", "whitening_mat.npy"):
            if (stored := self._optional(name)) is None:
                continue
            if stored.shape != (self.n_channels, self.n_channels):
                self._tell(
                    f"{name} has shape {stored.shape}, but there are {self.n_channels} channels; it is not used."
                )
                continue
            matrix = stored.read().astype(np.float64)
            with suppress(np.linalg.LinAlgError):
                found = matrix if name == "whitening_mat_inv.npy" else np.linalg.inv(matrix).astype(np.float64)
                if np.isfinite(found).all():
                    return found
            self._tell(f"{name} cannot be used: templates stay whitened.")
        return None

    def _open_waveforms(self) -> None:
        self.waveforms = None
        if self.traces is not None:
            before, after = parameters.window(self.metadata, self.sample_rate)
            band = parameters.band_pass(self.metadata, self.sample_rate)
            channels, gain = self.probe.channel_ids, self.microvolts_per_unit or 1.0
            self.waveforms = Waveforms(
                self.traces, self.spike_samples, channels, before=before, after=after, band=band, gain=gain
            )
        elif self.templates is not None:
            amplitudes = np.ones(self.n_spikes) if self.amplitudes is None else self.amplitudes
            self.waveforms = TemplateWaveforms(self.templates, self.spike_templates, amplitudes)
            whitened = "" if self.templates.unwhitening is not None else "whitened "
            self.microvolts_per_unit = None
            self._tell(f"Without raw data, the waveform of a spike is its {whitened}template times its amplitude.")

    def _open_features(self) -> None:
        self.features = self.masks = None
        self.n_features_per_channel = 1
        stored = self._optional("pc_features.npy")
        if stored is None:
            self._tell("Features and similarity need pc_features.npy, which is not there.")
            return
        near, numbers = self._optional("pc_feature_ind.npy"), self._optional("pc_feature_spike_ids.npy")
        with self._telling("Features and similarity are not available"):
            sparse = sparse_rows(stored, near, numbers, self.spike_templates, self._order, self.n_channels)
            self.features, self.masks = PcFeatures(sparse), PcMasks(sparse, self.templates)
            self.n_features_per_channel = sparse.n_pcs
            self.has_quick_rows = not stored.is_by_column
            self._held.append(sparse.stored)

    def _in_time(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return values of spikes, which the file has in its order, in the order of time."""
        return values if self._order is None else values[self._order]

    def _optional(self, name: str) -> NpyArray | None:
        """Return an array of the folder; None, and a sentence, where it cannot be read."""
        try:
            return find_npy(self.folder / name)
        except NapariPhyError as error:
            self._tell(str(error))
            return None

    def _tell(self, sentence: str) -> None:
        self.missing += (sentence,)

    def _telling(self, consequence: str) -> _Telling:
        return _Telling(self, consequence)


class _Telling:
    """Turns an error into a sentence of the model: a broken part costs that part."""

    def __init__(self, model: PhyModel, consequence: str) -> None:
        self._model = model
        self._consequence = consequence

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if isinstance(error, NapariPhyError):
            self._model.missing += (f"{str(error).rstrip('.')}. {self._consequence}.",)
            return True
        return False
