"""Says in napari's status bar what is being done to the data set, and how far it is."""

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from napari_phy.widgets.actions import messages
from napari_phy.widgets.actions.background_work import BackgroundWork
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.theme import BODY_PX, Tokens
from napari_phy.widgets.panels.picture_stack import QUIET_MS


class WorkBar(QWidget):
    """Words, a 4 px bar and Cancel where that is safe; in sight from 150 ms on while work goes on."""

    def __init__(self, work: BackgroundWork, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-work")
        self._work = work
        self.label = PlainLabel()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.button = QPushButton("Cancel")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(lambda *_: work.cancel())
        self._row = QHBoxLayout(self)
        for part in (self.label, self.progress, self.button):
            self._row.addWidget(part)
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self.show)
        work.changed.connect(self._on_changed)
        work.progressed.connect(self._on_progressed)
        self.hide()

    def _on_changed(self) -> None:
        job = self._work.job
        if job is None or not job.words:
            self._quiet.stop()
            self.hide()
            return
        self.label.setText(job.words)
        self.progress.setRange(0, 0)
        self.button.setVisible(job.cancel is not None)
        self._quiet.start()

    def _on_progressed(self, percent: int) -> None:
        job = self._work.job
        if job is not None and job.words:
            self.label.setText(messages.percent_of(job.words, percent))
            self.progress.setRange(0, 100)
            self.progress.setValue(percent)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._row.setContentsMargins(theme.px(8), 0, theme.px(8), 0)
        self._row.setSpacing(theme.px(8))
        self.progress.setFixedSize(theme.px(100), 4)
        self.setStyleSheet(
            f"""
            QLabel {{ background: transparent; color: {theme.text}; font-size: {theme.px(BODY_PX)}px; padding: 0; }}
            QProgressBar {{ background: {theme.raised}; border: none; border-radius: 0; }}
            QProgressBar::chunk {{ background: {theme.dim}; }}
            QPushButton {{ background: {theme.raised}; color: {theme.text}; border: none; border-radius: 3px;
                padding: {theme.px(1)}px {theme.px(10)}px; font-size: {theme.px(BODY_PX)}px; }}
            QPushButton:hover, QPushButton:focus {{ background: {theme.grid}; }}
            """
        )
