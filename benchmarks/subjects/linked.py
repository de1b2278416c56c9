"""Click a cluster, merge, undo: until every view of eight docks shows it, in a real window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from harness import SEED, Limit, Row, Side, Size, Watch
from recorded_set import recorded_set

SIZE = Size(n_spikes=1_000_000, n_clusters=200, n_repeats=40, n_edits=500)
N_CHANNELS, N_FEATURES = 64, 3
HAS_PEER = False
ON_DISPLAY = True
# The first four are open already; the others are put beside Traces.
VIEWS = ("Waveforms", "Features", "Correlograms", "Traces", "Amplitude", "Raster", "Probe", "Intervals")
_LISTS = ("Clusters", "Similar")
_N_WARM_UP = 4
ROWS = (
    Row("click a cluster: last paint of both lists", "lists", Limit(0.050)),
    Row("click a cluster not seen before: last paint of eight views", "new", Limit(0.150)),
    Row("  p95", "new p95", Limit(0.300)),
    Row("click a cluster seen before: the same", "seen", Limit(0.150)),
    Row("  p95", "seen p95", Limit(0.300)),
    Row("merge two: the same", "merge", Limit(0.200)),
    Row("undo it: the same", "undo", Limit(0.200)),
    Row(
        "memory after 500 more clicks, merges and undos (theirs: ours before)",
        "after",
        Limit(1.1, "ours / theirs"),
        "before",
        "B",
    ),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    from paint_watch import PaintWatch
    from qtpy.QtCore import Qt
    from window import desk, show_together

    rng = np.random.default_rng(SEED)
    with recorded_set(size, n_channels=N_CHANNELS, n_features=N_FEATURES) as path, desk(path) as person:
        show_together(person, VIEWS[4:])
        person.wait(lambda: not person.session.holds_features, "the features")
        person.settle()
        person.rest(2)
        panels = {title: person.workspace.panels[title] for title in VIEWS}
        lists = {title: person.workspace.panels[title] for title in _LISTS}
        paints = PaintWatch(panels | lists)

        def is_right() -> bool:
            return all(not panel.busy and panel.data is not None for panel in panels.values())

        def keep(key: str, act: Callable[[], object]) -> None:
            sample = paints.until_last(act, is_right)
            watch.add(key, sample.wall, sample.cpu)
            if key in ("new", "seen"):
                watch.add("lists", max(paints.last_s[title] for title in _LISTS))

        order = rng.permutation(person.listed()).tolist()
        for cluster in order[:_N_WARM_UP]:  # what is drawn first is compiled
            keep("warm-up", lambda: _click(person, cluster))  # noqa: B023
        fresh = order[_N_WARM_UP : _N_WARM_UP + size.n_repeats]
        for key in ("new", "seen"):
            for cluster in fresh:
                keep(key, lambda: _click(person, cluster))  # noqa: B023
        for cluster in fresh[: size.n_repeats // 2]:
            _click(person, cluster)
            person.settle()
            person.press(Qt.Key.Key_Space)
            keep("merge", lambda: _press(person, Qt.Key.Key_G))
            keep("undo", lambda: _press(person, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier))
        watch.add("before", _memory())
        for turn in range(size.n_edits):
            _click(person, int(rng.choice(person.listed())))
            if turn % 5 == 0:
                person.settle()
                person.press(Qt.Key.Key_G)
                person.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
            elif turn % 2:
                person.settle()
        person.settle()
        watch.add("after", _memory())
    for key in ("new", "seen"):
        found = np.array([(sample.wall, sample.cpu) for sample in watch.samples[key]])
        watch.add(f"{key} p95", *np.percentile(found, 95, axis=0).tolist())


def _click(person: Any, cluster: int) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    view = person.workspace.panels["Clusters"].list
    index = view.model().index(person.listed().index(cluster), 1)
    view.scrollTo(index)
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, view.visualRect(index).center()
    )


def _press(person: Any, key: Any, modifier: Any = None) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    QTest.keyClick(person.focused(), key, modifier or Qt.KeyboardModifier.NoModifier)


def _memory() -> int:
    import psutil

    return psutil.Process().memory_info().rss
