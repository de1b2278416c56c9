"""What a session proposes for review: by its wizard, by its list of proposals, and by a second curation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.selection import Selection
from napari_phy.core.wizard import Wizard
from napari_phy.session.comparison import Compared, Comparison, compare
from napari_phy.session.current import Current
from napari_phy.session.proposals import Proposals
from napari_phy.session.second_curation import read_second_curation
from napari_phy.table.similarities import Similarities

if TYPE_CHECKING:
    from napari_phy.views.all_settings import ViewsOfSession
    from napari_phy.views.proposals import Proposal


class Review(ABC):
    """Proposes what to look at next, of the clustering that is open."""

    _current: Current

    @property
    @abstractmethod
    def views(self) -> ViewsOfSession:
        """The settings of views, open or not."""

    @property
    @abstractmethod
    def selection(self) -> Selection:
        """What is selected; another one after a switch."""

    @property
    def wizard(self) -> Wizard:
        """Which cluster to look at next; another one after a switch."""
        return self._current.opened.wizard

    @property
    def similarities(self) -> Similarities:
        """How alike clusters are, by the measure that is chosen; another one after a switch, by the same measure."""
        return self._current.opened.similarities

    def similar_to(self, cluster: int) -> list[tuple[int, float]]:
        """Return [(other cluster, similarity by the measure of `views["similarity"]`)], the most similar first.

        That is the cosine of the mean masked features until another measure is computed. [] without features, and
        while those of a large data set are read in the background or that was cancelled.
        """
        return self._current.opened.similar_to(cluster)

    # ---- wizard

    def start_wizard(self) -> None:
        """Let the wizard propose, and select what it does."""
        self.wizard.start()
        self._current.following.select_place()

    def review_first(self) -> None:
        """Let the wizard propose, from the first undecided cluster in its order on, and select what it does."""
        self.wizard.go_to_first()
        self._current.following.select_place()

    def select_proposed(self) -> None:
        """Select what the wizard proposes: clusters, and the spikes that a cut would split off."""
        self._current.following.select_place()

    def propose_cut(self) -> bool:
        """Let the wizard propose where to cut the best cluster, and select that; return whether there is a cut."""
        self.wizard.start()
        found = self.wizard.propose_cut() is not None
        self._current.following.select_place()
        return found

    def order_wizard(self, order: str, *, is_ascending: bool = False) -> None:
        """Let the wizard go through the clusters in another order.

        Parameters
        ----------
        order : str
            A column ("spikes", the number of them, is that of the beginning), "list" for the order of Clusters, or
            "gain" for how many spikes a merge is expected to put in the right place.
        is_ascending : bool, default False
            Whether the smallest comes first.

        Raises
        ------
        ClusteringError
            There is no such column.
        """
        self._current.order_wizard(order, is_ascending=is_ascending)

    def find_candidate(self) -> None:
        """Select a candidate beside the wizard's first cluster, once similarities are known, unless the user moved on.

        Spikes that are selected stay alone.
        """
        if self.selection.clusters == self.wizard.place and not len(self.selection.spikes):
            self.wizard.find_candidate()
            self._current.following.select_place()

    def pause_wizard(self) -> None:
        """Pause the wizard; it keeps its place."""
        self.wizard.pause()

    def reset_wizard(self) -> None:
        """Let the wizard start over."""
        self.wizard.reset()
        self._current.following.select_place()

    def review_skipped(self) -> None:
        """Let the wizard propose the clusters that were skipped again."""
        self.wizard.review_skipped()
        self._current.following.select_place()

    # ---- proposals, and another curation

    @property
    def proposals(self) -> Proposals:
        """Merges, noise and splits that are proposed; another one, empty, after a switch."""
        return self._current.opened.proposals

    def propose(self, on_progress: OnProgress = no_progress) -> tuple[Proposal, ...]:
        """Compute `proposals` by the settings of `views["proposals"]`; may run in a worker thread."""
        rules = self.views["classes"].value.rules
        return self._current.opened.proposals.compute(self.views["proposals"].value, on_progress, rules)

    @property
    def comparison(self) -> Comparison:
        """The second curation that the clustering is compared with; another one, empty, after a switch."""
        return self._current.opened.comparison

    def compare_with(self, path: str | Path | None = None, clustering: str | None = None) -> Compared:
        """Compare the clustering with a second curation of its spikes, which stays as it is.

        `comparison.take` takes over one of the `differences` of the answer.

        Parameters
        ----------
        path : str or Path, optional
            Another file of the same spikes, a journal of edits, a folder of phy or Kilosort, or a list of clusters
            (.npy, .csv or .tsv); None for the same file.
        clustering : str, optional
            Which clustering of that file; None: the one that it opens with.

        Raises
        ------
        NapariPhyError
            It cannot be read, or has other spikes.
        """
        opened = self._current.opened
        place = None if path is None else Path(path)
        curation = read_second_curation(opened.model, place, clustering, opened.store.base)
        opened.comparison.open(curation)
        found = compare(opened.manager, curation)
        opened.comparison.restore(opened.comparison.kept_before(found.differences))
        return found
