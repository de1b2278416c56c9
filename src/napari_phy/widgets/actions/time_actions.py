"""Moving along the time line: by pages, to a moment, from spike to spike of the selection."""

from napari_phy.core.errors import ClusteringError
from napari_phy.session import Session
from napari_phy.views.events import Event, next_event
from napari_phy.views.spike_steps import next_spike, next_violation
from napari_phy.views.time_words import read_time


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

    Raises ClusteringError at the end.
    """
    _select(session, next_spike(session, session.selection.clusters, session.time.time_s, step), "spike")


def go_to_violation(session: Session, step: int = 1) -> None:
    """Go to the next spike of the selection within the refractory time of the one before it, and select it.

    Raises ClusteringError at the end.
    """
    found = next_violation(session, session.selection.clusters, session.time.time_s, step)
    _select(session, found, "refractory violation")


def go_to_event(session: Session, step: int = 1) -> Event:
    """Go to the next event, and return it.

    Raises ClusteringError at the end, and where the data set has none.
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
            raise ClusteringError(f"{text} is no time: 12.5, 1:02.5 or 1:00:02.5.")
        go_to_time(session, time_s)


def _select(session: Session, spike: int | None, what: str) -> None:
    if spike is None:
        raise ClusteringError(f"There is no further {what} of the selected clusters.")
    go_to_time(session, float(session.model.spike_samples[spike]) / session.model.sample_rate)
    session.selection.select_spikes([spike])
