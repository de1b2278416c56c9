"""Edits in words: as undo and the history name them, and as the status bar tells them when they are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from napari_phy.core.clustering import Clustering
from napari_phy.core.sentences import listed
from napari_phy.core.update_info import UpdateInfo
from napari_phy.table.numbers import format_count
from napari_phy.views.command_line import echo
from napari_phy.views.typed_values import label_text


def edit_name(record: UpdateInfo) -> str:
    """Return an edit in a few words, as undo names it: `merge 20 and 22`, `label 3: note axon`."""
    edit = record.inverse() if record.cause == "undo" else record
    if edit.description == "groups":
        return _group_edit(edit)[0]
    if edit.description == "reset":
        return "reset to original"
    clusters, value = _clusters_and_value(edit)
    if edit.description == "assign":
        return f"redistribute the spikes of {listed(clusters)}"
    name = f"{edit.description} {listed(clusters)}".strip()
    if edit.description == "move":
        return f"{name} to {_groups_words(edit)}"
    if edit.description == "label":
        field = _short(edit.metadata_changed[0].field)
        return f"{name}: no {field}" if value is None else f"{name}: {field} {_short(label_text(value))}"
    return name


def edit_done(update: UpdateInfo, manager: Clustering) -> str:
    """Return the status sentence of an update that a clustering has just gone through."""
    n_spikes = manager.n_spikes
    if update.cause != "edit":
        return f"{'Undid' if update.cause == 'undo' else 'Redid'}: {edit_name(update)}."
    if update.description == "groups":
        return _group_edit(update)[1]
    clusters, value = _clusters_and_value(update)
    if update.description == "reset":
        return f"Reset to original: {format_count(len(manager.cluster_ids), 'cluster')}. It can be undone."
    if update.description == "merge":
        new = update.added[0]
        groups = {cluster: manager.last_group(cluster) for cluster in clusters}
        words = f"Merged {listed(clusters)} into {new} ({format_count(n_spikes(new), 'spike')})."
        return f"{words}{_group_of_merged(manager.group(new), groups)}"
    if update.description == "split":
        moved = format_count(n_spikes(update.added[0]), "spike")  # the chosen spikes have the first new id
        return f"Split {moved} off {listed(clusters)}: new clusters {listed(update.added)}."
    if update.description == "move":
        return f"Moved {listed(clusters)} to {_groups_words(update)}."
    if update.description == "label":
        field = _short(update.metadata_changed[0].field)
        if value is None:
            return f"Removed the label {field} from {listed(clusters)}."
        return f"Labelled {listed(clusters)}: {field} is {_short(label_text(value))}."
    if update.description == "recolor":
        return f"{listed(clusters)} {_has_color(value, len(clusters))}."
    if update.description == "discard":
        return f"Discarded {listed(clusters)}. ⋯ in Clusters shows what is discarded."
    noun = "new cluster" if len(update.added) == 1 else "new clusters"
    return f"Redistributed the spikes of {listed(clusters)}: {noun} {listed(update.added)}."


def _has_color(color: object, n_clusters: int) -> str:
    has = "has" if n_clusters == 1 else "have"
    return f"{has} the default colour again" if color is None else f"{has} this colour in views that colour by cluster"


def _group_of_merged(group: str, groups: Mapping[int, str]) -> str:
    """Return which group clusters of different groups have now that they are one; "" for those of the same group."""
    like = [cluster for cluster, before in groups.items() if before == group]
    return "" if len(like) == len(groups) else f" Its group is {_short(group)}, that of {listed(like)}."


def _group_edit(edit: UpdateInfo) -> tuple[str, str]:
    """Return an edit of the list of groups in a few words, and the sentence when it is done."""
    change = edit.groups_changed[0]
    old, new = ("" if group is None else _short(group.name) for group in (change.old, change.new))
    if change.old is None:
        return f"add group {new}", f"Added the group {new}."
    if change.new is None:
        n_moved = len(edit.metadata_changed)
        now = f"; {format_count(n_moved, 'cluster')} now unsorted" if n_moved else ""
        return f"remove group {old}", f"Removed the group {old}{now}."
    if change.old.name != change.new.name:
        return f"rename group {old}", f"Renamed the group {old} to {new}."
    return f"recolor group {new}", f"Recoloured the group {new}."


def _clusters_and_value(edit: UpdateInfo) -> tuple[Sequence[int], Any]:
    """Return the clusters that an edit was done to, and the new value where it set one."""
    if edit.deleted:
        return edit.deleted, None
    changes = edit.metadata_changed
    clusters = list(dict.fromkeys(change.cluster_id for change in changes))
    return clusters, changes[0].new if changes else None


def _groups_words(edit: UpdateInfo) -> str:
    """Return the groups that a move is to: `good`, or `mua and noise` of clusters that go to different ones."""
    return listed(sorted({_short(change.new or "unsorted") for change in edit.metadata_changed}))


def _short(name: str) -> str:
    """Return a name or a value as a sentence can hold it."""
    return echo(" ".join(name.split()))
