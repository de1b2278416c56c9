"""What the colours of clusters that are not selected may stand for."""

from __future__ import annotations

GREY, CLUSTER, GROUP = "grey", "cluster", "group"
SCHEMES = (
    ("Others grey", GREY),
    ("Others by cluster", CLUSTER),
    ("Others by group", GROUP),
    ("Others by depth", "depth"),
    ("Others by rate", "rate"),
    ("Others by amplitude", "amplitude"),
    ("Others by refractory violations", "refractory"),
)
