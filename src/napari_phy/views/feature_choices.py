"""The choices of a feature axis: time, the strongest channels first, then all channels in groups."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.views.features import TIME_AXIS, FeatureAxis

AUTOMATIC = "automatic"
N_BEST = 6
GROUP = 16
N_FOUND = 12


def axis_text(axis: FeatureAxis, channel_ids: npt.NDArray[np.int64]) -> str:
    """Return `ch 4 · PC1` or `time`."""
    if axis.kind == "time":
        return "time"
    return f"ch {channel_ids[axis.channel_index]} · PC{axis.component + 1}"


def axis_choices(
    channel_ids: npt.NDArray[np.int64], n_components: int, best_channels: npt.NDArray[np.int64]
) -> list[tuple[str, Any]]:
    """Return the menu of an axis: `(text, FeatureAxis)`, or `(title, [choices])` for a submenu."""

    def channel(index: int) -> tuple[str, Any]:
        axes = [FeatureAxis("feature", index, component) for component in range(n_components)]
        return f"channel {channel_ids[index]}", [(axis_text(axis, channel_ids), axis) for axis in axes]

    choices: list[tuple[str, Any]] = [("Automatic: what suits the clusters", AUTOMATIC), ("time", TIME_AXIS)]
    if len(channel_ids) <= N_BEST:
        return choices + [channel(index) for index in range(len(channel_ids))]
    choices += [channel(int(index)) for index in best_channels[:N_BEST]]
    for start in range(0, len(channel_ids), GROUP):
        stop = min(start + GROUP, len(channel_ids))
        title = f"channels {channel_ids[start]}–{channel_ids[stop - 1]}"
        choices.append((title, [channel(index) for index in range(start, stop)]))
    return choices


def find_axes(text: str, channel_ids: npt.NDArray[np.int64], n_components: int) -> list[tuple[str, FeatureAxis]]:
    """Return the axes that a text like `17` or `17 PC2` means, channels that begin so after the one itself."""
    numbers = re.findall(r"\d+", text)
    if not numbers:
        return [("time", TIME_AXIS)] if "time".startswith(text.strip().lower()) else []
    wanted = [index for index, channel in enumerate(channel_ids) if str(channel).startswith(numbers[0])]
    wanted.sort(key=lambda index: len(str(channel_ids[index])))
    components = range(n_components)
    if len(numbers) > 1:
        components = range(int(numbers[1]) - 1, min(int(numbers[1]), n_components))
    axes = [FeatureAxis("feature", index, component) for index in wanted for component in components if component >= 0]
    return [(axis_text(axis, channel_ids), axis) for axis in axes[:N_FOUND]]
