"""Two curations of the same spikes: the spikes that clusters share as a matrix, and what differs in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.sentences import listed, on_one_line
from napari_phy.stats.agreement import Agreement, SharedSpikes
from napari_phy.stats.differences import Difference
from napari_phy.table.numbers import format_count, format_number

Int64 = npt.NDArray[np.int64]

CHANGERS = {"theirs": "theirs", "both": "conflict", "unknown": "", "ours": "mine"}


@dataclass(frozen=True, slots=True, eq=False)
class SharedMatrix:
    """The spikes that clusters of two curations share, matched clusters along the diagonal.

    Attributes
    ----------
    ours, theirs : ndarray of int64, shape (n_ours,) and (n_theirs,)
        Clusters of the rows and of the columns, ids.
    counts : mapping of tuple of int to int
        {(row, column): spikes that they share}, where there are any.
    levels : ndarray of uint8, shape (n, n)
        Part of the larger of both clusters that is shared, 0 … 1 as 0 … 255; 0 only where nothing is. It is square,
        of as many cells as the curation with more clusters has.
    """

    ours: Int64
    theirs: Int64
    counts: Mapping[tuple[int, int], int]
    levels: npt.NDArray[np.uint8]


def shared_matrix(shared: SharedSpikes) -> SharedMatrix:
    """Return the matrix with clusters of ours by id, and of theirs in the order of those that they are matched with."""
    n, m = len(shared.ours), len(shared.theirs)
    partners = shared.partners
    matched = partners[partners >= 0]
    order = np.concatenate([matched, np.setdiff1d(np.arange(m), matched)])
    place_of = np.empty(m, dtype=np.int64)
    place_of[order] = np.arange(m)
    rows, columns = shared.rows, place_of[shared.columns]
    larger = np.maximum(shared.n_ours[rows], shared.n_theirs[shared.columns])
    levels = np.zeros((max(n, m), max(n, m)), dtype=np.uint8)
    levels[rows, columns] = np.ceil(255 * shared.counts / larger)
    cells = zip(rows.tolist(), columns.tolist(), strict=True)
    counts = dict(zip(cells, shared.counts.tolist(), strict=True))
    return SharedMatrix(shared.ours, read_only(shared.theirs[order]), counts, read_only(levels))


def difference_words(difference: Difference) -> str:
    """Return what was done there: `Split 5 → 5 and 9`, `Merge 1 and 2 → 2`, `Move 6 to noise (here good)`."""
    ours, theirs = listed(difference.ours), listed(difference.theirs)
    if difference.groups is not None:
        here, there = map(on_one_line, difference.groups)
        return f"Move {ours} to {there} (here {here})"
    verb = {"split": "Split", "merged": "Merge"}.get(difference.kind, "Rearrange")
    return f"{verb} {ours} → {theirs}"


def changer_word(difference: Difference) -> str:
    """Return who changed it: `theirs`, `conflict`, `mine`, or "" where that is not known."""
    return CHANGERS[difference.changed_by]


def agreement_words(agreement: Agreement) -> str:
    """Return `Agreement 98.2 %, Cohen's κ 0.975, adjusted Rand index 0.961`."""
    share = "100 %" if agreement.share == 1 else f"{min(100 * agreement.share, 99.9):.1f} %"
    kappa, rand = (_number(value) for value in (agreement.kappa, agreement.adjusted_rand))
    return f"Agreement {share}, Cohen's κ {kappa}, adjusted Rand index {rand}"


def base_words(base_name: str, doubt: str = "") -> str:
    """Return what is known of the clustering that both began with, and what is missing of the second curation."""
    if not base_name:
        words = "No common base is known: who changed what cannot be told."
    else:
        words = f"Common base: {base_name}."
    return f"{words} {doubt}".rstrip()


def pair_words(matrix: SharedMatrix, cell: tuple[int, int]) -> str:
    """Return `20 here, 22 there   412 shared spikes` for a cell."""
    row, column = cell
    spikes = format_count(matrix.counts.get(cell, 0), "shared spike")
    return f"{matrix.ours[row]} here, {matrix.theirs[column]} there   {spikes}"


def _number(value: float) -> str:
    return format_number(1 if value == 1 else min(value, 0.999), 3)
