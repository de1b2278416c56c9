"""The messages of the program: one sentence for each thing that happened or is about to."""

from collections.abc import Iterable, Mapping, Sequence

from napari_phy.core.sentences import listed, on_one_line
from napari_phy.files.atomic import format_bytes
from napari_phy.table.numbers import format_count, format_number
from napari_phy.timeline import TimeBase
from napari_phy.timeline.frame_counts import MOST_DOUBT
from napari_phy.views.events import Event
from napari_phy.views.time_words import range_words, read_range, read_time

EMPTY_WORKSPACE = "Open a Kwik file to begin: File > Open, or drop it here."
NO_EVENTS = "This data set has no events."
HOW_TO_GET_EVENTS = (
    "Read a table of trials, such as events.tsv of BIDS, draw epochs, or add crossings of a cell's trace in Imaging."
)
NO_PICTURE = "No image is open. Open a picture or a stack beside the recording to place the probe in it."
PIXEL_NOT_KNOWN = "The image does not say how large a pixel is: type it in Pixel (µm)."
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
COMPARING_CLOCKS = "Comparing pulses with frames…"
NO_TIME_AXIS = "No layer has an axis of time. Open an image stack or a film beside the recording."
NO_PULSES_FIT = "No line of the file has pulses that may be these frames. Choose where else the times are from."
CHOOSE_TIMES = {"file": "Choose a .csv, .tsv, .txt or .npy with the times of frames or pulses."}
CANVAS_LEFT = "Traces and spikes make room for the image stack until it is removed."
CANVAS_TAKEN = "Traces and spikes are in the canvas again."
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

COMPARING_MOVIE = "Comparing spikes with the movie…"
MOVIE_CANCELLED = "Cancelled. Nothing was changed."
COMPARED_IS_GONE = "Cancelled: the movie, its clock, its cells or a cluster is not there any more."
NEED_MOVIE = "Open an image stack with an axis of time."
NEED_CELLS = "Choose labels or shapes as cells, or open those of suite2p, CaImAn or a TIFF."
READING_CELL = "Reading one cell of the movie…"
POINT_AT_CELL = "Point at a cell in the image to see its ΔF/F."
ASK_TO_COMPARE = "Compare cells tests which cells follow the selected clusters."
NOT_COMPARED = "The selected clusters were not compared yet: press Compare cells."
NO_ROW_TIMES = "The clock of this movie has no times of rows: Link time gives them."


def cell_progress(cell: int, percent: int) -> str:
    """Return how far one cell is read."""
    return f"Reading cell {cell}: {percent} %"


def needs_clock(name: str) -> str:
    """Return what a movie lacks."""
    return f"{on_one_line(name)} has no clock yet: Link time gives it one."


def cells_read(program: str, n_cells: int, n_found: int, problems: Sequence[str]) -> str:
    """Return the sentence for cells that were read."""
    of = "" if n_cells == n_found else f" of {format_number(n_found)}"
    return " ".join([f"Read {format_number(n_cells)}{of} cells of {program}.", *problems])


def results_hidden(names: Sequence[str]) -> list[str]:
    """Return the sentence on results of a movie that others took the place of, none where there are none."""
    if not names:
        return []
    what = on_one_line(names[0]) if len(names) == 1 else f"{len(names)} other results"
    return [f"Hidden now: {what}; the layer list shows {'it' if len(names) == 1 else 'them'} again."]


def clock_proposed(name: str, words: str, base: TimeBase) -> str:
    """Say which clock a stack seems to have, or may have where all of its frames are doubtful."""
    return f"{on_one_line(name)} {'may fit' if base.doubt.min() >= MOST_DOUBT else 'fits'} {words}."


def linked_by(name: str, base: TimeBase) -> str:
    """Say by what a layer is linked, and how sure its clock is."""
    doubtful = int(base.is_doubtful.sum())
    doubts = f" {format_count(doubtful, 'frame')} may be off; they are hatched." if doubtful else ""
    start_s, stop_s = (format_number(edge, 3) for edge in base.range_s)
    row_s = base.row_interval_s
    rows = "" if row_s is None else f", rows {1e3 * row_s:.6g} ms apart"
    when = f"{start_s}–{stop_s} s, {format_number(base.rate_hz, 3)} frames a second{rows}"
    return f"{on_one_line(name)} is linked by {on_one_line(base.source)}: {when}.{doubts}"


def rows_too_slow(n_rows: int, row_ms: float, base: TimeBase) -> str:
    """Say that the rows of a frame take longer than the frame."""
    return (
        f"{n_rows} rows of {row_ms:g} ms are {n_rows * row_ms:.4g} ms, a frame is {1e3 * base.interval_s:.4g} ms. "
        "Give the time from a row to the next one."
    )


def not_linked_again(name: str, reason: str) -> str:
    """Say that a layer could not be put on the clock that was kept for it."""
    return f"{on_one_line(name)} was linked to this data set, and is not now. {reason}"


def epoch_being_drawn(start_s: float, stop_s: float) -> str:
    """Say which stretch of time an epoch would have."""
    return f"An epoch from {start_s:.3f} to {stop_s:.3f} s, {stop_s - start_s:.3f} s long."


def epoch_drawn(start_s: float, stop_s: float) -> str:
    """Say that an epoch was drawn, and where its name can be changed."""
    return f"Epoch from {start_s:.3f} to {stop_s:.3f} s. Right-click it to rename or remove it."


def crossings_added(name: str, n: int) -> str:
    """Say that crossings of a trace are events now, and where they are shown."""
    return f"Added {format_count(n, 'event')}, {on_one_line(name)}: PSTH shows them."


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


NO_FEATURES = "Spikes have no features, by which they could be clustered."
LEAST_IS_MORE = "There cannot be more at least than at most."
RECLUSTER_EXPLANATION = "By masked EM on their features. You see what comes of it before anything is changed."
CHANGED_MEANWHILE = "These clusters were changed meanwhile. Nothing was changed."


def recluster_question(clusters: Sequence[int]) -> str:
    """Return the question how clusters are to be clustered anew."""
    return f"Cluster the spikes of {listed(clusters)} anew"


def reclustering(clusters: Sequence[int]) -> str:
    """Return what is shown while clusters are clustered anew."""
    return f"Clustering {listed(clusters)} anew…"


def reclustered(clusters: Sequence[int], n_found: int) -> str:
    """Return what clusters would become."""
    return f"{listed(clusters)} would be {format_count(n_found, 'cluster')}"


def reclustered_sizes(sizes: Sequence[int], n_noise: int) -> str:
    """Return how many spikes there would be in each of them."""
    counts = listed(map(format_number, sorted(sizes, reverse=True)), 8)
    noise = f" Noise would have {format_count(n_noise, 'spike')}." if n_noise else ""
    return f"They would have {counts} spikes.{noise} Features shows each in a colour of its own."


def found_as_they_are(clusters: Sequence[int]) -> str:
    """Return that a cluster is found as it is."""
    return f"{listed(clusters)} is found as it is. Nothing was changed."


CHOOSE_RAW = (
    "Choose a .prm, or raw data and their probe. What detection finds is seen below before anything is written."
)
NAME_RESULT = "Name the .kwik to write, under Save as."
LOOKING_FOR_SPIKES = "Measuring the noise, and looking for spikes…"
SORTING, DETECTING = "Detecting and clustering spikes…", "Detecting spikes…"


def sorting_progress(stage: str, fraction: float, time_left_s: float | None) -> str:
    """Return how far a job is: `Detecting spikes: 42 %, about 20 s left`."""
    left = "" if time_left_s is None else f", about {format_number(max(1, time_left_s))} s left"
    return f"{stage}: {int(100 * fraction)} %{left}"


def sorted_spikes(n_spikes: int, n_clusters: int | None, name: str) -> str:
    """Return what was found and where it is; None clusters where spikes were detected only."""
    if not n_spikes:
        return f"No spike was found; {name} is empty and is not opened. Lower the strong threshold."
    clusters = "" if n_clusters is None else f" in {format_count(n_clusters, 'cluster')}"
    return f"Found {format_count(n_spikes, 'spike')}{clusters}: {name}."


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


def read_only(name: str) -> str:
    """Return why a data set cannot be saved."""
    return f"{name} is read-only. Edits are kept in the journal; save a copy to keep them in a file."


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
