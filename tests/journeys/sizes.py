"""The sizes of screens that journeys walk in: both for what looks at layout, for others the small one in soak."""

import pytest
from journeys.person import LARGE, SMALL

BOTH_SIZES = pytest.mark.parametrize("screen_size", [LARGE, SMALL], ids=["large", "small"])
LARGE_FIRST = pytest.mark.parametrize(
    "screen_size", [LARGE, pytest.param(SMALL, marks=pytest.mark.soak)], ids=["large", "small"]
)
