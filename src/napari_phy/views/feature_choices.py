"""The choices of a feature axis: time, the strongest channels first, then all channels in groups."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.table.session_like import SessionLike
from napari_phy.views.features import TIME_AXIS, FeatureAxis
from napari_phy.views.spike_shapes import MEASURE_NAMES

AUTOMATIC = "automatic"
N_BEST = 6
GROUP = 16
N_FOUND = 12


def axis_text(axis: FeatureAxis, channel_ids: npt.NDArray[np.int64]) -> str:
    """Return `ch 4 · PC1` or `time`."""
    if axis.kind == "time":
        return "time"
    if not axis.has_channel:
        return axis.name if axis.kind == "value" else f"template {axis.component}"
    if axis.kind == "shape":
        return f"ch {channel_ids[axis.channel_index]} · {MEASURE_NAMES[axis.measure]}"
    return f"ch {channel_ids[axis.channel_index]} · PC{axis.component + 1}"


def axis_choices(
    channel_ids: npt.NDArray[np.int64],
    n_components: int,
    best_channels: npt.NDArray[np.int64],
    *,
    has_shapes: bool = False,
    others: Sequence[FeatureAxis] = (),
) -> list[tuple[str, Any]]:
    """Return the menu of an axis: `(text, FeatureAxis)`, or `(title, [choices])` for a submenu.

    `has_shapes` adds the measures of waveforms, `others` are those of `other_axes`.
    """

    def channel(index: int) -> tuple[str, Any]:
        axes = [FeatureAxis("feature", index, component) for component in range(n_components)]
        axes += _shapes(index) if has_shapes else []
        return f"channel {channel_ids[index]}", [(axis_text(axis, channel_ids), axis) for axis in axes]

    choices: list[tuple[str, Any]] = [("Automatic: what suits the clusters", AUTOMATIC), ("time", TIME_AXIS)]
    if others:
        choices.append(("of the sorter", [(axis_text(axis, channel_ids), axis) for axis in others]))
    if len(channel_ids) <= N_BEST:
        return choices + [channel(index) for index in range(len(channel_ids))]
    choices += [channel(int(index)) for index in best_channels[:N_BEST]]
    for start in range(0, len(channel_ids), GROUP):
        stop = min(start + GROUP, len(channel_ids))
        title = f"channels {channel_ids[start]}–{channel_ids[stop - 1]}"
        choices.append((title, [channel(index) for index in range(start, stop)]))
    return choices


def other_axes(session: SessionLike, clusters: Sequence[int]) -> list[FeatureAxis]:
    """Return what the data set has of each spike besides features, and the templates that the clusters came from."""
    model = session.model
    axes = [FeatureAxis("value", name=name) for name in model.spike_values]
    if model.template_features is not None and model.spike_templates is not None:
        n, found = model.template_features.shape[1], []
        for cluster in clusters:
            mine = model.spike_templates[session.manager.spikes(cluster)]
            found += np.bincount(mine[(mine >= 0) & (mine < n)], minlength=1).argsort()[-1:].tolist()
        axes += [FeatureAxis("template", component=template) for template in dict.fromkeys(found)]
    return axes


def _shapes(index: int) -> list[FeatureAxis]:
    return [FeatureAxis("shape", index, measure=measure) for measure in MEASURE_NAMES]


def find_axes(
    text: str,
    channel_ids: npt.NDArray[np.int64],
    n_components: int,
    *,
    has_shapes: bool = False,
    others: Sequence[FeatureAxis] = (),
) -> list[tuple[str, FeatureAxis]]:
    """Return the axes that `17`, `17 PC2`, `17 half` or `ampl` means, channels that begin so after the one itself."""
    named_others = [(axis_text(axis, channel_ids), axis) for axis in others]
    said = [pair for pair in named_others if text.strip() and pair[0].startswith(text.strip().lower())]
    if said:
        return said[:N_FOUND]
    numbers = re.findall(r"\d+", text)
    if not numbers:
        return [("time", TIME_AXIS)] if "time".startswith(text.strip().lower()) else []
    wanted = [index for index, channel in enumerate(channel_ids) if str(channel).startswith(numbers[0])]
    wanted.sort(key=lambda index: len(str(channel_ids[index])))
    word = " ".join(re.findall(r"[a-z]+", text.lower()))
    named = {name for name in MEASURE_NAMES.values() if word and name.replace("-", " ").startswith(word)}
    if named and has_shapes:
        shapes = [axis for index in wanted for axis in _shapes(index) if MEASURE_NAMES[axis.measure] in named]
        return [(axis_text(axis, channel_ids), axis) for axis in shapes[:N_FOUND]]
    components = range(n_components)
    if len(numbers) > 1:
        components = range(int(numbers[1]) - 1, min(int(numbers[1]), n_components))
    axes = [FeatureAxis("feature", index, component) for index in wanted for component in components if component >= 0]
    return [(axis_text(axis, channel_ids), axis) for axis in axes[:N_FOUND]]
