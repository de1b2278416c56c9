"""The pyramid holds what the traces hold, whenever building is broken off, and nothing of other traces."""

import errno
import json
import os
import shutil
from contextlib import closing

import h5py
import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth
from numpy.testing import assert_array_equal

from napari_phy.core.array_samples import ArraySamples
from napari_phy.core.errors import KwikFormatError, NapariPhyError, TracesError
from napari_phy.core.progress import CancelledError
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.stats.extremes import bin_extremes
from napari_phy.storage import trace_pyramid
from napari_phy.storage.trace_pyramid import TracePyramid, pyramid_bytes, pyramid_factors


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    """Levels, chunks and notes as small as the traces of tests."""
    monkeypatch.setattr(trace_pyramid, "N_COLUMNS_COARSEST", 8)
    monkeypatch.setattr(trace_pyramid, "_CHUNK_BYTES", 600)
    monkeypatch.setattr(trace_pyramid, "_KEEP_BYTES", 1500)


def make_traces(n_samples=3333, n_channels=3, dtype="int16", seed=0):
    return np.random.default_rng(seed).integers(0, 200, (n_samples, n_channels)).astype(dtype)


def assert_holds(pyramid, traces):
    assert pyramid.is_complete
    for factor in pyramid.factors:
        n_bins = -(-len(traces) // factor)
        assert pyramid.covers(factor, 0, n_bins)
        assert_array_equal(pyramid.read(factor, 0, n_bins), bin_extremes(traces, factor))
        assert_array_equal(pyramid.read(factor, 1, 3), bin_extremes(traces, factor)[1:3])


def stop_after(n_calls):
    calls = []

    def on_progress(share):
        calls.append(share)
        if len(calls) == n_calls:
            raise CancelledError

    return on_progress


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", ">i2", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("n_samples", [0, 1, 15, 4096, 3333])
def test_every_level_holds_the_extremes(tmp_path, dtype, n_samples):
    traces = make_traces(n_samples, dtype=dtype)
    pyramid = TracePyramid(ArraySamples(traces, time_axis=0), tmp_path / "p")
    shares = []
    pyramid.build(shares.append)
    assert shares == sorted(shares)
    assert shares[-1:] == [1.0][: bool(pyramid.factors)]
    assert_holds(pyramid, traces)
    again = TracePyramid(ArraySamples(traces, time_axis=0), tmp_path / "p")
    assert_holds(again, traces)
    assert pyramid.n_bytes == sum(file.stat().st_size for file in (tmp_path / "p").glob("*.bin"))


def test_the_traces_are_read_in_chunks_of_whole_bins_as_large_as_memory_allows(tmp_path):
    traces, n_read = ArraySamples(make_traces()), []

    class Counted:
        shape, dtype = traces.shape, traces.dtype

        def __getitem__(self, key):
            n_read.append(len(traces[key]))
            return traces[key]

    TracePyramid(Counted(), tmp_path).build()
    n_rows = 600 // (3 * 2) // 16 * 16
    assert max(n_read) == n_rows
    assert n_read.count(n_rows) == 3333 // n_rows


def test_levels_end_at_about_two_thousand_columns(monkeypatch):
    monkeypatch.undo()
    factors = pyramid_factors(30_000 * 3600)
    assert factors[:4] == (16, 64, 256, 1024)
    assert 500 < 30_000 * 3600 / factors[-1] <= 2000
    hour = ArraySamples(np.broadcast_to(np.zeros(1, np.int16), (30_000 * 3600, 384)))
    assert pyramid_bytes(hour) <= 0.18 * hour.shape[0] * hour.shape[1] * 2


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.integers(1, 9), max_size=4), st.integers(500, 4000))
def test_broken_off_it_goes_on(tmp_path_factory, stops, n_samples):
    folder = tmp_path_factory.mktemp("pyramid")
    traces = make_traces(n_samples, seed=n_samples)
    for n_calls in stops:
        pyramid = TracePyramid(ArraySamples(traces, 0), folder)
        before = pyramid.n_done
        try:
            pyramid.build(stop_after(n_calls))
        except CancelledError:
            assert before < pyramid.n_done <= n_samples
            for factor in () if pyramid.is_complete else pyramid.factors:
                n_bins = pyramid.n_done // factor
                assert pyramid.covers(factor, 0, n_bins)
                assert not pyramid.covers(factor, 0, n_bins + 1)
                assert_array_equal(pyramid.read(factor, 0, n_bins), bin_extremes(traces, factor)[:n_bins])
        assert TracePyramid(ArraySamples(traces, 0), folder).n_done == pyramid.n_done
    pyramid = TracePyramid(ArraySamples(traces, 0), folder)
    pyramid.build()
    assert_holds(pyramid, traces)


@pytest.mark.parametrize("n_left", [1, 16, 40, 95])
def test_it_goes_on_however_little_is_left(tmp_path, n_left):
    traces = make_traces(8 * 96 + n_left)  # eight chunks, after which no level waits for bins but the last
    with pytest.raises(CancelledError):
        TracePyramid(ArraySamples(traces, 0), tmp_path).build(stop_after(8))
    pyramid = TracePyramid(ArraySamples(traces, 0), tmp_path)
    assert pyramid.n_done == 8 * 96
    pyramid.build()
    assert_holds(pyramid, traces)


def test_killed_it_goes_on_from_what_was_noted(tmp_path):
    traces = make_traces()
    pyramid = TracePyramid(ArraySamples(traces), tmp_path)
    with pytest.raises(CancelledError):
        pyramid.build(stop_after(6))
    state = json.loads((tmp_path / "state.json").read_text())
    state["n_done"] //= 32
    state["n_done"] *= 16  # half of it was on the disk
    (tmp_path / "state.json").write_text(json.dumps(state))
    again = TracePyramid(ArraySamples(traces), tmp_path)
    assert again.n_done == state["n_done"]
    again.build()
    assert_holds(again, traces)


def test_nothing_of_other_traces_is_read(tmp_path):
    TracePyramid(ArraySamples(make_traces()), tmp_path).build()
    other = make_traces(seed=1)
    pyramid = TracePyramid(ArraySamples(other), tmp_path)
    assert pyramid.n_done == 0
    pyramid.build()
    assert_holds(pyramid, other)


@pytest.mark.parametrize("damage", ["cut", "gone", "no state", "wrong state"])
def test_damaged_files_are_built_anew(tmp_path, damage):
    traces = make_traces()
    TracePyramid(ArraySamples(traces), tmp_path).build()
    level, state = tmp_path / "extremes-64.bin", tmp_path / "state.json"
    if damage == "cut":
        level.write_bytes(level.read_bytes()[:-20])
    elif damage == "gone":
        level.unlink()
    elif damage == "no state":
        state.unlink()
    else:
        state.write_text('{"version": 1, "identity": [], "n_done": "many"}')
    pyramid = TracePyramid(ArraySamples(traces), tmp_path)
    assert pyramid.n_done == 0
    pyramid.build()
    assert_holds(pyramid, traces)


def test_files_cut_short_while_open_raise(tmp_path):
    pyramid = TracePyramid(ArraySamples(make_traces()), tmp_path)
    pyramid.build()
    pyramid.read(64, 0, 2)
    with (tmp_path / "extremes-64.bin").open("r+b") as file:
        file.truncate(30)
    with pytest.raises(NapariPhyError, match=r"extremes-64\.bin ends before row 12 of 53\."):
        pyramid.read(64, 10, 12)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "p").write_bytes(b"")
    with pytest.raises(TracesError, match=r"^The summary of the traces cannot be written: [^:\[]+\.$"):
        TracePyramid(ArraySamples(make_traces()), tmp_path / "p").build()


def test_too_little_room_is_refused(tmp_path, monkeypatch):
    pyramid = TracePyramid(ArraySamples(make_traces()), tmp_path)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=pyramid.n_bytes - 1))
    with pytest.raises(TracesError, match=r"There is no room .* 3\.\d+ kB free"):
        pyramid.build()
    assert not list(tmp_path.glob("*.bin"))


def test_traces_that_keep_changing_are_not_kept(tmp_path):
    traces = make_traces()
    pyramid = TracePyramid(ArraySamples(traces), tmp_path)

    def change(share):
        traces[:] += 1

    with pytest.raises(TracesError, match="keep changing"):
        pyramid.build(change)
    assert TracePyramid(ArraySamples(traces), tmp_path).n_done == 0


@pytest.mark.parametrize("n_calls", [1, 8, 20])
def test_traces_that_are_rewritten_on_the_way_are_built_anew(tmp_path, n_calls):
    """Once they rest, at the same call of build."""
    traces, after = make_traces(), make_traces(seed=1)
    pyramid = TracePyramid(ArraySamples(traces), tmp_path)
    calls = []

    def rewrite(share):
        calls.append(share)
        if len(calls) == n_calls:
            traces[:] = after

    pyramid.build(rewrite)
    assert_holds(pyramid, after)
    assert_holds(TracePyramid(ArraySamples(traces), tmp_path), after)


def test_traces_that_are_rewritten_later_are_built_anew(tmp_path):
    traces, after = make_traces(), make_traces(seed=1)
    pyramid = TracePyramid(ArraySamples(traces), tmp_path)
    with pytest.raises(CancelledError):
        pyramid.build(stop_after(6))
    traces[:] = after
    pyramid.build()
    assert_holds(pyramid, after)
    traces[:] = make_traces(seed=2)
    pyramid.build()
    assert_holds(pyramid, traces)


class CutShort:
    """Traces whose file ends too early, as long as `n_left` is less than all."""

    def __init__(self, traces, n_left):
        self.shape, self.dtype = traces.shape, traces.dtype
        self.traces, self.n_left = traces, n_left

    def __getitem__(self, key):
        if key.stop > self.n_left:
            raise KwikFormatError(f"x.dat ends before row {key.stop}.")
        return self.traces[key]


def test_what_is_built_of_a_file_outlasts_that_it_is_cut_short(tmp_path):
    traces = make_traces()
    TracePyramid(CutShort(traces, len(traces)), tmp_path).build()
    cut = CutShort(traces, 1000)
    pyramid = TracePyramid(cut, tmp_path)
    assert not pyramid.is_complete
    assert not pyramid.covers(16, 0, 1)
    with pytest.raises(KwikFormatError, match="ends before"):
        pyramid.build()
    cut.n_left = len(traces)
    shares = []
    pyramid.build(shares.append)
    assert shares == []  # it is the one that was built
    assert_holds(pyramid, traces)


def test_one_program_builds_at_a_time(tmp_path):
    pyramid = TracePyramid(ArraySamples(make_traces()), tmp_path)
    other = TracePyramid(ArraySamples(make_traces()), tmp_path)

    def build_too(share):
        with pytest.raises(TracesError, match="Another program"):
            other.build()

    pyramid.build(build_too)
    assert_holds(pyramid, make_traces())


def test_any_array_either_way_round(tmp_path):
    traces = make_traces()
    with h5py.File(tmp_path / "x.h5", "w") as file:
        wide = file.create_dataset("wide", data=traces.T)
        long = file.create_dataset("long", data=traces)
        for number, array in enumerate([wide, long, traces.T, np.asfortranarray(traces), traces[::-1][::-1]]):
            pyramid = TracePyramid(ArraySamples(array), tmp_path / str(number))
            pyramid.build()
            assert_holds(pyramid, traces)


@pytest.mark.parametrize("layout", ["contiguous", "chunked", "compressed", "big endian"])
def test_recordings_in_a_kwd(tmp_path, layout):
    """Two recordings on one line, each a dataset; channels of both groups are in it."""
    truth = make_truth()
    path = write_klusta(tmp_path, truth, raw="kwd")
    kinds = {
        "contiguous": {},
        "chunked": {"chunks": (100, 3)},
        "compressed": {"chunks": (100, 3), "compression": "gzip", "shuffle": True},
        "big endian": {"dtype": ">i2"},
    }
    with h5py.File(tmp_path / "set.raw.kwd", "r+") as file:
        for number, raw in enumerate(truth.raw):
            del file[f"recordings/{number}/data"]
            file.create_dataset(f"recordings/{number}/data", data=raw, **kinds[layout])
    with closing(KwikModel(path)) as model:
        pyramid = TracePyramid(model.traces, tmp_path / "p")
        pyramid.build()
        assert_holds(pyramid, np.concatenate(truth.raw))
    with closing(KwikModel(path)) as model:
        assert TracePyramid(model.traces, tmp_path / "p").is_complete
    with h5py.File(tmp_path / "set.raw.kwd", "r+") as file:
        file["recordings/1/data"][:] = truth.raw[1] // 2
    with closing(KwikModel(path)) as model:
        assert TracePyramid(model.traces, tmp_path / "p").n_done == 0


class OnlySlices:
    """An array as zarr's are: plain slices give new arrays; asking for all of it at once is an error here."""

    def __init__(self, array):
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim
        self._array, self.longest = array, 0

    def __getitem__(self, key):
        assert all(part.step in (None, 1) for part in (key if isinstance(key, tuple) else (key,)))
        found = self._array[key].copy()
        self.longest = max(self.longest, *found.shape)
        return found

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("all of it is read at once")


@pytest.mark.parametrize("turned", [False, True])
def test_arrays_that_are_read_by_slices_only(tmp_path, turned):
    traces = make_traces()
    array = OnlySlices(traces.T if turned else traces)
    pyramid = TracePyramid(ArraySamples(array), tmp_path)
    pyramid.build()
    assert_holds(pyramid, traces)
    assert array.longest < 150


@pytest.mark.parametrize(
    ("n_samples", "factors"),
    [
        (32, ()),
        (33, (16,)),
        (128, (16,)),
        (129, (16, 64)),
        (512, (16, 64)),
        (513, (16, 64, 256)),
    ],
)
def test_there_are_levels_until_few_enough_bins_are_left(n_samples, factors):
    assert pyramid_factors(n_samples) == factors
    traces = ArraySamples(make_traces(n_samples, 3), 0)
    n_bins = sum(-(-n_samples // factor) for factor in factors)
    assert pyramid_bytes(traces) == n_bins * 2 * 3 * 2


def test_the_coarsest_level_has_two_thousand_bins_or_fewer(monkeypatch):
    monkeypatch.undo()
    for n_samples, n_levels in ((8000, 0), (8001, 1), (32_000, 1), (32_001, 2), (128_000, 2), (128_001, 3)):
        assert len(pyramid_factors(n_samples)) == n_levels


def test_bins_are_covered_where_all_their_samples_are_done_and_there_are_such(tmp_path):
    pyramid = TracePyramid(ArraySamples(make_traces(100)), tmp_path)
    assert (pyramid.factors, pyramid.covers(16, 0, 1), pyramid.is_complete) == ((16,), False, False)
    pyramid.build()
    assert [pyramid.covers(16, start, stop) for start, stop in ((0, 7), (0, 9), (6, 7), (-1, 3))] == [
        True, True, True, False
    ]  # fmt: skip
    assert not pyramid.covers(64, 0, 1)
    assert pyramid.read(16, 5, 99).shape == (2, 2, 3)
    assert TracePyramid(ArraySamples(make_traces(20)), tmp_path / "short").is_complete


def test_what_is_built_of_the_same_traces_is_recognised_by_origin_type_and_shape(tmp_path):
    class Traces:
        origin = "a.dat"

        def __init__(self, traces):
            self.shape, self.dtype, self._traces = traces.shape, traces.dtype, traces

        def __getitem__(self, key):
            return self._traces[key]

    traces = make_traces(100)
    TracePyramid(Traces(traces), tmp_path).build()
    assert TracePyramid(Traces(traces), tmp_path).is_complete
    other = Traces(traces)
    other.origin = "b.dat"
    for changed in (other, Traces(traces.astype("uint16")), Traces(traces[:99]), Traces(traces[:, :2])):
        assert TracePyramid(changed, tmp_path).n_done == 0


@pytest.mark.parametrize("place", [0, 63, 99, 3332])
def test_a_single_sample_of_an_excerpt_that_changed_is_noticed(tmp_path, place):
    traces = make_traces()
    TracePyramid(ArraySamples(traces), tmp_path).build()
    starts = np.array([*trace_pyramid.evenly_spaced(len(traces) - 64, 32)])
    is_looked_at = bool(((starts <= place) & (place < starts + 64)).any())
    traces[place, 1] += 1
    assert (TracePyramid(ArraySamples(traces), tmp_path).n_done == 0) is is_looked_at


@pytest.mark.parametrize(
    ("change", "is_taken"),
    [
        ({}, True),
        ({"version": 2}, False),
        ({"identity": "0" * 32}, False),
        ({"n_done": 3334}, False),
        ({"n_done": -16}, False),
        ({"n_done": 3332}, False),
        ({"n_done": 3328}, True),
        ({"n_done": None}, False),
    ],
)
def test_a_note_is_believed_only_where_it_can_be_true(tmp_path, change, is_taken):
    traces = make_traces()
    TracePyramid(ArraySamples(traces), tmp_path).build()
    state = json.loads((tmp_path / "state.json").read_text())
    assert (state["n_done"], state["version"]) == (3333, 1)
    (tmp_path / "state.json").write_text(json.dumps(state | change))
    n_done = TracePyramid(ArraySamples(traces), tmp_path).n_done
    assert n_done == ({**state, **change}["n_done"] if is_taken else 0)


def test_a_link_in_the_place_of_a_level_is_not_followed(tmp_path):
    traces, folder = make_traces(), tmp_path / "p"
    TracePyramid(ArraySamples(traces), folder).build()
    level = folder / "extremes-64.bin"
    level.rename(tmp_path / "elsewhere")
    level.symlink_to(tmp_path / "elsewhere")
    kept = (tmp_path / "elsewhere").read_bytes()
    pyramid = TracePyramid(ArraySamples(traces), folder)
    assert pyramid.n_done == 0
    pyramid.build()
    assert_holds(pyramid, traces)
    assert not level.is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == kept


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, r"^There is no room for the summary of the traces \(\d.* kB\): No space left on device\.$"),
        (errno.EDQUOT, r"^There is no room for the summary of the traces \(\d.* kB\): Disk quota exceeded\.$"),
        (errno.EIO, r"^The summary of the traces cannot be built: Input/output error\.$"),
    ],
)
def test_why_it_cannot_be_written_is_said_and_another_may_build_it_then(tmp_path, monkeypatch, number, sentence):
    def fail(path, write):
        raise OSError(number, os.strerror(number))

    traces = make_traces()
    with monkeypatch.context() as patch:
        patch.setattr(trace_pyramid, "write_file", fail)
        with pytest.raises(TracesError, match=sentence):
            TracePyramid(ArraySamples(traces), tmp_path).build()
    pyramid = TracePyramid(ArraySamples(traces), tmp_path)
    pyramid.build()
    assert_holds(pyramid, traces)
