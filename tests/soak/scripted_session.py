"""A session that edits and saves by a script until it is killed.

Run as `python -m soak.scripted_session small.kwik SEED [POINT OCCURRENCE [DELAY_MS]]`: it writes a line when it begins
and after each step and save that it could report to a user; with a point, it kills itself there, or so much later.
Data sets of many spikes have a shorter script, most of which is saves and changes of the clusterings of the file.
"""

import hashlib
import json
import os
import signal
import sys
import threading

import numpy as np
from core.edits import do

N_STEPS, N_LARGE_STEPS, MANY_SPIKES = 60, 24, 100_000
KINDS = ("merge", "split", "assign", "assign_all", "move", "label", "recolor", "discard", "undo", "undo", "redo")


LARGE_KINDS = ("merge", "split", "move", "label", "undo", "redo")


def script(seed, n_spikes=0):
    """Return the steps: (kind, seed) of an edit, or ("save", 0), or ("save beside", 0), which edits while it saves.

    With many spikes also ("copy", n), ("rename", n) and ("delete", n) of the clustering "copy n", or "renamed n".
    """
    rng = np.random.default_rng(seed)
    if n_spikes >= MANY_SPIKES:
        steps = []
        for number in range(N_LARGE_STEPS // 6):
            steps += [(str(rng.choice(LARGE_KINDS)), int(rng.integers(2**32))) for _ in range(2)]
            steps += [("save", 0), ("copy", number), ("rename", number)]
            steps += [("delete", number) if rng.integers(2) else ("save", 0)]
        return [("label", 1), *steps[1:]]
    steps = [(str(rng.choice(KINDS)), int(rng.integers(2**32))) for _ in range(N_STEPS)]
    for place in rng.choice(N_STEPS, N_STEPS // 5, replace=False):
        steps[place] = (str(rng.choice(["save", "save beside"])), 0)
    steps[0] = ("label", 1)
    return steps


def fingerprint(spike_clusters):
    """Return a hash of the clusters of all spikes."""
    return hashlib.blake2b(np.ascontiguousarray(spike_clusters, dtype="<i8").data, digest_size=8).hexdigest()


def state_of_clusters(manager):
    """Return what the clusters are called."""
    return manager.cluster_groups, manager.cluster_colors, manager.cluster_labels, manager.stored_groups


def digest(manager):
    """Return a hash of all that an edit may change, the way back and forth included."""
    seen = (fingerprint(manager.spike_clusters), *state_of_clusters(manager), manager.n_done, len(manager.history))
    seen = (*seen, manager.next_id)
    return hashlib.blake2b(json.dumps(seen, sort_keys=True, default=repr).encode(), digest_size=8).hexdigest()


def take_step(session, kind, seed, savers):
    """Do one step; a save beside is appended to `savers`, and the next save waits for it."""
    if kind in ("save", "save beside"):
        for saver in savers:
            saver.join()
        savers.clear()
    if kind == "save":
        session.save()
    elif kind == "copy":
        session.copy_clustering("main", f"copy {seed}")
    elif kind == "rename":
        session.rename_clustering(f"copy {seed}", f"renamed {seed}")
    elif kind == "delete":
        session.delete_clustering(f"renamed {seed}")
    elif kind == "save beside":
        savers.append(threading.Thread(target=session.store.save, args=(session.snapshot(),)))
        savers[0].start()
    else:
        do(session.manager, kind, seed)


def main(path, seed, point=None, occurrence=0, delay_ms=0):
    """Run the script on a data set."""
    from napari_phy import open_session
    from napari_phy.files import crash_points

    remaining = int(occurrence)

    def count_down(name):
        nonlocal remaining
        if name == point:
            if not remaining:
                threading.Timer(float(delay_ms) / 1000, kill).start() if float(delay_ms) else kill()
            remaining -= 1

    session = open_session(path)
    savers = []
    report("begun")
    crash_points.observe(count_down)
    for number, (kind, step_seed) in enumerate(script(int(seed), session.model.n_spikes), start=1):
        take_step(session, kind, step_seed, savers)
        report(f"done {number}")
    for saver in savers:
        saver.join()
    session.close()
    report("ended")


def kill():
    """End this process as a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def report(line):
    """Tell the user, as it were: what is written here must never be lost."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
