"""Killed at any moment, the program loses no edit that it had reported, and the file is whole."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import h5py
import pytest
from core.edits import do, state
from soak.scripted_session import N_STEPS, digest, script
from soak.small_kwik import make_kwik

from napari_phy import ClusterManager, open_session
from napari_phy.io.crash_points import COMMIT_POINTS, SAVE_POINTS
from napari_phy.io.kwik.model import KwikModel

POINTS = (*COMMIT_POINTS, *SAVE_POINTS)
RANDOM_KILLS = 200 - 8 * len(POINTS)


def expected_states(path, seed):
    """Return for each number of steps done the digest, and {steps done: clusters} of what each save saves."""
    with closing(KwikModel(path)) as model:
        manager = ClusterManager(model.spike_clusters, model.cluster_groups, model.cluster_colors, model.cluster_labels)
    digests, saves = [digest(manager)], {0: model.spike_clusters.tolist()}
    for number, (kind, step_seed) in enumerate(script(seed), start=1):
        if kind.startswith("save"):
            saves[number] = manager.spike_clusters.tolist()
        else:
            do(manager, kind, step_seed)
        digests.append(digest(manager))
    return digests, saves


def run_until_killed(path, seed, *, point=None, occurrence=0, after_s=None):
    """Return the number of steps that were reported before the process was killed."""
    arguments = [sys.executable, "-m", "soak.scripted_session", str(path), str(seed)]
    if point:
        arguments += [point, str(occurrence)]
    search = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, search))}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) as process:
        first = process.stdout.readline()
        if after_s is not None:
            time.sleep(after_s)
            process.send_signal(signal.SIGKILL)
        lines = (first + process.stdout.read()).decode().split("\n")
    assert lines[0] == "begun"
    assert process.returncode in ({-signal.SIGKILL} if after_s is None else {-signal.SIGKILL, 0})
    return max((int(line.removeprefix("done ")) for line in lines if line.startswith("done ")), default=0)


def check_nothing_is_lost(path, seed, n_reported):
    """Open again what was left, and go on with it."""
    digests, saves = expected_states(make_kwik(path.parent, "twin.kwik"), seed)
    with h5py.File(path) as file:
        in_file = file["/channel_groups/0/spikes/clusters/main"][:].tolist()
    # A save that runs beside has ended when the next one begins.
    last_but_one = sorted(step for step in saves if step <= n_reported)[-2:][0]
    assert in_file in [clusters for step, clusters in saves.items() if last_but_one <= step <= n_reported + 1]
    with open_session(path) as session:
        assert not session.store.read_only
        assert session.store.set_aside is None
        assert digest(session.manager) in digests[n_reported : n_reported + 2]
        recovered = [message for message in session.messages if "recovered" in message]
        assert bool(recovered) == bool(session.n_unsaved)
        assert session.is_dirty == bool(session.n_unsaved)
        if not session.is_dirty:
            assert session.manager.spike_clusters.tolist() == in_file
        assert not [file.name for file in path.parent.iterdir() if "saving" in file.name]
        session.label([int(session.manager.cluster_ids[0])], "after", "the crash")
        session.save()
        last = state(session.manager)
    with open_session(path) as session:
        assert state(session.manager) == last
        assert not session.is_dirty
        while session.undo():
            pass
        assert session.manager.spike_clusters.tolist() == saves[0]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(tmp_path, point):
    path = make_kwik(tmp_path)
    n_reported = run_until_killed(path, seed=1, point=point, occurrence=1)
    assert n_reported < N_STEPS
    check_nothing_is_lost(path, 1, n_reported)


@pytest.mark.parametrize("number", range(2))
def test_killed_at_any_moment(tmp_path, number):
    kill_at_random(tmp_path, number)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(RANDOM_KILLS))
def test_killed_at_any_moment_again_and_again(tmp_path, number):
    kill_at_random(tmp_path, 1000 + number)


@pytest.mark.soak
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("number", range(8))
def test_killed_at_a_point_again_and_again(tmp_path, point, number):
    path, seed = make_kwik(tmp_path), 2000 + number
    occurrence = random.Random(seed).randrange(5)
    check_nothing_is_lost(path, seed, run_until_killed(path, seed, point=point, occurrence=occurrence))


def kill_at_random(folder, seed):
    path = make_kwik(folder)
    after_s = random.Random(seed).uniform(0, 0.6)
    check_nothing_is_lost(path, seed, run_until_killed(path, seed, after_s=after_s))
