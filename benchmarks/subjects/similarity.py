"""How alike all clusters are: masked Gaussians of 96 features, of which every one is unmasked; rows after edits."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from harness import SEED, Limit, Row, Side, Size, Watch

SIZE = Size(n_spikes=100_000, n_clusters=500, n_repeats=7)
HAS_PEER = True
_N_CHANNELS, _N_PER_CHANNEL, _N_SAMPLES = 32, 3, 82
ROWS = (
    Row("all pairs, from sums (theirs: cosine of templates)", "all", Limit(1.0, "ours / theirs")),
    Row("all pairs, with the sums of 100 k spikes", "sums"),
    Row("what is new after a merge, and the ranking", "merge", Limit(0.005)),
    Row("the same after undo", "undo", Limit(0.005)),
    Row("memory of sums, factors and pairs", "memory", Limit(200e6), unit="B"),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    if side == "ours":
        _by_us(size, watch)
    else:
        _by_spikeinterface(size, watch)


def _by_us(size: Size, watch: Watch) -> None:
    from napari_phy.core.cluster_manager import ClusterManager
    from napari_phy.core.memory import BUDGET
    from napari_phy.stats.masked_gaussian import GaussianStack, log_likelihoods, masked_gaussian, normalised_logs
    from napari_phy.table.cluster_ranking import ClusterRanking
    from napari_phy.table.gaussian_sums import GaussianSums
    from napari_phy.table.similarities import ChosenMeasure, Similarities

    class Session(SimpleNamespace):
        """One that can be referred to weakly."""

    rng = np.random.default_rng(SEED)
    clusters = rng.integers(0, size.n_clusters, size.n_spikes).astype(np.int32)
    centres = rng.normal(0, 3, (size.n_clusters, _N_CHANNELS * _N_PER_CHANNEL)).astype(np.float32)
    features = centres[clusters] + rng.normal(0, 1, (size.n_spikes, centres.shape[1])).astype(np.float32)
    masks = np.ones((size.n_spikes, _N_CHANNELS), dtype=np.float32)
    probe = SimpleNamespace(knows_positions=False)
    data = {"features": features, "masks": masks, "waveforms": None, "traces": None, "probe": probe}
    model = Session(**data, spike_samples=np.arange(size.n_spikes))
    manager = ClusterManager(clusters)
    ids = manager.cluster_ids.tolist()

    sums = GaussianSums(manager, model)
    found, noise = sums.get(ids), sums.noise()

    def compare() -> None:
        made = [masked_gaussian(found[cluster], noise, size.n_spikes) for cluster in ids]
        stack = GaussianStack.of(made)
        normalised_logs(log_likelihoods(stack.means, stack).astype(np.float32))

    for _ in range(size.n_repeats):
        watch.time("all", compare)

    session = Session(model=model, manager=manager, sums=SimpleNamespace(is_held=False))
    chosen = ChosenMeasure("masked gaussian")
    similarities = Similarities(ClusterRanking(manager, None), chosen)
    similarities.follow(session)
    before = BUDGET.used
    watch.time("sums", similarities.prepare)
    watch.add("memory", BUDGET.used - before)
    last = ids[-1]
    manager.merge([ids[0], ids[1]])
    similarities(last)  # loads compiled code
    manager.undo()
    similarities(last)
    for turn in range(size.n_repeats):
        manager.merge([ids[2 * turn + 2], ids[2 * turn + 3]])
        watch.time("merge", similarities, last)
        manager.undo()
        watch.time("undo", similarities, last)


def _by_spikeinterface(size: Size, watch: Watch) -> None:
    from spikeinterface.postprocessing.template_similarity import compute_similarity_with_templates_array

    rng = np.random.default_rng(SEED)
    templates = rng.normal(0, 1, (size.n_clusters, _N_SAMPLES, _N_CHANNELS)).astype(np.float32)
    few = templates[:3]
    compute_similarity_with_templates_array(few, few, "cosine")  # compiles
    for _ in range(size.n_repeats):
        watch.time("all", compute_similarity_with_templates_array, templates, templates, "cosine")
