"""What a newcomer meets in the sample's first minute is true."""

import numpy as np
import pytest

from napari_phy.formats.kwik.model import KwikModel
from napari_phy.sample_data import read_truth, truth_path
from napari_phy.sample_data.install import copy_sample
from napari_phy.sample_data.recipe import ARTEFACT, MUA, STORIES
from napari_phy.session import open_session
from napari_phy.stats.correlograms import correlograms
from napari_phy.views.features import default_axes


class Sorted:
    """One channel group of the sample in memory, beside its truth."""

    def __init__(self, path, group):
        model = KwikModel(path, channel_group=group)
        self.group = group
        self.truth = read_truth(truth_path(path))
        self.units = self.truth.spike_units[group]
        self.samples = np.array(model.spike_samples)
        self.clusters = np.array(model.spike_clusters)
        self.masks = model.masks[:]
        self.features = model.features[:].reshape(len(self.masks), self.masks.shape[1], -1)
        self.groups = dict(model.cluster_groups)
        self.ids = np.unique(self.clusters).tolist()
        model.close()

    def n_spikes(self, cluster):
        return int((self.clusters == cluster).sum())

    def unsorted(self):
        """Return the unsorted clusters, the largest first."""
        open_ones = [cluster for cluster in self.ids if self.groups.get(cluster, "unsorted") == "unsorted"]
        return sorted(open_ones, key=lambda cluster: -self.n_spikes(cluster))

    def similar_to(self, cluster):
        """Return [(other, cosine of the mean masked features)], descending: written out here on purpose."""
        masked = (self.features * self.masks[:, :, None]).reshape(len(self.masks), -1)
        means = {other: masked[self.clusters == other].mean(axis=0) for other in self.ids}
        one = means.pop(cluster)
        cosines = {o: float(m @ one / np.linalg.norm(m) / np.linalg.norm(one)) for o, m in means.items()}
        return sorted(cosines.items(), key=lambda item: -item[1])

    def halves(self):
        """Return the over-split pairs, larger half first."""
        single = {}
        for cluster in self.ids:
            units = self.truth.units_of(self.group, cluster)
            if len(units) == 1:
                single.setdefault(units[0], []).append(cluster)
        pairs = [clusters for clusters in single.values() if len(clusters) == 2]
        return [tuple(sorted(pair, key=lambda cluster: -self.n_spikes(cluster))) for pair in pairs]

    def mixtures(self):
        return [cluster for cluster in self.ids if len(self.truth.units_of(self.group, cluster)) == 2]


@pytest.fixture(scope="module")
def shanks(sample_kwik):
    return Sorted(sample_kwik, 0), Sorted(sample_kwik, 1)


def test_the_first_shank_holds_two_pairs_and_a_mixture_the_second_one_pair(shanks):
    first, second = shanks
    assert len(first.halves()) == 2
    assert len(first.mixtures()) == 1
    assert len(second.halves()) == 1
    assert not second.mixtures()


def test_the_largest_unsorted_cluster_and_its_top_candidate_are_one_unit(shanks):
    first, _ = shanks
    largest = first.unsorted()[0]
    (candidate, similarity), (_, runner_up) = first.similar_to(largest)[:2]
    assert (largest, candidate) in first.halves()
    assert similarity > 0.999
    assert runner_up < 0.9
    assert largest == max(first.ids, key=first.n_spikes)  # so it is also the first row of Clusters


def test_each_half_is_the_other_halfs_top_candidate(shanks):
    for shank in shanks:
        for one, other in shank.halves():
            assert shank.similar_to(one)[0][0] == other
            assert shank.similar_to(other)[0][0] == one


def test_the_mixture_is_the_second_largest_unsorted_cluster(shanks):
    first, _ = shanks
    assert first.unsorted()[1] == first.mixtures()[0]


def assert_two_clouds(points, units):
    """A straight cut parts the units, with a gap that the eye sees."""
    one, other = (points[units == unit] for unit in np.unique(units))
    spread = np.linalg.inv(np.cov(one.T) + np.cov(other.T))
    direction = spread @ (other.mean(axis=0) - one.mean(axis=0))
    below, above = one @ direction, other @ direction
    gap = np.quantile(above, 0.02) - np.quantile(below, 0.98)
    assert gap > 2 * max(below.std(), above.std())
    assert min(len(one), len(other)) > 0.4 * len(units)


def test_the_mixture_falls_apart_on_its_two_best_channels(shanks):
    first, _ = shanks
    spikes = np.flatnonzero(first.clusters == first.mixtures()[0])
    sizes = np.abs(first.features[spikes] * first.masks[spikes, :, None]).sum(axis=2).mean(axis=0)
    best = np.argsort(-sizes)[:2]
    assert_two_clouds(first.features[spikes][:, best, 0], first.units[spikes])


def test_the_mixture_falls_apart_where_the_feature_view_shows_it(shanks, sample_kwik, tmp_path):
    first, _ = shanks
    mixture = first.mixtures()[0]
    spikes = np.flatnonzero(first.clusters == mixture)
    with open_session(copy_sample(sample_kwik, tmp_path)) as session:
        for clusters in ((mixture,), (mixture, session.similar_to(mixture)[0][0])):
            axes = default_axes(session, clusters)
            points = np.stack([first.features[spikes, axis.channel_index, axis.component] for axis in axes], axis=1)
            assert_two_clouds(points, first.units[spikes])


def test_halves_lie_on_each_other(shanks):
    """Per feature the halves' means differ by no more than chance allows, and so do their times."""
    for shank in shanks:
        for pair in shank.halves():
            one, other = (shank.features[shank.clusters == cluster].reshape(-1, 48) for cluster in pair)
            error = np.sqrt(one.var(axis=0) / len(one) + other.var(axis=0) / len(other))
            assert np.abs((one.mean(axis=0) - other.mean(axis=0)) / error).max() < 4.5
            times = [np.sort(shank.samples[shank.clusters == cluster]) / shank.samples.max() for cluster in pair]
            grid = np.linspace(0, 1, 50)
            apart = [np.searchsorted(t, grid) / len(t) for t in times]
            assert np.abs(apart[0] - apart[1]).max() < 0.12


def test_halves_share_a_refractory_period(shanks):
    for shank in shanks:
        for one, other in shank.halves():
            counts = correlograms(shank.samples, shank.clusters, [one, other], sample_rate=20_000.0)
            both_ways = counts[0, 1] + counts[1, 0]
            assert both_ways[:2].sum() == 0
            assert both_ways[3:8].mean() > 5


def test_the_units_of_the_mixture_fire_regardless_of_each_other(shanks):
    first, _ = shanks
    a, b = first.truth.units_of(0, first.mixtures()[0])
    near = first.truth.event_samples[first.truth.event_units == a]
    far = first.truth.event_samples[first.truth.event_units == b]
    assert np.abs(near[:, None] - far).min() < 40  # no common refractory period


def test_no_unit_fires_within_two_milliseconds(shanks):
    truth = shanks[0].truth
    for unit in range(14):
        samples = truth.event_samples[truth.event_units == unit]
        assert np.diff(samples).min() >= 40
        assert 0.5 <= len(samples) / 60.0 <= 15.0


def test_clusters_hold_what_the_story_says(shanks):
    for shank in shanks:
        for cluster in STORIES[shank.group].clusters:
            assert set(np.unique(shank.units[shank.clusters == cluster.cluster_id])) == set(cluster.units)
        assert shank.groups[next(c.cluster_id for c in STORIES[shank.group].clusters if c.units == (MUA,))] == "mua"
        assert {"good", "noise", "mua", "interneuron"} <= set(shank.groups.values())


def test_most_spikes_of_a_unit_are_found_near_their_time_and_some_are_missed(shanks):
    for shank in shanks:
        truth = shank.truth
        n_missed = 0
        for unit in np.flatnonzero(truth.unit_groups == shank.group):
            true = truth.event_samples[truth.event_units == unit]
            found = shank.samples[shank.units == unit]
            n_missed += len(true) - len(found)
            assert 0.85 * len(true) <= len(found) <= len(true)
            nearest = np.abs(found[:, None] - true).min(axis=1)
            assert np.quantile(nearest, 0.95) < 10
        assert n_missed > 5


def test_noise_is_on_all_channels_and_mua_is_small(shanks):
    for shank in shanks:
        assert shank.masks[shank.units == ARTEFACT].mean() > 0.8
        sizes = np.abs(shank.features[:, :, 0] * shank.masks).max(axis=1)
        assert np.median(sizes[shank.units == MUA]) < 0.5 * np.median(sizes[shank.units >= 0])


def test_a_session_proposes_the_pair_then_the_mixture(shanks, sample_kwik, tmp_path):
    first, _ = shanks
    with open_session(copy_sample(sample_kwik, tmp_path)) as session:
        session.start_wizard()
        assert session.selection.clusters == (first.unsorted()[0], first.similar_to(first.unsorted()[0])[0][0])
        session.merge(session.selection.clusters)
        session.wizard.next_best()
        assert session.wizard.best == first.mixtures()[0]
