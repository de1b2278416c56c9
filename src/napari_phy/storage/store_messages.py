"""Messages about edits that were stored, recovered or set aside."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

Whereabouts = Literal["in place", "moved", "removed"]  # of the file of a journal


def count(n: int, what: str) -> str:
    """Return '1 edit' or '3 edits'."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def recovered(n_edits: int, when: datetime, now: datetime, *, n_newer: int = 0, n_unsaved: int | None = None) -> str:
    """Return the sentence for edits that only the journal holds.

    Parameters
    ----------
    n_edits : int
        Number of edits that were found.
    when : datetime
        Time of the last one.
    now : datetime
        The time now.
    n_newer : int, default 0
        Edits made since.
    n_unsaved : int, optional
        How many are not saved now; None: those that were found.
    """
    clock = f"{when:%H:%M}" if when.date() == now.date() else f"{when:%Y-%m-%d %H:%M}"
    found = f"{count(n_edits, 'edit')} from {clock} {_were(n_edits)} recovered"
    n_unsaved = n_edits if n_unsaved is None else n_unsaved
    if not n_newer and n_unsaved == n_edits:
        return f"{found}. {'It is' if n_edits == 1 else 'They are'} not yet saved."
    since = f", {n_newer} {_were(n_newer)} made since" if n_newer else ""
    return f"{found}{since}. {count(n_unsaved, 'edit')} {'is' if n_unsaved == 1 else 'are'} not yet saved."


def changed_elsewhere(name: str, n_unsaved: int) -> str:
    """Return the sentence for a file that another program wrote since."""
    if not n_unsaved:
        return f"{name} was changed by another program. The undo history was set aside."
    edits = f"{count(n_unsaved, 'unsaved edit')} {_were(n_unsaved)}"
    return f"{name} was changed by another program. {edits} set aside, not applied."


def unreadable(name: str, journal: str) -> str:
    """Return the sentence for a journal that makes no sense."""
    return f"The journal of {name} cannot be read. It was set aside as {journal}; unsaved edits in it were not applied."


def damaged(name: str, journal: str, seq: int | None, *, n_lost: int, n_back: int = 0, is_saved: bool = False) -> str:
    """Return the sentence for a journal of which something is not what was written.

    Parameters
    ----------
    name, journal : str
        Names of the file and of the journal as it was.
    seq : int or None
        Which edit; None: what they begin with.
    n_lost : int
        Edits that were done and cannot be shown any more.
    n_back : int, default 0
        Edits that the file holds, were undone since, and hold again.
    is_saved : bool, default False
        The file holds what is damaged, so that only its undo is lost.
    """
    what = "What the edits in the journal" if seq is None else f"Edit {seq} in the journal"
    what += f" of {name}{' begin with' if seq is None else ''} is damaged."
    if is_saved:
        it = "what they led to" if seq is None else "it"
        kept = f" The file holds {it}, but what was done before the last save can no longer be undone."
        if n_back:
            kept += f" {count(n_back, 'edit')} that {_were(n_back)} undone since the save {_hold(n_back)} again."
    elif not n_lost:
        kept = " It was undone, and can no longer be redone."
    elif seq is not None and seq > 1:
        kept = f" The {count(seq - 1, 'edit')} before it {'is' if seq == 2 else 'are'} kept."
    else:
        kept = ""
    lost = f"{count(n_lost, 'edit')} and the journal as it was were" if n_lost else "The journal as it was was"
    return f"{what}{kept} {lost} set aside as {journal}."


def repaired(name: str, journal: str) -> str:
    """Return the sentence for a journal that is damaged, but not where an edit is."""
    return f"The journal of {name} is damaged, but no edit is lost. The journal as it was was set aside as {journal}."


def in_two_folders(name: str, n_used: int, where: Path, n_left: int, aside: Path) -> str:
    """Return the sentence for edits beside the file and in the cache: `n_left` others are in the file `aside`."""
    return (
        f"{name} has edits in two folders. The {count(n_used, 'edit')} in {where} {_are(n_used)} used; "
        f"the {count(n_left, 'edit')} in the other {_were(n_left)} set aside as {aside}."
    )


def left_behind(name: str, n_edits: int, folder: Path) -> str:
    """Return the sentence for edits of a file that is gone, or in a renamed folder; they fit what this file holds."""
    if not folder.name.endswith(".napari-phy"):
        return (
            f"{count(n_edits, 'edit')} in the folder {folder.name} {'fits' if n_edits == 1 else 'fit'} {name}. "
            f"If the folder was renamed, use {'it' if n_edits == 1 else 'them'} here, or rename it back."
        )
    old = f"{folder.name.removesuffix('.napari-phy')}.kwik"
    return (
        f"{count(n_edits, 'edit')} of {old}, which is gone, {'fits' if n_edits == 1 else 'fit'} {name}. "
        f"If it was renamed, use {'it' if n_edits == 1 else 'them'} here, or rename the folder {folder.name}, too."
    )


def edited_elsewhere(name: str, *, in_this_program: bool = False) -> str:
    """Return the sentence for a data set that another process, or another window of this one, edits."""
    where = "window" if in_this_program else "program"
    return f"{name} is being edited in another {where}, so it opens read-only. Edits made there are not visible here."


def no_journal(name: str, reason: str) -> str:
    """Return the sentence for a data set whose edits cannot be kept."""
    return f"{name} opens read-only, because edits cannot be kept: {reason}"


def closed_place(name: str, place: str) -> str:
    """Return the sentence for a side folder, or a journal in it, that only its owner may look into."""
    return f"The {place} is closed to you: edits of {name} in it are not shown. Ask its owner to open it."


def new_clustering(name: str, clustering: str, found: str) -> str:
    """Return the sentence for a data set whose first save adds a clustering; `found` is the one it begins with."""
    stays = f", and {found} stays as the sorter wrote it" if found else ""
    return f"{name} has no clustering {clustering}: saving adds it{stays}."


def changed_while_open(name: str, n_unsaved: int, *, read_only: bool) -> str:
    """Return the sentence for a file that another program writes while it is open here."""
    if read_only:
        return f"{name} was changed by another program. Open it again to see the change."
    if not n_unsaved:
        return f"{name} was changed by another program. Open it again before you edit it; it cannot be saved to."
    they = f"{_stay(n_unsaved).capitalize()}; save a copy to keep {'it' if n_unsaved == 1 else 'them'} in a file."
    return f"{name} was changed by another program and cannot be saved to. {they}"


def gone(name: str, n_unsaved: int, journal: Whereabouts) -> str:
    """Return the sentence for a file that was taken away while it is open here."""
    sentence = f"{name} is not there any more: it was moved or deleted."
    if not n_unsaved:
        return f"{sentence} Put it back, or open it where it is now."
    return f"{sentence} {edits_of_a_gone_file(n_unsaved, journal)}"


def edits_of_a_gone_file(n_unsaved: int, journal: Whereabouts) -> str:
    """Return the sentence on where the edits of a file are that was taken away, and what to do about it."""
    them = "it" if n_unsaved == 1 else "them"
    if journal == "removed":
        only = f"your {count(n_unsaved, 'edit')} {_are(n_unsaved)} kept in memory only"
        return f"The journal is gone, too: {only}; put the file back before you close it."
    if journal == "moved":
        return f"The journal with your {count(n_unsaved, 'edit')} was moved, too; put the folder back to save {them}."
    return f"{_stay(n_unsaved).capitalize()}; put the file back to save {them}."


def edit_not_stored(reason: str, *, is_full: bool) -> str:
    """Return the sentence for an edit that could not be written down, and so was not made."""
    if is_full:
        return "Could not keep the edit: the disk is full. Nothing was changed; make room and try again."
    return f"Could not keep the edit: {reason.rstrip('.')}. Nothing was changed."


def edits_lost(name: str, n_unsaved: int, reason: str) -> str:
    """Return the sentence for a journal that could not be written again before it was closed."""
    return f"{count(n_unsaved, 'edit')} of {name} could not be kept: {reason}"


def disk_full(n_unsaved: int, details: str = "") -> str:
    """Return the sentence for a save that found no room."""
    details = f" ({details})" if details else ""
    return f"Could not save: the disk is full{details}. Nothing was changed; {_stay(n_unsaved)}."


def save_failed(reason: str, n_unsaved: int) -> str:
    """Return the sentence for a save that did not come about."""
    return f"Could not save: {reason.rstrip('.')}. Nothing was changed; {_stay(n_unsaved)}."


def saved(name: str, n_edits: int) -> str:
    """Return the sentence for a save that did."""
    return f"Saved {count(n_edits, 'edit')} to {name}."


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _hold(n: int) -> str:
    return "holds" if n == 1 else "hold"


def _stay(n_unsaved: int) -> str:
    verb = "stays" if n_unsaved == 1 else "stay"
    return f"your {count(n_unsaved, 'edit')} {verb} in the journal"
