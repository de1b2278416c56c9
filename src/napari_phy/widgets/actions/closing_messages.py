"""What is asked before a window with unsaved edits closes."""

from napari_phy.storage import store_messages
from napari_phy.table.numbers import format_count, format_number
from napari_phy.widgets.actions.messages import EDITS_STAY


def save_before_closing(n_edits: int, name: str) -> str:
    """Return the question of the close guard."""
    return f"Save {format_count(n_edits, 'edit')} to {name} before closing?"


def copy_before_closing(n_edits: int, name: str) -> tuple[str, str]:
    """Return the question of the close guard, and what explains it, where the file cannot be saved to."""
    question = f"Save a copy with your {format_count(n_edits, 'edit')} before closing?"
    return question, f"{name} cannot be saved to. {EDITS_STAY}"


def stays_unsaved(n_edits: int, name: str) -> str:
    """Return the sentence on those edits that stay in the journal when the others are saved."""
    edits = "Your other edit" if n_edits == 1 else f"Your other {format_number(n_edits)} edits"
    return f"{edits} cannot be saved to {name} and {'stays' if n_edits == 1 else 'stay'} in the journal."


def keep_before_closing(n_edits: int, name: str) -> str:
    """Return the question of the close guard where the unsaved edits are those of clusterings that are not open."""
    return f"Close {name} with {format_count(n_edits, 'unsaved edit')}?"


def discarding_here(n_edits: int, place: str) -> str:
    """Return which edits discarding takes back, where others wait in other shanks or clusterings."""
    return f"Discard undoes the {format_count(n_edits, 'edit')} of {place}, and keeps those of other places."


def discarding(n_edits: int) -> str:
    """Return what discarding unsaved edits does."""
    return f"Undo {format_count(n_edits, 'edit')}. Redo brings {'it' if n_edits == 1 else 'them'} back the next time."


def changed_before_closing(n_edits: int, name: str) -> tuple[str, str]:
    """Return the question of the close guard, and what explains it, where another program changed the file."""
    edits = "your edit is" if n_edits == 1 else "your edits are"
    return (
        f"Save a copy with your {format_count(n_edits, 'edit')} before closing?",
        f"{name} was changed by another program and cannot be saved to. Without a copy {edits} set aside.",
    )


def gone_before_closing(n_edits: int, name: str, journal: store_messages.Whereabouts) -> tuple[str, str]:
    """Return the question of the close guard, and what explains it, where the file was taken away."""
    return f"{name} was moved or deleted. Close it?", store_messages.edits_of_a_gone_file(n_edits, journal)
