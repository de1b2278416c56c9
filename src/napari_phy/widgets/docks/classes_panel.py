"""Classes: how automatic classes agree with the person's groups, which threshold decides, and moving by class."""

from typing import Annotated, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.stats.automatic_classes import CLASSES
from napari_phy.table.class_column import usable_rules
from napari_phy.table.session_like import SessionLike
from napari_phy.views.class_settings import ClassesSettings
from napari_phy.views.classes import (
    ClassesData,
    ClassesRequest,
    agreement_of,
    agreement_words,
    compute_classes,
    left_out_words,
    moves_by_class,
    moves_words,
)
from napari_phy.widgets.base.elided_label import ElidedLabel
from napari_phy.widgets.base.form_dialog import FormDialog
from napari_phy.widgets.base.plain_table import WholeRows
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.small_dialogs import Words, button_style
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens
from napari_phy.widgets.docks.agreement_table import AgreementTable
from napari_phy.widgets.panels.view_panel import ViewPanel

PAD, BUTTON, LINE = 12, 24, 18  # px
MOST_REASONS = 3
NO_RULES = "No threshold can be used."
MOVE_BY_CLASS = "Move to groups by class"


class ClassesPanel(ViewPanel):
    """The classes stand beside the groups: no group changes before it is asked for."""

    title = "Classes"
    subject = "automatic classes"
    working = "Computing metrics…"
    failed = "The classes could not be computed."
    all_times, has_times = True, False
    has_legend = has_freeze = False
    needs_features = True
    settings_type = ClassesSettings
    help_text = (
        "Every cluster has an automatic class: noise, MUA, good or non-somatic, by thresholds on metrics.\n"
        "Rows are your groups, columns the classes; a click on a number lists these clusters. Below stands which\n"
        "threshold decides for the selected clusters. Thresholds… changes them; Off leaves one out.\n"
        "Nothing is moved before you ask: Move to groups by class… says first how many clusters would move,\n"
        "leaves those alone that you have moved, and is one edit, which {undo} takes back.\n"
        "The column class of Clusters shows the classes; filters know it: class is equal to good, mua, noise."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._asks_to_move = False
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        page = QWidget()
        page.setObjectName("napari-phy-classes-page")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.agreement_label = ElidedLabel(objectName="napari-phy-agreement")
        self.table = AgreementTable()
        self._rows = WholeRows(self.table)
        self.reason_label = PlainLabel(objectName="napari-phy-reason")
        self.left_out_label = PlainLabel()
        for label in (self.reason_label, self.left_out_label):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.move_button = QPushButton("Move to groups by class…")
        self.move_button.setToolTip(plain("Say how many clusters would move to the groups of their classes"))
        self.thresholds_button = QPushButton("Thresholds…")
        self.thresholds_button.setToolTip(plain("Change the thresholds; classes follow at once"))
        self._buttons = QHBoxLayout()
        for button in (self.move_button, self.thresholds_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._buttons.addWidget(button)
        self._column = QVBoxLayout(page)
        self._column.addWidget(self.agreement_label)
        self._column.addWidget(self._rows, 1)
        self._column.addWidget(self.reason_label)
        self._column.addWidget(self.left_out_label)
        self._column.addLayout(self._buttons)
        self.move_button.clicked.connect(lambda *_: self.ask_move())
        self.thresholds_button.clicked.connect(lambda *_: self.show_form())
        self.table.chosen.connect(self._on_chosen)
        self.page = page
        return page

    # --- request ---

    def on_session(self) -> None:
        self._asks_to_move = False

    def make_request(self) -> ClassesRequest | None:
        manager, rules = self.required_session.manager, self.settings.rules
        ids = manager.cluster_ids.tolist()
        shown = tuple(c for c, group in zip(ids, manager.groups_of(ids), strict=True) if group != DISCARDED)
        return ClassesRequest(shown, rules) if shown and usable_rules(self.required_session, rules) else None

    def why_nothing(self) -> tuple[str, str]:
        if not len(self.required_session.manager.cluster_ids):
            return super().why_nothing()
        return NO_RULES, "They need features or raw data; Settings… in ⋯ has the thresholds."

    def compute(self, session: SessionLike, request: ClassesRequest, on_progress: OnProgress) -> ClassesData:
        return compute_classes(session, request, on_progress)

    def draw(self, data: ClassesData) -> None:
        self._show_agreement()
        self._show_reasons()
        words = left_out_words(data.left_out)
        self.left_out_label.setText(words)
        self.left_out_label.setVisible(bool(words))
        if self._asks_to_move:
            self._asks_to_move = False
            self.ask_move()

    def on_clustering(self) -> None:
        if self.data is not None:
            self._show_agreement()
        self.refresh()

    def on_selection(self) -> None:
        self._show_reasons()

    def _show_agreement(self) -> None:
        """Count anew: groups may be other ones."""
        manager = self.required_session.manager
        groups = {cluster: manager.group(cluster) for cluster in self.data.classes if cluster in manager}
        agreement = agreement_of(self.data, groups)
        self.agreement_label.setText(agreement_words(agreement))
        self.table.agreement_model.show(agreement)
        can_edit = not self.required_session.store.read_only
        self.move_button.setEnabled(can_edit and bool(self.data.classes))

    def _show_reasons(self) -> None:
        """Say which threshold decides for the selected clusters."""
        reasons = {} if self.data is None else self.data.reasons
        known = [cluster for cluster in self.clusters if cluster in reasons]
        lines = [f"{cluster} is {reasons[cluster]}." for cluster in known[:MOST_REASONS]]
        self.reason_label.setText("\n".join(lines) or "Select a cluster to see which threshold decides.")

    # --- what is done ---

    def ask_move(self) -> None:
        """Ask what is to be moved, once the classes are known."""
        if self.session is None or self.data is None or self.busy:
            self._asks_to_move = self.session is not None
            return
        MoveByClassDialog(self.session, self.data, self.theme, self.window()).ask()

    @safe_slot
    def _on_chosen(self, group: str, name: str) -> None:
        """List the clusters of a cell."""
        manager, data = self.required_session.manager, self.data
        found = [c for c, of in data.classes.items() if of == name and c in manager and manager.group(c) == group]
        quote = "'" if '"' in group else '"'
        self.required_session.listed.show(f'group == {quote}{group}{quote} and class == "{name}"', found)

    def apply_theme(self, theme: Tokens) -> None:
        self.page.setStyleSheet(
            f"""
            #napari-phy-classes-page {{ background: {theme.view}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; padding: 0; }}
            #napari-phy-agreement, #napari-phy-reason {{ color: {theme.text}; font-size: {theme.px(BODY_PX)}px; }}
            {button_style(theme)}
            """
        )
        pad = theme.px(PAD)
        self.agreement_label.setFixedHeight(theme.px(LINE))
        for label in (self.agreement_label, self.reason_label, self.left_out_label):
            label.setContentsMargins(pad, 0, pad, 0)
        self._column.setContentsMargins(0, theme.px(6), 0, theme.px(6))
        self._column.setSpacing(theme.px(6))
        self._buttons.setContentsMargins(pad, 0, pad, 0)
        self._buttons.setSpacing(theme.px(6))
        for button in (self.move_button, self.thresholds_button):
            button.setFixedHeight(theme.px(BUTTON))
        self._rows.apply_theme(theme)


class MoveByClassDialog(FormDialog):
    """Which classes move clusters, and whether those that are in a group already move, too."""

    def __init__(self, session: Session, data: ClassesData, theme: Tokens, parent: QWidget | None = None) -> None:
        manager = session.manager
        groups = {cluster: manager.group(cluster) for cluster in data.classes if cluster in manager}

        def moves(good: bool, mua: bool, noise: bool, non_somatic: bool, decided: bool) -> dict[int, str]:
            chosen = {"good": good, "mua": mua, "noise": noise, "non-somatic": non_somatic}
            names = [name for name in CLASSES if chosen[name]]
            return moves_by_class(data, groups, names, with_decided=decided)

        def move(
            good: Annotated[bool, {"text": "good"}] = True,
            mua: Annotated[bool, {"text": "mua"}] = True,
            noise: Annotated[bool, {"text": "noise"}] = True,
            non_somatic: Annotated[bool, {"text": "non-somatic"}] = True,
            decided: Annotated[bool, {"text": "Also clusters that are in a group already"}] = False,
        ) -> None:
            session.move_each(moves(good, mua, noise, non_somatic, decided))

        def problem(good: bool, mua: bool, noise: bool, non_somatic: bool, decided: bool) -> str | None:
            found = moves(good, mua, noise, non_somatic, decided)
            self.explanation.setText(moves_words(found, groups))
            return "" if found else None

        words = Words(MOVE_BY_CLASS, MOVE_BY_CLASS, moves_words({}, groups), "Move")
        super().__init__(words, move, theme, parent, problem=problem)
