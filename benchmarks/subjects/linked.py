"""Click a cluster, merge, undo: until every view of eight docks shows it, in a real window; phy beside it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
from harness import SEED, Limit, Row, Side, Size, Watch

SIZE = Size(n_spikes=1_000_000, n_clusters=200, n_repeats=40, n_edits=500)
N_CHANNELS, N_FEATURES = 64, 3
HAS_PEER = True
PEER_ONCE = True
ON_DISPLAY = True
_N_WARM_UP = 4
_N_OF_PEER = 10  # clicks of each kind: one takes seconds
_LOOK_S = 0.5  # nobody merges two clusters without looking at them
_PEER_PAUSE_S = 0.6  # phy puts a click off that follows another within half a second
_LISTS, _VIEWS = Limit(1 / 10, "ours / theirs"), Limit(1 / 6, "ours / theirs")
ROWS_OF_CLICKS = (
    Row("click a cluster: last paint of both lists", "lists", _LISTS),
    Row("click a cluster not seen before: last paint of eight views", "new", _VIEWS),
    Row("  p95", "new p95", _VIEWS),
    Row("click a cluster seen before: the same", "seen", _VIEWS),
    Row("  p95", "seen p95", _VIEWS),
    Row("merge two, half a second after they were shown: the same", "merge", _VIEWS),
    Row("undo it: the same", "undo", _VIEWS),
)
ROWS = (
    *ROWS_OF_CLICKS,
    Row(
        "memory after 500 more clicks, merges and undos (theirs: ours before)",
        "after",
        Limit(1.1, "ours / theirs"),
        "before",
        "B",
    ),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    measure_with(side, size, watch, n_channels=N_CHANNELS, n_features=N_FEATURES)


def measure_with(
    side: Side, size: Size, watch: Watch, *, n_channels: int, n_features: int, same_folder: bool = False
) -> None:
    """Measure with so many features on so many channels; ours opens a `.kwik`, or the same folder as phy."""
    rng = np.random.default_rng(SEED)
    with ExitStack() as stack:
        if side == "ours":
            make = _our_window_on_folder if same_folder else _our_window
            window, n_repeats, pause_s = make(stack, size, n_channels, n_features), size.n_repeats, 0.1
        else:
            window, n_repeats = _phy_window(stack, size, n_channels, n_features), min(_N_OF_PEER, size.n_repeats)
            pause_s = _PEER_PAUSE_S
        from paint_watch import PaintWatch  # with the Qt that the window has

        paints = PaintWatch(window.views | window.lists, window.swaps)

        def keep(key: str, act: Callable[[], object]) -> None:
            sample = paints.until_last(act, window.is_right, pause_s)
            watch.add(key, sample.wall, sample.cpu)
            if key in ("new", "seen"):
                watch.add("lists", max(paints.last_s[title] for title in window.lists))

        order = rng.permutation(window.listed()).tolist()
        for cluster in order[:_N_WARM_UP]:  # what is drawn first is compiled
            keep("warm-up", lambda: window.click(cluster))  # noqa: B023
        fresh = order[_N_WARM_UP : _N_WARM_UP + n_repeats]
        for key in ("new", "seen"):
            for cluster in fresh:
                keep(key, lambda: window.click(cluster))  # noqa: B023
        for cluster in fresh[: max(n_repeats // 2, 1)]:
            window.click(cluster)
            window.settle()
            window.take_candidate()
            window.settle()
            window.look(_LOOK_S)
            keep("merge", window.merge)
            keep("undo", window.undo)
        if side == "ours" and size.n_edits:
            _watch_memory(window, size.n_edits, rng, watch)
    for key in ("new", "seen"):
        found = np.array([(sample.wall, sample.cpu) for sample in watch.samples[key]])
        watch.add(f"{key} p95", *np.percentile(found, 95, axis=0).tolist())


def _our_window(stack: ExitStack, size: Size, n_channels: int, n_features: int) -> Any:
    from recorded_set import recorded_set
    from window import EightViews, open_window

    path = stack.enter_context(recorded_set(size, n_channels=n_channels, n_features=n_features))
    return EightViews(stack.enter_context(open_window(path)))


def _our_window_on_folder(stack: ExitStack, size: Size, n_channels: int, n_features: int) -> Any:
    from template_set import template_set
    from window import EightViews, open_window

    params = stack.enter_context(template_set(size, n_channels=n_channels, n_features=n_features))
    return EightViews(stack.enter_context(open_window(params.with_name("spike_clusters.npy"))))


def _phy_window(stack: ExitStack, size: Size, n_channels: int, n_features: int) -> Any:
    from phy_window import open_phy
    from template_set import template_set

    params = stack.enter_context(template_set(size, n_channels=n_channels, n_features=n_features))
    return stack.enter_context(open_phy(params))


def _watch_memory(window: Any, n_turns: int, rng: np.random.Generator, watch: Watch) -> None:
    import psutil

    watch.add("before", psutil.Process().memory_info().rss)
    for turn in range(n_turns):
        window.click(int(rng.choice(window.listed())))
        if turn % 5 == 0:
            window.settle()
            window.merge()
            window.settle()
            window.undo()
            window.settle()
        elif turn % 2:
            window.settle()
    window.settle()
    watch.add("after", psutil.Process().memory_info().rss)
