"""What the wizard proposes and why, how far the review of the clusters is, and what was done in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.core.cluster_meta import DISCARDED, UNSORTED
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.wizard import LEAST_SCORE
from napari_phy.table.columns import column_key, measures
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import ManagerLike, SessionLike
from napari_phy.views.settings import Choice, Number, Switch, ViewSettings
from napari_phy.views.wizard_reasons import PairReasons, compute_reasons

BY_CLOUDS = {"amplitude": "by amplitude", "features": "by features", "time": "in time"}


def orders() -> tuple[tuple[str, str], ...]:
    """Return (text, value) of the orders that best clusters can come in: those of columns, and two more."""
    columns = [(column.name, column.key) for column in measures()]
    return (*columns[:1], ("expected gain", "gain"), ("as in Clusters", "list"), *columns[1:])


@dataclass(frozen=True, slots=True)
class WizardSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        The column by which best clusters come, "list" for their order in Clusters, or "gain": similarity to the most
        similar cluster that may be compared × spikes of the smaller of the two.
    ascending : bool
        Whether the smallest comes first.
    n_similar : int
        How many of the most similar clusters are selected at once.
    """

    view: ClassVar[str] = "Wizard"

    order: Annotated[
        str,
        Choice(
            title="Order of clusters",
            of=orders,
            key_of=column_key,
            tip="Expected gain: similarity to the best match × spikes of the smaller of the two.",
        ),
    ] = "spikes"
    ascending: Annotated[bool, Switch(title="Smallest first")] = False
    n_similar: Annotated[
        int,
        Number(
            title="Similar clusters selected at once", low=1, high=1000, offered=(1, 2, 3, 5, 10, 20), is_whole=True
        ),
    ] = 3


@dataclass(frozen=True, slots=True)
class WizardRequest:
    """The state of a wizard.

    Attributes
    ----------
    best, candidate : int or None
        What it proposes, as far as it does.
    is_paused : bool, default False
        Whether it proposes nothing.
    skipped : tuple of int, default ()
        Undecided clusters that were gone on from.
    done, undone : tuple of str, default ()
        Steps in words, and what redo would bring, in the order of doing.
    n_changes : int, default 0
        Number of changes of the clustering, on which the rest depends.
    reads_features : bool, default True
        Whether similarity and position may be asked for.
    is_selected : bool, default True
        Whether anything is; a pair that is not has no name here.
    hidden : frozenset of int, default frozenset()
        Clusters that the list does not show, which are no candidates.
    may_be_cut : bool, default True
        Whether a cut of the best cluster is known and not decided against.
    reviews_cut : bool, default False
        Whether the cut is under review.
    """

    best: int | None
    candidate: int | None
    is_paused: bool = False
    skipped: tuple[int, ...] = ()
    done: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    n_changes: int = 0
    reads_features: bool = True
    is_selected: bool = True
    hidden: frozenset[int] = frozenset()
    may_be_cut: bool = True
    reviews_cut: bool = False


@dataclass(frozen=True, slots=True)
class WizardProgress:
    """How many of the clusters, discarded ones apart, are in a group or were skipped."""

    n_decided: int
    n_skipped: int
    n_clusters: int

    @property
    def is_finished(self) -> bool:
        """Whether each cluster is decided or was skipped."""
        return 0 < self.n_clusters == self.n_decided + self.n_skipped

    @property
    def few_words(self) -> str:
        """`13 of 21 decided · 2 skipped`, also at the end."""
        words = f"{format_number(self.n_decided)} of {format_number(self.n_clusters)} decided"
        return f"{words} · {format_number(self.n_skipped)} skipped" if self.n_skipped else words

    @property
    def words(self) -> str:
        """The same, and at the end `All 22 clusters are decided. 2 were skipped.`, or that each was skipped."""
        if not self.is_finished:
            return self.few_words
        is_one = self.n_clusters == 1
        all_of_them = "The only cluster" if is_one else f"All {format_number(self.n_clusters)} clusters"
        if not self.n_decided:
            return f"{all_of_them} {'was' if is_one else 'were'} skipped."
        words = f"{all_of_them} {'is' if is_one else 'are'} decided."
        if not self.n_skipped:
            return words
        return f"{words} {format_number(self.n_skipped)} {'was' if self.n_skipped == 1 else 'were'} skipped."


@dataclass(frozen=True, slots=True)
class WizardData:
    """What a wizard dock shows; `reasons` is None where there are not two clusters to compare, `cut` without one."""

    request: WizardRequest
    reasons: PairReasons | None
    progress: WizardProgress
    cut: ClusterCut | None = None


def compute_wizard(
    session: SessionLike,
    request: WizardRequest,
    on_progress: OnProgress = no_progress,
    find_cut: Callable[[int], ClusterCut | None] | None = None,
) -> WizardData:
    """Return what a wizard dock shows; `find_cut` returns the cut of a cluster that has two clouds."""
    reasons = None
    if request.best is not None and request.candidate is not None:
        reasons = compute_reasons(
            session,
            request.best,
            request.candidate,
            on_progress,
            reads_features=request.reads_features,
            hidden=request.hidden,
        )
    cut = None
    if find_cut is not None and request.may_be_cut and request.best is not None:
        cut = find_cut(request.best)
        cut = None if cut is None or cut.score < LEAST_SCORE else cut
    return WizardData(request, reasons, compute_progress(session.manager, request.skipped), cut)


def cut_words(cut: ClusterCut) -> str:
    """Return a cut in words: `Two clouds by amplitude: 812 and 400 spikes`."""
    spikes = f"{format_number(cut.n_rest)} and {format_count(len(cut), 'spike')}"
    return f"Two clouds {BY_CLOUDS[cut.measure]}: {spikes}"


def compute_progress(manager: ManagerLike, skipped: Iterable[int]) -> WizardProgress:
    """Return how far the review is; those of the skipped clusters count that are still undecided."""
    ids = manager.cluster_ids.tolist()
    shown = {one: group for one, group in zip(ids, manager.groups_of(ids), strict=True) if group != DISCARDED}
    n_open = sum(group == UNSORTED for group in shown.values())
    n_skipped = sum(shown.get(cluster) == UNSORTED for cluster in set(skipped))
    return WizardProgress(len(shown) - n_open, n_skipped, len(shown))


def step_words(kind: str, clusters: Iterable[int], result: Any) -> str:
    """Return a step of a wizard's history in words: `Merge 5 and 9 → 23`, `Move 8 to good`, `Split 16 → 24, 25`."""
    names = [str(cluster) for cluster in clusters]
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    listed = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    if kind == "move":
        return f"Move {listed} to {result}"
    new = list(result)
    shown = [str(cluster) for cluster in new[:3]] + ([f"{len(new) - 3} more"] if len(new) > 3 else [])
    return f"{kind.capitalize()} {listed} → {', '.join(shown)}"
