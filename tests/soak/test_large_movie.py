"""A movie larger than memory is gone through in less than 1 GB, tells how far it is, and stops when it is told to."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from soak import large_movie

MOST_BYTES = 10**9
GB_20 = 20 * 10**9 // (2 * large_movie.N_PX**2) + 1  # frames
SHORT = 300


def go_through(kind: str, n_frames: int, tmp_path: Path) -> dict[str, Any]:
    command = [sys.executable, large_movie.__file__, kind, str(n_frames), str(tmp_path / "movie.raw")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=3000)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check(found: dict[str, Any], n_frames: int) -> None:
    n_blocks = n_frames // 256
    for what in ("map", "average", "cell"):
        assert found[f"{what} rises to 1"]
        assert found[f"{what} told"] > n_blocks
    assert found["in cell"] > 0.5
    assert found["elsewhere"] < 0.5
    assert found["lag"] == [large_movie.LAG]
    assert found["average is right"]
    assert found["trace"] > 0.95
    assert found["all bytes"] < MOST_BYTES
    assert found["cancelled after frames"] < 0.05 * n_frames + 100


@pytest.mark.parametrize("kind", ["made", "mapped"])
def test_a_short_movie(kind: str, tmp_path: Path) -> None:
    check(go_through(kind, SHORT, tmp_path), SHORT)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["made", "mapped"])
def test_twenty_gigabytes(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = go_through(kind, GB_20, tmp_path)
    with capsys.disabled():
        sys.stdout.write(f"\n{kind}: {json.dumps(found, indent=1)}\n")
    check(found, GB_20)
