"""`napari recording.kwik`, the first time ever and later, on a large and on a small screen with a window manager."""

import pytest
from journeys.program import Program, screen

from napari_phy import KwikModel, open_session

LARGE, SMALL = (1920, 1080), (1280, 800)


def merge_two(path, channel_group=0):
    """Merge two clusters of a data set, without saving."""
    with open_session(path, channel_group) as session:
        session.merge(session.manager.cluster_ids[:2].tolist())


def change_elsewhere(path):
    """Write into the file as another program does."""
    model = KwikModel(path)
    model.save(spike_clusters=model.spike_clusters + 100)
    model.close()


def is_arranged(seen, size):
    """Tell whether the window has the whole screen, docks have the form for its size, and something is said there."""
    fills = seen["frame"][:2] == [0, 0] and seen["frame"][2:] == list(size)
    width = seen["docks"].get("Clusters", (0, 0, 0, 0))[2]
    is_open = seen["status"].startswith("Opened sample.kwik")
    return fills and is_open and abs(width - (434 if size == LARGE else 302)) <= 6 and seen["notes"]


def check_form(seen, size):
    """Views are where the form for the size has them, and nothing is missing in narrow ones."""
    docks = seen["docks"]
    is_on_top = docks["Correlograms"][1] == docks["Waveforms"][1]
    assert is_on_top == (size == LARGE)
    assert ("Amplitude" in docks) == (size == LARGE)
    assert any(text.startswith("Shank ") for text in seen["buttons"])
    assert {"Merge 2", "Wizard", "Save"} <= set(seen["buttons"])


@pytest.mark.parametrize("size", [LARGE, pytest.param(SMALL, marks=pytest.mark.soak)], ids=["large", "small"])
def test_the_first_start_ever_and_the_next(size, kwik_copy, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    merge_two(kwik_copy)
    change_elsewhere(kwik_copy)

    with screen(size, home) as display:
        with Program(home, kwik_copy, display) as program:
            seen = program.wait(lambda seen: is_arranged(seen, size))
            check_form(seen, size)
            (note,) = seen["notes"]
            assert "1 unsaved edit" in note
            assert "set aside" in note
            assert "Show file" in seen["buttons"]
            program.close()
        merge_two(kwik_copy, 1)
        with Program(home, kwik_copy, display) as program:
            seen = program.wait(lambda seen: is_arranged(seen, size))
            check_form(seen, size)
            assert "Shank 1 · main ▾" in seen["buttons"]  # where it was left
            (note,) = seen["notes"]
            assert note.startswith("1 edit from ")
            assert {"Keep", "Save now", "Discard all"} <= set(seen["buttons"])
            assert seen["title"].startswith("sample.kwik*")
            program.wait(lambda seen: seen["colored_features"] > 0.95)
