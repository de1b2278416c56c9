"""What README and the pages of docs/ name is there: files, headings, pictures, keys, commands, settings and modules."""

import ast
import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from napari_phy.actions.action_table import ACTIONS, BY_ID
from napari_phy.actions.commands import COMMANDS, find_command
from napari_phy.cli import main
from napari_phy.formats.parameter_files.literals import parse_lines
from napari_phy.formats.parameter_files.settings import SETTINGS
from napari_phy.query.filter_language import parse_filter
from napari_phy.views.all_settings import ViewsOfSession
from napari_phy.widgets.actions.keys import IN_PANELS, normal
from napari_phy.widgets.window.kinds import KINDS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "napari_phy"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *DOCS]
AT_GITHUB = (
    "https://raw.githubusercontent.com/napari-phy/napari-phy/main/",
    "https://github.com/napari-phy/napari-phy/blob/main/",
    "https://github.com/napari-phy/napari-phy/tree/main/",
)
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# on other machines, or by the reader
MAY_BE_MADE = re.compile(r"recording\.|x\.napari-phy|build/|config\.py$|params\.py$|~|path/to|/name")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def targets(page: Path) -> list[str]:
    text = prose(page)
    inner = [target for outer in re.findall(r"\[(!\[[^\]]*\]\([^)]+\))\]", text) for target in LINK.findall(outer)]
    return [*LINK.findall(text), *inner]


def anchors(page: Path) -> set[str]:
    """Return the fragments of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def file_of(target: str, page: Path) -> Path | None:
    """Return the file of the repository that a link leads to, None for links to elsewhere."""
    target = target.partition("#")[0]
    for start in AT_GITHUB:
        if target.startswith(start):
            return ROOT / target.removeprefix(start)
    if re.match(r"[a-z]+:", target):
        return None
    return page.parent / target if target else page


def fences(language: str) -> list[tuple[str, str]]:
    """Return (page, block) of all blocks in a language."""
    return [
        (name(page), block) for page in PAGES for kind, block in FENCE.findall(page.read_text()) if kind == language
    ]


def rows(page: str) -> list[list[str]]:
    """Return the cells of all tables of a page."""
    lines = [line for line in (ROOT / page).read_text().splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in targets(page):
        file, fragment = file_of(target, page), target.partition("#")[2]
        if file is None:
            continue
        assert file.exists(), f"{name(page)}: {target}"
        assert file.resolve().is_relative_to(ROOT)
        if fragment:
            assert fragment in anchors(file), f"{name(page)}: {target}"


def test_links_and_pictures_of_the_readme_work_on_pypi() -> None:
    assert [target for target in targets(ROOT / "README.md") if not target.startswith("https://")] == []


def test_addresses_of_the_project_lead_somewhere() -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    files = [file for url in urls.values() if (file := file_of(url, ROOT / "README.md"))]
    assert len(files) == 2
    assert all(file.exists() for file in files)


@pytest.mark.parametrize("index", ["README.md", "docs/README.md"])
def test_every_page_is_in_both_indexes(index: str) -> None:
    listed = {file.resolve() for target in targets(ROOT / index) if (file := file_of(target, ROOT / index))}
    assert {page for page in DOCS if page.name != "README.md"} <= listed


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_and_folder_that_a_page_names_is_there(page: Path) -> None:
    named = [word for word in quoted(prose(page)) if re.fullmatch(r"[\w.\-/]+/[\w.\-/]*", word)]
    for word in named:
        if not MAY_BE_MADE.search(word):
            places = [page.parent / word, ROOT / word, PACKAGE / word]
            assert any(place.exists() for place in places), f"{name(page)}: {word}"


@pytest.mark.parametrize("page", DOCS, ids=name)
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    for word in quoted(prose(page)):
        if re.fullmatch(r"\w+\.py", word) and not MAY_BE_MADE.search(word):
            assert list(PACKAGE.rglob(word)), f"{name(page)}: {word}"


@pytest.mark.parametrize(("page", "block"), fences("python"))
def test_python_of_the_pages_can_be_read_and_imports_what_there_is(page: str, block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("napari_phy"):
            module = importlib.import_module(str(node.module))
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == [], page
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "napari_phy":
            assert hasattr(importlib.import_module("napari_phy"), node.attr), page


def shell_lines() -> Iterator[tuple[str, list[str]]]:
    for page, block in fences("sh"):
        for line in block.splitlines():
            yield page, shlex.split(line, comments=True)


def test_commands_of_the_shell_exist(capsys: pytest.CaptureFixture[str]) -> None:
    makefile = (ROOT / "Makefile").read_text()
    checked = set()
    for page, words in shell_lines():
        words = [word for word in words if not re.fullmatch(r"[A-Z_]+=.*", word)]
        if words[:1] == ["make"]:
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), f"{page}: {words}"
            checked.add("make")
        elif words[:1] == ["napari-phy"]:
            with pytest.raises(SystemExit) as stopped:
                main([words[1], "--help"])
            assert stopped.value.code == 0, f"{page}: {words}"
            checked.add(words[1])
    assert checked == {
        "make",
        "open",
        "demo",
        "describe",
        "check",
        "convert",
        "compare",
        "detect",
        "sort",
        "cluster",
        "propose",
        "serve",
        "config",
    }
    capsys.readouterr()


def test_the_keys_are_those_of_the_actions() -> None:
    ours = {normal(key) for action in ACTIONS for key in action.keys} | {normal(key) for key in IN_PANELS}
    page = [row for row in rows("docs/curating.md") if row[0] != "key" and quoted(row[0])]
    table = page[: next(i for i, row in enumerate(page) if row[0] == "`id`")]
    told = {
        normal(key.replace("Page ", "Pg")) for row in table for key in quoted(row[0]) if key not in ("Ctrl", "Shift")
    }
    assert told <= ours, told - ours
    needed = {normal(action.keys[0]) for action in ACTIONS if action.keys}
    assert needed <= told, needed - told


def test_the_commands_are_those_of_the_command_line() -> None:
    titles = {action_id: action.title for action_id, action in BY_ID.items()}
    told = [line for row in rows("docs/filter-and-commands.md") for line in quoted(row[0])]
    found = [find_command(line.removeprefix(":").split()[0], titles) for line in told]
    assert {command.name for command in COMMANDS} <= {getattr(command, "name", "") for command in found}


def test_the_commands_that_reset_a_setting_are_those_that_have_a_default() -> None:
    told = next(row for row in rows("docs/filter-and-commands.md") if row[1] == "without a number: the default again")
    sets = {f":{command.name}": command.sets for command in COMMANDS if command.sets is not None}
    views = ViewsOfSession()
    with_default = {
        name for name, (view, option) in sets.items() if None in views[view.lower()].value.described()[option]
    }
    assert set(quoted(told[0])) == with_default


def test_the_filters_can_be_read() -> None:
    block = next(block for kind, block in FENCE.findall((ROOT / "docs/filter-and-commands.md").read_text()) if not kind)
    _, _, *filters = block.splitlines()  # ids, and a word
    assert len(filters) == 3
    for text in filters:
        parse_filter(text)


def test_the_views_are_those_of_the_menu() -> None:
    assert {row[0].strip("*") for row in rows("docs/views.md") if row[0].startswith("*")} == set(KINDS)


def test_the_settings_and_their_defaults_are_those_of_the_program() -> None:
    table = {
        quoted(row[0])[0]: quoted(row[1])[0] for row in rows("docs/settings.md") if len(row) == 3 and quoted(row[1])
    }
    told, bad_lines = parse_lines("\n".join(f"{setting} = {value}" for setting, value in table.items()))
    assert not bad_lines
    assert {item.name: item.value for item in told} == {key: item.default for key, item in SETTINGS.items()}


def test_the_settings_of_views_are_those_of_a_session() -> None:
    views = ViewsOfSession()
    cells = [(quoted(row[0]), quoted(row[1])) for row in rows("docs/scripting.md")]
    named = {view: names for (view, *_), names in (cell for cell in cells if cell[0]) if view in views}
    assert len(named) >= 13
    for view, names in named.items():
        assert set(names) <= set(views[view].value.described()), view


def test_contradicting_ends_of_a_range_move_as_the_page_says() -> None:
    intervals = ViewsOfSession()["intervals"]
    intervals.update(shortest_ms=50, longest_ms=10)
    assert (intervals.shortest_ms, intervals.longest_ms) == (50, 60)


def test_the_citation_names_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])


def test_the_icon_of_the_manifest_is_in_the_package() -> None:
    package, _, file = yaml.safe_load((PACKAGE / "napari.yaml").read_text())["icon"].partition(":")
    assert (package, (PACKAGE / file).is_file()) == ("napari_phy", True)
