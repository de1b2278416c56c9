"""What the menu of an axis of features offers."""

import numpy as np

from napari_phy.views.feature_choices import AUTOMATIC, axis_choices, axis_text
from napari_phy.views.features import TIME_AXIS, FeatureAxis


def test_the_menu_of_an_axis_offers_the_strongest_channels_first_and_all_of_them():
    ids = np.arange(32) + 100
    choices = axis_choices(ids, 3, np.array([7, 6, 5, 4, 3, 2, 1]))
    assert [data for _, data in choices[:2]] == [AUTOMATIC, TIME_AXIS]
    assert [text for text, _ in choices[2:8]] == [f"channel {100 + k}" for k in (7, 6, 5, 4, 3, 2)]
    assert [text for text, _ in choices[8:]] == ["channels 100–115", "channels 116–131"]
    everything = {axis for _, group in choices[8:] for _, channel in group for _, axis in channel}
    assert everything == {FeatureAxis("feature", channel, pc) for channel in range(32) for pc in range(3)}
    assert axis_text(FeatureAxis("feature", 4, 1), ids) == "ch 104 · PC2"
