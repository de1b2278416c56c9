"""Why an action cannot be done now: each returns the sentence, or None."""

from collections.abc import Callable

import numpy as np

from napari_phy.actions import messages
from napari_phy.core.sentences import listed
from napari_phy.session import Session
from napari_phy.table.numbers import format_count


def never(session: Session) -> None:
    """Never refuse."""
    return


def for_edits(refusal: Callable[[Session], str | None]) -> Callable[[Session], str | None]:
    """Return the refusal of an action that edits: first of all, edits must be kept somewhere."""

    def why_not(session: Session) -> str | None:
        return messages.not_editable(session.name) if session.store.read_only else refusal(session)

    return why_not


def needs_two(session: Session) -> str | None:
    """Merge needs two clusters."""
    return None if len(session.selection.clusters) > 1 else messages.NEED_TWO_CLUSTERS


def needs_one(session: Session) -> str | None:
    """Refuse unless some cluster is selected."""
    return None if session.selection.clusters else messages.NEED_CLUSTER


def needs_features(session: Session) -> str | None:
    """Refuse unless some cluster is selected, and spikes have features."""
    if not session.selection.clusters:
        return messages.NEED_CLUSTER
    return messages.NO_FEATURES if session.model.features is None else None


def needs_color(session: Session) -> str | None:
    """Refuse unless some selected cluster has a colour of its own."""
    if not session.selection.clusters:
        return messages.NEED_CLUSTER
    has_one = any(session.manager.color(cluster) for cluster in session.selection.clusters)
    return None if has_one else messages.NO_OWN_COLOR


def needs_best(session: Session) -> str | None:
    """Refuse unless a best cluster is selected."""
    return None if session.selection.best else messages.NEED_CLUSTER


def needs_similar(session: Session) -> str | None:
    """Refuse unless a cluster is selected in Similar."""
    return None if session.selection.similar else messages.NEED_SIMILAR


def needs_clusters(session: Session) -> str | None:
    """There must be clusters."""
    return None if len(session.manager.cluster_ids) else messages.NO_CLUSTERS


def stray_cluster(session: Session) -> int | None:
    """Return the cluster of a single selected spike where that is not selected itself, as after a click on a grey dot.

    Such a spike is looked at; several spikes of other clusters come from a lasso in a frozen view.
    """
    spikes = session.selection.spikes
    if len(spikes) != 1:
        return None
    cluster = int(session.manager.clusters_of(spikes)[0])
    return None if cluster in session.selection.clusters else cluster


def needs_listed(session: Session) -> str | None:
    """Refuse unless the list shows clusters."""
    return messages.NO_MATCH if session.listed.clusters == frozenset() else needs_clusters(session)


def needs_lasso(session: Session) -> str | None:
    """Split needs spikes inside the lasso and some left outside."""
    spikes = session.selection.spikes
    if not len(spikes):
        return messages.NEED_LASSO
    stray = stray_cluster(session)
    if stray is not None:
        return messages.not_selected(stray)
    touched, n_inside = np.unique(session.manager.clusters_of(spikes), return_counts=True)
    whole = [int(c) for c, n in zip(touched, n_inside, strict=True) if n == session.manager.n_spikes(int(c))]
    selected = set(session.selection.clusters) | set(touched.tolist())
    if len(whole) == len(touched) and (len(whole) == 1 or len(whole) == len(selected)):
        n_spikes = format_count(len(spikes), "spike")
        clusters = f"cluster{'s' if len(whole) > 1 else ''} {listed(whole)}"
        return f"The lasso holds all {n_spikes} of {clusters}; nothing would be split."
    return None


def needs_undo(session: Session) -> str | None:
    """There must be something to undo."""
    return messages.NOTHING_TO_UNDO if session.manager.undo_record is None else None


def needs_redo(session: Session) -> str | None:
    """There must be something to redo."""
    return messages.NOTHING_TO_REDO if session.manager.redo_record is None else None


def needs_unsaved(session: Session) -> str | None:
    """There must be something to save, and a place for it."""
    if session.store.read_only:
        return messages.nothing_to_save(session.name)
    return None if session.is_dirty or session.waiting else messages.NOTHING_TO_SAVE


def needs_shanks(session: Session) -> str | None:
    """There must be another channel group."""
    return None if len(session.model.channel_groups) > 1 else messages.ONE_SHANK


def needs_events(session: Session) -> str | None:
    """Say that the data set has no events."""
    return None if session.model.events else messages.NO_EVENTS
