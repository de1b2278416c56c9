"""`napari-phy describe`: what a data set holds, and what is missing."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from napari_phy.cli.answers import Answer, count
from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import NapariPhyError
from napari_phy.formats.opening import open_model


def describe(path: Path) -> Answer:
    """Return a readable summary of all channel groups and clusterings of a data set."""
    with contextlib.closing(open_model(path)) as first:
        facts = _facts_of_all(first)
        groups = [_group(first)]
        missing, doubts = list(first.missing), list(first.doubts)
        for channel_group in first.channel_groups:
            if channel_group == first.channel_group:
                continue
            try:
                with contextlib.closing(first.opened_at(channel_group, None)) as model:
                    groups.append(_group(model))
                    missing += model.missing
                    doubts += model.doubts
            except NapariPhyError as error:
                groups.append({"channel_group": channel_group, "error": str(error)})
                missing += [] if (channel_group, None) in first.unreadable else [str(error)]
    groups.sort(key=lambda group: int(group["channel_group"]))
    facts |= {
        "channel_groups": groups,
        "missing": _once([sentence for sentence in missing if sentence not in doubts]),
        "taken_as": list(dict.fromkeys(doubts)),
    }
    return Answer(facts, _lines(facts))


def _once(sentences: list[str]) -> list[str]:
    """Return each of some messages once; one that another message begins with is left out."""
    found = list(dict.fromkeys(sentences))
    return [one for one in found if not any(other != one and other.startswith(one) for other in found)]


def _facts_of_all(model: BaseModel) -> dict[str, Any]:
    order = model.recording_order
    return {
        "path": str(model.path),
        "sample_rate_hz": model.sample_rate,
        "duration_s": model.duration,
        "unit": model.unit,
        "microvolts_per_unit": model.microvolts_per_unit,
        "n_raw_channels": None if model.traces is None else model.traces.shape[1],
        "events": {name: len(events) for name, events in model.events.items()},
        "recordings": [
            {
                "recording": recording.recording_id,
                "name": recording.name,
                "start_s": recording.start_sample / model.sample_rate,
                "duration_s": recording.n_samples / model.sample_rate,
            }
            for recording in model.recordings
        ],
        "recording_order": None
        if order is None
        else {"order": order.order, "reason": order.reason, "is_certain": order.is_certain},
    }


def _group(model: BaseModel) -> dict[str, Any]:
    return {
        "channel_group": model.channel_group,
        "n_channels": model.n_channels,
        "channels": model.probe.channel_ids.tolist(),
        "n_spikes": model.n_spikes,
        "n_features_per_channel": None if model.features is None else model.n_features_per_channel,
        "clusterings": [_clustering(model, name) for name in model.clusterings],
    }


def _clustering(model: BaseModel, name: str) -> dict[str, Any]:
    if name == model.clustering:
        clusters, groups = model.spike_clusters, model.cluster_groups
    else:
        try:
            with contextlib.closing(model.opened_at(model.channel_group, name)) as other:
                clusters, groups = other.spike_clusters, other.cluster_groups
        except NapariPhyError as error:
            return {"name": name, "error": str(error)}
    ids = np.unique(clusters).tolist()
    counted = Counter(groups.get(cluster, "unsorted") for cluster in ids)
    return {"name": name, "n_clusters": len(ids), "clusters_in_group": dict(counted.most_common())}


def _lines(facts: dict[str, Any]) -> list[str]:
    path = Path(facts["path"])
    lines = [f"{path.name} in {path.resolve().parent}", ""]
    lines.append(f"Sample rate     {facts['sample_rate_hz']:g} Hz")
    lines.append(f"Duration        {duration(facts['duration_s'])}")
    if facts["n_raw_channels"] is not None:
        gain = facts["microvolts_per_unit"]
        scale = "gain unknown" if gain is None else f"{gain:g} µV a unit"
        lines.append(f"Raw data        {count(facts['n_raw_channels'], 'channel')}, {scale}")
    lines += ["", f"Recordings      {len(facts['recordings'])}"]
    for recording in facts["recordings"]:
        lines.append(
            f"  {recording['recording']:<4} {recording['name']}: {duration(recording['duration_s'])}, "
            f"from {recording['start_s']:.3f} s"
        )
    if facts["events"]:
        lines.append("Events          " + ", ".join(f"{n} {name}" for name, n in facts["events"].items()))
    lines += ["", f"Channel groups  {len(facts['channel_groups'])}"]
    for group in facts["channel_groups"]:
        lines += _group_lines(group, facts["missing"])
    for title, sentences in (("Missing", facts["missing"]), ("Taken as", facts["taken_as"])):
        if sentences:
            lines += ["", title, *(f"  {sentence}" for sentence in sentences)]
    return lines


def _reason(error: str, missing: list[str]) -> str:
    """Return why something cannot be read, or that it is reported below, where it begins with a capital letter."""
    reason = error.partition(": ")[2]
    is_told = len(reason) > 1 and any(reason[1:] in sentence for sentence in missing)
    return "cannot be read, see Missing" if is_told else error


def _group_lines(group: dict[str, Any], missing: list[str]) -> list[str]:
    number = f"  {group['channel_group']:<4} "
    if "error" in group:
        return [f"{number}{_reason(group['error'], missing)}"]
    features = group["n_features_per_channel"]
    what = "no features" if features is None else f"{count(features, 'feature')} a channel"
    lines = [f"{number}{count(group['n_channels'], 'channel')}, {count(group['n_spikes'], 'spike')}, {what}"]
    for clustering in group["clusterings"]:
        if "error" in clustering:
            lines.append(f"       {clustering['name']}: {_reason(clustering['error'], missing)}")
            continue
        parts = ", ".join(f"{n} {name}" for name, n in clustering["clusters_in_group"].items())
        lines.append(
            f"       {clustering['name']}: {count(clustering['n_clusters'], 'cluster')}{f' ({parts})' if parts else ''}"
        )
    return lines


def duration(seconds: float) -> str:
    """Return a duration as `9.98 s` or `1 h 02 min 03 s`."""
    if seconds < 100:
        return f"{seconds:.4g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min {rest:02} s" if hours else f"{minutes} min {rest:02} s"
