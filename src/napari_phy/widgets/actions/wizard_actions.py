"""What actions do with the wizard of a session."""

from napari_phy.session import Session
from napari_phy.views.wizard_review import compute_progress
from napari_phy.widgets.actions import messages


def go_on(session: Session) -> str:
    """Propose the next candidate, or the next best cluster; return what to say when there is none, or ""."""
    wizard = session.wizard
    wizard.start()
    before = wizard.place
    wizard.next()
    session.selection.select(wizard.place)
    if wizard.is_finished:
        return compute_progress(session.manager, wizard.skipped).words
    return messages.LIST_IS_DONE if wizard.place == before and session.listed.text else ""


def go_back(session: Session) -> None:
    """Propose again what was proposed before."""
    session.wizard.start()
    session.wizard.previous()
    session.selection.select(session.wizard.place)


def pause_or_start(session: Session) -> str:
    """Have the wizard propose nothing, or go on where it was; return what to say."""
    if session.wizard.is_paused:
        session.start_wizard()
        return messages.WIZARD_STARTED
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
