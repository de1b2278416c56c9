"""Public docstrings are what numpydoc reads: a name and a type, and what it means indented below."""

import ast
import re
from pathlib import Path

import pytest

import napari_phy

SOURCE = Path(napari_phy.__file__).parent
FOLDERS = ("cli", "core", "files", "layers", "query", "sample_data", "session", "stats")
PUBLIC = ("formats/hdf5/file.py", "formats/kwik/model.py", "table/metrics.py")
MODULES = sorted(
    [SOURCE / name for name in PUBLIC] + [path for folder in FOLDERS for path in (SOURCE / folder).rglob("*.py")]
)


def without_description(docstring):
    """Return the entries of Parameters and Attributes with nothing indented below."""
    lines = [*docstring.split("\n"), ""]
    found, is_listed, depth = [], False, 0
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        indent = len(line) - len(line.lstrip())
        if re.fullmatch(r"\s*-{3,}", line):
            is_listed, depth = before.strip() in ("Parameters", "Attributes"), indent
        elif not line.strip():
            is_listed = False
        elif is_listed and indent == depth and len(after) - len(after.lstrip()) <= depth:
            found.append(line.strip())
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_each_parameter_has_a_type_and_a_description_below(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            assert without_description(ast.get_docstring(node) or "") == [], node.name


def test_the_old_style_is_seen():
    docstring = "Do it.\n\nParameters\n----------\npath : the file\nmode : str\n    How.\n"
    assert without_description(docstring) == ["path : the file"]
