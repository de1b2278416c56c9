"""`napari-phy cluster`: cluster spikes anew, and save that."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_phy.cli.answers import Answer, check_there, count
from napari_phy.core.errors import ReadOnlyError, SettingsError
from napari_phy.core.sentences import visible
from napari_phy.session import open_session
from napari_phy.sorting.algorithms import algorithm as find_algorithm
from napari_phy.sorting.cluster import DEFAULT, known_settings, kwik_and_settings


def cluster(
    file: Path,
    clusters: Sequence[int] | None,
    channel_group: int | None,
    clustering: str | None,
    settings: Sequence[str],
    *,
    quiet: bool,
) -> Answer:
    """Cluster all spikes of a file, or those of some clusters; show how far it is where somebody looks on."""
    shows = not quiet and sys.stderr.isatty()
    check_there(file)
    kwik, written = kwik_and_settings(file)
    known, _ = known_settings(find_algorithm(DEFAULT, "cluster"), written)
    options = {**known, **dict(map(setting_of, settings))}
    with open_session(kwik, channel_group, clustering) as session:
        if not session.can_save:
            raise ReadOnlyError(f"{session.name} cannot be written here; copy it to a folder of yours.")
        if session.n_unsaved:
            edits = count(session.n_unsaved, "unsaved edit")
            raise ReadOnlyError(f"{session.name} has {edits}; open it in napari and save or undo them first.")

        def on_progress(share: float) -> None:
            if shows:
                print(f"\rClustering {visible(session.name)}: {share:4.0%}", end="", file=sys.stderr, flush=True)

        n_before = len(session.manager.cluster_ids)
        chosen = session.manager.cluster_ids.tolist() if clusters is None else sorted(set(clusters))
        record = session.recluster(chosen, on_progress, **options)
        if shows:
            print(file=sys.stderr)
        session.save()
        n_now, n_new = len(session.manager.cluster_ids), len(record.added)
        facts = {
            "path": str(kwik),
            "channel_group": session.model.channel_group,
            "clustering": session.model.clustering,
            "clusters": chosen,
            "added": list(record.added),
            "n_clusters_before": n_before,
            "n_clusters": n_now,
        }
        had = f"{session.model.clustering} had {count(n_before, 'cluster')} and has {n_now} now"
    return Answer(facts, [f"{kwik.name}: {had}, of which {n_new} {'is' if n_new == 1 else 'are'} new."])


def setting_of(text: str) -> tuple[str, Any]:
    """Return the name and the value of `name=value`; a value that is no plain one is text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingsError(f"{text} is no setting; write name=value, such as seed=1.")
    try:
        return name.strip(), ast.literal_eval(value.strip())
    except (ValueError, SyntaxError):
        return name.strip(), value.strip()
