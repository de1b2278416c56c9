"""The list of candidates follows the best cluster."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.table.similarity_measures import measure_choices
from napari_phy.widgets.lists import similar_panel
from napari_phy.widgets.lists.similar_panel import SimilarPanel


@pytest.fixture
def session():
    return light_session()


@pytest.fixture
def panel(session, qtbot):
    panel = SimilarPanel(session)
    qtbot.addWidget(panel)
    panel.resize(434, 400)
    panel.show()
    yield panel
    panel.set_session(None)


def ids(panel):
    return panel.list.cluster_model.cluster_ids


def ranked(session, best, hidden=(1, 2)):
    return [other for other, _ in session.similar_to(best) if other not in hidden]


def click(panel, cluster, modifiers=Qt.KeyboardModifier.NoModifier):
    view = panel.list
    center = view.visualRect(view.cluster_model.index(view.cluster_model.find_row(cluster), 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifiers, center)


def test_most_alike_first_without_noise_and_mua(panel, session, qtbot):
    session.selection.select([3])
    qtbot.waitUntil(lambda: ids(panel) == ranked(session, 3))
    assert panel.count_label.text() == "like 3"
    assert panel.side_label.text() == "noise and MUA hidden"
    session.selection.select([5])
    qtbot.waitUntil(lambda: ids(panel) == ranked(session, 5))


def test_a_click_on_the_words_shows_them(panel, session, qtbot):
    session.selection.select([3])
    qtbot.waitUntil(lambda: len(ids(panel)) == 5)
    QTest.mouseClick(panel.side_label, Qt.MouseButton.LeftButton)
    assert ids(panel) == ranked(session, 3, hidden=())
    assert panel.side_label.text() == "noise and MUA shown"


def test_where_all_others_are_hidden_it_says_why_and_how_to_see_them(qtbot):
    session = light_session(4, cluster_groups={0: "good", 1: "mua", 2: "noise", 3: "mua"})
    panel = SimilarPanel(session)
    qtbot.addWidget(panel)
    session.selection.select([0])
    assert ids(panel) == []
    words = "All other clusters are noise or MUA. Click “noise and MUA hidden” below to see them."
    assert panel.list.empty_words == words
    panel.set_hiding(False)
    session.discard([1, 2, 3])
    qtbot.waitUntil(lambda: ids(panel) == [])
    assert panel.list.empty_words == "There is no other cluster to compare it with."


def test_a_click_adds_the_candidate_to_the_best(panel, session, qtbot):
    session.selection.select([3, 5], n_best=2)
    qtbot.waitUntil(lambda: len(ids(panel)) == 5)
    click(panel, 7)
    assert (session.selection.best, session.selection.similar) == ((3, 5), (7,))
    click(panel, 4, Qt.KeyboardModifier.ControlModifier)
    assert session.selection.similar == (7, 4)
    assert panel.count_label.text() == "like 3   ·   2 chosen"
    click(panel, 7, Qt.KeyboardModifier.ControlModifier)
    assert session.selection.clusters == (3, 5, 4)


@pytest.mark.parametrize("at_once", [500, 10])
def test_another_best_begins_at_the_top_or_where_its_candidate_is(qtbot, monkeypatch, at_once):
    monkeypatch.setattr(similar_panel, "N_AT_ONCE", at_once)
    session = light_session(60, 2000, cluster_groups={})
    panel = SimilarPanel(session)
    qtbot.addWidget(panel)
    panel.resize(434, 200)
    panel.show()
    view, bar = panel.list, panel.list.verticalScrollBar()

    def is_in_sight(cluster):
        line = view.visualRect(view.cluster_model.index(view.cluster_model.find_row(cluster), 0))
        return view.viewport().rect().contains(line)

    session.selection.select([3])
    qtbot.waitUntil(lambda: len(ids(panel)) == 59)
    bar.setValue(bar.maximum())
    session.selection.select([5])
    qtbot.waitUntil(lambda: ids(panel) == ranked(session, 5, hidden=()))
    assert bar.value() == 0
    last = ids(panel)[-1]
    session.selection.select([5, last], n_best=1)
    assert is_in_sight(last)
    new = next(best for best in range(6, 60) if ranked(session, best, hidden=()).index(last) in range(1, 20))
    session.selection.select([new, last], n_best=1)
    qtbot.waitUntil(lambda: ids(panel) == ranked(session, new, hidden=()))
    assert is_in_sight(last)
    bar.setValue(bar.maximum())
    split = session.split(session.manager.spikes(new)[:9])
    session.selection.select([split.added[0], last], n_best=1)
    qtbot.waitUntil(lambda: ids(panel) == ranked(session, split.added[0], hidden=()))
    assert is_in_sight(last)
    bar.setValue(bar.maximum())
    place = bar.value()
    session.move([ids(panel)[-1]], "good")
    qtbot.wait(0)
    assert bar.value() == place
    panel.set_session(None)


def test_chips_go_on_after_those_of_the_best(panel, session, qtbot):
    session.selection.select([3, 4, 7])
    qtbot.waitUntil(lambda: len(ids(panel)) == 5)
    model = panel.list.cluster_model
    assert model.chips(model.find_row(4)) == [1]
    assert model.chips(model.find_row(7)) == [2]
    assert set(panel.list.shown_selection) == {4, 7}


@pytest.mark.parametrize(
    ("width", "words", "groups"),
    [
        (280, "like 3   ·   1 chosen", "noise and MUA hidden"),
        (220, "1 chosen", "noise and MUA hidden"),
        (185, "1 chosen", "noise/MUA hidden"),
    ],
)
def test_the_count_line_has_fewer_words_in_a_narrow_column(panel, session, qtbot, width, words, groups):
    session.selection.select([3, 4])
    panel.resize(width, 400)
    qtbot.waitUntil(lambda: (panel.count_label.text(), panel.side_label.text()) == (words, groups))
    QApplication.processEvents()
    for label in (panel.count_label, panel.side_label):
        assert label.shown_text() == label.text()
    assert panel.count_label.geometry().right() < panel.side_label.x() <= panel.side_label.geometry().right() < width
    panel.resize(434, 400)
    QApplication.processEvents()
    assert panel.side_label.shown_text() == "noise and MUA hidden"


def test_an_edit_ranks_again(panel, session, qtbot):
    session.selection.select([3])
    qtbot.waitUntil(lambda: 5 in ids(panel))
    session.move([5], "noise")
    qtbot.waitUntil(lambda: 5 not in ids(panel))
    session.undo()
    session.selection.select([3])
    qtbot.waitUntil(lambda: 5 in ids(panel))


def test_after_a_merge_the_list_is_that_of_the_new_cluster(panel, session, qtbot):
    session.selection.select([3, 4])
    merged = session.merge([3, 4]).added[0]
    qtbot.waitUntil(lambda: ids(panel) == ranked(session, merged))
    assert panel.count_label.text() == f"like {merged}   ·   1 chosen"


def test_nothing_selected(panel):
    assert panel.page.text.startswith("Select a cluster to see those like it.")


def test_without_features_it_says_what_is_missing(qtbot):
    session = light_session(features=None, masks=None)
    panel = SimilarPanel(session)
    qtbot.addWidget(panel)
    session.selection.select([3])
    qtbot.waitUntil(lambda: "features and similarity are not available" in panel.page.text)
    panel.set_session(None)


def test_the_measure_that_is_chosen_leads_the_list_and_until_it_is_known_the_cosine(panel, session, qtbot):
    session.selection.select([3])
    qtbot.waitUntil(lambda: ids(panel) == ranked(session, 3))
    panel.choose_measure("masked gaussian")
    assert session.views["similarity"].measure == "masked gaussian"
    qtbot.waitUntil(lambda: panel.count_label.text() == "like 3 by cosine for now")
    session.prepare()
    qtbot.waitUntil(lambda: panel.count_label.text() == "like 3 by masked Gaussian")
    assert ids(panel) == ranked(session, 3)
    panel.choose_measure("cosine")
    qtbot.waitUntil(lambda: panel.count_label.text() == "like 3")


def test_the_menu_has_every_measure_and_marks_the_one_that_is_chosen(panel, session):
    menu = next(one.menu() for one in panel.header.more_menu.actions() if one.text() == "Similarity")
    menu.aboutToShow.emit()
    entries = [one for one in menu.actions() if one.text()]
    assert [one.text() for one in entries] == [title for title, _ in measure_choices()]
    assert [one.text() for one in entries if one.isChecked()] == ["Cosine"]
    entries[1].trigger()
    assert session.similarities.chosen.key == "masked gaussian"
