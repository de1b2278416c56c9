"""What the Traces dock tells in words: what lies under the mouse, which filter acts, how much is in sight."""

import numpy as np

from napari_phy.core.base_model import BaseModel
from napari_phy.table.numbers import format_number
from napari_phy.views.time_words import range_words
from napari_phy.views.trace_layout import TraceLayout
from napari_phy.views.traces import BAND_PASS, BOTH, MAX_FILTERED_S, MODEL, RAW, RESIDUAL, TRACES, detection_band
from napari_phy.views.traces_reading import TracesViewData

HIT_PX = 6.0
PART_WORDS = {
    MODEL: "model: what all clusters but noise explain",
    RESIDUAL: "residual: what all clusters but noise leave",
}


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


def filter_words(model: BaseModel, data: TracesViewData) -> str:
    """Return `band-pass, 300–9 500 Hz` for the filter that acts on the traces, "" for none."""
    if not data.traces.is_filtered:
        return ""
    name = data.filter_name
    band = detection_band(model.sample_rate, model.metadata) if name in (BAND_PASS, BOTH) else None
    return name if band is None else f"{name}, {format_number(band.low_hz)}–{format_number(band.high_hz)} Hz"


def note_words(
    layout: TraceLayout, data: TracesViewData, *, lacks_positions: bool, range_s: tuple[float, float] | None
) -> str:
    """Return what is not shown, or not as was asked for; "" where nothing is missing.

    Parameters
    ----------
    lacks_positions : bool
        Whether channels are to be in the order of depth and nobody knows it.
    range_s : tuple of float or None
        The times that other views use, None for all.
    """
    n_rows, n_channels, spikes = len(layout.rows), len(layout.order), data.spikes
    words = [f"{n_rows} of {n_channels} channels"] if n_rows < n_channels else []
    if lacks_positions:
        words.append("in the order of the file: positions are unknown")
    if data.filter_name != RAW and not data.traces.is_filtered:
        acting = "filters act" if data.part == TRACES else f"the {data.part} is shown"
        words.append(f"raw: {acting} on {MAX_FILTERED_S:.0f} s and less")
    elif data.part != TRACES:
        words.append(PART_WORDS[data.part])
    if len(spikes.spike_ids) < spikes.n_total:
        words.append(f"{format_number(len(spikes.spike_ids))} of {format_number(spikes.n_total)} spikes")
    if range_s is not None:
        words.append(f"other views use only {range_words(range_s)}")
    return "; ".join(words)
