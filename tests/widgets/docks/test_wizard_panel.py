"""Wizard: the pair and its reasons, what the buttons print and ask for, progress, and what was done."""

import pytest
from napari.settings import get_settings
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from qtpy.QtTest import QTest
from widgets.light_session import light_session

from napari_phy.actions import messages
from napari_phy.views.wizard_reasons import Reason, compute_reasons
from napari_phy.views.wizard_review import WizardData, WizardProgress, WizardRequest
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.docks.wizard_panel import WizardPanel


@pytest.fixture
def panel(qtbot):
    session = light_session()
    session.start_wizard()
    return shown(qtbot, session)


def shown(qtbot, session):
    panel = WizardPanel(session)
    qtbot.addWidget(panel)
    panel.resize(480, 340)
    panel.show()
    settle(qtbot, panel)
    return panel


def settle(qtbot, panel):
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)


def reasons(panel):
    return [tuple(label.text() for label in labels) for labels in panel.page.reasons]


def warned(panel):
    """Return the reasons whose value stands out as one against one neuron."""
    color = QColor(panel.theme.warning)
    return [name.text() for name, value, _ in panel.page.reasons if value.palette().windowText().color() == color]


def texts(panel):
    return {action_id: button.text for action_id, button in panel.page.buttons.items()}


def steps(panel):
    history = panel.page.history
    items = [history.item(row) for row in range(history.count())]
    return [(item.text(), item.foreground().color() == QColor(panel.theme.faint)) for item in items]


REASONS = (
    Reason("similarity", "1.00", "highest of 10"),
    Reason("refractory", "ok", "none within 2 ms"),
    Reason("amplitude", "291 / 294 µV", "1 % apart"),
    Reason("position", "1 µm", "same peak channel 8"),
)


@pytest.mark.parametrize(("font_size", "in_a_column"), [(9, True), (16, False)])
def test_the_words_of_reasons_are_whole_at_any_size_of_type(qtbot, monkeypatch, font_size, in_a_column):
    monkeypatch.setattr(get_settings().appearance, "font_size", font_size)
    session = light_session()
    session.start_wizard()
    page = shown(qtbot, session).page
    page.show_reasons("Likely", REASONS, ())
    labels = [words for _, _, words in page.reasons]
    qtbot.waitUntil(lambda: [words.shown_text() for words in labels] == [reason[2] for reason in REASONS])
    assert all(value.width() >= value.sizeHint().width() for _, value, _ in page.reasons)
    lefts = {words.mapTo(page, QPoint()).x() for words in labels}
    assert (len(lefts) == 1) == in_a_column


def test_it_shows_the_pair_in_the_colours_of_the_selection_and_why(panel, qtbot):
    session = panel.session
    best, candidate = session.wizard.place
    assert panel.page.pair.text == f"Best {best}, candidate {candidate}"
    assert [part.chip.color for part in panel.page.pair.parts] == [panel.color_of(0), panel.color_of(1)]
    expected = compute_reasons(session, best, candidate, reads_features=True)
    assert reasons(panel) == [tuple(reason) for reason in expected.as_rows()]
    assert panel.page.gives_reasons
    assert panel.page.because.text() == expected.verdict
    assert warned(panel) == list(expected.against)
    panel.resize(140, 340)
    assert panel.page.because.text() == expected.strength
    assert panel.page.because.toolTip() == expected.verdict
    panel.resize(480, 340)
    assert panel.page.because.text() == expected.verdict
    third = next(c for c in session.manager.cluster_ids.tolist() if c not in (best, candidate))
    session.selection.select([best, third, candidate])
    settle(qtbot, panel)
    assert panel.page.pair.text == f"Best {best}, candidate {third}"


def test_two_clusters_chosen_in_the_list_are_compared(panel, qtbot):
    panel.session.selection.select([4, 5], n_best=2)
    settle(qtbot, panel)
    assert panel.session.wizard.candidate is None
    assert panel.page.pair.text == "Best 4, candidate 5"
    assert panel.page.gives_reasons


def test_what_is_named_is_selected(panel, qtbot):
    session = panel.session
    for choice in ([4, 5], [], [6], [], [3, 7, 4]):
        session.selection.select(choice)
        settle(qtbot, panel)
        if choice:
            candidate = choice[1] if len(choice) > 1 else "–"
            assert panel.page.pair.text == f"Best {choice[0]}, candidate {candidate}"
        else:
            assert panel.page.pair.text == "Nothing selected"
            assert panel.page.hint.text() == "W goes to the first undecided cluster."
            for action_id in ("merge", "previous_candidate", "pause_wizard"):
                assert not panel.page.buttons[action_id].enabled
            assert panel.page.buttons["next_candidate"].enabled  # as its key, which selects the pair under review
        assert panel.page.buttons["pause_wizard"].enabled == bool(choice)


def test_once_nothing_is_left_to_propose_a_chosen_pair_is_compared(panel, qtbot):
    session = panel.session
    session.move(session.manager.cluster_ids.tolist(), "good")
    session.selection.select([4, 5])
    settle(qtbot, panel)
    assert panel.page.progress.text() == "All 8 clusters are decided."
    assert panel.page.gives_reasons


def test_one_cluster_alone_has_no_reasons(panel, qtbot):
    panel.session.selection.select([4])
    settle(qtbot, panel)
    assert panel.page.pair.text == "Best 4, candidate –"
    assert not panel.page.gives_reasons
    assert panel.page.hint.text() == "Press Space, or click a row in Similar, to compare it with another cluster."
    assert not panel.page.buttons["merge"].enabled
    assert panel.page.buttons["next_candidate"].enabled
    assert texts(panel)["next_candidate"] == "Next  Space"
    assert panel.page.buttons["move_best_good"].enabled
    panel.session.selection.select([4, 5])
    settle(qtbot, panel)
    assert texts(panel)["next_candidate"] == "Not the same  Space"


def test_clusters_that_the_list_hides_have_no_place_among_the_candidates(panel, qtbot):
    session = panel.session
    candidates = [other for other, _ in session.similar_to(4) if other not in (1, 2)]  # which are mua and noise
    session.selection.select([4, candidates[-1]])
    settle(qtbot, panel)
    assert panel.data.reasons.n_ranked == panel.data.reasons.rank == 5
    session.listed.show("some", [4, *candidates[-3:]])
    settle(qtbot, panel)
    assert panel.data.reasons.n_ranked == panel.data.reasons.rank == 3


def test_buttons_print_their_keys_and_ask_for_their_actions(panel, qtbot):
    assert texts(panel) == {
        "merge": "Merge  G",
        "split": "Split  K",
        "next_candidate": "Not the same  Space",
        "move_best_good": "Good  Alt+G",
        "move_best_mua": "MUA  Alt+M",
        "move_best_noise": "Noise  Alt+N",
        "previous_candidate": "Back  Shift+Space",
        "pause_wizard": "Pause  Shift+W",
        "reset_wizard": "Start over",
    }
    asked = []
    panel.action_requested.connect(asked.append)
    for button in panel.page.buttons.values():
        QTest.mouseClick(button.native, Qt.MouseButton.LeftButton)
    assert asked == [action_id for action_id in texts(panel) if action_id != "split"]  # no spikes are selected
    panel.session.selection.select([3, 4, 5])
    settle(qtbot, panel)
    assert texts(panel)["merge"] == "Merge 3  G"


def test_keys_of_the_users_choice_are_printed(panel, qtbot):
    key_bindings().bind("merge", "panels", ("J",))
    qtbot.waitUntil(lambda: texts(panel)["merge"] == "Merge  J")
    key_bindings().reset_all()
    qtbot.waitUntil(lambda: texts(panel)["merge"] == "Merge  G")


def test_progress_counts_decided_and_skipped_and_ends_with_an_offer(panel, qtbot):
    session = panel.session
    assert panel.page.progress.text() == "3 of 8 decided"
    assert (panel.page.bar.value(), panel.page.bar.maximum()) == (3, 8)
    session.wizard.next_best()
    settle(qtbot, panel)
    assert panel.page.progress.text() == "3 of 8 decided · 1 skipped"
    assert not panel.page.review.native.isVisible()
    while not session.wizard.is_finished:
        session.wizard.next_best()
    session.move([session.wizard.best], "good")
    settle(qtbot, panel)
    assert panel.page.progress.text() == "All 8 clusters are decided. 4 were skipped."
    panel.resize(340, 340)
    assert panel.page.progress.text() == "4 of 8 decided · 4 skipped"
    panel.resize(480, 340)
    session.selection.select([session.wizard.best])
    settle(qtbot, panel)
    assert panel.page.hint.text() == messages.NOTHING_LEFT
    asked = []
    panel.action_requested.connect(asked.append)
    assert panel.page.review.native.isVisible()
    QTest.mouseClick(panel.page.review.native, Qt.MouseButton.LeftButton)
    assert asked == ["review_skipped"]
    session.review_skipped()
    settle(qtbot, panel)
    assert panel.page.progress.text() == "4 of 8 decided"
    assert not panel.page.review.native.isVisible()


def test_the_history_dims_what_redo_would_bring(panel, qtbot):
    session = panel.session
    session.merge([4, 5])
    session.move([8], "good")
    session.undo()
    settle(qtbot, panel)
    assert steps(panel) == [("Merge 4 and 5 → 8", False), ("Move 8 to good", True)]
    session.redo()
    settle(qtbot, panel)
    assert [is_dim for _, is_dim in steps(panel)] == [False, False]


def test_paused_it_proposes_nothing(panel, qtbot):
    panel.session.pause_wizard()
    settle(qtbot, panel)
    assert panel.page.pair.text == "Paused"
    assert panel.page.hint.text() == messages.WIZARD_PAUSED
    assert not panel.page.verticalScrollBar().isVisible()
    assert texts(panel)["pause_wizard"] == "Start  Shift+W"
    panel.session.selection.select([])
    settle(qtbot, panel)
    assert panel.page.buttons["pause_wizard"].enabled
    panel.session.start_wizard()
    settle(qtbot, panel)
    assert panel.page.gives_reasons


def test_a_group_changes_the_progress_and_not_the_pair(panel, qtbot):
    place = panel.page.pair.text
    other = next(c for c in (3, 4, 5, 6, 7) if c not in panel.session.wizard.place)
    panel.session.move([other], "my own")
    settle(qtbot, panel)
    assert panel.page.progress.text() == "4 of 8 decided"
    assert panel.page.pair.text == place


def test_without_features_and_raw_data_it_says_what_is_needed(qtbot):
    session = light_session(features=None, masks=None, with_raw=False)
    session.start_wizard()
    session.selection.select([3, 4])
    panel = shown(qtbot, session)
    assert [words for _, value, words in reasons(panel) if value == "–"] == [
        "needs features", "needs raw data", "needs features",
    ]  # fmt: skip


def test_a_clustering_without_clusters_has_nothing_to_propose(panel):
    panel.draw(WizardData(WizardRequest(None, None), None, WizardProgress(0, 0, 0)))
    assert panel.page.pair.text == "Nothing to propose"
    assert panel.page.hint.text() == "This clustering has no clusters."
    assert panel.page.progress.text() == "0 of 0 decided"


@pytest.mark.parametrize("cut", ["", "Two clouds by amplitude: 812 and 400 spikes"])
def test_everything_fits_into_the_small_layout(panel, cut):
    panel.resize(480, 303)
    panel.page.show_cut(cut)
    panel.page.show_steps(("Merge 4 and 5 → 8", "Move 8 to good"), ())
    assert panel.page.widget().minimumSizeHint().height() <= panel.page.viewport().height()
    assert not panel.page.verticalScrollBar().isVisible()


def test_in_a_narrow_dock_buttons_stand_one_below_the_other_with_all_their_words(panel, qtbot):
    def is_whole():
        return all(button.width() >= button.sizeHint().width() for button in buttons())

    def buttons():
        return [button.native for button in panel.page.buttons.values() if button.native.isVisible()]

    def places():
        return {button.mapTo(panel, button.rect().topLeft()).x() for button in buttons()}

    assert is_whole()
    assert len(places()) == 4  # two halves, three thirds
    panel.resize(240, 600)
    qtbot.waitUntil(lambda: len(places()) == 1)
    assert is_whole()


def test_a_pair_that_the_filter_hides_is_not_proposed(panel, qtbot):
    session = panel.session
    session.listed.show("a filter", [])
    session.pause_wizard()
    session.start_wizard()
    qtbot.waitUntil(lambda: panel.page.pair.text == "Nothing to propose")
    assert panel.page.hint.text() == messages.NO_MATCH


def test_without_features_clusters_are_compared_by_a_click_in_clusters(qtbot):
    session = light_session(features=None, masks=None)
    session.start_wizard()
    panel = shown(qtbot, session)
    assert panel.page.hint.text() == "Ctrl+click a row in Clusters, to compare it with this cluster."
    best = session.wizard.best
    other = next(cluster for cluster in session.manager.cluster_ids.tolist() if cluster != best)
    session.selection.select([best, other])
    qtbot.waitUntil(lambda: panel.page.gives_reasons)
    assert panel.page.pair.text == f"Best {best}, candidate {other}"


def test_a_cut_is_offered_then_shown_and_decided_by_the_keys_on_the_buttons(qtbot):
    session = light_session()
    joined = session.merge([3, 6]).added[0]
    session.start_wizard()
    session.selection.select([joined])
    panel = shown(qtbot, session)
    assert panel.data.cut is None  # nobody looked for it yet
    session.whole.cuts(joined)
    qtbot.waitUntil(lambda: panel.data.cut is not None)
    n_smaller, n_larger = sorted([session.manager.n_spikes(joined) - len(panel.data.cut), len(panel.data.cut)])
    assert panel.page.cut.isVisible()
    assert panel.page.cut.text() == f"Two clouds by features: {n_larger} and {n_smaller} spikes"
    assert panel.page.show_cut_button.text == "Show cut  Shift+K"
    asked = []
    panel.action_requested.connect(asked.append)
    QTest.mouseClick(panel.page.show_cut_button.native, Qt.MouseButton.LeftButton)
    assert asked == ["propose_cut"]
    session.propose_cut()
    qtbot.waitUntil(lambda: panel.data is not None and panel.data.request.reviews_cut)
    settle(qtbot, panel)
    assert "K splits off the smaller one" in panel.page.hint.text()
    assert "Space leaves the cluster as it is." in panel.page.hint.text()
    assert not panel.page.cut.isVisible()
    assert texts(panel)["split"] == f"Split {n_smaller}  K"
    assert texts(panel)["next_candidate"] == "Not two  Space"
    assert panel.page.buttons["split"].native.isVisible()
    assert not panel.page.buttons["merge"].native.isVisible()
    session.wizard.next()
    session.select_proposed()
    session.selection.select([joined])
    qtbot.waitUntil(lambda: not panel.data.request.may_be_cut)
    assert panel.data.cut is None
    assert panel.page.buttons["merge"].native.isVisible()
