"""Where a journal stands: which edits are done, and which of them the file holds."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class SavedPlace:
    """A state of the clustering, as a place on the stack of edits.

    Attributes
    ----------
    head : edits from the bottom of the stack that lead to it, or to the last edit it shares with the stack.
    lost : edits between that one and the state itself that were undone and then replaced by another edit.
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
    head : edits done; those above it can be redone.
    next_id : above every cluster id ever used.
    saved, saved_hash : what the file held when this program last wrote or opened it.
    pending, pending_hash : what a save is about to put in its place; None when none is under way.
    committed : time of the last commit of an edit, undo or redo, s since 1970; None when there was none.
    """

    head: int
    next_id: int
    saved: SavedPlace
    saved_hash: str
    pending: SavedPlace | None = None
    pending_hash: str | None = None
    committed: float | None = None

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
