"""The table of actions: keys of the UX page, reasons, sentences, what each does."""

from dataclasses import replace

import pytest
from widgets.light_session import light_session

from napari_phy.actions import messages
from napari_phy.actions.action import perform
from napari_phy.actions.action_table import ACTIONS, BY_ID
from napari_phy.widgets.actions.keys import normal

LETTERS = {"good": "G", "mua": "M", "noise": "N", "unsorted": "U"}
KEYS = {
    "merge": ("G", "G"),
    "split": ("K", "K"),
    **{f"move_best_{group}": (f"Alt+{letter}",) * 2 for group, letter in LETTERS.items()},
    **{f"move_similar_{group}": (f"Ctrl+{letter}", "") for group, letter in LETTERS.items()},
    **{f"move_all_{group}": (f"Ctrl+Alt+{letter}",) * 2 for group, letter in LETTERS.items()},
    "next_candidate": ("Space", ""),
    "previous_candidate": ("Shift+Space", ""),
    "previous_best": ("Up", "Up"),
    "next_best": ("Down", "Down"),
    "first_best": ("Home", "Home"),
    "last_best": ("End", "End"),
    "drop_similar": ("Backspace", ""),
    "most_similar": ("Shift+S", ""),
    "next_similar": ("Shift+D", ""),
    "propose_cut": ("Shift+K", ""),
    "proposals": ("P", ""),
    "find_proposals": ("", ""),
    "accept_proposal": ("A", ""),
    "reject_proposal": ("R", ""),
    "take_out": ("X", ""),
    "next_proposal": ("N", ""),
    "previous_proposal": ("Shift+N", ""),
    "undo": ("Ctrl+Z", "Ctrl+Z"),
    "redo": ("Ctrl+Shift+Z Ctrl+Y", "Ctrl+Shift+Z"),
    "save": ("Ctrl+S Ctrl+Shift+S", "Ctrl+Shift+S"),
    "label": ("L", ""),
    "color": ("", ""),
    "plain_color": ("", ""),
    "discard": ("Delete", ""),
    "next_shank": ("Ctrl+PgDown", ""),
    "previous_shank": ("Ctrl+PgUp", ""),
    "filter": ("/", ""),
    "wizard": ("W", ""),
    "pause_wizard": ("Shift+W", ""),
    "reset_wizard": ("", ""),
    "move_by_class": ("", ""),
    "recluster": ("", ""),
    "review_skipped": ("", ""),
    "next_page": ("Alt+Right", "Alt+Right"),
    "previous_page": ("Alt+Left", "Alt+Left"),
    "next_spike": ("Alt+PgDown", "Alt+PgDown"),
    "previous_spike": ("Alt+PgUp", "Alt+PgUp"),
    "next_violation": ("Ctrl+Alt+PgDown", "Ctrl+Alt+PgDown"),
    "next_event": ("Alt+Shift+Right", "Alt+Shift+Right"),
    "previous_event": ("Alt+Shift+Left", "Alt+Shift+Left"),
    "stretch_time": ("Alt+=", "Alt+="),
    "squeeze_time": ("Alt+-", "Alt+-"),
    "go_to_time": ("T", ""),
    "restrict_time": ("Alt+R", "Alt+R"),
    "ask_range": ("Alt+Shift+R", ""),
    "command": (":", ""),
    "keys": ("F1", "F1"),
}


class RecordingContext:
    """What actions act on; it notes what they ask for."""

    def __init__(self, session, order=None):
        self.session = session
        self.order = order
        self.said, self.complaints, self.calls = [], [], []

    def listed_clusters(self):
        return self.order or self.session.manager.cluster_ids.tolist()

    def say(self, sentence):
        self.said.append(sentence)

    def complain(self, sentence):
        self.complaints.append(sentence)

    def save(self):
        self.calls.append("save")

    def go_to_shank(self, step):
        self.calls.append(("shank", step))

    def ask_label(self):
        self.calls.append("label")

    def show_keys(self):
        self.calls.append("keys")

    def once_cut_is_known(self, act, *, is_due):
        sentence = act(self.session)
        if sentence:
            self.say(sentence)

    def ask_classes(self):
        self.calls.append("classes")

    def ask_recluster(self):
        self.calls.append("recluster")

    def show_wizard(self):
        self.calls.append("wizard")

    def show_proposals(self, *, find):
        self.calls.append(("proposals", find))


@pytest.fixture
def context():
    return RecordingContext(light_session())


def do(action_id, context):
    return perform(BY_ID[action_id], context)


def test_the_keys_are_those_of_the_ux_page():
    assert {a.action_id: (" ".join(a.keys), " ".join(a.canvas_keys)) for a in ACTIONS} == KEYS


def test_no_key_is_used_twice():
    for field in ("keys", "canvas_keys"):
        keys = [normal(key) for action in ACTIONS for key in getattr(action, field)]
        assert len(keys) == len(set(keys))


def test_every_action_has_words_for_a_session_and_for_none(context):
    context.session.selection.select([3, 4])
    for action in ACTIONS:
        assert action.tooltip(None).startswith(action.title)
        assert action.tooltip(context.session)
        assert action.button_text(None) == action.title


def test_a_cluster_has_the_usual_colour_only_where_it_has_one_of_its_own(context):
    session = context.session
    session.selection.select([3, 4])
    assert BY_ID["plain_color"].why_not(session) == "None of the selected clusters has a colour of its own."
    session.recolor([4], "#12ab34")
    assert do("plain_color", context)
    assert session.manager.color(4) is None
    session.undo()
    assert session.manager.color(4) == "#12ab34"


def test_discard_hides_what_is_selected_and_undo_brings_it_back(context):
    session = context.session
    session.selection.select([3, 4])
    assert BY_ID["discard"].tooltip(session) == (
        "Hide 3 and 4 from lists and views; the spikes stay in the file (Delete)"
    )
    assert do("discard", context)
    assert session.manager.groups_of([3, 4]) == ["discarded"] * 2
    assert not {3, 4} & set(session.selection.clusters)
    session.undo()
    assert session.manager.groups_of([3, 4]) == ["unsorted"] * 2


def test_merge_needs_two_clusters_and_says_which(context):
    session = context.session
    session.selection.select([3])
    assert BY_ID["merge"].tooltip(session) == "Merge (G). Select two or more clusters to merge."
    assert not do("merge", context)
    assert context.said == ["Select two or more clusters to merge."]
    session.selection.select([3, 4, 5])
    assert BY_ID["merge"].button_text(session) == "Merge 3"
    assert BY_ID["merge"].tooltip(session) == "Merge 3, 4 and 5 into one cluster (G)"
    assert do("merge", context)
    assert set(session.manager.cluster_ids.tolist()) == {0, 1, 2, 6, 7, 8}


def test_split_needs_some_spikes_inside_and_some_outside(context):
    session, manager = context.session, context.session.manager
    session.selection.select([3])
    assert BY_ID["split"].refusal(session) == "Draw a lasso around some spikes to split."
    spikes = manager.spikes(3)
    session.selection.select_spikes(spikes)
    assert BY_ID["split"].refusal(session) == (
        f"The lasso holds all {len(spikes)} spikes of cluster 3; nothing would be split."
    )
    session.selection.select_spikes(spikes[:9])
    assert BY_ID["split"].button_text(session) == "Split 9"
    assert BY_ID["split"].tooltip(session) == "Split 9 spikes off 3 (K)"
    assert do("split", context)
    assert manager.spikes(8).tolist() == spikes[:9].tolist()


def test_a_click_on_a_spike_of_another_cluster_offers_no_split_and_a_lasso_of_such_spikes_does(context):
    session = context.session
    session.selection.select([3])
    others = session.manager.spikes(4)
    session.selection.select_spikes(others[:1])
    assert BY_ID["split"].refusal(session) == (
        "This spike belongs to cluster 4, which is not selected; Ctrl+click adds it."
    )
    assert BY_ID["split"].button_text(session) == "Split"
    assert not do("split", context)
    session.selection.select_spikes(others[:2])  # as a frozen view does
    assert BY_ID["split"].button_text(session) == "Split 2"
    assert do("split", context)


def test_a_lasso_around_all_of_both_selected_clusters_splits_nothing(context):
    session = context.session
    session.selection.select([3, 4])
    session.selection.select_spikes([*session.manager.spikes(3), *session.manager.spikes(4)])
    assert "clusters 3 and 4; nothing would be split" in BY_ID["split"].refusal(session)


@pytest.mark.parametrize(("which", "moved"), [("all", {3, 4, 5}), ("best", {3}), ("similar", {4, 5})])
def test_moves_go_to_the_clusters_they_name(context, which, moved):
    context.session.selection.select([3, 4, 5])
    assert do(f"move_{which}_good", context)
    assert {c for c, group in context.session.manager.cluster_groups.items() if group == "good"} == moved | {0}


def test_moving_says_how_many_and_the_other_key(context):
    context.session.selection.select([3, 4, 5])
    assert BY_ID["move_all_good"].tooltip(context.session) == (
        "Move the 3 selected clusters to good (Ctrl+Alt+G); best only: Alt+G"
    )


def test_undo_and_redo_name_the_edit(context):
    session = context.session
    assert BY_ID["undo"].tooltip(session) == "Undo (Ctrl+Z). Nothing more to undo."
    session.merge([5, 7])
    assert BY_ID["undo"].tooltip(session) == "Undo: merge 5 and 7 (Ctrl+Z)"
    assert do("undo", context)
    assert BY_ID["redo"].tooltip(session) == "Redo: merge 5 and 7 (Ctrl+Shift+Z)"
    session.move([5], "good")
    assert BY_ID["undo"].tooltip(session) == "Undo: move 5 to good (Ctrl+Z)"


def test_save_only_when_dirty_and_to_a_copy_where_the_file_is_read_only(context):
    session = context.session
    assert BY_ID["save"].refusal(session) == "Everything is saved."
    session.merge([3, 4])
    assert BY_ID["save"].tooltip(session) == "Save 1 edit to memory.kwik (Ctrl+S)"
    assert do("save", context)
    assert context.calls == ["save"]
    session.store.can_save = False
    assert BY_ID["save"].button_text(session) == "Save a copy…"
    assert BY_ID["save"].tooltip(session) == "Save a copy with 1 edit; memory.kwik cannot be saved to (Ctrl+S)"
    session.store.read_only = True
    assert BY_ID["save"].refusal(session) == "memory.kwik is open read-only; there is nothing to save."


def test_where_edits_are_not_kept_none_is_offered_and_that_is_said_in_the_status_bar(context):
    session = context.session
    session.selection.select([3, 4])
    session.store.can_save = False
    assert BY_ID["merge"].refusal(session) is None  # a folder that cannot be written to: the journal is elsewhere
    session.store.read_only = True
    reason = "memory.kwik is open read-only; it cannot be edited."
    edits = [action for action in ACTIONS if action.section in ("Edit", "Move")]
    assert {action.refusal(session) for action in edits} == {reason}
    assert not do("merge", context)
    assert (context.said, context.complaints) == ([reason], [])
    assert BY_ID["merge"].tooltip(session) == f"Merge (G). {reason}"


def test_next_and_previous_best_follow_the_list(context):
    context.order = [6, 3, 5, 1]
    selection = context.session.selection
    for action_id, expected in (
        ("first_best", 6), ("next_best", 3), ("next_best", 5), ("next_best", 1), ("next_best", 1),
        ("previous_best", 5), ("first_best", 6), ("previous_best", 6), ("last_best", 1),
    ):  # fmt: skip
        assert do(action_id, context)
        assert selection.clusters == (expected,)


def test_where_every_row_is_folded_away_keys_go_nowhere_and_say_so(context, monkeypatch):
    monkeypatch.setattr(context, "listed_clusters", list)
    before = context.session.selection.clusters
    for action_id in ("first_best", "last_best", "next_best", "previous_best"):
        do(action_id, context)
    assert context.session.selection.clusters == before
    assert context.said == ["All clusters of the list are folded or skipped."] * 4


def test_space_walks_through_the_candidates_and_back(context):
    session = context.session
    session.start_wizard()
    first = session.selection.clusters
    assert len(first) == 2
    assert do("next_candidate", context)
    second = session.selection.clusters
    assert second[0] == first[0]
    assert second[1] != first[1]
    assert do("previous_candidate", context)
    assert session.selection.clusters == first


def test_backspace_drops_the_similar_clusters(context):
    selection = context.session.selection
    selection.select([3, 4, 5], n_best=2)
    assert do("drop_similar", context)
    assert selection.clusters == (3, 4)
    assert not do("drop_similar", context)


def test_an_edit_that_changes_nothing_is_said_not_shouted(context):
    context.session.selection.select([0])
    assert not do("move_best_good", context)
    assert context.complaints == []
    assert context.said == ["Cluster 0: already in good."]


def test_without_a_session_every_action_invites_to_open_one(context):
    empty = RecordingContext(None)
    assert not do("merge", empty)
    assert empty.said == ["Open a Kwik file to begin: File > Open, or drop it here."]


def test_an_unexpected_error_is_told_and_does_not_escape(context):
    def fail(context):
        raise RuntimeError("a plugin")

    context.session.selection.select([3, 4])
    assert not perform(replace(BY_ID["merge"], run=fail), context)
    assert context.complaints == ["Merge failed unexpectedly: RuntimeError. See the log for details."]


def test_an_edit_that_a_listener_cannot_follow_is_done(context, listener_errors):
    def listener(update):
        raise RuntimeError("a plugin")

    context.session.manager.changed.connect(listener)
    context.session.selection.select([3, 4])
    assert perform(BY_ID["merge"], context)
    assert len(listener_errors) == 1
    assert "a plugin" in listener_errors.pop()
    assert context.complaints == []


def test_the_wizard_is_shown_and_proposes(context):
    assert do("wizard", context)
    assert context.calls == ["wizard"]
    assert context.session.selection.clusters == context.session.wizard.place != ()


def test_a_pause_keeps_the_place_and_a_start_goes_on_there(context):
    session = context.session
    session.start_wizard()
    do("next_candidate", context)
    place = session.wizard.place
    assert BY_ID["pause_wizard"].button_text(session) == "Pause"
    assert do("pause_wizard", context)
    assert session.wizard.is_paused
    assert BY_ID["pause_wizard"].button_text(session) == "Start"
    assert do("pause_wizard", context)
    assert (session.wizard.best, session.wizard.candidate) == place == session.selection.clusters
    assert context.said == [
        messages.WIZARD_PAUSED,
        "The wizard continues.",
    ]


def test_at_the_end_of_a_filtered_list_it_is_told_that_there_are_others(context):
    session = context.session
    session.start_wizard()
    session.listed.show("id == 4", [4])
    session.wizard.reset()
    while not context.said:
        do("next_candidate", context)
    assert session.wizard.best == 4
    assert context.said == [
        "All clusters that match the filter are decided or skipped. Clear it to see the others.",
    ]


def test_where_the_filter_matches_nothing_the_wizard_proposes_nothing_and_says_so(context):
    session = context.session
    session.selection.select([4])
    session.listed.show("id > 99", [])
    for action_id in ("next_candidate", "reset_wizard", "pause_wizard", "pause_wizard"):
        assert do(action_id, context)
        assert session.selection.clusters == (4,)
    nothing = "No cluster matches. Clear the filter (Esc)."
    assert context.said == [nothing, nothing, messages.WIZARD_PAUSED, nothing]
    session.pause_wizard()
    assert do("wizard", context)
    assert context.said[4:] == [nothing]
    session.listed.show_all()
    assert do("next_candidate", context)
    assert session.selection.clusters == session.wizard.place
    assert session.wizard.best == next(iter(session.wizard))  # from the beginning, none passed over


def test_at_the_end_it_is_told_how_many_were_skipped_and_they_can_be_reviewed(context):
    session = context.session
    assert not do("review_skipped", context)
    assert context.said == ["No undecided cluster was skipped."]
    session.start_wizard()
    first = session.wizard.best
    session.move([4, 5, 6], "good")
    while not session.wizard.is_finished:
        do("next_candidate", context)
    assert context.said[1:] == ["All 8 clusters are decided. 2 were skipped."]
    assert do("review_skipped", context)
    assert session.selection.clusters == session.wizard.place
    assert session.manager.group(session.wizard.best) == "unsorted"
    assert do("reset_wizard", context)
    assert session.wizard.history == []
    assert first in session.manager
