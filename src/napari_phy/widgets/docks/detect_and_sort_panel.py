"""Detect and sort: raw data and probe are chosen, thresholds looked at, and the sorted data set opens."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from magicgui.widgets import PushButton
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from napari_phy.actions import messages
from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import NapariPhyError, SettingsError, SortingError
from napari_phy.core.progress import OnProgress
from napari_phy.core.settings import Settings
from napari_phy.sorting import sort, spikedetect
from napari_phy.sorting.detection import Detection
from napari_phy.sorting.job import Job as SortingJob
from napari_phy.sorting.kwik_files import suffixes_of
from napari_phy.sorting.sources import Source
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.detection_preview import (
    DetectionPreview,
    DetectionRequest,
    RawChoice,
    compute_detection_preview,
)
from napari_phy.widgets.actions.background_work import BackgroundWork, Job
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.progress import ProgressBar
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.detection_painter import paint_detection
from napari_phy.widgets.docks.sorting_form import OPEN, SortingForm
from napari_phy.widgets.panels.form_panel import FormPanel
from napari_phy.widgets.panels.picture_stack import QUIET_MS
from napari_phy.widgets.plots.painted_plot import PaintedPlot

PICTURE_PX = 110

CHOOSE_RAW = (
    "Choose a .prm, or raw data and their probe. What detection finds is seen below before anything is written."
)
NAME_RESULT = "Name the .kwik to write, under Save as."
LOOKING_FOR_SPIKES = "Measuring the noise, and looking for spikes…"
NO_CLUSTERS = "All are noise or multi-unit activity; a longer recording has more clusters, or Refine by Nothing."
SORTING, DETECTING = "Detecting and clustering spikes…", "Detecting spikes…"


@dataclass(frozen=True, slots=True, eq=False)
class SortingOrder:
    """What is to be sorted, how, and where the result goes; `cluster` is "" where spikes are detected only."""

    choice: RawChoice
    model: BaseModel | None
    detect: str
    detect_parameters: Mapping[str, Any]
    cluster: str
    cluster_parameters: Mapping[str, Any]
    refine: str | None
    refine_parameters: Mapping[str, Any]
    target: Path

    def run(self, jobs: list[SortingJob[Detection]], on_progress: OnProgress) -> Detection:
        """Do it in this thread's stead and wait; the job, once there is one, is put into `jobs`."""
        source = self.choice.open(self.model)
        given: Any = (
            self.choice.path if self.choice.is_prm else self.model if self.choice.path is None else source.traces
        )
        try:
            with ThreadPoolExecutor(os.cpu_count()) as client:
                job = self._begin(given, client)
                jobs.append(job)
                found = job.follow(on_progress)
                return found if found.path is None or any(found.n_spikes.values()) else _without_files(found, source)
        finally:
            source.close()

    def _begin(self, given: Any, client: ThreadPoolExecutor) -> SortingJob[Detection]:
        if not self.cluster:
            return spikedetect.run(given, self.detect, client, path=self.target, **self.detect_parameters)
        return sort.run(
            given,
            client,
            detect=self.detect,
            detect_parameters=self.detect_parameters,
            cluster_with=self.cluster,
            cluster_parameters=self.cluster_parameters,
            refine=self.refine,
            refine_parameters=self.refine_parameters,
            path=self.target,
        )


class DetectAndSortPanel(FormPanel):
    """A form of what is sorted and how, a preview of detection, and a job; whoever docked it opens the result."""

    title = "Detect and sort"
    failed = "The spikes could not be looked for."
    help_text = (
        "Makes a data set of raw data: detects spikes, clusters them, writes a Kwik file and opens it.\n"
        "Choose a .prm, or raw data with their probe and rate; of a data set that is open, its own raw data.\n"
        "The picture shows what would be detected in the channels with the most spikes, before anything is written.\n"
        "A line is the strong threshold, dashes are the weak one; spikes are in colour, with a tick below. Thresholds\n"
        "are multiples of the noise, which is measured all over the recording. More settings has all parameters;\n"
        "those that a .prm sets are filled in. It is done in the background, and Cancel leaves nothing behind."
    )

    file_requested = Signal(str)

    # --- the form

    def make_content(self) -> QWidget:
        self._jobs: list[SortingJob[Detection]] = []
        self._result = ""  # what was found last, until something else is chosen
        self.form = SortingForm(self._on_chosen, self._show_rows)
        self.run_button = PushButton(text="Detect and sort", enabled=False)
        self.cancel_button = PushButton(text="Cancel", visible=False)
        self.words = PlainLabel()
        self.words.setWordWrap(True)
        self.progress = ProgressBar()
        self.progress.setFixedHeight(4)
        self.picture = PaintedPlot(self._paint_picture)
        self.picture.setMinimumHeight(PICTURE_PX)
        self.picture.hide()  # until there is one
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.area = self.lay_out(self.form.fields)
        self.work = BackgroundWork(self)
        self._looked = LatestResult(self, activity=LOOKING_FOR_SPIKES, cancel=self._stop_looking)
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._connect()
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.area, 1)
        column.addWidget(self._make_bar())
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        for part, share in ((upper, 3), (self.picture, 2)):
            self.split.addWidget(part)
            self.split.setStretchFactor(self.split.count() - 1, share)
        self._show_rows()
        self._show_working()
        return self.split

    def _make_bar(self) -> QWidget:
        """Return what stays in sight while the fields scroll."""
        bar = QWidget()
        bar.setObjectName("napari-phy-form")
        self._bar_column, row = QVBoxLayout(bar), QHBoxLayout()
        for button in (self.run_button, self.cancel_button):
            row.addWidget(button.native)
        row.addWidget(self.progress, 1)
        row.addStretch(0)
        self._bar_column.addLayout(row)
        self._bar_column.addWidget(self.words)
        self.run_button.native.setProperty("look", "primary")
        return bar

    def _connect(self) -> None:
        self.run_button.changed.connect(self._run)
        self.cancel_button.changed.connect(lambda *_: self.work.cancel())
        self._looked.result_ready.connect(self._on_looked)
        self._looked.failed.connect(self._on_not_looked)
        self._quiet.timeout.connect(lambda: self._say(LOOKING_FOR_SPIKES))
        self.work.changed.connect(self._show_working)
        self.work.progressed.connect(self._on_progressed)

    def apply_theme(self, theme: Tokens) -> None:
        super().apply_theme(theme)
        pad = theme.px(8)
        self._bar_column.setContentsMargins(pad, theme.px(6), pad, theme.px(6))
        self._bar_column.setSpacing(theme.px(6))
        self.split.setStyleSheet(f"QSplitter::handle {{ background: {theme.grid}; height: 1px; }}")
        self.split.setHandleWidth(theme.px(3))
        self.picture.update()

    # --- what there is

    @property
    def busy(self) -> bool:
        """Whether something else will be shown."""
        return super().busy or self._looked.wanted is not None or self.work.job is not None

    def leave_session(self) -> None:
        self._looked.drop()
        super().leave_session()

    def on_session(self) -> None:
        model = None if self.session is None else self.session.model
        self.form.offer_open(None if model is None or model.traces is None else model.path)

    @safe_slot
    def _refresh_now(self) -> None:
        if not self.isVisible():
            return
        self._is_stale = False
        self.stack.show_picture()
        self._look()
        self.drawn.emit()

    def _show_rows(self) -> None:
        for field, is_shown in self.form.shown_rows.items():
            self.show_row(field, is_shown)

    # --- looking before it is run

    @property
    def _model(self) -> BaseModel | None:
        return self.session.model if self.session is not None and self.form.source.value == OPEN else None

    def _on_chosen(self) -> None:
        self._result = ""
        self.run_button.enabled = False
        self.refresh()  # once, however much changes at once

    @safe_slot
    def _look(self) -> None:
        """Look at what would be detected by what is chosen now."""
        if self.work.job is not None or not self.isVisible():
            return
        form, choice = self.form, self.form.choice
        self.run_button.enabled = False
        missing = CHOOSE_RAW if choice.path is None and self._model is None else choice.missing
        if missing:
            self._show_nothing_yet(missing)
            return
        try:
            parameters = form.detect.parameters
            _ = form.cluster.parameters, form.refine.parameters  # which may be refused, too
        except SettingsError as error:
            self._show_nothing_yet(str(error), is_error=True)
            return
        assert parameters is not None
        request = DetectionRequest(choice, form.detect.key, parameters, form.start_s.value, form.shown_s.value)
        self._quiet.start()
        self._looked.ask(request, partial(compute_detection_preview, request, self._model))

    def _show_nothing_yet(self, sentence: str, *, is_error: bool = False) -> None:
        self._stop_looking()
        self.data = None
        self.picture.update()
        self._say(sentence, is_error=is_error)

    def _stop_looking(self) -> None:
        self._quiet.stop()
        self._looked.drop()

    @safe_slot
    def _on_looked(self, _request: object, preview: DetectionPreview) -> None:
        self._quiet.stop()
        self.data = preview
        if self.picture.isHidden():
            self.picture.show()
            self.split.setSizes([3000, 2000])
        self.form.propose_target()
        self.run_button.enabled = True
        self._say(self._result or " ".join(preview.notes), is_error=not self._result and bool(preview.notes))
        self.picture.update()

    @safe_slot
    def _on_not_looked(self, _request: object, error: Exception) -> None:
        """Say why; what only cannot be looked at can be run all the same."""
        known = isinstance(error, NapariPhyError)
        self._show_nothing_yet(str(error) if known else f"{self.failed} {error}", is_error=True)
        self.run_button.enabled = type(error) is SortingError and not self.form.detect_is_ours

    def _paint_picture(self, painter: QPainter) -> None:
        size = self.picture.size()
        if self.data is None:
            painter.fillRect(self.picture.rect(), self.theme.color("view"))
        else:
            paint_detection(painter, size, self.theme, self.data)

    # --- running it

    def _run(self, *_: object) -> None:
        """Begin, or say what is missing."""
        form, target = self.form, self.form.target_path
        try:
            if target is None:
                raise SortingError(NAME_RESULT)
            order = SortingOrder(
                form.choice, self._model, form.detect.key, _given(form.detect.parameters),
                form.cluster.key, _given(form.cluster.parameters),
                (form.refine.key or None) if form.can_refine else None, _given(form.refine.parameters), target,
            )  # fmt: skip
        except NapariPhyError as error:
            self._say(str(error), is_error=True)
            return
        self._stop_looking()
        self._jobs.clear()
        words = SORTING if order.cluster else DETECTING
        self._say(words)
        self.work.begin(
            Job(
                words,
                partial(order.run, self._jobs),
                self._on_done,
                self._on_failed_job,
                partial(self._on_stopped, words),
            )
        )

    def _on_progressed(self, _percent: int) -> None:
        if self._jobs and self.work.job is not None:
            progress = self._jobs[-1].progress
            self.progress.show()
            self.progress.setValue(int(100 * progress.fraction))
            self._say(sorting_progress(progress.stage, progress.fraction, progress.time_left_s))

    def _show_working(self) -> None:
        is_working = self.work.job is not None
        self.area.setEnabled(not is_working)
        self.run_button.visible = not is_working
        self.cancel_button.visible = is_working
        self.progress.hide()  # until a share is known

    @safe_slot
    def _on_done(self, found: Detection) -> None:
        notes = () if self.data is None else self.data.notes
        words = sorted_spikes(found, " ".join(notes), is_clustered=bool(self.form.cluster.key))
        self._result = words
        self._say(words, tip="\n".join(self._jobs[-1].log if self._jobs else ()))
        self.said.emit(words)
        if found.path is not None:
            self.file_requested.emit(str(found.path))

    @safe_slot
    def _on_failed_job(self, error: Exception) -> None:
        self._say(str(error) if isinstance(error, NapariPhyError) else f"{self.failed} {error}", is_error=True)

    def _on_stopped(self, words: str) -> None:
        self._say(messages.cancelled(words))

    def _say(self, sentence: str, *, is_error: bool = False, tip: str = "") -> None:
        self.words.setText(sentence)
        self.words.setToolTip(plain(tip))
        self.words.setProperty("wrong", is_error)
        self.words.style().polish(self.words)


def _given(parameters: Settings | None) -> dict[str, Any]:
    return {} if parameters is None else {name: getattr(parameters, name) for name in parameters.described()}


def sorting_progress(stage: str, fraction: float, time_left_s: float | None) -> str:
    """Return how far a job is: `Detecting spikes: 42 %, about 20 s left`."""
    left = "" if time_left_s is None else f", about {format_number(max(1, time_left_s))} s left"
    return f"{stage}: {int(100 * fraction)} %{left}"


def sorted_spikes(found: Detection, notes: str, *, is_clustered: bool) -> str:
    """Return what was found and where it is, or what to do where that is nothing; `notes` are on the raw data."""
    if found.path is None:
        return f"No spike was found, and nothing was written. {notes or 'Lower the strong threshold.'}"
    n_clusters = sum(found.n_clusters.values())
    clusters = f" in {format_count(n_clusters, 'cluster')}" if is_clustered else ""
    why = f" {NO_CLUSTERS}" if is_clustered and not n_clusters else ""
    return f"Found {format_count(sum(found.n_spikes.values()), 'spike')}{clusters}: {found.path.name}.{why}"


def _without_files(found: Detection, source: Source) -> Detection:
    """Remove the empty data set that a job has just written, so that the next one can have its name."""
    assert found.path is not None
    for suffix in suffixes_of(source.traces):
        found.path.with_suffix(suffix).unlink(missing_ok=True)
    return replace(found, path=None)
