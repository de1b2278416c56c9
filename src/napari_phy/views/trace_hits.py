"""What lies under the mouse in the Traces dock."""

import numpy as np

from napari_phy.table.numbers import format_number
from napari_phy.views.trace_layout import TraceLayout
from napari_phy.views.traces_reading import TracesViewData

HIT_PX = 6.0


def spike_at(layout: TraceLayout, data: TracesViewData, x_px: float, y_px: float) -> tuple[int, int] | None:
    """Return (spike, its cluster) at a pixel, on a channel that took part in it, or None."""
    row = layout.row_at(y_px)
    if row is None or not len(data.spikes.spike_ids):
        return None
    channel = layout.order[row]
    times_s = data.spikes.samples / data.source.sample_rate
    distance = np.abs(layout.left + (times_s - layout.start_s) * layout.px_per_s - x_px)
    reach = max(HIT_PX, data.spikes.before / data.source.sample_rate * layout.px_per_s)
    near = np.flatnonzero((distance <= reach) & (data.spikes.masks[:, channel] > 0))
    if not len(near):
        return None
    nearest = near[np.argmin(distance[near])]
    return int(data.spikes.spike_ids[nearest]), data.spikes.clusters[data.spikes.places[nearest]]


def read_out(layout: TraceLayout, data: TracesViewData, x_px: float, y_px: float) -> str:
    """Return `cluster 20, spike 4 113, 3.214 s, channel 6` for a place, or nothing beside the traces."""
    row = layout.row_at(y_px)
    if row is None or not layout.contains(x_px, y_px):
        return ""
    words = [f"{format_number(layout.time_at(x_px), 4)} s", f"channel {data.source.channel_ids[layout.order[row]]}"]
    found = spike_at(layout, data, x_px, y_px)
    if found is not None:
        words = [f"cluster {found[1]}, spike {format_number(found[0])}", *words]
    return ", ".join(words)
