"""The part of the table of actions that is about the wizard, automatic classes and proposals."""

from napari_phy.widgets.actions.action import Action, ActionContext, always, say_if, session_of
from napari_phy.widgets.actions.navigation import (
    needs_cut_to_show,
    needs_skipped,
    nothing_to_propose,
    pause_caption,
    pause_or_start,
    pause_sentence,
    show_cut,
    start_over,
)
from napari_phy.widgets.actions.refusals import for_edits, needs_best, needs_clusters
from napari_phy.widgets.actions.reviewing import (
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


def _show_wizard(context: ActionContext) -> None:
    context.show_wizard()
    session_of(context).review_first()
    say_if(context, nothing_to_propose(session_of(context)))


def _show_cut(context: ActionContext) -> None:
    context.once_cut_is_known(show_cut, is_due=needs_cut_to_show(session_of(context)))


REVIEW_ACTIONS: tuple[Action, ...] = (
    Action(
        "wizard", "Wizard", "Wizard", _show_wizard, needs_clusters,
        always("Go to the first undecided cluster, and show what it may be merged with, and why"),
        ("W",), (), "wizard", words="guide assistant suggest propose",
    ),
    Action(
        "pause_wizard", "Pause or start the wizard", "Wizard",
        lambda context: context.say(pause_or_start(session_of(context))),
        needs_clusters, pause_sentence, ("Shift+W",), caption=pause_caption, words="stop resume",
    ),
    Action(
        "reset_wizard", "Start over", "Wizard",
        lambda context: say_if(context, start_over(session_of(context))), needs_clusters,
        always("Forget what was skipped and decided, and begin with the first undecided cluster; no edit is undone"),
        words="restart begin reset wizard",
    ),
    Action(
        "propose_cut", "Show a cut", "Wizard", _show_cut, needs_best,
        always("Show where the best cluster falls into two clouds, to split it there"), ("Shift+K",),
        words="split bimodal two clouds propose",
    ),
    Action(
        "review_skipped", "Review skipped", "Wizard", lambda context: session_of(context).review_skipped(),
        needs_skipped, always("Propose the skipped clusters again"), words="again undecided",
    ),
    Action(
        "proposals", "Proposals", "Proposals", lambda context: context.show_proposals(find=False), needs_clusters,
        always("Go through merges, noise and splits that are proposed for all clusters"),
        ("P",), words="review list suggest automatic merge groups curate",
    ),
    Action(
        "find_proposals", "Find proposals", "Proposals", lambda context: context.show_proposals(find=True),
        needs_clusters,
        always("Look for clusters to merge, to split, and for noise; what was rejected is not proposed again"),
        caption=find_caption, words="compute search propose suggest automatic merge",
    ),
    Action(
        "accept_proposal", "Accept", "Proposals", lambda context: accept(session_of(context)),
        for_edits(needs_open_proposal), accept_sentence, ("A",), words="proposal yes agree apply",
    ),
    Action(
        "reject_proposal", "Reject", "Proposals", lambda context: context.say(reject(session_of(context))),
        needs_proposal, reject_sentence, ("R",), caption=reject_caption, words="proposal no never reconsider",
    ),
    Action(
        "take_out", "Take out", "Proposals", lambda context: context.say(take_out(session_of(context))),
        needs_group, take_out_sentence, ("X",), caption=take_out_caption,
        words="proposal member remove cluster group exclude",
    ),
    Action(
        "next_proposal", "Next proposal", "Proposals", lambda context: step(session_of(context), 1), needs_proposals,
        always("Look at the next proposal: its clusters are selected"), ("N",), words="skip down review",
    ),
    Action(
        "previous_proposal", "Previous proposal", "Proposals", lambda context: step(session_of(context), -1),
        needs_proposals, always("Look at the previous proposal"), ("Shift+N",), words="back up review",
    ),
    Action(
        "move_by_class", "Move to groups by class…", "Wizard", lambda context: context.ask_classes(),
        for_edits(needs_clusters),
        always("Say how many clusters would move to the groups of their automatic classes, and move them"),
        words="automatic class noise mua good classify bombcell label curate threshold",
    ),
)  # fmt: skip
