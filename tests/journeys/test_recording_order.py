"""A data set that does not say how it numbers its recordings: the notice offers both ways, and remembers the answer."""

import numpy as np
import pytest
from journeys.person import SMALL
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth

from napari_phy.formats.raw_notes import read_raw_notes


@pytest.fixture
def screen_size():
    return SMALL


@pytest.fixture
def truth():
    return make_truth((900,) * 12, groups=((0, (0, 1, 3)),), n_channels=4, n_spikes=240)


def notice(person):
    (told,) = [sentence for sentence in person.told if "numbers its recordings" in sentence]
    return told


def assert_not_told(person):
    assert "it was chosen so by hand" in person.session.model.recording_order.reason
    assert not any("numbers its recordings" in sentence for sentence in person.told)


def assert_times(person, truth):
    np.testing.assert_array_equal(person.session.model.spike_samples, truth.joined(truth.shanks[0]))


def test_the_other_order_is_taken_with_all_edits_and_remembered(person, truth, tmp_path):
    path = write_klusta(tmp_path, truth, raw="none", numbering="number")
    person.open(path)
    assert "not certain" in notice(person)
    first = person.session
    with pytest.raises(AssertionError):
        assert_times(person, truth)
    cluster = person.listed()[0]
    person.session.split(person.session.manager.spikes(cluster)[::2])
    rows = person.session.model.file_order
    wanted = person.session.manager.spike_clusters[np.argsort(rows)]
    person.session.save()

    person.respond(notice(person), "Read by number")
    person.wait(lambda: person.session not in (None, first), "the data set to be opened again")
    person.settle()
    assert_times(person, truth)
    assert_not_told(person)
    shown = person.session.manager.spike_clusters
    order = person.session.model.file_order
    np.testing.assert_array_equal(shown if order is None else shown[np.argsort(order)], wanted)


def test_what_is_kept_is_not_asked_again(person, truth, tmp_path):
    path = write_klusta(tmp_path, truth, raw="none")
    person.open(path)
    assert_times(person, truth)
    person.respond(notice(person), "Keep")
    person.wait(lambda: read_raw_notes(path).recording_order == "text", "the answer to be kept")
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    person.open(path)
    assert_not_told(person)


def test_what_is_certain_is_not_told_again_once_it_was_kept(person, truth, tmp_path):
    path = write_klusta(tmp_path, truth)
    person.open(path)
    assert person.session.model.recording_order.is_certain
    person.respond(notice(person), "Keep")
    person.wait(lambda: read_raw_notes(path).recording_order == "text", "the answer to be kept")
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    person.open(path)
    assert_times(person, truth)
    assert_not_told(person)
