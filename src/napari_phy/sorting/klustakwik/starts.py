"""The clustering that masked EM begins with, from the masks of spikes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.sorting.klustakwik.masked_em import FIRST, NOISE
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures

_PATTERNS_AT_ONCE = 2**12


def labels_from_masks(features: MaskedFeatures, n_clusters: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Return labels (n_spikes,): spikes with nearly the same unmasked channels have the same.

    In random order, what a spike has unmasked becomes a cluster where no spike before it had the same, until there are
    enough; what comes later joins the cluster that differs in the fewest channels. Spikes that are masked throughout
    are noise.

    Parameters
    ----------
    features : MaskedFeatures
        The spikes.
    n_clusters : int
        The most clusters to begin with, beside noise.
    rng : Generator
        For the order, and for clusters that are as near as others.
    """
    patterns, channels, offsets = features.arrays.patterns, features.arrays.channels, features.arrays.offsets
    firsts = np.flatnonzero(np.diff(patterns, prepend=-1))
    n_unmasked = np.diff(offsets)[firsts]
    is_unmasked = np.zeros((len(firsts), features.n_channels), dtype=np.float32)
    places = np.repeat(offsets[firsts] - np.cumsum(n_unmasked) + n_unmasked, n_unmasked) + np.arange(n_unmasked.sum())
    is_unmasked[np.repeat(np.arange(len(firsts)), n_unmasked), channels[places]] = 1

    _, first_seen = np.unique(patterns[rng.permutation(len(patterns))], return_index=True)
    in_order = np.argsort(first_seen)
    founders = in_order[n_unmasked[in_order] > 0][:n_clusters]
    nearest = np.empty(len(firsts), dtype=np.int32)
    for start in range(0, len(firsts), _PATTERNS_AT_ONCE):
        some = slice(start, start + _PATTERNS_AT_ONCE)
        n_common = is_unmasked[some] @ is_unmasked[founders].T  # whole numbers, exact in any order
        n_differing = n_unmasked[some, None] + n_unmasked[founders] - 2 * n_common
        nearest[some] = np.argmin(n_differing + rng.random(n_differing.shape, dtype=np.float32) / 2, axis=1)
    nearest[founders] = np.arange(len(founders))
    labels = np.where(n_unmasked > 0, nearest + FIRST, NOISE).astype(np.int32)
    return labels[patterns]
