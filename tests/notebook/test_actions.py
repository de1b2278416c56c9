"""The actions of the browser are those of the table."""

import re
from pathlib import Path

import pytest

from napari_phy import notebook
from napari_phy.actions.action_table import ACTIONS, BY_ID
from napari_phy.notebook.actions import KEYS, OFFERED, run

SHARED = Path(notebook.__file__).parent / "static" / "shared.js"


def test_what_is_offered_can_be_done_without_a_window_and_by_the_keys_that_are_sent():
    assert all(BY_ID[action_id].run is not None for action_id in OFFERED)
    sent = re.search(r"const ACTION_KEYS = /(.*)/;", SHARED.read_text()).group(1)
    assert [key for key in KEYS if not re.fullmatch(sent, key)] == ["Ctrl+Shift+S"]  # the browser's own


@pytest.mark.parametrize("action_id", [action.action_id for action in ACTIONS if action.action_id not in OFFERED])
def test_nothing_else_is_done(action_id):
    assert run(None, action_id) == ""
