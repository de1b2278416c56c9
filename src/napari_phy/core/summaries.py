"""What notebooks show of a clustering, an edit, a selection, the wizard, a model and a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_phy.core.cluster_groups import UNSORTED
from napari_phy.core.html import N_ROWS, Html, as_html, chip, folded, summary, table
from napari_phy.core.sentences import listed, on_one_line

if TYPE_CHECKING:
    from napari_phy.core.base_model import BaseModel
    from napari_phy.core.clustering import Clustering
    from napari_phy.core.selection import Selection
    from napari_phy.core.update_info import UpdateInfo
    from napari_phy.core.wizard import Wizard


def count(n: int, noun: str) -> str:
    """Return "1 spike", "7 444 spikes"."""
    return f"{n:,} {noun if n == 1 else noun + 's'}".replace(",", "\u2009")


def groups_words(clustering: Clustering) -> str:
    """Return "8 good, 3 mua, 7 unsorted": how many clusters each group has, the standard groups first."""
    sizes = Counter(clustering.groups_of(clustering.cluster_ids.tolist()))
    decided = ("good", "mua", "noise")
    order = [*decided, *sorted(set(sizes).difference(decided, [UNSORTED])), UNSORTED]
    return ", ".join(f"{sizes[name]} {on_one_line(name)}" for name in order if sizes[name])


def clustering_html(clustering: Clustering) -> str:
    """Return a clustering: how many clusters, of which groups, and its largest ones."""
    ids = clustering.cluster_ids
    sizes = np.array([clustering.n_spikes(int(cluster)) for cluster in ids], dtype=np.int64)
    order = np.lexsort((ids, -sizes))[:N_ROWS]
    rows = _rows(clustering, ids[order].tolist())
    facts = {"clusters": len(ids), "spikes": clustering.total_spikes, "groups": groups_words(clustering)}
    largest = table(("cluster", "group", "spikes", "labels"), rows, len(ids), "cluster")
    return summary("Clustering", facts, largest)


def selection_text(selection: Selection) -> str:
    """Return one line."""
    spikes = f", {count(len(selection.spikes), 'spike')}" if len(selection.spikes) else ""
    return f"<Selection: {_clusters(selection.clusters)}{spikes}>"


def selection_html(selection: Selection, clustering: Clustering) -> str:
    """Return the selected clusters in order, in their colours, and how many spikes are selected."""
    alive = [cluster for cluster in selection.clusters if cluster in clustering]
    rows = [
        (chip(place, cluster), "best" if place < selection.n_best else "similar", *rest)
        for place, (cluster, *rest) in enumerate(_rows(clustering, alive))
    ]
    chosen = table(("cluster", "chosen as", "group", "spikes", "labels"), rows, len(alive), "cluster")
    facts = {"selected spikes": len(selection.spikes) or None}
    return summary("Selection", facts, chosen, notes=() if alive else ["No cluster is selected."])


def update_text(update: UpdateInfo) -> str:
    """Return one line, however many spikes and clusters it is of."""
    parts = [update.description] if update.cause == "edit" else [f"{update.cause} of {update.description}"]
    if update.deleted or update.added:
        parts.append(f"{listed(update.deleted) or 'nothing'} → {listed(update.added) or 'nothing'}")
    parts += [_change(update)] if update.metadata_changed and not update.added else []
    return f"<UpdateInfo {': '.join(filter(None, parts))}>"


def update_html(update: UpdateInfo) -> str:
    """Return an edit: what became of which clusters."""
    facts = {
        "cause": update.cause,
        "deleted": listed(update.deleted, N_ROWS),
        "added": listed(update.added, N_ROWS),
        "spikes named": len(update.spike_ids) or None,
    }
    rows = [
        (str(one.cluster_id), on_one_line(one.field), _value(one.old), _value(one.new))
        for one in update.metadata_changed[:N_ROWS]
    ]
    changes = table(("cluster", "what", "before", "now"), rows, len(update.metadata_changed), "change")
    groups = [(_group(one.old), _group(one.new)) for one in update.groups_changed]
    return summary("Edit", facts, changes, table(("group before", "group now"), groups), subtitle=update.description)


def wizard_html(wizard: Wizard) -> str:
    """Return where the wizard is, and its last steps."""
    facts = {
        "state": "paused" if wizard.is_paused else "finished" if wizard.is_finished else "proposes",
        "best": _at(wizard.place, 0),
        "candidate": _at(wizard.place, 1),
        "cut": None if wizard.cut is None else f"of cluster {wizard.cut.cluster}",
        "skipped": listed(wizard.skipped),
    }
    steps = [(kind, listed(clusters), _result(result)) for kind, clusters, result in reversed(wizard.history[-N_ROWS:])]
    last = table(("last steps", "clusters", "to"), steps, len(wizard.history), "step")
    return summary("Wizard", facts, last)


def model_html(model: BaseModel) -> str:
    """Return what a data set has and lacks, and its probe."""
    probe = folded("Probe", model.probe._repr_html_())
    name = type(model).__name__
    return summary(name, model_facts(model), probe, notes=model.missing, subtitle=model.name)


def model_facts(model: BaseModel) -> dict[str, Any]:
    """Return {name: value} of what a data set has."""
    has = {name: getattr(model, name) is not None for name in ("features", "masks", "waveforms", "traces")}
    return {
        "channel group": _one_of(model.channel_group, model.channel_groups),
        "clustering": _one_of(model.clustering, model.clusterings),
        "spikes": model.n_spikes,
        "channels": model.n_channels,
        "duration": f"{model.duration:,.4g} s at {model.sample_rate:,.6g} Hz",
        "recordings": len(model.recordings) if len(model.recordings) > 1 else None,
        "has": listed(name for name, is_there in has.items() if is_there),
        "lacks": listed(name for name, is_there in has.items() if not is_there),
    }


def job_html(name: str, state: str, fraction: float, log: Sequence[str]) -> str:
    """Return how far a job is, as of now, and what it said last."""
    percent = f"{fraction:.0%}"
    bar = Html(
        f'<progress max="1" value="{fraction:.3f}" aria-label="{as_html(name)}: {percent}" '
        f'style="width:16em;vertical-align:middle"></progress> {percent}'
    )
    return summary("Job", {"state": state}, bar, notes=log[-5:], subtitle=name)


def _rows(clustering: Clustering, clusters: Iterable[int]) -> list[tuple[Any, ...]]:
    return [
        (
            str(cluster),
            on_one_line(clustering.group(cluster)),
            clustering.n_spikes(cluster),
            ", ".join(f"{on_one_line(field)}: {_value(value)}" for field, value in clustering.labels(cluster).items()),
        )
        for cluster in clusters
    ]


def _clusters(clusters: Sequence[int]) -> str:
    return f"{'cluster' if len(clusters) == 1 else 'clusters'} {listed(clusters)}" if clusters else "no cluster"


def _change(update: UpdateInfo) -> str:
    first = update.metadata_changed[0]
    clusters = list(dict.fromkeys(one.cluster_id for one in update.metadata_changed))
    return f"{listed(clusters)}: {on_one_line(first.field)} {_value(first.old)} → {_value(first.new)}"


def _value(value: Any) -> str:
    return "–" if value is None else on_one_line(value)


def _group(group: Any) -> str:
    return "–" if group is None else on_one_line(group.name)


def _at(place: Sequence[int], index: int) -> Html | None:
    return chip(index, place[index]) if index < len(place) else None


def _result(result: Any) -> str:
    return listed(result) if isinstance(result, list | tuple) else on_one_line(result)


def _one_of(value: Any, values: Sequence[Any]) -> str:
    return f"{on_one_line(value)}{f' of {len(values)}' if len(values) > 1 else ''}"
