"""The filter above the list: what is typed holds 200 ms later, and the list, selection and views follow."""

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from widgets.light_session import light_session

from napari_phy.actions import messages
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.lists.filter_line import WAIT_MS


def type_filter(panel, text, qtbot):
    line = panel.filter_line.line
    line.selectAll()
    QTest.keyClicks(line, text)
    panel.filter_line._completer.popup().hide()
    qtbot.waitUntil(lambda: panel.filter_line._asked == text.strip())


def counts(panel):
    return panel.count_label.text(), panel.side_label.text()


def test_typing_filters_a_moment_later(panel, session, qtbot):
    line = panel.filter_line.line
    QTest.keyClicks(line, 'group == "good"')
    assert len(panel.cluster_ids) == 8
    assert WAIT_MS == 200
    qtbot.waitUntil(lambda: panel.cluster_ids == [0])
    assert counts(panel) == ("1 of 8 clusters", "1 good")
    assert session.listed.clusters == {0}


def test_a_bad_filter_says_why_and_changes_nothing(panel, session, qtbot):
    type_filter(panel, "id < 4", qtbot)
    rows = panel.cluster_ids
    type_filter(panel, 'group = "good"', qtbot)
    assert panel.filter_line.reason.isVisible()
    assert panel.filter_line.reason.text() == "Column 7: use == to compare. The list is unchanged."
    assert panel.theme.error in panel.filter_line.styleSheet().partition("QLineEdit:focus")[0]
    assert (panel.cluster_ids, session.listed.text) == (rows, "id < 4")
    type_filter(panel, "ampl > 3", qtbot)
    assert panel.filter_line.reason.text() == 'There is no column "ampl". Did you mean amp?'
    type_filter(panel, "id < 4", qtbot)
    assert not panel.filter_line.reason.isVisible()


def test_return_stays_in_the_line_until_the_filter_is_right(panel, qtbot):
    line, left = panel.filter_line.line, []
    panel.filter_line.left.connect(lambda: left.append(line.text()))
    for text in ("spikes >> 3", "spikes > 3"):
        line.clear()
        QTest.keyClicks(line, text)
        panel.filter_line._popup.hide()
        QTest.keyClick(line, Qt.Key.Key_Return)
    assert left == ["spikes > 3"]


def test_without_hits_it_says_so(panel, qtbot):
    type_filter(panel, "id > 99", qtbot)
    assert panel.cluster_ids == []
    assert panel.list.empty_words == "No cluster matches. Clear the filter (Esc)."
    assert panel.count_label.text() == "0 of 8 clusters"


def test_esc_clears_in_the_line_and_in_the_list(panel, session, qtbot):
    for widget in (panel.filter_line.line, panel.list):
        type_filter(panel, "id > 99", qtbot)
        QTest.keyClick(widget, Qt.Key.Key_Escape)
        assert (panel.filter_line.text, len(panel.cluster_ids), session.listed.clusters) == ("", 8, None)


def test_a_hidden_cluster_stays_selected_and_that_is_said(panel, session, qtbot):
    said = []
    panel.said.connect(said.append)
    session.selection.select([5, 3, 4], n_best=2)
    type_filter(panel, "id < 5", qtbot)
    assert session.selection.clusters == (5, 3, 4)
    assert said == ["5 is selected, but hidden by the filter."]
    assert panel.side_label.text() == "5 is selected, but hidden by the filter"
    assert panel.list.shown_selection == (3,)
    view = panel.list
    index = view.cluster_model.index(view.cluster_model.find_row(2), 1)
    place = view.visualRect(index).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, place)
    assert session.selection.best == (5, 3, 2)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert session.selection.clusters == (2,)
    assert panel.side_label.text() == "1 good   1 mua   1 noise   2 unsorted"
    type_filter(panel, "id > 2", qtbot)
    assert said[-1] == "2 is selected, but hidden by the filter."
    QTest.keyClick(panel.filter_line.line, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: said[-1] == "")


def test_rows_come_and_go_with_edits(panel, session, qtbot):
    type_filter(panel, 'group == "unsorted"', qtbot)
    assert set(panel.cluster_ids) == {3, 4, 5, 6, 7}
    session.move([3], "good")
    assert set(panel.cluster_ids) == session.listed.clusters == {4, 5, 6, 7}
    session.undo()
    assert set(panel.cluster_ids) == {3, 4, 5, 6, 7}
    merged = session.merge([0, 3]).added[0]
    assert session.manager.group(merged) == "good"
    assert set(panel.cluster_ids) == {4, 5, 6, 7}
    session.label([4, 6], "note", "axon")
    type_filter(panel, 'note == "axon"', qtbot)
    assert set(panel.cluster_ids) == {4, 6}
    session.undo()
    assert panel.cluster_ids == []
    session.redo()
    assert set(panel.cluster_ids) == {4, 6}


def test_a_script_and_a_second_list_see_the_same_filter(panel, session, qtbot):
    other = ClustersPanel(session)
    qtbot.addWidget(other)
    other.set_filter("id < 3")
    assert panel.filter_line.text == "id < 3"
    assert panel.cluster_ids == other.cluster_ids
    session.listed.show_all()
    assert (panel.filter_line.text, len(panel.cluster_ids)) == ("", 8)
    other.set_session(None)


def test_what_is_typed_meanwhile_stays(panel, session, qtbot):
    type_filter(panel, 'group == "unsorted"', qtbot)
    type_filter(panel, 'group == "unsorted" and', qtbot)
    session.move([3], "good")
    assert panel.filter_line.text == 'group == "unsorted" and'
    assert set(panel.cluster_ids) == {4, 5, 6, 7}


def test_amplitudes_that_come_later_are_judged(qtbot):
    session = light_session()
    panel = ClustersPanel(session)
    qtbot.addWidget(panel)
    panel.set_filter("amp > 0")
    qtbot.waitUntil(lambda: len(panel.cluster_ids) == 8)
    panel.set_session(None)


def test_words_are_completed(panel, qtbot):
    filter_line = panel.filter_line
    QTest.keyClicks(filter_line.line, "gr")
    popup = filter_line._completer.popup()
    assert (popup.isVisible(), filter_line._words.stringList()) == (True, ["group"])
    QTest.keyClick(popup, Qt.Key.Key_Tab)
    assert filter_line.text == "group"
    QTest.keyClicks(filter_line.line, " == ")
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert filter_line.text == f"group == {filter_line._words.stringList()[0]}"


def test_a_word_that_is_taken_inside_of_a_text_replaces_all_of_it(panel):
    line = panel.filter_line.line
    QTest.keyClicks(line, 'group in "xxd noise" and id > 1')
    for place in (12, 11):
        line.setCursorPosition(place)
        QTest.keyClick(line, Qt.Key.Key_Backspace)
    QTest.keyClicks(line, "go")
    QTest.keyClick(panel.filter_line._completer.popup(), Qt.Key.Key_Tab)
    assert panel.filter_line.text == 'group in "good" and id > 1'


def test_a_closed_text_after_in_is_applied_by_itself(panel, qtbot):
    for text, listed in (
        ('group in "good"', {0}),
        ('group in "good noise"', {0, 2}),
        ('group not in "good"', {*range(1, 8)}),
    ):
        panel.filter_line.line.selectAll()
        QTest.keyClicks(panel.filter_line.line, text)
        assert not panel.filter_line._completer.popup().isVisible()
        qtbot.waitUntil(lambda listed=listed: set(panel.cluster_ids) == listed)


def test_the_words_of_the_message():
    assert messages.hidden_by_filter([20, 22]) == "20 and 22 are selected, but hidden by the filter."


def test_after_a_move_out_of_the_list_the_next_row_is_selected(panel, session, qtbot):
    session.move([3, 4, 5], "good")
    panel.list.cluster_model.sort(0, Qt.SortOrder.DescendingOrder)
    type_filter(panel, 'group == "good"', qtbot)
    assert panel.cluster_ids == [5, 4, 3, 0]
    session.selection.select([4])
    for moved, following in ((4, 3), (3, 0), (0, 5)):
        session.move([moved], "mua")
        assert session.selection.best == (following,)
        assert set(session.selection.clusters) <= set(panel.cluster_ids)


def best_of(session):
    return session.selection.best


def test_after_a_label_or_its_undo_out_of_the_list_the_next_row_is_selected(panel, session, qtbot):
    panel.list.cluster_model.sort(0, Qt.SortOrder.DescendingOrder)
    session.label([0], "note", "soma")
    type_filter(panel, 'group == "unsorted" and note is null', qtbot)
    assert panel.cluster_ids == [7, 6, 5, 4, 3]
    session.selection.select([5])
    session.label([5], "note", "axon")
    assert best_of(session) == (4,)
    session.label([7], "note", "axon")  # not the best one
    assert best_of(session) == (4,)
    session.undo()
    assert session.selection.clusters == (4, 7)  # as before the edit: 7 was the candidate
    session.selection.select([7])
    session.redo()
    assert best_of(session) == (6,)  # 7 has left the list again
    type_filter(panel, 'note == "axon"', qtbot)
    assert panel.cluster_ids == [7, 5]
    session.selection.select([7])
    session.undo()
    assert best_of(session) == (5,)
    assert set(session.selection.clusters) <= set(panel.cluster_ids)


def test_what_undo_brings_is_selected_as_far_as_it_is_listed(panel, session, qtbot):
    type_filter(panel, "spikes > 200", qtbot)
    assert panel.cluster_ids == []
    merged = session.merge([3, 4]).added[0]
    type_filter(panel, "spikes > 200", qtbot)
    assert panel.cluster_ids == [merged]
    session.undo()
    assert best_of(session)[0] in (3, 4)  # nothing is listed: what is restored is told to be hidden
    type_filter(panel, "id in (5, 6)", qtbot)
    session.selection.select([6])
    session.redo()
    assert best_of(session) == (6,)  # it stays where it is seen


def test_a_group_that_is_renamed_out_of_the_filter_takes_its_clusters_along(panel, session, qtbot):
    session.move([4, 5], "axon")
    type_filter(panel, 'group == "axon" or id == 7', qtbot)
    session.selection.select([4])
    session.rename_group("axon", "fibre")
    assert panel.cluster_ids == [7]
    assert best_of(session) == (7,)
