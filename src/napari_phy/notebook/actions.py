"""Which actions of the table are offered in a browser, and how one is run there."""

from __future__ import annotations

from napari_phy.actions.action_table import BY_ID
from napari_phy.core.update_info import UpdateInfo
from napari_phy.session import Session
from napari_phy.views.edit_words import edit_done

GROUPS = ("good", "mua", "noise", "unsorted")
BUTTONS = ("merge", "split", *(f"move_all_{group}" for group in GROUPS), "undo", "redo", "next_candidate", "save")
OFFERED = (*BUTTONS, *(f"move_best_{group}" for group in GROUPS), "previous_candidate")
KEYS = {key: action_id for action_id in OFFERED for key in BY_ID[action_id].keys}


def buttons(session: Session) -> list[dict[str, str]]:
    """Return the buttons as the browser shows them, in order; `why_not` is "" where one can be pressed."""
    shown = []
    for action_id in BUTTONS:
        action = BY_ID[action_id]
        why_not = action.why_not(session) or ""
        title = action.title if action.in_window is not None else action.button_text(session)
        shown.append({"name": action_id, "title": title, "tip": action.tooltip(session), "why_not": why_not})
    return shown


def run(session: Session, action_id: str) -> str:
    """Do what an action does, or not, and return the sentence that tells of it.

    Raises
    ------
    NapariPhyError
        It could not be done; nothing was changed.
    """
    action = BY_ID[action_id] if action_id in OFFERED else None
    if action is None or action.run is None:
        return ""
    refusal = action.why_not(session)
    if refusal is not None:
        return refusal
    outcome = action.run(session)
    if isinstance(outcome, UpdateInfo):
        return edit_done(outcome, session.manager)
    return outcome or (_proposed(session) if action.section == "Go" else "")


def _proposed(session: Session) -> str:
    """Return what the wizard proposes now."""
    best, candidate = session.wizard.best, session.wizard.candidate
    if best is None:
        return "The wizard has nothing more to propose."
    return f"The wizard proposes {best}" + (f" and {candidate}." if candidate is not None else ".")
