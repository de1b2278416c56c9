"""Docstrings are what numpydoc reads: known sections, a name and a type that are there, and what it means below."""

import ast
import re
import textwrap
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import napari_phy

SOURCE = Path(napari_phy.__file__).parent
PACKAGES = sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists())
ORDER = ("Parameters", "Attributes", "Returns", "Yields", "Raises", "See Also", "Notes", "References", "Examples")
LOWER_CASE = re.compile(r"napari\b|[b-z]\b|\w*_")  # words that stay so at the beginning of a sentence


@cache
def documented():
    """Return {place in the package: class or function} of all of them."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found[f"{place}:{node.lineno} {node.name}"] = node
    return found


@cache
def classes():
    """Return {name: class} of the package."""
    return {node.name: node for node in documented().values() if isinstance(node, ast.ClassDef)}


def sections(docstring):
    """Return {heading: its lines} of the sections of a docstring; "" is what stands above them."""
    lines = docstring.split("\n")
    heads = [place for place, (_, rule) in enumerate(pairwise(lines)) if re.fullmatch("-{3,}", rule)]
    found = {"": lines[: heads[0]] if heads else lines}
    for head, end in pairwise([*heads, len(lines)]):
        found[lines[head]] = lines[head + 2 : end]
    return found


def entries(lines):
    """Return (head, description) of each entry of a section."""
    found = []
    for line in filter(str.strip, lines):
        if line.startswith(" ") and found:
            found[-1][1].append(line.strip())
        else:
            found.append((line, []))
    return [(head, " ".join(words)) for head, words in found]


def arguments(node):
    """Return the names of what a function, or the making of a class, takes."""
    if isinstance(node, ast.FunctionDef):
        args = node.args
        stars = [arg for arg in (args.vararg, args.kwarg) if arg is not None]
        return {arg.arg for arg in args.posonlyargs + args.args + args.kwonlyargs + stars}
    made = next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)
    return arguments(made) if made is not None else members(node)


def bases(node):
    """Return the bases of a class that are of the package."""
    names = [ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases]
    return [classes()[name] for name in names if name in classes() and name != node.name]


@cache
def members(node):
    """Return the names of what a class and its bases in the package have."""
    names = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
    if isinstance(node, ast.FunctionDef):
        return names
    for item in ast.walk(node):
        if isinstance(item, ast.Assign | ast.AnnAssign):
            for target in item.targets if isinstance(item, ast.Assign) else [item.target]:
                names |= {part.attr for part in ast.walk(target) if isinstance(part, ast.Attribute)}
                names |= {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
    return names.union(*map(members, bases(node)))


def problems(docstring, node=None):
    """Return what is wrong with a docstring, which may be that of a function or class."""
    found, parts = [], sections(docstring)
    heads = [head for head in parts if head]
    found += [f"{head} is no section" for head in heads if head not in ORDER]
    if heads != sorted(heads, key=lambda head: ORDER.index(head) if head in ORDER else 99):
        found.append(f"sections in another order: {heads}")
    if re.search(r"\bRaises\b", " ".join(parts[""])):
        found.append("an error in prose: use a section Raises")
    for head in ("Parameters", "Attributes"):
        there = None if node is None else arguments(node) if head == "Parameters" else members(node)
        for entry, description in entries(parts.get(head, [])):
            match = re.fullmatch(r"(\*{0,2}\w+(?:, \*{0,2}\w+)*) : (.*[^.])", entry)
            if match is None:
                found.append(f"no name and type: {entry}")
            elif there is not None:
                names = {name.strip("*") for name in match[1].split(", ")}
                found += [f"{name} is not there" for name in sorted(names - there)]
            found += wrong_sentence(entry, description)
    for head in ("Returns", "Yields"):
        for entry, description in entries(parts.get(head, [])):
            if entry.endswith(".") or entry.startswith("("):
                found.append(f"no type: {entry}")
            found += wrong_sentence(entry, description)
    for entry, description in entries(parts.get("Raises", [])):
        if not re.fullmatch(r"(\w+\.)?[A-Z]\w+(, (\w+\.)?[A-Z]\w+)*", entry):
            found.append(f"no error: {entry}")
        found += wrong_sentence(entry, description)
    return found


def wrong_sentence(entry, description):
    if not description:
        return [f"no description: {entry}"]
    if re.match("[a-z]", description) and not re.match(LOWER_CASE, description):
        return [f"no capital: {entry}: {description}"]
    return [] if description[-1] in ".…?!" else [f"no full stop: {entry}: {description}"]


@pytest.mark.parametrize("package", [*PACKAGES, ""])
def test_docstrings_are_what_numpydoc_reads(package):
    found = [
        f"{place}: {problem}"
        for place, node in documented().items()
        if place.startswith(f"{package}/") or (not package and "/" not in place)
        for problem in problems(ast.get_docstring(node) or "", node)
    ]
    assert not found, "\n".join(found)


def is_explained(node, name):
    """Tell whether a class, or a base of it in the package, says what a method is for."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == name and ast.get_docstring(item):
            return True
    listed = entries(sections(ast.get_docstring(node) or "").get("Attributes", []))
    if any(name in re.split(r"\W+", entry.split(" : ")[0]) for entry, _ in listed):
        return True
    return any(is_explained(base, name) for base in bases(node))


def test_public_methods_are_explained_where_they_are_or_in_a_base():
    of_qt = re.compile(r"[a-z]+[A-Z]|data$|paint$")
    for place, node in documented().items():
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            names = {item.name for item in node.body if isinstance(item, ast.FunctionDef) and item.name[0] != "_"}
            found = [name for name in sorted(names) if not of_qt.match(name) and not is_explained(node, name)]
            assert found == [], place


@pytest.mark.parametrize(
    ("docstring", "problem"),
    [
        ("Do it.\n\nParameters\n----------\npath : the file.\nmode : str\n    How.\n", "no name and type"),
        ("Do it.\n\nParameters\n----------\npath : str\n", "no description"),
        ("Do it.\n\nParameters\n----------\npath : str\n    the file.\n", "no capital"),
        ("Do it.\n\nParameters\n----------\npath : str\n    The file\n", "no full stop"),
        ("Do it.\n\nReturns\n-------\nThe file.\n", "no type"),
        ("Do it.\n\nRaises\n------\nif there is no file\n    None.\n", "no error"),
        ("Do it.\n\nSignals\n-------\ndone : Signal\n    It is done.\n", "no section"),
        ("Do it.\n\nRaises ValueError where it cannot.\n", "in prose"),
        ("Do it.\n\nRaises\n------\nValueError\n    No.\n\nReturns\n-------\nint\n    Yes.\n", "another order"),
    ],
)
def test_what_numpydoc_would_not_read_is_seen(docstring, problem):
    assert any(problem in found for found in problems(docstring))


def test_names_that_are_not_there_are_seen():
    tree = ast.parse(
        textwrap.dedent('''
        class Box:
            """Hold it.

            Parameters
            ----------
            width : int
                How wide.
            depth : int
                How deep.

            Attributes
            ----------
            area : int
                How large.
            color : str
                How it looks.
            """

            def __init__(self, width):
                self.area = width
        ''')
    )
    assert problems(ast.get_docstring(tree.body[0]), tree.body[0]) == ["depth is not there", "color is not there"]
