"""Install Debian and Ubuntu packages when this user may, and say what to type when not."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence


class AptError(Exception):
    """A sentence for the user: which packages are missing and what to type."""


def install(names: Sequence[str]) -> None:
    """Install packages by their Debian 12 names, whatever this release calls them.

    Raises `AptError` where there is no apt, where this user may not install, and where apt fails.
    """
    if shutil.which("apt-get") is None:
        raise AptError(f"Install them with your package manager; Debian calls them: {' '.join(names)}")
    prefix = _root_prefix()
    if prefix is None:
        raise AptError(f"Install them with:\n  {_typed(names)}")
    print(f"Installing by apt: {' '.join(names)}", flush=True)
    _run([*prefix, "apt-get", "update", "-qq"])
    command = [
        "apt-get",
        "install",
        "-y",
        "-qq",
        "-o",
        "Dpkg::Use-Pty=0",
        "--no-install-recommends",
        *map(_name_here, names),
    ]
    if _run([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *command]) != 0:
        raise AptError(f"apt could not install them; try by hand:\n  {_typed(names)}")


def _typed(names: Sequence[str]) -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    packages = " ".join(map(_name_here, names))
    return f"{sudo}apt-get update && {sudo}apt-get install --no-install-recommends {packages}"


def _root_prefix() -> list[str] | None:
    """Return what goes before a command that needs root: nothing, `sudo -n`, or None when neither works."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0:
        return sudo
    return None


@functools.cache
def _name_here(name: str) -> str:
    """Return the name with `t64` where only that can be installed (Ubuntu 24.04 and newer, Debian 13)."""
    return next((n for n in (name, f"{name}t64") if _has_candidate(n)), name)


def _has_candidate(name: str) -> bool:
    policy = subprocess.run(
        ["apt-cache", "policy", name],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout
    found = re.search(r"Candidate: (\S+)", policy)
    return found is not None and found[1] != "(none)"


def _run(command: list[str]) -> int:
    # apt's chatter goes to stderr, so that a caller's stdout stays its own.
    return subprocess.run(command, check=False, stdout=sys.stderr).returncode
