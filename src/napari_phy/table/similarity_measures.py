"""The measures of how alike clusters are: each is declared once, here or by `similarity`; lists and views read it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ClusteringError
from napari_phy.core.progress import CancelledError, OnProgress
from napari_phy.plugins import SIMILARITIES, Registry
from napari_phy.stats.similarity import cosine_matrix, lagged_cosines
from napari_phy.table.column import NEEDS, Need, has_needs
from napari_phy.table.metrics import MOST_IN_TITLE, Cluster
from napari_phy.table.session_like import SessionLike
from napari_phy.table.similarity_kinds import (
    ByCorrelogram,
    ByGaussian,
    ByTemplates,
    ByVectors,
    amplitudes_and_positions,
    masked_features,
    nearness,
    share_channels,
    templates,
)

logger = logging.getLogger(__name__)

Int64 = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]


class Comparison(Protocol):
    """Compares clusters of one clustering; keeps what it knows of each."""

    def knows(self, session: SessionLike, clusters: Int64) -> bool:
        """Return whether comparing these with others takes a moment only."""
        ...

    def pairs(self, session: SessionLike, rows: Int64, columns: Int64, on_progress: OnProgress) -> Floats:
        """Return how alike each of `rows` is to each of `columns`."""
        ...


Make = Callable[[SessionLike], Comparison]


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to tell how alike clusters are.

    Attributes
    ----------
    key : str
        Its name in settings and scripts.
    title : str
        What menus call it.
    tip : str
        What it is, in a sentence.
    make : callable
        `make(session)` returns what compares the clusters of a session.
    needs : tuple of str
        What a data set must have, as of columns.
    is_likelihood : bool
        Whether the values are log likelihoods of the row under the column. Then the similarity of two clusters is the
        larger one of the probabilities, in either direction, that one belongs to the other.
    least, little, much : float
        Similarity from which the wizard goes on to a candidate, below which two clusters are little alike, and from
        which they are much alike.
    is_of_package : bool
        Whether `similarity` declared it.
    """

    key: str
    title: str
    tip: str
    make: Make
    needs: tuple[Need, ...] = ("features",)
    is_likelihood: bool = False
    least: float = 0.005
    little: float = 0.5
    much: float = 0.9
    is_of_package: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The key alone."""
        return (self.key,)

    def is_in(self, session: SessionLike) -> bool:
        """Return whether a data set has what it needs."""
        return has_needs(session, self.needs)


COSINE = "cosine"

BUILT_IN: tuple[Measure, ...] = (
    Measure(
        COSINE, "Cosine", "cosine of the mean masked features", lambda _: ByVectors(masked_features, cosine_matrix),
        much=0.95,
    ),
    Measure(
        "masked gaussian", "Masked Gaussian",
        "probability that the mean of one belongs to the masked Gaussian of the other",
        ByGaussian, is_likelihood=True, least=0.0005, little=0.01, much=0.1,
    ),
    Measure(
        "template", "Template", "cosine of the mean waveforms at the lag where it is largest",
        lambda _: ByVectors(templates, lagged_cosines, is_quick=False), ("waveforms",),
        much=0.95,
    ),
    Measure(
        "correlogram", "Correlogram", "probability that fewer than by chance fire within 2 ms of each other",
        lambda _: ByCorrelogram(), little=0.1, much=0.99,
    ),
    Measure(
        "amplitude and position", "Amplitude and position", "nearness in amplitude and position on the probe",
        lambda _: ByVectors(amplitudes_and_positions, nearness), ("features", "positions"),
        much=0.95,
    ),
    Measure(
        "sorter", "Sorter's templates",
        "largest similarity of the templates that their spikes came from, as the sorter wrote it",
        lambda _: ByTemplates(), ("similar templates",),
        little=0.3,
    ),
)  # fmt: skip


registry = Registry(BUILT_IN, SIMILARITIES, "similarity")


def measure_named(key: str) -> Measure:
    """Return the measure of a key; the cosine where a package that offered one is gone."""
    return next((one for one in registry.all if one.key == key), BUILT_IN[0])


def measure_choices() -> tuple[tuple[str, str], ...]:
    """Return (title, key) of every measure."""
    return tuple((one.title, one.key) for one in registry.all)


F = TypeVar("F", bound=Callable[[Cluster, Cluster], float])


def similarity(
    function: None = None, /, *, title: str = "", needs: Sequence[Need] = (), key: str | None = None
) -> Callable[[F], F]:
    """Declare a function of two clusters to be a measure of how alike they are.

    It can be chosen in Similar, Similarity and the command line, and then leads the wizard, too. It is computed in the
    background, once for each pair of clusters that share a channel; others are 0. A package offers it by an entry point
    in the group `napari_phy.similarities`.

    Parameters
    ----------
    function : None
        Not to be given: it is declared with parentheses, `@similarity(title=…)`.
    title : str
        The name in menus; from 1 to 40 characters.
    needs : sequence of {"features", "positions", "waveforms", "traces"}
        What a data set must have; of others the measure is not known.
    key : str, optional
        The name in settings and scripts; that of the function by default.

    Returns
    -------
    callable
        A decorator that returns the function as it is. The function gets two `Cluster` and returns a number from 0 to
        1, larger for clusters that are more alike, the same whichever comes first; its docstring explains it. Where it
        raises, the number is 0.

    Raises
    ------
    TypeError
        It is written without parentheses.
    ValueError
        There is no title, or it is too long; the name belongs to a measure of our own; or something else is needed.
    """
    if function is not None:
        raise TypeError("A similarity needs a title: write @napari_phy.similarity(title=…).")
    if not 0 < len(title.strip()) <= MOST_IN_TITLE:
        raise ValueError(f"A similarity needs a title, of up to {MOST_IN_TITLE} characters.")
    for need in needs:
        if need not in NEEDS:
            raise ValueError(f"A similarity needs {', '.join(NEEDS)}, not {need}.")

    def declare(function: F) -> F:
        name = function.__name__ if key is None else key
        sentence = (function.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        tip = f"{sentence[:1].lower()}{sentence[1:]}" or title
        registry.add(Measure(name, title, tip, lambda _: _ByFunction(name, function), tuple(needs), is_of_package=True))
        return function

    return declare


class _ByFunction:
    """Calls a function for each pair; an error is logged once and that pair is not alike."""

    def __init__(self, name: str, function: Callable[[Cluster, Cluster], float]) -> None:
        self._name = name
        self._function = function
        self._has_failed = False

    def knows(self, session: SessionLike, clusters: Int64) -> bool:
        return False

    def pairs(self, session: SessionLike, rows: Int64, columns: Int64, on_progress: OnProgress) -> Floats:
        values = np.equal.outer(rows, columns).astype(np.float64)
        places = np.argwhere(share_channels(session, rows, columns) & (values == 0))
        seen: dict[tuple[int, int], float] = {}
        for done, (row, column) in enumerate(places.tolist()):
            on_progress(done / len(places))
            pair = sorted((int(rows[row]), int(columns[column])))
            key = pair[0], pair[1]
            if key not in seen:
                seen[key] = self._value(session, *key)
            values[row, column] = seen[key]
        return values

    def _value(self, session: SessionLike, one: int, other: int) -> float:
        try:
            value = float(self._function(Cluster(one, session), Cluster(other, session)))
        except (CancelledError, ClusteringError):
            raise
        except Exception as error:
            if not self._has_failed:
                self._has_failed = True
                logger.exception("The similarity %s failed for clusters %d and %d: %s.", self._name, one, other, error)
            return 0.0
        return min(max(value, 0.0), 1.0) if value == value else 0.0
