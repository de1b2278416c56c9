"""What all tests share: real data, a home of their own, no widget left behind."""

import logging
import os
import secrets
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

DATA_VARIABLE = "NAPARI_PHY_DATA"

# A home of their own: napari, Qt, our caches and side folders ask for these; it must be set before they are imported.
_HOME = Path(tempfile.mkdtemp(prefix="napari-phy-tests-"))
for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
    folder = _HOME / variable.removeprefix("XDG_").removesuffix("_HOME").lower()
    folder.mkdir()
    os.environ[variable] = str(folder)
os.environ["PHY_CONFIG_DIR"] = str(_HOME / "phy")
os.environ.pop("NAPARI_CONFIG", None)

# No deadlines and no complaint about slow data: a busy machine is not a mistake of ours.
settings.register_profile(
    "napari-phy",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("napari-phy")


SEED_VARIABLE = "NAPARI_PHY_SOAK_SEED"


def pytest_report_header(config: pytest.Config) -> str | None:
    """Choose the seed of the tests that take long, a new one each time unless one is given, and say which."""
    if "soak" not in config.option.markexpr:
        return None
    seed = os.environ.setdefault(SEED_VARIABLE, str(secrets.randbelow(10**9)))
    return f"soak: seed {seed}; {SEED_VARIABLE}={seed} does the same again"


def pytest_unconfigure() -> None:
    """Remove the tests' home."""
    shutil.rmtree(_HOME, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what cannot run here (real data) and what was not asked for (soak)."""
    unwanted = set()
    if _real_data_folder() is None:
        unwanted.add("real_data")
    if "soak" not in config.option.markexpr:
        unwanted.add("soak")
    deselected = [item for item in items if any(item.get_closest_marker(name) for name in unwanted)]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]


def _real_data_folder() -> Path | None:
    """Return the folder of the real data sets, None where none is named or it is empty."""
    name = os.environ.get(DATA_VARIABLE)
    if not name:
        return None
    folder = Path(name).resolve()
    if not folder.is_dir():
        raise pytest.UsageError(f"{DATA_VARIABLE} is {name}, which is not a folder")
    return folder if any(folder.iterdir()) else None


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing to be on the disk: for tests of many files in which the power stays on."""

    class Hasty(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("synchronous=FULL", "synchronous=OFF"), *parameters)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *path, **options: connect(*path, **{"factory": Hasty, **options}))
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(scope="session")
def data_folder() -> Iterator[Path]:
    """Yield the folder of the real data sets, to be read and never written; for tests marked `real_data`."""
    folder = _real_data_folder()
    assert folder is not None, "a test that reads real data is marked real_data"
    before = _sizes_and_dates(folder)
    yield folder
    assert _sizes_and_dates(folder) == before, f"a test has written into {DATA_VARIABLE}"


def _sizes_and_dates(folder: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.fixture(autouse=True)
def nothing_chosen_in_views() -> None:
    """Begin each test with the usual settings of views, the usual keys, and nothing typed before."""
    for name in ("views.json", "commands.json", "keys.json", "layout.json"):
        (_HOME / "phy" / name).unlink(missing_ok=True)
    bindings = sys.modules.get("napari_phy.widgets.actions.bindings")
    if bindings is not None:
        bindings.key_bindings.cache_clear()


@pytest.fixture(autouse=True)
def listener_errors() -> Iterator[list[str]]:
    """Fail the test in which a listener failed, which is only logged; a test that means it clears the list."""
    errors: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            errors.append(f"{record.getMessage()} {record.exc_info[1] if record.exc_info else ''}")

    collector = Collector()
    logger = logging.getLogger("napari_phy.core.signals")
    logger.addHandler(collector)
    yield errors
    logger.removeHandler(collector)
    assert not errors


@pytest.fixture(autouse=True)
def no_widget_left_behind() -> Iterator[None]:
    """Fail the test that leaves a window of ours open."""
    before = _our_windows()
    yield
    left = [window for window in _our_windows() if window not in before]
    if left:
        names = ", ".join(sorted(type(window).__qualname__ for window in left))
        _close(left)
        pytest.fail(f"left behind: {names}; give it to qtbot.addWidget or close it", pytrace=False)


def _our_windows() -> list[object]:
    """Return the top-level widgets that are still alive, once Qt has deleted those that were to go."""
    widgets = _qt("QtWidgets")
    application = widgets.QApplication.instance() if widgets else None
    if application is None:
        return []
    application.sendPostedEvents(None, _qt("QtCore").QEvent.Type.DeferredDelete.value)
    application.processEvents()
    # Qt keeps the last tooltip for itself.
    return [window for window in application.topLevelWidgets() if window.metaObject().className() != "QTipLabel"]


def _close(windows: list[object]) -> None:
    for window in windows:
        window.close()
        window.deleteLater()


def _qt(name: str) -> ModuleType | None:
    # Only what a test has imported itself: tests of the core stay without Qt.
    return sys.modules.get(f"PyQt6.{name}")


@pytest.fixture(scope="session")
def sample_kwik(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `.kwik` of the whole sample, made once; a test that edits takes a copy (`install.copy_sample`)."""
    from napari_phy.sample_data import make_sample

    return make_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def kwik_copy(sample_kwik: Path, tmp_path: Path) -> Iterator[Path]:
    """Yield the `.kwik` of a copy of the sample that a test may edit; its raw data are shared, to be replaced only."""
    for suffix in (".kwik", ".kwx"):
        shutil.copy(sample_kwik.with_suffix(suffix), tmp_path)
    raw = sample_kwik.with_suffix(".dat")
    os.link(raw, tmp_path / raw.name)
    before = raw.stat()
    yield tmp_path / sample_kwik.name
    after = raw.stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns), "raw data are shared by tests"
