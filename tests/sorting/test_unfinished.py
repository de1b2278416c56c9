"""A data set whose making was ended is made from where that ended: the same, byte for byte."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from sorting.recordings import RATE, line_probe, recording
from sorting.test_spikedetect import names_in, write_set

from napari_phy.core.errors import SortingError
from napari_phy.core.progress import CancelledError
from napari_phy.files.lock_files import LockFile
from napari_phy.sorting import RawTraces, sort, spikedetect
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt
from napari_phy.sorting.spool import ChunkRows

PARAMETERS = {"chunk_size_seconds": 0.1}
GOES_ON = "An earlier run did not come to the end; this one goes on from there."
LOST = "The workers were lost: The scheduler is lost; start them again."
ANEW = "An earlier run was of other parameters or raw files; this one starts anew."

KILLED = """
import os, signal, sys
from napari_phy.sorting import spikedetect
from napari_phy.sorting.spool import ChunkRows
append, calls = ChunkRows.append, []
def killed(self, *arguments):
    append(self, *arguments)
    calls.append(1)
    if len(calls) == 7:
        self.spools[0].append(self.spools[0][:1])  # of a chunk that is not whole
        os.kill(os.getpid(), signal.SIGKILL)
ChunkRows.append = killed
spikedetect.run(sys.argv[1], chunk_size_seconds=0.1).result()
"""


@pytest.fixture(scope="module")
def traces():
    return recording()[0]


def both_files(folder):
    return [(folder / name).read_bytes() for name in ("set.kwik", "set.kwx")]


def sort_it(prm):
    return sort.run(
        prm,
        detect_parameters={**PARAMETERS, "extract_s_after": 12},
        cluster_parameters={"points_for_cluster_mask": 5},
        refine_parameters={"least_spikes": 3},
    )


@pytest.fixture(scope="module")
def whole(traces, tmp_path_factory):
    """Files of a run that nothing ended, and how many chunks it kept."""
    folder, calls = tmp_path_factory.mktemp("whole"), []
    append = ChunkRows.append
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChunkRows, "append", lambda self, *rest: [calls.append(1), append(self, *rest)])
        sort_it(write_set(folder, traces)).result()
    return both_files(folder), len(calls)


def end_at(patch, place):
    """Let a run fail at a chunk, as where a scheduler is lost."""
    calls, append = [], ChunkRows.append

    def fail(self, *rest):
        calls.append(1)
        if len(calls) == place:
            raise ConnectionError("The scheduler is lost")
        append(self, *rest)

    patch.setattr(ChunkRows, "append", fail)


@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.99])
def test_a_run_that_failed_goes_on_from_there(tmp_path, traces, whole, share):
    prm = write_set(tmp_path, traces)
    with pytest.MonkeyPatch.context() as patch:
        end_at(patch, int(share * whole[1]))
        job = sort_it(prm)
        with pytest.raises(SortingError, match=LOST):
            job.result()
    assert job.log[-2] == "What was done is in the folder .set.unfinished; the same call goes on from there."
    calls, append = [], ChunkRows.append
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChunkRows, "append", lambda self, *rest: [calls.append(1), append(self, *rest)])
        job = sort_it(prm)
        job.result()
    assert GOES_ON in job.log
    assert len(calls) == whole[1] - int(share * whole[1]) + 1
    assert both_files(tmp_path) == whole[0]
    assert names_in(tmp_path) == ["set.dat", "set.kwik", "set.kwx", "set.prb", "set.prm"]


def test_a_run_that_failed_when_it_wrote_goes_on_from_there(tmp_path, traces, whole, monkeypatch):
    prm = write_set(tmp_path, traces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sort, "_add_masks", lambda masks, *rest: [masks.__setitem__(slice(0, 2), 1 - masks[:2]), 1 / 0])
        with pytest.raises(ZeroDivisionError):
            sort_it(prm).result()
    (tmp_path / ".set.unfinished" / "set.kwx").write_bytes(b"half")
    monkeypatch.setattr("napari_phy.sorting.klustakwik.klustakwik2.KlustaKwik2.fit", None)  # what it made is there
    sort_it(prm).result()
    assert both_files(tmp_path) == whole[0]


def test_a_program_that_is_killed_leaves_what_another_one_goes_on_from(tmp_path, traces):
    (tmp_path / "whole").mkdir()
    spikedetect.run(write_set(tmp_path / "whole", traces), **PARAMETERS).result()
    prm = write_set(tmp_path, traces)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(prm)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert names_in(tmp_path)[0] == ".set.unfinished"
    job = spikedetect.run(prm, **PARAMETERS)
    job.result()
    assert GOES_ON in job.log
    assert both_files(tmp_path) == both_files(tmp_path / "whole")
    assert not [name for name in names_in(tmp_path) if name.startswith(".")]


def failed(prm, **parameters):
    with pytest.MonkeyPatch.context() as patch:
        end_at(patch, 5)
        with pytest.raises(SortingError, match=LOST):
            spikedetect.run(prm, **parameters).result()


@pytest.mark.parametrize("change", ["parameters", "raw files"])
def test_other_input_starts_anew(tmp_path, traces, change):
    prm = write_set(tmp_path, traces)
    failed(prm, **PARAMETERS)
    if change == "raw files":
        os.utime(tmp_path / "set.dat", (1, 1))
    job = spikedetect.run(prm, **PARAMETERS, **({"detect_spikes": "both"} if change == "parameters" else {}))
    job.result()
    assert ANEW in job.log
    assert GOES_ON not in job.log


@pytest.mark.parametrize("keeps", [False, True])
def test_a_job_that_is_cancelled_keeps_what_it_has_if_it_is_told_to(tmp_path, traces, keeps, monkeypatch):
    prepare = SpikeDetekt.prepare
    is_ready = threading.Event()

    def cancelled(self, traces, reporter, executor):
        is_ready.wait()
        return prepare(self, traces, reporter, executor)

    monkeypatch.setattr(SpikeDetekt, "prepare", cancelled)
    job = spikedetect.run(write_set(tmp_path, traces))
    job.cancel(keeps=keeps)
    is_ready.set()
    with pytest.raises(CancelledError):
        job.result()
    assert job.status == "cancelled"
    assert (".set.unfinished" in names_in(tmp_path)) == keeps


def test_two_programs_do_not_make_the_same(tmp_path, traces):
    prm = write_set(tmp_path, traces)
    lock = LockFile(tmp_path / ".set.unfinished.lock")
    (tmp_path / ".set.unfinished").mkdir()
    with pytest.raises(SortingError, match=r"set\.kwik is being made by another program; wait"):
        spikedetect.run(prm).result()
    assert (tmp_path / ".set.unfinished").is_dir()
    lock.release()
    assert "kwik" in str(spikedetect.run(prm).result().path)


def test_traces_in_memory_always_start_anew(tmp_path, traces):
    raw = RawTraces(traces, RATE, line_probe(6))
    with pytest.MonkeyPatch.context() as patch:
        end_at(patch, 5)
        with pytest.raises(SortingError, match=LOST):
            spikedetect.run(raw, path=tmp_path / "set.kwik", **PARAMETERS).result()
    assert names_in(tmp_path) == []
