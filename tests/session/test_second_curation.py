"""Reading a second curation: what it is, that it stays as it is, and that other spikes are refused."""

import shutil

import h5py
import numpy as np
import pytest
from soak.small_kwik import make_kwik
from stats.three_clusterings import sets_of

from napari_phy import open_session
from napari_phy.core.errors import ClusteringError, JournalError, NapariPhyError, NotInFileError
from napari_phy.session.comparison import compare

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture
def kwik(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    return make_kwik(folder, groups=(0,))


@pytest.fixture
def theirs(kwik, tmp_path):
    """The same data set in the hands of somebody else, who has merged and moved, and saved half of it."""
    path = shutil.copytree(kwik.parent, tmp_path / "theirs") / kwik.name
    with open_session(path) as session:
        a, b, c = session.manager.cluster_ids[:3].tolist()
        session.merge([a, b])
        session.save()
        session.move([c], "mua")
    return path


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_file_is_read_with_its_unsaved_edits_and_stays_as_it_is(kwik, theirs):
    before = snapshot(theirs.parent)
    with open_session(kwik) as session:
        a, b, c, d = session.manager.cluster_ids[:4].tolist()
        session.move([d], "good")
        found = session.compare_with(theirs)
        assert session.comparison.curation.name == f"main of theirs/{theirs.name}"
        assert [(one.kind, one.ours, one.changed_by) for one in found.differences] == [
            ("merged", (a, b), "theirs"),
            ("group", (c,), "theirs"),
            ("group", (d,), "ours"),
        ]
        assert session.comparison.take_all(found.differences) == 2
        assert session.manager.n_done == 3
        with open_session(theirs, read_only=True) as other:
            taken = sets_of(session.manager)
            assert taken.keys() == sets_of(other.manager).keys()
        assert session.manager.group(c) == "mua"
        left = compare(session.manager, session.comparison.curation)
        assert [one.changed_by for one in left.differences] == ["ours"]
    assert snapshot(theirs.parent) == before


def test_where_mine_was_kept_is_remembered_until_the_spikes_are_divided_otherwise(kwik, theirs):
    with open_session(kwik) as session:
        merged, moved = session.compare_with(theirs).differences
        session.comparison.keep(merged)
        session.comparison.keep(moved)
        session.comparison.reconsider(moved)
    with open_session(kwik) as session:
        found = session.compare_with(theirs)
        assert session.comparison.kept == {merged}
        assert session.comparison.take_all(found.differences) == 1  # the one that was reconsidered
        session.merge(merged.ours)
        session.undo()
        session.compare_with(theirs)
        assert {one.kind for one in session.comparison.kept} == {"merged"}
        session.split(session.manager.spikes(merged.ours[0])[::2])
        session.compare_with(theirs)
        assert session.comparison.kept == frozenset()


@pytest.mark.parametrize("name", ["spike_clusters.npy", "list.csv"])
def test_a_list_of_clusters_is_a_second_curation(kwik, theirs, tmp_path, name):
    path = tmp_path / name
    with open_session(kwik) as session:
        whole = session.compare_with(theirs)
        clustering = session.comparison.curation.clustering
        clusters = clustering.spike_clusters
        table = "\n".join(f"{cluster}\t{group}" for cluster, group in clustering.cluster_groups.items())
        if name.endswith(".npy"):
            np.save(path, clusters)
            (tmp_path / "cluster_group.tsv").write_text(f"cluster_id\tgroup\n{table}")
        else:
            path.write_text("cluster\n" + "\n".join(map(str, clusters.tolist())))
            (tmp_path / "list.groups.tsv").write_text(table)
        found = session.compare_with(path)
        assert [(one.kind, one.ours, one.theirs, one.groups) for one in found.differences] == [
            (one.kind, one.ours, one.theirs, one.groups) for one in whole.differences
        ]
        assert session.comparison.curation.name == name
        for one in found.differences:
            session.comparison.take(one)
        assert not compare(session.manager, session.comparison.curation).differences
        (tmp_path / "cluster_group.tsv").unlink(missing_ok=True)
        (tmp_path / "list.groups.tsv").unlink(missing_ok=True)
        session.undo()
        assert not any(one.groups for one in session.compare_with(path).differences)  # it says nothing of groups
        np.save(tmp_path / "other.npy", clusters[1:])
        with pytest.raises(ClusteringError, match="only curations of the same spikes"):
            session.compare_with(tmp_path / "other.npy")


def test_one_that_is_open_elsewhere_is_read_all_the_same(kwik, theirs):
    with open_session(theirs) as other, open_session(kwik) as session:
        other.merge(other.manager.cluster_ids[-2:])
        found = session.compare_with(theirs)
        assert len(found.shared.theirs) == len(other.manager.cluster_ids)
        other.undo()
        assert len(session.compare_with(theirs).shared.theirs) == len(other.manager.cluster_ids)


def test_another_clustering_of_the_file_is_read_with_its_edits(kwik):
    with open_session(kwik) as session:
        session.copy_clustering("main", "second")
        session.switch(clustering="second")
        session.merge(session.manager.cluster_ids[:2])
        session.switch(clustering="main")
        found = session.compare_with(clustering="second")
        (one,) = found.differences
        assert (one.kind, one.changed_by, session.comparison.curation.name) == ("merged", "theirs", "second")
        session.switch(clustering="second")
        assert session.comparison.curation is None
        for name in ("second", None):
            with pytest.raises(NotInFileError, match="another clustering"):
                session.compare_with(clustering=name)
        with pytest.raises(NapariPhyError):
            session.compare_with(clustering="third")


def test_a_journal_is_read_on_the_state_that_its_edits_begin_with(kwik, theirs):
    journal = next(theirs.parent.glob("*/journal-*.sqlite"))
    with open_session(kwik) as session:
        found = session.compare_with(journal)
        assert session.comparison.curation.name == journal.name
        assert {one.kind for one in found.differences} == {"merged", "group"}
    damaged = kwik.with_name("damaged.sqlite")
    damaged.write_bytes(journal.read_bytes()[:4096])
    with open_session(kwik) as session:
        for path, words in ((damaged, "damaged"), (kwik.with_name("gone.sqlite"), "no journal")):
            with pytest.raises(JournalError, match=words):
                session.compare_with(path)
        assert session.comparison.curation is None


def test_edits_that_cannot_be_used_are_left_out_and_told(kwik, theirs):
    journal = next(theirs.parent.glob("*/journal-*.sqlite"))
    whole = journal.read_bytes()
    with open_session(kwik) as session:
        assert session.compare_with(theirs).differences
        assert session.comparison.curation.doubt == ""
        journal.write_bytes(whole[:4096])
        kinds = {one.kind for one in session.compare_with(theirs).differences}
        assert kinds == {"merged"}  # what was saved
        assert session.comparison.curation.doubt.startswith("Its unsaved edits are left out: journal-0-main.sqlite ")
        journal.write_bytes(whole)
        shutil.copy(kwik, theirs)  # another program wrote the file since
        assert session.compare_with(theirs).differences == ()
        assert "begins with another state" in session.comparison.curation.doubt


def test_other_spikes_are_refused_in_one_sentence(kwik, theirs, tmp_path):
    with h5py.File(theirs, "r+") as file:
        file["/channel_groups/0/spikes/time_samples"][0] -= 1
    (tmp_path / "fewer").mkdir()
    fewer = make_kwik(tmp_path / "fewer", spike_clusters=np.zeros(20, int))
    with open_session(kwik) as session:
        with pytest.raises(ClusteringError, match=r"1 of \d+ spikes at other samples"):
            session.compare_with(theirs)
        with pytest.raises(ClusteringError, match="has 20 spikes in channel group 0"):
            session.compare_with(fewer)
        assert session.comparison.curation is None
