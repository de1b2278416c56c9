"""Whether compiled loops can be called at once, and what is done until then."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from patience import PATIENCE_S

from napari_phy.core import compiled
from napari_phy.core.compiled import ReadyLoop

PROGRAM = """
import sys
from napari_phy.core import compiled
from napari_phy.stats.extremes import bin_extremes
import numpy as np

bin_extremes(np.zeros((9, 2), np.int16), 4)
assert not compiled.is_loaded() and "numba" not in sys.modules
compiled.load()
assert compiled.is_loaded() and "numba" in sys.modules
"""


class Dispatcher:
    """Stands for a loop of numba: it takes its time to compile, and knows what for."""

    def __init__(self):
        self.compiled, self.go_on = [], threading.Event()

    def compile(self, types):
        assert self.go_on.wait(PATIENCE_S)
        if "complex" in str(types):
            raise TypeError("cannot determine the type")
        self.compiled.append(types)


@pytest.fixture
def dispatcher(monkeypatch):
    compiled.load()
    made = Dispatcher()
    monkeypatch.setattr(ReadyLoop, "load", lambda _: made)
    yield made
    made.go_on.set()


def compiled_for(loop, *arguments, **options):
    """Return the loop once it is there."""
    end = time.monotonic() + PATIENCE_S
    while (found := loop.find(*arguments, **options)) is None and time.monotonic() < end:
        time.sleep(0.001)
    return found


def test_small_work_does_not_load_numba():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


def test_nobody_waits_for_a_loop_that_is_being_compiled(dispatcher):
    loop, values = ReadyLoop("a module", "a loop"), np.zeros((4, 3), np.int16)
    assert loop.find(values, 2) is None
    assert loop.find(values, 2) is None
    dispatcher.go_on.set()
    assert compiled_for(loop, values, 2) is dispatcher
    assert compiled_for(loop, np.ones((90, 1), np.int16), 7) is dispatcher
    assert len(dispatcher.compiled) == 1


def test_each_kind_of_arguments_is_compiled_apart(dispatcher):
    loop, values = ReadyLoop("a module", "a loop"), np.zeros((4, 3), np.int16)
    fixed = values.copy()
    fixed.setflags(write=False)
    dispatcher.go_on.set()
    kinds = [(values, 2), (values.astype(np.float32), 2), (values.T, 2), (values[:, ::2], 2), (fixed, 2), (values, 2.0)]
    for kind in kinds:
        assert compiled_for(loop, *kind) is dispatcher
    assert len(dispatcher.compiled) == len(set(dispatcher.compiled)) == len(kinds)


def test_what_cannot_be_compiled_is_left_to_numpy(dispatcher, caplog, monkeypatch):
    ended = []
    monkeypatch.setattr(threading.Thread, "start", lambda thread: ended.append(thread.run()))
    dispatcher.go_on.set()
    loop, values = ReadyLoop("a module", "a loop"), np.zeros(3, np.complex64)
    assert loop.find(values) is None
    assert loop.find(values) is None
    assert len(ended) == 1
    assert "a loop could not be compiled; NumPy does its work." in caplog.messages
