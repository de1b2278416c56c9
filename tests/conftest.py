"""What all tests share: real data, a home of their own, no widget left behind."""

import logging
import os
import secrets
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from examples import IN_SOAK, USUAL
from hypothesis import HealthCheck, Phase, settings
from patience import PATIENCE_S

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
PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("usual", max_examples=USUAL, derandomize=bool(os.environ.get("CI")), **PATIENT)
settings.register_profile("mutants", settings.get_profile("usual"), phases=[Phase.explicit, Phase.generate])
settings.register_profile("soak", max_examples=IN_SOAK, derandomize=False, **PATIENT)


SEED_VARIABLE = "NAPARI_PHY_SOAK_SEED"


def pytest_report_header(config: pytest.Config) -> str | None:
    """Choose the seed of the tests that take long, a new one each time unless one is given, and say which."""
    if "soak" not in config.option.markexpr:
        return None
    seed = os.environ.setdefault(SEED_VARIABLE, str(secrets.randbelow(10**9)))
    return f"soak: seed {seed}; {SEED_VARIABLE}={seed} does the same again"


class Failures:
    """Prints each failure as it happens: a run that is cut off at a time limit has said what was wrong until then."""

    N_LINES = 12

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and report.failed:
            reporter.ensure_newline()
            reporter.line(f"{report.nodeid} failed in its {report.when}:", red=True)
            reporter.line("\n".join(report.longreprtext.splitlines()[-self.N_LINES :]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Have one more worker than processors: journeys wait for a seventh of their time."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    """Print failures at once; try many examples of laws in soak, and few elsewhere."""
    settings.load_profile("soak" if "soak" in config.option.markexpr else "usual")
    config.pluginmanager.register(Failures(config), "napari-phy-failures")


def pytest_unconfigure() -> None:
    """Remove the tests' home."""
    shutil.rmtree(_HOME, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what cannot run here (real data, a browser) and what is not asked for (soak); begin with windows."""
    unwanted = set()
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        unwanted.add("browser")
    if _real_data_folder() is None:
        unwanted.add("real_data")
    if "soak" not in config.option.markexpr:
        unwanted.add("soak")
    deselected = [item for item in items if any(item.get_closest_marker(name) for name in unwanted)]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]
    # Whole files go to the workers of `make test` in this order: the long ones first, so that none ends alone.
    items.sort(key=lambda item: not {"journeys", "window"}.intersection(item.path.parts))


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
    bindings = sys.modules.get("napari_phy.widgets.actions.bindings")
    if bindings is not None and bindings.key_bindings().any_own:
        bindings.key_bindings().reset_all()
    for name in ("views.json", "commands.json", "keys.json", "layout.json"):
        (_HOME / "phy" / name).unlink(missing_ok=True)


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
    return [window for window in application.topLevelWidgets() if not _is_kept(window)]


def _is_kept(window: Any) -> bool:
    """Return whether a widget is the last tooltip, which Qt keeps, or belongs to a `KeptWindow`, which looks itself."""
    while window is not None:
        if window.property("kept") or window.metaObject().className() == "QTipLabel":
            return True
        window = window.parentWidget()
    return False


def _close(windows: list[object]) -> None:
    for window in windows:
        window.close()
        window.deleteLater()


def _qt(name: str) -> ModuleType | None:
    # Only what a test has imported itself: tests of the core stay without Qt.
    return sys.modules.get(f"PyQt6.{name}")


@pytest.fixture
def qtbot(qapp: Any, request: pytest.FixtureRequest) -> Any:
    """Return the robot of pytest-qt, as patient as all that waits in tests."""
    from patient_bot import PatientBot

    return PatientBot(request)


_KEPT = pytest.StashKey[Any]()


@pytest.fixture(scope="session")
def _kept_windows(request: pytest.FixtureRequest, qapp: Any) -> Iterator[Any]:
    from kept_window import KeptWindow

    request.config.stash[_KEPT] = window = KeptWindow(request)
    yield window
    window.close()


@pytest.fixture
def kept_window(_kept_windows: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Yield the `KeptWindow`: `kept_window.take(size, theme)` is an empty workspace in a shown window."""
    _kept_windows.file = request.path
    yield _kept_windows
    _kept_windows.give_back(failed=request.node.rep_setup.failed or request.node.rep_call.failed)


@pytest.fixture(autouse=True)
def no_window_of_other_files(request: pytest.FixtureRequest) -> None:
    """Close the window that tests of another file have kept, unless this one may use it, too."""
    window = request.config.stash.get(_KEPT, None)
    may_use_it = {"kept_window", "person"}.intersection(request.fixturenames)
    if window is not None and not may_use_it and window.file != request.path:
        window.close()


@pytest.fixture
def make_napari_viewer(_kept_windows: Any, request: pytest.FixtureRequest) -> Any:
    """Return napari's function that makes a viewer for this test alone; a window that was kept is closed."""
    from kept_window import pass_over_what_stays

    _kept_windows.close()
    pass_over_what_stays()
    return request.getfixturevalue("make_napari_viewer")


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """Return a data set that the first of all workers to ask for it makes."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return make(factory.mktemp(name))
    folder = factory.getbasetemp().parent / name  # of the workers together
    done, part = (folder.with_name(f"{name}.{end}") for end in ("done", "part"))
    try:
        folder.mkdir()
    except FileExistsError:
        end = time.monotonic() + PATIENCE_S
        while not done.exists():
            assert time.monotonic() < end, f"waited in vain for another worker to make {name}"
            time.sleep(0.1)
        return folder / done.read_text()
    made = make(folder)
    part.write_text(made.name)
    part.rename(done)
    return made


@pytest.fixture(scope="session")
def sample_kwik(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `.kwik` of the whole sample, made once; a test that edits takes a copy (`install.copy_sample`)."""
    from napari_phy.sample_data import make_sample

    return _made_once(tmp_path_factory, "sample", make_sample)


@pytest.fixture(scope="session")
def imaging_kwik(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `.kwik` of the sample with imaging, made once; it is not to be edited."""
    from napari_phy.sample_data import make_imaging_sample

    return _made_once(tmp_path_factory, "imaging", make_imaging_sample)


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
