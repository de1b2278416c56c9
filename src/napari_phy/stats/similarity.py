"""How alike vectors are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def cosine_similarity(vectors: npt.ArrayLike, vector: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the cosine (n,) between each of `vectors` (n, d) and `vector` (d,); 0 where one of them has no length."""
    many, one = np.asarray(vectors, dtype=np.float64), np.asarray(vector, dtype=np.float64)
    if many.ndim != 2 or one.shape != many.shape[1:]:
        raise ValueError(f"A vector of shape {one.shape} cannot be compared with {many.shape}.")
    lengths = np.sqrt(np.einsum("nd,nd->n", many, many)) * np.sqrt(one @ one)
    cosines = np.divide(many @ one, lengths, out=np.zeros(len(many)), where=lengths > 0)
    clipped: npt.NDArray[np.float64] = np.clip(cosines, -1.0, 1.0)
    return clipped


def cosine_matrix(vectors: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the cosines (n, m) between `vectors` (n, d) and `others` (m, d); 0 where one of them has no length."""
    cosines: npt.NDArray[np.float64] = np.clip(unit_vectors(vectors) @ unit_vectors(others).T, -1.0, 1.0)
    return cosines


def unit_vectors(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return `vectors` (n, d) with length 1; those without length as they are."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0), dtype=np.float64)
