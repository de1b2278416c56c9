"""Step lines are where the values are, and nowhere else."""

import numpy as np
import pytest
from qtpy.QtGui import QColor, QImage

from napari_phy.core.colors import selection_color
from napari_phy.views.steps import step_frame
from napari_phy.widgets.base.painting import painter_on
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.plots.step_plot import paint_steps

WIDTH, HEIGHT = 400, 200


@pytest.mark.parametrize("n_bins", [1, 7, 1000])
def test_a_constant_rate_is_one_level_line_up_to_both_ends(qapp, n_bins):
    theme, edges = tokens(), np.linspace(0, 60, n_bins + 1)
    frame = step_frame(WIDTH, HEIGHT, theme, (0.0, 60.0), 8.0)
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(theme.color("view"))
    with painter_on(image) as painter:
        paint_steps(painter, frame, theme, edges, np.full((1, n_bins), 8.0), ("time (s)", "firing rate (Hz)"))
    pixels = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8).reshape(HEIGHT, WIDTH, 4)
    ink = QColor(selection_color(0, dark=theme.dark)).getRgb()[:3]
    rows, columns = np.nonzero(np.abs(pixels[..., 2::-1].astype(int) - ink).max(axis=2) <= 60)
    level = frame.to_px([[0.0, 8.0]])[0, 1]
    assert np.abs(rows - level).max() <= 2
    assert columns.min() <= frame.left + 1
    assert columns.max() >= frame.left + frame.width - 2
