"""`napari-phy config`: which settings hold, and where they came from; what napari opens folders with."""

from __future__ import annotations

from pathlib import Path

from napari_phy.cli.answers import OK, PROBLEM, Answer, check_there
from napari_phy.files.platform_files import is_file
from napari_phy.formats.parameter_files.config import load_config
from napari_phy.formats.parameter_files.settings import SETTINGS


def show_config(path: Path | None) -> Answer:
    """Return all settings of a data set, or of the user where `path` is None; a bad line is a problem."""
    if path is not None:
        check_there(path)
    config = load_config(path)
    files = [config.user_file, *([config.data_set_file] if config.data_set_file else [])]
    facts = {
        "settings": {
            name: {"value": config.value(name), "source": config.source(name), "doc": item.doc, "must_be": item.must_be}
            for name, item in SETTINGS.items()
        },
        "files": [{"path": str(file), "exists": is_file(file)} for file in files],
        "problems": list(config.problems),
    }
    width = max(map(len, SETTINGS))
    shown = [f"{name:<{width}} = {config.value(name)!r}" for name in SETTINGS]
    wide = max(map(len, shown))
    lines = []
    for line, (name, item) in zip(shown, SETTINGS.items(), strict=True):
        lines.append(f"# {item.doc} Must be {item.must_be}.")
        lines.append(f"{line:<{wide}}  # {config.source(name)}")
    lines += ["", *(f"# {'read' if is_file(file) else 'not there'}: {file}" for file in files)]
    lines += [f"# {problem}" for problem in config.problems]
    return Answer(facts, lines, PROBLEM if config.problems else OK)


def choose_reader(plugin: str) -> Answer:
    """Let napari open folders and `params.py` with `napari-phy`, or `ask`, as its preferences say."""
    from napari_phy.widgets.base.reader_preference import OURS, PATTERNS, choose

    choose(plugin == OURS)
    said = "opens folders and params.py with napari-phy." if plugin == OURS else "asks what to open folders with."
    return Answer({"folders": plugin, "patterns": list(PATTERNS)}, [f"Napari {said} Preferences > Plugins has this."])
