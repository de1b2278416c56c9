"""`napari-phy propose`: which clusters may be merged, split or noise, and why."""

from __future__ import annotations

from pathlib import Path

from napari_phy.cli.answers import Answer, count
from napari_phy.files.install import check_folder
from napari_phy.session.session import open_session
from napari_phy.storage.kept_edits import read_kept_edits
from napari_phy.views.proposals import Proposal, ProposalsSettings


def propose(
    path: Path,
    channel_group: int | None,
    clustering: str | None,
    least_score: float,
    groups: Path | None,
    curation: Path | None,
) -> Answer:
    """Return what is proposed, unsaved edits included, the surest first; the data set stays as it is.

    Parameters
    ----------
    path : Path
        The data set.
    channel_group : int or None
        Which; the first one if None.
    clustering : str or None
        Which; main if None.
    least_score : float
        Least score of what is proposed, 0 to 1.
    groups : Path or None
        Where to write the merge groups as a list.
    curation : Path or None
        Where to write all of it as a curation of SpikeInterface.

    Raises
    ------
    SettingsError
        There is no such score.
    MissingDataError
        There are no features.
    SaveError
        There is no folder to write to.
    """
    for path_to_write in filter(None, (groups, curation)):
        check_folder(path_to_write.absolute())
    settings = ProposalsSettings().changed(least_score=least_score)
    with open_session(path, channel_group, clustering, read_only=True) as session:
        edits = read_kept_edits(session.model)
        session.manager.restore(edits.records, len(edits.records))
        found = session.proposals.compute(settings)
        written = [edits.problem] if edits.problem else []
        if groups is not None:
            session.proposals.write(groups)
            written.append(f"Merge groups are in {groups}.")
        if curation is not None:
            session.proposals.write_curation(curation)
            written.append(f"The proposals are in {curation}.")
        name = f"{session.model.clustering} of {session.name}"
        n_clusters = len(session.manager.cluster_ids)
    lines = [f"{name}: {count(n_clusters, 'cluster')}, {count(len(found), 'proposal')}.", *map(_line, found), *written]
    facts = {"name": name, "n_clusters": n_clusters, "proposals": [_facts(one) for one in found]}
    return Answer(facts, lines)


def _line(proposal: Proposal) -> str:
    what = f"{proposal.kind} {' '.join(map(str, proposal.clusters))}"
    return f"{proposal.score:.2f}  {what:<20}  {'; '.join(proposal.reasons)}"


def _facts(proposal: Proposal) -> dict[str, object]:
    """Return a proposal for programs: those of a split name the spikes that leave."""
    facts: dict[str, object] = {
        "kind": proposal.kind,
        "clusters": list(proposal.clusters),
        "score": proposal.score,
        "reasons": list(proposal.reasons),
    }
    return facts if proposal.spikes is None else {**facts, "spikes": proposal.spikes}
