"""Make a virtual environment with pip, installing Debian's venv package where it is missing."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import debian


def main(folder: Path) -> int:
    """Make the environment at `folder`, replacing a broken one; return an exit status."""
    if not _can_make_venv():
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        print(f"{sys.executable} cannot make virtual environments; {package} is missing.", file=sys.stderr)
        try:
            debian.install([package])
        except debian.AptError as error:
            print(error, file=sys.stderr)
            return 1
    # In a new process: the package may have come a moment ago. With pip or not at all: a half one would look whole.
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False).returncode
    if made != 0:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"{sys.executable} could not make the virtual environment {folder}; see above.", file=sys.stderr)
    return made


def _can_make_venv() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
