"""The edits of a journal that is not held lead to what the session shows, wherever it stands; or it is said why not."""

import re
import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from core.edits import KINDS, do
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import JournalError
from napari_phy.formats.opening import open_model
from napari_phy.storage.kept_edits import read_journal, read_kept_edits

pytestmark = pytest.mark.usefixtures("quick_disk")


def seen(manager):
    fields = manager.cluster_groups, manager.cluster_colors, manager.cluster_labels
    return manager.spike_clusters.tolist(), *fields


def read(path, journal=None):
    with closing(open_model(path)) as model:
        return read_kept_edits(model) if journal is None else read_journal(model, journal)


def replayed(path, journal=None):
    edits = read(path, journal)
    assert edits.problem == ""
    base = edits.base
    manager = ClusterManager(base.spike_clusters, base.cluster_groups, base.cluster_colors, base.cluster_labels)
    manager.restore(edits.records, len(edits.records))
    return seen(manager)


@pytest.mark.parametrize("numbering", ["text", "number"])
def test_at_every_step_the_same_is_read_while_it_is_edited_saved_and_undone(tmp_path, numbering):
    truth = make_truth(lengths=[500 + 40 * n for n in range(12)], groups=((0, (0, 1)),), n_spikes=60)
    path = write_klusta(tmp_path, truth, numbering=numbering)
    rng = np.random.default_rng(1)
    with open_session(path) as session:
        assert replayed(path) == seen(session.manager)
        for step in range(12):
            do(session.manager, str(rng.choice(KINDS)), int(rng.integers(2**32)))
            if step == 6:
                session.save()
            assert replayed(path) == seen(session.manager)
        expected = seen(session.manager)
    assert replayed(path) == expected


# --- any journal, and those that cannot be read


@pytest.fixture
def kwik(tmp_path):
    return make_kwik(tmp_path)


def folder_of(path):
    return path.with_suffix(".napari-phy")


def journal_of(path):
    return folder_of(path) / "journal-0-main.sqlite"


def edited(path, *, save_after=None):
    """Make three edits; return what is shown then."""
    with open_session(path) as session:
        for number in range(3):
            session.merge(session.manager.cluster_ids[:2].tolist())
            if number == save_after:
                session.save()
        return seen(session.manager)


def forget_edits(path):
    """Save an edit and remove the journal, so that the next one begins with other clusters than the sorter's."""
    with open_session(path) as session:
        session.merge([4, 5])
        session.save()
    shutil.rmtree(folder_of(path))


@pytest.mark.parametrize("save_after", [None, 0, 2])
@pytest.mark.parametrize("end", ["", ".set-aside-2020-01-02"])
def test_a_journal_is_read_wherever_it_lies_with_what_its_edits_begin_with_beside_it(kwik, tmp_path, save_after, end):
    forget_edits(kwik)
    expected = edited(kwik, save_after=save_after)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for file in folder_of(kwik).iterdir():
        if file.suffix in (".sqlite", ".npy"):
            name = file.name if file.suffix == ".npy" else f"{file.stem}{end}.sqlite"
            shutil.copyfile(file, elsewhere / name)
    journal = elsewhere / f"{journal_of(kwik).stem}{end}.sqlite"
    assert replayed(kwik, journal) == replayed(kwik) == expected
    assert len(read(kwik, journal).records) == 3


def test_where_nothing_was_edited_the_file_says_all(kwik):
    with closing(open_model(kwik)) as model:
        edits = read_kept_edits(model)
        np.testing.assert_array_equal(edits.base.spike_clusters, model.spike_clusters)
        with pytest.raises(JournalError, match=r"There is no journal .*journal-0-main\.sqlite"):
            read_journal(model, journal_of(kwik))
    assert edits.records == ()
    assert edits.problem == ""


def changed(kwik, statement):
    with closing(sqlite3.connect(journal_of(kwik), isolation_level=None)) as connection:
        connection.execute(statement)


def without_a_state(kwik):
    for table in ("state", "state_copy"):
        changed(kwik, f"DELETE FROM {table}")


def written_by_others(kwik):
    for file in (kwik, kwik.with_suffix(".kwx")):
        file.unlink()
    make_kwik(kwik.parent, spike_clusters=np.arange(300) % 7)


DAMAGES = {
    "an edit is damaged": (
        lambda kwik: changed(kwik, "UPDATE edit SET record = 'nonsense' WHERE seq = 2"),
        "journal-0-main.sqlite is damaged: 1 of its edits cannot be read.",
    ),
    "two edits are gone": (
        lambda kwik: changed(kwik, "DELETE FROM edit WHERE seq > 1"),
        "journal-0-main.sqlite is damaged: 2 of its edits cannot be read.",
    ),
    "the state is gone": (without_a_state, "journal-0-main.sqlite is no journal of edits, or is damaged"),
    "the file was written by others": (
        written_by_others,
        "journal-0-main.sqlite begins with another state than .* holds; open its own data set.",
    ),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_edits_that_cannot_be_used_are_left_out_and_it_is_said_why(kwik, how):
    damage, says = DAMAGES[how]
    edited(kwik)
    damage(kwik)
    edits = read(kwik)
    assert edits.records == ()
    assert re.match(f"Its unsaved edits are left out: {says}", edits.problem)
    with closing(open_model(kwik)) as model:
        np.testing.assert_array_equal(edits.base.spike_clusters, model.spike_clusters)
    with pytest.raises(JournalError, match=says):
        read(kwik, journal_of(kwik))


def test_the_clusters_that_saved_edits_begin_with_are_missed(kwik):
    forget_edits(kwik)
    edited(kwik, save_after=2)
    (folder_of(kwik) / "base-0-main.npy").unlink()
    says = "journal-0-main.sqlite: what its edits begin with is not there."
    assert read(kwik).problem == f"Its unsaved edits are left out: {says}"
    with pytest.raises(JournalError, match=says):
        read(kwik, journal_of(kwik))


def test_a_journal_that_cannot_be_opened_is_named(kwik, monkeypatch):
    edited(kwik)

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("napari_phy.storage.kept_edits.recovered", refuse)
    assert read(kwik).problem.startswith("Its unsaved edits are left out: journal-0-main.sqlite cannot be read (")
