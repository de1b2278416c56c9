"""A channel that one view picks is told once to all."""

import pytest

from napari_phy.core.chosen_channel import ChosenChannel
from napari_phy.core.errors import ClusteringError


def test_each_choice_is_told_once_and_none_goes_back():
    channel, told = ChosenChannel(4), []
    channel.changed.connect(lambda: told.append(channel.chosen))
    for index in (None, 3, 3, 0, None, None):
        channel.choose(index)
    assert told == [3, 0, None]


@pytest.mark.parametrize("index", [-1, 4])
def test_a_channel_that_does_not_exist_is_refused(index):
    channel = ChosenChannel(4)
    with pytest.raises(ClusteringError, match=r"they go from 0 to 3"):
        channel.choose(index)
    assert channel.chosen is None
