"""Files of assignments give what Python would, and never run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.parameter_files.literals import MAX_BYTES, parse_assignments, parse_lines, read_assignments

UNDERSTOOD = """
# a comment
\"\"\"What this is.\"\"\"
name = 'rec' + "_1"
files = [name + '.dat', f'{name}_{2}.dat', '%s_%d.dat' % (name, 3)]
traces = dict(raw_data_files=files, sample_rate=20000., n_channels=2 ** 5, gain=-.195, high=0.95 * .5)
channels = list(range(4)); dead = {3}
graph = [(i, i + 1) for i in range(3)] + [(i, i + 2) for i in range(2)]
geometry = {c: (10 * (c % 2), 20 * c) for c in channels}
both = [(a, b) for a in (0, 1) for b in [2, 3]]
a, (b, c) = 1, (2, [3])
x = y = not True
n: int = 7 // 2
n += len(graph)
flat = [*channels, 9]
merged = {**geometry, 7: (0, 0)}
zipped = dict(zip(channels, [1, 2, 3, 4]))
last = graph[-1][0]
some = channels[1:3]
nothing = None
alive = [c for c in channels if c not in dead and c != 1 if c < 9]
pairs = {(a, b) for a in channels for b in channels if a < b <= a + 2 or (a, b) == (0, 3)}
chosen = 'even' if n % 2 == 0 else 'odd'
groups = {}
groups[1] = {'channels': [0, 1]}
groups[1]['graph'] = [(0, 1)]
groups[1]['channels'][0] = 7
named = '{0}_{1:02d}-{x}'.format('raw', n, x=0.5) + '{}{}'.format(1, 'b')
with_format = f'{n:03d} {0.5:.2f}'
data = b'\\x00'
"""


FOLLOWED = """
import numpy as np
from os.path import join, dirname
from pathlib import Path
groups = {}
for i in range(4):
    groups[i] = {'channels': list(range(4 * i, 4 * i + 4)), 'geometry': {}}
    for j, channel in enumerate(groups[i]['channels']):
        if channel == 5:
            continue
        elif channel > 13:
            break
        else:
            groups[i]['geometry'].update({channel: (i * 200, 20 * j)})
channels = []
alias = channels
for i in sorted({3, 1, 2}, reverse=True):
    channels.append(i)
channels += [7]
channels.remove(1)
del groups[3]['channels'][0], i
total = sum(channels) + max(1, 2) + abs(-3)
depths = (np.arange(0, 1, 0.25) * 20 + 1).tolist()
names = 'a.dat b.dat'.split() + ['%s_%02d.dat' % ('n', 3), 'x.prm'.replace('.prm', '.dat')]
paths = [join(dirname('/d/x.prm'), 'a'), str(Path('/d//e/') / 'a.dat'), Path('/d/x.prm').stem]
rate = float(np.float32(2e4))
items = [(key, len(value)) for key, value in groups.items()]
print(items)
"""


def run(text: str) -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec(text, namespace)  # noqa: S102 - the oracle of this test
    return {name: value for name, value in namespace.items() if not name.startswith("__")}


def test_types_and_paths_are_understood_though_imports_are_passed_over() -> None:
    text = "import os\nimport numpy as np\nimport os.path as op\nt = np.int16\nu = np.float32\n"
    text += "f = os.path.join('raw', 'a', '{}.dat'.format(1))\ng = op.join('a', '/b')\n"
    assert parse_assignments(text, "x.prm") == {"t": "int16", "u": "float32", "f": "raw/a/1.dat", "g": "/b"}


def test_what_is_understood_has_the_values_of_python() -> None:
    assert parse_assignments(UNDERSTOOD, "x.prm") == run(UNDERSTOOD)


def test_loops_conditions_and_changes_have_the_values_of_python() -> None:
    expected = {name: value for name, value in run(FOLLOWED).items() if name not in ("np", "join", "dirname", "Path")}
    assert parse_assignments(FOLLOWED, "x.prb") == expected


def test_old_prints_and_a_mark_of_the_byte_order_are_passed_over() -> None:
    assert parse_assignments("\ufeffx = 1\nif x:\n    print 'x', x\nprint x\n", "x.prb") == {"x": 1}


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers() | st.text(max_size=3), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_every_literal_comes_back(value: object) -> None:
    assert parse_assignments(f"name = {value!r}", "x.prm") == {"name": value}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x = open('/tmp/a', 'w')", "open('/tmp/a', 'w') is a call, and files are read, never run"),
        ("x = __import__('os').system('true')", "is a call"),
        ("x = os.path.exists('a')", "is a call"),
        ("os = 3\nx = os.path.join('a', 'b')", "is not a plain value"),
        ("x = os.path.join('a', 3)", "joins what is no text"),
        ("x = np.int17", "np.int17 is not a plain value"),
        ("x = np.load('a')", "is a call"),
        ("x = '{0.__class__}'.format(1)", "has no value"),
        ("x = '{!r}'.format(1)", "formats text"),
        ("x = '{:>99999}'.format(1)", "formats text"),
        ("x = '{1}'.format(1)", "has no value"),
        ("x = (3).format(1)", "has no value"),
        ("x = [1] < 3", "has no value"),
        ("x = {1: 2} == {1: 2}", "compares more than"),
        ("x = {}\nx['a'] += 1", "has no value"),
        ("x = []\nx.append(x)", "makes a value hold itself"),
        ("x = 3\nx.append(1)", "has no value"),
        ("import os\nos.system('true')", "only lines like"),
        ("x = [1]\nx[1] = 2", "cannot be set"),
        ("x = [1]\nx[:] = [2]", "cannot be set"),
        ("x = (1,)\nx[0] = 2", "cannot be set"),
        ("x = ().__class__", "().__class__ is not a plain value"),
        ("x = y", "y is not set in an earlier line"),
        ("import os\nx = os", "os is not set in an earlier line"),
        ("while True: pass", "only lines like `name = value` are read, and nothing is run"),
        ("def f(): pass", "only lines like"),
        ("break", "only lines like"),
        ("x['a'] = 1", "x is not set in an earlier line"),
        ("x.a = 1", "x.a is no name"),
        ("x = lambda: 1", "is not a plain value"),
        ("x = 1 +", "this is not Python"),
        ("x = 1j", "is not a number or a text"),
        ("x = (-1) ** 0.5", "is not a real number"),
        ("x = ...", "is not a number or a text"),
        ("x = 1 << 3", "is not simple arithmetic"),
        ("x = 1 / 0", "has no value"),
        ("x = 'a' + 1", "has no value"),
        ("x = {[]: 1}", "cannot be a key"),
        ("x = [1][3]", "has no value"),
        ("x += 1", "x is not set in an earlier line"),
        ("a, b = 1, 2, 3", "3 values cannot be given to 2 names"),
        ("x = f'{1:>100000000}'", "formats text"),
        ("x = '%1000000000d' % 1", "formats text"),
        ("dict = 3\nx = dict(a=1)", "is a call"),
        ("x = list(*[1])", "has no value"),
    ],
)
def test_anything_else_is_refused_with_its_line(line: str, says: str) -> None:
    text = f"\nfirst = 1\n{line}\n"
    with pytest.raises(KwikFormatError) as caught:
        parse_assignments(text, "x.prm")
    message = str(caught.value)
    number = 3 + line.count("\n")
    assert message.startswith(f"x.prm, line {number}: ")
    assert says in message
    assert message.endswith(".")


BOMBS = {
    "conditions": "x = [i for a in range(1000) for b in range(1000) for c in range(1000) for i in [1] if 0]",
    "formats": "y = 'a' * 1000000\nx = '" + "{0}" * 100000 + "'.format(y)",
    "set items": "x = {}\n" + "\n".join(f"x[{i}] = [0, 0]" for i in range(30_000)),
    "own items": "x = [[0]]\n" + "x[0] = x\n" * 60,
    "comparisons": "y = [0] * 100000\nx = [i for i in range(100000) if y == y]",
    "compared keys": "y = [{i * 2305843009213693951: 0 for i in range(5000)}]\nx = [i for i in range(99) if y == y]",
    "long paths": "y = 'a' * 1000000\nx = [os.path.join(y, y) for i in range(100000)]",
    "loops": "for a in range(10000):\n    for b in range(10000):\n        for c in range(10000):\n            x = a",
    "appends": "x = []\nfor i in range(100000):\n    x.append(x[:])",
    "inserts": "x = [0] * 100000\nfor i in range(100000):\n    x.insert(0, i)",
    "shared changes": "a = []\nb = [a] * 1000\nfor i in range(1000):\n    a.append(i)",
    "replaced": "x = 'a' * 1000000\ny = x.replace('a', x)",
    "split": "x = 'a ' * 1000000\ny = x.split()",
    "zeros": "import numpy as np\nx = np.zeros(10 ** 10)",
    "array power": "import numpy as np\nx = (np.arange(9) + 2 ** 70) ** 10 ** 8",
    "power": "x = 9 ** 9 ** 9 ** 9",
    "powers": "x = 2 ** 200\n" + "x = x ** 200\n" * 3,
    "digits": "x = " + "9" * 10_000,
    "text": "x = 'a' * 10 ** 10",
    "doubled text": "x = 'a' * 1000\n" + "x = x + x\n" * 60,
    "list": "x = [0] * 10 ** 10",
    "doubled list": "x = [0]\n" + "x = x + x\n" * 60,
    "laughs": "x = ['lol']\n" + "x = [x, x, x, x, x, x, x, x, x, x]\n" * 30,
    "unpacked": "x = [0]\n" + "x = [*x, *x]\n" * 60,
    "deep": "x = [0]\n" + "x = [x]\n" * 10_000,
    "range": "x = list(range(10 ** 12))",
    "huge range": "x = list(range(10 ** 70))",
    "rounds": "x = [i for a in range(1000) for b in range(1000) for c in range(1000) for i in [1]]",
    "nothing": "y = [[] for i in range(100000)]\nx = [i for a in y for b in y for i in a]",
    "heavy items": "y = [list(range(100000))]\nx = [i for i in y for j in range(1000)]",
    "copies": "x = [0] * 900000\n" + "y = x + [1]\n" * 20_000,
    "text copies": "x = 'a' * 15000000\n" + "y = x + 'b'\n" * 20_000,
    "colliding keys": "x = {i * 2305843009213693951: 0 for i in range(100000)}",
    "colliding set": "x = set([i * 2305843009213693951 for i in range(100000)])",
    "brackets": "x = " + "[" * 5000 + "]" * 5000,
    "calls": "x = " + "list(" * 5000 + ")" * 5000,
    "signs": "x = " + "-" * 100_000 + "1",
    "lines of signs": "x = (" + "-\n" * 100_000 + "1)",
    "sums": "x = " + "1 + " * 50_000 + "1",
    "powers of powers": "x = " + "1 ** " * 50_000 + "1",
    "attributes": "x = a" + ".b" * 50_000,
    "choices": "x = " + "1 if 1 else " * 20_000 + "1",
    "lambdas": "x = " + "lambda: " * 20_000 + "1",
    "joined": "x = 'a' * 10000000\ny = f'" + "{x}" * 1000 + "'",
    "number of text": "x = int('9' * 100000)",
    "float": "x = 1e308 * 10\ny = int(x)",
    "null": "x = 1\0",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_takes_time_or_memory(name: str) -> None:
    with pytest.raises(KwikFormatError, match=r"x\.prm, line \d+: "):
        parse_assignments(BOMBS[name], "x.prm")


@given(st.text(max_size=60) | st.text("ab=[]{}(),:+-*/.'\"0123 \n#\\", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_assignments(text, "x.prm")
    except KwikFormatError:
        return
    assert all(name.isidentifier() for name in found)


def test_imports_are_passed_over() -> None:
    text = "from __future__ import division\nimport os, numpy as np\nfrom math import pi\nx = 1"
    assert parse_assignments(text, "x.prm") == {"x": 1}


def test_a_windows_path_with_backslashes_is_text() -> None:
    text = "path = 'C:\\data\\spikes.dat'"
    assert parse_assignments(text, "x.prm") == {"path": "C:\\data\\spikes.dat"}


def test_bad_lines_leave_the_others_alone() -> None:
    text = "a = 1\nb = = 2\nc = f()\nd = 4\ne = )\nf = a + d\n"
    assignments, bad = parse_lines(text)
    assert {item.name: (item.value, item.line) for item in assignments} == {"a": (1, 1), "d": (4, 4), "f": (5, 6)}
    assert [item.line for item in bad] == [2, 3, 5]


def test_many_bad_lines_end() -> None:
    assignments, bad = parse_lines("= =\n" * 100_000)
    assert not assignments
    assert 1 <= len(bad) <= 20


def test_files(tmp_path) -> None:
    path = tmp_path / "x.prm"
    with pytest.raises(MissingDataError, match=r"^x\.prm is not there"):
        read_assignments(path)
    with pytest.raises(KwikFormatError, match="is a folder"):
        read_assignments(tmp_path)
    path.write_bytes("\ufeffname = 'é'\r\nother = 2\r\n".encode())
    assert read_assignments(path) == {"name": "é", "other": 2}
    path.write_bytes("name = 'é'".encode("latin-1"))
    assert read_assignments(path) == {"name": "é"}
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(KwikFormatError, match="larger than 256 KiB"):
        read_assignments(path)
    path.write_bytes(b"")
    assert read_assignments(path) == {}


@pytest.mark.real_data
def test_real_files_have_the_values_of_python(data_folder) -> None:
    paths = [path for pattern in ("*.prm", "*.prb", "params.py") for path in data_folder.rglob(pattern)]
    assert len(paths) >= 6
    for path in paths:
        assert read_assignments(path) == run(path.read_text()), path.name
