"""Rectangles hold their edges and grow to all sides."""

from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import places_in

from napari_phy.views.rectangles import Rectangle

PX = st.floats(-1000, 1000)
RECTANGLES = st.builds(Rectangle, PX, PX, st.floats(1, 1000), st.floats(1, 1000))


@given(RECTANGLES, st.floats(0.1, 50), st.floats(0.1, 50))
def test_what_is_in_a_rectangle_is_in_a_larger_one_with_the_same_middle(rectangle, across, along):
    larger = rectangle.grown(across, along)
    assert rectangle.contains(*rectangle.center)
    assert all(larger.contains(*place) for place in places_in(rectangle))
    assert not rectangle.contains(rectangle.left - across, rectangle.top)
    assert not rectangle.contains(rectangle.left, rectangle.bottom + along)
    assert max(abs(a - b) for a, b in zip(larger.center, rectangle.center, strict=True)) < 1e-6
    assert rectangle.grown(across) == rectangle.grown(across, across)
