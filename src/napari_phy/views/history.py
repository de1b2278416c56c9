"""The edits of a session as a list: those that hold, then those that redo would bring back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from napari_phy.core.update_info import UpdateInfo
from napari_phy.table.numbers import format_count


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """The edits of a session as it was after so many changes of the history or the file."""

    n_changes: int


@dataclass(frozen=True, slots=True, eq=False)
class HistoryData:
    """What a history view lists.

    Attributes
    ----------
    edits : tuple of UpdateInfo
        Those that are kept, in the order of doing.
    n_dropped : int
        Edits before them, too old to be undone.
    n_done : int
        Edits that hold now, dropped ones included.
    n_saved : int or None
        Edits that hold in the file; None where that state can't be reached any more.
    """

    edits: tuple[UpdateInfo, ...]
    n_dropped: int
    n_done: int
    n_saved: int | None

    def n_done_at(self, row: int) -> int:
        """Return how many edits hold at a row; row 0 is the state before the first edit that is kept."""
        return self.n_dropped + row

    @property
    def row_now(self) -> int:
        """The row of the state that is shown."""
        return self.n_done - self.n_dropped

    @property
    def row_saved(self) -> int | None:
        """The row of the state that the file holds, if it is in the list."""
        row = None if self.n_saved is None else self.n_saved - self.n_dropped
        return row if row is not None and 0 <= row <= len(self.edits) else None

    @property
    def caption(self) -> str:
        """The words below the list."""
        undone, words = len(self.edits) - self.row_now, format_count(self.n_done, "edit")
        return f"{words}, {undone} undone" if undone else words

    def row_words(self, row: int, file_name: str, edit_name: Callable[[UpdateInfo], str]) -> str:
        """Return what a row says; `edit_name` returns the name of an edit, such as `merge 5 and 9`."""
        if row > 0:
            edit = self.edits[row - 1]
            words = edit_row(edit, edit_name(edit))
        elif self.n_dropped:
            words = f"{format_count(self.n_dropped, 'earlier edit')}, too old to be undone"
        else:
            words = f"Opened {file_name}"
        return f"{words}   ·   saved" if row == self.row_saved else words

    def row_tip(self, row: int) -> str:
        """Return what a click on a row does."""
        step = row - self.row_now
        if not step:
            return "This is what is shown."
        return f"Click to {'undo' if step < 0 else 'redo'} {format_count(abs(step), 'edit')}."


def edit_row(edit: UpdateInfo, name: str) -> str:
    """Return the row of an edit whose name is `merge 5 and 9`: `Merge 5 and 9 → 23`."""
    words = name[:1].upper() + name[1:]
    if not edit.added:
        return words
    added = [str(cluster) for cluster in edit.added]
    shown = added if len(added) <= 4 else [*added[:3], f"{len(added) - 3} more"]
    return f"{words} → {', '.join(shown)}"
