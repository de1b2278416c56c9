"""A small Kwik data set of two shanks and two recordings, with its raw file."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_phy.core.base_model import Recording
from napari_phy.core.probe import Probe
from napari_phy.formats.kwik.create import KwikGroup, create_kwik

RATE = 20000.0


@dataclass(frozen=True)
class Made:
    """What was written, and where."""

    path: Path
    groups: dict[int, KwikGroup]
    raw: np.ndarray
    recordings: tuple[Recording, ...]


def small_group(seed: int, channels: list[int], n_samples: int, n_spikes: int = 120) -> KwikGroup:
    rng = np.random.default_rng(seed)
    n_channels = len(channels)
    probe = Probe(
        np.array(channels),
        np.column_stack([np.arange(n_channels) % 2 * 10.0, np.arange(n_channels) * 20.0]),
        np.column_stack([channels[:-1], channels[1:]]).reshape(-1, 2),
    )
    clusters = rng.integers(2, 6, n_spikes)
    clusters[:4] = [2, 3, 4, 5]
    return KwikGroup(
        probe,
        np.sort(rng.permutation(n_samples)[:n_spikes]),
        clusters,
        rng.normal(size=(n_spikes, n_channels, 3)),
        np.round(rng.random((n_spikes, n_channels)), 2),
        cluster_groups={2: "noise", 3: "good", 4: "Möwen"},
        group_names=("noise", "mua", "good", "unsorted", "Möwen"),
        cluster_colors={3: "#12ab9f"},
        cluster_labels={"comment": {2: "schön"}, "checked": {3: True, 4: False}},
    )


@pytest.fixture(scope="session")
def make_in() -> Callable[..., Made]:
    """Return a function that writes the data set into a folder; keywords change it."""

    def make(
        folder: Path,
        *,
        lengths: tuple[int, ...] = (9000, 7000),
        group: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Made:
        n_samples = sum(lengths)
        starts = np.cumsum([0, *lengths[:-1]]).tolist()
        recordings = tuple(
            Recording(i, f"part {i}", s, n) for i, (s, n) in enumerate(zip(starts, lengths, strict=True))
        )
        groups = {1: small_group(1, [4, 2, 0], n_samples), 10: small_group(2, [1, 5, 6, 7], n_samples)}
        groups = {key: replace(value, **(group or {})) for key, value in groups.items()}
        raw = np.random.default_rng(3).normal(100, 50, (n_samples, 8)).astype(np.int16)
        raw.tofile(folder / "small.dat")
        path = folder / "small.kwik"
        arguments: dict[str, Any] = {
            "sample_rate": RATE,
            "recordings": recordings,
            "dat_path": "small.dat",
            "dtype": "int16",
            "n_channels_total": 8,
            "microvolts_per_unit": 0.195,
            "groups": groups,
        }
        create_kwik(path, **{**arguments, **settings})
        return Made(path, groups, raw, recordings)

    return make


@pytest.fixture
def make_kwik(tmp_path: Path, make_in: Callable[..., Made]) -> Callable[..., Made]:
    """Return the same function for a folder of the test's own."""

    def make(folder: Path = tmp_path, **settings: Any) -> Made:
        return make_in(folder, **settings)

    return make


@pytest.fixture
def small(make_kwik: Callable[..., Made]) -> Made:
    """Return the data set with all defaults."""
    return make_kwik()
