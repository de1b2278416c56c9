"""What the status bar says about the spike under the mouse."""

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.session.session import Session
from napari_phy.table.numbers import format_number
from napari_phy.views.features import FeatureAxis
from napari_phy.widgets.plots.frame import Frame


def nearest_point(
    frame: Frame, x: npt.NDArray[Any], y: npt.NDArray[Any], x_px: float, y_px: float, reach_px: float
) -> int | None:
    """Return the index of the data point nearest to a pixel, the topmost of equals; None beyond `reach_px`."""
    if not len(x):
        return None
    px = frame.to_px(np.column_stack([x, y]))
    distance = np.hypot(px[:, 0] - x_px, px[:, 1] - y_px)
    nearest = len(distance) - 1 - int(np.argmin(distance[::-1]))
    return nearest if distance[nearest] <= reach_px else None


def spike_words(session: Session, spike: int, axes: tuple[FeatureAxis, ...]) -> str:
    """Return `cluster 20, spike 4 113, 3.214 s, channel 6`; the channel is that of the first axis that has one."""
    model = session.model
    cluster = int(session.manager.clusters_of(np.array([spike]))[0])
    time_s = model.spike_samples[spike] / model.sample_rate
    words = [f"cluster {cluster}", f"spike {format_number(spike)}", f"{format_number(time_s, 3)} s"]
    words += [f"channel {model.probe.channel_ids[a.channel_index]}" for a in axes if a.kind == "feature"][:1]
    return ", ".join(words)
