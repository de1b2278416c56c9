"""Click on a moment in one view: until all views of the clock have painted it, in a real window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from harness import SEED, Limit, Row, Side, Size, Watch
from recorded_set import recorded_set

SIZE = Size(n_spikes=1_000_000, n_clusters=200, n_repeats=60)
HAS_PEER = False
ON_DISPLAY = True
_VIEWS = ("Raster", "Drift", "Amplitude")  # beside the canvas, with Traces below it
_P95 = Limit(0.100)
ROWS = (
    Row("a click in Raster: last paint of Traces, Raster, Drift, Amplitude, canvas", "raster"),
    Row("  p95", "raster p95", _P95),
    Row("a click in napari's canvas: the same", "canvas"),
    Row("  p95", "canvas p95", _P95),
    Row("Alt+Right: the next page, and the same", "page"),
    Row("  p95", "page p95", _P95),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    from paint_watch import PaintWatch
    from window import open_window, show_together

    rng = np.random.default_rng(SEED)
    with recorded_set(size) as path, open_window(path) as person:
        show_together(person, _VIEWS)
        person.wait(lambda: len(person.viewer.layers["spikes"].data), "the spikes on the canvas")
        person.rest(1)
        panels = {title: person.workspace.panels[title] for title in ("Traces", *_VIEWS)}
        canvas = person.viewer.window._qt_viewer.canvas.native
        paints = PaintWatch({**panels, "canvas": person.workspace.window.centralWidget()})

        def is_right() -> bool:
            return all(panel.data is not None and not panel.busy for panel in panels.values()) and _covers(person)

        def keep(key: str, act: Callable[[], object]) -> None:
            sample = paints.until_last(act, is_right)
            watch.add(key, sample.wall, sample.cpu)

        layout = panels["Raster"].plot.layout_now
        camera = person.viewer.scene.camera
        canvas_px_per_s, middle_s = camera.zoom, float(camera.center[2])
        places = {
            "raster": (panels["Raster"].plot, lambda s: layout.left + (s - layout.start_s) * layout.px_per_s),
            "canvas": (canvas, lambda s: canvas.width() / 2 + (s - middle_s) * canvas_px_per_s),
        }
        duration = person.session.time.duration_s
        for widget, x_of in places.values():  # what is drawn first is compiled
            paints.until_last(lambda: _click(widget, x_of(0.5 * duration)), is_right)  # noqa: B023
        for key, (widget, x_of) in places.items():
            for time_s in rng.uniform(0.05 * duration, 0.95 * duration, size.n_repeats).tolist():
                keep(key, lambda: _click(widget, x_of(time_s)))  # noqa: B023
        for _ in range(size.n_repeats):
            keep("page", lambda: _turn_page(person))
    for key in ("raster", "canvas", "page"):
        found = np.array([(sample.wall, sample.cpu) for sample in watch.samples[key]])
        watch.add(f"{key} p95", *np.percentile(found, 95, axis=0).tolist())


def _click(widget: Any, x: float) -> None:
    from qtpy.QtCore import QPoint, Qt
    from qtpy.QtTest import QTest

    place = QPoint(round(x), widget.height() // 2)
    QTest.mouseMove(widget, place)
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def _turn_page(person: Any) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    QTest.keyClick(person.focused(), Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)


def _covers(person: Any) -> bool:
    """Tell whether the Traces dock has read what the clock says that it shows."""
    traces, rate = person.workspace.panels["Traces"].data.traces, person.session.model.sample_rate
    start_s, stop_s = person.session.time.shown_s
    first = traces.first_bin * traces.factor
    return first <= start_s * rate + 1 and first + traces.low.shape[1] * traces.factor >= stop_s * rate - 1
