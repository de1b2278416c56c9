"""`session.clocks` keeps the clocks of stacks, tells when one changes, and has them again after opening."""

import json
from pathlib import Path

import pytest
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.errors import TimelineError
from napari_phy.files.side_folder import side_folder
from napari_phy.timeline.time_base import TimeBase
from napari_phy.timeline.time_base_json import VERSION, time_base_to_json


@pytest.fixture
def kwik(tmp_path: Path) -> Path:
    return make_kwik(tmp_path)


def test_clocks_are_there_again(kwik: Path) -> None:
    with open_session(kwik) as session:
        seen: list[str] = []
        session.clocks.changed.connect(seen.append)
        session.clocks["movie"] = TimeBase.from_rate(100, 30, 2)
        session.clocks["movie"] = TimeBase.from_rate(100, 30, 2)
        session.clocks["film"] = TimeBase.from_times([0.1, 0.2, 0.4])
        del session.clocks["film"]
        assert seen == ["movie", "film", "film"]
        kept = session.clocks["movie"]
        assert kept.sample_rate == session.model.sample_rate
        assert kept.sample_of(0) == 2 * session.model.sample_rate
    with open_session(kwik) as session:
        assert dict(session.clocks) == {"movie": kept}
        assert session.clocks.problems == ()


def test_a_clock_of_the_future_stays_as_it_is(kwik: Path) -> None:
    with open_session(kwik) as session:
        session.clocks["movie"] = TimeBase.from_rate(100, 30)
    file = side_folder(kwik) / "clocks.json"
    content = json.loads(file.read_text())
    later = {**time_base_to_json(TimeBase.from_rate(5, 1)), "version": VERSION + 1}
    content["clocks"]["later"] = later
    file.write_text(json.dumps(content))
    with open_session(kwik) as session:
        assert list(session.clocks) == ["movie"]
        (problem,) = session.clocks.problems
        assert "The clock later was written by a later version" in problem
        session.clocks["other"] = TimeBase.from_rate(7, 1)
    assert json.loads(file.read_text())["clocks"]["later"] == later


def test_a_session_that_is_read_only_keeps_none(kwik: Path) -> None:
    with open_session(kwik, read_only=True) as session:
        session.clocks["movie"] = TimeBase.from_rate(100, 30)
        assert list(session.clocks) == ["movie"]
    with open_session(kwik) as session:
        assert not session.clocks


def test_names_are_names(kwik: Path) -> None:
    with open_session(kwik) as session:
        for name in ("", "  ", "x" * 300):
            with pytest.raises(TimelineError, match="needs a name"):
                session.clocks[name] = TimeBase.from_rate(100, 30)
