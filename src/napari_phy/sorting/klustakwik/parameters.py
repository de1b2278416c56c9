"""The parameters of masked EM, under the names that klusta's parameter files have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from napari_phy.core.errors import SettingsError
from napari_phy.core.settings import Number, Settings, Switch


@dataclass(frozen=True, slots=True)
class KlustaKwik2Parameters(Settings):
    """Parameters of masked EM, each with its bounds.

    Raises
    ------
    SettingsError
        A value is out of bounds, or contradicts another one.
    """

    num_starting_clusters: Annotated[
        int,
        Number(title="Clusters to begin with", low=1, high=10_000, is_whole=True, tip="from masks of spikes; most end"),
    ] = 500
    n_clusters_min: Annotated[int, Number(title="Least clusters", low=1, high=10_000, is_whole=True)] = 1
    n_clusters_max: Annotated[int, Number(title="Most clusters", low=1, high=10_000, is_whole=True)] = 1000
    penalty_k: Annotated[
        float, Number(title="Penalty", low=0, high=1000, unit="× parameters", tip="1: Akaike's criterion")
    ] = 0.0
    penalty_k_log_n: Annotated[
        float,
        Number(title="Penalty", low=0, high=1000, unit="× parameters × log spikes / 2", tip="1: Bayesian criterion"),
    ] = 1.0
    points_for_cluster_mask: Annotated[
        float,
        Number(
            title="Spikes of a channel", low=1, high=1e6, tip="with fewer in a cluster, its features count as noise"
        ),
    ] = 100.0
    prior_point: Annotated[
        float, Number(title="Prior of a cluster", low=0.01, high=1000, unit="spikes", tip="masked on all channels")
    ] = 1.0
    noise_point: Annotated[float, Number(title="Prior of noise", low=0.01, high=1000, unit="spikes")] = 1.0
    mua_point: Annotated[float, Number(title="Prior of multi-unit", low=0.01, high=1000, unit="spikes")] = 2.0
    use_noise_cluster: Annotated[
        bool, Switch(title="Noise cluster", tip="cluster 0: spikes anywhere in the range of features")
    ] = True
    use_mua_cluster: Annotated[
        bool, Switch(title="Multi-unit cluster", tip="cluster 1: spikes anywhere in the distribution of all spikes")
    ] = False
    consider_cluster_deletion: Annotated[
        bool, Switch(title="Delete clusters", tip="where fewer parameters are worth more than a better fit")
    ] = True
    one_deletion: Annotated[
        bool, Switch(title="One deletion a step", tip="as klustakwik2 does; slower, often with a worse score")
    ] = False
    consider_cluster_splits: Annotated[bool, Switch(title="Divide clusters", tip="where it lowers the score")] = True
    max_iterations: Annotated[int, Number(title="Most steps", low=1, high=100_000, is_whole=True)] = 1000
    break_fraction: Annotated[
        float, Number(title="Settled", low=0, high=1, unit="of the spikes", tip="when fewer spikes change in a step")
    ] = 0.0
    original_score: Annotated[
        bool, Switch(title="klustakwik2's score", tip="with its penalty that is off by one, and its unused cluster 1")
    ] = False
    seed: Annotated[int, Number(title="Seed", low=0, high=2**31, is_whole=True)] = 0

    def __post_init__(self) -> None:
        super(KlustaKwik2Parameters, self).__post_init__()  # slots make another class
        if self.n_clusters_min > self.n_clusters_max:
            raise SettingsError("KlustaKwik2: n_clusters_min must not be more than n_clusters_max.")

    @classmethod
    def owner(cls) -> str:
        """Return the name of the algorithm."""
        return "KlustaKwik2"
