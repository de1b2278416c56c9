"""The one table of actions: it feeds toolbars, keys, menus, the command line, help and views in browsers."""

import numpy as np

from napari_phy.actions import messages
from napari_phy.actions.action import Action, ActionContext, always
from napari_phy.actions.navigation import (
    go_back,
    go_on,
    go_to_event,
    go_to_spike,
    go_to_violation,
    n_similar,
    needs_cut_to_go_on,
    select_similar,
    turn_page,
)
from napari_phy.actions.refusals import (
    for_edits,
    needs_best,
    needs_clusters,
    needs_color,
    needs_events,
    needs_features,
    needs_lasso,
    needs_listed,
    needs_one,
    needs_redo,
    needs_shanks,
    needs_similar,
    needs_two,
    needs_undo,
    needs_unsaved,
    never,
    stray_cluster,
)
from napari_phy.actions.review_actions import REVIEW_ACTIONS
from napari_phy.core.sentences import listed
from napari_phy.session import Session
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.edit_words import edit_name


def _merge_caption(session: Session) -> str:
    n_clusters = len(session.selection.clusters)
    return f"Merge {n_clusters}" if n_clusters > 1 else "Merge"


def _merge_sentence(session: Session) -> str:
    return f"Merge {listed(session.selection.clusters)} into one cluster"


def _split_caption(session: Session) -> str:
    n_spikes = len(session.selection.spikes)
    return f"Split {format_number(n_spikes)}" if n_spikes and stray_cluster(session) is None else "Split"


def _split_sentence(session: Session) -> str:
    spikes = session.selection.spikes
    touched = np.unique(session.manager.clusters_of(spikes)).tolist()
    return f"Split {format_count(len(spikes), 'spike')} off {listed(touched)}"


def _label_sentence(session: Session) -> str:
    return f"Label {listed(session.selection.clusters)} with a word or number of your own"


def _discard_sentence(session: Session) -> str:
    return f"Hide {listed(session.selection.clusters)} from lists and views; the spikes stay in the file"


def _color_sentence(session: Session) -> str:
    return f"Choose the colour of {listed(session.selection.clusters)} where views colour by cluster"


def _plain_color_sentence(session: Session) -> str:
    return f"Give {listed(session.selection.clusters)} the default colour again"


def _similar_sentence(session: Session) -> str:
    return f"Select the {format_count(n_similar(session), 'cluster')} most like the best one beside it"


def _next_similar_sentence(session: Session) -> str:
    return f"Select the {format_count(n_similar(session), 'cluster')} that follow in similarity"


def _undo_sentence(session: Session) -> str:
    record = session.manager.undo_record
    return "Undo" if record is None else f"Undo: {edit_name(record)}"


def _redo_sentence(session: Session) -> str:
    record = session.manager.redo_record
    return "Redo" if record is None else f"Redo: {edit_name(record)}"


def _save_caption(session: Session) -> str:
    return "Save" if session.can_save or session.store.read_only else "Save a copy…"


def _save_sentence(session: Session) -> str:
    if session.is_dirty and not session.can_save:
        return f"Save a copy with {format_count(session.n_unsaved, 'edit')}; {session.name} cannot be saved to"
    n_edits = format_count(session.n_unsaved_in_all, "edit")
    return f"Save {n_edits} to {session.name}{messages.also_saved(session.waiting)}"


def _save(session: Session) -> str:
    n_edits = session.n_unsaved_in_all
    session.save_all()
    return messages.saved(n_edits, session.name)


def _recluster_sentence(session: Session) -> str:
    return f"Cluster the spikes of {listed(session.selection.clusters)} anew, and show what comes of it"


def _step(context: ActionContext, places: int) -> None:
    """Select the cluster that many rows below the best one; stay at the ends of the list."""
    order, session = list(context.listed_clusters()), context.session
    if session is None or not order:
        context.say(messages.NO_ROW_TO_GO_TO)
        return
    chosen = [order.index(cluster) for cluster in session.selection.best if cluster in order]
    if chosen:
        row = (max(chosen) if places > 0 else min(chosen)) + places
    else:
        row = 0 if places > 0 else len(order) - 1
    session.selection.select([order[min(max(row, 0), len(order) - 1)]])


def _jump(context: ActionContext, row: int) -> None:
    order = context.listed_clusters()
    if context.session is not None and order:
        context.session.selection.select([order[row]])
    else:
        context.say(messages.NO_ROW_TO_GO_TO)


def _drop_similar(session: Session) -> None:
    selection = session.selection
    selection.select(selection.best, n_best=len(selection.best))


def _restrict_time(session: Session) -> None:
    """Have views use the spikes of what Traces shows, or of the whole recording again."""
    clock = session.time
    if clock.range_s is None:
        clock.set_range(*clock.shown_s)
    else:
        clock.clear_range()


def _restrict_caption(session: Session) -> str:
    return "Only this time" if session.time.range_s is None else "All times"


def _restrict_sentence(session: Session) -> str:
    if session.time.range_s is None:
        return "Use only the spikes of what Traces shows, in all views"
    return "Use the spikes of the whole recording again"


STRETCH = 1.5  # of time, by one key
GROUPS = (("good", "Good", "G"), ("mua", "MUA", "M"), ("noise", "Noise", "N"), ("unsorted", "Unsorted", "U"))
GROUP_WORDS = {
    "good": "group file classify single unit accept",
    "mua": "group file classify multi unit multiunit",
    "noise": "group file classify reject bad artefact artifact",
    "unsorted": "group file classify undecided reset",
}  # by which moves to it are found


def _moves(group: str, title: str, letter: str) -> tuple[Action, Action, Action]:
    """Return the three actions that move all selected, the best or the similar clusters to a group."""

    def all_sentence(session: Session) -> str:
        clusters = session.selection.clusters
        which = f"the {len(clusters)} selected clusters" if len(clusters) > 1 else listed(clusters)
        return f"Move {which} to {group}"

    def best_sentence(session: Session) -> str:
        return f"Move {listed(session.selection.best)} to {group}"

    def similar_sentence(session: Session) -> str:
        return f"Move {listed(session.selection.similar)} to {group}"

    alone, control, both = f"Alt+{letter}", f"Ctrl+{letter}", f"Ctrl+Alt+{letter}"
    word = title if title == "MUA" else group
    return (
        Action(
            f"move_all_{group}", title, "Move", lambda session: session.move(session.selection.clusters, group),
            for_edits(needs_one), all_sentence, (both,), (both,), group, f"; best only: {alone}",
            f"move_best_{group}", is_edit=True, words=GROUP_WORDS[group],
        ),
        Action(
            f"move_best_{group}", f"Best to {word}", "Move",
            lambda session: session.move(session.selection.best, group), for_edits(needs_best), best_sentence,
            (alone,), (alone,), is_edit=True, words=GROUP_WORDS[group],
        ),
        Action(
            f"move_similar_{group}", f"Similar to {word}", "Move",
            lambda session: session.move(session.selection.similar, group), for_edits(needs_similar),
            similar_sentence, (control,), is_edit=True, words=GROUP_WORDS[group],
        ),
    )  # fmt: skip


ACTIONS: tuple[Action, ...] = (
    Action(
        "merge", "Merge", "Edit", lambda session: session.merge(session.selection.clusters),
        for_edits(needs_two), _merge_sentence,
        ("G",), ("G",), "merge", caption=_merge_caption, is_edit=True, words="join combine unite fuse together one",
    ),
    Action(
        "split", "Split", "Edit", lambda session: session.split(session.selection.spikes),
        for_edits(needs_lasso), _split_sentence,
        ("K",), ("K",), "split", caption=_split_caption, is_edit=True, words="cut divide separate lasso",
    ),
    Action(
        "recluster", "Recluster…", "Edit", None, for_edits(needs_features),
        _recluster_sentence, words="em sort anew divide split masked klustakwik automatic",
        in_window=lambda context: context.ask_recluster(),
    ),
    *(action for group in GROUPS for action in _moves(*group)),
    Action(
        "label", "Label", "Edit", None, for_edits(needs_one), _label_sentence,
        ("L",), (), "label", words="note tag comment field annotate name",
        in_window=lambda context: context.ask_label(),
    ),
    Action(
        "color", "Colour…", "Edit", None, for_edits(needs_one), _color_sentence,
        words="color paint own", in_window=lambda context: context.ask_color(),
    ),
    Action(
        "plain_color", "Default colour", "Edit", lambda session: session.recolor(session.selection.clusters, None),
        for_edits(needs_color), _plain_color_sentence,
        is_edit=True, words="color remove own usual",
    ),
    Action(
        "discard", "Discard", "Edit", lambda session: session.discard(session.selection.clusters),
        for_edits(needs_one), _discard_sentence,
        ("Delete",), (), "discard", is_edit=True, words="delete remove trash hide cluster",
    ),
    Action(
        "undo", "Undo", "Edit", Session.undo, for_edits(needs_undo), _undo_sentence,
        ("Ctrl+Z",), ("Ctrl+Z",), "undo", is_edit=True, words="back revert take",
    ),
    Action(
        "redo", "Redo", "Edit", Session.redo, for_edits(needs_redo), _redo_sentence,
        ("Ctrl+Shift+Z", "Ctrl+Y"), ("Ctrl+Shift+Z",), "redo", is_edit=True, words="again repeat forward",
    ),
    Action(
        "save", "Save", "File", _save, needs_unsaved, _save_sentence,
        ("Ctrl+S", "Ctrl+Shift+S"), ("Ctrl+Shift+S",), "save", caption=_save_caption, words="write store file disk",
        in_window=lambda context: context.save(),
    ),
    Action(
        "next_candidate", "Next candidate", "Go", go_on, needs_clusters,
        always("Show the next candidate for the best cluster"), ("Space",),
        words="propose compare similar pair skip", needs_cut=needs_cut_to_go_on,
    ),
    Action(
        "previous_candidate", "Previous candidate", "Go", go_back, needs_clusters,
        always("Go back to the previous candidate"), ("Shift+Space",), words="back similar pair",
    ),
    Action(
        "next_best", "Next best", "Go", None, needs_listed,
        always("Select the next cluster of the list"), ("Down",), ("Down",), words="cluster down row",
        in_window=lambda context: _step(context, 1),
    ),
    Action(
        "previous_best", "Previous best", "Go", None, needs_listed,
        always("Select the previous cluster of the list"), ("Up",), ("Up",), words="cluster up row",
        in_window=lambda context: _step(context, -1),
    ),
    Action(
        "first_best", "First", "Go", None, needs_listed,
        always("Select the first cluster of the list"), ("Home",), ("Home",), words="cluster top row begin",
        in_window=lambda context: _jump(context, 0),
    ),
    Action(
        "last_best", "Last", "Go", None, needs_listed,
        always("Select the last cluster of the list"), ("End",), ("End",), words="cluster bottom row end",
        in_window=lambda context: _jump(context, -1),
    ),
    Action(
        "drop_similar", "Drop similar", "Go", _drop_similar, needs_similar,
        always("Keep only the best cluster selected"), ("Backspace",),
        words="deselect clear only unselect candidates",
    ),
    Action(
        "most_similar", "Select the most similar", "Go",
        lambda session: select_similar(session, n_similar(session)), needs_best, _similar_sentence,
        ("Shift+S",), words="candidates several n top merge",
    ),
    Action(
        "next_similar", "Select the next most similar", "Go",
        lambda session: select_similar(session, n_similar(session), goes_on=True), needs_best,
        _next_similar_sentence, ("Shift+D",), words="candidates several n following merge",
    ),
    Action(
        "next_shank", "Next shank", "Go", None, needs_shanks,
        always("Go to the next shank of the file, or from the last to the first; unsaved edits are kept"),
        ("Ctrl+PgDown",),
        in_window=lambda context: context.go_to_shank(1),
    ),
    Action(
        "previous_shank", "Previous shank", "Go", None, needs_shanks,
        always("Go to the previous shank of the file"), ("Ctrl+PgUp",),
        in_window=lambda context: context.go_to_shank(-1),
    ),
    Action(
        "filter", "Filter the list", "Go", None, never,
        always("Show only some clusters in the list, as with rate > 5"), ("/",), words="search find query clusters",
        in_window=lambda context: context.filter_list(),
    ),
    *REVIEW_ACTIONS,
    Action(
        "next_page", "Next page", "Time", lambda session: turn_page(session, 1), never,
        always("Show the next page of the traces"), ("Alt+Right",), ("Alt+Right",),
        words="scroll forward traces right",
    ),
    Action(
        "previous_page", "Previous page", "Time", lambda session: turn_page(session, -1), never,
        always("Show the previous page of the traces"), ("Alt+Left",), ("Alt+Left",),
        words="scroll back traces left",
    ),
    Action(
        "next_spike", "Next spike", "Time", lambda session: go_to_spike(session, 1), needs_one,
        always("Go to the next spike of the selected clusters"), ("Alt+PgDown",), ("Alt+PgDown",),
        words="jump forward step",
    ),
    Action(
        "previous_spike", "Previous spike", "Time", lambda session: go_to_spike(session, -1), needs_one,
        always("Go to the previous spike of the selected clusters"), ("Alt+PgUp",), ("Alt+PgUp",),
        words="jump back step",
    ),
    Action(
        "next_violation", "Next refractory violation", "Time", go_to_violation, needs_one,
        always("Go to the next spike within 2 ms of the one before it"),
        ("Ctrl+Alt+PgDown",), ("Ctrl+Alt+PgDown",), words="isi refractory interval short contamination",
    ),
    Action(
        "next_event", "Next event", "Time",
        lambda session: messages.event(go_to_event(session)),
        needs_events, always("Go to the next event of the recording"),
        ("Alt+Shift+Right",), ("Alt+Shift+Right",), words="stimulus ttl trigger marker jump",
    ),
    Action(
        "previous_event", "Previous event", "Time",
        lambda session: messages.event(go_to_event(session, -1)),
        needs_events, always("Go to the previous event of the recording"),
        ("Alt+Shift+Left",), ("Alt+Shift+Left",), words="stimulus ttl trigger marker jump back",
    ),
    Action(
        "stretch_time", "Stretch time in the overview", "Time", None, never,
        always("Show less time in the overview; channels keep their height"), ("Alt+=",), ("Alt+=",),
        words="zoom in magnify canvas", in_window=lambda context: context.stretch(STRETCH),
    ),
    Action(
        "squeeze_time", "Squeeze time in the overview", "Time", None, never,
        always("Show more time in the overview; channels keep their height"), ("Alt+-",), ("Alt+-",),
        words="zoom out canvas", in_window=lambda context: context.stretch(1 / STRETCH),
    ),
    Action(
        "go_to_time", "Go to time or spike…", "Time", None, never,
        always("Go to a time of the recording"), ("T",), words="jump seek moment second position",
        in_window=lambda context: context.ask_time(),
    ),
    Action(
        "restrict_time", "Only this time", "Time", _restrict_time, never, _restrict_sentence,
        ("Alt+R",), ("Alt+R",), caption=_restrict_caption, words="range epoch interval window part limit",
    ),
    Action(
        "ask_range", "Only a time range…", "Time", None, never,
        always("Use only the spikes of a time range in all views"), ("Alt+Shift+R",),
        words="range epoch interval window part limit restrict", in_window=lambda context: context.ask_range(),
    ),
    Action(
        "command", "Command line", "Help", None, never,
        always("Type a command: c 3-6 selects clusters"), (":",), needs_session=False,
        words="snippet type terminal prompt", in_window=lambda context: context.ask_command(),
    ),
    Action(
        "keys", "All actions", "Help", None, never,
        always("Find actions, and change their keys"), ("F1",), ("F1",), "help", needs_session=False,
        words="shortcuts hotkeys help search keyboard", in_window=lambda context: context.show_keys(),
    ),
)  # fmt: skip

BY_ID: dict[str, Action] = {action.action_id: action for action in ACTIONS}
