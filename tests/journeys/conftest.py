"""A viewer as large as a screen, and somebody at the desk."""

import pytest
from journeys.person import Person


@pytest.fixture(params=[(1920, 1080), (1280, 800)], ids=["large", "small"])
def screen_size(request):
    """Width and height of the window."""
    return request.param


@pytest.fixture
def person(make_napari_viewer, screen_size):
    person = Person(make_napari_viewer(show=True))
    person.resize(*screen_size)
    return person
