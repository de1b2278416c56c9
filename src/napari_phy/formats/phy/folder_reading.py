"""Reading the files of a folder that phy, Kilosort or SpikeInterface wrote; each but the spikes may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import MAX_ID, compact_ids, distinct_ids, read_only
from napari_phy.core.base_model import BaseModel, Recording
from napari_phy.core.cluster_groups import STANDARD_GROUPS
from napari_phy.core.errors import KwikFormatError, MissingDataError, NapariPhyError
from napari_phy.core.probe import UNKNOWN_POSITIONS, Probe, assumed_line
from napari_phy.core.sentences import visible
from napari_phy.formats import parameters
from napari_phy.formats.kwik.spikes import MAX_SAMPLE
from napari_phy.formats.kwik.traces import JoinedTraces, RawSegment
from napari_phy.formats.kwik.waveforms import Waveforms
from napari_phy.formats.phy.arrays import NpyArray, as_integers, find_npy, open_npy
from napari_phy.formats.phy.clustering_file import SPIKE_CLUSTERS, SPIKE_TEMPLATES
from napari_phy.formats.phy.features import PcFeatures, PcMasks, sparse_rows, template_rows
from napari_phy.formats.phy.params import SPIKE_TIMES, Params
from napari_phy.formats.phy.pending_tables import read_tables
from napari_phy.formats.phy.raw_data import open_raw, raw_places
from napari_phy.formats.phy.raw_features import COMPUTED, MOST_CHANNELS, PC_FEATURES, ComputedRows
from napari_phy.formats.phy.spike_values import AMPLITUDES, SpikeValues, columns_of, value_files
from napari_phy.formats.phy.tables import colors_of, groups_of, labels_of, read_columns
from napari_phy.formats.phy.templates import (
    WHITENING,
    Templates,
    TemplateWaveforms,
    find_unwhitening,
    open_templates,
    read_similar,
)
from napari_phy.formats.raw_notes import read_raw_notes


class FolderReading(BaseModel):
    """What reads a folder; `missing` has a sentence for each file that cannot be used: that costs what it is for."""

    folder: Path
    _params: Params
    _raw_files: Mapping[str, Path]
    _held: list[NpyArray]
    _computed: ComputedRows | None  # what computes features that the folder has not
    spike_templates: npt.NDArray[np.int64]

    def _read(self) -> None:
        """Read all of it, the files that others need first."""
        self._read_spikes()
        self._read_clusters()
        self._read_channels()
        self._open_templates()
        self._open_raw()
        self._open_waveforms()
        self._open_features()
        self._open_template_features()
        self.missing = tuple(map(visible, self.missing))

    def _read_spikes(self) -> None:
        times = open_npy(self.folder / SPIKE_TIMES).row("spikes")
        samples = as_integers(times, SPIKE_TIMES)
        if samples.size and int(samples.max()) >= MAX_SAMPLE:
            raise KwikFormatError(f"{SPIKE_TIMES} has a spike at sample {samples.max()}, which cannot be.")
        if samples.size and int(samples.min()) < 0:
            n_before = int(np.count_nonzero(samples < 0))
            self._tell(f"{SPIKE_TIMES}: {n_before} spikes lie before the recording and are shown at its beginning.")
            samples = np.maximum(samples, 0)
        self._order = None if bool((samples[1:] >= samples[:-1]).all()) else np.argsort(samples, kind="stable")
        self.journal_places = self._order
        self._rows = np.arange(len(samples)) if self._order is None else self._order  # of the file, of each spike
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
        self.cluster_ids = read_only(distinct_ids(self.spike_clusters))
        columns, problems = read_columns(read_tables(self.folder, self.path))
        self.missing += problems
        alive = set(self.cluster_ids.tolist())
        groups = groups_of(columns, alive)
        self.cluster_groups = MappingProxyType(groups)
        self.cluster_colors = MappingProxyType(colors_of(columns, alive))
        labels = {name: MappingProxyType(values) for name, values in labels_of(columns, alive).items() if values}
        self.cluster_labels = MappingProxyType(labels)
        self.group_names = tuple(dict.fromkeys((*STANDARD_GROUPS, *sorted(set(groups.values())))))
        amplitudes = self._optional(AMPLITUDES)
        self.amplitudes = None
        if amplitudes is not None:
            with self._telling("Amplitudes are not used"):
                values = amplitudes.row("spikes", n).astype(np.float64)
                self.amplitudes = read_only(self._in_time(values))
        self._open_values(amplitudes)

    def _open_values(self, amplitudes: NpyArray | None) -> None:
        """Find the numbers of spikes that views can show besides features; none are read."""
        values: dict[str, SpikeValues] = {}
        if amplitudes is not None and self.amplitudes is not None:
            values |= columns_of(amplitudes, "amplitude", self.n_spikes, self._order)
        for name, file in value_files(self.folder).items():
            if (stored := self._optional(file.name)) is not None:
                with self._telling("It is not offered as an axis"):
                    values |= columns_of(stored, name, self.n_spikes, self._order)
        self.spike_values = MappingProxyType(values)
        self._held += [column.stored for column in values.values()]

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
        stored = self._optional("channel_shanks.npy")
        shanks = None
        if stored is not None:
            with self._telling("All channels are taken to be of one shank"):
                shanks = as_integers(stored.row("channels", n), stored.path.name)
        self.channel_shanks = read_only(np.zeros(n, dtype=np.int64) if shanks is None else shanks)
        of_file = np.empty(0, dtype=np.int64) if shanks is None else shanks
        if positions is not None and positions.shape == (n, 2):
            self.probe = Probe(read_only(channels), read_only(positions.read().astype(np.float64)), shanks=of_file)
        else:
            self._tell(UNKNOWN_POSITIONS)
            unknown = read_only(np.zeros(n, dtype=np.bool_))
            self.probe = Probe(read_only(channels), read_only(assumed_line(n)), is_known=unknown, shanks=of_file)

    def _open_raw(self) -> None:
        params = self._params
        self._raw_places = raw_places(self.folder, params, self._raw_files, read_raw_notes(self.path).files)
        self.traces: JoinedTraces | None = None
        found = open_raw(params, self._raw_places, 1 + int(self.probe.channel_ids.max(initial=-1)))
        raw = found.parts
        self.missing += found.sentences
        self.microvolts_per_unit = None if params.is_whitened else parameters.plausible_gain(params.values)
        n_samples = None if self.templates is None else self.templates.shape[1]
        self.metadata = MappingProxyType(params.detection(n_samples))
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
        places = np.zeros(self.n_spikes, dtype=np.int64)
        if len(lengths) > 1:
            places = np.searchsorted(starts[1:-1], self.spike_samples, side="right")
        self.spike_recordings = read_only(places)
        if raw:
            pieces = zip(self.recordings, raw, strict=True)
            segments = [RawSegment(one.start_sample, one.n_samples, part, 0, part.n_rows) for one, part in pieces]
            self.traces = JoinedTraces(segments, raw[0].n_channels, raw[0].dtype)

    def _open_templates(self) -> None:
        self.templates: Templates | None = None
        stored = self._optional("templates.npy")
        if stored is not None:
            near = self._optional("template_ind.npy") or self._optional("templates_ind.npy")
            matrices = [self._optional(name) for name in WHITENING]
            inverse, problems = find_unwhitening([one for one in matrices if one is not None], self.n_channels)
            self.missing += problems
            with self._telling("Templates are not shown"):
                self.templates = open_templates(stored, near, inverse, self.n_channels)
        self.similar_templates = None
        similar = self._optional("similar_templates.npy")
        if similar is not None:
            with self._telling("It is not offered as a similarity"):
                self.similar_templates = read_similar(similar)

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
            self._tell(
                f"Without raw data, the waveform of a spike is its {whitened}template times its amplitude, in units of "
                "the sorter."
            )

    def _open_features(self) -> None:
        self.features = self.masks = None
        self.computes_features, self._computed = False, None
        self.n_features_per_channel = 1
        stored = self._optional(PC_FEATURES)
        if stored is None:
            self._compute_features()
            return
        near, numbers = self._optional("pc_feature_ind.npy"), self._optional("pc_feature_spike_ids.npy")
        with self._telling("Features and similarity are not available"):
            sparse = sparse_rows(stored, near, numbers, self.spike_templates, self._rows, self.n_channels)
            self.features, self.masks = PcFeatures(sparse), PcMasks(sparse, self.templates)
            self.n_features_per_channel = sparse.n_pcs
            self.has_quick_rows = not stored.is_by_column
            self._held.append(sparse.stored)

    def _compute_features(self) -> None:
        """Have features computed when they are asked for, where there are raw data."""
        if not isinstance(self.waveforms, Waveforms):
            self._tell(f"Features and similarity need {PC_FEATURES}, or raw data to compute them from.")
        elif self.templates is None and self.n_channels > MOST_CHANNELS:
            self._tell(
                f"Features and similarity need {PC_FEATURES}, or templates.npy to compute them where spikes are."
            )
        else:
            computed = self._computed = ComputedRows(self.waveforms, self.templates, self.spike_templates)
            self.features, self.masks = PcFeatures(computed), PcMasks(computed, self.templates)
            self.n_features_per_channel = computed.n_pcs
            self.computes_features = True
            self._tell(COMPUTED)
            self.doubts = (COMPUTED,)

    def _open_template_features(self) -> None:
        self.template_features = None
        stored, near, numbers = (
            self._optional(f"template_{name}.npy") for name in ("features", "feature_ind", "feature_spike_ids")
        )
        if stored is not None:
            with self._telling("They are not offered as axes"):
                sparse = template_rows(stored, near, numbers, self.spike_templates, self._rows)
                self.template_features = PcFeatures(sparse)
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

    def __init__(self, model: FolderReading, consequence: str) -> None:
        self._model = model
        self._consequence = consequence

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if isinstance(error, NapariPhyError):
            self._model.missing += (f"{str(error).rstrip('.')}. {self._consequence}.",)
            return True
        return False
