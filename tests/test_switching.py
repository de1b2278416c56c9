"""One session walks over the channel groups and clusterings of a file, and nothing is lost or mixed up."""

import shutil

import numpy as np
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_phy import KwikModel, open_session
from napari_phy.core.errors import ClusteringError, KwikFormatError, NapariPhyError, NotInFileError
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.waveform_samples import waveform_samples

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture
def kwik(kwik_copy):
    """A file with the clusterings main, original and second: other sets of spikes under the same ids."""
    model = KwikModel(kwik_copy)
    ids = model.cluster_ids
    swapped = np.empty(int(ids.max()) + 1, dtype=np.int32)
    swapped[ids] = np.roll(ids, 1)
    model.add_clustering("second", swapped[model.spike_clusters])
    model.close()
    return kwik_copy


@pytest.fixture
def session(kwik):
    with open_session(kwik) as session:
        yield session


def state(session):
    manager = session.manager
    return (
        manager.spike_clusters.tolist(),
        manager.cluster_groups,
        manager.cluster_colors,
        manager.cluster_labels,
        manager.user_groups,
    )


def table(session):
    rows = compute_cluster_table(session)
    return [column.tolist() for column in (rows.ids, rows["channel"], rows["spikes"], rows["refractory"])]


def test_only_edits_from_before_the_session_are_recovered(kwik, caplog):
    with open_session(kwik) as session:
        session.merge(session.manager.cluster_ids[:2])
    with open_session(kwik) as session:
        assert "1 edit" in session.messages[0]
        session.merge(session.manager.cluster_ids[:2])
        caplog.clear()
        for group in (1, 0):
            session.switch(channel_group=group)
            session.merge(session.manager.cluster_ids[:2])
        assert session.store.recovered_at is None
        session.rename_clustering("main", "mine")
        session.save_all()
        assert session.messages == ()
        assert "recovered" not in caplog.text


def test_edits_stay_where_they_were_made(session):
    seen = []
    session.switched.connect(lambda: seen.append((session.model.clustering, session.n_unsaved, state(session))))
    a, b = session.manager.cluster_ids[:2].tolist()
    session.merge([a, b])
    session.add_group("axons", "#102030")
    session.undo()
    main = state(session)
    session.switch(clustering="second")
    second = state(session)
    assert not session.is_dirty
    session.move([a], "noise")
    session.switch(clustering="main")
    assert state(session) == main
    session.redo()
    assert [group.name for group in session.groups][-1] == "axons"
    session.switch(clustering="second")
    assert session.manager.group(a) == "noise"
    session.undo()
    assert state(session) == second
    assert [(name, n) for name, n, _ in seen] == [("second", 0), ("main", 1), ("second", 1)]
    assert seen[0][2] == second


def test_a_switch_is_told_once_when_all_is_in_place(session):
    session.start_wizard()
    before = session.opened
    heard = []

    def look():
        assert session.manager is session.opened.manager
        assert session.selection.clusters == session.wizard.place
        assert session.store.saved_position == 0
        assert len(session.model.features) if hasattr(session.model.features, "__len__") else True
        heard.append(session.model.clustering)

    session.switched.connect(look)
    session.switch(clustering="second")
    assert heard == ["second"]
    session.switch(clustering="second")
    session.switch()
    assert heard == ["second"]
    for name in ("model", "store", "manager", "selection", "sums", "wizard"):
        assert getattr(session, name) is not getattr(before, name)
    with pytest.raises(NapariPhyError, match="read-only"):
        before.manager.move(before.manager.cluster_ids[:1], "good")


def test_no_view_shows_the_numbers_of_another_clustering(kwik):
    with open_session(kwik, clustering="second", read_only=True) as fresh:
        expected, best = table(fresh), int(fresh.manager.cluster_ids[0])
        similar, samples = fresh.similar_to(best), waveform_samples(fresh, [best])[best].spike_ids.tolist()
    with open_session(kwik) as session:
        of_main = table(session), session.similar_to(best), waveform_samples(session, [best])[best].spike_ids.tolist()
        session.prepare()
        session.switch(clustering="second")
        assert table(session) == expected != of_main[0]
        assert session.similar_to(best) == similar
        assert waveform_samples(session, [best])[best].spike_ids.tolist() == samples != of_main[2]
        session.switch(clustering="main")
        assert (table(session), session.similar_to(best)) == of_main[:2]
        assert waveform_samples(session, [best])[best].spike_ids.tolist() == of_main[2]


def test_a_switch_that_fails_changes_nothing(session, kwik):
    a, b = session.manager.cluster_ids[:2].tolist()
    session.merge([a, b])
    opened, before, heard = session.opened, state(session), []
    session.switched.connect(lambda: heard.append(1))
    for wrong in ({"clustering": "third"}, {"channel_group": 9}, {"channel_group": 9, "clustering": "main"}):
        with pytest.raises(NotInFileError, match="has no c"):
            session.switch(**wrong)
        with pytest.raises(ValueError, match="has no c"):
            session.switch(**wrong)
    with open_h5(kwik, "r+") as file:
        file.write("/channel_groups/0/spikes/clusters/second", np.zeros(3, dtype=np.int32))
    with pytest.raises(KwikFormatError, match="second has shape"):
        session.switch(clustering="second")
    assert session.opened is opened
    assert not heard
    assert state(session) == before
    session.undo()
    session.redo()
    session.save()
    assert not session.is_dirty


def test_only_the_clusters_of_another_clustering_are_read(session):
    before = session.model
    session.switch(clustering="second")
    for name in ("spike_samples", "features", "masks", "waveforms", "traces", "probe"):
        assert getattr(session.model, name) is getattr(before, name)
    assert session.model.features[:2].shape[0] == 2
    session.close()
    session.close()


@pytest.mark.real_data
def test_another_channel_group_brings_its_own_channels(data_folder, tmp_path):
    source = data_folder / "klusta_4ch" / "test4.kwik"
    path = tmp_path / "x.kwik"
    for suffix in (".kwik", ".kwx"):
        shutil.copyfile(source.with_suffix(suffix), path.with_suffix(suffix))
    with open_h5(path, "r+") as file, open_h5(path.with_suffix(".kwx"), "r+") as kwx:
        groups = file.node("/channel_groups")
        groups.copy("0", "3")
        groups["3"].attrs["channel_order"] = groups["0"].attrs["channel_order"][::-1]
        groups["3/spikes/clusters/main"][...] = 5
        kwx.write("/channel_groups/3/features_masks", 2 * kwx.read("/channel_groups/0/features_masks"))
    with open_session(path) as session:
        first, order, features = state(session), session.model.channel_order.tolist(), session.model.features[:4]
        numbers = table(session)
        session.switch(channel_group=3)
        assert session.model.channel_order.tolist() == order[::-1]
        np.testing.assert_array_equal(session.model.features[:4], 2 * features)
        assert session.manager.cluster_ids.tolist() == [5]
        assert table(session) != numbers
        session.label([5], "note", "of group 3")
        session.switch(channel_group=0, clustering="original")
        session.switch(channel_group=3, clustering="main")
        assert session.manager.labels(5) == {"note": "of group 3"}
        session.save()
        session.switch(channel_group=0)
        assert (state(session), table(session)) == (first, numbers)
        np.testing.assert_array_equal(session.model.features[:4], features)


def test_a_switch_whose_proposals_cannot_be_made_changes_nothing(session, monkeypatch):
    session.start_wizard()
    opened, before = session.opened, state(session)
    monkeypatch.setattr("napari_phy.session.open_clustering.ClusterRanking.__call__", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        session.switch(clustering="second")
    assert session.opened is opened
    session.label(session.manager.cluster_ids[:1], "note", "x")
    session.undo()
    assert state(session) == before


def test_a_session_that_only_reads_can_be_switched(kwik):
    with open_session(kwik) as first, open_session(kwik) as second:
        assert not second.can_save
        second.switch(clustering="second")
        assert second.can_save
        first.switch(clustering="original")
        assert not first.can_save
        second.switch(clustering="main")
        assert second.can_save
    with open_session(kwik, read_only=True) as session:
        session.switch(clustering="second")
        assert session.store.read_only
        for call in (
            lambda: session.copy_clustering("main", "third"),
            lambda: session.delete_clustering("main"),
            session.reset_clustering,
        ):
            with pytest.raises(NapariPhyError, match="read-only"):
                call()


def test_the_model_of_a_session_is_switched_by_the_session_only(session):
    with pytest.raises(ClusteringError, match=r"open in a session; switch with session\.switch"):
        session.model.clustering = "second"
    with pytest.raises(ClusteringError, match="open in a session"):
        session.model.channel_group = 0
    with pytest.raises(ClusteringError, match="open in a session"):
        session.model.save(session.manager.spike_clusters)
    assert session.model.clustering == "main"


def test_a_copy_of_the_open_clustering_is_what_is_shown(session, kwik):
    heard = []
    session.clusterings_changed.connect(lambda: heard.append(session.clusterings))
    a, b, c = session.manager.cluster_ids[:3].tolist()
    session.merge([a, b])
    session.move([c], "axons")
    session.recolor_group("axons", "#010203")
    session.label([c], "note", "x")
    shown = state(session)
    session.copy_clustering("main", "try")
    session.copy_clustering("second", "third")
    assert heard[-1] == ("main", "original", "second", "third", "try") == session.clusterings
    assert state(session) == shown
    session.switch(clustering="try")
    assert state(session) == shown
    assert not session.is_dirty
    session.switch(clustering="third")
    session.delete_clustering("try")
    assert "try" not in session.clusterings
    with pytest.raises(ClusteringError, match="third is in use"):
        session.delete_clustering("third")
    session.switch(clustering="main")
    assert state(session) == shown
    assert session.n_unsaved == 4


def test_edits_and_undo_go_along_when_a_clustering_is_renamed(session, kwik):
    switched = []
    session.switched.connect(lambda: switched.append(session.model.clustering))
    a, b = session.manager.cluster_ids[:2].tolist()
    begun = state(session)
    session.merge([a, b])
    session.save()
    session.move([session.manager.cluster_ids[-1]], "axons")
    shown = state(session)
    session.rename_clustering("main", "mine")
    assert switched == ["mine"]
    assert state(session) == shown
    assert session.n_unsaved == 1
    session.rename_clustering("second", "main")
    assert session.clusterings == ("main", "mine", "original")
    with pytest.raises(ClusteringError, match="has a clustering main already"):
        session.rename_clustering("mine", "main")
    assert state(session) == shown
    session.undo()
    session.undo()
    assert state(session) == begun
    session.close()
    with open_session(kwik, clustering="mine") as again:
        again.redo()
        again.redo()
        assert state(again) == shown


def parts(clusters):
    """Return a clustering without its ids: of each spike the first one of its cluster."""
    _, firsts, places = np.unique(clusters, return_index=True, return_inverse=True)
    return firsts[places].tolist()


def test_a_reset_brings_back_the_original_by_one_edit_that_undo_takes_back(session, kwik):
    model = KwikModel(kwik, clustering="original")
    original, groups = model.spike_clusters, model.cluster_groups
    model.close()
    a, b, c = session.manager.cluster_ids[:3].tolist()
    new = session.merge([a, b]).added[0]
    session.move([new], "axons")
    session.save()
    session.label([c], "note", "x")
    session.move([c], "mua")
    before = session.manager.spike_clusters.tolist(), state(session)
    session.reset_clustering()
    assert parts(session.manager.spike_clusters) == parts(original)
    wanted = [groups.get(cluster, "unsorted") for cluster in original.tolist()]
    assert session.manager.groups_of(session.manager.spike_clusters) == wanted
    assert session.manager.cluster_labels.get("note", {}) == {}
    assert c in session.manager
    assert session.manager.next_id > new
    assert "axons" in [group.name for group in session.groups]
    with pytest.raises(ClusteringError, match="the same already"):
        session.reset_clustering()
    after = state(session)
    session.undo()
    assert (session.manager.spike_clusters.tolist(), state(session)) == before
    session.redo()
    assert state(session) == after
    session.close()
    with open_session(kwik) as again:
        assert state(again) == after
        again.undo()
        assert state(again) == before[1]
        again.redo()
        again.save()
    with open_session(kwik, read_only=True) as saved:
        assert parts(saved.model.spike_clusters) == parts(original)


def test_a_reset_of_another_clustering_writes_it(session):
    original = session.manager.spike_clusters.tolist()
    session.reset_clustering("second")
    session.switch(clustering="second")
    assert session.manager.spike_clusters.tolist() == original


def test_what_is_saved_after_a_switch_is_what_is_shown(session, kwik):
    a, b = session.manager.cluster_ids[:2].tolist()
    session.merge([a, b])
    session.switch(clustering="second")
    session.move([b], "axons")
    shown = state(session)
    session.save()
    session.switch(clustering="main")
    assert session.n_unsaved == 1
    model = KwikModel(kwik, clustering="second")
    assert model.spike_clusters.tolist() == shown[0]
    assert model.cluster_metadata.group(b) == "axons"
    model.close()


places = st.tuples(st.sampled_from(["main", "second", "third"]), st.integers(0, 2**32 - 1))


@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(places, min_size=1, max_size=8))
def test_whatever_is_done_where_each_clustering_has_its_own(walk, kwik, tmp_path_factory):
    path = tmp_path_factory.mktemp("walk") / "x.kwik"
    shutil.copy(kwik, path)
    shown = {}
    with open_session(path) as session:
        session.copy_clustering("main", "third")
        for name, seed in walk:
            session.switch(clustering=name)
            if name in shown:
                assert state(session) == shown[name]
            rng = np.random.default_rng(seed)
            some = rng.choice(session.manager.cluster_ids, 2, replace=False).tolist()
            names = [group.name for group in session.groups]
            match rng.integers(7):
                case 0 | 1:
                    session.merge(some)
                case 2:
                    session.move(some, f"group {seed}")
                case 3:
                    session.undo()
                case 4:
                    session.save()
                case 5 if names:
                    session.remove_group(names[0])
                case 6 if names and f"group {seed}." not in names:
                    session.rename_group(names[0], f"group {seed}.")
            shown[name] = state(session)
    for name, expected in shown.items():
        with open_session(path, clustering=name) as session:
            assert state(session) == expected


@pytest.mark.real_data
def test_a_real_file_is_switched_copied_and_left_whole(data_folder, tmp_path):
    source = data_folder / "klusta_synth32" / "synth32.kwik"
    for suffix in (".kwik", ".kwx"):
        shutil.copyfile(source.with_suffix(suffix), tmp_path / f"x{suffix}")
    with open_session(tmp_path / "x.kwik") as session:
        session.merge(session.manager.cluster_ids[:2])
        shown = state(session)
        session.switch(clustering="original")
        with pytest.raises(NapariPhyError, match="original"):
            session.save()
        session.copy_clustering("original", "again")
        session.switch(clustering="again")
        session.switch(clustering="main")
        assert state(session) == shown
    with KwikModelOf(source) as old, KwikModelOf(tmp_path / "x.kwik") as new:
        for name in ("main", "original"):
            np.testing.assert_array_equal(new.read_clustering(name), old.read_clustering(name))
    assert (tmp_path / "x.kwx").read_bytes() == source.with_suffix(".kwx").read_bytes()


class KwikModelOf:
    def __init__(self, path):
        self._model = KwikModel(path)

    def __enter__(self):
        return self._model

    def __exit__(self, *_):
        self._model.close()


def merge_two(session):
    session.merge(session.manager.cluster_ids[:2].tolist())


def test_unsaved_edits_of_every_clustering_are_known_and_saved(kwik):
    places = ((0, "main"), (0, "second"), (1, "main"))
    n_edits = dict(zip(places, (1, 3, 2), strict=True))
    with open_session(kwik) as session:
        for place in places:
            session.switch(*place)
            merge_two(session)
            for number in range(n_edits[place] - 1):
                session.label(session.manager.cluster_ids[-1:].tolist(), "note", number)
            assert session.n_unsaved == n_edits[place]
            others = {other: n_edits[other] for other in places[: places.index(place)]}
            assert session.waiting == others
            assert session.n_unsaved_in_all == sum(others.values()) + session.n_unsaved
    after = {}
    with open_session(kwik, 1) as session:  # the next start of the program
        assert session.waiting == {place: n_edits[place] for place in places[:2]}
        by_place = {(one.channel_group, one.clustering): one.n_unsaved for one in session.summaries}
        assert {place: by_place[place] for place in places} == n_edits
        saved = []
        session.saved.connect(lambda: saved.append(dict(session.waiting)))
        session.save_all()
        assert saved == [{}]
        assert session.n_unsaved_in_all == 0
        for place in places:
            session.switch(*place)
            assert not session.is_dirty
            after[place] = state(session)
    for place in places:
        model = KwikModel(kwik, *place)
        assert model.spike_clusters.tolist() == after[place][0]
        model.close()


def test_edits_of_other_clusterings_are_saved_without_those_that_cannot_be(kwik):
    with open_session(kwik) as session:
        for place in ((0, "main"), (1, "original"), (0, "original")):
            session.switch(*place)
            merge_two(session)
        assert not session.can_save
        assert session.waiting == session.savable == {(0, "main"): 1}  # nothing is ever written into `original`
        assert session.in_original == {(1, "original"): 1}
        session.save_savable()
        assert session.waiting == session.savable == {}
        assert session.n_unsaved == 1
        session.switch(0, "main")
        assert not session.is_dirty


def test_a_clustering_that_another_session_edits_is_left_to_it(kwik):
    with open_session(kwik, 1) as other, open_session(kwik) as session:
        merge_two(other)
        merge_two(session)
        assert session.waiting == {}
        session.save_all()
        assert other.n_unsaved == 1


def test_summaries_count_decided_clusters_as_they_are_shown(kwik):
    with open_session(kwik) as session:
        for group in session.model.channel_groups:
            session.switch(group, "main")
            session.move(session.manager.cluster_ids[:1].tolist(), "my own")
            session.discard(session.manager.cluster_ids[-1:].tolist())
        shown = {}
        for group in session.model.channel_groups:
            session.switch(group, "main")
            groups = [session.manager.group(one) for one in session.manager.cluster_ids.tolist()]
            kept = [one for one in groups if one != "discarded"]
            shown[group] = sum(one != "unsorted" for one in kept), len(kept)
        of_main = [one for one in session.summaries if one.clustering == "main"]
        assert {one.channel_group: (one.n_decided, one.n_clusters) for one in of_main} == shown
        session.save_all()
        of_main = [one for one in session.summaries if one.clustering == "main"]
        assert {one.channel_group: (one.n_decided, one.n_clusters) for one in of_main} == shown
