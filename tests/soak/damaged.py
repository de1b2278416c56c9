"""Opens damaged data sets, each in a process of its own that has little memory and little time."""

import contextlib
import faulthandler
import hashlib
import importlib
import os
import pickle
import resource
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from core.edits import state
from soak.mutations import CANARY, mutate

from napari_phy import open_session
from napari_phy.core.errors import ClusteringError, KwikFormatError, MissingDataError, SaveError
from napari_phy.formats.checks import check_data_set
from napari_phy.formats.kwik.model import KwikModel

MEMORY_BYTES = 2**30
SECONDS = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one damaged data set: `problem` is empty where all is as it should be."""

    seed: int
    damage: str
    problem: str
    message: str = ""


def outcomes(original: Path, seeds: Iterable[int], *, edits: bool = False) -> Iterator[Outcome]:
    """Damage copies of a data set, one for each seed, and open them, or also edit and save."""
    importlib.import_module("scipy.signal")  # here once, so that no child takes its time for it
    with tempfile.TemporaryDirectory(prefix="napari-phy-fuzz-") as folder:
        for seed in seeds:
            yield check_one(original, Path(folder) / f"{seed}", seed, edits=edits)


def check_one(original: Path, folder: Path, seed: int, *, edits: bool = False) -> Outcome:
    """Damage a copy, open it, and look at what is left; `edits` to edit and save it, too."""
    inner = folder / "data"
    inner.mkdir(parents=True)
    with h5py.File(folder / "outside.h5", "w") as outside:
        outside["secret"] = np.arange(10)
    for file in original.parent.glob(f"{original.stem}.*"):
        if file.suffix in (".kwik", ".kwx", ".dat"):
            shutil.copyfile(file, inner / file.name)
    path = inner / original.name
    damage, error = run_limited(lambda: mutate(path, seed), inner)  # HDF5 may fail half-way, which is damage too
    damage = damage or error
    before = digests(inner)
    message, problem = run_limited(lambda: look_at(path), inner)
    if not problem and digests(inner) != before:
        problem = "the files were changed"
    if not problem and message:
        problem = complaint(message, path)
    if edits and not problem and not message:
        not_saved, problem = run_limited(lambda: edit_and_save(path), inner)
        problem = problem or complaint(not_saved, path)
    shutil.rmtree(folder)
    return Outcome(seed, damage, problem, message)


def look_at(path: Path) -> str:
    """Open a data set and read some of everything; return the message of the error, or nothing."""
    try:
        for finding in check_data_set(path):
            assert finding.sentence.endswith(".")
            assert "\n" not in finding.sentence, finding
        with contextlib.closing(KwikModel(path)) as model:
            everything_of(model)
            groups = [group for group in model.channel_groups if group != model.channel_group]
            clusterings = [name for name in model.clusterings if name != model.clustering]
        for group in groups[:4]:
            with contextlib.closing(KwikModel(path, channel_group=group)) as model:
                everything_of(model)
        for clustering in clusterings[:4]:
            with contextlib.closing(KwikModel(path, clustering=clustering)) as model:
                everything_of(model)
    except (KwikFormatError, MissingDataError) as error:
        return str(error) or "an error without words"
    return ""


def everything_of(model: KwikModel) -> None:
    """Read some of everything, and check that it agrees."""
    assert model.describe()
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in model.missing), model.missing
    n = model.n_spikes
    assert len(model.spike_clusters) == len(model.spike_samples) == len(model.spike_recordings) == n
    assert (np.diff(model.spike_samples) >= 0).all()
    assert model.sample_rate > 0
    assert np.isfinite(model.duration)
    assert model.probe.positions.shape == (model.n_channels, 2)
    assert len(model.cluster_metadata) == len(model.cluster_ids)
    some = slice(0, min(n, 20))
    for rows in (model.features, model.masks, model.waveforms):
        if rows is not None:
            assert rows.shape[0] == n
            assert rows[some].shape == (some.stop, *rows.shape[1:])
            if n:
                assert len(rows[np.array([0, n - 1])]) == 2
    if model.traces is not None:
        assert model.traces[:100].shape[1] == model.traces.shape[1]
        model.traces[-10:]
    for clustering in model.clusterings:
        model.read_clustering(clustering)


def edit_and_save(path: Path) -> str:
    """Edit a data set that can be opened, and save; return why it could not be saved, with the file as it was."""
    before = path.read_bytes()
    with open_session(path) as session:
        if not session.can_save:
            return ""
        ids = session.manager.cluster_ids.tolist()
        for edit in (
            lambda: session.label(ids[:1], "seen", "yes"),
            lambda: session.move(ids[-1:], "axons"),
            lambda: session.recolor(ids[:2], "#123456"),
            lambda: session.merge(ids[:2]),
            lambda: session.split([0, 1]),
        ):
            with contextlib.suppress(ClusteringError):
                edit()
        wanted = state(session.manager)
        try:
            session.save()
        except SaveError as error:
            assert path.read_bytes() == before
            return str(error)
    with open_session(path) as session:
        assert state(session.manager) == wanted, "the file does not hold what was saved"
        assert not session.is_dirty
    return ""


def complaint(message: str, path: Path) -> str:
    """Return what is wrong with the words of an error."""
    if not message:
        return ""
    if path.stem not in message:
        return f"the message does not name the file: {message}"
    if "\n" in message or not message.endswith("."):
        return f"the message is not one sentence: {message}"
    if len(message) > 1000:
        return f"the message is {len(message)} characters long"
    return ""


def digests(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file): hashlib.blake2b(file.read_bytes()).hexdigest() for file in files}


def run_limited(action: Callable[[], str], folder: Path, seconds: int = SECONDS) -> tuple[str, str]:
    """Run an action in a child process in `folder`; return what it returned, and what went wrong.

    Its memory may grow by 1 GiB; `seconds` are of processor time, so that other work on the machine does not count.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reading)
            faulthandler.disable()
            os.chdir(folder)
            _limit(seconds)
            try:
                answer = (action(), "")
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is reported
                answer = ("", _describe(error))
            os.write(writing, pickle.dumps(answer)[:60_000])
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        late = number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL)
        return "", f"it took longer than {seconds} s" if late else f"it crashed ({signal.Signals(number).name})"
    if (folder / CANARY).exists():
        return "", "code of the file was run"
    return pickle.loads(data) if data else ("", "it ended without an answer")


def _limit(seconds: int) -> None:
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(6 * seconds)  # for one that waits


def _describe(error: BaseException) -> str:
    frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__}: {str(error)[:200]} ({' > '.join(frames[-6:])})"
