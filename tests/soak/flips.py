"""Journals with one flipped bit, judged by what their edits lead to, without the code that reads them."""

import json
import shutil
import sqlite3
import struct
import time
import traceback
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from soak.small_kwik import make_kwik

from napari_phy import ClusterManager, Session, open_session
from napari_phy.core.errors import NapariPhyError
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.session.open_clustering import OpenClustering
from napari_phy.storage.store import EditStore

State = tuple[tuple[int, ...], tuple[tuple[int, str], ...]]  # cluster of each spike, group of each cluster
GROUP_NUMBERS = {0: "noise", 1: "mua", 2: "good", 3: "unsorted"}
SECONDS = 5


@dataclass(frozen=True)
class Written:
    """A data set with a journal, and what its edits are known to lead to.

    Attributes
    ----------
    kwik, journal : the files.
    states : what was shown after each number of edits, those that can be redone included.
    n_done : how many of them hold.
    n_saved : how many the file holds.
    """

    kwik: Path
    journal: Path
    states: tuple[State, ...]
    n_done: int
    n_saved: int

    @property
    def files(self) -> tuple[Path, ...]:
        """The files in which bits are flipped: the journal, and the clusters that its edits begin with."""
        return (self.journal, *self.journal.parent.glob("base-*.npy"))


def not_saved(folder: Path) -> Written:
    """Return a journal of which the file holds nothing, with an edit that can be redone."""
    kwik = make_kwik(folder, spike_clusters=np.arange(60) % 6)
    with open_session(kwik) as session:
        states = _edited(session, 5)
        session.undo()
    return _checked(Written(kwik, _journal(kwik), states, 4, 0))


def saved(folder: Path) -> Written:
    """Return a journal whose edits begin with a file of their own, three of them saved, two more and one to redo."""
    kwik = make_kwik(folder, spike_clusters=np.arange(60) % 6)
    with open_session(kwik) as session:
        session.merge([4, 5])
        session.save()
    shutil.rmtree(_journal(kwik).parent)
    with open_session(kwik) as session:
        states = _edited(session, 3)
        session.save()
        states = (*states[:-1], *_edited(session, 3, first=4))
        session.undo()
    return _checked(Written(kwik, _journal(kwik), states, 5, 3))


def flips(path: Path, step: int = 1) -> Iterator[int]:
    """Give the bits to flip: each in bytes that are used, every 64th where there are only zeros."""
    data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    bits = np.flatnonzero(np.repeat(data != 0, 8))
    zeros = np.flatnonzero(np.repeat(data == 0, 8))[:: 64 if step == 1 else 1009]
    yield from np.concatenate([bits[::step], zeros]).tolist()


def judge(written: Written, model: KwikModel, file: Path, bit: int) -> str:
    """Flip a bit of a file, open the edits of a model, put all back; return what is wrong, or ""."""
    originals = {path: path.read_bytes() for path in written.files}
    damaged = bytearray(originals[file])
    damaged[bit // 8] ^= 1 << bit % 8
    file.write_bytes(damaged)
    start = time.process_time()
    try:
        store = EditStore.open(model)
        try:
            problem = _problem(written, OpenClustering.of(model, store), bytes(damaged), file)
        finally:
            store.close()
    except NapariPhyError as error:
        problem = f"it does not open: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
        frames = traceback.extract_tb(error.__traceback__)
        problem = f"{type(error).__name__}: {error} ({frames[-1].filename}:{frames[-1].lineno})"
    if time.process_time() - start > SECONDS:
        problem = f"it took {time.process_time() - start:.1f} s"
    for path in written.journal.parent.iterdir():
        path.unlink()
    for path, data in originals.items():
        path.write_bytes(data)
    return f"{file.name}, bit {bit % 8} of byte {bit // 8}: {problem}" if problem else ""


def shown(session: Session | OpenClustering) -> State:
    """Return what a session shows."""
    return _shown(session.manager)


def _shown(manager: ClusterManager) -> State:
    return tuple(manager.spike_clusters.tolist()), tuple(sorted(manager.cluster_groups.items()))


def _problem(written: Written, session: OpenClustering, damaged: bytes, file: Path) -> str:
    all_states, n_done, n_saved = written.states, written.n_done, written.n_saved
    now, asides = shown(session), sorted(written.journal.parent.glob("*set-aside*"))
    undone, redone = _walk(session)
    whole = all_states[: n_done + 1][::-1], all_states[n_done + 1 :]
    told = [sentence for sentence in session.store.messages if "set aside" in sentence]
    if (now, *undone) == whole[0] and redone == whole[1]:
        return "" if bool(told) == bool(asides) else "nothing is lost, and it is not told so"
    if not told:
        return "edits are lost without a word"
    if file == written.journal and damaged not in [path.read_bytes() for path in asides]:
        return "the damaged journal is not kept"
    if len(told) > 1:
        return f"more than one sentence: {told}"
    prefix = any((now, *undone) == all_states[: n + 1][::-1] for n in range(n_done + 1))
    since = any((now, *undone) == all_states[n_saved : n + 1][::-1] for n in range(n_saved, n_done + 1))
    if not (prefix or since):
        return f"what is shown never was: {now}"
    return ""


def _walk(session: OpenClustering) -> tuple[tuple[State, ...], tuple[State, ...]]:
    """Return the states that undo leads to, and those that redo does from the one that is shown; nothing is written."""
    base, store = session.store.base, session.store
    manager = ClusterManager(base.spike_clusters, base.cluster_groups, user_groups=base.user_groups)
    manager.restore(store.records, store.n_done)
    undone, redone = [], []
    while manager.undo():
        undone.append(_shown(manager))
    while manager.n_done < store.n_done:
        manager.redo()
    while manager.redo():
        redone.append(_shown(manager))
    return tuple(undone), tuple(redone)


def _edited(session: Session, n_edits: int, first: int = 1) -> tuple[State, ...]:
    states = [shown(session)]
    for number in range(first, first + n_edits):
        clusters = session.manager.cluster_ids.tolist()
        if number % 3 == 0:
            session.move(clusters[:1], "good" if session.manager.group(clusters[0]) != "good" else "mua")
        elif number % 3 == 1:
            session.split(np.arange(7 * number, 7 * number + 5))
        else:
            session.merge(clusters[:2])
        states.append(shown(session))
    return tuple(states)


def _journal(kwik: Path) -> Path:
    return kwik.with_suffix(".napari-phy") / "journal-0-main.sqlite"


def _checked(written: Written) -> Written:
    """Read the edits from the file by other means, and check that they lead to what was shown."""
    with closing(sqlite3.connect(written.journal)) as connection:
        rows = connection.execute("SELECT record, ids FROM edit ORDER BY seq").fetchall()
        base = connection.execute("SELECT source, metadata FROM base").fetchone()
    with h5py.File(written.kwik) as file:
        nodes = file["channel_groups/0/clusters/main"]
        groups = {int(name): GROUP_NUMBERS[int(node.attrs["cluster_group"])] for name, node in nodes.items()}
        clusters = file["channel_groups/0/spikes/clusters/main"][()].astype(int)
    if base is not None:
        assert base[0] == "labels"
        clusters = np.load(next(written.journal.parent.glob("base-*.npy"))).astype(int)
        groups = dict(json.loads(base[1])["groups"])
    states = [_state(clusters, groups)]
    for record, ids in rows:
        clusters, groups = _replayed(json.loads(record), ids, clusters, groups)
        states.append(_state(clusters, groups))
    assert tuple(states) == written.states
    return written


def _replayed(
    record: dict[str, list[list[object]]], ids: bytes | None, clusters: np.ndarray, groups: dict[int, str]
) -> tuple[np.ndarray, dict[int, str]]:
    clusters, before, groups = clusters.copy(), clusters, dict(groups)
    for old, new in record.get("heirs", ()):
        clusters[before == old] = new
    if ids is not None:
        step_bytes, code_bytes, n, n_clusters, first = struct.unpack_from("<BBQQq", ids)
        body = zlib.decompress(ids[struct.calcsize("<BBQQq") :])
        steps = np.frombuffer(body[: step_bytes * (n - 1)], np.uint8).reshape(step_bytes, -1).T.copy()
        spikes = first + np.concatenate([[0], np.cumsum(steps.view(f"<u{step_bytes}")[:, 0].astype(int))])
        assert (code_bytes, n_clusters) == (0, 1)
        clusters[spikes] = int.from_bytes(body[-8:], "little")
    for cluster, field, _, new in record.get("metadata", ()):
        assert field in ("group", "color")
        if field == "group":
            groups[cluster] = new
    return clusters, groups


def _state(clusters: np.ndarray, groups: dict[int, str]) -> State:
    alive = set(clusters.tolist())
    decided = [(cluster, group) for cluster, group in groups.items() if cluster in alive and group != "unsorted"]
    return tuple(clusters.tolist()), tuple(sorted(decided))
