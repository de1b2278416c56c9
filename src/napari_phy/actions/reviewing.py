"""Going through the proposals: which are listed, which one is looked at, and what is decided about it."""

from collections.abc import Sequence

import numpy as np

from napari_phy.actions import messages
from napari_phy.core.errors import ClusteringError
from napari_phy.core.sentences import listed
from napari_phy.session import Session
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.proposals import Proposal


def listed_proposals(session: Session) -> tuple[Proposal, ...]:
    """Return the proposals that the settings list, the surest first."""
    shown = session.views["proposals"].shown
    if shown == "rejected":
        return session.proposals.rejected
    return tuple(one for one in session.proposals.shown if shown in ("all", one.kind))


def looked_at(session: Session) -> Proposal | None:
    """Return the listed proposal whose clusters are selected: of a split, with its spikes or with none."""
    selection = session.selection
    if not selection.clusters:
        return None
    clusters = tuple(sorted(selection.clusters))
    fitting = [one for one in listed_proposals(session) if one.clusters == clusters]
    cuts = (one for one in fitting if one.spikes is not None and np.array_equal(one.spikes, selection.spikes))
    others = (one for one in fitting if one.spikes is None or not len(selection.spikes))
    return next(cuts, next(others, None))


def look_at(session: Session, proposal: Proposal) -> None:
    """Select the clusters of a proposal, and of a split the spikes that it splits off, so that all views show them."""
    session.proposals.member = None
    session.selection.select(proposal.clusters, spikes=[] if proposal.spikes is None else proposal.spikes)


def look_at_first(session: Session) -> None:
    """Look at the first proposal that is listed, unless one is looked at."""
    rows = listed_proposals(session)
    if rows and looked_at(session) is None:
        look_at(session, rows[0])


def step(session: Session, places: int) -> None:
    """Look at the proposal that many rows below the one that is looked at; stay at the ends of the list."""
    rows, now = listed_proposals(session), looked_at(session)
    row = (0 if places > 0 else len(rows) - 1) if now is None else rows.index(now) + places
    look_at(session, rows[min(max(row, 0), len(rows) - 1)])


def accept(session: Session) -> None:
    """Do what is proposed, and look at the next proposal."""
    proposal, rows = _required(session), listed_proposals(session)
    session.proposals.accept(proposal)
    _go_on(session, rows, proposal)


def reject(session: Session) -> str:
    """Never propose this again, or propose a rejected one again; look at the next proposal; return what to say."""
    proposal, rows = _required(session), listed_proposals(session)
    if proposal in session.proposals.rejected:
        session.proposals.reconsider(proposal)
        sentence = f"Proposed again: {proposal_words(proposal)}."
    else:
        session.proposals.reject(proposal)
        sentence = f"Rejected: {proposal_words(proposal)}. {messages.NO_EDIT}"
    _go_on(session, rows, proposal)
    return sentence


def take_out(session: Session) -> str:
    """Take one cluster out of the merge group that is looked at, look at what is left of it; return what to say."""
    proposal = _required(session)
    member = member_of(session, proposal)
    left = session.proposals.without(proposal, member)
    look_at(session, left)
    return f"{member} taken out of the merge with {listed(left.clusters)}. {messages.NO_EDIT}"


def member_of(session: Session, proposal: Proposal) -> int:
    """Return the cluster that would be taken out of a merge group: that which is pointed at, else the last one."""
    member = session.proposals.member
    return proposal.clusters[-1] if member is None or member not in proposal.clusters else member


def point_at_member(session: Session, places: int) -> None:
    """Point at the cluster that many places further in the merge group that is looked at."""
    proposal = looked_at(session)
    if proposal is not None and len(proposal.clusters) > 1:
        place = proposal.clusters.index(member_of(session, proposal)) + places
        session.proposals.member = proposal.clusters[place % len(proposal.clusters)]


def _required(session: Session) -> Proposal:
    proposal = looked_at(session)
    if proposal is None:
        raise ClusteringError(messages.LOOK_AT_PROPOSAL)
    return proposal


def _go_on(session: Session, before: Sequence[Proposal], decided: Proposal) -> None:
    """Look at the next one that is left of those that were listed, or at the last one."""
    left, place = {one.key for one in listed_proposals(session)}, before.index(decided)
    coming = (*before[place + 1 :], *reversed(before[:place]))
    following = next((one for one in coming if one.key in left), None)
    if following is not None:
        look_at(session, following)


# --- what the actions say ---


def needs_proposals(session: Session) -> str | None:
    """Refuse unless some proposal is listed."""
    return None if listed_proposals(session) else messages.NO_PROPOSALS


def needs_proposal(session: Session) -> str | None:
    """Refuse unless a proposal is looked at."""
    return needs_proposals(session) or (None if looked_at(session) is not None else messages.LOOK_AT_PROPOSAL)


def needs_open_proposal(session: Session) -> str | None:
    """Refuse unless a proposal is looked at that was not rejected."""
    refusal = needs_proposal(session)
    return messages.IS_REJECTED if refusal is None and looked_at(session) in session.proposals.rejected else refusal


def needs_group(session: Session) -> str | None:
    """Refuse unless a merge group is looked at that would be one without a cluster, too."""
    refusal, proposal = needs_open_proposal(session), looked_at(session)
    if refusal is not None or proposal is None:
        return refusal
    return None if len(proposal.clusters) > 2 else messages.NEED_GROUP


def find_caption(session: Session) -> str:
    """Return the words on the button."""
    return "Find" if session.proposals.settings is None else "Find again"


def accept_sentence(session: Session) -> str:
    """Return what accepting would do: `Accept: merge 20 and 22`."""
    proposal = looked_at(session)
    return "Accept the proposal" if proposal is None else f"Accept: {proposal_words(proposal)}"


def reject_sentence(session: Session) -> str:
    """Return what rejecting would do."""
    proposal = looked_at(session)
    if proposal is None:
        return "Reject the proposal"
    if proposal in session.proposals.rejected:
        return f"Propose it again: {proposal_words(proposal)}"
    return f"Reject, and never propose again: {proposal_words(proposal)}"


def reject_caption(session: Session) -> str:
    """Return the word on the button."""
    return "Reconsider" if session.views["proposals"].shown == "rejected" else "Reject"


def take_out_sentence(session: Session) -> str:
    """Return which cluster would be taken out."""
    proposal = looked_at(session)
    if proposal is None:
        return "Take a cluster out of the proposed merge"
    member = member_of(session, proposal)
    others = listed([one for one in proposal.clusters if one != member])
    return f"Take {member} out of the proposed merge with {others}"


def take_out_caption(session: Session) -> str:
    """Return the words on the button: `Take out 24`."""
    proposal = looked_at(session)
    is_group = proposal is not None and len(proposal.clusters) > 2
    return f"Take out {member_of(session, proposal)}" if proposal is not None and is_group else "Take out"


def proposal_words(proposal: Proposal) -> str:
    """Return a proposal in words: `merge 20 and 22`, `move 7 to noise`, `split 812 spikes off 16`."""
    clusters = listed(proposal.clusters)
    if proposal.kind == "merge":
        return f"merge {clusters}"
    if proposal.kind == "noise":
        return f"move {clusters} to noise"
    n_spikes = 0 if proposal.spikes is None else len(proposal.spikes)
    return f"split {format_count(n_spikes, 'spike')} off {clusters}"


def left_words(proposals: Sequence[Proposal], n_new: int = 0) -> str:
    """Return how many proposals are left: `12 left: 8 merges, 3 noise, 1 split`; "" where there is none.

    `n_new` is how many clusters came since they were found.
    """
    if not proposals:
        return ""
    n_of = {kind: sum(one.kind == kind for one in proposals) for kind in ("merge", "noise", "split")}
    words = {"merge": format_count(n_of["merge"], "merge"), "split": format_count(n_of["split"], "split")}
    words["noise"] = f"{format_number(n_of['noise'])} noise"
    kinds = ", ".join(words[kind] for kind in ("merge", "noise", "split") if n_of[kind])
    new = f" · {format_count(n_new, 'new cluster')}" if n_new else ""
    return f"{format_number(len(proposals))} left: {kinds}{new}"
