"""`linked` with ten million spikes; one feature a channel, so that 24 GB of memory hold them."""

from __future__ import annotations

from harness import Side, Size, Watch

from subjects.linked import ROWS_OF_CLICKS, measure_with

SIZE = Size(n_spikes=10_000_000, n_clusters=200, n_repeats=15, n_edits=0)
N_CHANNELS, N_FEATURES = 32, 1
HAS_PEER = True
PEER_ONCE = True
ON_DISPLAY = True
ROWS = ROWS_OF_CLICKS


def measure(side: Side, size: Size, watch: Watch) -> None:
    measure_with(side, size, watch, n_channels=N_CHANNELS, n_features=N_FEATURES)
