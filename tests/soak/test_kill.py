"""Killed at any moment, the program loses no edit that it had reported, and the file is whole."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from core.edits import do
from soak.scripted_session import MANY_SPIKES, N_STEPS, digest, fingerprint, script
from soak.small_kwik import make_kwik

from napari_phy import ClusterManager, open_session
from napari_phy.files.crash_points import COMMIT_POINTS, REWRITE_POINTS, SAVE_POINTS
from napari_phy.formats.kwik.model import KwikModel

POINTS = (*COMMIT_POINTS, *SAVE_POINTS)
FILE_POINTS = (*SAVE_POINTS, *REWRITE_POINTS)
N_KILLS, N_AT_EACH_POINT = 800, 20
RANDOM_KILLS = N_KILLS - N_AT_EACH_POINT * len(POINTS)
N_SPIKES, N_AT_EACH_FILE_POINT = 1_000_000, 13  # 208 kills inside saves and changes of clusterings
FIRST_SEED = int(os.environ.get("NAPARI_PHY_SOAK_SEED", "0"))


def expected_states(path, seed):
    """Return for each number of steps done the digest, the copies in the file, and {steps done: what each save saves}.

    A copy is {name of a clustering: fingerprint of its clusters}.
    """
    with closing(KwikModel(path)) as model:
        manager = ClusterManager(model.spike_clusters, model.cluster_groups, model.cluster_colors, model.cluster_labels)
    saves, copies = {0: fingerprint(model.spike_clusters)}, [{}]
    digests = [digest(manager)]
    for number, (kind, step_seed) in enumerate(script(seed, model.n_spikes), start=1):
        there = dict(copies[-1])
        if kind.startswith("save"):
            saves[number] = fingerprint(manager.spike_clusters)
        elif kind == "copy":
            there[f"copy {step_seed}"] = fingerprint(manager.spike_clusters)
        elif kind == "rename":
            there[f"renamed {step_seed}"] = there.pop(f"copy {step_seed}")
        elif kind == "delete":
            del there[f"renamed {step_seed}"]
        else:
            do(manager, kind, step_seed)
        digests.append(digest(manager))
        copies.append(there)
    return digests, copies, saves


def run_until_killed(path, seed, *, point=None, occurrence=0, delay_ms=0, after_s=None):
    """Return the number of steps that were reported before the process was killed."""
    arguments = [sys.executable, "-m", "soak.scripted_session", str(path), str(seed)]
    if point:
        arguments += [point, str(occurrence), str(delay_ms)]
    search = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, search))}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) as process:
        first = process.stdout.readline()
        if after_s is not None:
            time.sleep(after_s)
            process.send_signal(signal.SIGKILL)
        lines = (first + process.stdout.read()).decode().split("\n")
    assert lines[0] == "begun"
    may_end = after_s is not None or delay_ms
    assert process.returncode in ({-signal.SIGKILL, 0} if may_end else {-signal.SIGKILL})
    return max((int(line.removeprefix("done ")) for line in lines if line.startswith("done ")), default=0)


def check_nothing_is_lost(path, seed, n_reported):
    """Open again what was left, and go on with it."""
    digests, copies, saves = expected_states(path.with_name("twin.kwik"), seed)
    with h5py.File(path) as file:
        found = {name: fingerprint(node[:]) for name, node in file["/channel_groups/0/spikes/clusters"].items()}
    in_file = found.pop("main")
    found.pop("original", None)
    assert found in copies[n_reported : n_reported + 2]
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
            assert fingerprint(session.manager.spike_clusters) == in_file
        assert not [file.name for file in path.parent.iterdir() if "saving" in file.name]
        session.label([int(session.manager.cluster_ids[0])], "after", "the crash")
        session.save()
        last = digest(session.manager)
    with open_session(path) as session:
        assert digest(session.manager) == last
        assert not session.is_dirty
        while session.undo():
            pass
        assert fingerprint(session.manager.spike_clusters) == saves[0]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(tmp_path, point):
    path = make_twins(tmp_path)
    n_reported = run_until_killed(path, seed=1, point=point, occurrence=1)
    assert n_reported < N_STEPS
    check_nothing_is_lost(path, 1, n_reported)


@pytest.mark.parametrize("number", range(2))
def test_killed_at_any_moment(tmp_path, number):
    kill_at_random(tmp_path, number)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(RANDOM_KILLS))
def test_killed_at_any_moment_again_and_again(tmp_path, number):
    kill_at_random(tmp_path, FIRST_SEED + 1000 + number)


@pytest.mark.soak
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("number", range(N_AT_EACH_POINT))
def test_killed_at_a_point_again_and_again(tmp_path, point, number):
    path, seed = make_twins(tmp_path), FIRST_SEED + 2000 + number
    occurrence = random.Random(seed).randrange(5)
    check_nothing_is_lost(path, seed, run_until_killed(path, seed, point=point, occurrence=occurrence))


@pytest.fixture(scope="module")
def many_spikes(tmp_path_factory):
    """Return a data set of a million spikes in 40 clusters."""
    folder = tmp_path_factory.mktemp("many")
    return make_kwik(folder, spike_clusters=np.random.default_rng(5).integers(0, 40, N_SPIKES))


@pytest.mark.soak
@pytest.mark.parametrize("point", FILE_POINTS)
@pytest.mark.parametrize("number", range(N_AT_EACH_FILE_POINT))
def test_killed_while_a_large_file_is_written(many_spikes, tmp_path, point, number):
    """Half of them die at the point, the others somewhere in the 50 ms after it."""
    path, seed = tmp_path / "small.kwik", FIRST_SEED + 3000 + number
    assert N_SPIKES >= MANY_SPIKES
    for name in ("small", "twin"):
        shutil.copyfile(many_spikes, tmp_path / f"{name}.kwik")
        os.link(many_spikes.with_suffix(".kwx"), tmp_path / f"{name}.kwx")
    chance = random.Random(f"{seed} {point}")
    occurrence, delay_ms = chance.randrange(3), chance.choice([0, chance.uniform(1, 50)])
    n_reported = run_until_killed(path, seed, point=point, occurrence=occurrence, delay_ms=delay_ms)
    check_nothing_is_lost(path, seed, n_reported)
    shutil.rmtree(tmp_path)


def make_twins(folder):
    """Write a data set to be edited, and one like it that stays."""
    make_kwik(folder, "twin.kwik")
    return make_kwik(folder)


def kill_at_random(folder, seed):
    path = make_twins(folder)
    after_s = random.Random(seed).uniform(0, 0.6)
    check_nothing_is_lost(path, seed, run_until_killed(path, seed, after_s=after_s))
