"""Settings of the user and of a data set: defaults < Preferences < `~/.phy/config.py` < `~/.phy/<data set>/config.py`.

Both files hold lines such as `correlogram_bin_ms = 0.5`. They are read, never run. A line that does not hold is named
with its number and leaves the others alone.

Two data sets of one name don't share a folder: the first whose settings are read is written into `data_set.txt` of
`~/.phy/<data set>/`; another one of that name has `~/.phy/<data set>-<hash of its path>/`.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.files.platform_files import is_file, is_folder
from napari_phy.files.user_files import phy_folder
from napari_phy.formats.parameter_files.literals import parse_lines, read_text
from napari_phy.formats.parameter_files.settings import SETTINGS, setting

logger = logging.getLogger(__name__)

DEFAULT = "default"
PREFERENCES = "Preferences"
_FILE = "config.py"
_OWNER = "data_set.txt"
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Config:
    """What holds for a data set, and where it came from.

    Attributes
    ----------
    values : mapping of str to object
        {setting: value}, all of the table.
    sources : mapping of str to str
        {setting: "default", "Preferences", or the file and line that set it}.
    problems : tuple of str
        One sentence for each line that does not hold.
    user_file : Path
        The file of the user, which may not exist.
    data_set_file : Path or None
        The file beside the data set, which may not exist.
    """

    values: Mapping[str, Any]
    sources: Mapping[str, str]
    problems: tuple[str, ...]
    user_file: Path
    data_set_file: Path | None

    def value(self, name: str) -> Any:
        """Return the value of a setting; ValueError if there is no such setting."""
        return self.values[setting(name).name]

    def source(self, name: str) -> str:
        """Return where the value of a setting came from; ValueError if there is no such setting."""
        return self.sources[setting(name).name]


def load_config(path: str | Path | None = None, preferences: Mapping[str, Any] | None = None) -> Config:
    """Return the settings of a data set, or those of the user where `path` is None.

    Parameters
    ----------
    path : str or Path, optional
        The `.kwik` file; it need not exist.
    preferences : mapping of str to object, optional
        {setting: value} of napari's Preferences; those that equal the default count as not set.
    """
    values = {name: item.default for name, item in SETTINGS.items()}
    sources = dict.fromkeys(SETTINGS, DEFAULT)
    problems: list[str] = []
    for name, value in (preferences or {}).items():
        if name in SETTINGS and value != SETTINGS[name].default:
            _set(values, sources, problems, name, value, PREFERENCES)
    user_file = phy_folder() / _FILE
    data_set_file = None if path is None else config_folder(path) / _FILE
    for file in (user_file, data_set_file):
        if file is not None and (is_file(file) or is_folder(file)):
            _read(file, values, sources, problems)
    if data_set_file is not None and is_file(data_set_file) and path is not None:
        _remember(data_set_file.parent, path)
    for problem in problems:
        logger.warning("%s", problem)
    return Config(MappingProxyType(values), MappingProxyType(sources), tuple(problems), user_file, data_set_file)


def config_folder(path: str | Path) -> Path:
    """Return the folder of a data set's settings; it may not exist.

    It has the name of the file without `.kwik`, followed by a hash of its path if a data set of that name
    elsewhere was there first.
    """
    path = Path(path).resolve()
    name = (path.stem if path.suffix == ".kwik" else path.name)[:_LONGEST_NAME]
    folder = phy_folder() / name
    owner = _owner(folder)
    if owner is None or owner == path:
        return folder
    digest = hashlib.blake2b(os.fsencode(path), digest_size=4).hexdigest()
    return phy_folder() / f"{name}-{digest}"


def _owner(folder: Path) -> Path | None:
    """Return the data set that a folder of settings belongs to, None for any of its name."""
    try:
        text = read_text(folder / _OWNER).strip()
    except (KwikFormatError, MissingDataError):
        return None
    return Path(text) if text else None


def _remember(folder: Path, path: str | Path) -> None:
    if _owner(folder) is None:
        with suppress(OSError, UnicodeError):
            (folder / _OWNER).write_text(f"{Path(path).resolve()}\n", encoding="utf-8")


def _read(file: Path, values: dict[str, Any], sources: dict[str, str], problems: list[str]) -> None:
    shown = _shown(file)
    try:
        assignments, bad_lines = parse_lines(read_text(file))
    except (KwikFormatError, MissingDataError) as error:
        problems.append(str(error).replace(file.name, shown, 1))
        return
    found: list[tuple[int, str]] = [(bad.line, f"{shown}, line {bad.line}: {bad.message}.") for bad in bad_lines]
    for item in assignments:
        said: list[str] = []
        _set(values, sources, said, item.name, item.value, f"{shown}, line {item.line}")
        found += [(item.line, sentence) for sentence in said]
    problems += [sentence for _, sentence in sorted(found)]


def _set(
    values: dict[str, Any],
    sources: dict[str, str],
    problems: list[str],
    name: str,
    value: Any,
    source: str,
) -> None:
    try:
        values[name] = setting(name).checked(value)
        sources[name] = source
    except ValueError as error:
        problems.append(f"{source}: {error}.")


def _shown(path: Path) -> str:
    """Return a path for people: from their home on."""
    with suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    return str(path)
