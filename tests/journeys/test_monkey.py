"""Whatever is pressed and clicked, in whatever order: the clustering is that of the edits, and every view shows it."""

import logging
import os

import pytest
from journeys.monkey import Monkey
from journeys.person import SMALL

SEED = int(os.environ.get("NAPARI_PHY_SEED", "20240"))


def play(person, path, n_actions, caplog):
    print(f"seed {SEED}")  # noqa: T201
    person.open(path)
    monkey = Monkey(person, SEED)
    with caplog.at_level(logging.ERROR):
        monkey.act(n_actions)
    assert not [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    monkey.check()
    return monkey


def test_some_random_actions_end_as_their_edits_alone(person, kwik_copy, caplog):
    assert play(person, kwik_copy, 60, caplog).n_edits >= 1


@pytest.mark.soak
@pytest.mark.parametrize("screen_size", [SMALL])
def test_ten_thousand_random_actions_end_as_their_edits_alone(person, kwik_copy, caplog):
    assert play(person, kwik_copy, 10_000, caplog).n_edits > 500
