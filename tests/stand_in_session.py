"""A session without files, journal and selection: what tables and views ask for."""

from dataclasses import dataclass

import numpy as np
import pytest
from support import random_model

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.progress import no_progress
from napari_phy.stats.similarity import cosine_similarity
from napari_phy.storage.spike_columns import SpikeColumnStore
from napari_phy.table.class_column import ClassRules
from napari_phy.table.cluster_ranking import ClusterRanking
from napari_phy.table.similarities import Similarities


@dataclass(frozen=True, eq=False)
class Sums:
    n_spikes: int
    mask_sum: np.ndarray
    feature_mask_sum: np.ndarray
    abs_sum: np.ndarray


class FreshSums:
    """Sums computed anew each time, the plain way."""

    is_held = False

    def __init__(self, session):
        self._session = session
        self.asked_for = []

    def get(self, cluster_ids, on_progress=no_progress):
        ids = list(cluster_ids)
        found = {}
        for done, cluster in enumerate(ids):
            on_progress(done / len(ids))
            found[cluster] = self._one(cluster)
        return found

    def _one(self, cluster):
        self.asked_for.append(cluster)
        model, ids = self._session.model, self._session.manager.spikes(cluster)
        features, masks = model.features[ids].astype(float), model.masks[ids].astype(float)
        masked = features * np.repeat(masks, model.n_features_per_channel, axis=1)
        abs_sum = np.abs(masked).sum(axis=0).reshape(model.n_channels, -1).sum(axis=1)
        return Sums(len(ids), masks.sum(axis=0), masked.sum(axis=0), abs_sum)


class StandInSession:
    def __init__(self, model):
        self.model = model
        self.manager = ClusterManager(model.spike_clusters, model.cluster_groups)
        self.columns = SpikeColumnStore(model)
        self.sums = None if model.features is None or model.masks is None else FreshSums(self)
        self.similarities = Similarities(ClusterRanking(self.manager, self.sums))
        self.similarities.follow(self)
        self.class_rules = ClassRules()

    @property
    def range_s(self):
        return 0.0, self.model.duration

    @property
    def whole(self):
        return self

    def similar_to(self, cluster):
        others = [int(other) for other in self.manager.cluster_ids if other != cluster]
        sums = self.sums.get([cluster, *others])
        means = {one: sums[one].feature_mask_sum / sums[one].n_spikes for one in sums}
        similarities = cosine_similarity([means[other] for other in others], means[cluster])
        return sorted(zip(others, similarities.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))


@pytest.fixture
def make_session():
    """Return a function that opens a `random_model` with changes."""

    def make(**changes):
        return StandInSession(random_model(**changes))

    return make


@pytest.fixture
def session(make_session):
    """Return 1 000 spikes in clusters 0 … 4 on 8 channels."""
    return make_session(cluster_groups={0: "good", 1: "noise", 2: "mua"})
