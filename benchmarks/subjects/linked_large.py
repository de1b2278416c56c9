"""`linked` with ten million spikes; one feature a channel, so that 24 GB of memory hold them."""

from __future__ import annotations

from harness import Limit, Row, Side, Size, Watch

from subjects.linked import measure_with

SIZE = Size(n_spikes=10_000_000, n_clusters=200, n_repeats=15, n_edits=0)
N_CHANNELS, N_FEATURES = 32, 1
HAS_PEER = False
ON_DISPLAY = True
_RIGHT = Limit(0.250)
ROWS = (
    Row("click a cluster: last paint of both lists", "lists"),
    Row("click a cluster not seen before: last paint of eight views", "new", _RIGHT),
    Row("click a cluster seen before: the same", "seen", _RIGHT),
    Row("merge two: the same", "merge", _RIGHT),
    Row("undo it: the same", "undo", _RIGHT),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    measure_with(side, size, watch, n_channels=N_CHANNELS, n_features=N_FEATURES)
