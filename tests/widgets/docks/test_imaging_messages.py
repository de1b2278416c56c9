"""What clocks seem to be is said in words."""

import numpy as np

from napari_phy.timeline import PulseLine, align
from napari_phy.widgets.docks import imaging_messages


def test_a_clock_that_is_doubtful_throughout_only_may_fit():
    line = PulseLine("TTL 3", 0.1 * np.arange(100))
    for n_frames, rate_hz, words in ((100, None, "fits"), (300, 30, "fits"), (300, None, "may fit")):
        best = align(line, n_frames, rate_hz=rate_hz)[0]
        assert imaging_messages.clock_proposed("neurons", best.words, best.base) == f"neurons {words} {best.words}."
