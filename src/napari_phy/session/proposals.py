"""The proposals for the clustering that is open: accepted by ordinary edits, rejected for good."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from weakref import ref

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.core.decisions import Decisions
from napari_phy.core.errors import ClusteringError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.signals import signal
from napari_phy.core.update_info import UpdateInfo
from napari_phy.formats.curation_lists import read_curation_list, write_curation, write_merge_groups
from napari_phy.stats.automatic_classes import DEFAULT_RULES, Rule
from napari_phy.table.session_like import SessionLike
from napari_phy.views.proposals import NOISE, Proposal, ProposalsSettings, compute_proposals

logger = logging.getLogger(__name__)

LEFT_OUT = (NOISE, DISCARDED)


class Proposals:
    """Proposals that can be accepted now, the surest first; it follows edits, undo and redo.

    A proposal is for the spikes that its clusters have: when one of them is edited, it goes, and undo brings it back.
    Rejected ones are remembered as what was decided in the wizard is, also after a restart: a merge group as clusters
    of which no two are the same.

    Parameters
    ----------
    manager : ClusterManager
        The clustering.
    decisions : Decisions
        What was decided before.
    find_cut : callable, optional
        Returns the cut of a cluster, or None; without it no splits are proposed.

    Attributes
    ----------
    member : int or None
        The cluster of a merge group that the user points at, to take it out; None: the last one.
    """

    changed = signal()  # after `compute` in the thread that computed

    def __init__(
        self,
        manager: ClusterManager,
        decisions: Decisions,
        find_cut: Callable[[int], ClusterCut | None] | None = None,
    ) -> None:
        self._manager, self._decisions, self._find_cut = manager, decisions, find_cut
        self._session: ref[SessionLike] | None = None
        self._found: dict[tuple[str, tuple[int, ...]], Proposal] = {}
        self._read: dict[tuple[str, tuple[int, ...]], Proposal] = {}
        self._rejected: tuple[Proposal, ...] = ()
        self._left_over: set[tuple[str, tuple[int, ...]]] = set()  # of groups that a cluster was taken out of
        self._looked_at: frozenset[int] = frozenset()
        self._settings: ProposalsSettings | None = None
        self.member: int | None = None
        manager.changed.connect(self._on_edited)

    def follow(self, session: SessionLike) -> None:
        """Propose for the clusters of a session, which is not kept alive."""
        self._session = ref(session)

    def __iter__(self) -> Iterator[Proposal]:
        return iter(self.shown)

    def __len__(self) -> int:
        return len(self.shown)

    def __contains__(self, proposal: object) -> bool:
        return isinstance(proposal, Proposal) and proposal in self.shown

    @property
    def shown(self) -> tuple[Proposal, ...]:
        """All that can be accepted now: no cluster was edited since, nothing of it decided."""
        every = {**self._found, **self._read}.values()
        return tuple(sorted(filter(self._is_open, every), key=lambda one: (-one.score, one.clusters)))

    @property
    def n_found(self) -> int:
        """How many were found and read, decided or not."""
        return len({**self._found, **self._read})

    @property
    def rejected(self) -> tuple[Proposal, ...]:
        """Those that were rejected, and groups that a cluster was taken out of, since opening; the last one last."""
        return self._rejected

    @property
    def settings(self) -> ProposalsSettings | None:
        """The settings by which they were computed; None before."""
        return self._settings

    @property
    def n_new(self) -> int:
        """How many clusters there are now that were not looked at when proposals were computed."""
        return sum(one not in self._looked_at for one in self._manager.cluster_ids.tolist())

    def compute(
        self,
        settings: ProposalsSettings | None = None,
        on_progress: OnProgress = no_progress,
        rules: Sequence[Rule] = DEFAULT_RULES,
    ) -> tuple[Proposal, ...]:
        """Compute all proposals anew; may run in a worker thread.

        Parameters
        ----------
        settings : ProposalsSettings, optional
            What is proposed; the default if None.
        on_progress : OnProgress, default no_progress
            Hears how far it is; where it raises CancelledError, proposals stay as they were.
        rules : sequence of Rule
            Thresholds of noise, as those of automatic classes.

        Raises
        ------
        MissingDataError
            There are no features.
        """
        session = None if self._session is None else self._session()
        if session is None:
            raise ClusteringError("The data set is closed; nothing is proposed.")
        chosen = ProposalsSettings() if settings is None else settings
        ids = frozenset(self._manager.cluster_ids.tolist())
        found = compute_proposals(
            session, chosen, on_progress, find_cut=self._find_cut, may_merge=self._may_merge, rules=rules
        )
        self._found, self._looked_at, self._settings = {one.key: one for one in found}, ids, chosen
        self.changed.emit()
        return self.shown

    def add(self, proposals: Iterable[Proposal]) -> None:
        """Add proposals of another program; they stay when others are computed anew."""
        self._read |= {one.key: one for one in proposals}
        self.changed.emit()

    def read(self, path: str | Path) -> tuple[Proposal, ...]:
        """Add the proposals of a file of SpikeInterface: merge groups, or a curation.

        Parameters
        ----------
        path : str or Path
            A JSON file, as `formats.curation_lists` tells.

        Returns
        -------
        tuple of Proposal
            Those that can be accepted now; others name clusters that are not there, or were rejected.

        Raises
        ------
        MissingDataError
            It cannot be read.
        KwikFormatError
            It is no such list.
        """
        listed, reasons = read_curation_list(path), (f"in {Path(path).name}",)
        found = [Proposal("merge", group, 1.0, reasons) for group in listed.merges]
        found += [Proposal("noise", (cluster,), 1.0, reasons) for cluster in listed.noise]
        for cluster, places in (listed.splits or {}).items():
            cut = self._cut_at(cluster, places)
            if cut is not None:
                found.append(Proposal("split", (cluster,), 1.0, reasons, cut))
        usable = tuple(filter(self._is_open, found))
        if len(usable) < len(found):
            logger.warning("%d of %d proposals of %s can be used.", len(usable), len(found), Path(path).name)
        self.add(usable)
        return usable

    def write(self, path: str | Path) -> None:
        """Write the merge groups that are shown as a list, as SpikeInterface takes it."""
        write_merge_groups(path, [one.clusters for one in self.shown if one.kind == "merge"])

    def write_curation(self, path: str | Path) -> None:
        """Write all that is shown as a curation of SpikeInterface."""
        shown = self.shown
        write_curation(
            path,
            self._manager.cluster_ids.tolist(),
            [one.clusters for one in shown if one.kind == "merge"],
            [one.clusters[0] for one in shown if one.kind == "noise"],
            {
                one.clusters[0]: np.searchsorted(self._manager.spikes(one.clusters[0]), one.spikes)
                for one in shown
                if one.spikes is not None
            },
        )

    def _cut_at(self, cluster: int, places: npt.NDArray[np.int64]) -> ClusterCut | None:
        """Return the cut that leaves the spikes at some places of a cluster; None where it leaves nothing or all."""
        if cluster not in self._manager:
            return None
        spikes = self._manager.spikes(cluster)
        if not 0 < len(places) < len(spikes) or places[0] < 0 or places[-1] >= len(spikes):
            return None
        return ClusterCut(cluster, read_only(spikes[places]), len(spikes) - len(places), "features", math.nan)

    def accept(self, proposal: Proposal) -> UpdateInfo:
        """Do what is proposed, by one edit that can be undone.

        Raises
        ------
        ClusteringError
            A cluster was edited since, or it was rejected; nothing was changed.
        """
        self._check(proposal)
        if proposal.kind == "merge":
            return self._manager.merge(proposal.clusters)
        if proposal.kind == "noise":
            return self._manager.move(proposal.clusters, NOISE)
        assert proposal.spikes is not None
        return self._manager.split(proposal.spikes)

    def reject(self, proposal: Proposal) -> None:
        """Never propose this again: not for the same spikes, and nothing that has two clusters of a merge group in one.

        Raises
        ------
        ClusteringError
            A cluster was edited since, or it was rejected before.
        """
        self._check(proposal)
        for cluster, other in _decided_by(proposal):
            self._decide(proposal, cluster, other)
        self._rejected = (*self._rejected, proposal)
        self._tell()

    def reconsider(self, proposal: Proposal) -> None:
        """Propose what was rejected again, or a merge group as it was before clusters were taken out of it."""
        if proposal in self._rejected:
            parts = {key for key in self._left_over if key[0] == proposal.kind and set(key[1]) < set(proposal.clusters)}
            self._left_over -= parts
            self._rejected = tuple(one for one in self._rejected if one != proposal and one.key not in parts)
            for listed in (self._found, self._read):
                for key in parts & listed.keys():
                    del listed[key]
            for cluster, other in _decided_by(proposal):
                if proposal.kind == "noise":
                    self._decisions.doubt(cluster)
                else:
                    self._decisions.take_back(cluster, other)
            self._tell()

    def without(self, proposal: Proposal, cluster: int) -> Proposal:
        """Take one cluster out of a merge group, as not the same as the others; return what is left of the group.

        The group is then one of those that were rejected; `reconsider` puts the cluster back.

        Raises
        ------
        ClusteringError
            It is no group of three or more with that cluster, or it cannot be accepted any more.
        """
        self._check(proposal)
        if proposal.kind != "merge" or cluster not in proposal.clusters or len(proposal.clusters) < 3:
            raise ClusteringError(f"Cluster {cluster} cannot be taken out of this proposal; reject it.")
        left = replace(proposal, clusters=tuple(one for one in proposal.clusters if one != cluster))
        for other in left.clusters:
            self._decisions.decide(cluster, other)
        listed = {**self._found, **self._read}
        if left.key in listed:
            left = listed[left.key]
        else:
            (self._read if proposal.key in self._read else self._found)[left.key] = left
            self._left_over.add(left.key)
        reasons = (f"{cluster} was taken out", *proposal.reasons)
        self._rejected = (*self._rejected, replace(proposal, reasons=reasons))
        self._tell()
        return left

    def _check(self, proposal: Proposal) -> None:
        if not self._is_open(proposal):
            raise ClusteringError("These clusters were changed since this was proposed; nothing was changed.")

    def _is_open(self, proposal: Proposal) -> bool:
        clusters = proposal.clusters
        if not all(one in self._manager and self._manager.group(one) not in LEFT_OUT for one in clusters):
            return False
        if proposal.kind == "noise":
            return not self._decisions.is_sound(clusters[0])
        return not any(self._decisions.are_different(*pair) for pair in _decided_by(proposal))

    def _may_merge(self, cluster: int, other: int) -> bool:
        return not self._decisions.are_different(cluster, other)

    def _decide(self, proposal: Proposal, cluster: int, other: int) -> None:
        if proposal.kind == "noise":
            self._decisions.trust(cluster)
        else:
            self._decisions.decide(cluster, other)

    def _tell(self) -> None:
        self._decisions.flush()
        self.changed.emit()

    def _on_edited(self) -> None:
        if self._found or self._read:
            self.changed.emit()


def _decided_by(proposal: Proposal) -> list[tuple[int, int]]:
    """Return the pairs that are not the same where it is rejected; a cluster twice: that it is not two, or no noise."""
    if proposal.kind == "merge":
        return list(combinations(proposal.clusters, 2))
    return [(one, one) for one in proposal.clusters]
