"""Contents of the sample data set: probe, units, and what its clusters demonstrate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from napari_phy.core.probe import Probe

GENERATOR_VERSION = 1  # raise it when the bytes of the sample change: each version has its own place in the cache
SEED = 20140
SAMPLE_RATE = 20_000.0
MICROVOLTS_PER_UNIT = 0.195
DURATION_S = 60.0
N_SITES = 16  # of one shank
N_SHANKS = 2
SHANK_DISTANCE_UM = 200.0

MUA = -1
ARTEFACT = -2

Kind = Literal["pyramidal", "interneuron"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One neuron: where it sits beside its shank, how it looks and how it fires.

    `x_um` is measured from the middle of the shank, `y_um` from its lowest site, `z_um` away from the sites.
    `drift_um` and `fading` are the shift upwards and the share of amplitude lost from the first to the last second.
    """

    shank: int
    kind: Kind
    x_um: float
    y_um: float
    z_um: float
    amplitude_uv: float
    rate_hz: float
    bursting: float = 0.0
    triphasic: float = 0.0
    drift_um: float = 0.0
    fading: float = 0.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster as the sorter left it: the units in it and the share it got of each."""

    cluster_id: int
    units: tuple[int, ...]
    group: str = "unsorted"
    part: int = 0  # which part of an over-split unit


@dataclass(frozen=True, slots=True)
class Story:
    """The clusters of one shank; `shares` says how an over-split unit was divided at random."""

    clusters: tuple[Cluster, ...]
    shares: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))


UNITS: tuple[Unit, ...] = (
    # shank 0: an interneuron cut in two, two neighbours taken for one, a burster cut in two, four more
    Unit(0, "interneuron", 3, 146, 16, 230, 15.0, bursting=0.45, fading=0.06, drift_um=3),
    Unit(0, "pyramidal", -12, 221, 19, 265, 4.2, bursting=0.25, fading=0.08),
    Unit(0, "pyramidal", 14, 243, 20, 225, 3.4, bursting=0.15, drift_um=4),
    Unit(0, "pyramidal", -6, 76, 22, 185, 7.4, bursting=0.45, triphasic=0.5, drift_um=-5),
    Unit(0, "pyramidal", 10, 24, 25, 350, 3.0, bursting=0.3, drift_um=14),
    Unit(0, "pyramidal", -9, 183, 25, 135, 2.2, bursting=0.2, triphasic=1.0, drift_um=-7),
    Unit(0, "interneuron", 8, 288, 20, 160, 6.0, bursting=0.2, fading=-0.1),
    Unit(0, "pyramidal", 5, 112, 34, 92, 0.9, bursting=0.1),
    # shank 1
    Unit(1, "pyramidal", -8, 262, 18, 290, 5.5, bursting=0.4, drift_um=-6),
    Unit(1, "interneuron", 6, 205, 18, 200, 12.0, bursting=0.4, fading=0.1),
    Unit(1, "pyramidal", 9, 158, 22, 165, 2.6, bursting=0.2, triphasic=0.7, drift_um=11),
    Unit(1, "pyramidal", -4, 98, 24, 120, 1.4, bursting=0.3, triphasic=1.0),
    Unit(1, "interneuron", -10, 58, 20, 145, 8.0, drift_um=4),
    Unit(1, "pyramidal", 7, 14, 30, 66, 0.5),
)

STORIES: tuple[Story, ...] = (
    Story(
        clusters=(
            Cluster(0, (ARTEFACT,), "noise"),
            Cluster(3, (4,), "good"),
            Cluster(4, (6,), "interneuron"),
            Cluster(5, (0,), part=1),
            Cluster(6, (MUA,), "mua"),
            Cluster(7, (3,), part=0),
            Cluster(9, (1, 2)),
            Cluster(10, (5,), "good"),
            Cluster(12, (0,), part=0),
            Cluster(13, (7,)),
            Cluster(15, (3,), part=1),
        ),
        shares=MappingProxyType({0: 0.57, 3: 0.55}),
    ),
    Story(
        clusters=(
            Cluster(0, (ARTEFACT,), "noise"),
            Cluster(2, (9,), part=0),
            Cluster(4, (MUA,), "mua"),
            Cluster(5, (8,), "good"),
            Cluster(6, (11,)),
            Cluster(8, (9,), part=1),
            Cluster(9, (12,), "interneuron"),
            Cluster(11, (10,)),
            Cluster(12, (13,)),
        ),
        shares=MappingProxyType({9: 0.6}),
    ),
)

GROUP_NAMES = ("noise", "mua", "good", "unsorted", "interneuron")


def build_probe(shank: int) -> Probe:
    """Return a shank of two staggered columns, its first channel on top; each site neighbours the next two."""
    sites = np.arange(N_SITES)
    ids = sites + shank * N_SITES
    x = shank * SHANK_DISTANCE_UM + np.where(sites % 2, 8.0, -8.0)
    y = 20.0 * (N_SITES - 1 - sites)
    edges = [(ids[i], ids[i + step]) for step in (1, 2) for i in range(N_SITES - step)]
    return Probe(ids.astype(np.int64), np.column_stack([x, y]), np.array(sorted(edges), dtype=np.int64))
