"""Whatever lies in the files of a journal, the data set opens with all that is whole, and the rest is set aside."""

import io
import json
import sqlite3
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy import Session, open_session
from napari_phy.core.arrays import MAX_ID
from napari_phy.core.update_info import UpdateInfo
from napari_phy.storage.journal import Journal
from napari_phy.storage.journal_contents import EditRow

OLD_STATE = """
    one INTEGER PRIMARY KEY CHECK (one = 1), head INTEGER NOT NULL, next_id INTEGER NOT NULL,
    saved_head INTEGER NOT NULL, saved_lost INTEGER NOT NULL, saved_hash TEXT NOT NULL,
    pending_head INTEGER, pending_lost INTEGER, pending_hash TEXT, committed REAL
"""
N_EDITS = 3


@pytest.fixture
def kwik(tmp_path: Path) -> Path:
    return make_kwik(tmp_path)


def journal_of(kwik: Path) -> Path:
    return kwik.with_suffix(".napari-phy") / "journal-0-main.sqlite"


def shown(session: Session) -> tuple[object, ...]:
    return session.manager.spike_clusters.tolist(), session.manager.cluster_groups


def worked(kwik: Path, save_after: int | None = None) -> list[tuple[object, ...]]:
    """Make three edits; return what was shown after each number of them."""
    with open_session(kwik) as session:
        states = [shown(session)]
        for number, edit in enumerate(
            (
                lambda: session.split(session.manager.spikes(0)[:5]),
                lambda: session.merge([1, 2]),
                lambda: session.move(session.manager.cluster_ids[:1].tolist(), "my own"),
            ),
            start=1,
        ):
            edit()
            states.append(shown(session))
            if number == save_after:
                session.save()
    return states


def execute(kwik: Path, *statements: str) -> None:
    with closing(sqlite3.connect(journal_of(kwik), isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def make_old(kwik: Path) -> None:
    """Turn the journal into one of the format before: without checksums of the state, and without its copy."""
    columns = (
        "one, head, next_id, saved_head, saved_lost, saved_hash, pending_head, pending_lost, pending_hash, committed"
    )
    execute(
        kwik,
        f"CREATE TABLE old ({OLD_STATE})",
        f"INSERT INTO old SELECT {columns} FROM state",
        "DROP TABLE state",
        "DROP TABLE state_copy",
        "ALTER TABLE old RENAME TO state",
    )
    journal, old = journal_of(kwik), journal_of(kwik).with_name("old")
    with closing(sqlite3.connect(journal)) as new, closing(sqlite3.connect(old, isolation_level=None)) as target:
        target.executescript(
            "CREATE TABLE edit (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL, ids BLOB, "
            f"checksum INTEGER NOT NULL); CREATE TABLE state ({OLD_STATE}); CREATE TABLE base (one INTEGER PRIMARY KEY "
            "CHECK (one = 1), source TEXT NOT NULL, labels_hash TEXT NOT NULL, metadata TEXT NOT NULL); "
            f"PRAGMA application_id = {0x6E706879}; PRAGMA user_version = 2"
        )
        for table in ("edit", "state", "base"):
            for row in new.execute(f"SELECT * FROM {table}"):
                target.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    old.replace(journal)


def check_opens(kwik: Path, expected: tuple[object, ...], *, says: str = "set aside", is_old: bool = False) -> None:
    """Check what is shown, that one sentence tells of it, that nothing is gone, and that it is told once."""
    before = journal_of(kwik).read_bytes()
    start = time.process_time()
    with open_session(kwik) as session:
        assert shown(session) == expected
        (sentence,) = (sentence for sentence in session.store.messages if "set aside" in sentence)
        assert says in sentence
        if is_old:  # it may have been written anew before
            with closing(sqlite3.connect(session.store.set_aside)) as aside:
                assert aside.execute("SELECT count(*) FROM edit").fetchone() == (N_EDITS,)
        else:
            assert session.store.set_aside.read_bytes() == before
        session.label(session.manager.cluster_ids[:1].tolist(), "note", "later")
    assert time.process_time() - start < 5
    with open_session(kwik) as session:
        assert shown(session) == expected
        assert not any("set aside" in sentence for sentence in session.store.messages)
        session.save()


DAMAGED_STATES = {
    "text": "UPDATE {} SET head = 'three'",
    "a huge number": "UPDATE {} SET next_id = 9223372036854775807",
    "another place": "UPDATE {} SET head = 1",
    "a negative number": "UPDATE {} SET head = -1, saved_head = -5",
    "bytes": "UPDATE {} SET saved_hash = x'ff00fe'",
    "another hash": "UPDATE {} SET saved_hash = 'elsewhere'",
    "a time that never comes": "UPDATE {} SET committed = 1e300",
    "a save that never was": "UPDATE {} SET pending_head = 2",
    "nothing": "DELETE FROM {}",
}


@pytest.mark.parametrize(
    ("how", "table"), [*((how, "state") for how in DAMAGED_STATES), ("text", "state_copy"), ("nothing", "state_copy")]
)
def test_a_damaged_state_costs_nothing(kwik: Path, how: str, table: str) -> None:
    states = worked(kwik)
    execute(kwik, DAMAGED_STATES[how].format(table))
    check_opens(kwik, states[-1], says="no edit is lost")


@pytest.mark.parametrize("how", ["another place", "nothing"])
def test_two_damaged_states_cost_the_edits_but_do_not_wipe_them(kwik: Path, how: str) -> None:
    states = worked(kwik)
    execute(kwik, *(DAMAGED_STATES[how].format(table) for table in ("state", "state_copy")))
    check_opens(kwik, states[0], says="cannot be read")


def test_a_damaged_base_never_reaches_the_file(kwik: Path) -> None:
    states = worked(kwik, save_after=2)
    execute(kwik, "UPDATE base SET metadata = replace(metadata, '[1,\"good\"]', '[3,\"good\"]')")
    check_opens(kwik, states[3], says="The file holds what they led to")


def _huge_header() -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<i4", "fortran_order": False, "shape": (10**12,)})
    return file.getvalue()


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", b"x" * 3000)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [_huge_header(), _zip(), b"", b"\x93NUMPY\x01\x00" + b"(" * 9000],
    ids=["huge header", "zip", "empty", "brackets"],
)
def test_clusters_that_edits_begin_with_are_damaged(kwik: Path, content: bytes) -> None:
    with open_session(kwik) as session:
        session.merge([4, 5])
        session.save()
    for path in journal_of(kwik).parent.iterdir():
        path.unlink()
    with open_session(kwik) as session:
        session.merge([2, 3])
        session.save()
        session.split(np.arange(9))
        expected = shown(session)
    journal_of(kwik).with_name("base-0-main.npy").write_bytes(content)
    check_opens(kwik, expected, says="can no longer be undone")


def test_a_damaged_header_of_those_clusters_costs_nothing(kwik: Path) -> None:
    worked(kwik, save_after=2)
    for path in journal_of(kwik).parent.iterdir():
        path.unlink()
    with open_session(kwik) as session:
        session.merge(session.manager.cluster_ids[:2].tolist())
        session.save()
        session.undo()
        expected = shown(session)
    labels = journal_of(kwik).with_name("base-0-main.npy")
    labels.write_bytes(bytes(64) + labels.read_bytes()[64:])
    with open_session(kwik) as session:
        assert shown(session) == expected
        assert session.store.set_aside is None


def _overwrite(place: int, data: bytes) -> Callable[[Path], None]:
    def damage(kwik: Path) -> None:
        journal = journal_of(kwik)
        content = journal.read_bytes()
        journal.write_bytes(content[:place] + data + content[place + len(data) :])

    return damage


def _sql(*statements: str) -> Callable[[Path], None]:
    return lambda kwik: execute(kwik, *statements)


BESIDE_THE_EDITS = {
    "no header": _overwrite(0, bytes(100)),
    "another version": _overwrite(60, b"\0\0\0\1"),
    "no schema": _overwrite(100, bytes(3996)),
    "a row before the first": _sql("INSERT INTO edit VALUES (0, 'label', '{}', NULL, 1)"),
    "a row far before the first": _sql("INSERT INTO edit VALUES (-9223372036854775808, 'label', '{}', NULL, 1)"),
    "a row behind the last": _sql("INSERT INTO edit VALUES (9223372036854775807, 'label', '{}', NULL, 1)"),
    "another table": _sql("CREATE TABLE other (x)"),
    "a trigger": _sql("CREATE TRIGGER t AFTER INSERT ON edit BEGIN DELETE FROM edit; END"),
    "a view": _sql("CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n"),
    "an index": _sql("CREATE INDEX i ON edit (kind)"),
}


@pytest.mark.parametrize("how", BESIDE_THE_EDITS)
def test_damage_beside_the_edits_costs_nothing(kwik: Path, how: str) -> None:
    states = worked(kwik)
    BESIDE_THE_EDITS[how](kwik)
    if how == "another version":  # all else tells that it is the format of now
        with open_session(kwik) as session:
            assert shown(session) == states[-1]
    else:
        check_opens(kwik, states[-1], says="no edit is lost")


@pytest.mark.parametrize("view", ["edit", "state"])
def test_a_view_in_the_place_of_a_table_is_not_asked(kwik: Path, view: str) -> None:
    states = worked(kwik)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS seq, i AS head FROM n"
    execute(kwik, f"DROP TABLE {view}", f"CREATE VIEW {view} AS {endless}")
    check_opens(kwik, states[-1] if view == "state" else states[0])


def write_edit(kwik: Path, seq: int, record: str, ids: bytes | None = None, kind: str = "merge") -> None:
    """Write an edit that is whole, as somebody with bad intentions could."""
    row = EditRow.of(seq, kind, record, ids)
    make_old(kwik)  # the state of which says nothing of the edits
    with closing(sqlite3.connect(journal_of(kwik), isolation_level=None)) as connection:
        values = (row.seq, row.kind, row.record, row.ids, row.checksum)
        connection.execute("INSERT OR REPLACE INTO edit VALUES (?, ?, ?, ?, ?)", values)


def _ids(
    n: int, *, step_bytes: int = 2, code_bytes: int = 0, n_clusters: int = 1, first: int = 0, body: bytes
) -> bytes:
    return struct.pack("<BBQQq", step_bytes, code_bytes, n, n_clusters, first) + zlib.compress(body, 9)


SPLIT = {"added": [9], "deleted": [0], "descendants": [[0, 9]], "heirs": [[0, 9]]}
HOSTILE = {
    "a nested record": ("[" * 50_000, None),
    "no record": ("[]", None),
    "other parts": ('{"added": 5}', None),
    "a cluster that is none": (json.dumps(SPLIT | {"added": [1.5]}), None),
    "a huge cluster": (json.dumps(SPLIT | {"added": [2**70]}), None),
    "a cluster that is not there": (json.dumps(SPLIT | {"deleted": [77], "heirs": [[77, 9]]}), None),
    "no heir": (json.dumps(SPLIT | {"heirs": []}), None),
    "a group that is a number": (json.dumps({"metadata": [[1, "group", "good", 5]]}), None),
    "a group at no place": (json.dumps({"groups": [[7, [4, "x", None], None]]}), None),
    "a colour that is none": (json.dumps({"metadata": [[1, "color", None, "<b>"]]}), None),
    "spikes that are not there": (json.dumps(SPLIT), _ids(2, first=10**6, body=struct.pack("<Hq", 1, 9))),
    "spikes that go back": (json.dumps(SPLIT), _ids(2, first=5, body=struct.pack("<Hq", 0, 9))),
    "more spikes than there are": (json.dumps(SPLIT), _ids(10**6, body=b"\1\0" * (10**6 - 1) + struct.pack("<q", 9))),
    "spikes that fill the memory": (json.dumps(SPLIT), _ids(2, body=bytes(10**8))),
    "spikes cut short": (json.dumps(SPLIT), b"\2\0\1"),
    "a code without a cluster": (
        json.dumps(SPLIT),
        _ids(2, code_bytes=2, body=struct.pack("<HqHH", 1, 9, 0, 7)),
    ),
}


@pytest.mark.parametrize(
    ("how", "seq"), [*((how, 3) for how in HOSTILE), ("a nested record", 1), ("a cluster that is not there", 1)]
)
def test_an_edit_that_cannot_be_one(kwik: Path, how: str, seq: int) -> None:
    states = worked(kwik)
    write_edit(kwik, seq, *HOSTILE[how])
    check_opens(kwik, states[seq - 1], says=f"Edit {seq} in the journal", is_old=True)


@pytest.mark.parametrize("cluster", [2**31, MAX_ID, MAX_ID + 1, 2**63 - 2])
def test_an_id_that_no_cluster_can_have_costs_the_edit_that_gave_it(
    kwik: Path, monkeypatch: pytest.MonkeyPatch, cluster: int
) -> None:
    states = worked(kwik)
    merge = UpdateInfo(
        "merge", added=(cluster,), deleted=(3, 4), descendants=((3, cluster), (4, cluster)), heirs=((3, cluster),)
    )
    monkeypatch.setattr("napari_phy.storage.journal.MAX_ID", 2**63)  # as a program without this bound would write it
    monkeypatch.setattr("napari_phy.storage.journal.next_free_id", lambda edits: cluster + 1)
    with closing(Journal(journal_of(kwik))) as journal:
        journal.commit(merge)
    monkeypatch.undo()
    with open_session(kwik) as session:
        assert shown(session) == states[N_EDITS]
        said = session.store.messages
        assert [one.split(" edits from")[0] for one in said if "recovered" in one] == [str(N_EDITS)]
        (sentence,) = (one for one in said if "set aside" in one)
        assert sentence.startswith("Edit 4 in the journal of small.kwik is damaged. The 3 edits before it are kept.")
        session.merge([3, 4])  # there are ids for more
        expected = shown(session)
    with open_session(kwik) as session:
        assert shown(session) == expected


def test_a_journal_of_the_format_before_opens_and_is_kept(kwik: Path) -> None:
    states = worked(kwik, save_after=2)
    make_old(kwik)
    for _ in range(2):
        with open_session(kwik) as session:
            assert shown(session) == states[3]
            assert session.store.set_aside is None
            assert session.n_unsaved == 1
            session.go_to_edit(0)
            assert shown(session) == states[0]
            session.go_to_edit(3)


def test_a_journal_of_the_format_before_whose_state_is_gone_is_not_taken_for_new(kwik: Path) -> None:
    states = worked(kwik)
    make_old(kwik)
    execute(kwik, "DELETE FROM state")
    check_opens(kwik, states[0], says="cannot be read")


@pytest.mark.parametrize("n_edits", [0, 3])
def test_an_empty_file_is_not_taken_for_a_new_journal(kwik: Path, n_edits: int) -> None:
    with open_session(kwik) as session:
        before = shown(session)
    if n_edits:
        worked(kwik)
    journal_of(kwik).parent.mkdir(exist_ok=True)
    journal_of(kwik).write_bytes(b"")
    for found in (True, False):
        with open_session(kwik) as session:
            assert shown(session) == before
            assert ["cannot be read. It was set aside" in said for said in session.store.messages] == [True] * found
            session.label([3], "note", "later")
            session.undo()


def test_a_link_that_leads_nowhere_is_not_followed(kwik: Path, tmp_path: Path) -> None:
    worked(kwik)
    target = tmp_path / "elsewhere"
    journal_of(kwik).unlink()
    journal_of(kwik).symlink_to(target)
    with open_session(kwik) as session:
        (sentence,) = session.store.messages
        assert "cannot be read. It was set aside" in sentence
        assert session.store.set_aside.readlink() == target
        session.label([3], "note", "later")
    with open_session(kwik) as session:
        assert session.manager.cluster_labels == {"note": {3: "later"}}
    assert not target.exists()


def test_a_journal_of_a_later_version_is_left_as_it_is(kwik: Path) -> None:
    states = worked(kwik)
    execute(kwik, "CREATE TABLE more (x)", "PRAGMA user_version = 4")
    check_opens(kwik, states[0], says="cannot be read")
