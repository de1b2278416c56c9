"""Sentences about edits agree with how many there are, and say what to do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from napari_phy.storage import store_messages as words
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


NOON, DAY = datetime(2026, 3, 5, 12, 7, tzinfo=UTC), datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
ASIDE = "set aside as old.sqlite."
HELD = "but what was done before the last save can no longer be undone."


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (words.recovered(1, NOON, NOON), "1 edit from 12:07 was recovered. It is not yet saved."),
        (words.recovered(3, NOON, DAY), "3 edits from 2026-03-05 12:07 were recovered. They are not yet saved."),
        (words.recovered(3, NOON, NOON, n_unsaved=3), "3 edits from 12:07 were recovered. They are not yet saved."),
        (
            words.recovered(2, NOON, NOON, n_newer=1, n_unsaved=3),
            "2 edits from 12:07 were recovered, 1 was made since. 3 edits are not yet saved.",
        ),
        (
            words.recovered(2, NOON, NOON, n_newer=1),
            "2 edits from 12:07 were recovered, 1 was made since. 2 edits are not yet saved.",
        ),
        (
            words.recovered(2, NOON, NOON, n_newer=2, n_unsaved=1),
            "2 edits from 12:07 were recovered, 2 were made since. 1 edit is not yet saved.",
        ),
        (words.recovered(2, NOON, NOON, n_unsaved=1), "2 edits from 12:07 were recovered. 1 edit is not yet saved."),
        (words.recovered(2, NOON, NOON, n_unsaved=0), "2 edits from 12:07 were recovered. 0 edits are not yet saved."),
        (
            words.changed_elsewhere("x.kwik", 0),
            "x.kwik was changed by another program. The undo history was set aside.",
        ),
        (
            words.changed_elsewhere("x.kwik", 1),
            "x.kwik was changed by another program. 1 unsaved edit was set aside, not applied.",
        ),
        (
            words.changed_elsewhere("x.kwik", 2),
            "x.kwik was changed by another program. 2 unsaved edits were set aside, not applied.",
        ),
        (
            words.unreadable("x.kwik", "old.sqlite"),
            f"The journal of x.kwik cannot be read. It was {ASIDE[:-1]}; unsaved edits in it were not applied.",
        ),
        (
            words.repaired("x.kwik", "old.sqlite"),
            f"The journal of x.kwik is damaged, but no edit is lost. The journal as it was was {ASIDE}",
        ),
        (
            words.in_two_folders("x.kwik", 1, Path("a"), 2, Path("b")),
            "x.kwik has edits in two folders. The 1 edit in a is used; the 2 edits in the other were set aside as b.",
        ),
        (
            words.in_two_folders("x.kwik", 2, Path("a"), 1, Path("b")),
            "x.kwik has edits in two folders. The 2 edits in a are used; the 1 edit in the other was set aside as b.",
        ),
        (
            words.edited_elsewhere("x.kwik"),
            "x.kwik is being edited in another program, so it opens read-only. Edits made there are not visible here.",
        ),
        (
            words.edited_elsewhere("x.kwik", in_this_program=True),
            "x.kwik is being edited in another window, so it opens read-only. Edits made there are not visible here.",
        ),
        (words.no_journal("x.kwik", "why."), "x.kwik opens read-only, because edits cannot be kept: why."),
        (
            words.closed_place("x.kwik", "folder f"),
            "The folder f is closed to you: edits of x.kwik in it are not shown. Ask its owner to open it.",
        ),
        (
            words.new_clustering("x.kwik", "main", "original"),
            "x.kwik has no clustering main: saving adds it, and original stays as the sorter wrote it.",
        ),
        (words.new_clustering("x.kwik", "main", ""), "x.kwik has no clustering main: saving adds it."),
        (
            words.changed_while_open("x.kwik", 3, read_only=True),
            "x.kwik was changed by another program. Open it again to see the change.",
        ),
        (
            words.changed_while_open("x.kwik", 0, read_only=False),
            "x.kwik was changed by another program. Open it again before you edit it; it cannot be saved to.",
        ),
        (
            words.changed_while_open("x.kwik", 1, read_only=False),
            (
                "x.kwik was changed by another program and cannot be saved to. "
                "Your 1 edit stays in the journal; save a copy to keep it in a file."
            ),
        ),
        (
            words.changed_while_open("x.kwik", 2, read_only=False),
            (
                "x.kwik was changed by another program and cannot be saved to. "
                "Your 2 edits stay in the journal; save a copy to keep them in a file."
            ),
        ),
        (
            words.gone("x.kwik", 0, "in place"),
            "x.kwik is not there any more: it was moved or deleted. Put it back, or open it where it is now.",
        ),
        (
            words.gone("x.kwik", 1, "in place"),
            (
                "x.kwik is not there any more: it was moved or deleted. "
                "Your 1 edit stays in the journal; put the file back to save it."
            ),
        ),
        (
            words.edits_of_a_gone_file(1, "removed"),
            "The journal is gone, too: your 1 edit is kept in memory only; put the file back before you close it.",
        ),
        (
            words.edits_of_a_gone_file(1, "moved"),
            "The journal with your 1 edit was moved, too; put the folder back to save it.",
        ),
        (
            words.edit_not_stored("the rest.", is_full=False),
            "Could not keep the edit: the rest. Nothing was changed.",
        ),
        (
            words.edit_not_stored("the rest.", is_full=True),
            "Could not keep the edit: the disk is full. Nothing was changed; make room and try again.",
        ),
        (words.edits_lost("x.kwik", 1, "why"), "1 edit of x.kwik could not be kept: why"),
        (
            words.disk_full(2),
            "Could not save: the disk is full. Nothing was changed; your 2 edits stay in the journal.",
        ),
        (
            words.disk_full(1, "3 MB needed"),
            "Could not save: the disk is full (3 MB needed). Nothing was changed; your 1 edit stays in the journal.",
        ),
        (
            words.save_failed("why.", 1),
            "Could not save: why. Nothing was changed; your 1 edit stays in the journal.",
        ),
        (words.saved("x.kwik", 1), "Saved 1 edit to x.kwik."),
        (words.saved("x.kwik", 0), "Saved 0 edits to x.kwik."),
    ],
)
def test_sentences_agree_in_number_and_tense(sentence, expected):
    assert sentence == expected


def damaged(seq, **numbers):
    return words.damaged("x.kwik", "old.sqlite", seq, **numbers)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            damaged(1, n_lost=1),
            f"Edit 1 in the journal of x.kwik is damaged. 1 edit and the journal as it was were {ASIDE}",
        ),
        (
            damaged(2, n_lost=3),
            (
                "Edit 2 in the journal of x.kwik is damaged. The 1 edit before it is kept. "
                f"3 edits and the journal as it was were {ASIDE}"
            ),
        ),
        (
            damaged(3, n_lost=3),
            (
                "Edit 3 in the journal of x.kwik is damaged. The 2 edits before it are kept. "
                f"3 edits and the journal as it was were {ASIDE}"
            ),
        ),
        (
            damaged(3, n_lost=0),
            (
                "Edit 3 in the journal of x.kwik is damaged. It was undone, and can no longer be redone. "
                f"The journal as it was was {ASIDE}"
            ),
        ),
        (
            damaged(None, n_lost=2),
            (
                "What the edits in the journal of x.kwik begin with is damaged. "
                f"2 edits and the journal as it was were {ASIDE}"
            ),
        ),
        (
            damaged(None, n_lost=0, is_saved=True),
            (
                "What the edits in the journal of x.kwik begin with is damaged. "
                f"The file holds what they led to, {HELD} The journal as it was was {ASIDE}"
            ),
        ),
        (
            damaged(1, n_lost=1, n_back=1, is_saved=True),
            (
                f"Edit 1 in the journal of x.kwik is damaged. The file holds it, {HELD} "
                f"1 edit that was undone since the save holds again. 1 edit and the journal as it was were {ASIDE}"
            ),
        ),
        (
            damaged(1, n_lost=0, n_back=2, is_saved=True),
            (
                f"Edit 1 in the journal of x.kwik is damaged. The file holds it, {HELD} "
                f"2 edits that were undone since the save hold again. The journal as it was was {ASIDE}"
            ),
        ),
    ],
)
def test_what_a_damage_costs_is_said(sentence, expected):
    assert sentence == expected
