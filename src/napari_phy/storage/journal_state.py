"""Where a journal stands: which edits are done, and which of them the file holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from napari_phy.core.arrays import MAX_ID

_N_PLACES, _N_IDS = 2**31, MAX_ID + 1
_LAST_SECOND = 253_370_764_800  # 9999-01-01


@dataclass(frozen=True, slots=True)
class SavedPlace:
    """A state of the clustering, as a place on the stack of edits.

    Attributes
    ----------
    head : int
        Edits from the bottom of the stack that lead to it, or to the last edit it shares with the stack.
    lost : int, default 0
        Edits between that one and the state itself that were undone and then replaced by another edit.
    """

    head: int
    lost: int = 0

    def distance(self, head: int) -> int:
        """Return how many edits, done or undone, lie between this state and a head of the stack."""
        return self.lost + abs(head - self.head)

    def after_cut(self, head: int) -> SavedPlace:
        """Return the same state when the stack above `head` is replaced by a new edit."""
        if head >= self.head:
            return self
        return SavedPlace(head, self.lost + self.head - head)


@dataclass(frozen=True, slots=True)
class JournalState:
    """The one row beside the edits.

    Attributes
    ----------
    head : int
        Edits done; those above it can be redone.
    next_id : int
        Above every cluster id ever used.
    saved, saved_hash : SavedPlace and str
        What the file held when this program last wrote or opened it.
    pending, pending_hash : SavedPlace and str
        What a save is about to put in its place; None when none is under way.
    committed : float, optional
        Time of the last commit of an edit, undo or redo, s since 1970; None when there was none.
    """

    head: int
    next_id: int
    saved: SavedPlace
    saved_hash: str
    pending: SavedPlace | None = None
    pending_hash: str | None = None
    committed: float | None = None

    @classmethod
    def of(
        cls,
        head: Any,
        next_id: Any,
        saved_head: Any,
        saved_lost: Any,
        saved_hash: Any,
        pending_head: Any,
        pending_lost: Any,
        pending_hash: Any,
        committed: Any,
    ) -> Self:
        """Return the state that a row of a file says.

        Raises
        ------
        ValueError
            No state has such values.
        """
        places = [head, saved_head, saved_lost]
        has_pending = pending_hash is not None
        places += [pending_head, pending_lost] if has_pending else []
        hashes = [saved_hash, pending_hash] if has_pending else [saved_hash]
        if not (
            all(type(place) is int and 0 <= place < _N_PLACES for place in places)
            and all(isinstance(text, str) for text in hashes)
            and (has_pending or pending_head is pending_lost is None)
            and type(next_id) is int
            and 0 <= next_id <= _N_IDS
            and (committed is None or (type(committed) in (int, float) and 0 <= committed < _LAST_SECOND))
        ):
            raise ValueError("not the state of a journal")
        pending = SavedPlace(pending_head, pending_lost) if has_pending else None
        return cls(head, next_id, SavedPlace(saved_head, saved_lost), saved_hash, pending, pending_hash, committed)

    @property
    def n_unsaved(self) -> int:
        """Number of edits between what the file holds and the head."""
        return self.saved.distance(self.head)

    def with_edit(self, next_id: int, committed: float) -> JournalState:
        """Return the state after a new edit on top of the head; what was above it is gone."""
        return replace(
            self,
            head=self.head + 1,
            next_id=max(self.next_id, next_id),
            saved=self.saved.after_cut(self.head),
            pending=self.pending and self.pending.after_cut(self.head),
            committed=committed,
        )

    def cut(self, n_edits: int) -> JournalState:
        """Return the state when only the first edits are left."""
        return replace(
            self,
            head=min(self.head, n_edits),
            saved=self.saved.after_cut(n_edits),
            pending=self.pending and self.pending.after_cut(n_edits),
        )

    def begun_at_saved(self, n_edits: int) -> JournalState:
        """Return the state when the file as it was saved is what edits replay on; `n_edits` follow it."""
        head = min(max(0, self.head - self.saved.head), n_edits)
        return replace(self, head=head, saved=SavedPlace(0), pending=None, pending_hash=None)

    def with_head(self, head: int, committed: float) -> JournalState:
        """Return the state after an undo or a redo."""
        return replace(self, head=head, committed=committed)

    def with_pending(self, pending: SavedPlace, pending_hash: str) -> JournalState:
        """Return the state while a save replaces the file."""
        return replace(self, pending=pending, pending_hash=pending_hash)

    def settled(self, content_hash: str) -> JournalState | None:
        """Return the state that a file of this content means: saved, or not yet; None when it is neither."""
        if self.pending is not None and self.pending_hash == content_hash:
            return replace(self, saved=self.pending, saved_hash=content_hash, pending=None, pending_hash=None)
        if self.saved_hash == content_hash:
            return replace(self, pending=None, pending_hash=None)
        return None
