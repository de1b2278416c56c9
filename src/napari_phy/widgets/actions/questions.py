"""What is asked of the user in small windows: a label, a colour, a moment, a stretch of time, the name of a copy."""

from pathlib import Path

from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QComboBox, QDialog, QFileDialog, QFormLayout, QLineEdit, QWidget

from napari_phy.core.colors import usual_color
from napari_phy.core.label_fields import field_problem
from napari_phy.files.platform_files import is_writable_folder
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_number
from napari_phy.views.time_words import read_range
from napari_phy.views.typed_values import typed_text, typed_value
from napari_phy.widgets.actions import messages
from napari_phy.widgets.actions.navigation import go_to
from napari_phy.widgets.base.small_dialogs import NameDialog, SmallDialog, Words
from napari_phy.widgets.base.theme import Tokens

DEFAULT_FIELD = "note"


class LabelDialog(SmallDialog):
    """A field, which may be new, and a value; an empty value takes the label away.

    A field that cannot be given is told at once, and Label waits for another name.
    """

    def __init__(self, session: Session, theme: Tokens, parent: QWidget | None = None) -> None:
        clusters = session.selection.clusters
        super().__init__(Words("Label", f"Label {messages.listed(clusters)}", act="Label"), theme, parent)
        self._session = session
        self.field = QComboBox()
        self.field.setEditable(True)
        self.field.addItems(sorted(session.manager.cluster_labels) or [DEFAULT_FIELD])
        self.value = QLineEdit()
        self.value.setPlaceholderText("word, number, true or false; empty takes it away")
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(10))
        form.addRow("Field", self.field)
        form.addRow("Value", self.value)
        self.body.addLayout(form)
        self.field.currentTextChanged.connect(self._show_value)
        self.field.currentTextChanged.connect(self._check)
        self.value.textChanged.connect(self._check)
        self._show_value(self.field.currentText())
        self._check()
        self.value.setFocus()

    def _show_value(self, field: str) -> None:
        """Show the value that all selected clusters share."""
        labels = self._session.manager.cluster_labels.get(field.strip(), {})
        values = {labels.get(cluster) for cluster in self._session.selection.clusters}
        value = values.pop() if len(values) == 1 else None
        self.value.setText(typed_text(value))
        self.value.selectAll()

    def _check(self, *_: object) -> None:
        field, value = self.answer
        known = self._session.manager.cluster_labels
        is_there = field in known  # in the file: it can be taken away
        problem = "" if is_there and value is None else field_problem(field, known)
        self.set_problem(problem)
        self.act_button.setEnabled(bool(field) and not problem)

    @property
    def answer(self) -> tuple[str, str | int | float | bool | None]:
        """The field and the value that were typed."""
        return self.field.currentText().strip(), typed_value(self.value.text())


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
