"""What the list of edits says of each state."""

from types import SimpleNamespace

from napari_phy.views.history import HistoryData


def history(n_dropped, n_done, n_saved):
    edits = tuple(SimpleNamespace(added=added, words=words) for words, added in (("move 3", ()), ("merge 4", (8,))))
    return HistoryData(edits, n_dropped, n_done, n_saved)


def rows(data):
    return [data.row_words(row, "a.kwik", lambda edit: edit.words) for row in range(3)]


def test_rows_say_what_was_done_and_which_state_is_in_the_file():
    assert rows(history(0, 2, 0)) == ["Opened a.kwik   ·   saved", "Move 3", "Merge 4 → 8"]
    assert rows(history(5, 6, 7)) == [
        "5 earlier edits, too old to be undone", "Move 3", "Merge 4 → 8   ·   saved",
    ]  # fmt: skip
    assert "saved" not in "".join(rows(history(5, 6, None)))


def test_a_tip_says_what_a_click_does():
    data = history(1, 2, None)
    assert data.caption == "2 edits, 1 undone"
    tips = [data.row_tip(row) for row in range(3)]
    assert tips == ["Click to undo 1 edit.", "This is what is shown.", "Click to redo 1 edit."]
    assert history(1, 3, None).caption == "3 edits"
