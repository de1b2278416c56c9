"""Dialogs for a label, a colour, a time, a range of time, discarding edits, and the name of a copy."""

from pathlib import Path
from typing import Annotated

from qtpy.QtWidgets import QFileDialog, QWidget

from napari_phy.actions import messages
from napari_phy.actions.navigation import go_to
from napari_phy.core.colors import usual_color
from napari_phy.core.label_fields import field_problem
from napari_phy.core.sentences import listed
from napari_phy.files.platform_files import is_writable_folder
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_number
from napari_phy.views.typed_values import typed_text, typed_value
from napari_phy.widgets.base.form_dialog import ColorPicker, EditableComboBox, FormDialog, TimeEdit
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words
from napari_phy.widgets.base.theme import Tokens

DEFAULT_FIELD = "note"


class LabelDialog(FormDialog):
    """A field, which may be new, and a value; an empty value takes the label away."""

    def __init__(self, session: Session, theme: Tokens, parent: QWidget | None = None) -> None:
        clusters, labels = session.selection.clusters, session.manager.cluster_labels
        choices = sorted(labels) or [DEFAULT_FIELD]

        def label(
            field: Annotated[str, {"widget_type": EditableComboBox, "choices": choices, "label": "Field"}],
            value: Annotated[str, {"label": "Value"}] = "",
        ) -> None:
            session.label(clusters, field, typed_value(value))

        def problem(field: str, value: str) -> str | None:
            if field in labels and typed_value(value) is None:  # whatever its name is, it can be taken away
                return ""
            return field_problem(field, labels) if field else None

        words = Words("Label", f"Label {listed(clusters)}", act="Label")
        super().__init__(words, label, theme, parent, problem=problem)
        self._session = session
        self.fields["value"].native.setPlaceholderText("word or number; leave empty to remove")
        self.fields["field"].changed.connect(self._show_value)
        self._show_value(self.values["field"])
        self.focus_on("value")

    def _show_value(self, field: str) -> None:
        """Show the value that all selected clusters share."""
        labels = self._session.manager.cluster_labels.get(field.strip(), {})
        values = {labels.get(cluster) for cluster in self._session.selection.clusters}
        value = values.pop() if len(values) == 1 else None
        self.fields["value"].value = typed_text(value)
        self.fields["value"].native.selectAll()


def ask_label(session: Session, theme: Tokens, parent: QWidget) -> None:
    """Ask for a label of the selected clusters, and give it to them."""
    LabelDialog(session, theme, parent).ask()


def ask_color(session: Session, theme: Tokens, parent: QWidget) -> None:
    """Ask for a colour of the selected clusters, and give it to them."""
    clusters = session.selection.clusters
    now = session.manager.color(clusters[0]) or usual_color(clusters[0], theme.dark)

    def recolor(color: Annotated[str, {"widget_type": ColorPicker}] = now) -> None:
        session.recolor(clusters, color)

    FormDialog(Words("Colour", f"Colour of {listed(clusters)}", act="Use"), recolor, theme, parent).ask()


def ask_time(session: Session, theme: Tokens, parent: QWidget) -> None:
    """Ask for a time or a spike, and go there."""
    clock, n_spikes = session.time, session.model.n_spikes

    def go(place: Annotated[str, {"label": "Time or spike"}] = f"{clock.time_s:.3f}") -> None:
        go_to(session, place.strip())

    def problem(place: str) -> str | None:
        return messages.place_problem(place.strip(), clock.duration_s, n_spikes) if place.strip() else None

    explanation = f"{_seconds_up_to(clock.duration_s)}, or a spike, #0 to #{n_spikes - 1}."
    FormDialog(Words("Go to time", "Go to", explanation, "Go"), go, theme, parent, problem=problem).ask()


def ask_range(session: Session, theme: Tokens, parent: QWidget) -> None:
    """Ask for the range of time whose spikes views use."""
    clock = session.time
    now = clock.range_s or clock.shown_s

    def use(
        start_s: Annotated[float, {"widget_type": TimeEdit, "max": clock.duration_s, "label": "From"}] = now[0],
        stop_s: Annotated[float, {"widget_type": TimeEdit, "label": "To"}] = now[1],
        name: Annotated[str, {"label": "Keep as epoch"}] = "",
    ) -> None:
        if name.strip():
            session.epochs.add(start_s, stop_s, name.strip())
        clock.set_range(start_s, stop_s)

    def problem(start_s: float | None, stop_s: float | None, name: str) -> str | None:
        if start_s is None or stop_s is None:
            return None
        return messages.ends_problem(start_s, stop_s, clock.duration_s)

    explanation = f"All views use only the spikes of this time. {_seconds_up_to(clock.duration_s)}."
    words = Words("Time range", "Use only a range of time", explanation, "Use")
    dialog = FormDialog(words, use, theme, parent, problem=problem)
    dialog.fields["name"].native.setPlaceholderText(messages.KEEP_AS_EPOCH)
    dialog.ask()


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
