"""A folder that phy, Kilosort or SpikeInterface wrote: spikes, clusters, templates, features and raw data."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.clustering_file import MAIN
from napari_phy.core.errors import KwikFormatError, MissingDataError, NotInFileError
from napari_phy.core.sentences import visible
from napari_phy.files.atomic import make_file
from napari_phy.files.platform_files import is_file
from napari_phy.formats.kwik.waveforms import Waveforms
from napari_phy.formats.phy.arrays import NpyArray
from napari_phy.formats.phy.clustering_file import SPIKE_CLUSTERS, SPIKE_TEMPLATES, PhyClusteringFile
from napari_phy.formats.phy.folder_reading import FolderReading
from napari_phy.formats.phy.params import PARAMS, choose_raw, find_folder, read_params
from napari_phy.formats.phy.raw_features import AGAIN, COMPUTED, PC_FEATURES
from napari_phy.formats.phy.templates import TEMPLATES, WHITENING
from napari_phy.formats.raw_notes import write_raw_notes

_OF_RAW_DATA = (
    *("traces", "waveforms", "recordings", "duration", "spike_recordings", "microvolts_per_unit", "metadata"),
    *("missing", "_raw_places", "_raw_files"),
)


class PhyModel(FolderReading):
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
    computes_features : bool
        Whether features are computed from the raw data, since the folder has none.

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
        self._read()

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.resolve().name

    @property
    def clustering_file(self) -> PhyClusteringFile:
        """What edits are kept for and saved into."""
        return PhyClusteringFile(self.path.resolve(), self.folder)

    def prepare_for_edits(self) -> None:
        """Copy the templates of spikes to `spike_clusters.npy` where there is none, as phy does when it opens."""
        target = self.folder / SPIKE_CLUSTERS
        if self.path.name == SPIKE_TEMPLATES:
            with suppress(OSError):
                make_file(target, self.path.read_bytes())
                self.path = target

    @property
    def feature_file(self) -> Path | None:
        """`pc_features.npy`, None where there is none that is read."""
        return None if self.features is None or self.computes_features else self.folder / PC_FEATURES

    @property
    def features_identity(self) -> Mapping[str, Any] | None:
        """The file of features, or what they are computed from."""
        if self._computed is None:
            return super().features_identity
        files = [self.folder / name for name in (*TEMPLATES, *WHITENING)]
        of_files = [[file.stat().st_size, file.stat().st_mtime_ns] for file in files if is_file(file)]
        return {"computed": self._computed_from, "templates": of_files}

    @cached_property
    def _computed_from(self) -> list[Any]:
        return [] if self._computed is None else self._computed.identity(self.spike_samples)

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
        if self.features is None and opened.computes_features:
            found.missing = tuple(AGAIN if said == COMPUTED else said for said in found.missing)
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
