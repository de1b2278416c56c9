"""How alike vectors are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

N_LAGS = 10  # samples


def cosine_similarity(vectors: npt.ArrayLike, vector: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the cosine (n,) between each of `vectors` (n, d) and `vector` (d,); 0 where one of them has no length."""
    many, one = np.asarray(vectors, dtype=np.float64), np.asarray(vector, dtype=np.float64)
    if many.ndim != 2 or one.shape != many.shape[1:]:
        raise ValueError(f"A vector of shape {one.shape} cannot be compared with {many.shape}.")
    lengths = np.sqrt(np.einsum("nd,nd->n", many, many)) * np.sqrt(one @ one)
    cosines = np.divide(many @ one, lengths, out=np.zeros(len(many)), where=lengths > 0)
    clipped: npt.NDArray[np.float64] = np.clip(cosines, -1.0, 1.0)
    return clipped


def cosine_matrix(vectors: npt.NDArray[Any], others: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the cosines (n, m) between `vectors` (n, d) and `others` (m, d); 0 where one of them has no length."""
    cosines: npt.NDArray[np.float64] = np.clip(unit_vectors(vectors) @ unit_vectors(others).T, -1.0, 1.0)
    return cosines


def unit_vectors(vectors: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return `vectors` (n, d) with length 1; those without length as they are."""
    vectors = np.asarray(vectors, dtype=np.float64)
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0), dtype=np.float64)


def lagged_cosines(
    waveforms: npt.NDArray[Any], others: npt.NDArray[Any], n_lags: int = N_LAGS
) -> npt.NDArray[np.float64]:
    """Return (n, m) cosines of (n, n_samples, n_channels) waveforms and m others at the lag where it is largest.

    What is shifted out of the window is lost, and counts for the length.

    Parameters
    ----------
    n_lags : int
        Samples of the longest lag, in both directions.
    """
    n_samples = waveforms.shape[1]
    units = [unit_vectors(some.reshape(len(some), -1)).reshape(some.shape) for some in (waveforms, others)]
    best = np.full((len(waveforms), len(others)), -1.0)
    longest = min(n_lags, n_samples - 1)
    for lag in range(-longest, longest + 1):
        first = units[0][:, max(lag, 0) : n_samples + min(lag, 0)]
        second = units[1][:, max(-lag, 0) : n_samples - max(lag, 0)]
        cosines = first.reshape(len(first), -1) @ second.reshape(len(second), -1).T
        np.maximum(best, cosines, out=best)
    return np.asarray(np.clip(best, -1.0, 1.0))
