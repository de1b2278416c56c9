"""Asks for a label of the selected clusters."""

from qtpy.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from napari_phy.core.label_fields import field_problem
from napari_phy.session.session import Session
from napari_phy.views.typed_values import typed_text, typed_value
from napari_phy.widgets.actions import messages
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words
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
