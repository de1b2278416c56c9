"""The one table of actions: it feeds the toolbar, the keys, the menus and the list of keys."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from napari_phy.core.errors import ClusteringError, NapariPhyError
from napari_phy.session import Session
from napari_phy.views.numbers import format_count, format_number
from napari_phy.widgets import messages

logger = logging.getLogger(__name__)


class Desk(Protocol):
    """What an action may ask of the place where it is run: a workspace, or a stand-in in a test."""

    @property
    def session(self) -> Session | None:
        """The open data set."""
        ...

    def listed_clusters(self) -> Sequence[int]:
        """Cluster ids in the order of the Clusters list."""
        ...

    def say(self, sentence: str) -> None:
        """Put a sentence into the status bar."""
        ...

    def complain(self, sentence: str) -> None:
        """Show an error notification."""
        ...

    def save(self) -> None:
        """Save in the background, to a copy where the file is read-only."""
        ...

    def ask_label(self) -> None:
        """Ask for a label of the selected clusters."""
        ...

    def show_keys(self) -> None:
        """Show the window with all keys."""
        ...


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do, whatever starts it.

    Attributes
    ----------
    action_id : name in code.
    title : words of the button, the menu entry and the list of keys.
    section : heading in menus and in the list of keys.
    run : does it; called only with an open session and when `refusal` is None.
    refusal : why it cannot be done now, or None.
    sentence : what it would do now, for the tooltip, without a full stop.
    keys, canvas_keys : key sequences with the focus in our panels and in napari's canvas.
    icon : name of an own icon, or None.
    hint : further words of the tooltip, after the keys.
    caption : words of the button where they change.
    is_edit : afterwards the focus returns to Clusters.
    """

    action_id: str
    title: str
    section: str
    run: Callable[[Desk], None]
    refusal: Callable[[Session], str | None]
    sentence: Callable[[Session], str]
    keys: tuple[str, ...] = ()
    canvas_keys: tuple[str, ...] = ()
    icon: str | None = None
    hint: str = ""
    caption: Callable[[Session], str] | None = None
    is_edit: bool = False

    def button_text(self, session: Session | None) -> str:
        """Return the words on the button: `Merge 3`."""
        return self.title if session is None or self.caption is None else self.caption(session)

    def tooltip(self, session: Session | None) -> str:
        """Return the sentence with its keys, or the reason why it cannot be done."""
        keys = f" ({self.keys[0]})" if self.keys else ""
        if session is None:
            return f"{self.title}{keys}. {messages.EMPTY_WORKSPACE}"
        refusal = self.refusal(session)
        if refusal is not None:
            return f"{self.title}{keys}. {refusal}"
        return f"{self.sentence(session)}{keys}{self.hint}"


def perform(action: Action, desk: Desk) -> bool:
    """Run an action if it can be done, else say why not; return whether it was done."""
    session = desk.session
    if session is None:
        desk.say(messages.EMPTY_WORKSPACE)
        return False
    refusal = action.refusal(session)
    if refusal is not None:
        desk.say(refusal)
        return False
    try:
        action.run(desk)
    except ClusteringError as error:
        desk.say(str(error))
        return False
    except NapariPhyError as error:
        desk.complain(str(error))
        return False
    except Exception as error:  # of somebody who listens: a plugin, a script in the console
        cause = error.__cause__ or error
        logger.exception("%s failed.", action.title)
        desk.complain(messages.action_failed(action.title, cause))
        return False
    return True


def _always(session: Session) -> None:
    return None


def _session(desk: Desk) -> Session:
    assert desk.session is not None
    return desk.session


def _needs_two(session: Session) -> str | None:
    return None if len(session.selection.clusters) > 1 else messages.NEED_TWO_CLUSTERS


def _needs_one(session: Session) -> str | None:
    return None if session.selection.clusters else messages.NEED_CLUSTER


def _needs_best(session: Session) -> str | None:
    return None if session.selection.best else messages.NEED_CLUSTER


def _needs_similar(session: Session) -> str | None:
    return None if session.selection.similar else messages.NEED_SIMILAR


def _needs_clusters(session: Session) -> str | None:
    return None if len(session.manager.cluster_ids) else messages.NO_CLUSTERS


def _needs_lasso(session: Session) -> str | None:
    """Split needs spikes inside the lasso and some left outside."""
    spikes = session.selection.spikes
    if not len(spikes):
        return messages.NEED_LASSO
    touched, n_inside = np.unique(session.manager.clusters_of(spikes), return_counts=True)
    whole = [int(c) for c, n in zip(touched, n_inside, strict=True) if n == session.manager.n_spikes(int(c))]
    selected = set(session.selection.clusters) | set(touched.tolist())
    if len(whole) == len(touched) and (len(whole) == 1 or len(whole) == len(selected)):
        n_spikes = format_count(len(spikes), "spike")
        clusters = f"cluster{'s' if len(whole) > 1 else ''} {messages.listed(whole)}"
        return f"The lasso holds all {n_spikes} of {clusters}; nothing would be split."
    return None


def _needs_undo(session: Session) -> str | None:
    return messages.NOTHING_TO_UNDO if session.manager.undo_record is None else None


def _needs_redo(session: Session) -> str | None:
    return messages.NOTHING_TO_REDO if session.manager.redo_record is None else None


def _needs_unsaved(session: Session) -> str | None:
    if session.store.read_only:
        return messages.nothing_kept(session.name)
    return None if session.is_dirty else messages.NOTHING_TO_SAVE


def _merge_caption(session: Session) -> str:
    n_clusters = len(session.selection.clusters)
    return f"Merge {n_clusters}" if n_clusters > 1 else "Merge"


def _merge_sentence(session: Session) -> str:
    return f"Merge {messages.listed(session.selection.clusters)} into one cluster"


def _split_caption(session: Session) -> str:
    n_spikes = len(session.selection.spikes)
    return f"Split {format_number(n_spikes)}" if n_spikes else "Split"


def _split_sentence(session: Session) -> str:
    spikes = session.selection.spikes
    touched = np.unique(session.manager.clusters_of(spikes)).tolist()
    return f"Split {format_count(len(spikes), 'spike')} off {messages.listed(touched)}"


def _label_sentence(session: Session) -> str:
    return f"Label {messages.listed(session.selection.clusters)} with a word or number of your own"


def _undo_sentence(session: Session) -> str:
    record = session.manager.undo_record
    return "Undo" if record is None else f"Undo: {messages.edit_name(record)}"


def _redo_sentence(session: Session) -> str:
    record = session.manager.redo_record
    return "Redo" if record is None else f"Redo: {messages.edit_name(record)}"


def _save_caption(session: Session) -> str:
    return "Save" if session.can_save or session.store.read_only else "Save a copy…"


def _save_sentence(session: Session) -> str:
    if not session.can_save:
        return f"Save a copy with {format_count(session.n_unsaved, 'edit')}; {session.name} cannot be saved to"
    return f"Save {format_count(session.n_unsaved, 'edit')} to {session.name}"


def _merge(desk: Desk) -> None:
    session = _session(desk)
    session.merge(session.selection.clusters)


def _split(desk: Desk) -> None:
    session = _session(desk)
    session.split(session.selection.spikes)


def _next_candidate(desk: Desk) -> None:
    session = _session(desk)
    session.wizard.start()
    session.wizard.next()
    session.selection.select(session.wizard.place)


def _previous_candidate(desk: Desk) -> None:
    session = _session(desk)
    session.wizard.start()
    session.wizard.previous()
    session.selection.select(session.wizard.place)


def _undo(desk: Desk) -> None:
    _session(desk).undo()


def _redo(desk: Desk) -> None:
    _session(desk).redo()


def _step(desk: Desk, places: int) -> None:
    """Select the cluster that many rows below the best one; stay at the ends of the list."""
    order, session = list(desk.listed_clusters()), _session(desk)
    chosen = [order.index(cluster) for cluster in session.selection.best if cluster in order]
    if chosen:
        row = (max(chosen) if places > 0 else min(chosen)) + places
    else:
        row = 0 if places > 0 else len(order) - 1
    session.selection.select([order[min(max(row, 0), len(order) - 1)]])


def _jump(desk: Desk, row: int) -> None:
    _session(desk).selection.select([desk.listed_clusters()[row]])


def _drop_similar(desk: Desk) -> None:
    selection = _session(desk).selection
    selection.select(selection.best, n_best=len(selection.best))


def _simple(sentence: str) -> Callable[[Session], str]:
    return lambda session: sentence


GROUPS = (("good", "Good", "G"), ("mua", "MUA", "M"), ("noise", "Noise", "N"), ("unsorted", "Unsorted", "U"))


def _moves(group: str, title: str, letter: str) -> tuple[Action, Action, Action]:
    """Return the three actions that move all selected, the best or the similar clusters to a group."""

    def move_all(desk: Desk) -> None:
        _session(desk).move(_session(desk).selection.clusters, group)

    def move_best(desk: Desk) -> None:
        _session(desk).move(_session(desk).selection.best, group)

    def move_similar(desk: Desk) -> None:
        _session(desk).move(_session(desk).selection.similar, group)

    def all_sentence(session: Session) -> str:
        clusters = session.selection.clusters
        which = f"the {len(clusters)} selected clusters" if len(clusters) > 1 else messages.listed(clusters)
        return f"Move {which} to {group}"

    def best_sentence(session: Session) -> str:
        return f"Move {messages.listed(session.selection.best)} to {group}"

    def similar_sentence(session: Session) -> str:
        return f"Move {messages.listed(session.selection.similar)} to {group}"

    alone, control, both = f"Alt+{letter}", f"Ctrl+{letter}", f"Ctrl+Alt+{letter}"
    word = title if title == "MUA" else group
    return (
        Action(
            f"move_all_{group}", title, "Move", move_all, _needs_one, all_sentence,
            (both,), (both,), group, f"; best only: {alone}", is_edit=True,
        ),
        Action(
            f"move_best_{group}", f"Best to {word}", "Move", move_best, _needs_best, best_sentence,
            (alone,), (alone,), is_edit=True,
        ),
        Action(
            f"move_similar_{group}", f"Similar to {word}", "Move", move_similar, _needs_similar, similar_sentence,
            (control,), is_edit=True,
        ),
    )  # fmt: skip


ACTIONS: tuple[Action, ...] = (
    Action(
        "merge", "Merge", "Edit", _merge, _needs_two, _merge_sentence,
        ("G",), ("G",), "merge", caption=_merge_caption, is_edit=True,
    ),
    Action(
        "split", "Split", "Edit", _split, _needs_lasso, _split_sentence,
        ("K",), ("K",), "split", caption=_split_caption, is_edit=True,
    ),
    *(action for group in GROUPS for action in _moves(*group)),
    Action(
        "label", "Label", "Edit", lambda desk: desk.ask_label(), _needs_one, _label_sentence,
        ("L",), (), "label",
    ),
    Action(
        "undo", "Undo", "Edit", _undo, _needs_undo, _undo_sentence,
        ("Ctrl+Z",), ("Ctrl+Z",), "undo", is_edit=True,
    ),
    Action(
        "redo", "Redo", "Edit", _redo, _needs_redo, _redo_sentence,
        ("Ctrl+Shift+Z", "Ctrl+Y"), ("Ctrl+Shift+Z",), "redo", is_edit=True,
    ),
    Action(
        "save", "Save", "File", lambda desk: desk.save(), _needs_unsaved, _save_sentence,
        ("Ctrl+S", "Ctrl+Shift+S"), ("Ctrl+Shift+S",), "save", caption=_save_caption,
    ),
    Action(
        "next_candidate", "Next candidate", "Go", _next_candidate, _needs_clusters,
        _simple("Show the next candidate for the best cluster"), ("Space",),
    ),
    Action(
        "previous_candidate", "Previous candidate", "Go", _previous_candidate, _needs_clusters,
        _simple("Go back to the previous candidate"), ("Shift+Space",),
    ),
    Action(
        "next_best", "Next best", "Go", lambda desk: _step(desk, 1), _needs_clusters,
        _simple("Select the next cluster of the list"), ("Down",), ("Down",),
    ),
    Action(
        "previous_best", "Previous best", "Go", lambda desk: _step(desk, -1), _needs_clusters,
        _simple("Select the previous cluster of the list"), ("Up",), ("Up",),
    ),
    Action(
        "first_best", "First", "Go", lambda desk: _jump(desk, 0), _needs_clusters,
        _simple("Select the first cluster of the list"), ("Home",), ("Home",),
    ),
    Action(
        "last_best", "Last", "Go", lambda desk: _jump(desk, -1), _needs_clusters,
        _simple("Select the last cluster of the list"), ("End",), ("End",),
    ),
    Action(
        "drop_similar", "Drop similar", "Go", _drop_similar, _needs_similar,
        _simple("Keep only the best cluster selected"), ("Backspace",),
    ),
    Action(
        "keys", "All keys", "Help", lambda desk: desk.show_keys(), _always,
        _simple("Show all keys"), ("F1",), ("F1",), "help",
    ),
)  # fmt: skip

BY_ID: dict[str, Action] = {action.action_id: action for action in ACTIONS}
