"""The sizes of screens that journeys walk in."""

import pytest
from journeys.person import LARGE, SMALL

BOTH_SIZES = pytest.mark.parametrize("screen_size", [LARGE, SMALL], ids=["large", "small"])  # for what looks at layout
