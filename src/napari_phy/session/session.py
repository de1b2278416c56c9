"""One open data set, and what can be done with it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from napari_phy.core.base_model import BaseModel, Samples
from napari_phy.core.chosen_channel import ChosenChannel
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.html import summary
from napari_phy.core.listed_clusters import ListedClusters
from napari_phy.core.memory import BUDGET
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.core.selection import Selection
from napari_phy.core.sentences import listed, visible
from napari_phy.core.signals import signal
from napari_phy.core.summaries import groups_words, model_facts
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.core.update_info import UpdateInfo
from napari_phy.files.side_folder import side_folder
from napari_phy.formats.opening import open_model
from napari_phy.formats.parameter_files.config import Config, load_config
from napari_phy.session.current import Current
from napari_phy.session.open_clustering import OpenClustering
from napari_phy.session.other_clusterings import OtherClusterings
from napari_phy.session.review import Review
from napari_phy.session.saving import Saving
from napari_phy.session.time_structures import TimeStructures
from napari_phy.session.within_time import OpenWithin, within
from napari_phy.storage.side_files import SideFiles
from napari_phy.storage.spike_columns import SpikeColumnStore
from napari_phy.storage.store import EditStore
from napari_phy.storage.trace_pyramid import TracePyramid
from napari_phy.table.class_column import ClassRules
from napari_phy.table.cluster_table import Table
from napari_phy.table.feature_sums import FeatureSums

if TYPE_CHECKING:
    from napari_phy.views.all_settings import ViewsOfSession
    from napari_phy.views.class_settings import ClassesSettings
    from napari_phy.views.similarity import SimilaritySettings
    from napari_phy.views.wizard_review import WizardSettings


def open_session(
    path: str | Path,
    channel_group: int | None = None,
    clustering: str | None = None,
    read_only: bool = False,
    *,
    on_progress: OnProgress = no_progress,
) -> Session:
    """Open a data set for sorting; may run in a worker thread.

    Parameters
    ----------
    path : str or Path
        The .kwik file, or another that belongs to one or is of Open Ephys: .kwx, .kwe, .raw.kwd; a folder of phy,
        Kilosort or SpikeInterface, or its params.py.
    channel_group : int, optional
        Which channels; the first group if None.
    clustering : str, optional
        Which clustering; "main" if None, else the first by name.
    read_only : bool, default False
        Don't keep edits.
    on_progress : OnProgress, default no_progress
        Hears how far it is; by raising CancelledError it closes the file.

    Raises
    ------
    KwikFormatError
        The file is not what it should be.
    """
    on_progress(0)
    model = open_model(path, channel_group, clustering, on_progress=part_of(on_progress, 0, 0.3))
    try:
        on_progress(0.3)
        store = EditStore.open(model, read_only=read_only)
        try:
            on_progress(0.5)
            return Session(model, store, read_only=read_only)
        except BaseException:
            store.close()
            raise
    except BaseException:
        model.close()
        raise


class Session(Saving, Review, TimeStructures):
    """What scripts, the notebook, the console and the docks share; each sees what the others do.

    Parameters
    ----------
    model : BaseModel
        The data set as read from disk.
    store : EditStore
        Where its edits are kept.
    """

    closed = signal()
    raw_data_found = signal()
    raw_trouble = signal(str)  # a sentence; in the thread that could not read

    def __init__(self, model: BaseModel, store: EditStore, *, read_only: bool = False) -> None:
        self._read_only = read_only
        self._side_files = SideFiles(model.edited_file, is_kept=not read_only)
        self._settings: Config | None = None
        self._current = Current(OpenClustering.of(model, store))
        self._others = OtherClusterings(self._current)
        self._time = TimeCursor(model.duration)
        self._within: OpenWithin | None = None
        self._pyramid_lock = threading.Lock()
        self._pyramid: tuple[Samples, TracePyramid] | None = None

    @property
    def opened(self) -> OpenClustering:
        """The channel group and clustering that are open now, for whoever must not be switched under way."""
        return self._current.opened

    @property
    def shown(self) -> OpenClustering | OpenWithin:
        """What views show: what is open, with only the spikes of `time.range_s` where that is set."""
        opened = self._current.opened
        self._within = within(opened, self._time.range_s, self._within)
        return self._within or opened

    @property
    def range_s(self) -> tuple[float, float]:
        """Start and stop of the time whose spikes `manager` has: all of it, whatever `time.range_s` says."""
        return self.opened.range_s

    @property
    def whole(self) -> OpenClustering:
        """What is open, with the spikes of all times."""
        return self.opened

    @property
    def model(self) -> BaseModel:
        """The data set as read from disk; another one after a switch."""
        return self._current.opened.model

    @property
    def store(self) -> EditStore:
        """Where edits are kept; another one after a switch."""
        return self._current.opened.store

    @property
    def manager(self) -> ClusterManager:
        """The clustering; another one after a switch."""
        return self._current.opened.manager

    @property
    def selection(self) -> Selection:
        """What is selected; another one after a switch."""
        return self._current.opened.selection

    @property
    def sums(self) -> FeatureSums | None:
        """Sums of masked features by cluster; None without features."""
        return self._current.opened.sums

    @property
    def columns(self) -> SpikeColumnStore:
        """Channel, depth and amplitude of every spike, computed when first asked for; another one after a switch."""
        return self._current.opened.columns

    @property
    def table(self) -> Table:
        """What is known of clusters: `table["rate"]` is {cluster id: value}, `table.columns` what there is."""
        return Table(self)

    @property
    def channel(self) -> ChosenChannel:
        """The channel that was picked in some view; another one, none picked, after a switch."""
        return self._current.opened.channel

    @property
    def class_rules(self) -> ClassRules:
        """By which rules clusters are classed: those of `views["classes"]`, also after a switch."""
        return self._current.opened.class_rules

    @property
    def listed(self) -> ListedClusters:
        """The clusters that the list shows; another one, all of them, after a switch."""
        return self._current.opened.listed

    def recluster(self, clusters: Iterable[int], on_progress: OnProgress = no_progress, **options: Any) -> UpdateInfo:
        """Cluster the spikes of some clusters anew, by masked EM unless another algorithm is named, as one edit.

        Parameters
        ----------
        clusters : iterable of int
            Those whose spikes are divided again, all together.
        on_progress : callable, optional
            Called with 0…1; by raising CancelledError it ends the work, and nothing is changed.
        **options : object
            `algorithm`, `client` and parameters of the algorithm, as `napari_phy.sorting.cluster.run` takes them.

        Raises
        ------
        ClusteringError
            There are no such clusters, or they are found as they are; nothing was changed.
        NapariPhyError
            They cannot be clustered.

        Examples
        --------
        >>> session.recluster([3, 4], n_clusters_min=2)
        """
        from napari_phy.session.reclustering import recluster  # most sessions need no algorithms

        opened = self.opened
        return recluster(opened.model, opened.manager, clusters, on_progress, **options)

    @property
    def time(self) -> TimeCursor:
        """The moment that is looked at, the same in all views and after every switch."""
        return self._time

    @cached_property
    def views(self) -> ViewsOfSession:
        """The settings of views, open or not: `session.views["correlograms"].bin_ms = 0.5`; after a switch, too."""
        from napari_phy.views.all_settings import ViewsOfSession

        views = ViewsOfSession()
        views["similarity"].changed.connect(self._on_similarity_settings)
        views["classes"].changed.connect(self._on_classes_settings)
        views["wizard"].changed.connect(self._on_wizard_settings)
        return views

    def _on_classes_settings(self, settings: ClassesSettings) -> None:
        self.class_rules.rules = settings.rules

    def _on_similarity_settings(self, settings: SimilaritySettings) -> None:
        self.opened.similarities.chosen.key = settings.measure
        self.wizard.gain.forget()

    def _on_wizard_settings(self, settings: WizardSettings) -> None:
        self.order_wizard(settings.order, is_ascending=settings.ascending)

    def tell_raw_trouble(self, error: Exception) -> None:
        """Tell all views that raw data which were there cannot be read now."""
        self.raw_trouble.emit(str(error) if isinstance(error, NapariPhyError) else f"Raw data cannot be read: {error}.")

    def trace_pyramid(self, model: BaseModel) -> TracePyramid | None:
        """Return the summary of a model's traces, as far as it is built; None without raw data."""
        if model.traces is None:
            return None
        with self._pyramid_lock:
            if self._pyramid is None or self._pyramid[0] is not model.traces:
                self._pyramid = (model.traces, TracePyramid(model.traces, side_folder(model.path) / "traces"))
            return self._pyramid[1]

    def notebook(self) -> Any:
        """Return all views of the session in one arrangement, for a notebook; needs `napari-phy[notebook]`.

        Returns
        -------
        napari_phy.notebook.Workspace
            The last line of a cell shows it.

        Raises
        ------
        MissingDataError
            The extra is not installed.
        """
        return import_module("napari_phy.notebook").Workspace(self)  # which lies above

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.model.name

    @property
    def settings(self) -> Config:
        """The settings of the data set, those of every channel group and clustering; read when first asked for."""
        return self.load_settings() if self._settings is None else self._settings

    def load_settings(self, preferences: Mapping[str, Any] | None = None) -> Config:
        """Read the settings anew, on top of {setting: value} of napari's Preferences; caches keep to `memory_mb`."""
        self._settings = load_config(self.model.path, preferences)
        BUDGET.limit = self._settings.value("memory_mb") * 2**20
        return self._settings

    @property
    def messages(self) -> tuple[str, ...]:
        """What the user should know after opening: what is missing, what was recovered.

        How many spikes have features that cannot be used is reported once the features were read.
        """
        unmeasured = self._current.opened.unmeasured
        return (*self.model.missing, *([unmeasured] if unmeasured else []), *self.store.messages)

    # ---- raw data

    def locate_raw(self, paths: str | Path | Sequence[str | Path] | Mapping[str, str | Path]) -> None:
        """Read traces and waveforms from raw files that moved; they are found there from now on.

        Parameters
        ----------
        paths : str or Path or sequence of str or Path or mapping of str to str or Path
            A file, several, or a folder that has them; or {name in the .kwik: file}.

        Raises
        ------
        MissingDataError
            They are not there, or it is not known which is which.
        KwikFormatError
            They cannot be the raw data of this data set.
        """
        with self._current.lock:
            self.take_raw(self.model, self.model.with_raw(paths))

    def take_raw(self, asked: BaseModel, found: BaseModel) -> bool:
        """Go on with the model that `asked.with_raw` found; False, and nothing done, when `asked` was switched away."""
        if not self._current.take_model(asked, found):
            found.close_traces()
            return False
        asked.close_traces()
        self._time.set_duration(found.duration)
        self.raw_data_found.emit()
        return True

    @property
    def holds_features(self) -> bool:
        """Whether the features of a large data set are read elsewhere, or not read after a cancel."""
        return self.sums is not None and self.sums.is_held

    def prepare(self, on_progress: OnProgress = no_progress) -> None:
        """Read the features once, for channels, depths and similarities; may run in a worker thread."""
        self._current.opened.ranking.prepare(part_of(on_progress, 0, 0.5))
        self._current.opened.similarities.prepare(part_of(on_progress, 0.5, 1))

    def close(self) -> None:
        """Close every file; edits that are not saved stay in the journal."""
        self._others.note()
        self._current.close()
        self.closed.emit()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        what = f"{len(self.manager.cluster_ids)} clusters, {self.model.n_spikes} spikes"
        return visible(f"<Session {self.name}: {what}>")

    def _repr_html_(self) -> str:
        """Return what is open, for a notebook."""
        facts = model_facts(self.model)
        facts |= {"clusters": f"{len(self.manager.cluster_ids)} ({groups_words(self.manager)})"}
        facts |= {"unsaved edits": self.n_unsaved or None, "selected": listed(self.selection.clusters)}
        return summary("Session", facts, notes=self.messages, subtitle=self.name)
