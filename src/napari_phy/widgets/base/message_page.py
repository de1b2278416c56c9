"""What a panel shows instead of a picture: an invitation, a wait, missing data, an error."""

from collections.abc import Callable, Sequence

from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import QBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_phy.table.numbers import THIN_SPACE
from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.progress import ProgressBar
from napari_phy.widgets.base.small_dialogs import button_style
from napari_phy.widgets.base.theme import BODY_PX, HEADLINE_PX, Tokens

NO_BREAK = "\u202f"  # as thin, but numbers are not broken there
MAY_BREAK = "\u200b"  # without width
_FLAGS = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
_HIGH = 100_000  # px


class WrappedLabel(PlainLabel):
    """A label whose height is set by `fit`; `text()` is all of the words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._font, self._color = self.font(), QColor()
        self._shown, self._width = "", 0

    @property
    def shown_text(self) -> str:
        """What is seen of the words."""
        return self._shown

    def set_look(self, font: QFont, color: str) -> None:
        """Take a font and a colour, whatever style sheets say."""
        self.setFont(font)
        self._font, self._color = font, QColor(color)
        self.update()

    def height_in(self, width: int) -> int:
        """Return how high all of the words are in a width."""
        return self._bounds(self._words(width), width).height()

    def fit(self, width: int, room: int = _HIGH) -> None:
        """Show as many whole lines as there is room for, one at least, in lines of about the same length."""
        whole = words = self._words(width)
        while self._bounds(words, width).height() > room and " " in words:
            whole = whole.rpartition(" ")[0]
            words = f"{whole}…"
        height = self._bounds(words, width).height()
        low, high = width // 4, width
        while low < high:
            middle = (low + high) // 2
            bounds = self._bounds(words, middle)
            low, high = (low, middle) if bounds.height() == height and bounds.width() <= middle else (middle + 1, high)
        self._shown, self._width = words, high
        self.setFixedHeight(height)
        self.update()

    def _words(self, width: int) -> str:
        """Return the words, of which numbers are not broken, but names that are longer than a line are."""
        metrics, words = QFontMetrics(self._font), self.text().replace(THIN_SPACE, NO_BREAK).split(" ")
        is_short = {word: metrics.horizontalAdvance(word) <= width for word in words}
        return " ".join(word if is_short[word] else MAY_BREAK.join(word) for word in words)

    def _bounds(self, words: str, width: int) -> QRect:
        return QFontMetrics(self._font).boundingRect(QRect(0, 0, width, _HIGH), _FLAGS, words) if words else QRect()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines."""
        left = (self.width() - self._width) // 2
        with painting(self) as painter:
            painter.setFont(self._font)
            painter.setPen(self._color)
            painter.drawText(QRect(left, 0, self._width, self.height()), _FLAGS, self._shown)


Button = tuple[str, Callable[[], object]]
SIDE, ABOVE, GAP, BAR, PAD = 12, 8, 6, 4, 13  # px; PAD: beside the words of a button


class MessagePage(QWidget):
    """A headline, an explanation, a progress bar and buttons, centred.

    A low dock leaves out the explanation, then the end of the headline; the tooltip has them. In a narrow one the
    buttons stand one below the other, or the first stands alone.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-message")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._is_error = False
        self._theme: Tokens | None = None
        self.headline = WrappedLabel()
        self.explanation = WrappedLabel()
        self.progress = ProgressBar()
        self.buttons: list[QPushButton] = []
        self._button_row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._button_row.setSpacing(GAP)

        column = QVBoxLayout(self)
        column.setContentsMargins(SIDE, ABOVE, SIDE, ABOVE)
        column.setSpacing(GAP)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        column.addStretch(1)
        column.addWidget(self.headline)
        column.addWidget(self.explanation)
        column.addWidget(self.progress, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(BAR)
        column.addLayout(self._button_row)
        column.addStretch(1)

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
        percent: int | None = None,
    ) -> None:
        """Show a message; the first button of an error or a question stands out.

        With `percent` there is a bar that shows how far work is.
        """
        self._is_error = is_error
        self.headline.setText(headline)
        self.explanation.setText(explanation)
        self.progress.setVisible(percent is not None)
        self.progress.setValue(percent or 0)
        self._set_buttons(buttons)
        self.setAccessibleName(self.text)
        self._style_words()
        self._fit()

    def go_on(self, headline: str, percent: int) -> None:
        """Tell how far the work is; the buttons stay, also one that is being pressed."""
        self.headline.setText(headline)
        self.progress.setValue(percent)
        self.progress.show()
        self.setAccessibleName(self.text)
        self._fit()

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
            self._button_row.addWidget(button, 0, Qt.AlignmentFlag.AlignCenter)
            self.buttons.append(button)
        self._button_row.addStretch(1)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.progress.setFixedHeight(BAR)
        self.setStyleSheet(
            f"""
            #napari-phy-message {{ background: {theme.view}; }}
            QProgressBar {{ background: {theme.raised}; border: none; border-radius: 0; }}
            QProgressBar::chunk {{ background: {theme.dim}; }}
            {button_style(theme)}
            """
        )
        self._style_words()
        self._fit()

    def _style_words(self) -> None:
        theme = self._theme
        if theme is not None:
            self.headline.set_look(theme.font(HEADLINE_PX), theme.error if self._is_error else theme.text)
            self.explanation.set_look(theme.font(BODY_PX), theme.dim)

    # --- in a small dock ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as has room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Place the buttons, and leave out what has no room."""
        width = self.width() - 2 * SIDE
        if self._theme is None or width <= 0:
            return
        self.progress.setFixedWidth(min(self._theme.px(200), width))
        headline, explanation = self.headline.height_in(width), self.explanation.height_in(width)
        for button in self.buttons:
            is_narrow = self._theme.text_width(button.text()) + 2 * self._theme.px(PAD) > width
            button.setStyleSheet(f"padding: {self._theme.px(4)}px 0;" if is_narrow else "")
        beside = sum(button.sizeHint().width() + GAP for button in self.buttons) - GAP <= width
        directions = QBoxLayout.Direction
        self._button_row.setDirection(directions.LeftToRight if beside else directions.TopToBottom)
        n_rows = 1 if beside else len(self.buttons)
        if headline > self.height() - self._height_of_rest(n_rows):
            n_rows = min(n_rows, 1)
        for place, button in enumerate(self.buttons):
            button.setVisible(beside or place < n_rows)
        room = self.height() - self._height_of_rest(n_rows)
        explains = bool(explanation) and headline + GAP + explanation <= room
        self.headline.fit(width, room)
        self.explanation.fit(width)
        self.explanation.setVisible(explains)
        if headline > room:
            self.setToolTip(plain(self.text))
        else:
            self.setToolTip("" if explains else plain(self.explanation.text()))

    def _height_of_rest(self, n_rows: int) -> int:
        """Return the height that everything but the words takes, with some rows of buttons."""
        height = 2 * ABOVE + BAR
        if not self.progress.isHidden():
            height += BAR + GAP
        if self.buttons:
            height += n_rows * (self.buttons[0].sizeHint().height() + GAP)
        return height
