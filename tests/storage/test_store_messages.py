"""Sentences about edits agree with how many there are, and say what to do."""

from pathlib import Path

import pytest

from napari_phy.storage.store_messages import edits_of_a_gone_file, left_behind


@pytest.mark.parametrize("folder", ["monday.napari-phy", "monday"])
@pytest.mark.parametrize(("n_edits", "verb", "them"), [(1, "fits", "it"), (2, "fit", "them"), (7, "fit", "them")])
def test_edits_that_were_left_behind_fit_and_can_be_used(folder, n_edits, verb, them):
    sentence = left_behind("tuesday.kwik", n_edits, Path("/data", folder))
    assert sentence.startswith(f"{n_edits} edit{'s' * (n_edits > 1)} ")
    assert f" {verb} tuesday.kwik. " in sentence
    assert f", use {them} here, or rename " in sentence


@pytest.mark.parametrize(
    ("journal", "sentence"),
    [
        ("in place", "Your 3 edits stay in the journal; put the file back to save them."),
        ("moved", "The journal with your 3 edits was moved, too; put the folder back to save them."),
        (
            "removed",
            "The journal is gone, too: your 3 edits are kept in memory only; put the file back before you close it.",
        ),
    ],
)
def test_the_edits_of_a_file_that_is_gone_are_where_its_journal_is(journal, sentence):
    assert edits_of_a_gone_file(3, journal) == sentence
