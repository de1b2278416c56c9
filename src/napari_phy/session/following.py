"""What is selected after an edit, and what the wizard learns of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.core.update_info import UpdateInfo
from napari_phy.session.open_clustering import OpenClustering

FIRST = 100  # before the list changes with an edit
LAST = -100  # after every other listener: they all know of an edit before the selection follows it


class Following:
    """Keeps selection and wizard of one clustering in step with each other and with edits, until it is closed."""

    def __init__(self, opened: OpenClustering) -> None:
        self._manager, self._selection, self._wizard = opened.manager, opened.selection, opened.wizard
        self._listed, self._order = opened.listed, opened.listed.order
        self._before: dict[int, tuple[tuple[int, ...], int]] = {}  # what was selected before each edit, by its number
        self._split_off: dict[int, npt.NDArray[np.int64]] = {}  # spikes that were, before each split
        self._shows_cut = False
        self._manager.changed.connect(self._keep_list_order, priority=FIRST)
        self._manager.changed.connect(self._on_edited, priority=LAST)
        self._selection.changed.connect(self._on_selected)

    def close(self) -> None:
        """Follow no longer."""
        self._manager.changed.disconnect(self._keep_list_order, missing_ok=True)
        self._manager.changed.disconnect(self._on_edited, missing_ok=True)
        self._selection.changed.disconnect(self._on_selected, missing_ok=True)

    def select_place(self) -> None:
        """Select what the wizard proposes."""
        place, cut = self._wizard.place, self._wizard.cut
        if place:
            spikes: npt.ArrayLike | None = cut.spikes if cut is not None else [] if self._shows_cut else None
            self._shows_cut = cut is not None
            self._selection.select(place, spikes=spikes)

    def _on_selected(self) -> None:
        clusters, cut = self._selection.clusters, self._wizard.cut
        if cut is not None and not np.array_equal(self._selection.spikes, cut.spikes):
            self._wizard.leave_cut()
            self._shows_cut = False
        if clusters:
            self._wizard.look_at(clusters[0], next(iter(self._selection.similar), None))

    def _keep_list_order(self) -> None:
        self._order = self._listed.order

    def _on_edited(self, update: UpdateInfo) -> None:
        """Select what the user wants to see after an edit."""
        if update.cause != "edit":
            self._follow_history(update)
            return
        self._before[self._manager.n_done] = self._selection.clusters, self._selection.n_best
        self._split_off.pop(self._manager.n_done, None)
        if update.description == "split":
            self._split_off[self._manager.n_done] = self._selection.spikes
        if update.description == "merge":
            self._wizard.merge(update.deleted, update.added[0])
            self.select_place()
        elif update.added:
            self._wizard.split(update.deleted, update.added)
            if update.description == "reset":
                self.select_place()
            else:
                self._selection.select(update.added, n_best=len(update.added))
        elif update.description in ("move", "discard"):
            self._follow_move(update)
        else:
            self._leave_hidden()

    def _follow_move(self, update: UpdateInfo) -> None:
        moved = [change.cluster_id for change in update.metadata_changed]
        self._wizard.move(moved, update.metadata_changed[0].new, self._order)
        if set(moved) & set(self._selection.clusters):
            self.select_place()

    def _follow_history(self, update: UpdateInfo) -> None:
        if update.description in ("merge", "split", "assign", "reset", "move", "discard"):
            self._wizard.undo() if update.cause == "undo" else self._wizard.redo()
        if update.description == "groups":
            self._leave_hidden()
            return
        restored = update.added or tuple(dict.fromkeys(change.cluster_id for change in update.metadata_changed))
        if update.description == "reset":
            restored = restored[:1]
        n_best = len(restored) if update.description == "split" else 1
        if any(cluster in self._listed for cluster in restored) or not self._stays_or_leaves():
            selected, n_best = self._selected_before(update, restored, n_best)
            spikes = self._split_off.get(self._manager.n_done + 1) if update.cause == "undo" else None
            is_back = spikes is not None and bool(np.isin(self._manager.clusters_of(spikes), selected).all())
            self._selection.select(selected, n_best, spikes=spikes if is_back else None)
            self._shows_cut = self._wizard.cut is not None

    def _selected_before(
        self, update: UpdateInfo, restored: tuple[int, ...], n_best: int
    ) -> tuple[tuple[int, ...], int]:
        """Return what was selected, and how many of it were best, when an edit was made that is taken back now."""
        before, n_best_before = self._before.get(self._manager.n_done + 1, ((), 0))
        is_back = update.cause == "undo" and set(restored) <= set(before)
        return (
            (before, n_best_before) if is_back and all(one in self._manager for one in before) else (restored, n_best)
        )

    def _stays_or_leaves(self) -> bool:
        """Keep what is selected if it is still there and listed, or go on to the next row; return whether it could."""
        clusters = self._selection.clusters
        stays = bool(clusters) and clusters[0] in self._listed and all(one in self._manager for one in clusters)
        return stays or self._leave_hidden()

    def _leave_hidden(self) -> bool:
        """Go on to the next row where an edit took the best cluster out of the list; return whether it did."""
        if not self._wizard.leave_hidden(self._order):
            return False
        self.select_place()
        return True
