"""Change one place of the code at a time, chosen at random, and see whether the tests of its own folder notice.

usage: python tools/mutants.py [--number 100] [--seed 1] [FOLDER …]

The tests of each folder are run once, to see which of them call which function. A mutant is tested by those that call
its function, the quickest first; a change outside functions by all. So that nothing is imported again, each run is a
fork of this process, in which the changed code takes the place of that of the file: files stay as they are, and code
that a test runs in another process is not changed. Left out are kernels (`_*.py`, compiled by numba), annotations, and
what changes no result: `strict` and `copy` of NumPy and Python, and how much is done at a time.
"""

import argparse
import ast
import difflib
import importlib
import multiprocessing
import os
import random
import re
import secrets
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_item import MutationSpec

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "napari_phy"
FOLDERS = ("core", "table", "stats", "storage", "timeline")
SPARED_KEYWORDS = ("strict", "copy")
SPARED_CONSTANTS = re.compile(r"(\w*_)?(BLOCK|TILE|AT_ONCE|NUMBA|CHUNK_VALUES|(BLOCK|CHUNK|STEP|CACHED)_BYTES)")
LEFT_OUT = ("core/RemoveDecorator",)  # without @dataclass or @property nothing runs: that teaches nothing
IMPORTED = ("h5py", "hypothesis.extra.numpy", "numba", "numpy", "psygnal", "scipy.ndimage", "scipy.signal", "sqlite3")
PYTEST = (
    *("-x", "-q", "--no-xvfb"),
    *("-p", "no:cacheprovider", "-p", "no:faulthandler"),
    *("-p", "no:napari", "-p", "no:npe2"),  # these tests open no viewer, and the plugins import it for each run
    "--hypothesis-profile=mutants",  # the smallest example is of no interest
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # hypothesis is imported already
)

DIED, LIVES, UNMADE = "died  ", "LIVES ", "unmade"  # where cosmic-ray fails to make what it chose
PATIENCE_S = 60.0

Function = tuple[str, int]  # file, first line
Place = tuple[Path, tuple[int, int]]  # file, (line, column)
FORK = multiprocessing.get_context("fork")


def main() -> None:
    """Make the mutants, test them, and say how many died."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", default=FOLDERS, metavar="FOLDER", help="of src/napari_phy and of tests")
    parser.add_argument("--number", type=int, default=100, help="of mutants")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="does the same again")
    options = parser.parse_args()
    print(f"{options.number} mutants of {', '.join(options.folders)}; seed {options.seed}", flush=True)
    os.chdir(ROOT)
    os.environ |= {"CI": "true", "QT_API": "pyqt6"}
    os.nice(5)
    for name in IMPORTED:
        importlib.import_module(name)
    tests = {name: _find_calls(name) for name in options.folders}
    chosen = _choose(options.folders, options.number, random.Random(options.seed))
    counts = _test_all([_made(mutation, tests[_folder_of(mutation)]) for mutation in chosen])
    print(f"{counts[DIED]} of {counts[DIED] + counts[LIVES]} mutants died")


# --- which tests call which functions


@dataclass
class Calls:
    """Notes what each test calls, while pytest runs them."""

    seconds: dict[str, float] = field(default_factory=dict)
    failed: str = ""
    tests: dict[Function, set[str]] = field(default_factory=lambda: defaultdict(set))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note what a test calls, its fixtures included."""
        called: set[CodeType] = set()

        def trace(frame: FrameType, _event: str, _value: Any) -> None:
            called.add(frame.f_code)

        start = time.monotonic()
        threading.settrace(trace)
        sys.settrace(trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            self.seconds[item.nodeid] = time.monotonic() - start
            for code in called:
                self.tests[code.co_filename, code.co_firstlineno].add(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which test fails, and how."""
        if report.failed:
            self.failed = f"{report.nodeid}\n{report.longreprtext}"


def _find_calls(name: str) -> Calls:
    """Run the tests of a folder, which pass before anything is changed, and return what they call."""
    receiver, sender = FORK.Pipe(duplex=False)
    process = _forked(_record, name, sender)
    sender.close()
    try:
        seconds, failed, tests = receiver.recv()
    except EOFError:
        sys.exit(f"The tests of {name} cannot be run.")
    process.join()
    if failed:
        sys.exit(f"The tests of {name} do not pass: {failed}")
    return Calls(seconds, failed, tests)


def _record(name: str, sender: Connection) -> int:
    calls = Calls()
    status = pytest.main([*PYTEST, f"tests/{name}"], plugins=[calls])
    own = {function: tests for function, tests in calls.tests.items() if function[0].startswith(str(PACKAGE))}
    sender.send((calls.seconds, calls.failed, own))
    return int(status)


# --- mutants


@dataclass(frozen=True)
class Mutant:
    """A change of one module, and the tests that may notice it: {test: seconds}."""

    mutation: MutationSpec
    code: str
    tests: dict[str, float]

    @property
    def place(self) -> str:
        """Where it is, and what was changed."""
        path, line = self.mutation.module_path.relative_to(PACKAGE), self.mutation.start_pos[0]
        return f"{path}:{line} {self.mutation.operator_name}"

    @property
    def changes(self) -> str:
        """The lines that differ."""
        before = self.mutation.module_path.read_text(encoding="utf-8").splitlines()
        lines = difflib.unified_diff(before, self.code.splitlines(), lineterm="", n=0)
        return "\n".join(line for line in lines if line[:1] in "+-" and line[1:2] not in "+-")


def _choose(names: Sequence[str], number: int, chance: random.Random) -> list[MutationSpec]:
    """Return so many mutations: places at random, and at each place one change at random."""
    places: dict[Place, list[MutationSpec]] = defaultdict(list)
    for name in names:
        for path in sorted((PACKAGE / name).rglob("*.py")):
            if not path.name.startswith("_"):
                for mutation in _mutations(path):
                    places[path, mutation.start_pos].append(mutation)
    return [chance.choice(places[place]) for place in chance.sample(sorted(places), number)]


def _mutations(path: Path) -> Iterator[MutationSpec]:
    tree, spared = get_ast_from_path(path), _spared(path)
    for operator_name in plugins.operator_names():
        operator_class = plugins.get_operator(operator_name)
        if operator_name in LEFT_OUT or operator_class.arguments():
            continue
        operator = operator_class()
        positions = (position for node in ast_nodes(tree) for position in operator.mutation_positions(node))
        for occurrence, (start, stop) in enumerate(positions):
            if not any(first <= start <= last for first, last in spared):
                yield MutationSpec(path, operator_name, occurrence, start, stop)


def _spared(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where annotations begin and end, and what changes no result."""
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            found.append(node.returns)
        elif (isinstance(node, ast.keyword) and node.arg in SPARED_KEYWORDS) or (
            isinstance(node, ast.Assign) and SPARED_CONSTANTS.fullmatch(ast.unparse(node.targets[0]))
        ):
            found.append(node.value)
    return [((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset)) for n in found if n is not None]


def _folder_of(mutation: MutationSpec) -> str:
    return str(mutation.module_path.relative_to(PACKAGE).parts[0])


def _made(mutation: MutationSpec, calls: Calls) -> Mutant:
    """Return the mutant with its tests; its code is "" where it cannot be made."""
    source = mutation.module_path.read_text(encoding="utf-8")
    code = mutate_code(source, plugins.get_operator(mutation.operator_name)(), mutation.occurrence) or ""
    try:
        ast.parse(code)
    except SyntaxError:
        code = ""
    function = _function_at(source, mutation.start_pos)
    tests = calls.seconds if function is None else calls.tests.get((str(mutation.module_path), function), set())
    return Mutant(mutation, code, {test: calls.seconds[test] for test in tests})


def _function_at(source: str, position: tuple[int, int]) -> int | None:
    """Return the first line of the function whose body is at a position; None where that is run at import.

    A function whose results are cached is called by the first test alone: its mutants are tested by all, too.
    """
    found: ast.FunctionDef | None = None
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body, stop = node.body[0], (node.end_lineno or 0, node.end_col_offset or 0)
            if (body.lineno, body.col_offset) <= position < stop and (found is None or node.lineno > found.lineno):
                found = node
    if found is None or any("cache" in ast.unparse(decorator) for decorator in found.decorator_list):
        return None
    return min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])


# --- testing them


def _test_all(mutants: Sequence[Mutant]) -> Counter[str]:
    """Test each mutant, tell of those that live, and return how many died, live, and could not be made."""
    counts: Counter[str] = Counter()
    waiting = [*enumerate(mutants, 1)][::-1]
    running: dict[int, tuple[int, Mutant, BaseProcess, float]] = {}
    while waiting or running:
        while waiting and len(running) < _n_at_once():
            number, mutant = waiting.pop()
            if mutant.code and mutant.tests:
                process = _forked(_test, mutant)
                limit = time.monotonic() + PATIENCE_S + 10 * sum(mutant.tests.values())
                running[process.sentinel] = number, mutant, process, limit
            else:
                _tell(number, mutant, LIVES if mutant.code else UNMADE, counts)
        for sentinel in [*wait([*running], timeout=1)]:
            number, mutant, process, _ = running.pop(sentinel)  # type: ignore[call-overload]
            process.join()
            _tell(number, mutant, DIED if process.exitcode else LIVES, counts)
        for _, _, process, limit in running.values():
            if time.monotonic() > limit:
                os.killpg(process.pid, signal.SIGKILL)  # too slow is noticed, too
    return counts


def _n_at_once() -> int:
    """Return how many to test at once: half of the processors, fewer where others use them."""
    return max(1, min((os.cpu_count() or 1) // 2, round((os.cpu_count() or 1) - os.getloadavg()[0])))


def _tell(number: int, mutant: Mutant, outcome: str, counts: Counter[str]) -> None:
    counts[outcome] += 1
    print(f"{number:3} {outcome} {mutant.place}{'' if mutant.tests else ' (no test calls it)'}", flush=True)
    if outcome == LIVES:
        print(mutant.changes, flush=True)


def _test(mutant: Mutant) -> int:
    """Run the tests of a mutant, with its code in the place of that of its module."""
    path, read = str(mutant.mutation.module_path), SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        is_changed = os.path.realpath(loader.path) == path
        return compile(mutant.code, path, "exec", dont_inherit=True) if is_changed else read(loader, name)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
    files = sorted({test.partition("::")[0] for test in mutant.tests})
    return int(pytest.main([*PYTEST, *files], plugins=[Chosen(mutant.tests)]))


@dataclass(frozen=True)
class Chosen:
    """Has pytest run only some tests, the quickest first."""

    seconds: dict[str, float]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the other tests out."""
        items[:] = sorted(_only(items, self.seconds), key=lambda item: self.seconds[item.nodeid])


def _only(items: Iterable[pytest.Item], tests: Iterable[str]) -> list[pytest.Item]:
    wanted = set(tests)
    return [item for item in items if item.nodeid in wanted]


def _forked(work: Callable[..., int], *values: Any) -> BaseProcess:
    """Start a fork that ends with the status that some work returns; what it prints is lost."""

    def run() -> None:
        os.setsid()
        with tempfile.TemporaryFile() as printed:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
            sys.exit(work(*values))

    process = FORK.Process(target=run)
    process.start()
    return process


if __name__ == "__main__":
    main()
