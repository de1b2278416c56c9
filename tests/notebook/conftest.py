"""A small session, whose views are gone after the test: the registry of widgets holds on to them."""

import gc

import ipywidgets
import pytest
from soak.small_kwik import make_kwik, write_raw

from napari_phy import open_session


@pytest.fixture
def path(tmp_path, quick_disk):
    made = make_kwik(tmp_path)
    write_raw(made)
    return made


@pytest.fixture
def session(path):
    with open_session(path) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_view_is_left():
    yield
    ipywidgets.Widget.close_all()


@pytest.fixture(autouse=True, scope="module")
def no_session_is_left():
    yield
    gc.collect()  # views and what they follow hold each other
