"""One channel group and one clustering, with all that belongs to it."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from napari_phy.core.arrays import LARGEST
from napari_phy.core.base_model import BaseModel
from napari_phy.core.chosen_channel import ChosenChannel
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.decisions import Decisions
from napari_phy.core.errors import ClusteringError, NapariPhyError, ReplayError
from napari_phy.core.listed_clusters import ListedClusters
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.core.selection import Selection
from napari_phy.core.update_info import UpdateInfo
from napari_phy.core.wizard import Wizard
from napari_phy.session.comparison import Comparison
from napari_phy.session.proposals import Proposals
from napari_phy.storage.feature_store.stored_features import StoredFeatures
from napari_phy.storage.side_files import DECISIONS, KEPT_MINE, SideFiles
from napari_phy.storage.spike_columns import SpikeColumnStore
from napari_phy.storage.store import EditStore, Snapshot
from napari_phy.table.class_column import ClassRules
from napari_phy.table.cluster_cuts import ClusterCuts
from napari_phy.table.cluster_ranking import ClusterRanking
from napari_phy.table.feature_sums import FeatureSums
from napari_phy.table.similarities import Similarities


class EditGate:
    """What each edit passes on its way to the store, unless it has to wait."""

    def __init__(self, store: EditStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._reason = ""

    def __call__(self, update: UpdateInfo) -> None:
        """Keep an edit, or raise ClusteringError with the reason why it has to wait."""
        with self._lock:
            if self._reason:
                raise ClusteringError(self._reason)
            self._store.commit(update)

    def shut(self, reason: str) -> None:
        """Let no edit pass from now on; one that is on its way is waited for."""
        with self._lock:
            self._reason = reason


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class OpenClustering:
    """One channel group and one clustering with all that belongs to it; a switch replaces it as a whole.

    What works in another thread takes this from `Session.opened` and sees one clustering, whatever is switched.
    """

    model: BaseModel
    store: EditStore
    gate: EditGate
    manager: ClusterManager
    selection: Selection
    sums: FeatureSums | None
    ranking: ClusterRanking
    similarities: Similarities
    wizard: Wizard
    columns: SpikeColumnStore
    channel: ChosenChannel
    listed: ListedClusters
    comparison: Comparison
    cuts: ClusterCuts
    proposals: Proposals
    class_rules: ClassRules
    stored_features: StoredFeatures | None  # None where features need no store

    @property
    def range_s(self) -> tuple[float, float]:
        """Start and stop of the time whose spikes `manager` has: all of it."""
        return 0.0, self.model.duration

    @property
    def whole(self) -> OpenClustering:
        """Itself: it has the spikes of all times."""
        return self

    @classmethod
    def of(cls, model: BaseModel, store: EditStore, before: OpenClustering | None = None) -> OpenClustering:
        """Return the clustering of a model with the edits of its store replayed, by the choices that held before."""
        gate = EditGate(store)
        manager = _replayed(store, gate)
        stored_features = StoredFeatures.of(model)
        sums = None
        if model.features is not None and model.masks is not None:
            sums = FeatureSums(manager, model.features, model.masks)
        model.reserve("session.switch")
        listed = ListedClusters()
        ranking = ClusterRanking(manager, sums)
        if sums is not None and sums.is_small:
            with suppress(NapariPhyError, OSError):  # whoever asks for them gets the error
                ranking.prepare()
        similarities = Similarities(ranking, None if before is None else before.similarities.chosen)
        columns, channel = SpikeColumnStore(model), ChosenChannel(model.n_channels)
        cuts = ClusterCuts(manager, model, sums)
        decisions = _decisions(manager, model, store)
        wizard = Wizard(manager, similarities, listed, decisions, cuts, lambda: similarities.ranked_by.least)
        proposals = Proposals(manager, decisions, cuts)
        selection, comparison = Selection(manager), _comparison(manager, model, store)
        fields = manager, selection, sums, ranking, similarities, wizard, columns, channel, listed, comparison
        class_rules = ClassRules() if before is None else before.class_rules
        opened = cls(model, store, gate, *fields, cuts, proposals, class_rules, stored_features)
        similarities.follow(opened)
        proposals.follow(opened)
        return opened

    def opened_at(
        self, channel_group: int, clustering: str | None, *, read_only: bool, on_progress: OnProgress = no_progress
    ) -> OpenClustering:
        """Return another channel group or clustering of the same file; a wizard that proposes now does so there too.

        May run in a worker thread; what is open stays as it is, whatever comes of it.
        """
        on_progress(0)
        opened = self.sibling(channel_group, clustering, read_only=read_only, on_progress=part_of(on_progress, 0, 0.2))
        try:
            on_progress(0.2)
            if not self.wizard.is_paused and not (self.sums is not None and self.sums.is_held):
                opened.ranking.prepare(part_of(on_progress, 0.2, 1))
                opened.wizard.start()
                opened.selection.select(opened.wizard.place)
            return opened
        except BaseException:
            opened.close(but_not_of=self)
            raise

    def sibling(
        self, channel_group: int, clustering: str | None, *, read_only: bool, on_progress: OnProgress = no_progress
    ) -> OpenClustering:
        """Return another channel group or clustering of the same file, with its edits and nothing selected."""
        now = self.model
        model = now.sibling(channel_group, clustering)
        try:
            on_progress(0.5)
            store = EditStore.open(model, read_only=read_only, session_start=self.store.session_start)
            try:
                return OpenClustering.of(model, store, self)
            except BaseException:
                store.close()
                raise
        except BaseException:
            if not now.shares_files(model):
                model.close()
            raise

    def similar_to(self, cluster: int) -> list[tuple[int, float]]:
        """Return [(other cluster, similarity by the measure that is chosen)], the most similar first.

        That is the cosine of the mean masked features until another measure is computed. [] without features, and
        while those of a large data set are read in the background or that was cancelled.
        """
        return self.similarities(cluster)

    @property
    def unmeasured(self) -> str:
        """A sentence on spikes whose features cannot have been measured, as far as they were read; "" for none."""
        n_spikes = 0 if self.sums is None else self.sums.n_unmeasured
        if not n_spikes:
            return ""
        spikes = "1 spike has" if n_spikes == 1 else f"{n_spikes} spikes have"
        return (
            f"{self.model.name}: {spikes} features or masks that are no numbers, unreadable or above {LARGEST:g}; "
            "channels, depths, similarities and views of features leave out these spikes."
        )

    def snapshot(self) -> Snapshot:
        """Return the clustering as it is now."""
        manager = self.manager
        clustering = StoredClustering(
            spike_clusters=manager.spike_clusters,
            cluster_groups=manager.cluster_groups,
            cluster_colors=manager.cluster_colors,
            cluster_labels=manager.cluster_labels,
            group_names=(),
            user_groups=manager.stored_groups,
        )
        return Snapshot(clustering, manager.n_done, self.store.n_committed)

    def close(self, *, but_not_of: OpenClustering | None = None) -> None:
        """Close every file, but not those that another clustering of the same channel group shares."""
        SideFiles.settle()
        self.store.close()
        if but_not_of is None or not self.model.shares_files(but_not_of.model):
            self.model.close()


def _decisions(manager: ClusterManager, model: BaseModel, store: EditStore) -> Decisions:
    """Return what was decided in the reviews of a clustering before, which is kept in the side folder."""
    files = SideFiles(model.edited_file, is_kept=not store.read_only)
    place = f"{model.channel_group}/{model.clustering}"
    files.settle()  # it may have been open a moment ago
    return Decisions(manager, files.load(DECISIONS).get(place), partial(files.update, DECISIONS, place))


def _comparison(manager: ClusterManager, model: BaseModel, store: EditStore) -> Comparison:
    """Return the comparison with a second curation, which knows where ours was kept before."""
    files = SideFiles(model.edited_file, is_kept=not store.read_only)
    place = f"{model.channel_group}/{model.clustering}"
    return Comparison(manager, files.load(KEPT_MINE).get(place, ()), partial(files.update, KEPT_MINE, place))


def _replayed(store: EditStore, gate: EditGate) -> ClusterManager:
    """Return a manager with the edits of a store, without those that do not fit."""
    while True:
        base = store.base
        manager = ClusterManager(
            base.spike_clusters,
            base.cluster_groups,
            base.cluster_colors,
            base.cluster_labels,
            commit=gate,
            user_groups=base.user_groups,
        )
        try:
            manager.restore(store.records, store.n_done, store.next_id)
        except ReplayError as error:
            store.leave_out(error.n_fit)
        else:
            return manager
