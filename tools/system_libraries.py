"""Check that Qt can open a window with OpenGL here, library by library, and install what is missing.

Qt's own messages mislead: without glib it "has no bindings", without any of four xcb libraries it names xcb-cursor.
"""

from __future__ import annotations

import argparse
import ctypes
import shutil
import sys

import debian

# Debian package -> the library it must bring
LIBRARIES = {
    "libglib2.0-0": "libglib-2.0.so.0",
    "libegl1": "libEGL.so.1",
    "libgl1": "libGL.so.1",
    "libdbus-1-3": "libdbus-1.so.3",
    "libfontconfig1": "libfontconfig.so.1",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-shape0": "libxcb-shape.so.0",
}
QT5_LIBRARIES = {"libxcb-xinerama0": "libxcb-xinerama.so.0"}  # more of them, for Qt 5, which phy's windows need
# Debian package -> the program it must bring, for windows without a display; some tests need a window manager
PROGRAMS = {"xvfb": "Xvfb", "xauth": "xauth", "openbox": "openbox"}
BROWSER = {"chromium": "chromium", "chromium-driver": "chromedriver"}  # that some tests drive


def main() -> int:
    """Check, install, check again; return an exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--headless", action="store_true", help="there is no display: Xvfb and openbox are needed too")
    parser.add_argument("--browser", action="store_true", help="tests drive a browser")
    parser.add_argument("--qt5", action="store_true", help="windows of Qt 5 are opened as well")
    options = parser.parse_args()
    missing = find_missing(options.headless, qt5=options.qt5, browser=options.browser)
    if not missing:
        return 0
    print(f"Missing system libraries: {' '.join(missing)}", file=sys.stderr)
    try:
        debian.install(missing)
    except debian.AptError as error:
        print(error, file=sys.stderr)
        return 1
    if still := find_missing(options.headless, qt5=options.qt5, browser=options.browser):
        print(f"apt installed them, yet these cannot be loaded: {' '.join(still)}", file=sys.stderr)
        return 1
    return 0


def find_missing(headless: bool, *, qt5: bool = False, browser: bool = False) -> list[str]:
    """Return the Debian 12 names of the packages whose library or program is not here."""
    wanted = LIBRARIES | (QT5_LIBRARIES if qt5 else {})
    missing = [package for package, library in wanted.items() if not _loads(library)]
    if browser:
        missing += [package for package, program in BROWSER.items() if shutil.which(program) is None]
    if headless:
        missing += [package for package, program in PROGRAMS.items() if shutil.which(program) is None]
        if shutil.which("xvfb-run") is None and "xvfb" not in missing:
            missing.append("xvfb")
    return missing


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
