"""What a panel shows instead of a picture: an invitation, a wait, missing data, an error."""

from collections.abc import Callable, Sequence

from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_phy.widgets.parts.small_dialogs import button_style
from napari_phy.widgets.parts.theme import BODY_PX, HEADLINE_PX, Tokens

Button = tuple[str, Callable[[], object]]
SIDE, ABOVE, GAP, BAR = 12, 8, 6, 4  # px


class MessagePage(QWidget):
    """A headline, an explanation, a progress bar and buttons, centred; in a low dock without the explanation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-message")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._is_error = False
        self._theme: Tokens | None = None
        self.headline = self._label()
        self.explanation = self._label()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.buttons: list[QPushButton] = []
        self._button_row = QHBoxLayout()
        self._button_row.setSpacing(GAP)

        column = QVBoxLayout(self)
        column.setContentsMargins(SIDE, ABOVE, SIDE, ABOVE)
        column.setSpacing(GAP)
        column.addStretch(1)
        column.addWidget(self.headline)
        column.addWidget(self.explanation)
        column.addWidget(self.progress, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(BAR)
        column.addLayout(self._button_row)
        column.addStretch(1)

    def _label(self) -> QLabel:
        label = QLabel()
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        return label

    @property
    def text(self) -> str:
        """All that is said, for tests and screen readers."""
        return " ".join(part for part in (self.headline.text(), self.explanation.text()) if part)

    def tell(
        self,
        headline: str,
        explanation: str = "",
        buttons: Sequence[Button] = (),
        *,
        is_error: bool = False,
        progress: tuple[int, int] | None = None,
    ) -> None:
        """Show a message; the first button of an error or a question stands out.

        `progress` is (done, all); all = 0 means that nobody knows how long it takes.
        """
        self._is_error = is_error
        self.headline.setText(headline)
        self.explanation.setText(explanation)
        self.progress.setVisible(progress is not None)
        if progress is not None:
            done, total = progress
            self.progress.setRange(0, total)
            self.progress.setValue(done)
        self._set_buttons(buttons)
        self.setAccessibleName(self.text)
        self._style_headline()
        self._fit()

    def go_on(self, headline: str, percent: int) -> None:
        """Tell how far the work is; the buttons stay, also one that is being pressed."""
        self.headline.setText(headline)
        self.progress.setRange(0, 100)
        self.progress.setValue(percent)
        self.setAccessibleName(self.text)

    def _set_buttons(self, buttons: Sequence[Button]) -> None:
        while self._button_row.count():
            self._button_row.takeAt(0)
        for old in self.buttons:
            old.hide()
            old.deleteLater()
        self.buttons = []
        self._button_row.addStretch(1)
        for place, (text, action) in enumerate(buttons):
            button = QPushButton(text, self)
            button.setProperty("look", "primary" if self._is_error and place == 0 else "")
            button.clicked.connect(lambda *_, action=action: action())
            self._button_row.addWidget(button)
            self.buttons.append(button)
        self._button_row.addStretch(1)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.progress.setFixedSize(theme.px(200), BAR)
        self.setStyleSheet(
            f"""
            #napari-phy-message {{ background: {theme.view}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(BODY_PX)}px; }}
            QProgressBar {{ background: {theme.raised}; border: none; border-radius: 0; }}
            QProgressBar::chunk {{ background: {theme.dim}; }}
            {button_style(theme)}
            """
        )
        self._style_headline()
        self._fit()

    def _style_headline(self) -> None:
        theme = self._theme
        if theme is not None:
            color = theme.error if self._is_error else theme.text
            self.headline.setStyleSheet(f"color: {color}; font-size: {theme.px(HEADLINE_PX)}px;")

    # --- in a low dock ---

    def resizeEvent(self, event) -> None:
        """Show as much as has room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave the explanation out where it has no room; it stands in the tooltip then."""
        explanation = self.explanation.text()
        has_room = self._needed_height() <= self.height()
        self.explanation.setVisible(has_room and bool(explanation))
        self.setToolTip("" if has_room else explanation)

    def _needed_height(self) -> int:
        """Return the height that everything takes."""
        if self._theme is None:
            return 0
        parts = [self._text_height(self.headline.text(), HEADLINE_PX)]
        if self.explanation.text():
            parts.append(self._text_height(self.explanation.text(), BODY_PX))
        if not self.progress.isHidden():
            parts.append(BAR)
        if self.buttons:
            parts.append(self.buttons[0].sizeHint().height() + BAR)
        return sum(parts) + (len(parts) + 1) * GAP + 2 * ABOVE

    def _text_height(self, text: str, px: int) -> int:
        box = QRect(0, 0, self.width() - 2 * SIDE, 10_000)
        metrics = QFontMetrics(self._theme.font(px))
        return metrics.boundingRect(box, int(Qt.TextFlag.TextWordWrap), text).height()
