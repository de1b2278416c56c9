"""Change one place of the code at a time, chosen at random, and see whether the tests of its own folder notice.

usage: python tools/mutants.py [--number 100] [--seed 1] [FOLDER …]

Works on a copy, so that nobody is disturbed. Kernels (`_*.py`, compiled by numba) and annotations are left as they are.
"""

import argparse
import ast
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("src", "napari_phy")
FOLDERS = ("core", "table", "stats", "storage")
NEEDED = ("src", "tests", "tools", "pyproject.toml", "napari.yaml", "README.md", "CHANGELOG.md")
LEFT_OUT = ("core/RemoveDecorator",)  # without @dataclass or @property nothing runs: that teaches nothing
PYTEST = (
    "-m pytest -x -q -p no:cacheprovider -p no:faulthandler"
    " -p no:napari -p no:npe2"  # these tests open no viewer, and the plugins import it for each run
    " --hypothesis-profile=mutants"  # the smallest example is of no interest
    " --keep-duplicates"  # else a module's own tests are run where they are in their folder, not first
)

DIED, LIVES, UNMADE = "died  ", "LIVES ", "unmade"  # where cosmic-ray fails to make what it chose
OUTCOMES = {TestOutcome.KILLED: DIED, TestOutcome.SURVIVED: LIVES}

Place = tuple[Path, tuple[int, int]]  # file, (line, column)


def main() -> None:
    """Make the mutants, test them, and say how many died."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", default=FOLDERS, metavar="FOLDER", help="of src/napari_phy and of tests")
    parser.add_argument("--number", type=int, default=100, help="of mutants")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="does the same again")
    options = parser.parse_args()
    print(f"{options.number} mutants of {', '.join(options.folders)}; seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="napari-phy-mutants-") as folder:
        os.chdir(_copy(Path(folder)))
        os.environ |= {"CI": "true", "PYTHONPATH": str(Path("src").resolve())}
        limits = {name: _time_tests(name) for name in options.folders}
        counts = _run(_choose(options.folders, options.number, random.Random(options.seed)), limits)
    print(f"{counts[DIED]} of {counts[DIED] + counts[LIVES]} mutants died")


def _copy(folder: Path) -> Path:
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.pyc", ".venv"))
        else:
            shutil.copy(source, folder)
    return folder


def _command(name: str, module: Path | None = None) -> str:
    """Return how the tests of a folder are run, those of a module first: most mutants die there, in seconds."""
    paths = [f"tests/{name}"]
    if module is not None:
        own = Path("tests") / module.relative_to(PACKAGE).with_name(f"test_{module.name}")
        paths[:0] = [str(own)] if own.exists() else []
    return f"{sys.executable} {PYTEST} {' '.join(paths)}"


def _time_tests(name: str) -> float:
    """Return the time limit of a folder's tests, which pass before anything is changed."""
    start = time.monotonic()
    subprocess.run(_command(name).split(), check=True, stdout=subprocess.DEVNULL)
    return 30 + 5 * (time.monotonic() - start)


def _choose(names: list[str], number: int, chance: random.Random) -> list[tuple[str, MutationSpec]]:
    """Return so many mutants with the folders they are in: places at random, and at each place one change at random."""
    places: dict[Place, list[MutationSpec]] = defaultdict(list)
    for name in names:
        for path in sorted((PACKAGE / name).rglob("*.py")):
            if not path.name.startswith("_"):
                for mutation in _mutations(path):
                    places[path, mutation.start_pos].append(mutation)
    chosen = [chance.choice(places[place]) for place in chance.sample(sorted(places), number)]
    return [(mutation.module_path.parts[len(PACKAGE.parts)], mutation) for mutation in chosen]


def _mutations(path: Path) -> Iterator[MutationSpec]:
    tree, spared = get_ast_from_path(path), _annotated(path)
    for operator_name in plugins.operator_names():
        operator_class = plugins.get_operator(operator_name)
        if operator_name in LEFT_OUT or operator_class.arguments():
            continue
        operator = operator_class()
        positions = (position for node in ast_nodes(tree) for position in operator.mutation_positions(node))
        for occurrence, (start, stop) in enumerate(positions):
            if not any(first <= start <= last for first, last in spared):
                yield MutationSpec(path, operator_name, occurrence, start, stop)


def _annotated(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where annotations begin and end: a change there is one of words."""
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            found.append(node.returns)
    return [((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset)) for n in found if n is not None]


def _run(mutants: list[tuple[str, MutationSpec]], limits: dict[str, float]) -> Counter[str]:
    """Test each mutant, tell of those that live, and return how many died, live, and could not be made."""
    counts: Counter[str] = Counter()
    for number, (name, mutation) in enumerate(mutants, 1):
        result = mutate_and_test([mutation], _command(name, mutation.module_path), limits[name])
        outcome = OUTCOMES.get(result.test_outcome, UNMADE)
        counts[outcome] += 1
        place = f"{mutation.module_path.relative_to(PACKAGE)}:{mutation.start_pos[0]}"
        too_slow = " (too slow)" if result.output == "timeout" else ""
        print(f"{number:3} {outcome} {place} {mutation.operator_name}{too_slow}", flush=True)
        if outcome == LIVES:
            print("\n".join(line for line in result.diff.splitlines() if line[:1] in "+-" and line[1:2] not in "+-"))
    return counts


if __name__ == "__main__":
    main()
