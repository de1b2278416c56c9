"""Moving through a data set: along the time line, and through the proposals of the wizard."""

import numpy as np
import numpy.typing as npt

from napari_phy.actions import messages
from napari_phy.core.errors import ClusteringError
from napari_phy.core.wizard import HIDDEN_GROUPS
from napari_phy.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.drawn_spikes import all_spikes
from napari_phy.views.events import Event, next_event
from napari_phy.views.time_words import read_time
from napari_phy.views.violations import violating_spikes
from napari_phy.views.wizard_review import compute_progress


def turn_page(session: Session, step: int) -> None:
    """Show the next page of the traces, or the previous one for a step of −1."""
    start_s, stop_s = session.time.shown_s
    shift = step * (stop_s - start_s)
    session.time.show(start_s + shift, stop_s + shift)
    session.time.move_to(sum(session.time.shown_s) / 2)


def go_to_time(session: Session, time_s: float) -> None:
    """Look at a moment, or at the end of the time line that is nearest, in the middle of what is shown."""
    time_s = min(max(0.0, time_s), session.time.duration_s)
    start_s, stop_s = session.time.shown_s
    half = (stop_s - start_s) / 2
    session.time.show(time_s - half, time_s + half)
    session.time.move_to(time_s)


def go_to_spike(session: Session, step: int) -> None:
    """Go to the next spike of the selection (the previous one for a step of −1) and select it.

    Raises
    ------
    ClusteringError
        There is none in that direction.
    """
    _select(session, next_spike(session.shown, session.selection.clusters, session.time.time_s, step), "spike")


def go_to_violation(session: Session, step: int = 1) -> None:
    """Go to the next spike of the selection within the refractory time of the one before it, and select it.

    Raises
    ------
    ClusteringError
        There is none in that direction.
    """
    found = next_violation(session.shown, session.selection.clusters, session.time.time_s, step)
    _select(session, found, "refractory violation")


def go_to_event(session: Session, step: int = 1) -> Event:
    """Go to the next event, and return it.

    Raises
    ------
    ClusteringError
        There is none in that direction, or the data set has none.
    """
    found = next_event(session, session.time.time_s, step)
    if found is None:
        raise ClusteringError("There is no further event." if session.model.events else "The data set has no events.")
    go_to_time(session, found.time_s)
    return found


def go_to(session: Session, text: str) -> None:
    """Go to a moment, "12.5" or "1:02.5", or to a spike, "#4113", which is then selected."""
    if text.startswith("#"):
        _select(session, int(text[1:]), "spike")
    else:
        time_s = read_time(text)
        if time_s is None:
            raise ClusteringError(f"{text} is not a time such as 12.5, 1:02.5 or 1:00:02.5.")
        go_to_time(session, time_s)


def _select(session: Session, spike: int | None, what: str) -> None:
    if spike is None:
        raise ClusteringError(f"There is no further {what} of the selected clusters.")
    go_to_time(session, float(session.model.spike_samples[spike]) / session.model.sample_rate)
    session.selection.select_spikes([spike])


def next_spike(session: SessionLike, clusters: tuple[int, ...], time_s: float, step: int = 1) -> int | None:
    """Return the spike of the clusters after a moment (before it for a step of −1), or None at the end."""
    return _next(session, all_spikes(session, clusters), time_s, step)


def next_violation(session: SessionLike, clusters: tuple[int, ...], time_s: float, step: int = 1) -> int | None:
    """Return the next spike that comes within the refractory time after another one of the same cluster, or None."""
    return _next(session, violating_spikes(session, clusters), time_s, step)


def _next(session: SessionLike, spikes: npt.NDArray[np.int64], time_s: float, step: int) -> int | None:
    samples = session.model.spike_samples[spikes]
    now = round(time_s * session.model.sample_rate)
    place = np.searchsorted(samples, now, side="right") if step > 0 else np.searchsorted(samples, now) - 1
    return int(spikes[place]) if 0 <= place < len(spikes) else None


def go_on(session: Session) -> str:
    """Propose the next candidate, a cut or the next best cluster; return what to say when there is none, or "".

    While nothing is selected, that is the pair under review.
    """
    wizard = session.wizard
    before = wizard.place, wizard.cut
    wizard.start()
    if (wizard.place, wizard.cut) == before and session.selection.clusters:
        wizard.next()
    session.select_proposed()
    if session.listed.clusters == frozenset():
        return messages.NO_MATCH
    if wizard.is_finished:
        return compute_progress(session.manager, wizard.skipped).words
    return messages.LIST_IS_DONE if (wizard.place, wizard.cut) == before and session.listed.text else ""


def needs_cut_to_go_on(session: Session) -> bool:
    """Return whether `go_on` would look for a cut of the best cluster, which is not known yet."""
    wizard = session.wizard
    if wizard.best is None or wizard.cut is not None or wizard.is_one(wizard.best) or not session.selection.clusters:
        return False
    return wizard.coming is None and wizard.best in session.listed and not session.opened.cuts.knows(wizard.best)


def go_back(session: Session) -> None:
    """Propose again what was proposed before."""
    session.wizard.start()
    session.wizard.previous()
    session.select_proposed()


def show_cut(session: Session) -> str:
    """Show where the best cluster may be cut; return what to say when it has no two clouds, or ""."""
    best = session.selection.best[:1]
    if best and session.wizard.best != best[0]:
        session.wizard.look_at(best[0])
    return "" if session.propose_cut() else messages.NO_CUT


def needs_cut_to_show(session: Session) -> bool:
    """Return whether `show_cut` would look for a cut that is not known yet."""
    return not session.opened.cuts.knows(session.selection.best[0])


def select_similar(session: Session, n: int, *, goes_on: bool = False) -> None:
    """Select the n clusters most like the best one beside it, or the n that follow those that are selected.

    Left out are noise, MUA and what the list does not show.

    Raises
    ------
    ClusteringError
        There is none.
    """
    selection, group_of = session.selection, session.manager.group
    ranked = [
        cluster
        for cluster, _ in session.similar_to(selection.best[0])
        if cluster in session.listed and cluster not in selection.best and group_of(cluster) not in HIDDEN_GROUPS
    ]
    places = [ranked.index(cluster) for cluster in selection.similar if cluster in ranked] if goes_on else []
    start = max(places, default=-1) + 1
    if not ranked[start : start + n]:
        raise ClusteringError(messages.NO_MORE_SIMILAR)
    selection.select([*selection.best, *ranked[start : start + n]], n_best=len(selection.best))


def n_similar(session: Session) -> int:
    """Return how many similar clusters are selected at once."""
    n: int = session.views["wizard"].n_similar
    return n


def nothing_to_propose(session: Session) -> str:
    """Return why the wizard, which was just started, proposes nothing, or ""."""
    return "" if session.wizard.place else messages.NO_MATCH


def start_over(session: Session) -> str:
    """Begin with the first undecided cluster again; return what to say when there is none, or ""."""
    session.reset_wizard()
    return nothing_to_propose(session)


def pause_or_start(session: Session) -> str:
    """Have the wizard propose nothing, or go on where it was; return what to say."""
    if session.wizard.is_paused:
        session.start_wizard()
        return nothing_to_propose(session) or messages.WIZARD_STARTED
    session.pause_wizard()
    return messages.WIZARD_PAUSED


def pause_caption(session: Session) -> str:
    """Return the word on the button."""
    return "Start" if session.wizard.is_paused else "Pause"


def pause_sentence(session: Session) -> str:
    """Return what the button would do."""
    if session.wizard.is_paused:
        return "Let the wizard continue where it was paused"
    return "Pause the wizard; it keeps its place"


def needs_skipped(session: Session) -> str | None:
    """Refuse unless some undecided cluster was skipped."""
    return None if session.wizard.skipped else messages.NOTHING_SKIPPED
