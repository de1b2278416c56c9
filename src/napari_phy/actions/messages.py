"""The messages of the program: one sentence for each thing that happened or is about to."""

from collections.abc import Iterable, Mapping, Sequence

from napari_phy.core.sentences import listed, on_one_line
from napari_phy.files.atomic import format_bytes
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.events import Event
from napari_phy.views.time_words import range_words, read_range, read_time

EMPTY_WORKSPACE = "Open a Kwik file to begin: File > Open, or drop it here."
NO_EVENTS = "This data set has no events."
HOW_TO_GET_EVENTS = (
    "Read a table of trials, such as events.tsv of BIDS, draw epochs, or add crossings of a cell's trace in Imaging."
)
NO_CLUSTERS = "This clustering has no clusters."
NO_ROW_TO_GO_TO = "All clusters of the list are folded or skipped."
NO_MATCH = "No cluster matches. Clear the filter (Esc)."
REST_WORKS = "Everything else works."
UNCHANGED = "The list is unchanged."
NEED_TWO_CLUSTERS = "Select two or more clusters to merge."
NEED_CLUSTER = "Select one or more clusters first."
NO_OWN_COLOR = "None of the selected clusters has a colour of its own."
NEED_SIMILAR = "Choose one or more clusters in Similar first."
NOTHING_SKIPPED = "No undecided cluster was skipped."
LIST_IS_DONE = "All clusters that match the filter are decided or skipped. Clear it to see the others."
NOTHING_LEFT = "Nothing is left to propose. Click rows in Clusters and Similar to compare clusters."
CANDIDATE_COMES = "A candidate is proposed as soon as the features are read."
COMPARE_BY_CLICK = "Ctrl+click a row in Clusters, to compare it with this cluster."
WIZARD_PAUSED = "The wizard is paused: it keeps its place and proposes nothing. Next candidate starts it again."
WIZARD_STARTED = "The wizard continues."
NO_CUT = "No two clouds were found in this cluster, by amplitude, features or time."
FINDING_PROPOSALS = "Looking for proposals…"
PROPOSALS_COME = "Proposals are looked for as soon as they are read."
PROPOSALS_NEED_FEATURES = "Proposals need the features, which are not read."
PROPOSALS_FAILED = "Proposals could not be computed."
NOT_LOOKED_YET = (
    "Nothing was looked for yet. Clusters to merge, to split, and noise are proposed, each with its reasons."
)
NOTHING_PROPOSED = "Nothing is proposed. A smaller least score in Settings… proposes more."
ALL_PROPOSALS_DECIDED = "All proposals are decided."
NOTHING_REJECTED = "No proposal was rejected since opening."
NONE_OF_KIND = "No proposal of this kind is left."
NO_PROPOSALS = "Nothing is proposed; Find proposals looks for some."
LOOK_AT_PROPOSAL = "Choose a row in Proposals first."
NO_EDIT = "Undo does not take this back; Reconsider in the list Rejected does."
IS_REJECTED = "This proposal is rejected; Reconsider proposes it again."
NEED_GROUP = "A cluster can be taken out of a proposed merge of three or more."
NO_MORE_SIMILAR = "There is no further similar cluster."
NEED_LASSO = "Draw a lasso around some spikes to split."
NOTHING_TO_UNDO = "Nothing more to undo."
NOTHING_TO_REDO = "Nothing more to redo."
READ_ONLY = "read-only"
ONE_SHANK = "This file has one shank."
NOTHING_TO_SAVE = "Everything is saved."
SAVING = "Saving…"
SAVE_COPY = "Save a copy"
EDITS_STAY = "Unsaved edits stay in the journal and return the next time."
OPEN_AGAIN = "Open again"
READ_BY = {"number": "Read by number", "text": "Read in the order of text", "place": "Read by place"}
USE_EDITS = "Use here"
LOCATED_AFTER_SWITCH = "Another channel group or clustering was opened meanwhile. Locate the raw data again."
RAW_WHERE_WIDE = "The canvas shows raw traces: filters act on 10 s and less. Zoom in, or choose Raw."
HOW_TO_GET_EPOCHS = "None yet: give a time range a name to keep it as one"
KEEP_AS_EPOCH = "a name, if it is to be kept"
EPOCH_NAMES = "Epochs of the same name belong together: a state, a drug, a kind of trial."
SUMMARISING = "Summarising the traces…"
STORING_FEATURES = "Storing features by column…"
READING_FEATURES = "Reading features…"
COMPARING = "Comparing clusters…"
READING_PLACES = "Reading spike positions…"
READING_CANCELLED = "Reading features was cancelled. Nothing was changed."
HIDDEN_GROUPS = "noise and MUA hidden"
SHOWN_GROUPS = "noise and MUA shown"
OTHERS_HIDDEN = f"All other clusters are noise or MUA. Click “{HIDDEN_GROUPS}” below to see them."
NO_OTHER_CLUSTER = "There is no other cluster to compare it with."
NO_FEATURES = "Spikes have no features, by which they could be clustered."


def epoch_being_drawn(start_s: float, stop_s: float) -> str:
    """Say which stretch of time an epoch would have."""
    return f"An epoch from {start_s:.3f} to {stop_s:.3f} s, {stop_s - start_s:.3f} s long."


def epoch_drawn(start_s: float, stop_s: float) -> str:
    """Say that an epoch was drawn, and where its name can be changed."""
    return f"Epoch from {start_s:.3f} to {stop_s:.3f} s. Right-click it to rename or remove it."


def epoch_removed(name: str) -> str:
    """Say that an epoch was removed."""
    return f"The epoch {on_one_line(name)} was removed."


def edits_not_taken(name: str, reason: str) -> str:
    """Return the sentence for edits that were left behind and cannot be copied."""
    return f"The edits cannot be used for {name}: {reason.rstrip('.')}. Nothing was changed."


def parted(words: str) -> tuple[str, str]:
    """Return the first sentence of a message, and what it says then."""
    sentence, dot, rest = words.partition(". ")
    return sentence + dot.strip(), rest


def wizard_idle(key: str) -> str:
    """Return how the wizard goes on while nothing is selected; `key` shows the first undecided cluster."""
    return f"{key or 'Wizard in the toolbar'} goes to the first undecided cluster."


def cut_shown(words: str, separation: float, split_key: str, leave_key: str) -> str:
    """Return what the cut is that is shown, and what the keys do."""
    apart = f"{words}, {separation:.1f} standard deviations apart."
    split = f"{split_key or 'Split'} splits off the smaller one, which is marked in Features and Amplitude."
    return f"{apart} {split} {leave_key or 'Next candidate'} leaves the cluster as it is."


def no_candidate(key: str) -> str:
    """Return how a cluster gets a candidate beside it; `key` proposes the next one."""
    press = f"Press {key}, or click" if key else "Click"
    return f"{press} a row in Similar, to compare it with another cluster."


def proposals_read(name: str, n: int) -> str:
    """Return the status sentence after proposals of another program were read."""
    if not n:
        return f"Nothing of {on_one_line(name)} can be proposed: its clusters are not there, or were decided."
    return f"Read {format_count(n, 'proposal')} of {on_one_line(name)}."


def proposals_written(name: str, n: int) -> str:
    """Return the status sentence after proposals were written for another program."""
    return f"Wrote {format_count(n, 'proposal')} to {on_one_line(name)}."


def not_selected(cluster: int) -> str:
    """Return why the spike that was clicked cannot be split off."""
    return f"This spike belongs to cluster {cluster}, which is not selected; Ctrl+click adds it."


def event(found: Event) -> str:
    """Return `Event: messages “dark”, at 9.600 s.` of an event."""
    return f"Event: {found.words}, at {format_number(found.time_s, 3)} s."


def density(metric: str, limit: float) -> str:
    """Return `The canvas shows all spikes: up to 98 per second and channel.`, what the brightest colour stands for."""
    if metric == "amplitude":
        return f"The canvas shows all spikes: mean amplitudes (features) up to {format_number(limit)}."
    return f"The canvas shows all spikes: up to {format_number(limit)} per second and channel."


def how_to_select(key: str) -> str:
    """Return how a cluster is selected, by a click or by the key of the first one if there is such a key."""
    return "Click a row in Clusters" + (f", or press {key}." if key else ".")


def filtered(n_listed: int, n_all: int) -> str:
    """Return `8 of 22 clusters are listed.` after a filter was set or cleared."""
    if n_listed == n_all:
        return f"All {format_count(n_all, 'cluster')} are listed."
    return f"{format_number(n_listed)} of {format_count(n_all, 'cluster')} {'is' if n_listed == 1 else 'are'} listed."


def hidden_by_filter(clusters: Sequence[int]) -> str:
    """Return `20 is selected, but hidden by the filter.`."""
    return f"{listed(clusters)} {'is' if len(clusters) == 1 else 'are'} selected, but hidden by the filter."


def opened(name: str, n_clusters: int, n_spikes: int, n_channels: int) -> str:
    """Return the sentence for a data set that was just opened."""
    counts = (format_count(n_clusters, "cluster"), format_count(n_spikes, "spike"), format_count(n_channels, "channel"))
    return f"Opened {name}: {', '.join(counts)}."


def open_already(name: str) -> str:
    """Return the sentence for a data set that was asked for again."""
    return f"{name} is open already."


def place(channel_group: int, clustering: str) -> str:
    """Return a part of a data set in words: `shank 1, main`."""
    return f"shank {channel_group}, {clustering}"


def switched(place: str, n_clusters: int, n_spikes: int) -> str:
    """Return the sentence for another part of the data set that was just opened."""
    return f"Opened {place}: {format_count(n_clusters, 'cluster')}, {format_count(n_spikes, 'spike')}."


def edits_wait(n_edits: int, place: str) -> str:
    """Return where the unsaved edits of a clustering are that was left."""
    return f"{format_count(n_edits, 'unsaved edit')} of {place} {'waits' if n_edits == 1 else 'wait'} in the journal."


def also_saved(waiting: Mapping[tuple[int, str], int]) -> str:
    """Return where unsaved edits are besides those of what is open: `, with 2 of shank 1, main`; "" if nowhere."""
    return "".join(f", with {format_number(n_edits)} of {place(*where)}" for where, n_edits in waiting.items())


def waiting_elsewhere(waiting: Mapping[tuple[int, str], int]) -> str:
    """Return which unsaved edits are not of what is open, a line each."""
    return "\n".join(f"{format_count(n_edits, 'edit')} of {place(*where)}" for where, n_edits in waiting.items())


def clustering_copied(name: str, copy: str) -> str:
    """Return the status sentence after a clustering was copied."""
    return f"Copied {name} to {copy}; {name} stays open."


def clustering_renamed(name: str, new: str) -> str:
    """Return the status sentence after a clustering was renamed."""
    return f"Renamed the clustering {name} to {new}."


def clustering_deleted(name: str) -> str:
    """Return the status sentence after a clustering was deleted."""
    return f"Deleted the clustering {name}."


def action_failed(title: str, error: BaseException) -> str:
    """Return the notification when an action failed unexpectedly."""
    return f"{title} failed unexpectedly: {type(error).__name__}. See the log for details."


def locate(names: Sequence[str]) -> str:
    """Return the title of the dialog that asks where raw data are."""
    return f"Locate {listed(names, limit=4) or 'raw data'}"


def located(names: Iterable[str]) -> str:
    """Return the status sentence when raw data were found."""
    return f"Waveforms and traces are read from {listed(names, limit=4)}."


def copy_saved(name: str, copy: str) -> str:
    """Return the status sentence after a copy was saved."""
    return f"Saved a copy of {name} to {copy}."


def nothing_to_save(name: str) -> str:
    """Return why nothing can be saved of a data set in which no edits are kept."""
    return f"{name} is open read-only; there is nothing to save."


def not_editable(name: str) -> str:
    """Return why nothing can be edited in a data set in which no edits are kept."""
    return f"{name} is open read-only; it cannot be edited."


def unsaved(n_edits: int, *, short: bool = False) -> str:
    """Return `3 unsaved edits`, or `3 unsaved` where room is short."""
    return f"{format_number(n_edits)} unsaved" if short else format_count(n_edits, "unsaved edit")


def saved(n_edits: int, name: str) -> str:
    """Return the status sentence after saving."""
    return f"Saved {format_count(n_edits, 'edit')} to {name}."


def discard_newer(n_edits: int, n_newer: int) -> tuple[str, str]:
    """Return the question before edits go that were made since opening, and what explains it."""
    if n_edits == n_newer:
        which = f"{format_count(n_edits, 'edit')}, made since opening"
    else:
        which = f"all {format_number(n_edits)} edits, {format_number(n_newer)} of them made since opening"
    return f"Discard {which}?", f"{_back_by(n_edits, is_undone=True)}."


def discarded(n_edits: int, *, is_undone: bool) -> str:
    """Return the status sentence once all unsaved edits were discarded: undone, or redone where undo was not saved."""
    if not n_edits:
        return NOTHING_TO_SAVE
    return f"Discarded {format_count(n_edits, 'edit')}. {_back_by(n_edits, is_undone=is_undone)}."


def _back_by(n_edits: int, *, is_undone: bool) -> str:
    return f"{'Redo' if is_undone else 'Undo'} brings {'it' if n_edits == 1 else 'them'} back"


def opening(place: str) -> str:
    """Return what is said while another part of the data set is opened."""
    return f"Opening {place}…"


def busy_with(work: str) -> str:
    """Return why something has to wait, as `Saving… Try again in a moment` does."""
    return f"{work} Try again in a moment."


def cancelled(work: str) -> str:
    """Return the sentence after work was cancelled."""
    return f"{work.rstrip('…')} was cancelled. Nothing was changed."


def percent_of(work: str, percent: int) -> str:
    """Return how far work is: `Reading features: 42 %` for `Reading features…`."""
    return f"{work.rstrip('…')}: {percent} %"


def opening_cancelled(name: str) -> str:
    """Return what is said when a data set is not opened after all."""
    return f"Opening {name} was cancelled. Nothing was changed."


def save_failed(cause: object, n_edits: int) -> str:
    """Return the notification for a save that failed."""
    reason = str(cause).rstrip(".") or "the file could not be written"
    edits = "your edit stays" if n_edits == 1 else f"your {format_number(n_edits)} edits stay"
    return f"Could not save: {reason}. Nothing was changed; {edits} in the journal."


def spikes_of_whole(n_spikes: int, range_s: tuple[float, float] | None) -> str:
    """Return `908 spikes`, or `908 spikes in total` while views use only those of a time range."""
    return f"{format_count(n_spikes, 'spike')}{'' if range_s is None else ' in total'}"


def selection_state(clusters: Sequence[int], n_spikes: int, range_s: tuple[float, float] | None) -> str:
    """Return the status text of a selection: `20, 22, 7 selected · 908 spikes`."""
    if not clusters:
        return "Nothing selected"
    shown = ", ".join(map(str, clusters[:8])) + (", …" if len(clusters) > 8 else "")
    return f"{shown} selected   ·   {spikes_of_whole(n_spikes, range_s)}"


def place_problem(text: str, duration_s: float, n_spikes: int) -> str:
    """Return why a text is neither a time nor a spike of a recording, or ""."""
    if text.startswith("#"):
        spike = text[1:]
        known = spike.isascii() and spike.isdigit() and int(spike) < n_spikes
        return "" if known else f"Spikes are #0 to #{n_spikes - 1}."
    time_s = read_time(text)
    if time_s is None:
        return f"{text} is not a time: enter 12.5, or 1:02.5 for minutes and seconds."
    return f"The recording ends at {format_number(duration_s, 3)} s." if time_s > duration_s else ""


def range_problem(text: str, duration_s: float) -> str:
    """Return why a text is no range of a recording's time, or ""."""
    found = read_range(text)
    if found is None:
        return f"{text} is not a range of time: enter its start and end, as in 10 – 12.5 or 1:00 – 2:00."
    return ends_problem(*found, duration_s)


def ends_problem(start_s: float, stop_s: float, duration_s: float) -> str:
    """Return why there is nothing of a recording between two times, or ""."""
    if start_s >= duration_s:
        return f"The recording ends at {format_number(duration_s, 3)} s."
    return "" if start_s < stop_s else "The end has to be later than the start."


def times_used(range_s: tuple[float, float] | None) -> str:
    """Return which spikes views use."""
    if range_s is None:
        return "Views use the spikes of the whole recording."
    return f"Views use only the spikes of {range_words(range_s)}."


def feature_store_offered(name: str, n_bytes: int) -> str:
    """Return what a store of features takes and gives."""
    size = format_bytes(n_bytes)
    return f"Views of features of {name} are fast once these are stored by column, which takes up to {size}."


def summary_offered(name: str, n_bytes: int) -> str:
    """Return what a summary of the traces takes and gives."""
    size = format_bytes(n_bytes)
    return f"Moving through all of {name} is fast once a summary of its traces is stored, which takes {size}."
