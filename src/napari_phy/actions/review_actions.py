"""The part of the table of actions that is about the wizard, automatic classes and proposals."""

from napari_phy.actions.action import Action, ActionContext, always, say_if
from napari_phy.actions.navigation import (
    needs_cut_to_show,
    needs_skipped,
    nothing_to_propose,
    pause_caption,
    pause_or_start,
    pause_sentence,
    show_cut,
    start_over,
)
from napari_phy.actions.refusals import for_edits, needs_best, needs_clusters
from napari_phy.actions.reviewing import (
    accept,
    accept_sentence,
    find_caption,
    needs_group,
    needs_open_proposal,
    needs_proposal,
    needs_proposals,
    reject,
    reject_caption,
    reject_sentence,
    step,
    take_out,
    take_out_caption,
    take_out_sentence,
)
from napari_phy.session import Session


def _review(session: Session) -> str:
    session.review_first()
    return nothing_to_propose(session)


def _show_wizard(context: ActionContext) -> None:
    context.show_wizard()
    if context.session is not None:
        say_if(context, _review(context.session))


REVIEW_ACTIONS: tuple[Action, ...] = (
    Action(
        "wizard", "Wizard", "Wizard", _review, needs_clusters,
        always("Go to the first undecided cluster, and show what it may be merged with, and why"),
        ("W",), (), "wizard", words="guide assistant suggest propose", in_window=_show_wizard,
    ),
    Action(
        "pause_wizard", "Pause or start the wizard", "Wizard", pause_or_start,
        needs_clusters, pause_sentence, ("Shift+W",), caption=pause_caption, words="stop resume",
    ),
    Action(
        "reset_wizard", "Start over", "Wizard", start_over, needs_clusters,
        always("Forget what was skipped and decided, and begin with the first undecided cluster; no edit is undone"),
        words="restart begin reset wizard",
    ),
    Action(
        "propose_cut", "Show a cut", "Wizard", show_cut, needs_best,
        always("Show where the best cluster falls into two clouds, to split it there"), ("Shift+K",),
        words="split bimodal two clouds propose", needs_cut=needs_cut_to_show,
    ),
    Action(
        "review_skipped", "Review skipped", "Wizard", Session.review_skipped,
        needs_skipped, always("Propose the skipped clusters again"), words="again undecided",
    ),
    Action(
        "proposals", "Proposals", "Proposals", None, needs_clusters,
        always("Go through merges, noise and splits that are proposed for all clusters"),
        ("P",), words="review list suggest automatic merge groups curate",
        in_window=lambda context: context.show_proposals(find=False),
    ),
    Action(
        "find_proposals", "Find proposals", "Proposals", None, needs_clusters,
        always("Look for clusters to merge, to split, and for noise; what was rejected is not proposed again"),
        caption=find_caption, words="compute search propose suggest automatic merge",
        in_window=lambda context: context.show_proposals(find=True),
    ),
    Action(
        "accept_proposal", "Accept", "Proposals", accept, for_edits(needs_open_proposal), accept_sentence, ("A",),
        words="proposal yes agree apply",
    ),
    Action(
        "reject_proposal", "Reject", "Proposals", reject, needs_proposal, reject_sentence, ("R",),
        caption=reject_caption, words="proposal no never reconsider",
    ),
    Action(
        "take_out", "Take out", "Proposals", take_out, needs_group, take_out_sentence, ("X",), caption=take_out_caption,
        words="proposal member remove cluster group exclude",
    ),
    Action(
        "next_proposal", "Next proposal", "Proposals", lambda session: step(session, 1), needs_proposals,
        always("Look at the next proposal: its clusters are selected"), ("N",), words="skip down review",
    ),
    Action(
        "previous_proposal", "Previous proposal", "Proposals", lambda session: step(session, -1),
        needs_proposals, always("Look at the previous proposal"), ("Shift+N",), words="back up review",
    ),
    Action(
        "move_by_class", "Move to groups by class…", "Wizard", None,
        for_edits(needs_clusters),
        always("Say how many clusters would move to the groups of their automatic classes, and move them"),
        words="automatic class noise mua good classify bombcell label curate threshold",
        in_window=lambda context: context.ask_classes(),
    ),
)  # fmt: skip
