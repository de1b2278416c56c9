"""While somebody looks, the views read what the next candidate needs."""

import pytest
from qtpy.QtCore import Qt

from napari_phy.storage.spike_peaks import spike_peaks
from napari_phy.views import feature_cache


@pytest.fixture
def spikes_read(monkeypatch):
    """Collect the numbers of feature rows that are read."""
    read, counts = feature_cache.read_in_file_order, []

    def counted(rows, spike_ids, on_progress):
        counts.append(len(spike_ids))
        return read(rows, spike_ids, on_progress)

    monkeypatch.setattr(feature_cache, "read_in_file_order", counted)
    return counts


def test_the_next_candidate_reads_nothing(person, kwik_copy, spikes_read):
    person.open(kwik_copy)
    person.click(person.listed()[2])
    person.settle()
    best = person.chosen[0]
    person.wait(lambda: not person.workspace.read_ahead.busy, "what comes next")
    assert sum(spikes_read) > 0
    spikes_read.clear()
    person.press(Qt.Key.Key_Space)
    person.settle()
    assert person.chosen[0] == best
    assert len(person.chosen) == 2
    assert sum(spikes_read) == 0


def test_it_stops_when_something_else_is_selected_and_with_the_session(person, kwik_copy):
    person.open(kwik_copy)
    ahead = person.workspace.read_ahead
    person.wait(lambda: not ahead.busy, "what comes next")
    person.click(person.listed()[1])
    assert ahead.busy
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the end of the session")
    assert not ahead.busy


@pytest.mark.soak
def test_what_is_hidden_or_folded_away_is_not_read_ahead(person, kwik_copy):
    person.open(kwik_copy)
    panel, session, ahead = person.workspace.panels["Clusters"], person.session, person.workspace.read_ahead
    session.move(session.manager.cluster_groups, "unsorted")
    best = person.listed()[2]
    person.click(best)
    alike = person.listed("Similar")
    assert list(ahead._coming()) == [(best, alike[0]), (person.listed()[3],)]

    shown = [best, alike[1], alike[2]]
    panel.set_filter(f"id in {tuple(shown)}")
    order = person.listed()
    below = order[order.index(best) + 1 :][:1]
    assert list(ahead._coming()) == [(best, alike[1]), *((cluster,) for cluster in below)]
    person.press(Qt.Key.Key_Space)
    assert person.chosen == (best, alike[1])

    panel.set_filter("")
    session.move([person.listed()[0]], "good")
    panel.set_groups(True)
    panel.list.fold("unsorted", True)
    person.click(person.listed()[0])
    assert [coming for coming in ahead._coming() if len(coming) == 1] == []


@pytest.mark.soak
def test_the_amplitudes_of_all_spikes_are_read_while_nothing_else_is(person, kwik_copy):
    person.open(kwik_copy)
    peaks = spike_peaks(person.session.model)
    person.workspace.board.open("Amplitude")
    person.settle()
    person.wait(lambda: peaks.is_complete, "the amplitudes of all spikes")
    assert person.workspace.panels["Amplitude"].data.n_shown > 0
