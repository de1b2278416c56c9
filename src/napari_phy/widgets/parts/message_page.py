"""What a panel shows instead of a picture: an invitation, a wait, missing data, an error."""

from collections.abc import Callable, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_phy.widgets.parts.small_dialogs import button_style
from napari_phy.widgets.parts.theme import BODY_PX, HEADLINE_PX, Tokens

Button = tuple[str, Callable[[], object]]


class MessagePage(QWidget):
    """A headline, an explanation, a progress bar and buttons, centred."""

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
        self._button_row.setSpacing(6)

        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addStretch(1)
        column.addWidget(self.headline)
        column.addWidget(self.explanation)
        column.addWidget(self.progress, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
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
        self.explanation.setVisible(bool(explanation))
        self.progress.setVisible(progress is not None)
        if progress is not None:
            done, total = progress
            self.progress.setRange(0, total)
            self.progress.setValue(done)
        self._set_buttons(buttons)
        self.setAccessibleName(self.text)
        if self._theme is not None:
            self.apply_theme(self._theme)

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
        headline = theme.error if self._is_error else theme.text
        self.progress.setFixedSize(theme.px(200), 4)
        self.setStyleSheet(
            f"""
            #napari-phy-message {{ background: {theme.view}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(BODY_PX)}px; }}
            QProgressBar {{ background: {theme.raised}; border: none; border-radius: 0; }}
            QProgressBar::chunk {{ background: {theme.dim}; }}
            {button_style(theme)}
            """
        )
        self.headline.setStyleSheet(f"color: {headline}; font-size: {theme.px(HEADLINE_PX)}px;")
