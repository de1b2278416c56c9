"""Rows of features and masks equal plain reading, however they are stored and asked for."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.compiled import ReadyLoop
from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.files import rows as rows_module
from napari_phy.files.rows import RowFile
from napari_phy.formats.kwik import features as features_module
from napari_phy.formats.kwik.features import FeatureFile, open_features

N, CHANNELS, PER_CHANNEL = 500, 5, 3
TABLE = np.random.default_rng(0).normal(size=(N, CHANNELS * PER_CHANNEL + 1, 2)).astype(np.float32)
LAYOUTS = {
    "contiguous": {},
    "chunked": {"chunks": (64, 16, 2)},
    "compressed": {"chunks": (50, 4, 1), "compression": "gzip"},
    "doubles": {"dtype": np.float64},
    "big endian": {"dtype": ">f4"},
}


@pytest.fixture(scope="module", params=LAYOUTS)
def stored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FeatureFile:
    path = tmp_path_factory.mktemp("kwx") / "x.kwx"
    with h5py.File(path, "w") as file:
        file.create_dataset("channel_groups/0/features_masks", data=TABLE, **LAYOUTS[request.param])
    opened, problem = open_features(
        path.with_suffix(".kwik"), 0, n_spikes=N, n_channels=CHANNELS, n_per_channel=PER_CHANNEL
    )
    assert problem is None
    yield opened
    opened.close()


ids = st.lists(st.integers(-N, N - 1), max_size=80).map(lambda rows: np.array(rows, dtype=np.int64))
slices = st.slices(N)
masks = st.integers(0, 2**32).map(lambda seed: np.random.default_rng(seed).random(N) < 0.3)


@given(rows=st.one_of(ids, slices, masks, st.integers(-N, N - 1)))
def test_rows_equal_plain_reading(stored: FeatureFile, rows: object) -> None:
    used = CHANNELS * PER_CHANNEL
    np.testing.assert_array_equal(stored.features[rows], TABLE[:, :used, 0][rows])
    np.testing.assert_array_equal(stored.masks[rows], TABLE[:, :used:PER_CHANNEL, 1][rows])
    np.testing.assert_array_equal(stored.features_masks[rows], TABLE[:, :used][rows])
    assert stored.features[rows].dtype == np.float32


@given(rows=ids, columns=st.lists(st.integers(0, 14), max_size=4))
def test_columns_can_be_picked(stored: FeatureFile, rows: np.ndarray, columns: list[int]) -> None:
    expected = TABLE[:, :15, 0][rows][:, np.array(columns, dtype=int)]
    np.testing.assert_array_equal(stored.features[rows, np.array(columns, dtype=int)], expected)


def test_many_blocks_give_the_same(stored: FeatureFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features_module, "_BLOCK_BYTES", 1000)
    rows = np.random.default_rng(1).integers(0, N, 300)
    np.testing.assert_array_equal(stored.features[:], TABLE[:, :15, 0])
    np.testing.assert_array_equal(stored.features[rows], TABLE[rows, :15, 0])
    np.testing.assert_array_equal(stored.features[::-7], TABLE[::-7, :15, 0])


def test_shapes_are_known_without_reading(stored: FeatureFile) -> None:
    assert stored.features.shape == (N, 15)
    assert stored.masks.shape == (N, 5)
    assert stored.features_masks.shape == (N, 15, 2)
    assert len(stored.features) == N
    assert stored.features.ndim == 2


@pytest.mark.parametrize("rows", [[0, N], [-N - 1], [0.5], [[1, 2]], "a"])
def test_rows_that_are_not_there_are_refused(stored: FeatureFile, rows: object) -> None:
    with pytest.raises(IndexError):
        stored.features[rows]


def test_features_without_masks_have_masks_of_one(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.kwx", "w") as file:
        file["channel_groups/0/features_masks"] = TABLE[:, :15, 0]
    opened, _ = open_features(tmp_path / "x.kwik", 0, n_spikes=N, n_channels=5, n_per_channel=None)
    assert opened.n_features_per_channel == 3
    np.testing.assert_array_equal(opened.features[[4, 2]], TABLE[[4, 2], :15, 0])
    np.testing.assert_array_equal(opened.masks[[4, 2]], np.ones((2, 5)))
    opened.close()


def test_scattered_rows_of_a_large_file(tmp_path: Path) -> None:
    table = np.arange(200_000, dtype="<i8").reshape(20_000, 10)
    (tmp_path / "x.bin").write_bytes(b"head" + table.tobytes())
    file = RowFile(tmp_path / "x.bin", 4, 20_000, (10,), "<i8")
    rng = np.random.default_rng(0)
    for n in (0, 1, 50, 5000):
        rows = np.sort(rng.permutation(20_000)[:n])
        np.testing.assert_array_equal(file.take(rows), table[rows])
    np.testing.assert_array_equal(file.read(17, 4000), table[17:4000])
    file.close()


def test_rows_are_the_same_where_the_system_tells_nothing_of_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = np.arange(2_000_000, dtype="<i4").reshape(-1, 100)
    table.tofile(tmp_path / "x.bin")
    file = RowFile(tmp_path / "x.bin", 0, len(table), (100,), "<i4")
    rows = np.arange(3, len(table), 191)
    monkeypatch.setattr("os.RWF_NOWAIT", 1 << 30, raising=False)
    np.testing.assert_array_equal(file.take(rows), table[rows])
    monkeypatch.delattr("os.preadv", raising=False)
    np.testing.assert_array_equal(RowFile(tmp_path / "x.bin", 0, len(table), (100,), "<i4").take(rows), table[rows])
    file.close()


@pytest.fixture(params=["by numba", "by Python"])
def reads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have many runs read by the compiled loop, or as before it is there."""
    is_ready = request.param == "by numba"
    monkeypatch.setattr(ReadyLoop, "find", lambda loop, *_, **__: loop.load() if is_ready else None)


@pytest.mark.parametrize("is_scattered", [True, False])
def test_scattered_rows_take_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_scattered: bool) -> None:
    """What lies between rows is read with them, but not between all of them at once."""
    table = np.random.default_rng(1).integers(-99, 99, (30_000, 7), dtype="<i2")
    (tmp_path / "x.bin").write_bytes(b"head" + table.tobytes())
    monkeypatch.setattr(rows_module, "_HELD_BYTES", 5000)
    file = RowFile(tmp_path / "x.bin", 4, len(table), (7,), "<i2", is_scattered=is_scattered)
    n_held: list[int] = []
    read = RowFile.read_runs
    monkeypatch.setattr(RowFile, "read_runs", lambda *some: (n_held.append(some[-1].nbytes), read(*some))[1])
    for rows in (np.arange(3, 30_000, 31), np.array([7, 1000]), np.array([4]), np.arange(0)):
        np.testing.assert_array_equal(file.take(rows), table[rows])
    assert max(n_held) <= 2 * 5000


@pytest.mark.usefixtures("reads")
@pytest.mark.parametrize("has_pread", [True, False])
@pytest.mark.parametrize("cached", [True, False])
def test_many_runs_of_a_file_are_read_as_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_pread: bool, cached: bool
) -> None:
    table = np.random.default_rng(1).integers(-99, 99, (30_000, 7), dtype="<i2")
    (tmp_path / "x.bin").write_bytes(b"head" + table.tobytes())
    monkeypatch.setattr(rows_module, "_HAS_PREAD", has_pread)
    if not cached:
        monkeypatch.setattr(rows_module._Descriptor, "read_cached", lambda *_: False)
    file = RowFile(tmp_path / "x.bin", 4, len(table), (7,), "<i2")
    edges = np.sort(np.random.default_rng(2).choice(30_000, 1000, replace=False))
    begins, ends = edges[::2], edges[1::2]
    out = np.empty((int((ends - begins).sum()), 7), "<i2")
    file.read_runs(begins, ends, out)
    np.testing.assert_array_equal(
        out, np.concatenate([table[begin:end] for begin, end in zip(begins, ends, strict=True)])
    )
    file.close()
    with pytest.raises(MissingDataError, match="closed"):
        file.read_runs(begins, ends, out)


@pytest.mark.usefixtures("reads")
@pytest.mark.parametrize("cached", [True, False])
def test_runs_past_the_end_of_a_file_that_was_cut_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    table = np.arange(300_000, dtype="<i4").reshape(-1, 10)
    path = tmp_path / "x.bin"
    table.tofile(path)
    if not cached:
        monkeypatch.setattr(rows_module._Descriptor, "read_cached", lambda *_: False)
    file = RowFile(path, 0, len(table), (10,), "<i4")
    with path.open("r+b") as handle:
        handle.truncate(20_000 * 40)
    begins = np.arange(0, 30_000, 300)
    out = np.zeros((len(begins) * 5, 10), "<i4")
    with pytest.raises(KwikFormatError, match=r"x\.bin ends before row 20105 of 30000"):
        file.read_runs(begins, begins + 5, out)
    table.tofile(tmp_path / "y.bin")
    (tmp_path / "y.bin").replace(path)  # it is back
    file.read_runs(begins, begins + 5, out)
    np.testing.assert_array_equal(out.reshape(-1, 5, 10)[:, 0], table[begins])
    file.close()
