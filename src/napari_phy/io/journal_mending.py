"""What becomes of a journal in which an edit is damaged: as much of it is kept as can be replayed."""

from __future__ import annotations

from pathlib import Path

from napari_phy.io import store_messages
from napari_phy.io.journal import DamagedEditError, Journal


def mend(journal: Journal, name: str, aside: Path) -> str:
    """Take damaged edits out of a journal; return a sentence on what is left, "" where all edits are whole.

    The edits before a damaged one are kept. Where the file holds a state saved after it, that is where edits begin from
    now on, and those after the save are kept.

    Parameters
    ----------
    journal : of a file that holds what the journal says.
    name : of the file.
    aside : where a copy of the journal as it was goes.

    Raises
    ------
    UnreadableJournalError
        Nothing in it can be replayed.
    """
    sentences: list[str] = []
    while True:
        try:
            journal.records()
        except DamagedEditError as error:
            if not sentences:
                journal.copy_to(aside)
            sentences.append(_without(journal, error, name, aside.name))
        else:
            return sentences[0] if sentences else ""


def _without(journal: Journal, damage: DamagedEditError, name: str, aside: str) -> str:
    state, n_whole = journal.state, damage.seq - 1
    if n_whole >= min(state.head, state.saved.head):
        journal.cut(n_whole)
        return store_messages.damaged(name, aside, damage.seq, n_lost=max(0, state.head - n_whole))
    if state.saved.lost:  # the file holds what edits led to that are no longer here
        raise damage
    journal.begin_at_saved()
    n_lost = max(0, state.head - state.saved.head - journal.state.head)
    return store_messages.damaged(name, aside, damage.seq, n_lost=n_lost, is_saved=True)
