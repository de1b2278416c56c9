"""The package arrives whole, starts quickly, and its fences cover every part."""

import json
import subprocess
import sys
import tarfile
import textwrap
import zipfile
from importlib.metadata import Distribution, entry_points
from pathlib import Path

import pytest
from npe2 import PluginManifest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "napari_phy"
MANIFEST = "napari_phy/napari.yaml"


def run_python(code: str, *, path: Path | None = None) -> list[str]:
    """Run code in a new Python, with `path` first to import from; return what it leaves in `answer`."""
    head = f"import sys; sys.path.insert(0, {str(path)!r})\n" if path else ""
    tail = "\nimport json; print(json.dumps(answer))"
    done = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(code) + tail], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(answer, list)
    return answer


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sdist, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    # Debian 12's Python 3.11.2 knows no filter, 3.12 wants one.
    safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(build("sdist", ROOT, folder)) as archive:
        archive.extractall(folder, **safely)
    return next(path for path in folder.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel made from the sdist, unpacked as pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build("wheel", sdist, folder)) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def build(kind: str, source: Path, into: Path) -> Path:
    """Build with what is installed: no network, no environment of its own."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", str(into), str(source)],
        capture_output=True,
        check=True,
    )
    return next(path for path in into.iterdir() if path.is_file())


def package_files(root: Path) -> set[str]:
    return {
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    assert package_files(wheel / "napari_phy") == package_files(PACKAGE)


def test_the_wheel_holds_manifest_icons_and_type_marker(wheel: Path) -> None:
    assert (wheel / MANIFEST).is_file()
    assert (wheel / "napari_phy" / "py.typed").is_file()
    assert list((wheel / "napari_phy" / "widgets" / "base" / "icons").glob("*.svg"))


def test_the_wheel_names_its_licence_and_its_place_among_napari_plugins(wheel: Path) -> None:
    (info,) = wheel.glob("napari_phy-*.dist-info")
    metadata = Distribution.at(info).metadata
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert "Framework :: napari" in metadata.get_all("Classifier", [])
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_sdist_holds_the_manifest_and_the_link_to_it(sdist: Path) -> None:
    manifest = (sdist / "src" / MANIFEST).read_text()
    assert manifest == (PACKAGE / "napari.yaml").read_text()
    assert (sdist / "napari.yaml").read_text() == manifest


def test_the_link_at_the_top_is_the_manifest_of_the_package() -> None:
    link = ROOT / "napari.yaml"
    assert link.is_symlink()
    assert link.resolve() == PACKAGE / "napari.yaml"


def test_npe2_finds_the_manifest_of_the_wheel(wheel: Path) -> None:
    code = """
        from npe2 import PluginManifest
        import napari_phy
        manifest = PluginManifest.from_distribution("napari-phy")
        answer = [manifest.name, manifest.display_name, napari_phy.__file__]
    """
    *names, imported = run_python(code, path=wheel)
    assert names == ["napari-phy", "napari-phy"]
    assert Path(imported).is_relative_to(wheel)


def test_npe2_finds_the_manifest_of_the_editable_install() -> None:
    manifest = PluginManifest.from_distribution("napari-phy")
    assert manifest == PluginManifest.from_file(PACKAGE / "napari.yaml")
    assert manifest.display_name == manifest.name


def test_every_command_of_the_manifest_can_be_called() -> None:
    PluginManifest.from_file(PACKAGE / "napari.yaml").validate_imports()


def modules_after(code: str) -> set[str]:
    return set(run_python(f"import sys\n{code}\nanswer = sorted(sys.modules)"))


SLOW_TO_IMPORT = {"numba", "scipy.signal", "pynapple", "dask", "distributed", "pynwb", "pandas", "matplotlib", "av"}
QT = {"qtpy", "PyQt6", "PyQt5", "PySide6", "superqt", "magicgui"}


def test_importing_the_package_imports_nothing_slow() -> None:
    assert not modules_after("import napari_phy") & (SLOW_TO_IMPORT | QT | {"napari", "vispy", "scipy.sparse"})


def test_finding_the_reader_imports_nothing_slow() -> None:
    before = modules_after("import napari")  # napari itself has found us
    find = "import napari\nfrom napari_phy.readers.kwik import get_reader\nassert get_reader('x.kwik')"
    assert not (modules_after(find) - before) & (SLOW_TO_IMPORT | QT)
    alone = "from napari_phy.readers.kwik import get_reader\nassert get_reader('x.kwik')"
    assert not modules_after(alone) & {"numba", "scipy.signal", "pynapple", "dask"}


LATER = {
    f"napari_phy.{name}"
    for name in (
        "sorting", "timeline.alignment", "timeline.pulse_matching", "timeline.proposals", "views.clock_offers",
        "views.grid", "views.intervals", "views.psth", "views.spike_list", "views.templates",
        "widgets.docks.grid_panel", "widgets.docks.imaging_panel", "widgets.help.help_window",
    )
}  # fmt: skip


def test_the_first_window_imports_only_what_is_seen_in_it() -> None:
    code = """
        import napari_phy.readers.kwik, napari_phy.widgets.window.workspace
        from napari_phy.views.all_settings import SETTINGS
        from napari_phy.widgets.window.kinds import KINDS
        from napari_phy.widgets.window.layouts import SORT

        assert {title.lower() for title in SORT.titles} & set(SETTINGS)
        docks = [KINDS[title].panel for title in SORT.titles]
    """
    assert not modules_after(textwrap.dedent(code)) & LATER


def test_importing_any_module_makes_no_qt_object() -> None:
    code = """
        import importlib, pkgutil
        import napari_phy
        from qtpy.QtCore import QObject
        from qtpy.QtWidgets import QApplication

        names = [module.name for module in pkgutil.walk_packages(napari_phy.__path__, "napari_phy.")]
        modules = [importlib.import_module(name) for name in names]
        owners = [*modules]
        for module in modules:
            owners += [value for value in vars(module).values() if isinstance(value, type)]
        answer = [
            f"{owner.__name__}.{name}"
            for owner in owners
            if owner.__name__.startswith("napari_phy") or getattr(owner, "__module__", "").startswith("napari_phy")
            for name, value in list(vars(owner).items())
            if isinstance(value, QObject)
        ]
        if QApplication.instance() is not None:
            answer.append("QApplication")
    """
    assert run_python(code) == []


def test_the_command_line_program_can_be_called() -> None:
    (program,) = entry_points(group="console_scripts", name="napari-phy")
    assert callable(program.load())
