"""`linked` on one folder as Kilosort writes it, which phy opens and so do we."""

from __future__ import annotations

from harness import Side, Size, Watch

from subjects.linked import N_CHANNELS, N_FEATURES, ROWS_OF_CLICKS, measure_with

SIZE = Size(n_spikes=1_000_000, n_clusters=200, n_repeats=40, n_edits=0)
HAS_PEER = True
PEER_ONCE = True
ON_DISPLAY = True
ROWS = ROWS_OF_CLICKS


def measure(side: Side, size: Size, watch: Watch) -> None:
    measure_with(side, size, watch, n_channels=N_CHANNELS, n_features=N_FEATURES, same_folder=True)
