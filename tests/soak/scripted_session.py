"""A session that edits and saves by a script until it is killed.

Run as `python -m soak.scripted_session small.kwik SEED [POINT OCCURRENCE]`: it writes a line when it begins and after
each step and save that it could report to a user; with a point, it kills itself there.
"""

import hashlib
import json
import os
import signal
import sys
import threading

import numpy as np
from core.edits import do, state

N_STEPS = 60
KINDS = ("merge", "split", "assign", "assign_all", "move", "label", "recolor", "discard", "undo", "undo", "redo")


def script(seed):
    """Return the steps: (kind, seed) of an edit, or ("save", 0), or ("save beside", 0), which edits while it saves."""
    rng = np.random.default_rng(seed)
    steps = [(str(rng.choice(KINDS)), int(rng.integers(2**32))) for _ in range(N_STEPS)]
    for place in rng.choice(N_STEPS, N_STEPS // 5, replace=False):
        steps[place] = (str(rng.choice(["save", "save beside"])), 0)
    steps[0] = ("label", 1)
    return steps


def digest(manager):
    """Return a hash of all that an edit may change, the way back and forth included."""
    seen = (state(manager), manager.n_done, len(manager.history), manager.next_id)
    return hashlib.blake2b(json.dumps(seen, sort_keys=True, default=repr).encode(), digest_size=8).hexdigest()


def take_step(session, kind, seed, savers):
    """Do one step; a save beside is appended to `savers`, and the next save waits for it."""
    if kind in ("save", "save beside"):
        for saver in savers:
            saver.join()
        savers.clear()
    if kind == "save":
        session.save()
    elif kind == "save beside":
        savers.append(threading.Thread(target=session.store.save, args=(session.snapshot(),)))
        savers[0].start()
    else:
        do(session.manager, kind, seed)


def main(path, seed, point=None, occurrence=0):
    """Run the script on a data set."""
    from napari_phy import open_session
    from napari_phy.io import crash_points

    remaining = int(occurrence)

    def count_down(name):
        nonlocal remaining
        if name == point:
            if not remaining:
                os.kill(os.getpid(), signal.SIGKILL)
            remaining -= 1

    session = open_session(path)
    savers = []
    report("begun")
    crash_points.observe(count_down)
    for number, (kind, step_seed) in enumerate(script(int(seed)), start=1):
        take_step(session, kind, step_seed, savers)
        report(f"done {number}")
    for saver in savers:
        saver.join()
    session.close()
    report("ended")


def report(line):
    """Tell the user, as it were: what is written here must never be lost."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
