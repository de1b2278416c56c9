"""What is asked of the user in small windows: a label, a colour, a moment, a stretch of time, the name of a copy."""

from pathlib import Path

from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QDialog, QFileDialog, QWidget

from napari_phy.core.colors import usual_color
from napari_phy.files.platform_files import is_writable_folder
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_number
from napari_phy.views.time_words import read_range
from napari_phy.widgets.actions import messages
from napari_phy.widgets.actions.label_dialog import LabelDialog
from napari_phy.widgets.actions.time_actions import go_to
from napari_phy.widgets.base.small_dialogs import NameDialog, SmallDialog, Words
from napari_phy.widgets.base.theme import Tokens


def ask_label(session: Session, theme: Tokens, parent: QWidget) -> None:
    """Ask for a label of the selected clusters, and give it to them."""
    dialog = LabelDialog(session, theme, parent)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    field, value = dialog.answer
    dialog.deleteLater()
    if accepted:
        session.label(session.selection.clusters, field, value)


def ask_color(session: Session, theme: Tokens, parent: QWidget) -> None:
    """Ask for a colour of the selected clusters, and give it to them."""
    clusters = session.selection.clusters
    now = QColor(session.manager.color(clusters[0]) or usual_color(clusters[0], theme.dark))
    color = QColorDialog.getColor(now, parent, f"Colour of {messages.listed(clusters)}")
    if color.isValid():
        session.recolor(clusters, color.name())


def ask_time(session: Session, theme: Tokens, parent: QWidget) -> None:
    """Ask for a moment or a spike, and go there."""
    clock, n_spikes = session.time, session.model.n_spikes
    explanation = f"{_seconds_up_to(clock.duration_s)}, or a spike, #0 to #{n_spikes - 1}."
    dialog = NameDialog(
        Words("Go to time", "Go to", explanation, "Go"),
        theme,
        parent,
        name=f"{clock.time_s:.3f}",
        problem=lambda text: messages.place_problem(text, clock.duration_s, n_spikes),
    )
    if dialog.ask():
        go_to(session, dialog.name)


def ask_range(session: Session, theme: Tokens, parent: QWidget) -> None:
    """Ask for the stretch of time whose spikes views use."""
    clock = session.time
    start_s, stop_s = clock.range_s or clock.shown_s
    explanation = f"All views use only the spikes from here to there. {_seconds_up_to(clock.duration_s)}."
    dialog = NameDialog(
        Words("Only a stretch of time", "From – to", explanation, "Use"),
        theme,
        parent,
        name=f"{start_s:.3f} – {stop_s:.3f}",
        problem=lambda text: messages.range_problem(text, clock.duration_s),
    )
    if dialog.ask():
        found = read_range(dialog.name)
        assert found is not None  # else it would have been a problem
        clock.set_range(*found)


def ask_discard(n_edits: int, n_newer: int, theme: Tokens, parent: QWidget) -> bool:
    """Ask whether so many edits shall go, of which some were made since opening."""
    words = Words("Discard edits", *messages.discard_newer(n_edits, n_newer), "Discard all")
    return SmallDialog(words, theme, parent).ask()


def ask_copy(session: Session, parent: QWidget) -> Path | None:
    """Ask where to save a copy; a folder that can be written to is proposed."""
    file = session.model.path
    folder = file.parent if is_writable_folder(file.parent) else Path.home()
    path, _ = QFileDialog.getSaveFileName(
        parent, messages.SAVE_COPY, str(folder / f"{file.stem}-copy.kwik"), "Kwik (*.kwik)"
    )
    if not path:
        return None
    return Path(path) if path.lower().endswith(".kwik") else Path(f"{path}.kwik")


def _seconds_up_to(duration_s: float) -> str:
    return f"Seconds, or minutes:seconds, up to {format_number(duration_s, 3)} s"
