"""The set-up finds what is missing, names it, and says what to type."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import debian
import pytest
import system_libraries

ROOT = Path(__file__).parents[2]


@pytest.fixture
def may_not_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "_root_prefix", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(debian, "_name_here", lambda name: name)


def test_nothing_is_missing_where_the_tests_run() -> None:
    assert system_libraries.find_missing(headless=True) == []


def test_each_library_is_looked_for_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {"libEGL.so.1", "libxcb-shape.so.0"}
    monkeypatch.setattr(system_libraries, "_loads", lambda library: library not in gone)
    assert system_libraries.find_missing(headless=True) == ["libegl1", "libxcb-shape0"]


def test_windows_of_qt_5_need_one_library_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "_loads", lambda library: library != "libxcb-xinerama.so.0")
    assert system_libraries.find_missing(headless=True) == []
    assert system_libraries.find_missing(headless=True, qt5=True) == ["libxcb-xinerama0"]


def test_a_browser_is_asked_for_only_where_tests_drive_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None if "chrom" in program else f"/usr/bin/{program}")
    assert system_libraries.find_missing(headless=True) == []
    assert system_libraries.find_missing(headless=True, browser=True) == ["chromium", "chromium-driver"]


@pytest.mark.usefixtures("may_not_install")
def test_who_may_not_install_is_told_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_libraries, "LIBRARIES", {"libnothing0": "libnothing.so.0"})
    monkeypatch.setattr(sys, "argv", ["system_libraries.py"])
    assert system_libraries.main() == 1
    told = capsys.readouterr().err
    assert "Missing system libraries: libnothing0" in told
    assert "sudo apt-get install --no-install-recommends libnothing0" in told


@pytest.mark.parametrize(
    ("known", "name"),
    [({"libglib2.0-0"}, "libglib2.0-0"), ({"libglib2.0-0t64"}, "libglib2.0-0t64"), (set(), "libglib2.0-0")],
)
def test_a_package_goes_by_the_name_of_this_release(
    known: set[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "_has_candidate", lambda candidate: candidate in known)
    debian._name_here.cache_clear()
    assert debian._name_here("libglib2.0-0") == name
    debian._name_here.cache_clear()


def find_python(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", ROOT / "tools" / "find_python.sh"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], **environment},
    )


def test_a_python_that_is_named_is_taken() -> None:
    assert find_python(PYTHON=sys.executable).stdout.strip() == sys.executable


def test_a_python_that_is_too_old_or_none_is_refused_with_a_sentence() -> None:
    found = find_python(PYTHON="false")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == "PYTHON=false is not a Python of version 3.11 or newer.\n"


def test_without_any_python_the_version_needed_is_told(tmp_path: Path) -> None:
    found = find_python(PATH=str(tmp_path))
    assert (found.returncode, found.stdout) == (1, "")
    assert "needs Python 3.11 or newer" in found.stderr


def dry_run(*words: str) -> str:
    return subprocess.run(["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_display_keeps_the_demo_open_and_its_lack_makes_it_walk() -> None:
    shown = dry_run("demo", "DISPLAY=:5", "WAYLAND_DISPLAY=")
    walked = dry_run("demo", "DISPLAY=", "WAYLAND_DISPLAY=")
    assert "xvfb-run" not in shown
    assert "napari_phy.cli demo" in shown
    assert "xvfb-run -a" in walked
    assert "tools/walk.py build/demo" in walked


def test_the_demo_opens_the_file_it_is_given() -> None:
    assert 'open "my data/x.kwik"' in dry_run("demo", "DISPLAY=:5", "KWIK=my data/x.kwik")
    assert 'build/demo "my data/x.kwik"' in dry_run("demo", "DISPLAY=", "WAYLAND_DISPLAY=", "KWIK=my data/x.kwik")


def test_tests_run_on_displays_of_their_own_even_on_a_desktop(request: pytest.FixtureRequest) -> None:
    told = dry_run("test", "DISPLAY=:5")
    assert "pytest -n auto" in told
    assert "offscreen" not in told
    assert "no-xvfb" not in told
    assert request.config.pluginmanager.hasplugin("xvfb")
