"""What becomes of a journal that is damaged: as much of it is kept as can be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari_phy.core.update_info import UpdateInfo
from napari_phy.storage import store_messages
from napari_phy.storage.edit_records import decode_record
from napari_phy.storage.journal import UnreadableJournalError
from napari_phy.storage.journal_contents import JournalContents
from napari_phy.storage.journal_state import JournalState


@dataclass(frozen=True, slots=True, eq=False)
class RepairedEdits:
    """What of a journal can be replayed.

    Attributes
    ----------
    state : JournalState
        Where the journal stands with these edits.
    records : tuple of UpdateInfo
        The edits.
    is_on_file : bool
        Whether they replay on what the file holds, not on the base that the journal had.
    sentence : str
        What is shown to the user; "" where nothing was damaged.
    """

    state: JournalState
    records: tuple[UpdateInfo, ...]
    is_on_file: bool
    sentence: str


def decoded(contents: JournalContents, n_spikes: int) -> list[UpdateInfo | None]:
    """Return the edits of a journal; None for each that is damaged, or cannot be one of so many spikes."""
    n_found = max(contents.edits, default=0)
    records: list[UpdateInfo | None] = []
    for seq in range(1, min(contents.n_edits, n_found + 1) + 1):  # one of those behind the last found is enough
        row = contents.edits.get(seq)
        try:
            record = None if row is None else decode_record(row.kind, row.record, row.ids, n_spikes)
            if record is not None and len(record.spike_ids):
                first, last = record.spike_ids.min(), record.spike_ids.max()
                record = record if 0 <= first <= last < n_spikes else None
            records.append(record)
        except ValueError:
            records.append(None)
    return records


def keep_whole(
    state: JournalState,
    records: Sequence[UpdateInfo | None],
    *,
    is_base_lost: bool,
    is_damaged: bool,
    name: str,
    aside: str,
) -> RepairedEdits:
    """Return what can be replayed of a journal whose file holds what `state` says.

    The edits before a damaged one are kept. Where they end before the state that the file holds, or where what they
    begin with is lost, edits begin with the file from now on, and those after the save are kept.

    Parameters
    ----------
    state : JournalState
        Where the journal stands.
    records : sequence of UpdateInfo or None
        Its edits; None for each that is damaged.
    is_base_lost : bool
        Whether what they begin with is damaged.
    is_damaged : bool
        Whether anything else was.
    name, aside : str
        Names of the file and of the journal as it was, for the sentence.

    Raises
    ------
    UnreadableJournalError
        Nothing in it can be replayed.
    """
    n_all = max(len(records), state.head)
    n_whole = _n_whole(records)
    if n_whole == n_all and not is_base_lost:
        sentence = store_messages.repaired(name, aside) if is_damaged else ""
        return RepairedEdits(state, _whole(records), False, sentence)
    if not is_base_lost and n_whole >= min(state.head, state.saved.head):
        n_lost = max(0, state.head - n_whole)
        sentence = store_messages.damaged(name, aside, n_whole + 1, n_lost=n_lost)
        return RepairedEdits(state.cut(n_whole), _whole(records), False, sentence)
    if state.saved.lost:  # the file holds what edits led to that are no longer here
        raise UnreadableJournalError(f"The journal of {name} is damaged where its edits begin.")
    kept = _whole(records[state.saved.head :])
    now = state.begun_at_saved(len(kept))
    n_lost = max(0, state.head - state.saved.head - now.head)
    if not state.saved.head and not n_lost:
        sentence = store_messages.repaired(name, aside)
    else:
        seq = None if n_whole == n_all else n_whole + 1
        n_back = max(0, state.saved.head - state.head)
        sentence = store_messages.damaged(name, aside, seq, n_lost=n_lost, n_back=n_back, is_saved=True)
    return RepairedEdits(now, kept, True, sentence)


def _n_whole(records: Sequence[UpdateInfo | None]) -> int:
    return next((place for place, record in enumerate(records) if record is None), len(records))


def _whole(records: Sequence[UpdateInfo | None]) -> tuple[UpdateInfo, ...]:
    return tuple(record for record in records[: _n_whole(records)] if record is not None)
