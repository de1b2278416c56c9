"""What is sorted in a folder is saved as phy does: all files or none, and nothing that did not change."""

import json
import shutil
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phy_folder import make_truth, write_folder

from napari_phy.core.errors import ClusteringError, SaveError
from napari_phy.files.crash_points import SAVE_POINTS, observe
from napari_phy.formats.phy import pending_tables
from napari_phy.formats.phy.model import PhyModel
from napari_phy.session import open_session

TRUTH = make_truth()
GROUPS = "cluster_id\tgroup\r\n0\tgood\r\n9\tnoise\r\n"
LABELS = "cluster_id\tKSLabel\r\n0\tmua\r\n1\tgood\r\n"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "ks"
    write_folder(made, TRUTH, spike_clusters=TRUTH.clusters.astype(np.uint32)[:, None])
    (made / "cluster_group.tsv").write_bytes(GROUPS.encode())
    (made / "cluster_KSLabel.tsv").write_bytes(LABELS.encode())
    return made


def content(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def shown(session):
    manager = session.manager
    labels = {name: dict(values) for name, values in manager.cluster_labels.items() if values}
    return manager.spike_clusters.tolist(), dict(manager.cluster_groups), labels


def stored(folder):
    with closing(PhyModel(folder)) as model:
        labels = {name: dict(values) for name, values in model.cluster_labels.items()}
        return model.spike_clusters.tolist(), dict(model.cluster_groups), labels


def test_a_save_writes_clusters_and_groups_and_leaves_all_else(folder):
    before = content(folder)
    with closing(open_session(folder)) as session:
        session.merge([0, 1])
        session.move([2], "mua")
        session.save_all()
        saved = shown(session)
        new = int(session.manager.cluster_ids.max())
        assert new == 10  # 9 is known to the folder, though it has no spikes
        assert session.store.n_unsaved == 0
    assert stored(folder) == saved
    after = content(folder)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"spike_clusters.npy", "cluster_group.tsv", "cluster_KSLabel.tsv"}
    assert set(after) - set(before) == {"cluster_info.tsv", *(f"{name}.bak" for name in changed)}
    assert all(after[f"{name}.bak"] == before[name] for name in changed)
    array = np.load(folder / "spike_clusters.npy")
    assert (array.dtype, array.shape) == (np.uint32, (len(TRUTH.samples), 1))
    groups = (folder / "cluster_group.tsv").read_bytes()
    assert b"9\tnoise\r\n" in groups
    assert b"2\tmua\r\n" in groups


def test_rows_of_clusters_that_were_undone_are_not_left_to_those_that_phy_makes_next(folder):
    with closing(open_session(folder)) as session:
        (new,) = session.merge([0, 1]).added
        session.label([new], "note", "bursty")
        session.save_all()
        assert f"{new}\tbursty" in (folder / "cluster_note.tsv").read_text()
        for _ in range(2):
            session.undo()
        session.save_all()
    assert (folder / "cluster_note.tsv").read_bytes() == b"cluster_id\tnote\r\n"
    assert (folder / "cluster_KSLabel.tsv").read_bytes() == LABELS.encode()
    assert stored(folder)[0] == TRUTH.clusters.tolist()


def test_what_phy_computed_of_clusters_that_are_still_there_stays(folder):
    (folder / "cluster_info.tsv").write_text("cluster_id\tch\tgroup\n0\t5\t\n1\t6\tgood\n2\t7\tnoise\n")
    with closing(open_session(folder)) as session:
        assert dict(session.manager.cluster_groups) == {0: "good"}
        session.merge([0, 1])
        session.save_all()
        counts = {cluster: str((session.manager.spike_clusters == cluster).sum()) for cluster in (2, 3, 10)}
    rows = [line.split("\t") for line in (folder / "cluster_info.tsv").read_text().splitlines()]
    head, *rows = rows
    assert head == ["cluster_id", "ch", "group", "KSLabel", "n_spikes"]
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("2", "7", counts[2]),
        ("3", "", counts[3]),
        ("10", "", counts[10]),
    ]


def test_tables_that_did_not_change_are_not_written(folder):
    stamps = {name: (folder / name).stat().st_mtime_ns for name in ("cluster_group.tsv", "cluster_KSLabel.tsv")}
    with closing(open_session(folder)) as session:
        session.split(np.flatnonzero(TRUTH.clusters == 3)[:2])
        session.save_all()
    assert {name: (folder / name).stat().st_mtime_ns for name in stamps} == stamps


def test_clusters_that_did_not_change_are_not_written(folder):
    before = content(folder)
    stamp = (folder / "spike_clusters.npy").stat()
    with closing(open_session(folder)) as session:
        session.move([2], "mua")
        session.save_all()
        assert session.store.n_unsaved == 0
        saved = shown(session)
        after = content(folder)
        assert {name for name in after if before.get(name) != after[name]} == {
            *("cluster_group.tsv", "cluster_group.tsv.bak", "cluster_info.tsv")
        }
        now = (folder / "spike_clusters.npy").stat()
        assert (now.st_ino, now.st_mtime_ns) == (stamp.st_ino, stamp.st_mtime_ns)
        session.merge([0, 1])
        session.undo()
        session.save_all()
        assert content(folder)["spike_clusters.npy"] == before["spike_clusters.npy"]
    assert stored(folder) == saved


def test_a_file_that_cannot_take_its_place_fails_the_next_save_and_is_not_lost(folder, monkeypatch):
    with closing(open_session(folder)) as session:
        session.move([2], "mua")
        with monkeypatch.context() as patch:

            def refuse(*_):
                raise PermissionError(13, "Permission denied")

            patch.setattr(pending_tables, "keep_backup", refuse)
            session.save_all()
            saved = shown(session)
            assert stored(folder) == saved
            session.merge([0, 1])
            with pytest.raises(SaveError, match="Permission denied"):
                session.save_all()
            assert stored(folder) == saved
        session.save_all()
        assert stored(folder) == shown(session)
    assert b"2\tmua" in (folder / "cluster_group.tsv").read_bytes()


def test_opening_read_only_makes_no_file(folder):
    (folder / "spike_clusters.npy").unlink()
    before = content(folder)
    with closing(open_session(folder, read_only=True)) as session:
        assert session.manager.spike_clusters.tolist() == TRUTH.spike_templates.tolist()
    assert sorted(file.name for file in folder.iterdir()) == sorted(before)


def test_labels_in_the_file_of_groups_move_to_their_own(folder):
    (folder / "cluster_KSLabel.tsv").unlink()
    (folder / "cluster_group.tsv").write_text("cluster_id\tKSLabel\n0\tmua\n1\tgood\n")
    with closing(open_session(folder)) as session:
        session.move([1], "noise")
        session.save_all()
    assert (folder / "cluster_KSLabel.tsv").read_bytes() == LABELS.encode()
    assert (folder / "cluster_group.tsv").read_bytes() == b"cluster_id\tgroup\r\n1\tnoise\r\n"


def test_undo_reaches_beyond_a_save_and_the_next_opening(folder):
    with closing(open_session(folder)) as session:
        began = shown(session)
        session.merge([0, 1])
        session.save_all()
    with closing(open_session(folder)) as session:
        session.undo()
        assert shown(session) == began
        session.save_all()
    assert stored(folder) == began


def test_edits_that_were_not_saved_are_there_at_the_next_opening(folder):
    with closing(open_session(folder)) as session:
        session.merge([0, 1])
        edited = shown(session)
    with closing(open_session(folder)) as session:
        assert shown(session) == edited
        assert session.store.n_unsaved == 1


def test_a_folder_that_phy_saved_meanwhile_is_not_written_over(folder):
    with closing(open_session(folder)) as session:
        session.merge([0, 1])
        np.save(folder / "spike_clusters.npy", (TRUTH.clusters + 20).astype(np.int32))
        before = content(folder)
        with pytest.raises(SaveError, match="changed by another program"):
            session.save_all()
        assert content(folder) == before


def test_groups_that_phy_changed_count_as_a_change(folder):
    with closing(open_session(folder)) as session:
        session.merge([0, 1])
        (folder / "cluster_group.tsv").write_text("cluster_id\tgroup\n2\tnoise\n")
        with pytest.raises(SaveError, match="changed by another program"):
            session.save_all()


def test_a_folder_without_clusters_gets_them_from_the_templates_when_it_is_sorted(folder):
    (folder / "spike_clusters.npy").unlink()
    with closing(open_session(folder)) as session:
        session.merge([0, 1])
        session.save_all()
        saved = shown(session)
    assert stored(folder) == saved
    assert np.load(folder / "spike_templates.npy").tolist() == TRUTH.spike_templates.tolist()


def test_spikes_out_of_order_are_saved_in_the_order_of_the_file(tmp_path):
    shuffled = np.random.default_rng(1).permutation(len(TRUTH.samples))
    folder = tmp_path / "ks"
    arrays = {"spike_times": TRUTH.samples[shuffled], "spike_clusters": TRUTH.clusters[shuffled]}
    write_folder(folder, TRUTH, spike_templates=TRUTH.spike_templates[shuffled], **arrays)
    with closing(open_session(folder)) as session:
        session.merge([0, 1])
        session.save_all()
    clusters = np.load(folder / "spike_clusters.npy")
    expected = np.where(TRUTH.clusters[shuffled] < 2, 4, TRUTH.clusters[shuffled])
    assert clusters.tolist() == expected.tolist()
    with closing(open_session(folder)) as session:
        session.undo()
        assert session.manager.spike_clusters.tolist() == TRUTH.clusters.tolist()


@pytest.mark.parametrize("n_th", [1, 2])
@pytest.mark.parametrize("point", [*SAVE_POINTS, "save.tables_released", "save.table_replaced"])
@pytest.mark.parametrize("changes_clusters", [True, False])
def test_whenever_a_save_is_killed_all_files_count_or_none(folder, tmp_path, point, n_th, changes_clusters):
    """The folder is copied as it is at that moment, and opened."""
    copies = []

    def copy(name):
        if name == point:
            copies.append(tmp_path / f"copy-{len(copies)}" / "ks")
            shutil.copytree(folder, copies[-1], symlinks=True)

    with closing(open_session(folder)) as session:
        old = shown(session)
        session.move([2], "mua")
        session.label([1], "KSLabel", "mua")
        if changes_clusters:
            session.merge([0, 3])
        end = observe(copy)
        try:
            session.save_all()
        finally:
            end()
        new = shown(session)
    if len(copies) < n_th:
        return
    made = copies[n_th - 1]
    counts_from = "save.replaced" if changes_clusters else "save.saved"  # or tables_released, before that
    is_saved = point.startswith("save.table") or SAVE_POINTS.index(point) >= SAVE_POINTS.index(counts_from)
    assert stored(made) == (new if is_saved else old)
    with closing(open_session(made, read_only=True)):
        pass
    assert stored(made) == (new if is_saved else old)
    with closing(open_session(made)) as session:  # the journal knows which of them it is
        assert shown(session) == new
        assert (session.store.n_unsaved == 0) is is_saved
        session.save_all()
    assert stored(made) == new
    if is_saved:  # phy finds them, too
        assert b"2\tmua" in (made / "cluster_group.tsv").read_bytes()
        assert b"1\tmua" in (made / "cluster_KSLabel.tsv").read_bytes()
        assert not list(made.glob(".cluster*"))


def test_a_note_of_somebody_else_moves_no_files(folder, tmp_path):
    (tmp_path / "secret.tsv").write_text("cluster_id\tgroup\n0\tnoise\n")
    stat = (folder / "spike_clusters.npy").stat()
    identity = [stat.st_size, stat.st_mtime_ns]
    tables = {"cluster_group.tsv": "../secret.tsv", "../params.py": ".../params.py.1", "params.py": ".params.py.1"}
    note = {"clusters": identity, "tables": tables}
    (folder / ".params.py.1").write_text("evil")
    (folder / ".cluster-tables.saving").write_text(json.dumps(note))
    before = content(folder)
    with closing(open_session(folder)):
        pass
    after = content(folder)
    assert {name: after[name] for name in before if name != ".cluster-tables.saving"} == {
        name: value for name, value in before.items() if name != ".cluster-tables.saving"
    }
    assert (tmp_path / "secret.tsv").exists()


EDITS = st.lists(
    st.tuples(st.sampled_from(["merge", "split", "move", "label", "undo", "save"]), st.integers(0, 10**6)), max_size=8
)
TEXTS = st.one_of(
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6),
)


@settings(max_examples=12, deadline=None)
@given(EDITS, TEXTS)
def test_whatever_is_edited_and_saved_opens_again(edits, value):
    with TemporaryDirectory() as name:
        folder = Path(name) / "ks"
        write_folder(folder, TRUTH)
        (folder / "cluster_group.tsv").write_bytes(GROUPS.encode())
        with closing(open_session(folder)) as session:
            for kind, number in edits:
                with suppress(ClusteringError):
                    apply(session, kind, number, value)
            session.save_all()
            clusters, groups, labels = shown(session)
        found = stored(folder)
        assert found[:2] == (clusters, groups)
        with closing(open_session(folder)) as session:
            assert shown(session) == (clusters, groups, labels)
            assert session.store.n_unsaved == 0
            while session.undo() is not None:
                pass
            assert session.manager.spike_clusters.tolist() == TRUTH.clusters.tolist()
            assert dict(session.manager.cluster_groups) == {0: "good"}


def apply(session, kind, number, value):
    ids = session.manager.cluster_ids.tolist()
    one, other = ids[number % len(ids)], ids[(number // 7) % len(ids)]
    if kind == "merge" and one != other:
        session.merge([one, other])
    elif kind == "split":
        mine = np.flatnonzero(session.manager.spike_clusters == one)
        if len(mine) > 1:
            session.split(mine[: len(mine) // 2])
    elif kind == "move":
        session.move([one], ["good", "mua", "noise", "unsorted", "pyramidal"][number % 5])
    elif kind == "label":
        session.label([one], "quality", value)
    elif kind == "undo":
        session.undo()
    elif kind == "save":
        session.save_all()
