"""What the wizard proposes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy import ClusterManager
from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.core.decisions import Decisions
from napari_phy.core.errors import KwikFormatError
from napari_phy.core.memory import BUDGET
from napari_phy.core.wizard import HIDDEN_GROUPS, Similarity, Wizard
from napari_phy.core.wizard_order import by_list, by_size, by_value

SIMILAR = {(1, 2): 0.9, (1, 3): 0.5, (1, 4): 0.7, (2, 3): 0.2, (2, 4): 0.4, (3, 4): 0.6}


@pytest.fixture
def manager():
    return ClusterManager([1] * 9 + [2] * 7 + [3] * 5 + [4] * 3, cluster_groups={4: "noise"})


@pytest.fixture
def wizard(manager):
    def rank(cluster):
        others = [other for other in manager.cluster_ids.tolist() if other != cluster]
        pairs = [(other, SIMILAR.get((min(cluster, other), max(cluster, other)), 0.1)) for other in others]
        return sorted(pairs, key=lambda pair: -pair[1])

    return Wizard(manager, rank)


def test_it_goes_by_size_and_similarity_and_hides_noise(wizard):
    assert (wizard.best, wizard.candidate) == (None, None)
    wizard.start()
    assert (wizard.best, wizard.candidate) == (1, 2)
    assert wizard.next_candidate() == 3
    assert wizard.next() == (2, 1)
    assert wizard.next_best() == 3
    assert list(wizard) == [1, 2, 3]


def test_where_similarities_cannot_be_computed_it_proposes_clusters_alone(manager, caplog):
    def rank(_):
        raise KwikFormatError("x.kwx cannot be read.")

    wizard = Wizard(manager, rank)
    wizard.start()
    assert wizard.place == (1,)
    assert wizard.next() == (2, None)
    wizard.merge([1, 2], 3)
    assert wizard.place == (3,)
    assert "Nothing is proposed beside cluster 1: x.kwx cannot be read." in caplog.text


def test_what_comes_is_told_without_going_there(wizard):
    wizard.start()
    for coming, following in ((3, (1, 3)), (None, (2, 3)), (None, (3, None))):
        assert wizard.coming == coming
        assert wizard.next() == following
    wizard.look_at(4)
    wizard.pause()
    assert wizard.coming == 1


def test_clusters_that_are_nothing_alike_are_not_gone_on_to(manager):
    wizard = Wizard(manager, lambda cluster: [(other, 0.004) for other in (1, 2, 3) if other != cluster])
    wizard.start()
    assert (wizard.best, wizard.candidate) == (1, 2)
    assert wizard.next() == (2, None)


def test_a_pair_that_is_not_the_same_is_not_proposed_the_other_way_round(wizard):
    wizard.start()
    pairs = [(wizard.best, wizard.candidate), *(wizard.next() for _ in range(3))]
    assert pairs == [(1, 2), (1, 3), (2, 3), (3, None)]
    wizard.look_at(1)
    assert wizard.next_candidate() is None
    wizard.review_skipped()
    assert (wizard.place, wizard.skipped) == ((1,), ())  # clusters come again, pairs don't
    wizard.reset()
    assert wizard.place == (1, 2)
    wizard.next_best()
    assert wizard.place == (2, 1)


def test_a_pair_that_is_gone_back_to_is_open_again(wizard):
    wizard.start()
    wizard.next()
    assert wizard.previous() == (1, 2)
    wizard.next_best()
    assert wizard.place == (2, 1)


def test_what_was_skipped_comes_again_only_when_asked_for(wizard, manager):
    wizard.start()
    assert wizard.skipped == ()
    assert [wizard.next_best(), wizard.next_best()] == [2, 3]
    assert wizard.skipped == (1, 2)
    assert not wizard.is_finished
    assert wizard.next_best() == 3
    assert wizard.skipped == (1, 2, 3)
    assert wizard.is_finished
    manager.move([3], "good")
    wizard.move([3], "good")
    assert (wizard.best, wizard.skipped, wizard.is_finished) == (3, (1, 2), True)
    wizard.review_skipped()
    assert (wizard.best, wizard.skipped, wizard.is_finished) == (1, (), False)
    assert [wizard.next_best(), wizard.next_best(), wizard.is_finished] == [2, 2, True]


def test_a_skipped_cluster_that_is_looked_at_again_or_decided_is_not_skipped_any_more(wizard, manager):
    wizard.start()
    wizard.next_best()
    wizard.next_best()
    wizard.look_at(2)
    assert wizard.skipped == (1,)
    manager.move([1], "mua")
    assert wizard.skipped == ()
    manager.move([1], "unsorted")
    assert wizard.skipped == (1,)
    wizard.previous()
    wizard.previous()
    wizard.previous()
    assert (wizard.best, wizard.skipped) == (1, ())


def test_candidates_are_gone_through_before_a_cluster_is_skipped(wizard):
    wizard.start()
    wizard.next()
    assert (wizard.place, wizard.skipped) == ((1, 3), ())
    wizard.next()
    assert (wizard.best, wizard.skipped) == (2, (1,))


def test_everyone_hears_of_each_step_once(wizard, manager):
    heard = []
    wizard.changed.connect(lambda: heard.append(wizard.place))
    wizard.start()
    wizard.next()
    wizard.next()
    wizard.look_at(2, 1)
    wizard.previous()
    wizard.pause()
    assert heard == [(1, 2), (1, 3), (2, 3), (2, 1), (2, 3), (2, 3)]


def test_redo_brings_back_what_undo_took_and_nothing_else(wizard):
    wizard.move([4], "good")
    wizard.move([3], "good")
    wizard.undo()
    wizard.undo()
    wizard.undo()  # an edit of an earlier session
    assert wizard.undone == (("move", [4], "good"), ("move", [3], "good"))
    wizard.redo()
    assert wizard.history == []
    wizard.redo()
    assert wizard.history == [("move", [4], "good")]
    assert wizard.undone == (("move", [3], "good"),)
    wizard.move([4], "noise")
    assert wizard.undone == ()


def test_going_back_retraces_the_steps(wizard):
    wizard.start()
    places = [(wizard.best, wizard.candidate), *(wizard.next() for _ in range(3))]
    back = [wizard.previous() for _ in range(3)]
    assert back == places[-2::-1]


def test_similarity_is_zero_for_pairs_never_computed(wizard):
    assert wizard.similarity[1, 2] == 0.0
    wizard.start()
    assert wizard.similarity[1, 2] == wizard.similarity[2, 1] == 0.9
    assert wizard.similarity[2, 3] == 0.0


def test_only_so_many_similarities_are_kept(monkeypatch):
    monkeypatch.setattr(BUDGET, "_limit", 1000)  # whatever other caches hold goes first
    similarity = Similarity(lambda cluster: [(other, 0.5) for other in range(4) if other != cluster])
    for cluster in range(4):
        similarity.ranked(cluster)
    assert similarity[3, 1] == similarity[1, 3] == 0.5
    assert similarity[0, 1] == 0.5
    for cluster in range(10, 20):
        similarity.ranked(cluster)
    assert similarity[3, 1] == 0.0


def test_paused_it_keeps_its_place_and_proposes_nothing(wizard):
    wizard.start()
    wizard.next_candidate()
    wizard.pause()
    assert (wizard.best, wizard.candidate) == (None, None)
    assert wizard.next() == (None, None)
    wizard.start()
    assert (wizard.best, wizard.candidate) == (1, 3)
    wizard.reset()
    assert (wizard.best, wizard.candidate) == (1, 2)


def test_it_is_told_of_edits(wizard, manager):
    wizard.start()
    new = manager.merge([1, 2]).added[0]
    wizard.merge([1, 2], new)
    assert (wizard.best, wizard.candidate) == (new, 3)
    manager.move([new], "good")
    wizard.move([new], "good")
    assert (wizard.best, wizard.candidate) == (3, new)
    manager.move([3], "noise")
    wizard.move([3], "noise")
    assert wizard.best == 3  # none is left
    assert wizard.history == [("merge", [1, 2], [new]), ("move", [new], "good"), ("move", [3], "noise")]
    wizard.undo()
    assert len(wizard.history) == 2
    wizard.redo()
    assert wizard.history[-1] == ("move", [3], "noise")


def test_moving_the_candidate_brings_the_next(wizard, manager):
    wizard.start()
    manager.move([2], "mua")
    wizard.move([2], "mua")
    assert (wizard.best, wizard.candidate) == (1, 3)


def test_a_candidate_that_was_passed_over_does_not_come_again_when_the_next_is_moved(wizard, manager):
    wizard.start()
    assert wizard.next_candidate() == 3
    manager.move([3], "mua")
    wizard.move([3], "mua")
    assert (wizard.best, wizard.candidate) == (1, None)


def test_an_empty_clustering_proposes_nothing():
    wizard = Wizard(ClusterManager([]), lambda cluster: [])
    wizard.start()
    assert (wizard.best, wizard.candidate) == (None, None)
    assert wizard.next() == (None, None)


def test_a_candidate_that_could_not_be_told_at_first_is_found_later_unless_somebody_went_elsewhere():
    manager, known = ClusterManager([1, 1, 1, 2, 2, 3]), []
    wizard = Wizard(manager, lambda cluster: [(other, 0.5) for other in known if other != cluster])
    wizard.find_candidate()
    assert wizard.place == ()
    wizard.start()
    assert wizard.place == (1,)
    wizard.find_candidate()
    assert wizard.place == (1,)
    known[:] = [3, 2]
    wizard.find_candidate()
    assert wizard.place == (1, 3)
    known.clear()
    wizard.reset()
    wizard.look_at(2)
    known[:] = [3, 1]
    wizard.find_candidate()
    assert wizard.place == (2,)


def test_it_tells_where_it_is(wizard):
    assert repr(wizard) == "<Wizard: paused at no cluster, 0 skipped>"
    wizard.start()
    assert (repr(wizard), wizard.is_paused) == ("<Wizard: 1 and 2, 0 skipped>", False)
    wizard.next_best()
    wizard.pause()
    assert (repr(wizard), wizard.is_paused) == ("<Wizard: paused at 2 and 1, 1 skipped>", True)


def test_the_first_undecided_one_comes_at_once_and_keeps_its_candidate(wizard, manager):
    wizard.go_to_first()
    assert (wizard.place, wizard.is_paused) == ((1, 2), False)
    wizard.next_candidate()
    wizard.go_to_first()
    assert wizard.place == (1, 3)
    wizard.look_at(1)
    wizard.go_to_first()
    assert wizard.place == (1, 2)
    wizard.look_at(3, 2)
    manager.move([1], "good")
    wizard.go_to_first()
    assert wizard.place == (2, 1)


def test_after_a_split_the_first_two_parts_are_looked_at(wizard):
    wizard.start()
    wizard.split([1], [7, 8, 9])
    assert wizard.place == (7, 8)
    wizard.split([7], [10])
    assert wizard.place == (10,)
    wizard.split([10], [])
    assert wizard.place == ()
    assert wizard.history == [("split", [1], [7, 8, 9]), ("split", [7], [10]), ("split", [10], [])]


def test_a_best_cluster_that_an_edit_hid_gives_way_to_the_next_row(manager):
    listed = {1, 2, 3}
    wizard = Wizard(manager, lambda cluster: [], listed)
    heard = []
    wizard.start()
    wizard.changed.connect(lambda: heard.append(wizard.best))
    assert not wizard.leave_hidden((3, 1, 2))  # it is listed
    wizard.look_at(1)
    listed.discard(1)
    assert not wizard.leave_hidden((3, 2))  # it was in no row
    assert wizard.leave_hidden((3, 1, 2))
    assert wizard.best == 2
    listed.clear()
    assert not wizard.leave_hidden((3, 1, 2))  # nothing is left
    assert (wizard.best, heard) == (2, [2])


def test_similarity_from_005_on_is_gone_on_to(manager):
    for similarity, following in ((0.005, (1, 3)), (0.0049, (2, None))):
        wizard = Wizard(manager, lambda one, s=similarity: [(other, s) for other in (1, 2, 3) if other != one])
        wizard.start()
        assert wizard.place == (1, 2)
        assert wizard.next() == following


def test_noise_mua_and_discarded_clusters_are_no_candidates(wizard, manager):
    manager.move([2], "mua")
    manager.discard([3])
    wizard.start()
    assert wizard.place == (1,)
    manager.move([2], "good")
    wizard.start()
    wizard.look_at(1)
    assert wizard.next_candidate() == 2


def test_going_back_leaves_out_what_is_gone(wizard, manager):
    wizard.start()
    wizard.look_at(2, 3)
    wizard.look_at(3)
    manager.merge([1, 2])
    assert wizard.previous() == (3, None)
    manager.undo()
    wizard.look_at(1, 2)
    wizard.look_at(3)
    manager.move([2], "good")
    assert wizard.previous() == (1, 2)


def test_looking_at_the_same_again_tells_nobody(wizard):
    heard = []
    wizard.start()
    wizard.changed.connect(lambda: heard.append(wizard.place))
    wizard.look_at(1, 2)
    assert not heard
    wizard.look_at(1)
    assert heard == [(1,)]


def test_after_its_best_cluster_is_gone_nothing_comes(wizard, manager):
    wizard.start()
    manager.merge([1, 2])
    assert wizard.coming is None
    assert wizard.next_candidate() == 2  # it stays


# --- orders ---


def bests(wizard):
    """Return the best clusters that it goes through from the start."""
    wizard.reset()
    return [wizard.best, wizard.next_best(), wizard.next_best()]


def test_best_clusters_come_in_the_order_that_was_chosen(wizard, manager):
    largest_first = by_size(manager)
    rate = {1: 2.0, 2: float("nan"), 3: 7.0}
    assert bests(wizard) == [1, 2, 3]
    wizard.order_by(by_value(lambda _: rate, largest_first))
    assert bests(wizard) == [3, 1, 2]
    wizard.order_by(by_value(lambda _: rate, largest_first, is_ascending=True))
    assert bests(wizard) == [1, 3, 2]  # what is not known is last
    wizard.order_by(by_list(lambda: (3, 2), largest_first))
    assert bests(wizard) == [3, 2, 1]
    wizard.review_skipped()
    assert wizard.best == 3


def test_the_gain_of_a_merge_is_similarity_times_spikes_of_the_smaller_one(wizard, manager):
    gains = wizard.gain([1, 2, 3, 4])
    assert gains == pytest.approx({1: 0.9 * 7, 2: 0.9 * 7, 3: 0.5 * 5, 4: 0.7 * 3})
    wizard.order_by(by_value(wizard.gain, by_size(manager)))
    wizard.start()
    assert wizard.next() == (1, 3)
    assert wizard.gain([1, 2, 3]) == pytest.approx({1: 2.5, 2: 1.0, 3: 2.5})  # 1 and 2 are not the same
    assert wizard.previous() == (1, 2)
    assert wizard.gain([1, 2])[2] == pytest.approx(6.3)


@given(st.lists(st.tuples(st.sampled_from("mdu"), st.integers(0, 99), st.integers(0, 99)), max_size=12))
def test_gains_that_follow_edits_are_those_made_anew(steps):
    manager = ClusterManager(np.arange(60) % 8)

    def rank(cluster):
        others = [one for one in manager.cluster_ids.tolist() if one != cluster]
        return sorted(((one, abs(np.sin(one * cluster + one + cluster))) for one in others), key=lambda pair: -pair[1])

    wizard = Wizard(manager, rank)
    for kind, a, b in steps:
        ids = manager.cluster_ids.tolist()
        wizard.gain(ids)
        one, other = ids[a % len(ids)], ids[b % len(ids)]
        if kind == "u":
            manager.undo()
        elif one == other:
            manager.move([one], "noise" if manager.group(one) != "noise" else "good")
        elif kind == "m":
            manager.merge([one, other])
        else:
            wizard.start()
            wizard.look_at(one, other)
            wizard.next()
        ids = manager.cluster_ids.tolist()
        assert wizard.gain(ids) == pytest.approx(anew(wizard, manager, rank))


def anew(wizard, manager, rank):
    kept = wizard.gain
    wizard.gain.forget()
    return kept(manager.cluster_ids.tolist())


# --- cuts ---


def halves(manager):
    """Return what finds two clouds in every cluster of more than six spikes."""

    def find(cluster):
        spikes = manager.spikes(cluster)
        return ClusterCut(cluster, spikes[:2], len(spikes) - 2, "amplitude", 4.0) if len(spikes) > 6 else None

    return find


@pytest.fixture
def cutting(manager, wizard):
    return Wizard(manager, wizard.similarity.rank, find_cut=halves(manager))


def test_a_cut_comes_after_the_candidates(cutting):
    cutting.start()
    assert (cutting.next(), cutting.cut) == ((1, 3), None)
    assert cutting.next() == (1, None)
    assert (cutting.cut.cluster, cutting.cut.spikes.tolist(), cutting.coming) == (1, [0, 1], None)
    assert cutting.next() == (2, 3)  # 1 is one neuron
    assert (cutting.cut, cutting.is_one(1)) == (None, True)
    assert cutting.previous() == (1, None)
    assert (cutting.cut.cluster, cutting.is_one(1)) == (1, False)


def test_a_cut_can_be_asked_for_and_left(cutting):
    assert cutting.propose_cut() is None  # it is paused
    cutting.start()
    assert cutting.propose_cut() is cutting.cut is not None
    assert cutting.place == (1,)
    cutting.leave_cut()
    assert (cutting.cut, cutting.is_one(1)) == (None, False)
    cutting.look_at(3)
    assert cutting.propose_cut() is None


def test_the_parts_of_a_split_are_not_proposed_to_be_merged(cutting, manager):
    cutting.start()
    new = manager.split(cutting.propose_cut().spikes).added
    cutting.split([1], new)
    assert (cutting.place, cutting.cut) == (tuple(new), None)
    assert cutting.next()[1] not in new
    cutting.look_at(new[1])
    assert cutting.next_candidate() != new[0]


# --- laws ---


class Review:
    """A wizard that is used in all ways, and what was decided in it."""

    def __init__(self):
        self.manager, self.listed, self.kept = ClusterManager(np.arange(70) % 7), set(range(200)), []
        self.decided = set()
        self.restart()

    def restart(self, *_):
        decisions = Decisions(self.manager, self.kept[-1] if self.kept else None, self.kept.append)
        self.wizard = Wizard(self.manager, self.rank, self.listed, decisions, halves(self.manager))
        self.wizard.start()

    def rank(self, cluster):
        return [(one, 0.9) for one in self.manager.cluster_ids.tolist() if one != cluster]

    @property
    def pair(self):
        """What would be decided now, as a set of one cluster for a cut."""
        return frozenset(self.wizard.place) if self.wizard.cut is not None or len(self.wizard.place) == 2 else None

    def next(self, *_):
        self.decided.add(self.pair)
        self.wizard.next()

    def previous(self, *_):
        self.wizard.previous()
        self.decided.discard(self.pair)

    def filter(self, *some):
        self.listed.symmetric_difference_update(some)

    def merge(self, one, other):
        if one != other:
            self.wizard.merge([one, other], self.manager.merge([one, other]).added[0])

    def split(self, one, _):
        if self.manager.n_spikes(one) > 1:
            update = self.manager.split(self.manager.spikes(one)[:1])
            self.wizard.split(update.deleted, update.added)
            self.decided.add(frozenset(update.added))

    def move(self, one, other):
        group = ("noise", "mua", "good", "unsorted")[other % 4]
        if self.manager.group(one) != group:
            self.manager.move([one], group)
            self.wizard.move([one], group)

    def undo(self, *_):
        self.manager.undo()
        self.wizard.undo()

    def redo(self, *_):
        self.manager.redo()
        self.wizard.redo()

    def next_candidate(self, *_):
        self.wizard.next_candidate()

    def next_best(self, *_):
        self.wizard.next_best()

    def go_to_first(self, *_):
        self.wizard.go_to_first()

    def review_skipped(self, *_):
        self.wizard.review_skipped()


PROPOSING = ("next", "next_candidate", "next_best", "review_skipped", "merge", "move")
OTHERS = ("previous", "go_to_first", "filter", "split", "undo", "redo", "restart")


@given(st.lists(st.tuples(st.sampled_from((*PROPOSING, *OTHERS)), st.integers(0, 99), st.integers(0, 99))))
def test_it_never_proposes_a_decided_pair_a_cluster_that_is_gone_or_one_that_is_hidden(steps):
    review = Review()
    for act, a, b in steps:
        ids, before = review.manager.cluster_ids.tolist(), (review.wizard.place, review.wizard.cut)
        getattr(review, act)(ids[a % len(ids)], ids[b % len(ids)])
        wizard = review.wizard
        if act not in PROPOSING or (wizard.place, wizard.cut) == before:
            continue
        assert all(cluster in review.manager for cluster in wizard.place)
        assert review.pair is None or review.pair not in review.decided
        if len(wizard.place) == 2:
            assert wizard.candidate in review.listed
            assert review.manager.group(wizard.candidate) not in HIDDEN_GROUPS
