"""Reading a second curation of the same spikes: a journal, clustering, file or list, which stays as it is."""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path

import numpy as np

from napari_phy.core.base_model import BaseModel
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.clustering_file import ORIGINAL, StoredClustering
from napari_phy.core.errors import ClusteringError, NapariPhyError, NotInFileError, ReplayError
from napari_phy.formats.cluster_lists import find_groups, is_cluster_list, read_cluster_list
from napari_phy.formats.opening import open_model
from napari_phy.session.comparison import Curation
from napari_phy.storage.journal_order import JournalOrder
from napari_phy.storage.kept_edits import KeptEdits, read_journal, read_kept_edits
from napari_phy.storage.replay_base import base_of, labels_hash

JOURNAL_SUFFIX = ".sqlite"


def read_second_curation(
    model: BaseModel,
    path: Path | None = None,
    clustering: str | None = None,
    began_with: StoredClustering | None = None,
) -> Curation:
    """Read another curation of the spikes of a model, its unsaved edits included; may run in a worker thread.

    Parameters
    ----------
    model : BaseModel
        The data set of one's own curation.
    path : Path, optional
        Another file of the same spikes, a journal of edits, a folder of phy or Kilosort, or a list of clusters (.npy,
        .csv or .tsv); None for the same file.
    clustering : str, optional
        Which clustering of that file; None: the one that it opens with.
    began_with : StoredClustering, optional
        What one's own edits began with: the common base, if the other one's began with the same. Else that is
        `original`, where the file has it.

    Raises
    ------
    NapariPhyError
        It cannot be read, or has other spikes.
    """
    has_groups = True
    if path is not None and is_cluster_list(path):
        edits, name, has_groups = KeptEdits(_listed(model, path)), path.name, find_groups(path) is not None
    elif path is not None and path.suffix == JOURNAL_SUFFIX:
        edits, name = read_journal(model, path), path.name
    else:
        with _second_model(model, path, clustering) as other:
            check_same_spikes(model, other)
            edits = read_kept_edits(other)
            name = other.clustering if path is None else f"{other.clustering} of {_name_beside(other, model)}"
    base, base_name = _common_base(model, edits.base, began_with)
    return Curation(name, replayed(edits), base, base_name, edits.problem, has_groups)


def _listed(model: BaseModel, path: Path) -> StoredClustering:
    """Return a list of clusters, whose spikes are in the order of the file, as one of the spikes of a model."""
    places = model.journal_places
    samples = model.spike_samples
    if places is not None:
        in_file = np.empty_like(samples)
        in_file[places] = samples
        samples = in_file
    return JournalOrder(places).from_journal(read_cluster_list(path, samples))


def _name_beside(other: BaseModel, model: BaseModel) -> str:
    """Return the name of a file, with its folder where both files have the same name."""
    return f"{other.path.parent.name}/{other.name}" if other.name == model.name else other.name


def check_same_spikes(ours: BaseModel, theirs: BaseModel) -> None:
    """Raise ClusteringError unless two data sets have the same spikes: as many, and at the same samples."""
    if ours.n_spikes != theirs.n_spikes:
        raise ClusteringError(
            f"{theirs.name} has {theirs.n_spikes} spikes in channel group {theirs.channel_group}, {ours.name} has "
            f"{ours.n_spikes}; only curations of the same spikes can be compared."
        )
    differs = np.flatnonzero(ours.spike_samples != theirs.spike_samples)
    if len(differs):
        raise ClusteringError(
            f"{theirs.name} has {len(differs)} of {theirs.n_spikes} spikes at other samples than {ours.name}; "
            "only curations of the same spikes can be compared."
        )


def replayed(edits: KeptEdits) -> StoredClustering:
    """Return the clustering that edits lead to.

    Raises
    ------
    ReplayError
        They do not fit the spikes.
    """
    base = edits.base
    if not edits.records:
        return base
    fields = base.spike_clusters, base.cluster_groups, base.cluster_colors, base.cluster_labels
    manager = ClusterManager(*fields, user_groups=base.user_groups)
    try:
        manager.restore(edits.records, len(edits.records))
    except ReplayError as error:
        raise ReplayError(f"The edits of the second curation do not fit its clusters: {error}", error.n_fit) from error
    return StoredClustering(
        manager.spike_clusters,
        manager.cluster_groups,
        manager.cluster_colors,
        manager.cluster_labels,
        base.group_names,
        manager.stored_groups,
    )


def _second_model(
    model: BaseModel, path: Path | None, clustering: str | None
) -> closing[BaseModel] | nullcontext[BaseModel]:
    """Return the model that has it, to be closed unless it shares its files with the first."""
    if path is not None:
        return closing(open_model(path, model.channel_group, clustering))
    if clustering is None or clustering == model.clustering:
        raise NotInFileError("Choose another clustering than the one that is open, or another file.")
    other = model.sibling(model.channel_group, clustering)
    return nullcontext(other) if model.shares_files(other) else closing(other)


def _common_base(
    model: BaseModel, began_with: StoredClustering, ours: StoredClustering | None
) -> tuple[StoredClustering | None, str]:
    """Return what both curations began with, and what that is called."""
    if ours is not None and _is_same(ours, began_with):
        return ours, "what both began with"
    if ORIGINAL not in model.clusterings:
        return None, ""
    try:
        with _second_model(model, None, ORIGINAL) if model.clustering != ORIGINAL else nullcontext(model) as original:
            return base_of(original), ORIGINAL
    except NapariPhyError:
        return None, ""


def _is_same(one: StoredClustering, other: StoredClustering) -> bool:
    are_same = labels_hash(one.spike_clusters) == labels_hash(other.spike_clusters)
    return are_same and dict(one.cluster_groups) == dict(other.cluster_groups)
