"""What a data set offers whose format has no more than one clustering and one channel group."""

import pytest
from support import random_model

from napari_phy.core.errors import MissingDataError, NotInFileError


def test_it_holds_one_clustering_and_refuses_others():
    model = random_model(50)
    assert not model.holds_clusterings
    assert model.places() == ((0, "main"),)
    assert model.read_summaries() == []
    for change in (
        lambda: model.add_clustering("other", model.spike_clusters),
        lambda: model.copy_clustering("main", "other"),
        lambda: model.rename_clustering("main", "other"),
        lambda: model.rename_to("other"),
        lambda: model.delete_clustering("other"),
        lambda: model.reset_clustering(),
    ):
        with pytest.raises(NotInFileError, match=r"memory\.kwik has one clustering; only a \.kwik holds several"):
            change()
    for opened in (model.opened_at, model.sibling):
        with pytest.raises(NotInFileError, match="no channel group or clustering besides this one"):
            opened(0, "other")


def test_numbers_and_units_are_those_of_its_arrays():
    model = random_model(50, n_channels=6)
    assert (model.n_spikes, model.n_channels, model.unit) == (50, 6, "µV")
    assert (model.count_spikes(0), model.count_spikes(1)) == (50, 0)
    assert (model.spike_times * model.sample_rate).round().tolist() == model.spike_samples.tolist()
    assert random_model(50, microvolts_per_unit=None).unit == "a.u."
    assert repr(model) == "<ArrayModel memory.kwik, channel group 0, main: 50 spikes, 6 channels, 20 s>"


def test_no_raw_data_are_read_from_other_files():
    model = random_model(50)
    assert (model.missing_raw, model.raw_places) == ((), {})
    with pytest.raises(MissingDataError, match="reads no raw data from other files"):
        model.with_raw(["moved.dat"])


def test_what_most_formats_do_not_have_is_none_and_costs_nothing():
    model = random_model(50)
    assert (model.edited_file, model.name) == (model.path, "memory.kwik")
    assert (model.feature_file, model.file_order, model.waveforms_identity, model.journal_places) == (None,) * 4
    assert model.shares_files(model) is False
    assert model.saved_as("other") is False
    assert model.user_groups == ()
    assert (dict(model.events), dict(model.metadata), dict(model.unreadable)) == ({}, {}, {})
    assert (model.doubts, model.part_sentences, model.recording_order) == ((), (), None)
    model.close_traces()
    model.reserve("Session")
    with pytest.raises(NotImplementedError):
        model.keep_recording_order("text")


def test_groups_besides_the_standard_ones_are_numbered_in_the_order_of_the_file():
    model = random_model(50, group_names=("noise", "mine", "mua", "good", "unsorted", "yours"))
    assert [(group.group_id, group.name) for group in model.user_groups] == [(4, "mine"), (5, "yours")]
