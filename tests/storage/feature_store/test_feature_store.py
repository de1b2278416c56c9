"""A feature store holds what it was built from, however it is built and read; damage is noticed, never read."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import zlib

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from napari_phy.core.errors import FeatureStoreError
from napari_phy.core.memory import MemoryBudget
from napari_phy.core.progress import CancelledError
from napari_phy.files.rows import RowFile
from napari_phy.storage.feature_store import building
from napari_phy.storage.feature_store.files import HEADER, STATE
from napari_phy.storage.feature_store.sparse_rows import CsrSource, DenseSource, SparseRows
from napari_phy.storage.feature_store.store import FeatureStore

KINDS = ["float32", "float64", "float16", "int16", "uint8", "int64"]
STRANGE = np.array([-0.0, np.nan, np.inf, -np.inf, 1e-45, 3e38], np.float32)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    """Chunks, samples and trials as small as the tables of tests; no wait for the disk at each of many notes."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    monkeypatch.setattr(building, "CHUNK_PAIRS", 7)
    monkeypatch.setattr(building, "CHUNK_ROWS", 16)
    monkeypatch.setattr(building, "N_SAMPLE", 5)
    monkeypatch.setattr(building, "_N_TRIED", 13)


def make_table(n_spikes=61, n_columns=9, density=0.3, kind="float32", seed=0, strange=False):
    rng = np.random.default_rng(seed)
    table = (rng.normal(size=(n_spikes, n_columns)) * 100).astype(kind)
    table[rng.random(table.shape) >= density] = 0
    if strange:
        places = rng.random(table.shape) < 0.1
        table[places] = rng.choice(STRANGE, places.sum())
    return table


def assert_same(found, expected):
    """The same numbers bit by bit: −0 is not 0."""
    assert_array_equal(found.view(np.uint32), np.asarray(expected, np.float32).view(np.uint32))


def assert_holds(store, table, seed=0):
    table = np.asarray(table, np.float32)
    rng = np.random.default_rng(seed)
    n_spikes, n_columns = table.shape
    assert store.shape == table.shape
    for ids in (np.arange(n_spikes), rng.integers(0, max(1, n_spikes), 17 if n_spikes else 0), store.sample_ids):
        columns = rng.integers(0, n_columns, 3).tolist() if n_columns else []
        assert_same(store.columns(ids, columns), table[np.ix_(ids, columns)])
        assert_same(store.rows(ids), table[ids])
        assert_same(store.sparse(ids).dense(n_columns, store.fill), table[ids])


@settings(max_examples=examples(40), deadline=None)
@given(
    n_spikes=st.integers(0, 120),
    n_columns=st.integers(0, 12),
    density=st.sampled_from([0, 0.05, 0.4, 0.6, 1]),
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 1000),
    memory=st.sampled_from([300, 1500, 2**20]),
    form=st.sampled_from(["array", "csr", "tables"]),
)
def test_a_store_holds_its_table(tmp_path_factory, n_spikes, n_columns, density, kind, seed, memory, form):
    table = make_table(n_spikes, n_columns, density, kind, seed, strange=kind == "float32")
    source = table
    if form == "csr":
        source = csr_of(table)
    elif form == "tables":
        source = DenseSource([table[:, : n_columns // 2], table[:, n_columns // 2 :]], [np.nan, 0])
    path = tmp_path_factory.mktemp("store")
    store = FeatureStore.build(source, path, memory_bytes=memory)
    assert_holds(store, table, seed)
    assert_holds(FeatureStore(path, cache_bytes=0), table, seed)
    assert {one.suffix for one in path.iterdir()} <= {".bin", ".json"}
    store.close()


def csr_of(table, order=None):
    """Return arrays of sparse rows; the columns of a row in any order."""
    rows, columns = np.nonzero(np.asarray(table, np.float32).view(np.uint32))
    order = np.lexsort([-columns, rows])
    starts = np.searchsorted(rows, np.arange(len(table) + 1))
    return CsrSource(starts, columns[order], table[rows, columns][order], table.shape[1])


@pytest.mark.parametrize("n_columns", [300, 70_000])
def test_any_number_of_columns(tmp_path, n_columns):
    table = np.zeros((4, n_columns), np.float32)
    table[1, [0, 255, n_columns - 1]] = 1, 2, 3
    store = FeatureStore.build(table, tmp_path)
    assert_same(store.columns([1, 3], [0, 255, n_columns - 1]), [[1, 2, 3], [0, 0, 0]])
    assert_same(store.rows([3, 1]), table[[3, 1]])


def test_spikes_without_data(tmp_path):
    features, masks = make_table(density=0.2), make_table(n_columns=3, density=0.5)
    features[[0, 4, 60]], masks[[0, 4, 60]] = np.nan, 0
    features[5, 2] = np.nan
    store = FeatureStore.build(DenseSource([features, masks], [np.nan, 0]), tmp_path)
    assert not store.is_dense
    assert_holds(store, np.concatenate([features, masks], axis=1))
    assert store.sparse([0, 4, 5]).absent.tolist() == [True, True, False]


def test_without_rows_only_columns_and_the_sample_are_there(tmp_path):
    for density, folder in ((0.2, "sparse"), (1, "dense")):
        table = make_table(density=density)
        store = FeatureStore.build(table, tmp_path / folder, with_rows=False)
        assert_same(store.columns([3, 1], [2]), table[[3, 1]][:, [2]])
        assert_same(store.rows(store.sample_ids), table[store.sample_ids])
        with pytest.raises(FeatureStoreError, match="holds columns only"):
            store.rows([0])


def test_ids_beyond_31_bits(tmp_path):
    """Spikes and places in files are no int32 on their way."""
    n_spikes = 2**31 + 10

    class Few:
        shape, fill = (n_spikes, 2), np.zeros(2, np.float32)

        def sparse(self, rows):
            n = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
            return SparseRows(
                np.zeros(n + 1, np.int64), np.zeros(0, np.uint32), np.zeros(0, np.float32), np.zeros(n, bool)
            )

    build = building._SparseBuild(
        Few(), building.AppendedFiles(tmp_path, None), tmp_path, None, with_rows=False, memory_bytes=2**20
    )
    build.files.values["n_done"] = n_spikes - 3
    build._write_run(
        SparseRows(np.array([0, 1, 1, 2]), np.array([1, 0], np.uint32), np.array([5, 6], np.float32), np.zeros(3, bool))
    )
    build.run(lambda share: None)
    build.files.close()
    store = FeatureStore(tmp_path)
    assert_same(store.columns([n_spikes - 1, 7, n_spikes - 3], [0, 1]), [[6, 0], [0, 0], [0, 5]])
    Few.shape = (2**32, 2)
    with pytest.raises(FeatureStoreError, match="4294967295 spikes at most"):
        building.build_store(Few(), tmp_path)


# ---- building that is broken off


def stop_after(n_calls):
    calls = []

    def on_progress(share):
        calls.append(share)
        if len(calls) == n_calls:
            raise CancelledError

    return on_progress, calls


@pytest.mark.parametrize("density", [0.3, 1])
def test_building_goes_on_where_it_was_broken_off(tmp_path, density):
    table = make_table(200, density=density)
    asked = []

    class Noted(DenseSource):
        def sparse(self, rows):
            asked.append(rows)
            return super().sparse(rows)

        def dense(self, rows):
            asked.append(rows)
            return super().dense(rows)

    n_times = 0
    while True:
        on_progress, calls = stop_after(8)
        n_times += 1
        try:
            store = FeatureStore.build(
                Noted([table], [0]), tmp_path, identity=["a"], memory_bytes=700, on_progress=on_progress
            )
            break
        except CancelledError:
            assert calls == sorted(calls)
            assert (tmp_path / STATE).exists()
            assert not (tmp_path / HEADER).exists()
            with pytest.raises(FeatureStoreError, match="holds no feature store"):
                FeatureStore(tmp_path)
    assert n_times > 2
    assert_holds(store, table)
    n_asked = len(asked)
    assert_holds(FeatureStore.build(Noted([table], [0]), tmp_path, identity=["a"]), table)
    assert len(asked) == n_asked, "it was built twice"
    other = make_table(200, seed=5, density=density)
    assert_holds(FeatureStore.build(other, tmp_path, identity=["b"]), other)
    with pytest.raises(FeatureStoreError, match="of other spikes"):
        FeatureStore(tmp_path, identity=["a"])


@pytest.mark.parametrize("density", [0.3, 1])
def test_rows_may_arrive_while_the_store_is_built(tmp_path, density):
    """Rows are asked for in their order, and the sample last: who makes them need not be done."""
    table = make_table(200, density=density)
    arrived = threading.Semaphore(0)

    class Arriving(DenseSource):
        n_there = 0

        def dense(self, rows):
            last = rows.stop if isinstance(rows, slice) else rows[-1] + 1
            while self.n_there < last:
                assert isinstance(rows, slice), "the sample is asked for before the last row"
                assert arrived.acquire(timeout=60), "a row is asked for too early"
                self.n_there += 20
            return super().dense(rows)

    def arrive():
        for _ in range(10):
            arrived.release()

    making = threading.Thread(target=arrive)
    making.start()
    assert_holds(FeatureStore.build(Arriving([table], [0]), tmp_path, memory_bytes=700), table)
    making.join()


KILLED = """
import os, signal, sys
import numpy as np
from napari_phy.files.rows import RowFile
from napari_phy.storage.feature_store import building
from napari_phy.storage.feature_store.store import FeatureStore

building.CHUNK_PAIRS, building.CHUNK_ROWS, building.N_SAMPLE, building._N_TRIED = 7, 16, 5, 13
left, write_at = [int(sys.argv[3])], building.AppendedFiles.write_at

def die(self, name, start, array):
    left[0] -= 1
    if not left[0]:
        content = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        write_at(self, name, start, content[: len(content) // 2])
        self._writer.submit(os.kill, os.getpid(), signal.SIGKILL).result()
    write_at(self, name, start, array)

building.AppendedFiles.write_at = die
FeatureStore.build(np.load(sys.argv[1]), sys.argv[2], identity=1, memory_bytes=2000)
"""


@pytest.mark.parametrize("density", [0.3, 1])
def test_building_that_was_killed_goes_on(tmp_path, density):
    table, folder = make_table(400, density=density), tmp_path / "store"
    np.save(tmp_path / "table.npy", table)
    n_done = []
    for n_writes in (40, 60):
        command = [sys.executable, "-c", KILLED, str(tmp_path / "table.npy"), str(folder), str(n_writes)]
        ended = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "NUMBA_DISABLE_JIT": "1"})
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]
        with pytest.raises(FeatureStoreError, match="holds no feature store"):
            FeatureStore(folder)
        n_done.append(json.loads((folder / STATE).read_text())["values"]["n_done"])
    assert 0 < n_done[0] < n_done[1]
    assert_holds(FeatureStore.build(table, folder, identity=1, memory_bytes=2000), table)


@pytest.mark.parametrize("density", [0.3, 1])
def test_a_full_disk_leaves_nothing_behind(tmp_path, density, monkeypatch):
    table = make_table(300, density=density)
    write = building.AppendedFiles.write
    for n_writes in (1, 2, 3, 8, 21):
        left = [n_writes]

        def fail(self, name, array, left=left):
            left[0] -= 1
            if not left[0]:
                raise OSError(errno.ENOSPC, "No space left on device")
            write(self, name, array)

        with monkeypatch.context() as patch:
            patch.setattr(building.AppendedFiles, "write", fail)
            with pytest.raises(FeatureStoreError, match="There is no room for the feature store"):
                FeatureStore.build(table, tmp_path, identity=1, memory_bytes=4000)
        assert not list(tmp_path.iterdir())
    assert_holds(FeatureStore.build(table, tmp_path, identity=1), table)


def test_one_builds_at_a_time(tmp_path):
    def meanwhile(share):
        with pytest.raises(FeatureStoreError, match="Another program is building"):
            FeatureStore.build(make_table(), tmp_path)

    FeatureStore.build(make_table(), tmp_path, on_progress=meanwhile)


# ---- damage


@pytest.mark.parametrize("density", [0.3, 1])
def test_a_flipped_byte_is_noticed_or_costs_nothing(tmp_path, density):
    rng = np.random.default_rng(int(10 * density))
    table = make_table(density=density, seed=3)
    table[7] = np.nan
    source = DenseSource([table], [np.nan])
    FeatureStore.build(source, tmp_path, identity=1).close()
    for file in sorted(one for one in tmp_path.iterdir() if one.stat().st_size):
        content = file.read_bytes()
        for place in rng.integers(0, len(content), examples(12)).tolist():
            flipped = bytearray(content)
            flipped[place] ^= rng.integers(1, 256)
            file.write_bytes(flipped)
            assert_right_or_refused(tmp_path, table)
        file.write_bytes(content)
    assert_holds(FeatureStore(tmp_path), table)
    (tmp_path / HEADER).write_bytes(b"{}")
    assert_holds(FeatureStore.build(source, tmp_path, identity=1), table)


@pytest.mark.parametrize("density", [0.3, 1])
def test_files_that_are_cut_or_gone_are_noticed(tmp_path, density):
    table = make_table(density=density)
    for number in range(8):
        store = FeatureStore.build(table, tmp_path, identity=number)
        files = sorted(one for one in tmp_path.iterdir() if one.stat().st_size)
        file = files[number // 2 % len(files)]
        store.close()
        if number % 2:
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:-3])
        with pytest.raises(FeatureStoreError, match=r"damaged|holds no feature store"):
            FeatureStore(tmp_path)


def assert_right_or_refused(path, table):
    ids, columns = np.arange(len(table)), list(range(table.shape[1]))
    for read in (
        lambda store: assert_same(store.columns(ids, columns), table),
        lambda store: assert_same(store.rows(ids), table),
        lambda store: assert_same(store.rows(store.sample_ids), table[store.sample_ids]),
    ):
        try:
            read(FeatureStore(path, identity=1))
        except FeatureStoreError as error:
            refused = str(error)
            assert refused.startswith(str(path))
            assert "build" in refused


def test_another_version_is_refused(tmp_path):
    FeatureStore.build(make_table(), tmp_path)
    sealed = json.loads((tmp_path / HEADER).read_text())
    content = json.loads(sealed["content"]) | {"version": 99}
    text = json.dumps(content)
    (tmp_path / HEADER).write_text(json.dumps({"content": text, "check": zlib.crc32(text.encode())}))
    with pytest.raises(FeatureStoreError, match="of version 99"):
        FeatureStore(tmp_path)


# ---- what is asked for wrongly


def test_what_is_not_there_is_refused(tmp_path):
    store = FeatureStore.build(make_table(), tmp_path)
    with pytest.raises(IndexError, match="Column 9 is asked for, but there are 9"):
        store.columns([0], [9])
    with pytest.raises(IndexError, match="Spikes"):
        store.columns([61], [0])
    with pytest.raises(FeatureStoreError, match="a column twice"):
        FeatureStore.build(CsrSource([0, 2], [1, 1], [1.0, 2.0], 3), tmp_path)
    with pytest.raises(FeatureStoreError, match="columns 0 to 5; they must be 0 to 2"):
        FeatureStore.build(CsrSource([0, 2], [0, 5], [1.0, 2.0], 3), tmp_path)
    with pytest.raises(FeatureStoreError, match="but there are 3 columns"):
        CsrSource([0, 2], [0, 1, 2], [1.0, 2.0, 3.0], 3)
    with pytest.raises(FeatureStoreError, match="two dimensions"):
        FeatureStore.build(np.zeros(4), tmp_path)


@pytest.mark.parametrize("by_row", [False, True])
def test_more_memory_reads_less(tmp_path, monkeypatch, by_row):
    table = make_table(400)
    FeatureStore.build(table, tmp_path).close()
    spans, read = [], RowFile.read_spans
    monkeypatch.setattr(RowFile, "read_spans", lambda self, some: (spans.extend(some), read(self, some))[1])
    n_read = []
    for n_bytes in (0, 2**20):
        store = FeatureStore(tmp_path, cache_bytes=n_bytes)
        spans.clear()
        for start in (0, 1, 0, 1, 0, 1):
            some = np.arange(start, 400, 9)
            if by_row:
                assert_same(store.rows(some), table[some])
            else:
                assert_same(store.columns(some, [1, 2]), table[some][:, [1, 2]])
        n_read.append(len(spans))
        assert store._cache.nbytes <= n_bytes
    assert n_read[1] * 2 < n_read[0]
    assert MemoryBudget().used == 0
