"""What can be done in the browser, by name: the words, the key, why it cannot be done now, and how it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from napari_phy.core.sentences import listed
from napari_phy.core.update_info import UpdateInfo
from napari_phy.session import Session
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.edit_words import edit_done, edit_name

NEED_CLUSTER, NEED_TWO = "Select a cluster first.", "Select two or more clusters to merge."
NEED_SPIKES = "Draw a lasso around some spikes to split."


@dataclass(frozen=True, slots=True)
class Action:
    """One of them.

    Attributes
    ----------
    title : callable
        Returns the words of the button.
    tip : callable
        Returns the sentence of its tooltip.
    keys : tuple of str
        `Ctrl+Shift+Z`, as the browser names them.
    why_not : callable
        Returns why it cannot be done now, or "".
    run : callable
        Does it, and returns the sentence when it is done.
    """

    title: Callable[[Session], str]
    tip: Callable[[Session], str]
    keys: tuple[str, ...]
    why_not: Callable[[Session], str]
    run: Callable[[Session], str]
    edits: bool = True

    def refusal(self, session: Session) -> str:
        """Return why it cannot be done now, or ""."""
        if self.edits and session.store.read_only:
            return f"{session.name} is open read-only: nothing can be changed."
        return self.why_not(session)


def _done(session: Session, update: UpdateInfo | None) -> str:
    return "" if update is None else edit_done(update, session.manager)


def _merge_refusal(session: Session) -> str:
    return "" if len(session.selection.clusters) > 1 else NEED_TWO


def _split_refusal(session: Session) -> str:
    spikes = session.selection.spikes
    if not len(spikes):
        return NEED_SPIKES
    clusters = set(session.manager.clusters_of(spikes).tolist())
    if len(spikes) == sum(session.manager.n_spikes(cluster) for cluster in clusters):
        whole = f"all {format_count(len(spikes), 'spike')} of {listed(sorted(clusters))}"
        return f"The lasso holds {whole}; nothing would be split."
    return ""


def _cluster_refusal(session: Session) -> str:
    return "" if session.selection.clusters else NEED_CLUSTER


def _mover(group: str, title: str, letter: str, *, whole: bool) -> Action:
    def clusters(session: Session) -> tuple[int, ...]:
        return session.selection.clusters if whole else session.selection.best[:1]

    return Action(
        lambda session: title,
        lambda session: f"Move {listed(clusters(session)) or 'the selected clusters'} to {group}",
        (f"{'Ctrl+Alt' if whole else 'Alt'}+{letter}",),
        _cluster_refusal,
        lambda session: _done(session, session.move(clusters(session), group)),
    )


def _undo_tip(session: Session) -> str:
    record = session.manager.undo_record
    return "Nothing to undo" if record is None else f"Undo: {edit_name(record)}"


def _redo_tip(session: Session) -> str:
    record = session.manager.redo_record
    return "Nothing to redo" if record is None else f"Redo: {edit_name(record)}"


def _save(session: Session) -> str:
    n_edits = session.n_unsaved
    session.save()
    return f"Saved {format_count(n_edits, 'edit')} to {session.name}."


def _next(session: Session) -> str:
    if session.wizard.is_paused:
        session.start_wizard()
    else:
        session.wizard.next()
        session.select_proposed()
    best, candidate = session.wizard.best, session.wizard.candidate
    if best is None:
        return "The wizard has nothing more to propose."
    return f"The wizard proposes {best}" + (f" and {candidate}." if candidate is not None else ".")


def _back(session: Session) -> str:
    session.wizard.previous()
    session.select_proposed()
    return ""


def _counted(word: str, n: int, least: int) -> str:
    return f"{word} {format_number(n)}" if n >= least else word


_GROUPS = (("good", "Good", "G"), ("mua", "MUA", "M"), ("noise", "Noise", "N"), ("unsorted", "Unsorted", "U"))

ACTIONS = {
    "merge": Action(
        lambda session: _counted("Merge", len(session.selection.clusters), 2),
        lambda session: f"Merge {listed(session.selection.clusters)} into one cluster",
        ("G",),
        _merge_refusal,
        lambda session: _done(session, session.merge(session.selection.clusters)),
    ),
    "split": Action(
        lambda session: _counted("Split", len(session.selection.spikes), 1),
        lambda session: f"Split {format_count(len(session.selection.spikes), 'spike')} off",
        ("K",),
        _split_refusal,
        lambda session: _done(session, session.split(session.selection.spikes)),
    ),
    **{f"move to {group}": _mover(group, title, letter, whole=True) for group, title, letter in _GROUPS},
    **{f"best to {group}": _mover(group, title, letter, whole=False) for group, title, letter in _GROUPS},
    "undo": Action(
        lambda session: "Undo",
        _undo_tip,
        ("Ctrl+Z",),
        lambda session: "" if session.manager.undo_record is not None else "Nothing more to undo.",
        lambda session: _done(session, session.undo()),
    ),
    "redo": Action(
        lambda session: "Redo",
        _redo_tip,
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        lambda session: "" if session.manager.redo_record is not None else "Nothing more to redo.",
        lambda session: _done(session, session.redo()),
    ),
    "save": Action(
        lambda session: _counted("Save", session.n_unsaved, 1),
        lambda session: f"Save {format_count(session.n_unsaved, 'edit')} to {session.name}",
        ("Ctrl+S",),
        lambda session: "" if session.is_dirty else "Everything is saved.",
        _save,
    ),
    "next": Action(
        lambda session: "Next",
        lambda session: "What the wizard proposes next",
        ("Space",),
        lambda session: "" if len(session.manager.cluster_ids) else "There are no clusters.",
        _next,
        edits=False,
    ),
    "back": Action(
        lambda session: "Back",
        lambda session: "What the wizard proposed before",
        ("Shift+Space",),
        lambda session: "The wizard is paused." if session.wizard.is_paused else "",
        _back,
        edits=False,
    ),
}  # fmt: skip

KEYS = {key: name for name, action in ACTIONS.items() for key in action.keys}
BUTTONS = (
    "merge", "split", "move to good", "move to mua", "move to noise", "move to unsorted", "undo", "redo", "next",
    "save",
)  # fmt: skip


def buttons(session: Session) -> list[dict[str, str]]:
    """Return the buttons as the browser shows them, in order; `why_not` is "" where one can be pressed."""
    shown = []
    for name in BUTTONS:
        action = ACTIONS[name]
        why_not = action.refusal(session)
        tip = why_not or f"{action.tip(session)} ({action.keys[0]})"
        shown.append({"name": name, "title": action.title(session), "tip": tip, "why_not": why_not})
    return shown


def run(session: Session, name: str) -> str:
    """Do what an action does, or not, and return the sentence that tells of it.

    Raises
    ------
    NapariPhyError
        It could not be done; nothing was changed.
    """
    action = ACTIONS.get(name)
    if action is None:
        return ""
    return action.refusal(session) or action.run(session)
