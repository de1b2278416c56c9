"""What actions do with the wizard of a session."""

from napari_phy.session import Session
from napari_phy.views.wizard_review import compute_progress
from napari_phy.widgets.actions import messages


def go_on(session: Session) -> str:
    """Propose the next candidate, or the next best cluster; return what to say when there is none, or "".

    While nothing is selected, that is the pair under review.
    """
    wizard = session.wizard
    before = wizard.place
    wizard.start()
    if wizard.place == before and session.selection.clusters:
        wizard.next()
    if wizard.place:
        session.selection.select(wizard.place)
    if session.listed.clusters == frozenset():
        return messages.NO_MATCH
    if wizard.is_finished:
        return compute_progress(session.manager, wizard.skipped).words
    return messages.LIST_IS_DONE if wizard.place == before and session.listed.text else ""


def go_back(session: Session) -> None:
    """Propose again what was proposed before."""
    session.wizard.start()
    session.wizard.previous()
    session.selection.select(session.wizard.place)


def nothing_to_propose(session: Session) -> str:
    """Return why the wizard, which was just started, proposes nothing, or ""."""
    return "" if session.wizard.place else messages.NO_MATCH


def start_over(session: Session) -> str:
    """Begin with the largest undecided cluster again; return what to say when there is none, or ""."""
    session.reset_wizard()
    return nothing_to_propose(session)


def pause_or_start(session: Session) -> str:
    """Have the wizard propose nothing, or go on where it was; return what to say."""
    if session.wizard.is_paused:
        session.start_wizard()
        return nothing_to_propose(session) or messages.WIZARD_STARTED
    session.pause_wizard()
    return messages.WIZARD_PAUSED


def pause_caption(session: Session) -> str:
    """Return the word on the button."""
    return "Start" if session.wizard.is_paused else "Pause"


def pause_sentence(session: Session) -> str:
    """Return what the button would do."""
    if session.wizard.is_paused:
        return "Let the wizard propose again, where it was"
    return "Let the wizard keep its place and propose nothing"


def needs_skipped(session: Session) -> str | None:
    """Some undecided cluster must have been skipped."""
    return None if session.wizard.skipped else messages.NOTHING_SKIPPED
