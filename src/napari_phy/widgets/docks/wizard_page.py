"""What a Wizard dock is made of: the pair, the reasons, how far the review is, buttons, and what was done."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from magicgui.widgets import Container, PushButton
from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_phy.views.wizard_reasons import N_REASONS, Reason
from napari_phy.views.wizard_review import WizardProgress
from napari_phy.widgets.base.elided_label import ElidedLabel
from napari_phy.widgets.base.legend import CHIP, LegendEntry, paint_chip
from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.small_dialogs import button_style
from napari_phy.widgets.base.theme import AXIS_PX, Tokens

PAD, ROW, BUTTON, BAR, NAMES, VALUES = 12, 18, 24, 6, 58, 78  # px
PAIR, LETTERS, GAP, WIDE_GAP = 24, 14, 5, 16  # px, of the line that names the pair


@dataclass(frozen=True, slots=True)
class Named:
    """A cluster with the word for what it is in the pair; without a chip there is none."""

    word: str
    chip: LegendEntry | None = None

    @property
    def text(self) -> str:
        """What is read of it: `Best 20`."""
        return f"{self.word} {self.chip.text}" if self.chip else self.word


class PairLine(QWidget):
    """Paints words, chips and bold ids in one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts: tuple[Named, ...] = ()
        self._theme: Tokens | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """All that is said."""
        return ", ".join(part.text for part in self.parts)

    def show_parts(self, *parts: Named) -> None:
        """Show these words and clusters."""
        if parts != self.parts:
            self.parts = parts
            self.setAccessibleName(self.text)
            self.update()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.setFixedHeight(theme.px(PAIR))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint from the left."""
        theme = self._theme
        if theme is None:
            return
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            left, size = 0.0, theme.px(CHIP + 1)
            for part in self.parts:
                left = self._write(painter, theme, part.word, left, bold=False) + theme.px(GAP)
                if part.chip is not None:
                    box = QRectF(left, (self.height() - size) / 2, size, size)
                    paint_chip(painter, box, part.chip.color, hollow=part.chip.hollow, radius=2)
                    left = self._write(painter, theme, part.chip.text, left + size + theme.px(GAP), bold=True)
                    left += theme.px(WIDE_GAP)

    def _write(self, painter: QPainter, theme: Tokens, text: str, left: float, *, bold: bool) -> float:
        """Write text and return where it ends."""
        painter.setFont(theme.font(LETTERS, bold=bold))
        painter.setPen(QColor(theme.text))
        painter.drawText(QRectF(left, 0, self.width() - left, self.height()), int(Qt.AlignmentFlag.AlignVCenter), text)
        return left + theme.text_width(text, LETTERS, bold=bold)


N_ROWS_SEEN = 2  # of the history, however low the dock is


class _Hint(PlainLabel):
    """A sentence in the place of the reasons, whose height is enough for it."""

    def hasHeightForWidth(self) -> bool:
        """Have the page be no higher than it must be."""
        return False


class WizardPage(QScrollArea):
    """Shows what its owner sets; a button calls `act(action_id)`.

    Parameters
    ----------
    rows : sequence of sequence of str
        Action ids of the buttons, row by row.
    review : str
        Action id of the button beside the progress.
    show_cut : str
        Action id of the button beside a cut that was found.
    """

    def __init__(self, act: Callable[[str], object], rows: Sequence[Sequence[str]], review: str, show_cut: str) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setObjectName("napari-phy-wizard-page")
        self._theme: Tokens | None = None
        self._act = act
        self._steps: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._progress = WizardProgress(0, 0, 0)
        self._heading = ""
        self.pair = PairLine()
        self.hint = _Hint(wordWrap=True, alignment=Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.because = ElidedLabel(objectName="napari-phy-verdict")
        self.reasons = [
            (PlainLabel(), PlainLabel(objectName="napari-phy-value"), ElidedLabel()) for _ in range(N_REASONS)
        ]
        self.bar = QProgressBar(textVisible=False)
        self.progress = ElidedLabel()
        self.progress.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.buttons = {action_id: self._button(action_id) for row in rows for action_id in row}
        self.review = self._button(review)
        self.show_cut_button = self._button(show_cut)
        self.cut = ElidedLabel(objectName="napari-phy-cut")
        self.cut.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._button_rows = [
            Container(widgets=[self.buttons[action_id] for action_id in row], layout="horizontal", labels=False)
            for row in rows
        ]
        self.history = QListWidget()
        self.history.setAccessibleName("What was done")
        self.history.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.history.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.history.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lay_out()

    def _button(self, action_id: str) -> PushButton:
        button = PushButton()
        button.changed.connect(partial(self._on_pushed, action_id))
        button.native.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _on_pushed(self, action_id: str, *_: object) -> None:
        self._act(action_id)

    def _lay_out(self) -> None:
        table = QWidget()
        self._grid = QGridLayout(table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self.because, 0, 0, 1, 2)
        self._lines: list[QHBoxLayout] = []
        for row, labels in enumerate(self.reasons, 1):
            name, value, words = labels
            line = QHBoxLayout()
            line.addWidget(value)
            line.addWidget(words, 1)
            self._lines.append(line)
            self._grid.addWidget(name, row, 0)
            self._grid.addLayout(line, row, 1)
        self._why = QStackedWidget()
        self._why.addWidget(table)
        self._why.addWidget(self.hint)
        self._why.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._state = QHBoxLayout()
        self._state.addWidget(self.progress, 1)
        self._state.addWidget(self.review.native)
        self._cut_line = QWidget()
        cut_line = QHBoxLayout(self._cut_line)
        cut_line.setContentsMargins(0, 0, 0, 0)
        cut_line.addWidget(self.cut, 1)
        cut_line.addWidget(self.show_cut_button.native)
        self._cut_line.hide()
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.addWidget(self.pair)
        self._column.addWidget(self._why)
        self._column.addWidget(self._cut_line)
        self._column.addWidget(self.bar)
        self._column.addLayout(self._state)
        for buttons in self._button_rows:
            buttons.native.layout().setContentsMargins(0, 0, 0, 0)
            self._column.addWidget(buttons.native)
        self._column.addWidget(self.history, 1)
        self.setWidget(body)

    # --- what it shows ---

    def show_reasons(self, heading: str, reasons: Sequence[Reason], against: Collection[str]) -> None:
        """Show what speaks for one neuron, and in the colour of warnings what speaks `against` it, by name."""
        self._heading = heading
        self._fit_heading()
        for labels, reason in zip(self.reasons, reasons, strict=True):
            for label, text in zip(labels, reason, strict=True):
                label.setText(text)
            labels[1].setProperty("speaks", "against" if reason.name in against else "")
            labels[1].style().polish(labels[1])
        self._fit_reasons()
        self._why.setCurrentIndex(0)

    def show_cut(self, words: str) -> None:
        """Say what cut of the best cluster was found, and offer to show it; "": there is none."""
        self.cut.setText(words)
        self._cut_line.setVisible(bool(words))
        self._fit_history()

    def exchange(self, shown: str, hidden: str) -> None:
        """Show the button of one action in the place of that of another one."""
        self.buttons[shown].native.show()
        self.buttons[hidden].native.hide()

    def _fit_history(self) -> None:
        """Have room for some rows; a cut that was found takes their place where the dock is low."""
        if self._theme is not None:
            has_room = self._cut_line.isHidden()
            self.history.setMinimumHeight(N_ROWS_SEEN * self._theme.px(ROW) if has_room else 1)

    def show_hint(self, sentence: str) -> None:
        """Say something in the place of the reasons."""
        self.hint.setText(sentence)
        self._why.setCurrentIndex(1)

    @property
    def gives_reasons(self) -> bool:
        """Whether reasons are in sight, and no hint."""
        return self._why.currentIndex() == 0

    def show_progress(self, progress: WizardProgress) -> None:
        """Show how far the review is, and offer at its end to go on with what was skipped."""
        self.bar.setUpdatesEnabled(False)  # a bar paints a new value at once, and with it the window
        self.bar.setRange(0, max(1, progress.n_clusters))
        self.bar.setValue(progress.n_decided)
        self.bar.setUpdatesEnabled(True)
        self._progress = progress
        self.review.native.setVisible(progress.is_finished and progress.n_skipped > 0)
        self._fit_progress()

    def _fit_reasons(self) -> None:
        """Set the words of all reasons in one column, or each behind its value where that column has no room."""
        if self._theme is None:
            return
        gap, room = self._grid.horizontalSpacing(), self.viewport().width() - 2 * self._theme.px(PAD)
        names, values, words = ([_text_width(label) for label in labels] for labels in zip(*self.reasons, strict=True))
        column = max(self._theme.px(VALUES), *values)
        is_wide = max(self._theme.px(NAMES), *names) + column + max(words) + 2 * gap <= room
        for line, labels, width in zip(self._lines, self.reasons, values, strict=True):
            labels[1].setFixedWidth(column if is_wide else width)
            line.setSpacing(gap if is_wide else gap // 2)

    def _fit_heading(self) -> None:
        """Say what the verdict rests on, or the verdict alone where that has no room: values tell it by colour."""
        room = self.viewport().width() - (2 * self._theme.px(PAD) if self._theme else 0)
        has_room = self.because.fontMetrics().horizontalAdvance(self._heading) <= room
        self.because.setText(self._heading if has_room else self._heading.split(":")[0])
        self.because.setToolTip("" if has_room else plain(self._heading))

    def _fit_progress(self) -> None:
        """Tell the progress in a sentence, or in few words where that has no room."""
        self._state.activate()
        has_room = self.progress.fontMetrics().horizontalAdvance(self._progress.words) <= self.progress.width()
        self.progress.setText(self._progress.words if has_room else self._progress.few_words)

    def show_steps(self, done: tuple[str, ...], undone: tuple[str, ...]) -> None:
        """List what was done, and dimmed what redo would bring."""
        if (done, undone) == self._steps:
            return
        self._steps = done, undone
        self.history.clear()
        for words in (*done, *undone):
            QListWidgetItem(words, self.history)
        self._dress_steps()
        self.history.scrollToItem(self.history.item(max(0, len(done) - 1)))

    def _dress_steps(self) -> None:
        theme, n_done = self._theme, len(self._steps[0])
        if theme is None:
            return
        for row in range(self.history.count()):
            self.history.item(row).setForeground(QColor(theme.text if row < n_done else theme.faint))
            self.history.item(row).setSizeHint(QSize(0, theme.px(ROW)))

    # --- looks ---

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.pair.apply_theme(theme)
        pad, row = theme.px(PAD), theme.px(ROW)
        self.setStyleSheet(
            f"""
            #napari-phy-wizard-page, QWidget {{ background: {theme.view}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; padding: 0; }}
            #napari-phy-value {{ color: {theme.text}; font-weight: bold; }}
            #napari-phy-verdict, #napari-phy-cut {{ color: {theme.text}; }}
            #napari-phy-value[speaks="against"] {{ color: {theme.warning}; }}
            QProgressBar {{ background: {theme.grid}; border: none; border-radius: {theme.px(BAR) // 2}px; }}
            QProgressBar::chunk {{ background: {theme.good}; border-radius: {theme.px(BAR) // 2}px; }}
            QListWidget {{ background: {theme.view}; border: none; outline: none; padding: 0;
                font-size: {theme.px(AXIS_PX)}px; }}
            {button_style(theme)}
            """
        )
        self._column.setContentsMargins(pad, theme.px(4), pad, theme.px(6))
        self._column.setSpacing(theme.px(5))
        self._grid.setHorizontalSpacing(theme.px(14))
        self._grid.setVerticalSpacing(0)
        for place in range(N_REASONS + 1):
            self._grid.setRowMinimumHeight(place, row)
        self._grid.setColumnMinimumWidth(0, theme.px(NAMES))
        self._why.setFixedHeight((N_REASONS + 1) * row)
        self.bar.setFixedHeight(theme.px(BAR))
        self.progress.setFixedHeight(theme.px(BUTTON))
        for button in (*self.buttons.values(), self.review, self.show_cut_button):
            button.native.setFixedHeight(theme.px(BUTTON))
        for button in self.buttons.values():
            button.native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._fit_history()
        self._dress_steps()
        self.fit_buttons()
        self._fit_reasons()

    def fit_buttons(self) -> None:
        """Have two or three buttons in a row, or in a narrow dock one below the other."""
        if self._theme is None:
            return
        gap, high = self._theme.px(6), self._theme.px(BUTTON)
        shown = [[button.native for button in row if not button.native.isHidden()] for row in self._button_rows]
        widest = [max(button.sizeHint().width() for button in row) for row in shown]
        needed = max(len(row) * (wide + gap) - gap for row, wide in zip(shown, widest, strict=True))
        is_wide = needed + 2 * self._theme.px(PAD) <= self.viewport().width()
        for row, buttons in zip(self._button_rows, shown, strict=True):
            box = row.native.layout()
            box.setDirection(box.Direction.LeftToRight if is_wide else box.Direction.TopToBottom)
            box.setSpacing(gap)
            row.native.setFixedHeight(high if is_wide else len(buttons) * (high + gap) - gap)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the buttons out for the new width."""
        super().resizeEvent(event)
        self.fit_buttons()
        self._fit_reasons()
        self._fit_heading()
        self._fit_progress()


def _text_width(label: PlainLabel) -> int:
    """Return the width of its text; its size hint would remember a fixed width."""
    label.ensurePolished()
    metrics = label.fontMetrics()
    return max(metrics.horizontalAdvance(label.text()), metrics.size(0, label.text()).width()) + 1
