"""What a data set written by one of the old programs holds, so that a test can compare what is read."""

import itertools
from dataclasses import dataclass, field

import numpy as np

RATE = 20000.0
BEFORE = AFTER = 16
PER_CHANNEL = 3


@dataclass
class Shank:
    """One channel group: times are those within the recording."""

    channels: list[int]
    positions: list[tuple[float, float]]
    edges: list[tuple[int, int]]
    samples: np.ndarray
    recordings: np.ndarray
    clusters: np.ndarray
    features: np.ndarray  # (n, n_channels * PER_CHANNEL)
    masks: np.ndarray  # (n, n_channels)
    cluster_groups: dict[int, int] = field(default_factory=dict)

    @property
    def n_spikes(self) -> int:
        return len(self.samples)

    @property
    def features_masks(self) -> np.ndarray:
        return np.stack([self.features, np.repeat(self.masks, PER_CHANNEL, axis=1)], axis=2).astype(np.float32)


@dataclass
class Truth:
    """A whole data set; `raw` has one array (n_samples, n_channels) int16 for each recording, with the spikes in it."""

    raw: list[np.ndarray]
    shanks: dict[int, Shank]

    @property
    def lengths(self) -> list[int]:
        return [len(raw) for raw in self.raw]

    @property
    def starts(self) -> np.ndarray:
        return np.cumsum([0, *self.lengths[:-1]])

    @property
    def n_channels(self) -> int:
        return self.raw[0].shape[1]

    def joined(self, shank: Shank) -> np.ndarray:
        return self.starts[shank.recordings] + shank.samples


def make_truth(lengths=(6000, 4000), groups=((0, (0, 1, 3)), (1, (5, 4))), n_channels=6, n_spikes=80, seed=0) -> Truth:
    """Return random recordings and spikes in all of them; `groups` are (number, channels)."""
    rng = np.random.default_rng(seed)
    raw = [rng.normal(0, 300, (length, n_channels)) for length in lengths]
    shanks = {group: make_shank(rng, list(channels), lengths, n_spikes) for group, channels in groups}
    for shank in shanks.values():
        for sample, recording, masks in zip(shank.samples, shank.recordings, shank.masks, strict=True):
            trough = raw[recording][max(0, sample - 1) : sample + 2]
            trough[:, shank.channels] -= 5000 * (masks == masks.max())
    return Truth([np.clip(samples, -32_000, 32_000).astype(np.int16) for samples in raw], shanks)


def make_shank(rng, channels: list[int], lengths, n_spikes: int) -> Shank:
    starts = np.cumsum([0, *lengths[:-1]])
    line = np.sort(rng.permutation(sum(lengths))[:n_spikes])
    recordings = np.searchsorted(starts, line, side="right") - 1
    n_features = len(channels) * PER_CHANNEL
    clusters = rng.integers(0, 5, n_spikes)
    clusters[:5] = [0, 1, 2, 3, 4][: len(clusters)]
    return Shank(
        channels,
        [(float(10 * (place % 2)), float(20 * place)) for place in range(len(channels))],
        list(itertools.pairwise(channels)),
        line - starts[recordings],
        recordings,
        clusters,
        rng.normal(size=(n_spikes, n_features)).astype(np.float32),
        np.round(rng.random((n_spikes, len(channels))), 2).astype(np.float32),
        {0: 0, 1: 1, 2: 2, 3: 3, 4: 2},
    )
